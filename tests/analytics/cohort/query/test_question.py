"""Questions read back as they were written, and what cannot be read says where and what could stand there."""

from __future__ import annotations

import pytest

from analytics.cohort.query.definition import from_json, parse
from analytics.cohort.query.parser import from_json as question_from_json
from analytics.cohort.query.parser import parse_question
from analytics.errors import QuestionError


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        (
            "bilirubin at least 2x its value before the stent within 14 days after it",
            "BILI at least 2 x before within 14 days after biliary_stent",
        ),
        (
            "bilirubin doubled within 14 days of a stent",
            "BILI at least 2 x before within 14 days after biliary_stent",
        ),
        (
            "ALT > 5x baseline during line 2 and back under 1.5x within 30 days",
            "ALT above 5 x baseline during line 2 and ALT below 1.5 x baseline within 30 days after it",
        ),
        (
            "ALT or AST ≥ 3 × ULN while ALP <= 2 x upper limit of normal and bilirubin > 2 x ULN within 4 weeks",
            "ALT or AST at least 3 x ULN while ALP at most 2 x ULN and BILI above 2 x ULN within 28 days after it",
        ),
        ("CA 19-9 above 1000 U/mL", "CA19_9AG above 1000 U/mL"),
        ("alt grade v6 at least 3 during line 1", "ALT grade v6 at least 3 during line 1"),
        ("no ALT above 0 U/L within 21 days before the end", "no ALT above 0 U/L within 21 days before the end"),
        ("progression within 90 days after first resection", "imaging PD within 90 days after first hepatectomy"),
        ('agent "Oxaliplatin" within 2 to 5 days before RFA', 'agent "oxaliplatin" within 2 to 5 days before ablation'),
        (
            "ALP above 3 x ULN within 30 days after the first abnormal bilirubin",
            "ALP above 3 x ULN within 30 days after first abnormal BILI",
        ),
        ("BILI at least 2x lowest after TACE", "BILI at least 2 x lowest after embolisation"),
        (
            "ALT at least 2x its value before the first dose within 28 days after it",
            "ALT at least 2 x before within 28 days after first dose",
        ),
        ("ALT tripled compared with baseline during line 2", "ALT at least 3 x baseline during line 2"),
        (
            "bilirubin above 2 x ULN within 28 days after ALT above 3 x ULN within 14 days after a stent",
            "ALT above 3 x ULN within 14 days after biliary_stent and BILI above 2 x ULN within 28 days after it",
        ),
        (
            "progression within 60 days after ALT above 5 x ULN during line 1",
            "ALT above 5 x ULN during line 1 and imaging PD within 60 days after it",
        ),
        ("no ALT above 1 x ULN before AST above 3 x ULN", "AST above 3 x ULN and no ALT above 1 x ULN before it"),
    ],
)
def test_a_question_has_one_canonical_spelling_that_reads_back(written: str, canonical: str) -> None:
    question = parse_question(written)
    assert question.text == canonical
    assert parse_question(canonical) == question
    assert question_from_json(question.to_json()) == question


@pytest.mark.parametrize(
    "written",
    [
        "bilirubin compared with the value before the stent at least 2x within 14 days after it",
        "bilirubin at least 2x compared with its value before the stent within 14 days after it",
        "bilirubin at least 2x within 14 days after the stent, compared with the value before the stent",
        "bilirubin at least 2x within 14 days after the stent compared with its last value before it",
        "bilirubin at least 2x the pre-stent value within 14 days",
        "bilirubin doubled within 14 days after the stent, compared to the pre-stent value",
    ],
)
def test_what_a_value_is_compared_with_may_stand_anywhere_in_its_clause(written: str) -> None:
    assert parse_question(written).text == "BILI at least 2 x before within 14 days after biliary_stent"


def test_a_limit_in_another_unit_is_converted() -> None:
    assert parse_question("bilirubin above 34.208 µmol/L").clauses[0].what.limit == pytest.approx(2.0)
    assert parse_question("ALT above 1 ukat/L").clauses[0].what.limit == 60


@pytest.mark.parametrize(
    ("written", "position", "accepted"),
    [
        ("CEA rose", 4, "at least"),
        ("ALT at least three x ULN", 13, "a number after at least"),
        ("ALT at least 3", 14, "U/L"),
        ("ALT at least 3 x", 16, "baseline"),
        ("ALT at least 3 x ULN within 3 fortnights", 30, "days"),
        ("ALT at least 3 x ULN within 3 days after lunch", 41, "biliary_stent"),
        ("zirkonase above 3 x ULN", 0, "an analyte such as ALT or bilirubin"),
        ("ALT at least 3 x ULN within 14 days", 35, "after biliary_stent"),
        ("ALT or PLAT above 3 U/L", 20, "x ULN or another multiple, as the analytes have different units"),
        ("ALT above 3 x ULN or else", 18, "and"),
        ("bilirubin doubled compared with lunch", 32, "baseline"),
        (
            "bilirubin at least 2x baseline after stent compared with the value before the stent",
            22,
            "nothing here, or before, as it is compared with before",
        ),
        (
            "bilirubin above 2 mg/dL after stent compared with baseline",
            24,
            "a multiple such as at least 2 x, where something is compared with",
        ),
        (
            "bilirubin at least 2x its value before the stent within 14 days after RFA",
            73,
            "a window counted from biliary_stent, whose earlier value is compared",
        ),
        (
            "bilirubin above 2 x ULN after ALT above 3 x ULN while ALP below 2 x ULN",
            54,
            "the later measure after an and",
        ),
        ("ALT above 3 x ULN and CEA above 2 x ULN after AST above 3 x ULN", 46, "an event"),
    ],
)
def test_what_cannot_be_read_says_where_and_what_could_stand_there(written: str, position: int, accepted: str) -> None:
    with pytest.raises(QuestionError) as caught:
        parse_question(written)
    assert caught.value.position == position
    assert accepted in caught.value.accepted


TEXT = """# asked by the stent group
name: Stents that did not drain
where primary site is pancreatic or colorectal
where age at least 50
where no hepatectomy
find bilirubin doubled within 14 days after a biliary stent
align on first biliary_stent
group by primary_site
"""


def test_a_definition_reads_back_from_its_text_and_its_json() -> None:
    definition = parse(TEXT)
    assert definition.name == "Stents that did not drain"
    assert [f.text for f in definition.filters] == [
        "primary site is pancreatic or colorectal",
        "age at least 50",
        "no hepatectomy",
    ]
    assert parse(definition.text).text == definition.text
    assert from_json(definition.to_json()).text == definition.text


def test_the_digest_is_of_the_question_and_not_of_its_name() -> None:
    assert parse(TEXT).digest == parse(TEXT.replace("Stents that", "Those which")).digest
    assert parse(TEXT).digest != parse(TEXT.replace("14 days", "15 days")).digest


def test_a_bad_line_is_named() -> None:
    with pytest.raises(QuestionError, match="line 2"):
        parse("where sex is F\nwhere shoe size at least 9")


def test_a_single_line_is_a_question() -> None:
    assert parse("ALT above 3 x ULN").text == "find ALT above 3 x ULN\n"
