"""Panel and Case: order, codes and clocks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import PARTS, analyse
from analytics.arrays import days_of
from analytics.case import Case
from analytics.derive.events import events_of
from analytics.derive.lines import index_days_of, lines_of
from analytics.derive.points import points_of
from analytics.errors import TableError, UnknownPatient
from analytics.panel import Panel, show_time
from analytics.settings import Settings
from analytics.tables import RELATIVE_ORIGIN, TABLES
from tests.builders import labs_of, panel_of, together

ALT = [("2024-03-01", "ALT", 120), ("2024-01-01", "ALT", 40), ("2024-02-01", "BILI", 1.0)]


def test_results_are_sorted_by_patient_analyte_and_time_whatever_the_order_given():
    panel = together(panel_of(ALT), panel_of(ALT))
    assert list(panel.labs["patient_id"]) == ["P1"] * 3 + ["P2"] * 3
    assert list(panel.labs["value"][:3]) == [40, 120, 1.0]


def test_a_patient_that_only_a_result_names_is_added_with_nothing_known():
    panel = Panel.of(labs_of(ALT, "X9"))
    assert list(panel.patients["patient_id"]) == ["X9"]
    assert panel.patients["age"].isna().all()


def test_choosing_patients_keeps_the_data_cut_off():
    both = together(panel_of(ALT), panel_of([("2025-01-01", "ALT", 30)]))
    assert both.select(["P1"]).as_of == pd.Timestamp("2025-01-01")
    assert len(both.select(["P1"])) == 1


def test_a_patient_that_is_not_there_is_unknown():
    with pytest.raises(UnknownPatient):
        panel_of(ALT).select(["nobody"])
    with pytest.raises(UnknownPatient):
        panel_of(ALT).clock_of("nobody")


def test_an_analyte_outside_the_table_is_refused():
    frame = labs_of(ALT).assign(analyte="UNOBTAINIUM")
    with pytest.raises(TableError, match="UNOBTAINIUM"):
        Panel.of(frame)


@pytest.mark.parametrize(
    ("clock", "days", "shown"),
    [("study_day", 192, "day 192"), ("study_day", -7, "day -7"), ("study_day", 0, "day 0")],
)
def test_a_study_day_never_looks_like_a_date(clock, days, shown):
    assert show_time(RELATIVE_ORIGIN + pd.Timedelta(days=days), clock) == shown


def test_minutes_before_admission_are_negative():
    assert show_time(RELATIVE_ORIGIN - pd.Timedelta(minutes=35), "minutes") == "minute -35"


def test_a_partial_date_shows_no_more_than_is_known():
    when = pd.Timestamp("2024-03-01")
    assert [show_time(when, "date", p) for p in ("year", "month", "day")] == ["2024", "2024-03", "2024-03-01"]
    assert show_time(pd.NaT) == "–"


def test_multiples_use_the_limit_of_their_own_row_and_are_missing_without_one():
    labs = labs_of(ALT).assign(uln=[60.0, 40.0, float("nan")])
    case = Case(Panel.of(labs), Settings())
    np.testing.assert_allclose(points_of(case).x_uln, [1.0, 2.0, np.nan])


def test_a_limit_of_zero_is_no_limit():
    assert np.isnan(points_of(Case(Panel.of(labs_of(ALT).assign(uln=0.0)), Settings())).x_uln).all()


def test_day_zero_is_the_first_treatment_and_else_the_first_result():
    treated = Case(panel_of(ALT, [("2024-02-15", "systemic", "FOLFOX")]), Settings())
    assert index_days_of(treated)[0] == days_of(pd.Series([pd.Timestamp("2024-02-15")]))[0]
    assert index_days_of(Case(panel_of(ALT), Settings()))[0] == days_of(pd.Series([pd.Timestamp("2024-01-01")]))[0]


def test_symptoms_do_not_start_the_clock():
    case = Case(panel_of(ALT, [("2023-12-01", "symptom", "fever"), ("2024-02-15", "ablation")]), Settings())
    assert index_days_of(case)[0] == days_of(pd.Series([pd.Timestamp("2024-02-15")]))[0]


def test_a_stent_stays_in_until_its_end_and_an_ablation_is_one_moment():
    case = Case(panel_of(ALT, [("2024-02-01", "biliary_stent"), ("2024-02-02", "ablation")]), Settings())
    assert np.isinf(events_of(case).end[0]) and events_of(case).end[1] == events_of(case).start[1]


def test_lines_follow_the_sources_numbers_and_else_new_agents():
    given = panel_of(
        ALT, [("2024-01-05", "systemic", "FOLFOX", None, 2), ("2024-06-01", "systemic", "FOLFIRI", None, 3)]
    )
    assert list(lines_of(Case(given, Settings()))["line"]) == [2, 3]
    guessed = panel_of(
        ALT,
        [
            ("2024-01-05", "systemic", "FOLFOX"),
            ("2024-01-06", "systemic", "bevacizumab"),
            ("2024-02-05", "systemic", "FOLFOX"),
            ("2024-06-01", "systemic", "FOLFIRI"),
        ],
    )
    lines = lines_of(Case(guessed, Settings()))
    assert list(lines["line"]) == [1, 2]
    assert lines["start"].iloc[1] == days_of(pd.Series([pd.Timestamp("2024-06-01")]))[0]


def test_several_analytes_are_given_in_time_order_within_a_patient():
    points = points_of(Case(together(panel_of(ALT), panel_of(ALT)), Settings()))
    at = points.of("ALT", "BILI")
    assert list(points.value[at]) == [40, 1.0, 120] * 2


def test_every_part_of_an_analysis_is_its_canonical_table_even_of_nobody():
    nobody = Panel.of(TABLES["labs"].empty())
    for name, frame in analyse(nobody).tables().items():
        assert name in PARTS
        TABLES[name].check(frame)
        assert frame.empty


def test_an_analysis_read_back_is_not_computed_again():
    analysis = analyse(panel_of(ALT))
    again = type(analysis)(analysis.panel, analysis.settings, {"series": analysis.series})
    assert again.series is analysis.series
