"""What the commands of accounts say of a role."""

from __future__ import annotations

import pytest

from dashboard.commands.user import with_article


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("clinician", "a clinician"),
        ("auditor", "an auditor"),
        ("admin", "an admin"),
        ("data_manager", "a data manager"),
    ],
)
def test_a_role_has_its_article(role, said):
    assert with_article(role) == said
