"""A finding that was seen is quiet until it worsens, both sides of the edge."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.reviews import mark_of, quiet


def finding(level: str = "attention", severity: float = 3.3) -> pd.DataFrame:
    return pd.DataFrame([{"finding_id": "f1", "level": level, "severity": severity}])


SEEN = ("f1", mark_of("f1", "attention", 3.3))


@pytest.mark.parametrize(
    ("level", "severity", "is_quiet"),
    [
        ("attention", 3.3, True),
        ("attention", 3.2, True),
        ("attention", 3.31, False),
        ("urgent", 3.3, False),
        ("urgent", 1.0, False),
        ("information", 9.9, True),
    ],
)
def test_a_seen_finding_is_quiet_until_its_level_or_severity_rises(level, severity, is_quiet):
    assert quiet(finding(level, severity), SEEN).tolist() == [is_quiet]


def test_a_good_finding_that_grew_stays_quiet_and_one_that_turned_bad_does_not():
    seen = ("f1", mark_of("f1", "good", 1.0))
    assert quiet(finding("good", 9.0), seen).tolist() == [True]
    assert quiet(finding("information", 0.5), seen).tolist() == [False]


def test_a_finding_that_nobody_saw_is_not_quiet():
    assert quiet(finding(), ("f2", mark_of("f2", "urgent", 99))).tolist() == [False]


def test_seeing_the_worse_one_makes_it_quiet_again():
    assert quiet(finding("attention", 5), (*SEEN, mark_of("f1", "attention", 5))).tolist() == [True]


def test_a_mark_from_before_there_were_second_marks_is_quiet():
    assert quiet(finding("urgent", 99), ("f1",)).tolist() == [True]
