"""The interpreter: nothing is dropped, nothing is guessed, and it is as fast as its text is long."""

from __future__ import annotations

import random

import pytest

from analytics.analysis import Analysis
from analytics.cohort.query import lexer
from analytics.cohort.query.atoms import atoms_of, table_of, words_of
from analytics.cohort.query.cursor import Cursor
from analytics.cohort.query.definition import parse
from analytics.cohort.query.interpreter import MOST_WORDS, interpret
from analytics.cohort.query.parser import parse_question
from analytics.cohort.query.reading import read
from analytics.cohort.query.store_names import fitting_units
from analytics.errors import QuestionError

WORDS = (
    "who ALT AST bilirubin above below 3 2.5 x ULN and or but not never after before a stent FOLFOX within 14 days of "
    "baseline doubled rose fell by 25 % normal while first dose lunch zebra women over 60 grade last in the row"
).split()


def _units(code: str, op: str, number: float) -> list[str]:
    return fitting_units(None, code, op, number)


@pytest.mark.parametrize("seed", range(60))
def test_every_word_of_a_question_is_used_or_returned_with_its_place(seed: int) -> None:
    chosen = random.Random(seed)
    text = " ".join(chosen.choice(WORDS) for _ in range(chosen.randint(1, 14)))
    atoms = atoms_of(text, table_of(()))
    cursor = Cursor(atoms, {}, _units)
    reading = read(cursor)
    assert [w for atom in atoms for w in atom.words] == words_of(text), "no word without an atom"
    assert sorted(reading.unused) == sorted(set(reading.unused))
    assert set(reading.unused) | set(cursor.trail) == set(range(len(atoms))), "neither used nor returned"
    found = interpret(text)
    for unused in found.unused:
        assert text[unused.at : unused.at + len(unused.word)] == unused.word


@pytest.mark.parametrize("seed", range(60))
def test_what_was_understood_reads_back_as_itself(seed: int) -> None:
    chosen = random.Random(1000 + seed)
    found = interpret(" ".join(chosen.choice(WORDS) for _ in range(chosen.randint(4, 10))))
    for choice in (*((found.understood,) if found.understood else ()), *found.choices):
        assert parse(choice.sentence).text.strip() == choice.sentence


@pytest.mark.parametrize(
    "text",
    [
        "bilirubin above 2 x ULN except after a stent",
        "bilirubin > 2 ULN only after resection",
        "ALT > 3 ULN unless on prednisolone",
        "CEA > 5 in all results",
        "third ALT > 3xULN",
        "ALT > 3 ULN exactly 14 days after stent",
        "ALT > 3xULN after second stent",
        "ALT > 3xULN during line 2 but not during line 1",
        "men or colorectal",
        "high GGT not ALP",
        "ALT > 3 ULN or progression",
        "LFT abnormal only on FOLFOX",
        "ALT > 3 x ULN while not on FOLFOX",
    ],
)
def test_a_word_that_turns_the_question_is_refused_and_never_read_over(sample: Analysis, text: str) -> None:
    found = interpret(text, sample)
    assert found.understood is None and not found.choices and found.refused


@pytest.mark.parametrize(
    "text",
    [
        "at least 3 ALT above 200",
        "two or more bilirubin above 3",
        "bilirubin 2 mg/dl above ULN",
        "GGT more than 5 times above ULN",
        "ALT fell less than 2-fold from baseline",
        "CEA rose less than 2-fold from baseline",
        "ALP increase of less than 20% from baseline",
        "falling bilirubin above 5 x ULN",
    ],
)
def test_a_number_that_is_no_limit_of_the_result_is_refused(sample: Analysis, text: str) -> None:
    found = interpret(text, sample)
    assert found.understood is None and not found.choices and found.refused


def test_a_number_before_its_analyte_is_asked_back(sample: Analysis) -> None:
    assert interpret("at least 5 CEA", sample).understood is None


def test_and_without_a_time_is_not_answered_as_later(sample: Analysis) -> None:
    found = interpret("R below 2 and ALT above 3 x ULN", sample)
    assert found.understood is None
    assert "find r_value below 2 while ALT above 3 x ULN" in [c.sentence for c in found.choices]


def test_readings_that_hold_for_no_patient_are_not_one(sample: Analysis) -> None:
    found = interpret("hemoglobin below 80", sample)
    assert found.understood is None and "find HGB below 8 g/dL" in [c.sentence for c in found.choices]


