"""The main job on real input, as a user does it: import, export, report, by the command line.

Expected numbers are those of the README files beside the data, computed elsewhere (pandas, scipy, R).
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.installed import completed

pytestmark = pytest.mark.external

QUADRANT_BOTH = "01-705-1186"


def hepatrend(*words: str | Path, store: Path) -> subprocess.CompletedProcess[str]:
    return completed(*words, "--store", store)


@pytest.fixture(scope="module")
def trial(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the CDISC pilot's laboratory, dosing and demography files."""
    store = tmp_path_factory.mktemp("trial") / "store"
    folder = shared_data / "cdiscpilot"
    done = hepatrend("import", folder / "lb.csv", folder / "ex.csv", folder / "dm.csv", "--json", store=store)
    assert done.returncode in (0, 3), done.stderr
    (store.parent / "receipts.json").write_text(done.stdout)
    return store


@pytest.fixture(scope="module")
def cirrhosis(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the Mayo Clinic's sequential visits."""
    store = tmp_path_factory.mktemp("pbc") / "store"
    done = hepatrend("import", shared_data / "pbcseq" / "pbcseq.csv", "--profile", "pbcseq", store=store)
    assert done.returncode in (0, 3), done.stderr
    return store


def exported(store: Path, table: str) -> pd.DataFrame:
    out = store.parent / f"{table}.parquet"
    if not out.exists():
        done = hepatrend("export", table, "--format", "parquet", "--out", out, store=store)
        assert done.returncode == 0, done.stderr
    return pd.read_parquet(out)


def test_every_result_of_the_trial_is_stored_under_its_analyte(trial):
    counts = exported(trial, "labs")["analyte"].value_counts()
    expected = {"ALT": 1814, "AST": 1814, "ALP": 1824, "BILI": 1814, "GGT": 1828, "ALB": 1814, "PLAT": 1788}
    assert {code: int(counts[code]) for code in expected} == expected


def test_the_trial_has_254_patients_with_results(trial):
    assert exported(trial, "labs")["patient_id"].nunique() == 254


@pytest.mark.parametrize(
    ("analyte", "expected"),
    [
        ("ALT", {1: 33, 2: 7, 3: 3}),
        ("AST", {1: 39, 2: 5, 3: 4}),
        ("ALP", {1: 22, 2: 4, 5: 2}),
        ("BILI", {1: 16, 1.5: 5, 2: 2, 3: 1}),
        ("GGT", {1: 25, 2.5: 3, 5: 1}),
    ],
)
def test_peaks_above_multiples_of_the_limit_agree_with_the_readme(trial, analyte, expected):
    points = exported(trial, "points")
    peak = points[points["analyte"] == analyte].groupby("patient_id")["x_uln"].max().round(10)
    assert {k: int((peak > k).sum()) for k in expected} == expected


def test_peak_quadrants_agree_with_the_readme(trial):
    points = exported(trial, "points")
    peak = points.pivot_table(index="patient_id", columns="analyte", values="x_uln", aggfunc="max").round(10)
    alt, bili = peak["ALT"] > 3, peak["BILI"] > 2
    assert sorted(peak.index[alt & bili]) == [QUADRANT_BOTH]
    assert sorted(peak.index[alt & ~bili]) == ["01-705-1310", "01-708-1286"]
    assert sorted(peak.index[~alt & bili]) == ["01-709-1029"]
    assert int((~alt & ~bili).sum()) == 250


def test_median_bilirubin_at_screening_is_8_55_umol_per_litre(trial):
    points = exported(trial, "points")
    first = points[points["analyte"] == "BILI"].sort_values("collected_at").groupby("patient_id")["value"].first()
    assert float(np.median(first)) * 17.104 == pytest.approx(8.55, abs=0.02)


def test_the_cholestatic_patient_is_not_reported_as_a_hepatocellular_pattern(trial):
    findings = exported(trial, "findings")
    held = set(findings.loc[findings["patient_id"] == QUADRANT_BOTH, "rule"])
    assert not {rule for rule in held if "hys_law" in rule}, held
    near = exported(trial, "near")
    why_not = near[(near["patient_id"] == QUADRANT_BOTH) & near["rule"].str.contains("hys_law")]
    assert len(why_not) == 1
    assert "nR 0.7" in why_not["says"].iloc[0]  # aminotransferases against ALP


@pytest.mark.parametrize(
    ("patient", "slope", "n"),
    [("2", 0.1902, 9), ("3", 0.1496, 4), ("5", 0.4319, 6), ("7", 0.0543, 7), ("15", 0.3461, 11), ("71", 0.0406, 11),
     ("93", 0.2313, 15), ("134", 0.1629, 12)],
)  # fmt: skip
def test_yearly_slopes_of_bilirubin_agree_with_scipy_and_r(cirrhosis, patient, slope, n):
    series = exported(cirrhosis, "series")
    row = series[(series["patient_id"] == patient) & (series["analyte"] == "BILI")]
    assert len(row) == 1
    assert float(row["slope_per_day"].iloc[0]) * 365.25 == pytest.approx(slope, abs=1e-4)
    assert int(row["n"].iloc[0]) == n


@pytest.mark.parametrize("patient", ["10", "23"])
def test_one_or_two_visits_give_no_trend_but_the_number_still_needed(cirrhosis, patient):
    series = exported(cirrhosis, "series")
    row = series[(series["patient_id"] == patient) & (series["analyte"] == "BILI")].iloc[0]
    assert row["verdict"] == "not_enough_data"
    assert row["still_needed"] == 5 - row["n_days"]


def test_312_patients_on_a_clock_of_study_days(cirrhosis):
    patients = exported(cirrhosis, "patients")
    assert len(patients) == 312
    assert set(patients["clock"]) == {"study_day"}


def test_bilirubin_peaks_of_the_sequential_visits_agree_with_the_readme(cirrhosis):
    points = exported(cirrhosis, "points")
    peak = points[points["analyte"] == "BILI"].groupby("patient_id")["value"].max()
    assert (int((peak > 2).sum()), int((peak > 10).sum()), float(peak.max())) == (195, 96, 41.0)


def test_sums_of_every_import_add_up_and_a_second_import_adds_nothing(trial, shared_data):
    ledger = exported(trial, "ledger")
    parts = ledger[["stored", "quarantined", "duplicate", "superseded", "ignored"]].sum(axis=1)
    assert (parts == ledger["results_in"]).all()
    folder = shared_data / "cdiscpilot"
    again = hepatrend("import", folder / "lb.csv", "--json", store=trial)
    assert again.returncode == 0, again.stderr
    assert [receipt["already"] for receipt in json.loads(again.stdout)] == [True]
    assert json.loads((trial.parent / "receipts.json").read_text())


def test_the_report_of_one_patient_opens_by_itself(trial):
    out = trial.parent / "report.html"
    done = hepatrend("report", "patient", QUADRANT_BOTH, "--out", out, store=trial)
    assert done.returncode == 0, done.stderr
    page = out.read_text("utf-8")
    assert QUADRANT_BOTH in page
    assert "<svg" in page
    read = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    assert not re.findall(r">\s*(?:NaN|None|nan|NaT)\s*<", read)
    assert not re.findall(r"(?:src|href)=[\"'](?!#|data:)", read)
