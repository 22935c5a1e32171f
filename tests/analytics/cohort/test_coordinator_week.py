"""The coordinator's tasks on the sample data, by the library; tests/browser/test_cohort.py asks the page the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import Analysis
from analytics.cohort.aligned import align, around, banded
from analytics.cohort.edish import CUTS, counts, moves, peaks
from analytics.cohort.groups import groups_of
from analytics.cohort.monitoring_gaps import limit_changes, overdue
from analytics.cohort.query.definition import parse
from analytics.cohort.query.diff import diff
from analytics.cohort.query.question import Anchor
from analytics.cohort.query.run import run
from analytics.cohort.shift import behind, shift_rows, shift_table
from analytics.ingest import read
from analytics.store import open_store
from tests.last_month import ASKED, last_month

SAMPLE = Path(__file__).resolve().parents[3] / "sample_data"


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    store = open_store(str(tmp_path_factory.mktemp("week") / "store"))
    store.publish([read(SAMPLE / f"{n}.csv") for n in ("patients", "events", "imaging", "labs")], by="test")
    return store.analysis()


def planted(*journeys: str) -> set[str]:
    truth = pd.read_csv(SAMPLE / "truth.csv")
    return set(truth.loc[truth["journey"].isin(journeys), "patient_id"])


def test_1_whose_bilirubin_doubled_within_14_days_of_a_stent_and_when(analysis: Analysis) -> None:
    result = run(parse("find bilirubin doubled within 14 days after a biliary stent"), analysis)
    assert set(result.patient_ids) == planted("early stent failure")
    assert (result.rows["value_1"] >= 2 * result.rows["before_1"] * (1 - 1e-9)).all()
    assert result.rows["day_1"].between(1, 14).all() and (result.rows["before_at_1"] < result.rows["at_1"]).all()


@pytest.mark.parametrize(
    ("plain", "equivalent"),
    [
        (
            "bilirubin at least 2x, compared with the value before the stent, within 14 days after it",
            "BILI at least 2 x before within 14 days after biliary_stent",
        ),
        (
            "bilirubin at least 2x the pre-stent value within 14 days after the stent",
            "BILI at least 2 x before within 14 days after biliary_stent",
        ),
        (
            "bilirubin above 2 x ULN within 28 days after ALT above 3 x ULN",
            "ALT above 3 x ULN and BILI above 2 x ULN within 28 days after it",
        ),
    ],
)
def test_plain_wordings_find_the_same_people_on_the_same_days(analysis: Analysis, plain: str, equivalent: str) -> None:
    asked, known = run(parse(f"find {plain}"), analysis), run(parse(f"find {equivalent}"), analysis)
    assert len(known.rows) and asked.definition.digest == known.definition.digest
    pd.testing.assert_frame_equal(asked.rows, known.rows)
    assert [s.patients for s in asked.steps] == [s.patients for s in known.steps]
    if "at_2" in known.rows:
        days = known.rows["at_2"].dt.normalize() - known.rows["at_1"].dt.normalize()
        assert days.dt.days.between(0, 28).all() and days.dt.days.max() > 0


def test_3_hys_law_candidates_under_both_sets_of_limits_and_who_moves(analysis: Analysis) -> None:
    frame = peaks(analysis.case)
    one, other = CUTS["edish"], CUTS["parks_metastases"]
    moved = moves(frame, one, other)
    assert moved["edish"].sum() == counts(frame, one.at, one.bili)["both"]
    assert moved["parks_metastases"].sum() == counts(frame, other.at, other.bili)["both"]
    assert moved["edish"].all(), "whoever is above the wider limits is above the narrower ones"
    assert planted("drug injury with jaundice") <= set(moved.loc[moved["parks_metastases"], "patient_id"])
    rule = "find ALT or AST at least 3 x ULN while ALP at most 2 x ULN and BILI above 2 x ULN within 28 days after it"
    lab_part = set(run(parse(rule), analysis).patient_ids)
    assert planted("drug injury with jaundice") <= lab_part
    assert not lab_part & planted(
        "stent, recovery", "stent, recovery, re-occlusion", "immune-related hepatitis", "quiet"
    )


def test_4_median_and_quartiles_of_alt_since_first_dose_by_regimen(analysis: Analysis) -> None:
    case = analysis.case
    spans = around([14, 28, 56, 84])
    table = banded(align(case, "ALT", Anchor("first dose"), "x_baseline"), groups_of(case, "regimen"), spans)
    points = analysis.points[analysis.points["analyte"] == "ALT"]
    first = analysis.panel.events[analysis.panel.events["kind"] == "systemic"]
    start = first.groupby("patient_id")["start_date"].min()
    folfox = set(first[(first["line"] == 1) & (first["detail"].str.startswith("FOLFOX", na=False))]["patient_id"])
    folfox -= set(first[first["detail"].str.startswith("FOLFOXIRI", na=False)]["patient_id"])
    day = (points["collected_at"].dt.normalize() - points["patient_id"].map(start)).dt.days
    mine = points[points["patient_id"].isin(folfox) & day.between(11, 17) & points["x_baseline"].notna()]
    each = mine.groupby("patient_id")["x_baseline"].median()
    row = table[(table["group"] == "FOLFOX") & (table["low"] == 11)].iloc[0]
    assert row["n"] == len(each)
    assert [row["q25"], row["q50"], row["q75"]] == pytest.approx(np.quantile(each, [0.25, 0.5, 0.75]))


def test_5_a_kept_question_on_new_data(tmp_path: Path) -> None:
    """Last month's file has one patient fewer and one value that was corrected since."""
    store = open_store(str(tmp_path / "new"))
    store.publish([read(SAMPLE / f"{n}.csv") for n in ("patients", "events", "labs")], by="test")
    kept, late, changed = last_month(tmp_path, store)
    found = diff(kept.to_json(), run(parse(ASKED), store.analysis()))
    assert found.entered == [late] and found.left == []
    assert [(c.patient_id, c.analyte) for c in found.changed] == [(changed, "ALT")]
    assert found.changed[0].was == pytest.approx(2 * found.changed[0].now)


