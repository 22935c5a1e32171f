"""Facts that stand beside the real public data, recomputed by the product. Numbers only; no row is copied."""

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.analytes import ANALYTES
from analytics.derive.points import points_of
from analytics.derive.quadrants import peaks
from analytics.grades import Inputs, grade
from analytics.ingest import read
from analytics.panel import Panel
from analytics.rules import rules
from analytics.rules._discover import assessment_of
from analytics.store import open_store

pytestmark = pytest.mark.external

CHOLESTATIC = "01-705-1186"


@pytest.fixture(scope="module")
def trial(tmp_path_factory, request):
    folder = request.getfixturevalue("shared_data") / "cdiscpilot"
    store = open_store(str(tmp_path_factory.mktemp("trial") / "store"), create=True)
    store.publish([read(folder / name) for name in ("lb.csv", "ex.csv", "dm.csv")], by="test")
    return store.panel()


def counts(panel):
    """Patients by peak quadrant, every result counted as the page beside the data does: 0 neither to 3 both."""
    found = peaks(analyse(Panel.of(panel.labs)).case)
    return np.bincount(found["on_treatment"][found["on_treatment"] >= 0], minlength=4).tolist()


def test_the_peak_quadrants_of_the_trial(trial):
    assert counts(trial) == [250, 1, 2, 1]  # neither, bilirubin only, ALT only, both


def test_the_person_in_the_corner_is_cholestatic_and_not_hys_law(trial):
    own = analyse(trial.select([i for i in trial.patient_ids if i.endswith(CHOLESTATIC)]))
    found = set(own.findings["rule"])
    assert "hys_law" not in found
    assert "cholestatic_jaundice" in found
    says = own.near[own.near["rule"] == "hys_law"]["says"].iloc[0]
    assert "nR 0.7 (criterion: at least 2)" in says
    jaundice = own.findings[own.findings["rule"] == "cholestatic_jaundice"]["says"].iloc[0]
    assert "cholestatic pattern" in jaundice
    # ALP is as it was from the first result on: no new injury whose pattern could be told
    assert "injury_pattern" not in found


def test_nobody_in_the_trial_meets_the_laboratory_part_of_hys_law(trial):
    assessed = assessment_of(analyse(trial).case, "hys_law")
    assert not assessed.holds.any()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ALT", [221, 30, 3, 0]),
        ("AST", [215, 35, 4, 0]),
        ("ALP", [232, 19, 1, 2]),
        ("GGT", [229, 22, 2, 1]),
        ("BILI", [238, 11, 4, 1]),
    ],
)
def test_worst_grades_of_the_trial_as_if_every_baseline_were_normal(trial, code, expected):
    points = points_of(analyse(trial).case)
    at = points.of(code)
    nan = np.full(len(at), np.nan)
    inputs = Inputs(points.value[at], points.x_uln[at], nan, nan, nan, nan, np.zeros(len(at), dtype=bool))
    own = pd.DataFrame({"patient": points.patient[at], "grade": grade("5.0", code, inputs)})
    worst = own.groupby("patient")["grade"].max()
    assert np.bincount(worst, minlength=4).tolist() == expected


def test_no_rule_breaks_on_the_trial(trial):
    analysis = analyse(trial)
    assert set(analysis.findings["rule"]) <= set(rules())
    assert not analysis.findings["says"].str.contains("nan").any()


def test_the_peak_quadrants_of_intensive_care(shared_data):
    folder = shared_data / "eicu_demo_subset"
    labs = pd.read_csv(folder / "lab.csv")
    stays = pd.read_csv(folder / "patient.csv").dropna(subset=["uniquepid"])
    person = stays.set_index("patientunitstayid")["uniquepid"]
    labs = labs[labs["labname"].isin(["ALT (SGPT)", "total bilirubin"]) & labs["labresult"].notna()]
    code = labs["labname"].map({"ALT (SGPT)": "ALT", "total bilirubin": "BILI"})
    frame = pd.DataFrame(
        {
            "patient_id": labs["patientunitstayid"].map(person).astype(str),
            "analyte": code,
            "collected_at": pd.Timestamp("2000-01-01") + pd.to_timedelta(labs["labresultoffset"], unit="min"),
            "value": labs["labresult"].astype(float),
            "unit": code.map(lambda c: ANALYTES[c].unit),
            "uln": code.map({"ALT": 40.0, "BILI": 1.2}),
        }
    )
    panel = Panel.of(frame)
    both = frame.groupby("patient_id")["analyte"].nunique()
    assert int((both == 2).sum()) == 80
    assert counts(panel) == [66, 4, 9, 1]
