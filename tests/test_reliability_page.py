"""The page of faults names tests that exist, a row for every anchor, and kinds of broken files that are made."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT
from tests.fuzz import kinds
from tests.test_security_page import test_what_shows_a_claim_is_there as is_there

PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", PAGE)) - {"tests/fuzz/kinds.py"})


@pytest.mark.parametrize("named", NAMED)
def test_what_shows_it_is_there(named: str):
    is_there(named)


def test_every_anchor_has_a_row_with_a_test():
    rows = {
        a: line
        for line in PAGE.splitlines()
        for a in re.findall(r"[AB]\d+", line.split("|")[1:2][0] if "|" in line else "")
    }
    assert sorted(rows) == sorted([f"A{i}" for i in range(1, 25)] + [f"B{i}" for i in range(1, 29)])
    without = [anchor for anchor, line in rows.items() if "tests/" not in line and "the same" not in line]
    assert without == ["B28"], "it needs the network"


def test_kinds_of_broken_files_that_are_named_are_made():
    told = set(re.findall(r"`((?:row|cut|header|dates|line|enc|footer)\w*)(?:_\*)?`", PAGE))
    assert len(told) > 8
    for name in told:
        assert any(made.startswith(name) for made in vars(kinds)), name
