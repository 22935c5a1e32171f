"""What a question finds, both sides of each edge, against values worked out by hand and against a plain loop."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import Analysis, analyse
from analytics.case import Case
from analytics.cohort.query.answer_rows import rows_of
from analytics.cohort.query.definition import parse
from analytics.cohort.query.evaluate import answer
from analytics.cohort.query.parser import parse_question
from analytics.cohort.query.run import run
from analytics.settings import Settings
from analytics.synthetic import make
from tests.builders import panel_of, together


def asked(panel, words: str):
    case = Case(panel, Settings())
    found = answer(case, parse_question(words))
    return found, rows_of(case, found)


STENT = [("2025-03-10", "biliary_stent")]
DOUBLED = "bilirubin at least 2x its value before the stent within 14 days after it"


@pytest.mark.parametrize(
    ("labs", "holds"),
    [
        ([("2025-03-09", "BILI", 2.0), ("2025-03-24", "BILI", 4.0)], True),  # day 14, exactly twice
        ([("2025-03-09", "BILI", 2.0), ("2025-03-25", "BILI", 4.0)], False),  # day 15
        ([("2025-03-09", "BILI", 2.0), ("2025-03-24", "BILI", 3.99)], False),
        ([("2025-03-09", "BILI", 2.0), ("2025-03-10 09:00", "BILI", 9.0)], False),  # day of the stent is before
        ([("2025-03-10 09:00", "BILI", 2.0), ("2025-03-11", "BILI", 4.0)], True),
        ([("2025-02-10", "BILI", 2.0), ("2025-03-12", "BILI", 4.0)], True),  # 28 days before
        ([("2025-02-09", "BILI", 2.0), ("2025-03-12", "BILI", 4.0)], False),  # 29 days before
        ([("2025-03-12", "BILI", 4.0)], False),  # nothing to compare with
        ([("2025-03-09", "BILI", 0.2, "<"), ("2025-03-12", "BILI", 0.5)], True),  # at least 2.5 x
        ([("2025-03-09", "BILI", 0.2), ("2025-03-12", "BILI", 0.5, "<")], False),  # nothing is proved
    ],
)
def test_bilirubin_doubles_within_fourteen_days_of_a_stent(labs, holds: bool) -> None:
    found, _ = asked(panel_of(labs, STENT), DOUBLED)
    assert (len(found.patients) == 1) == holds


def test_the_answer_gives_both_values_both_dates_and_the_day() -> None:
    labs = [
        ("2025-03-01", "BILI", 1.5),
        ("2025-03-08", "BILI", 2.0),
        ("2025-03-12", "BILI", 3.0),
        ("2025-03-17", "BILI", 4.4),
    ]
    _, rows = asked(panel_of(labs, STENT), DOUBLED)
    row = rows.iloc[0]
    assert row["anchor_at"] == pd.Timestamp("2025-03-10")
    assert (row["before_1"], row["before_at_1"]) == (2.0, pd.Timestamp("2025-03-08"))
    assert (row["value_1"], row["at_1"], row["day_1"]) == (4.4, pd.Timestamp("2025-03-17"), 7)
    assert row["multiple_1"] == pytest.approx(2.2)
    assert (row["file_1"], row["line_1"]) == ("case.csv", 5)


def test_every_stent_is_asked_and_the_steps_say_how_many_are_left() -> None:
    labs = [
        ("2025-03-08", "BILI", 2.0),
        ("2025-03-12", "BILI", 2.2),
        ("2025-05-08", "BILI", 1.0),
        ("2025-05-14", "BILI", 2.5),
    ]
    two = panel_of(labs, [*STENT, ("2025-05-09", "biliary_stent")])
    none = panel_of([("2025-03-08", "BILI", 2.0)])
    no_value = panel_of([("2025-03-12", "BILI", 2.0)], STENT)
    found, rows = asked(together(two, none, no_value), DOUBLED)
    assert rows["patient_id"].tolist() == ["P1"] and rows["anchor_at"].tolist() == [pd.Timestamp("2025-05-09")]
    assert [(s.patients, s.occurrences) for s in found.steps] == [(3, 3), (2, 3), (1, 2), (1, 2), (1, 1)]


def test_a_later_match_is_followed_where_an_earlier_one_leads_nowhere() -> None:
    labs = [
        ("2025-01-01", "ALT", 200),
        ("2025-06-01", "ALT", 200),
        ("2025-06-10", "BILI", 3.0),
    ]
    found, rows = asked(panel_of(labs), "ALT at least 3 x ULN and BILI above 2 x ULN within 14 days after it")
    assert len(found.patients) == 1
    assert rows.iloc[0]["at_1"] == pd.Timestamp("2025-06-01") and rows.iloc[0]["day_2"] == 9


@pytest.mark.parametrize(
    ("bili_on", "holds"),
    [("2025-06-01", True), ("2025-06-29", True), ("2025-06-30", False), ("2025-05-31", False)],
)
def test_the_same_day_counts_and_the_twenty_ninth_does_not(bili_on: str, holds: bool) -> None:
    labs = [("2025-06-01", "ALT", 200), (bili_on, "BILI", 3.0)]
    found, _ = asked(panel_of(labs), "ALT at least 3 x ULN and BILI above 2 x ULN within 28 days after it")
    assert (len(found.patients) == 1) == holds


@pytest.mark.parametrize(("alp", "holds"), [(240, True), (241, False), (None, False)])
def test_what_must_hold_meanwhile_is_unknown_without_a_result_that_day(alp: float | None, holds: bool) -> None:
    labs = [("2025-06-01", "ALT", 200), *([("2025-06-01", "ALP", alp)] if alp else [("2025-06-02", "ALP", 100)])]
    found, _ = asked(panel_of(labs), "ALT at least 3 x ULN while ALP at most 2 x ULN")
    assert (len(found.patients) == 1) == holds


def test_a_rise_from_the_lowest_value_after_the_stent() -> None:
    labs = [(f"2025-03-{d}", "BILI", v) for d, v in ((8, 8.0), (14, 5.0), (20, 1.5), (26, 2.9), (30, 3.0))]
    _, rows = asked(panel_of(labs, STENT), "BILI at least 2 x lowest within 90 days after biliary stent")
    assert rows.iloc[0][["before_1", "value_1", "day_1"]].tolist() == [1.5, 3.0, 20]


def test_absence_before_the_cut_off() -> None:
    seen = panel_of([("2025-06-01", "ALT", 20)], as_of="2025-06-22")
    late = panel_of([("2025-05-31", "ALT", 20)], as_of="2025-06-22")
    found, _ = asked(together(seen, late), "no ALT above 0 U/L within 21 days before the end")
    assert found.patients.tolist() == [1]


def test_baseline_of_the_line_is_the_denominator() -> None:
    labs = [
        ("2025-01-01", "ALT", 100),
        ("2025-02-01", "ALT", 400),
        ("2025-02-10", "ALT", 149),
        ("2025-02-11", "ALT", 151),
    ]
    panel = panel_of(labs, [("2025-01-02", "systemic", "FOLFOX")])
    words = "ALT at least 4 x baseline during line 1 and back under 1.5x within 30 days"
    _, rows = asked(panel, words)
    assert rows.iloc[0][["value_1", "value_2"]].tolist() == [400, 149]


def test_the_vectorised_answer_is_that_of_a_plain_loop() -> None:
    panel, _ = make(120, seed=3)
    found, rows = asked(panel, DOUBLED)
    labs = panel.labs[panel.labs["analyte"] == "BILI"]
    stents = panel.events[panel.events["kind"] == "biliary_stent"]
    expected = {}
    for patient, stent in zip(stents["patient_id"], stents["start_date"], strict=True):
        mine = labs[labs["patient_id"] == patient]
        day = (mine["collected_at"].dt.normalize() - stent).dt.days
        before, after = mine[day.between(-28, 0)], mine[day.between(1, 14)]
        if len(before):
            hit = after[after["value"] >= 2 * before["value"].iloc[-1] * (1 - 1e-10)]
            if len(hit):
                expected[patient] = (before["value"].iloc[-1], hit["value"].iloc[0], hit["collected_at"].iloc[0])
    assert len(expected) > 5
    got = {
        p: (b, v, t)
        for p, b, v, t in zip(rows["patient_id"], rows["before_1"], rows["value_1"], rows["at_1"], strict=True)
    }
    assert got == expected
    assert len(found.patients) == len(expected)


@pytest.mark.parametrize(
    ("words", "extreme", "factor", "days"),
    [
        ("BILI at least 1.5 x lowest less than 15 days earlier", "min", 1.5, 15),
        ("BILI at least 1.1 x lowest less than 8 days earlier", "min", 1.1, 8),
        ("BILI at most 0.5 x highest less than 31 days earlier", "max", 0.5, 31),
    ],
)
def test_a_change_within_days_is_that_of_a_plain_loop(
    sample: Analysis, words: str, extreme: str, factor: float, days: int
) -> None:
    panel = sample.panel
    labs = panel.labs[(panel.labs["analyte"] == "BILI") & panel.labs["value"].notna()]
    expected = set()
    for patient, mine in labs.groupby("patient_id", observed=True):
        day = (mine["collected_at"].dt.normalize() - pd.Timestamp("2000-01-01")).dt.days.to_numpy()
        values = mine["value"].to_numpy()
        for i in range(1, len(values)):
            recent = values[:i][day[i] - day[:i] < days]
            if len(recent):
                limit = factor * getattr(recent, extreme)()
                reached = values[i] >= limit * (1 - 1e-10) if factor > 1 else values[i] <= limit * (1 + 1e-10)
                expected |= {patient} if reached else set()
    _, rows = asked(panel, words)
    assert set(rows["patient_id"]) == expected and 0 < len(expected) < 60


@pytest.mark.parametrize(
    "words",
    [
        "BILI doubled within 14 days after biliary stent",
        "progression within 30 days after first dose",
        "ALT above 5 x baseline during line 2 and under 1.5x within 30 days",
        "ALT at least 2 x lowest",
    ],
)
def test_nobody_and_nothing_is_an_answer_too(words: str) -> None:
    empty = panel_of([("2025-01-01", "ALB", 4.0)])
    found, rows = asked(empty, words)
    assert len(found.patients) == 0 and len(rows) == 0 and found.steps[0].patients == 1


def test_filters_count_what_is_left_and_the_question_goes_on_from_there() -> None:
    a = panel_of(
        [("2025-01-01", "ALT", 200)], sex="F", primary_site="pancreatic", birth_date=pd.Timestamp("1950-01-01")
    )
    b = panel_of(
        [("2025-01-01", "ALT", 200)], sex="M", primary_site="pancreatic", birth_date=pd.Timestamp("1990-01-01")
    )
    c = panel_of([("2025-01-01", "ALT", 20)], sex="F", primary_site="breast", birth_date=pd.Timestamp("1950-01-01"))
    result = run(
        parse("where primary site is pancreatic\nwhere age at least 60\nfind ALT above 3 x ULN"),
        analyse(together(a, b, c)),
    )
    assert [s.patients for s in result.steps] == [3, 2, 1, 1]
    assert result.patient_ids == ["P1"]


@pytest.mark.parametrize(
    ("line", "who"),
    [
        ("sex is F", ["P1"]),
        ("sex is M or F", ["P1", "P2"]),
        ("has biliary stent", ["P1"]),
        ("no biliary stent", ["P2"]),
        ('treated with "oxali"', ["P2"]),
        ("had line 1", ["P2"]),
        ("had line 2", []),
        ("at least 2 results of ALT", ["P2"]),
        ("age at least 75", ["P1"]),
        ("age below 75", ["P2"]),
        ("first dose from 2025-03-10 to 2025-03-10", ["P1"]),
        ("ever ALT above 3 x ULN", ["P1"]),
        ("never ALT above 3 x ULN", ["P2"]),
        ("id is P2", ["P2"]),
    ],
)
def test_each_form_of_filter(line: str, who: list[str]) -> None:
    one = panel_of([("2025-01-01", "ALT", 200)], STENT, sex="F", birth_date=pd.Timestamp("1950-03-01"))
    two = panel_of(
        [("2025-01-01", "ALT", 20), ("2025-02-01", "ALT", 20)],
        [("2025-01-10", "systemic", "Oxaliplatin")],
        sex="M",
        age=74,
    )
    result = run(parse(f"where {line}"), analyse(together(one, two)))
    assert result.patient_ids == who
    assert parse(result.definition.text).text == result.definition.text


def test_study_days_are_no_calendar_dates() -> None:
    panel = panel_of([("2000-01-15", "ALT", 200)], [("2000-01-01", "systemic")], clock="study_day")
    assert run(parse("where first dose from 1999-01-01 to 2001-01-01"), analyse(panel)).patient_ids == []
    assert np.isnan(run(parse("ALT above 3 x ULN"), analyse(panel)).rows["multiple_1"]).sum() == 0


@pytest.mark.parametrize("when", ["2025-03-10 08:00", "2025-03-10 15:00", "2025-03-10", "2025-03-12"])
@pytest.mark.parametrize("side", ["within 7 days after", "within 7 days before", "after", "before"])
def test_an_event_that_was_found_is_counted_from_as_where_it_is_named(when: str, side: str) -> None:
    panel = panel_of([(when, "BILI", 5.0)], [("2025-03-10", "hepatectomy")])
    named, _ = asked(panel, f"bilirubin above 3 mg/dL {side} hepatectomy")
    found, _ = asked(panel, f"hepatectomy and bilirubin above 3 mg/dL {side} it")
    assert found.patients.tolist() == named.patients.tolist()
