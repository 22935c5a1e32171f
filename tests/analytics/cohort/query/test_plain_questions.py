"""Questions of strangers against plain pandas: what is answered is what was meant, and what is not says why.

``questions_plain.txt`` has the questions with their meaning in the operations of ``plain.py``, which knows neither the
grammar nor the store. They were written before they were read by the interpreter.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from analytics.analysis import Analysis
from analytics.cohort.query.interpreter import Choice, Interpretation, interpret
from analytics.cohort.query.run import run
from tests.analytics.cohort.query.plain import Plain, ids

LEAST = 0.9
PLAIN = Plain()
_OPERATIONS = {name: getattr(PLAIN, name) for name in dir(Plain) if not name.startswith("_")} | {"ids": ids}


@dataclass(frozen=True)
class Asked:
    """A line of the file; ``part`` is what the refusal of a question that cannot be said names."""

    who: str
    text: str
    meanings: tuple[str, ...]
    part: str


def _asked(line: str) -> Asked:
    who, text, said = (part.strip() for part in line.split(" => "))
    meanings = [m.strip() for m in said.split("||")]
    part = next((m.removeprefix("cannot: ") for m in meanings if m.startswith("cannot: ")), "")
    return Asked(who, text, tuple(m for m in meanings if not m.startswith("cannot: ")), part)


LINES = (Path(__file__).parent / "questions_plain.txt").read_text("utf-8").splitlines()
ALL = [_asked(line) for line in LINES if line and not line.startswith("#")]


@cache
def _people(meaning: str) -> frozenset[str]:
    return frozenset(eval(meaning, {"__builtins__": {}, "set": set, **_OPERATIONS}))


def _holds_for(choice: Choice, sample: Analysis) -> frozenset[str]:
    return frozenset(run(choice.definition, sample).patient_ids)


def outcome(asked: Asked, found: Interpretation, sample: Analysis) -> str:
    """right, offered, refused with help, refused without, wrong."""
    meant = [_people(m) for m in asked.meanings]
    if found.understood:
        return "right" if _holds_for(found.understood, sample) in meant else "wrong"
    if any(_holds_for(choice, sample) in meant for choice in found.choices):
        return "offered"
    named = [u.word for u in found.unused if not u.polite and not u.read_as]
    if asked.part and asked.part.casefold() in f"{found.refused} {' '.join(named)}".casefold():
        return "refused with help"
    if asked.part:
        return "refused without help"
    if found.choices:
        return "offered something else"
    return "refused with help" if named or found.nearest else "refused without help"


@pytest.fixture(scope="module")
def outcomes(sample: Analysis) -> dict[str, str]:
    return {asked.text: outcome(asked, interpret(asked.text, sample), sample) for asked in ALL}


@pytest.mark.parametrize("asked", ALL, ids=lambda a: a.text)
def test_a_question_is_never_answered_about_something_else(outcomes: dict[str, str], asked: Asked) -> None:
    assert outcomes[asked.text] != "wrong"


def test_nine_of_ten_of_all_kinds_of_people_are_answered_or_offered_what_they_meant(outcomes: dict[str, str]) -> None:
    said = [asked for asked in ALL if asked.meanings]
    met = [asked for asked in said if outcomes[asked.text] in ("right", "offered")]
    assert len(said) > 100 and len({asked.who for asked in said}) == 8
    assert len(met) >= LEAST * len(said), Counter(outcomes[asked.text] for asked in said)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ALBI score > -1.39", "find albi above -1.39"),
        ("ALBI <= −2.60", "find albi at most -2.6"),
        ("albi between -2.6 and -1.39", "find albi at least -2.6 also at most -1.39"),
        ("percent change in CEA from baseline <= -50%", "find CEA at most 0.5 x baseline"),
        ("CEA change from baseline > 50%", "find CEA above 1.5 x baseline"),
        ("log2(ALT/baseline) > 2", "find ALT above 4 x baseline"),
        ('sex=="F" & primary!="breast"', "where sex is F\nwhere primary site is not breast"),
        ("site is not Valley", 'where site is not "Valley Hospital"'),
        ("neither stent nor drainage", "where no biliary_stent\nwhere no drainage"),
        ("no imaging since 15 May 2026", "where no imaging since 2026-05-15"),
        ("ALT at day 28 +/-7 > 2 x ULN", "find ALT above 2 x ULN within 21 to 35 days after first dose"),
        ("bilirubin below 2 mg/dl by POD 10", "find BILI below 2 mg/dL within 10 days after hepatectomy"),
    ],
)
def test_signs_denials_and_dates_are_read_as_they_are_written(sample: Analysis, text: str, sentence: str) -> None:
    found = interpret(text, sample)
    assert found.understood is not None and found.understood.sentence == sentence, found.to_json()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ALT -5 U/L", "below zero"),
        ("CEA change from baseline > -50%", "less than"),
        ("ALT > 3-5 ULN", "which of two numbers"),
        ("ALT > 3 x ULN (or > 2 x baseline if baseline > ULN)", "if"),
        ("ALT != 5", "!="),
        ("ALT change > 0.5", "unit"),
    ],
)
def test_what_would_turn_the_question_is_refused(sample: Analysis, text: str, why: str) -> None:
    found = interpret(text, sample)
    assert not found.understood and not found.choices and why in found.refused, found.to_json()


@pytest.mark.parametrize(
    ("text", "slip", "read_as"),
    [
        ("LDH > 2xULN at basline", "basline", "baseline"),
        ("biliruben > 34 umol/L", "biliruben", "bilirubin"),
        ("ALT > 3 ULN on nivolumba", "nivolumba", "nivolumab"),
    ],
)
def test_a_slip_of_typing_is_offered_and_shown_and_never_answered(
    sample: Analysis, text: str, slip: str, read_as: str
) -> None:
    found = interpret(text, sample)
    assert found.understood is None and found.choices
    assert {u.word: u.read_as for u in found.unused if u.read_as} == {slip: read_as}


@pytest.mark.parametrize("text", ["ferritin > 1000", "ALT > 3 ULN on tramadol", "xyz"])
def test_what_is_near_no_word_or_too_short_is_not_guessed(sample: Analysis, text: str) -> None:
    assert not any(u.read_as for u in interpret(text, sample).unused)


def test_a_name_with_its_limit_in_brackets_is_asked_back(sample: Analysis) -> None:
    assert interpret("ALT >= 3xULN then jaundice (bili > 2xULN) within 28 days", sample).understood is None
