"""The committed sample: same bytes, small, and what truth.csv says is really in labs.csv."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.analytes import ANALYTES
from analytics.synthetic import make, write

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "sample_data"
NAMES = {alias.casefold(): a.code for a in ANALYTES.values() for alias in (a.code, a.label, *a.aliases)}


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    return pd.read_csv(SAMPLE / "truth.csv", parse_dates=["date", "until"])


@pytest.fixture(scope="module")
def labs() -> pd.DataFrame:
    """Read with pandas alone, not with the ingest that is under test elsewhere."""
    raw = pd.read_csv(SAMPLE / "labs.csv", dtype=str, keep_default_na=False)
    raw["code"] = raw["analyte"].str.casefold().map(NAMES)
    assert raw["code"].notna().all()
    raw["number"] = raw["value"].str.lstrip("<").astype(float)
    factor = [ANALYTES[c].conversions[u] if u else 1.0 for c, u in zip(raw["code"], raw["unit"], strict=True)]
    raw["canonical"] = raw["number"] * factor
    raw["x_uln"] = raw["number"] / pd.to_numeric(raw["uln"])
    raw["at"] = pd.to_datetime(raw["collected_at"])
    return raw[raw["status"] != "preliminary"]


def of(labs: pd.DataFrame, patient: str, code: str, start: pd.Timestamp, first: int, last: int) -> pd.DataFrame:
    """Results of one analyte between two days after ``start``, both included."""
    day = (labs["at"].dt.normalize() - start).dt.days
    return labs[(labs["patient_id"] == patient) & (labs["code"] == code) & day.between(first, last)]


def test_writing_again_gives_the_committed_bytes(tmp_path: Path) -> None:
    for path in write(tmp_path):
        committed = SAMPLE / path.relative_to(tmp_path)
        assert path.read_bytes() == committed.read_bytes(), f"{committed.name} differs: run make sample-data"


def test_the_sample_stays_under_two_megabytes_and_ends_on_the_cut_off(labs: pd.DataFrame) -> None:
    assert sum(f.stat().st_size for f in SAMPLE.rglob("*") if f.is_file()) < 2_000_000
    assert labs["at"].max() < pd.Timestamp("2026-06-11")
    assert labs["patient_id"].nunique() == 63
    assert labs["value"].str.startswith("<").any() and {"mg/dL", "umol/L", "ukat/L", "U/L"} <= set(labs["unit"])


def test_a_specimen_has_one_value_an_analyte_but_for_what_was_sent_twice(labs: pd.DataFrame) -> None:
    unlike = labs.groupby(["patient_id", "code", "specimen_id"])["value"].nunique()
    assert (unlike == 1).all()


def test_drug_injury_with_jaundice_meets_the_laboratory_part_of_hys_law(
    labs: pd.DataFrame, truth: pd.DataFrame
) -> None:
    rows = truth[truth["journey"] == "drug injury with jaundice"]
    assert len(rows) == 3
    for row in rows.itertuples():
        alt = of(labs, row.patient_id, "ALT", row.date, 0, 40)
        high = alt[alt["x_uln"] >= 3]
        assert len(high) >= 2
        bili = of(labs, row.patient_id, "BILI", high["at"].min().normalize(), 0, 28)
        assert (bili["x_uln"] > 2).any()
        assert (of(labs, row.patient_id, "ALP", row.date, 0, 40)["x_uln"] < 2).all()


def test_bilirubin_at_least_doubles_within_14_days_of_the_stent_only_where_planted(
    labs: pd.DataFrame, truth: pd.DataFrame
) -> None:
    events = pd.read_csv(SAMPLE / "events.csv", parse_dates=["start_date"])
    found = set()
    for stent in events[events["kind"] == "biliary_stent"].itertuples():
        before = of(labs, stent.patient_id, "BILI", stent.start_date, -14, -1)["canonical"]
        after = of(labs, stent.patient_id, "BILI", stent.start_date, 0, 14)["canonical"]
        if len(before) and len(after) and after.max() >= 2 * before.iloc[-1]:
            found.add(stent.patient_id)
    assert found == set(truth.loc[truth["journey"] == "early stent failure", "patient_id"])
    assert len(found) == 2


def test_a_stent_that_works_halves_bilirubin_within_14_days(labs: pd.DataFrame) -> None:
    truth = pd.read_csv(SAMPLE / "truth.csv")
    events = pd.read_csv(SAMPLE / "events.csv", parse_dates=["start_date"])
    for patient in truth.loc[truth["journey"] == "stent, recovery", "patient_id"]:
        stent = events[(events["patient_id"] == patient) & (events["kind"] == "biliary_stent")].iloc[0]["start_date"]
        before = of(labs, patient, "BILI", stent, -14, -1)["canonical"].iloc[-1]
        assert of(labs, patient, "BILI", stent, 1, 14)["canonical"].min() <= before / 2


def test_failure_after_hepatectomy_rises_to_day_five_and_recovery_does_not(
    labs: pd.DataFrame, truth: pd.DataFrame
) -> None:
    for journey, rising in (("hepatectomy, liver failure", True), ("hepatectomy, recovery", False)):
        for row in truth[truth["journey"] == journey].itertuples():
            inr = of(labs, row.patient_id, "INR", row.date, 5, 7)["canonical"]
            bili = of(labs, row.patient_id, "BILI", row.date, 5, 7)["x_uln"]
            assert (inr.min() > 1.4 and bili.min() > 1.5) == rising


def test_limits_change_where_planted(labs: pd.DataFrame, truth: pd.DataFrame) -> None:
    alp = labs[labs["code"] == "ALP"]
    changed = alp.groupby("patient_id")["uln"].nunique().loc[lambda n: n > 1]
    planted = truth["journey"].isin(["upper limit change", "laboratory change"])
    assert set(changed.index) == set(truth.loc[planted, "patient_id"])


def test_the_quiet_have_no_result_above_three_times_its_limit(labs: pd.DataFrame, truth: pd.DataFrame) -> None:
    quiet = truth.loc[truth["journey"] == "quiet", "patient_id"]
    assert len(quiet) == 6
    assert labs.loc[labs["patient_id"].isin(quiet) & (labs["code"] == "ALT"), "x_uln"].max() < 2
    assert labs.loc[labs["patient_id"].isin(quiet) & (labs["code"] == "BILI"), "x_uln"].max() < 2


def test_a_reported_response_is_the_one_that_the_sums_make() -> None:
    """RECIST 1.1 by hand: 30 % under the baseline of the line is PR, 20 % and 5 mm over the lowest sum is PD."""
    imaging = pd.read_csv(SAMPLE / "imaging.csv", parse_dates=["date"])
    events = pd.read_csv(SAMPLE / "events.csv", parse_dates=["start_date"])
    line_starts = events[events["kind"] == "systemic"].groupby(["patient_id", "line"])["start_date"].min()
    told = []
    for patient, scans in imaging.dropna(subset=["target_sum_mm"]).groupby("patient_id"):
        for scan in scans[scans["response"].notna()].itertuples():
            begun = line_starts[patient][line_starts[patient] < scan.date]
            before_line = scans[scans["date"] <= begun.max()] if len(begun) else scans.iloc[:0]
            since = scans.loc[before_line.index[-1] if len(before_line) else scans.index[0] : scan.Index - 1]
            baseline, lowest = since["target_sum_mm"].iloc[0], since["target_sum_mm"].min()
            grown = scan.target_sum_mm - lowest
            by_sums = "PR" if baseline - scan.target_sum_mm >= 0.3 * baseline else "SD"
            if scan.new_lesion or (grown >= 0.2 * lowest and grown >= 5):
                by_sums = "PD"
            told.append((patient, scan.date, scan.response, by_sums))
    assert len(told) > 150 and {row[2] for row in told} == {"PR", "SD", "PD"}
    assert [row for row in told if row[2] != row[3]] == []


def test_many_patients_come_in_one_go_with_a_planted_quarter_each() -> None:
    panel, truth = make(200, seed=7)
    assert len(panel) == 200 and len(panel.labs) == 200 * 8 * 25
    again, _ = make(200, seed=7)
    assert np.array_equal(panel.labs["value"], again.labs["value"])
    hurt = truth.loc[truth["journey"] == "drug injury with jaundice", "patient_id"]
    assert len(hurt) == 50
    alt = panel.labs[panel.labs["analyte"] == "ALT"]
    peak = (alt["value"] / alt["uln"]).groupby(alt["patient_id"]).max()
    assert (peak[hurt] > 3).all()
    assert (peak[truth.loc[truth["journey"] == "quiet", "patient_id"]] < 3).all()
