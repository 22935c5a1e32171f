"""The numbers behind every cohort view, against plain pandas and against values worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.case import Case
from analytics.cohort.aligned import Aligned, align, around, banded, windows
from analytics.cohort.change import changes
from analytics.cohort.compare import compare_slopes
from analytics.cohort.edish import CONCERN, CUTS, counts, migration, moves, peaks, quadrants
from analytics.cohort.groups import Groups, groups_of
from analytics.cohort.monitoring_gaps import limit_changes, missing, overdue
from analytics.cohort.outcome import outcome, times_to
from analytics.cohort.patient_table import people
from analytics.cohort.query.parser import parse_question
from analytics.cohort.query.question import Anchor
from analytics.cohort.shift import behind, shift_rows, shift_table
from analytics.cohort.site_quality import board
from analytics.cohort.small_cells import suppress, suppressed
from analytics.grades import shift as counted_shift
from analytics.panel import Panel
from analytics.rules._discover import assessment_of
from analytics.settings import Settings
from analytics.synthetic import make
from tests.builders import labs_of, panel_of, together

FIRST_DOSE = Anchor("first dose")


@pytest.fixture(scope="module")
def case() -> Case:
    return Case(make(160, seed=11)[0], Settings())


def by_hand(case: Case, code: str) -> pd.DataFrame:
    """Results of one analyte with days since the first dose, by pandas."""
    labs = case.panel.labs[case.panel.labs["analyte"] == code].copy()
    start = case.panel.events.groupby("patient_id")["start_date"].min()
    labs["day"] = (labs["collected_at"].dt.normalize() - labs["patient_id"].map(start)).dt.days
    labs["x_uln"] = labs["value"] / labs["uln"]
    return labs


def test_bands_are_quantiles_over_patients_who_count_once_by_their_median(case: Case) -> None:
    spans = around([14, 28, 56, 84])
    got = banded(align(case, "ALT", FIRST_DOSE, "x_uln"), groups_of(case, "primary_site"), spans)
    labs = by_hand(case, "ALT")
    site = case.panel.patients.set_index("patient_id")["primary_site"]
    for row in got.itertuples():
        mine = labs[labs["day"].between(row.low, row.high) & (labs["patient_id"].map(site) == row.group)]
        each = mine.groupby("patient_id")["x_uln"].median()
        assert row.n == len(each)
        assert [row.q25, row.q50, row.q75] == pytest.approx(np.quantile(each, [0.25, 0.5, 0.75]))
    assert len(got) == 12


def test_rebaselining_divides_by_the_last_value_up_to_the_day_of_the_event() -> None:
    panel = panel_of(
        [("2025-03-01", "BILI", 3.0), ("2025-03-10 07:00", "BILI", 8.0), ("2025-03-17", "BILI", 4.0)],
        [("2025-03-10", "biliary_stent")],
    )
    found = align(Case(panel, Settings()), "BILI", Anchor("event", "biliary_stent"), "x_before")
    assert found.day.tolist() == [-9, 0, 7]
    assert found.value.tolist() == [3 / 8, 1.0, 0.5]


def test_the_clock_of_the_first_abnormal_value_begins_at_the_first_result_outside_its_own_limit(case: Case) -> None:
    found = align(case, "ALT", Anchor("abnormal", "BILI"), "x_uln")
    labs = case.panel.labs[case.panel.labs["analyte"] == "BILI"].sort_values("collected_at")
    first = labs[labs["value"] > labs["uln"]].groupby("patient_id")["collected_at"].first().dt.normalize()
    alt = case.panel.labs[case.panel.labs["analyte"] == "ALT"].sort_values(["patient_id", "collected_at"])
    alt = alt[alt["patient_id"].isin(first.index)]
    day = (alt["collected_at"].dt.normalize() - alt["patient_id"].map(first)).dt.days
    assert 0 < len(first) < len(case.panel)
    assert found.day.tolist() == day.tolist()


def test_low_is_the_bad_side_of_albumin_and_a_value_at_its_limit_is_not_abnormal() -> None:
    labs = [("2025-01-01", "ALB", 3.5), ("2025-01-05", "ALB", 9.9), ("2025-01-09", "ALB", 3.4)]
    labs += [("2025-01-01", "ALT", 40), ("2025-01-12", "ALT", 20)]
    case = Case(panel_of(labs), Settings())
    assert align(case, "ALT", Anchor("abnormal", "ALB"), "x_uln").day.tolist() == [-8, 3]
    assert len(align(case, "ALB", Anchor("abnormal", "ALT"), "x_uln").day) == 0


def test_who_lacks_the_event_is_not_on_its_clock(case: Case) -> None:
    found = align(case, "BILI", Anchor("event", "biliary_stent"), "x_uln")
    assert len(np.unique(found.patient)) == 40
    assert banded(found, groups_of(case, "none"), windows(-28, 56, 7))["n"].max() <= 40


def test_bands_of_nobody_are_an_empty_table(case: Case) -> None:
    nobody = np.zeros(len(case.panel), dtype=bool)
    got = banded(align(case, "ALT", FIRST_DOSE, members=nobody), groups_of(case, "site"), windows(0, 28, 7))
    assert got.empty and "q50" in got


def test_peaks_are_independent_maxima_after_the_first_dose(case: Case) -> None:
    got = peaks(case).set_index("patient_id")
    alt = by_hand(case, "ALT").query("day > 0").groupby("patient_id")["x_uln"].max()
    bili = by_hand(case, "BILI").query("day > 0").groupby("patient_id")["x_uln"].max()
    assert got["at"].to_dict() == pytest.approx(alt.to_dict())
    assert got["bili"].to_dict() == pytest.approx(bili.to_dict())


@pytest.mark.parametrize(
    ("at", "bili", "where"),
    [(5, 3, 3), (3, 2, 0), (3, 1, 0), (2, 4, 1), (2, 2.0001, 1), (3.0001, 2, 2), (3.3 / 1.1, 1, 0)],
)
def test_a_peak_exactly_at_a_limit_is_not_above_it(at: float, bili: float, where: int) -> None:
    """Boundary cases of the FDA composite plot (doi 10.5281/zenodo.10892050)."""
    assert quadrants(np.array([at]), np.array([bili]), 3.0, 2.0).tolist() == [where]


def test_a_high_baseline_is_left_out_of_the_peak_and_the_peak_divides_by_it() -> None:
    panel = panel_of(
        [
            ("2025-01-01", "ALT", 120),
            ("2025-01-01", "BILI", 1.2),
            ("2025-01-11", "ALT", 200),
            ("2025-01-11", "BILI", 1.2),
        ],
        [("2025-01-02", "systemic", "x")],
    )
    case = Case(panel, Settings())
    assert peaks(case).iloc[0][["at", "bili", "at_baseline"]].tolist() == [5.0, 1.0, 3.0]
    assert peaks(case, scale="x_baseline").iloc[0]["at"] == pytest.approx(1.666667)


def test_without_a_bilirubin_after_the_first_dose_there_is_no_point() -> None:
    labs = [("2025-01-01", "ALT", 40), ("2025-01-11", "ALT", 200), ("2025-01-01", "BILI", 1.0)]
    assert peaks(Case(panel_of(labs, [("2025-01-02", "systemic", "x")]), Settings())).empty


def test_each_move_between_quadrants_is_read_as_published() -> None:
    """16 cells of Tesfaldet et al., 2024: five of concern, two potential, five of benefit."""
    assert sorted(CONCERN.values()).count("concern") == 5
    assert list(CONCERN.values()).count("potential concern") == 2
    assert list(CONCERN.values()).count("no concern / benefit") == 5
    for before, peak, reading in (
        ("neither", "both", "concern"),
        ("both", "at_only", "no concern / benefit"),
        ("bili_only", "at_only", "potential concern"),
        ("bili_only", "both", "concern"),
        ("neither", "at_only", "concern"),
    ):
        assert CONCERN[before, peak] == reading


def test_migration_counts_everyone_with_both_values_once(case: Case) -> None:
    frame = peaks(case)
    table = migration(frame, CUTS["edish"])
    assert table["n"].sum() == len(frame.dropna(subset=["at_baseline", "bili_baseline"]))
    assert table["n"].tolist() == [len(p) for p in table["patient_ids"]]
    assert counts(frame, 3, 2)["both"] == sum(table.loc[table["peak"] == "both", "n"]) + int(
        (frame[["at_baseline", "bili_baseline"]].isna().any(axis=1) & (frame["at"] > 3) & (frame["bili"] > 2)).sum()
    )


def test_who_is_listed_under_the_standard_but_not_under_the_oncology_limits() -> None:
    def patient(alt: float, bili: float) -> Panel:
        return panel_of([("2025-01-11", "ALT", alt * 40), ("2025-01-11", "BILI", bili * 1.2)])

    case = Case(together(patient(4, 2.5), patient(7, 4), patient(1, 1)), Settings())
    listed = moves(peaks(case), CUTS["edish"], CUTS["parks_metastases"]).set_index("patient_id")["listed"]
    assert listed.to_dict() == {"P1": "only eDISH", "P2": "in both lists"}


@pytest.mark.parametrize("version", ["5.0", "6.0"])
def test_the_shift_table_is_that_of_the_grades_and_every_cell_has_its_patients(case: Case, version: str) -> None:
    rows = shift_rows(case, "ALT", version)
    table = shift_table(rows)
    expected = counted_shift(case, "ALT", version)
    for baseline in expected.index:
        for worst in expected.columns:
            assert table.loc[baseline, worst] == expected.loc[baseline, worst] == len(behind(rows, baseline, worst))
    assert table.to_numpy().sum() == len(case.panel)


def test_changes_run_from_the_baseline_of_the_first_line(case: Case) -> None:
    got = changes(case, "ALP").set_index("patient_id")
    labs = by_hand(case, "ALP")
    one = labs[labs["patient_id"] == "S000003"]
    before = one[one["day"].between(-28, 0)]["value"].tail(3)
    base = np.exp(np.log(before).mean())
    assert got.loc["S000003", "baseline"] == pytest.approx(base)
    assert got.loc["S000003", "change_pct"] == pytest.approx(100 * (one.query("day > 0")["value"].max() / base - 1))
    assert changes(case, "ALP")["change_pct"].is_monotonic_decreasing
    down = changes(case, "ALP", "lowest").set_index("patient_id")
    assert down.loc["S000003", "value"] == one.query("day > 0")["value"].min()


def test_the_overdue_list_is_that_of_the_rule() -> None:
    panel = Panel.of(*_overdue_people(), as_of=pd.Timestamp("2025-06-30"))
    case = Case(panel, Settings())
    listed = overdue(case)
    assert listed[["patient_id", "days", "agents"]].to_numpy().tolist() == [["P2", 22, "capecitabine"]]
    by_rule = assessment_of(case, "overdue_panel")
    assert set(listed["patient_id"]) == {case.patient_id(p) for p in by_rule.patient[by_rule.holds]}


def _overdue_people() -> tuple[pd.DataFrame, pd.DataFrame]:
    seen = {"P1": "2025-06-09", "P2": "2025-06-08", "P3": "2025-06-08"}
    rows = {p: [(day, "ALT", 20), ("2025-06-30", "CEA", 3)] for p, day in seen.items()}
    labs = pd.concat([labs_of(r, p) for p, r in rows.items()], ignore_index=True)
    events = pd.DataFrame(
        {
            "patient_id": ["P1", "P2", "P3"],
            "kind": "systemic",
            "name": "capecitabine",
            "start_date": pd.Timestamp("2025-05-01"),
            "end_date": [pd.NaT, pd.NaT, pd.Timestamp("2025-06-01")],
        }
    )
    return labs, events


def test_changed_limits_are_listed_with_the_multiple_by_each() -> None:
    labs = labs_of([("2025-01-01", "ALP", 120), ("2025-02-01", "ALP", 120), ("2025-03-01", "ALP", 120)])
    labs["uln"] = [120.0, 120.0, 100.0]
    labs["lab"] = ["North", "North", "South"]
    found = limit_changes(Case(Panel.of(labs), Settings()))
    assert found[["analyte", "uln_before", "uln_after", "lab_before", "lab_after"]].to_numpy().tolist() == [
        ["ALP", 120.0, 100.0, "North", "South"]
    ]
    assert found[["x_uln", "x_uln_old"]].to_numpy().tolist() == [[1.2, 1.0]]


def test_missing_tests_are_counted_per_analyte() -> None:
    one = panel_of([("2025-01-01", "ALT", 20)], [("2025-02-01", "systemic", "x")])
    two = panel_of([("2025-01-01", "AST", 20)])
    table = missing(Case(together(one, two), Settings()), ("ALT", "AST")).set_index("analyte")
    assert table.loc["ALT", ["with_result", "never", "not_since_start"]].tolist() == [1, 1, 2]


def test_the_board_counts_per_site(case: Case) -> None:
    table = board(case)
    assert table["patients"].sum() == 160 and table["results"].sum() == len(case.panel.labs)
    assert (table["complete_panel_pct"] == 100).all() and (table["without_uln_pct"] == 0).all()


def test_a_slip_of_units_is_counted_as_a_jump() -> None:
    slip = panel_of([("2025-01-01", "BILI", 0.9), ("2025-01-03", "BILI", 15.4), ("2025-03-03", "BILI", 0.9)], site="A")
    assert board(Case(slip, Settings()))["jumps"].tolist() == [1]


@pytest.mark.parametrize(("day", "value", "jumps"), [(4, 7.0, 0), (4, 7.1, 1), (5, 7.1, 0)])
def test_a_jump_is_more_than_tenfold_within_three_days(day: int, value: float, jumps: int) -> None:
    slip = panel_of([("2025-01-01", "BILI", 0.7), (f"2025-01-0{day}", "BILI", value)], site="A")
    assert board(Case(slip, Settings()))["jumps"].tolist() == [jumps]  # 7.0 / 0.7 is 10.000000000000002


@pytest.mark.parametrize(("days", "median"), [((1, 3), 2.0), ((1, 3, 8), 3.5), ((1,), np.nan), ((1, 3, 8, 20), 5.0)])
def test_the_median_gap_of_a_site_is_between_days_with_a_liver_test(days: tuple[int, ...], median: float) -> None:
    panel = panel_of([(f"2025-01-{day:02}", code, 20.0) for day in days for code in ("ALT", "ALP")], site="A")
    other = panel_of([(f"2025-01-{day:02}", "INR", 1.0) for day in (2, 4)], site="A")
    case = Case(together(panel, other), Settings())
    assert board(case)["median_gap_days"].to_numpy() == pytest.approx([median], nan_ok=True)


def test_the_patients_table_has_one_row_each(case: Case) -> None:
    table = people(analyse(case.panel))
    assert table["patient_id"].tolist() == case.panel.patient_ids.tolist()
    labs = by_hand(case, "ALT")
    assert table["last_ALT"].to_numpy() == pytest.approx(labs.groupby("patient_id")["x_uln"].last().to_numpy())
    assert (table["n_results"] == 200).all()


def test_small_counts_are_hidden_and_cannot_be_worked_out() -> None:
    counted = pd.DataFrame([[30, 3, 12], [8, 9, 0], [20, 10, 11]])
    shown = suppress(counted, 5)
    assert shown.loc[0, 1] == "<5" and shown.loc[1, 2] == "0"
    for line in (shown, shown.T):
        for _, row in line.iterrows():
            assert row.isin(["<5", "–"]).sum() != 1
    assert not shown.isin(["1", "2", "3", "4"]).any().any()
    assert [suppressed(n, 5) for n in (0, 1, 4, 5)] == ["0", "<5", "<5", "5"]


@pytest.mark.external
def test_the_quadrants_of_the_pilot_trial_are_those_of_its_readme(shared_data: Path) -> None:
    """Peaks above 3 x ULN and 2 x ULN: one both, two ALT only, one bilirubin only, 250 neither."""
    raw = pd.read_csv(shared_data / "cdiscpilot" / "lb.csv", dtype=str, keep_default_na=False)
    raw = raw[raw["LBTESTCD"].isin(["ALT", "BILI", "ALP"])]
    value = pd.to_numeric(raw["LBSTRESN"], errors="coerce")
    factor = np.where(raw["LBTESTCD"] == "BILI", 17.104, 1.0)
    labs = pd.DataFrame(
        {
            "patient_id": raw["USUBJID"],
            "analyte": raw["LBTESTCD"],
            "collected_at": pd.to_datetime(raw["LBDTC"], format="ISO8601").astype("datetime64[us]"),
            "value": value / factor,
            "uln": pd.to_numeric(raw["LBSTNRHI"], errors="coerce") / factor,
        }
    )
    case = Case(Panel.of(labs), Settings())
    frame = peaks(case, after_start=False)
    assert list(counts(frame, 3, 2).values()) == [250, 1, 2, 1]
    names = frame.assign(q=quadrants(frame["at"].to_numpy(), frame["bili"].to_numpy(), 3, 2)).groupby("q")["patient_id"]
    listed = {q: sorted(ids) for q, ids in names.agg(list).items() if q}
    assert listed == {1: ["01-709-1029"], 2: ["01-705-1310", "01-708-1286"], 3: ["01-705-1186"]}


def test_time_to_a_question_is_censored_at_the_last_result_that_could_show_it() -> None:
    start = [("2025-01-01", "systemic", "x")]
    met = panel_of([("2025-01-11", "ALT", 20), ("2025-01-21", "ALT", 200)], start)
    free = panel_of([("2025-02-10", "ALT", 20), ("2025-06-01", "AST", 20)], start)
    early = panel_of([("2024-12-20", "ALT", 200), ("2025-01-31", "ALT", 20)], start)
    never_started = panel_of([("2025-01-21", "ALT", 200)])
    case = Case(together(met, free, early, never_started), Settings())
    rows = times_to(case, parse_question("ALT above 3 x ULN"), FIRST_DOSE)
    assert rows[["patient_id", "day", "happened"]].to_numpy().tolist() == [
        ["P1", 20, True],
        ["P2", 40, False],
        ["P3", 30, False],
    ]


def test_curves_by_group_with_nobody_in_one_of_them(case: Case) -> None:
    nobody = np.zeros(len(case.panel), dtype=bool)
    none = outcome(case, parse_question("ALT above 3 x ULN"), FIRST_DOSE, groups_of(case, "sex"), nobody)
    assert none.curves == {} and np.isnan(none.p)
    found = outcome(case, parse_question("ALT above 3 x ULN"), FIRST_DOSE, groups_of(case, "primary_site"))
    assert sum(c.n for c in found.curves.values()) == 160
    assert sum(int(c.events.sum()) for c in found.curves.values()) == int(found.rows["happened"].sum()) >= 40


def test_a_group_that_drifts_is_told_from_one_that_does_not() -> None:
    panel, truth = make(80, seed=5)
    drifts = (truth["journey"] == "drift upwards").to_numpy()
    quiet = (truth["journey"] == "quiet").to_numpy()
    case = Case(panel, Settings())
    groups = Groups(np.where(drifts, 1, np.where(quiet, 0, -1)), ("quiet", "drift"))
    table = compare_slopes(case, groups, FIRST_DOSE, ("ALP", "ALB"), days=300).set_index("analyte")
    assert table.loc["ALP", "holds"] and not table.loc["ALB", "holds"]
    assert table.loc["ALP", "low"] < 100 * np.expm1(7 * 0.003) < table.loc["ALP", "high"]
    assert "the slopes differ" in table.loc["ALP", "says"]
    few = Groups(np.where(np.arange(80) == 1, 1, np.where(np.arange(80) == 0, 0, -1)), ("a", "b"))
    assert "too few" in compare_slopes(case, few, FIRST_DOSE, ("ALP",))["says"].iloc[0]


def test_curves_by_groups_that_nobody_is_told_are_empty_and_no_error():
    nobody = np.zeros(0, dtype=np.int64)
    found = banded(Aligned(nobody, nobody * 1.0, nobody * 1.0, nobody), Groups(nobody, ()), windows(0, 27, 14))
    assert found.empty and {"group", "low", "n", "q50"} <= set(found.columns)
