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
    names = [t.string for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type == tokenize.NAME]
    return {word for part in (*names, *prose_of(text)) for word in WORD.findall(part)}


def prose_of(text: str) -> list[str]:
    """Comments and docstrings."""
    found, before = [], tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_docstring = token.type == tokenize.STRING and before in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        if token.type == tokenize.COMMENT or is_docstring:
            found.append(token.string)
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


SERVING = {"application", "commands", "security", "web", "deployment", "reporting", "config.py"}
HOUSE = [
    path
    for path in FILES
    if path.is_relative_to(ROOT / "analytics" / "store")
    or (path.is_relative_to(ROOT / "dashboard") and path.relative_to(ROOT / "dashboard").parts[0] in SERVING)
]
UNNAMED = re.compile(r"(?i)\b(?:nobody|somebody)\b")
"""Who is meant is said: no one, no patient, a user, another process (language.md, words)."""


@pytest.mark.parametrize("path", HOUSE, ids=lambda path: str(path.relative_to(ROOT)))
def test_prose_of_the_server_and_the_store_says_who_is_meant(path: Path):
    assert [text for text in prose_of(path.read_text("utf-8")) if UNNAMED.search(text)] == []


MADE = {"clinical-review.md", "configuration.md", "evidence.md"}
"""Pages that are made from code and cases, which say it in their own place."""
WRITTEN = [page for page in sorted((ROOT / "docs").rglob("*.md")) if page.name not in MADE]


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_of_the_docs_say_who_is_meant(page: Path):
    assert [line for line in page.read_text("utf-8").splitlines() if UNNAMED.search(line)] == []
