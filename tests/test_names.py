"""Names and prose of the code keep to the language of the house: words that it retired do not come back."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(path for room in ("analytics", "dashboard", "hepatrend") for path in (ROOT / room).rglob("*.py"))
RETIRED = {
    "sees_not": "limitations",
    "strictness": "criteria",
    "judge": "assess",
    "judged": "assessed",
    "Judged": "Assessment",
    "Edition": "ReportInput",
    "edition": "report_input",
    "_edition": "_report_input",
    "Wish": "ReportRequest",
    "Guise": "PseudonymisedView",
    "guise": "view",
    "EverybodyPanel": "PopulationPanel",
    "Rhythm": "Recurrence",
    "wound_back": "set_back",
    "Told": "Progress, Marks, Citation, Reported",
    "everybody": "all patients; population",
    "Everybody": "All patients",
    "happenings": "events",
    "happening": "event",
    "desk": "working_state; elsewhere what it is",
    "Desk": "what it is",
    "ScheduleDesk": "ScheduleService",
    "slot": "scheduled_for; a scheduled run",
}
"""Word of before, and the one that stands for it; strings that people see are looked at by test_retired_words."""
OF_RULES = {"judge", "judged"}
"""Retired where a rule assesses; elsewhere a file, a unit or a socket is judged in the plain sense of the word."""
PLACES = {ROOT / "dashboard" / "svg", ROOT / "dashboard" / "reports"}
"""Where a slot is a place of a drawing or of a page."""
# the name of a database on the disk stays
WORD = re.compile(r"(?<!\w)(?:" + "|".join(RETIRED) + r")(?!\w|\.db\b)")


def words_of(text: str) -> set[str]:
    """Retired words among identifiers, comments and docstrings."""
    found: set[str] = set()
    before = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        prose = token.type == tokenize.COMMENT or (
            token.type == tokenize.STRING and before in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        )
        if prose or token.type == tokenize.NAME:
            found |= set(WORD.findall(token.string))
        if token.type not in (tokenize.NL, tokenize.COMMENT):
            before = token.type
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_name_docstring_or_comment_uses_a_retired_word(path: Path):
    allowed = set() if path.is_relative_to(ROOT / "analytics" / "rules") else OF_RULES
    if PLACES.intersection(path.parents):
        allowed = allowed | {"slot"}
    found = words_of(path.read_text("utf-8")) - allowed
    assert {word: RETIRED[word] for word in found} == {}


def test_a_retired_word_is_found_in_each_of_the_three_places_and_not_in_a_string():
    assert words_of('def judge(case):\n    """Of each edition."""\n    return 1  # a guise\n') == {
        "judge", "edition", "guise"
    }  # fmt: skip
    assert words_of('said = "cannot be judged"\n') == set()