def test_a_word_that_nobody_knows_is_shown_and_its_question_offered_not_answered(sample: Analysis) -> None:
    found = interpret("zirkonian patients with ALT > 3xULN", sample)
    assert found.understood is None
    assert [c.sentence for c in found.choices] == ["find ALT above 3 x ULN"]
    assert [u.word for u in found.unused if not u.polite] == ["zirkonian"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ALT did not exceed 3 x ULN after first dose", "find no ALT above 3 x ULN after first dose"),
        ("patients whose ALT never went above 2x ULN", "where never ALT above 2 x ULN"),
        ("who had TACE or ablation", "where has embolisation or ablation"),
        ("patients not on letrozole", 'where not treated with "letrozole"'),
        ("ALT above 3xULN at least twice", "find ALT above 3 x ULN and ALT above 3 x ULN after it"),
        ("platelets dropped under 75", "find PLAT below 75 10*9/L"),
        (
            "CRP > 50 mg/L within 3 days before or after stent",
            "find CRP above 50 mg/L within 3 days around biliary_stent",
        ),
        ("creatinine > 1.5", "find CREAT above 1.5 mg/dL"),
        ("creatinine > 130", "find CREAT above 130 umol/L"),
        ("albumin < 35", "find ALB below 35 g/L"),
        ("HT-001 HT-002", "where id is HT-001 or HT-002"),
        ("ALT > 3 ULN again after stopping", "find ALT above 3 x ULN and ALT above 3 x ULN after end of systemic"),
        ("bilirubin peaked above 10 mg/dL after resection", "find highest BILI above 10 mg/dL after hepatectomy"),
        ("had third line", "where had line 3"),
        ("AST more than twice ALT", "find AST above 2 x ALT"),
        ("stent then jaundice", 'find biliary_stent and agent "jaundice" after it'),
        ("baseline CEA > 100", "find CEA above 100 ng/mL within 28 days before first dose"),
        ("CEA over 5 but under 10", "find CEA above 5 ng/mL also below 10 ng/mL"),
        ("ALT increasing for 3 consecutive measurements", "find ALT rising in 3 results in a row"),
        ("mean ALT above 2 x ULN in the first month", "find mean ALT above 2 x ULN within 30 days after first dose"),
        ("thrombocytopenia on oxaliplatin", 'find PLAT below 1 x LLN on agent "oxaliplatin"'),
    ],
)
def test_everyday_words_become_the_exact_sentence(sample: Analysis, text: str, sentence: str) -> None:
    found = interpret(text, sample)
    assert found.understood is not None, found.to_json()
    assert found.understood.sentence == parse(sentence).text.strip()


def test_a_change_without_what_it_is_from_is_asked_back(sample: Analysis) -> None:
    found = interpret("bilirubin fell by 50% within 7 days of the stent", sample)
    assert [c.sentence for c in found.choices] == [
        "find BILI at most 0.5 x before within 7 days after biliary_stent",
        "find BILI at most 0.5 x baseline within 7 days after biliary_stent",
    ]


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("ALT > 3", "find ALT above 3 x ULN", "find ALT above 180 U/L"),
        (
            "bilirubin not halved within a week of stent",
            "find no BILI at most 0.5 x before within 7 days after biliary_stent",
            "where never BILI at most 0.5 x before within 7 days after biliary_stent",
        ),
    ],
)
def test_what_can_mean_two_things_is_two_sentences(sample: Analysis, text: str, first: str, second: str) -> None:
    found = interpret(text, sample)
    assert found.understood is None
    assert [c.sentence for c in found.choices][:2] == [first, second]


def test_a_text_longer_than_a_question_is_refused_with_all_its_words() -> None:
    found = interpret("ALT " * (MOST_WORDS + 1))
    assert found.refused and len(found.unused) == MOST_WORDS + 1


class _Counted(list):
    """A list that counts how often it is looked into."""

    looks = 0

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        type(self).looks += 1
        return super().__getitem__(at)


@pytest.mark.parametrize("phrase", ["and ", "who ", "ALT > 3xULN, ", "no ", "within 3 days ", "3 x ", "of "])
def test_reading_takes_steps_in_proportion_to_the_text(phrase: str) -> None:
    steps = []
    for times in (50, 100):
        _Counted.looks = 0
        read(Cursor(_Counted(atoms_of(phrase * times, table_of(()))), {}, _units))
        steps.append(_Counted.looks)
    assert steps[1] < 2.5 * steps[0]


def test_the_exact_grammar_refuses_a_long_text_at_its_first_word(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    whole = lexer._TOKEN
    monkeypatch.setattr(
        lexer, "_TOKEN", type("Seen", (), {"match": lambda _, t, a: asked.append(a) or whole.match(t, a)})()
    )
    with pytest.raises(QuestionError):
        parse_question("and " * 2000)
    assert len(asked) == 2000


def test_a_remark_is_no_part_of_the_question_and_places_are_those_of_the_text(sample: Analysis) -> None:
    found = interpret("# everybody with a stent\nwho has plts < 100", sample)
    assert found.understood is not None and found.understood.sentence == "find PLAT below 100 10*9/L"
    assert [(u.word, found.text[u.at : u.at + len(u.word)]) for u in found.unused] == [("who", "who"), ("has", "has")]


def test_a_line_written_as_the_grammar_writes_it_is_refused_with_the_place() -> None:
    assert "bilirubin ▸exploded after a stent" in interpret("find bilirubin exploded after a stent").refused
