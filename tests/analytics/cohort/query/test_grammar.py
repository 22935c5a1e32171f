"""What the grammar can say beyond one limit: against plain pandas, on the sample data."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.analysis import Analysis
from analytics.cohort.query.definition import parse
from analytics.cohort.query.parser import parse_question
from analytics.cohort.query.run import run
from analytics.errors import QuestionError


def _who(sample: Analysis, text: str) -> set[str]:
    return set(run(parse(text), sample).patient_ids)


def _labs(sample: Analysis, analyte: str) -> pd.DataFrame:
    labs = sample.panel.labs
    rows = labs[(labs["analyte"] == analyte) & labs["value"].notna()].copy()
    rows["patient_id"] = rows["patient_id"].astype(str)
    rows["day"] = rows["collected_at"].dt.normalize()
    rows["x"] = rows["value"] / rows["uln"]
    return rows


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ('ALT above 3 x ULN on regimen "FOLFOX"', 'ALT above 3 x ULN on regimen "folfox"'),
        ('ALT above 3 x ULN after cycle 3 of "FOLFOX"', 'ALT above 3 x ULN after cycle 3 of "folfox"'),
        ('ALT above 3 x ULN after first class "anti-egfr"', 'ALT above 3 x ULN after first class "anti-EGFR"'),
        (
            "ALT below 1 x ULN within 30 days after the end of systemic",
            "ALT below 1 x ULN within 30 days after end of systemic",
        ),
        ("CRP above 5 mg/dL within 3 days around agent fever", 'CRP above 50 mg/L within 3 days around agent "fever"'),
        ("ALT above 3 x ULN for more than 4 weeks", "ALT above 3 x ULN for more than 28 days"),
        ("CEA rising in 3 results in a row", "CEA above 1 x previous in 3 results in a row"),
        ("albumin at least 5 g/L below baseline", "ALB at least 0.5 g/dL below baseline"),
        (
            "CEA at least 1.25 x nadir also at least 5 ng/mL above nadir",
            "CEA at least 1.25 x lowest also at least 5 ng/mL above lowest",
        ),
        (
            "AST above 1 x ALT while ALT above 2 x ULN while AST above 2 x ULN",
            "AST above 1 x ALT while ALT above 2 x ULN while AST above 2 x ULN",
        ),
        ("R value above 5", "r_value above 5"),
        ("ALBI grade at least 1 above before after SIRT", "albi_grade at least 1 above before after radioembolisation"),
        ("ALT above 5 x ULN or bilirubin above 3 x ULN", "ALT above 5 x ULN or BILI above 3 x ULN"),
        (
            "median ALT above 2 x ULN within 64 to 70 days after first dose",
            "median ALT above 2 x ULN within 64 to 70 days after first dose",
        ),
        (
            "CA 19-9 at least 2 x the one before less than 30 days apart",
            "CA19_9AG at least 2 x previous less than 30 days earlier",
        ),
        ("CEA doubled", "CEA at least 2 x lowest"),
        ("platelets halved", "PLAT at most 0.5 x highest"),
    ],
)
def test_a_sentence_reads_back(written: str, canonical: str) -> None:
    assert parse_question(written).text == canonical
    assert parse_question(canonical).text == canonical


@pytest.mark.parametrize(
    "written",
    [
        "ALT above 3 x ULN before it",
        "ALT above 3 x ULN within 3 days after it",
        "ALT at least 2 x before",
        "AST above 1 x bilirubin",
        "R value above 3 x ULN",
        "median ALT above 2 x lowest",
        "ALT above 3 x ULN while BILI at least 2 x lowest",
    ],
)
def test_what_has_no_meaning_is_refused(written: str) -> None:
    with pytest.raises(QuestionError):
        parse_question(written)


def test_nothing_is_aligned_on_it() -> None:
    with pytest.raises(QuestionError):
        parse("find ALT above 3 x ULN\nalign on it")


def test_one_result_is_not_counted_twice(sample: Analysis) -> None:
    labs = _labs(sample, "ALT")
    high = labs[labs["x"] > 3].groupby("patient_id").size()
    assert _who(sample, "find ALT above 3 x ULN and again ALT above 3 x ULN") == set(high[high >= 2].index)


def test_a_duration_is_a_run_of_results_that_all_meet_it(sample: Analysis) -> None:
    wanted = set()
    for patient, rows in _labs(sample, "BILI").sort_values("collected_at").groupby("patient_id"):
        run_of = (rows["x"].le(2) | rows["x"].isna()).cumsum()[rows["x"] > 2]
        days = rows.loc[run_of.index, "day"].groupby(run_of)
        if ((days.max() - days.min()).dt.days > 10).any():
            wanted.add(patient)
    assert wanted and _who(sample, "find BILI above 2 x ULN for more than 10 days") == wanted


def test_results_in_a_row_count_days_with_a_result(sample: Analysis) -> None:
    wanted = set()
    for patient, rows in _labs(sample, "CEA").sort_values("collected_at").groupby("patient_id"):
        up = rows["value"].diff() > 0
        if (up & up.shift(fill_value=False)).any():
            wanted.add(patient)
    assert wanted and _who(sample, "find CEA rising in 2 results in a row") == wanted


def test_another_analyte_is_that_of_the_same_day(sample: Analysis) -> None:
    both = _labs(sample, "AST").merge(_labs(sample, "ALT"), on=["patient_id", "day"], suffixes=("", "_alt"))
    wanted = set(both.loc[both["value"] > 2 * both["value_alt"], "patient_id"])
    assert wanted and _who(sample, "find AST above 2 x ALT") == wanted


def test_a_score_takes_its_inputs_of_one_day(sample: Analysis) -> None:
    both = _labs(sample, "ALT").merge(_labs(sample, "ALP"), on=["patient_id", "day"], suffixes=("", "_alp"))
    wanted = set(both.loc[(both["x"] / both["x_alp"] > 5) & (both["x"] > 3), "patient_id"])
    assert wanted and _who(sample, "find ALT above 3 x ULN while r_value above 5") == wanted


@pytest.mark.parametrize(
    ("word", "how"),
    [
        ("median", "median"),
        ("mean", "mean"),
        ("highest", "max"),
        ("lowest", "min"),
        ("first", "first"),
        ("last", "last"),
    ],
)
def test_a_summary_is_one_number_of_all_results(sample: Analysis, word: str, how: str) -> None:
    number = _labs(sample, "ALT").sort_values("collected_at").groupby("patient_id")["x"].agg(how)
    assert _who(sample, f"find {word} ALT above 1.5 x ULN") == set(number[number > 1.5].index)


def test_a_regimen_goes_on_from_its_first_start_to_two_weeks_after_its_last(sample: Analysis) -> None:
    events = sample.panel.events
    own = events[events["detail"].fillna("").str.fullmatch(r"FOLFOX( cycle \d+)?")].copy()
    own["patient_id"] = own["patient_id"].astype(str)
    spans = own.groupby("patient_id").agg(
        low=("start_date", "min"),
        last=("start_date", "max"),
        open=("end_date", lambda e: e.isna().any()),
        high=("end_date", "max"),
    )
    labs = _labs(sample, "ALT").join(spans, on="patient_id", how="inner")
    high = labs[["high"]].assign(other=labs["last"] + pd.Timedelta(days=14)).max(axis=1)
    inside = (labs["day"] > labs["low"]) & (labs["open"].astype(bool) | (labs["day"] <= high))
    wanted = set(labs.loc[inside & (labs["x"] > 3), "patient_id"])
    assert wanted and _who(sample, 'find ALT above 3 x ULN on regimen "FOLFOX"') == wanted


@pytest.mark.parametrize(
    ("filter_text", "count"),
    [
        ("fewer than 20 results of ALT", 43),
        ("no result within 21 days before the end", 5),
        ("a result of direct bilirubin below detection", 6),
        ("no imaging since 2026-01-01", 7),
        ("no birth date", 0),
        ("birth date", 63),
        ("on anticoagulants", 0),
        ("not on anticoagulants", 63),
        ('treated with class "anti-EGFR"', 0),
        ("treated with FOLFOX", 28),
        ('not treated with "oxaliplatin"', 24),
        ("has ablation or embolisation", 3),
        ("no line 2", 54),
        ("primary site is not colorectal", 35),
    ],
)
def test_a_filter_reads_back_and_finds_as_many(sample: Analysis, filter_text: str, count: int) -> None:
    found = parse(f"where {filter_text}")
    assert parse(found.text).text == found.text
    assert len(run(found, sample).patient_ids) == count
