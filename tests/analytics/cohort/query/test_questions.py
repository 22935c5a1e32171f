"""Questions as eight kinds of people type them, with their meaning: understood or offered, and never another answer."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from analytics.analysis import Analysis
from analytics.cohort.query.definition import parse
from analytics.cohort.query.interpreter import interpret
from analytics.cohort.query.run import run

HERE = Path(__file__).parent
ROWS = list(csv.DictReader((HERE / "questions.csv").read_text("utf-8").splitlines(keepends=True)))
OWN = [
    line.split(" => ")
    for line in (HERE / "own_questions.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]
ASKED_BACK = {"Q086": "group by line", "Q116": "CEA"}
"""Questions whose only right answer is one to choose from: a word of every choice offered."""
NOT_SAID = {"Q097": "stopped"}
"""Questions that the grammar cannot say: refused, naming this word."""


def _count(sample: Analysis, text: str) -> int:
    return int(run(parse(text), sample).members.sum())


@pytest.mark.parametrize("row", [r for r in ROWS if r["expressible"] == "yes"], ids=lambda r: r["id"])
def test_the_meaning_of_a_question_in_the_exact_grammar_has_its_number_of_patients(
    sample: Analysis, row: dict[str, str]
) -> None:
    assert _count(sample, row["meaning"]) == int(row["n"])


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r["id"] not in ASKED_BACK and r["id"] not in NOT_SAID], ids=lambda r: r["id"]
)
def test_a_question_is_understood_or_offered_with_the_number_of_its_meaning(
    sample: Analysis, row: dict[str, str]
) -> None:
    found = interpret(row["text"], sample)
    wanted = int(row["n"] or row["n_by_hand"])
    answers = [found.understood] if found.understood else list(found.choices)
    assert wanted in [choice.patients for choice in answers], found.to_json()
    assert found.understood is None or found.understood.patients == wanted


@pytest.mark.parametrize(("number", "word"), ASKED_BACK.items())
def test_what_must_be_asked_back_is_offered_and_not_answered(sample: Analysis, number: str, word: str) -> None:
    found = interpret(next(r["text"] for r in ROWS if r["id"] == number), sample)
    assert found.understood is None and len(found.choices) > 1
    assert any(word in choice.sentence for choice in found.choices)


@pytest.mark.parametrize(("number", "word"), NOT_SAID.items())
def test_what_cannot_be_said_is_refused_with_the_words_and_the_nearest_sentence(
    sample: Analysis, number: str, word: str
) -> None:
    found = interpret(next(r["text"] for r in ROWS if r["id"] == number), sample)
    assert found.understood is None and not found.choices
    assert word in found.refused and found.nearest is not None


@pytest.mark.parametrize(("text", "meaning"), OWN, ids=lambda t: t[:40])
def test_a_paraphrase_is_never_answered_about_something_else(sample: Analysis, text: str, meaning: str) -> None:
    found = interpret(text, sample)
    if found.understood:
        assert found.understood.patients == _count(sample, meaning.replace(" // ", "\n"))
    else:
        assert found.choices or found.refused


def test_at_least_nine_of_ten_paraphrases_are_understood_or_offered(sample: Analysis) -> None:
    met = 0
    for text, meaning in OWN:
        found = interpret(text, sample)
        wanted = _count(sample, meaning.replace(" // ", "\n"))
        met += wanted in [c.patients for c in ((found.understood,) if found.understood else found.choices)]
    assert met >= 0.9 * len(OWN)
