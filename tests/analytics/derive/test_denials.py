"""A sign that is recorded as absent is none, however it is written; what stands beside a denial stays."""

from __future__ import annotations

import pytest

from analytics.derive.denials import affirmed


@pytest.mark.parametrize(
    "text",
    [
        "no ascites\x1f", "ascites absent\x1f", "ascites\x1fnone", "ascites: none\x1f", "without ascites\x1f",
        "ascites not present\x1f", "denies ascites\x1f", "ascites resolved\x1f", "absence of ascites\x1f",
        "encephalopathy, no ascites\x1f",
    ],
)  # fmt: skip
def test_a_sign_that_is_denied_is_none(text):
    assert "ascites" not in affirmed(text)


@pytest.mark.parametrize(
    "text",
    [
        "ascites\x1f",
        "ascites, no encephalopathy\x1f",
        "ascites without fever\x1f",
        "new ascites\x1fno fever",
        "tense ascites\x1fdrained",
    ],
)
def test_a_sign_beside_something_denied_stays(text):
    assert "ascites" in affirmed(text)