def test_6_no_liver_panel_in_21_days_while_on_treatment(analysis: Analysis) -> None:
    listed = overdue(analysis.case)
    assert planted("overdue on treatment") <= set(listed["patient_id"])
    assert (listed["days"] > 21).all()
    findings = analysis.findings
    by_rule = findings[(findings["rule"] == "overdue_panel") & (findings["state"] != "resolved")]["patient_id"]
    assert set(by_rule) == set(listed["patient_id"])


def test_7_whose_limit_of_alp_changed_and_whether_the_own_one_was_used(analysis: Analysis) -> None:
    changed = limit_changes(analysis.case, ("ALP",))
    assert set(changed["patient_id"]) == planted("upper limit change", "laboratory change")
    points = analysis.points.set_index(["patient_id", "analyte", "collected_at"])
    for row in changed.itertuples():
        point = points.loc[(row.patient_id, "ALP", row.at)]
        assert point["x_uln"] == pytest.approx(point["value"] / row.uln_after)


@pytest.mark.parametrize(("version", "column"), [("5.0", "grade_v5"), ("6.0", "grade_v6")])
def test_8_shift_of_grades_and_the_patients_behind_a_cell(analysis: Analysis, version: str, column: str) -> None:
    rows = shift_rows(analysis.case, "ALT", version)
    table = shift_table(rows)
    assert table.to_numpy().sum() == 63
    stable = planted("abnormal and stable")
    points = analysis.points[analysis.points["analyte"] == "ALT"]
    for patient in stable:
        worst = points[(points["patient_id"] == patient) & (points["line"] > 0)][column].max()
        assert rows.set_index("patient_id").loc[patient, "worst"] == worst
    cell = rows.iloc[0]
    assert cell["patient_id"] in behind(rows, cell["baseline"], cell["worst"])
    assert len(behind(rows, cell["baseline"], cell["worst"])) == table.loc[cell["baseline"], cell["worst"]]
