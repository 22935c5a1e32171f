"""Words that could be misread in oncology, or that are private to this house, stand on no screen, report or help."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from analytics.store import Store
from dashboard.cli import group
from dashboard.reports._text import to_text
from dashboard.wording import source_words
from tests.dashboard.reports.making import digest, patient_report

ROOT = Path(__file__).resolve().parent.parent.parent
RETIRED = re.compile(
    r"\bheld back\b|\bkept out of view\b|\blast panel\b|\bwhat changed\b|\bno rule holds\b|\bwhy not\b|\bnot judged\b"
    r"|\bdid not hold\b|\bnear miss|\bworst first\b|\b(?:no|some|every)body\b|\bgoes on\b|\bshow me\b|\bmark as seen\b"
    r"|\bnot seen yet\b|\bthis machine only\b|\brisen again\b|\bno such patient\b|\badds up\b|\bpersonal interval\b"
    r"|\bdata up to\b|\bno rule found\b|\bthere is no such\b|\bcould not be made\b",
    re.IGNORECASE,
)
AMERICAN = re.compile(r"\b(?:tumor|hemoglobin|color of|favorable|edema|anemia|hematology)\b", re.IGNORECASE)
NOT_SHOWN = {"prewarm.py", "accounts.py", "named.py", "cohort_job.py", "asking.py", "choice.py", "delivery.py"}
"""Logs, SQL and comments in examples; the words of the cohort's question have their own page."""
SOURCES = sorted(p for p in (ROOT / "dashboard").rglob("*.py") if p.name not in NOT_SHOWN)


def shown_literals(path: Path) -> Iterator[str]:
    """Literals of a file that can be read by a person: with a blank and no docstring."""
    tree = ast.parse(path.read_text("utf-8"))
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes:
            yield node.value


def helps(command: click.Command, path: str = "hepatrend") -> Iterator[tuple[str, str]]:
    yield path, command.get_help(click.Context(command, info_name=path))
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            inner = command.get_command(click.Context(command), name)
            assert inner is not None
            yield from helps(inner, f"{path} {name}")


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_text_of_a_page_or_report_uses_a_retired_word(path: Path):
    assert [t for t in shown_literals(path) if RETIRED.search(t) or (AMERICAN.search(t) and " " in t)] == []


def test_no_help_of_a_command_uses_a_retired_word():
    assert [(name, found[0]) for name, text in helps(group) if (found := RETIRED.search(text))] == []


def test_a_source_from_memory_is_said_to_be_not_verified(sample_store: Store):
    assert (
        source_words("Kim, 2021 (citation recalled, to be confirmed)")
        == "Kim, 2021 (citation not verified in the source)"
    )
    for text in (to_text(digest(sample_store)), to_text(patient_report(sample_store, "HT-058"))):
        assert "not verified in the source" in text
        assert not re.search(r"recalled|to be confirmed\)", text)


def test_no_report_uses_a_retired_word_a_raw_key_or_an_iso_date_in_a_finding(sample_store: Store):
    for text in (to_text(digest(sample_store)), to_text(patient_report(sample_store, "HT-032"))):
        assert not RETIRED.search(text)
        assert not re.search(r"^\* .*\b\d{4}-\d{2}-\d{2}\b", text, re.MULTILINE)
        assert not re.search(r"^\* (?:urgent|attention|information|good)\b", text, re.MULTILINE)
