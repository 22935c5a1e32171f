"""Where a series is broken."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.derive.segments import BEGAN, segment_numbers_of, segments_of
from tests.builders import labs_of, panel_of, together

DAY0 = pd.Timestamp("2024-01-01")


def _rows(analyte="ALT", days=(0, 10, 20, 30, 40)):
    return [(DAY0 + pd.Timedelta(days=d), analyte, 40.0 + d) for d in days]


def _segments(panel):
    return list(segment_numbers_of(analyse(panel).case))


def _began(panel):
    segments = segments_of(analyse(panel).case)
    return [BEGAN[code] for code in segments.began_with]


def _on(day, kind, name=None):
    return (DAY0 + pd.Timedelta(days=day), kind, name)


def test_without_events_there_is_one_segment():
    panel = panel_of(_rows())
    assert _segments(panel) == [0] * 5
    assert _began(panel) == [""]


@pytest.mark.parametrize(
    "kind", ["hepatectomy", "ablation", "embolisation", "radioembolisation", "biliary_stent", "drainage", "transplant"]
)
def test_a_procedure_breaks_every_analyte(kind):
    panel = panel_of(_rows() + _rows("ALB"), [_on(15, kind)])
    assert _segments(panel) == [0, 0, 1, 1, 1] * 2
    assert _began(panel) == ["", kind] * 2


@pytest.mark.parametrize("kind", ["radiation", "symptom", "adverse_event", "other"])
def test_other_events_do_not_break(kind):
    assert _segments(panel_of(_rows(), [_on(15, kind)])) == [0] * 5


def test_a_result_of_the_day_of_the_event_is_before_it():
    assert _segments(panel_of(_rows(), [_on(20, "ablation")])) == [0, 0, 0, 1, 1]
    assert _segments(panel_of(_rows(), [_on(19, "ablation")])) == [0, 0, 1, 1, 1]


def test_an_event_with_a_time_of_day_divides_its_day():
    rows = [(DAY0 + pd.Timedelta(hours=8), "ALT", 40.0), (DAY0 + pd.Timedelta(hours=18), "ALT", 90.0)]
    panel = panel_of(rows, [(DAY0 + pd.Timedelta(hours=12), "ablation")])
    assert _segments(panel) == [0, 1]


def test_a_new_line_breaks_and_a_further_cycle_does_not():
    events = [_on(5, "systemic", "FOLFOX"), _on(19, "systemic", "FOLFOX"), _on(35, "systemic", "FOLFIRI")]
    panel = panel_of(_rows(), events)
    assert _segments(panel) == [0, 1, 1, 1, 2]
    assert _began(panel) == ["", "systemic", "systemic"]


def test_two_events_between_two_results_make_one_break_named_by_the_later():
    panel = panel_of(_rows(), [_on(12, "ablation"), _on(16, "biliary_stent")])
    assert _segments(panel) == [0, 0, 1, 1, 1]
    assert _began(panel) == ["", "biliary_stent"]


def test_a_series_that_starts_after_an_event_says_so():
    assert _began(panel_of(_rows(), [_on(-5, "hepatectomy")])) == ["hepatectomy"]


def _with(labs, **columns):
    from analytics.panel import Panel

    return Panel.of(labs.assign(**columns))


def test_a_change_of_laboratory_breaks_only_what_depends_on_the_method():
    labs = pd.concat([labs_of(_rows("CEA")), labs_of(_rows("ALT"))])
    panel = _with(labs, lab=["A", "A", "B", "B", "B"] * 2)
    assert _segments(panel) == [0] * 5 + [0, 0, 1, 1, 1]
    assert _began(panel) == ["", "", "lab change"]


def test_a_change_of_method_in_one_laboratory_breaks():
    assert _segments(_with(labs_of(_rows("CEA")), lab="A", method=["x", "x", "x", "y", "y"])) == [0, 0, 0, 1, 1]


def test_an_unnamed_laboratory_is_no_change():
    assert _segments(_with(labs_of(_rows("CEA")), lab=["A", None, "A", "", "A"])) == [0] * 5


def test_other_printed_limits_break_what_depends_on_the_method():
    panel = _with(labs_of(_rows("CEA")), uln=[5.0, 5.0, 3.4, 3.4, None])
    assert _segments(panel) == [0, 0, 1, 1, 1]
    assert _began(panel) == ["", "limits change"]
    assert _segments(_with(labs_of(_rows("ALT")), uln=[40.0, 40, 50, 50, 50])) == [0] * 5


def test_an_event_of_one_patient_breaks_no_other():
    panel = together(
        panel_of(_rows(), [_on(15, "ablation")]), panel_of(_rows()), panel_of(_rows(), [_on(25, "ablation")])
    )
    assert _segments(panel) == [0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    assert _began(panel) == ["", "ablation", "", "", "ablation"]


def test_no_results_have_no_segments():
    case = analyse(panel_of([(DAY0, "ALT", float("nan"))])).case
    assert len(segment_numbers_of(case)) == 0 and len(segments_of(case).starts) == 1
    assert analyse(case.panel).series.empty and analyse(case.panel).responses.empty


def test_a_gap_long_beside_the_rhythm_of_the_series_begins_another():
    dense = _rows(days=(0, 1, 2, 3, 4, 400, 401, 402))
    assert _segments(panel_of(dense)) == [0] * 5 + [1] * 3
    assert _began(panel_of(dense)) == ["", "long gap"]


@pytest.mark.parametrize("days", [(0, 365, 730, 1460), (0, 21, 42, 105, 126), (0, 400)])
def test_yearly_visits_a_holiday_and_two_results_are_no_gap(days):
    assert set(_segments(panel_of(_rows(days=days)))) == {0}


def test_an_evening_result_on_the_day_of_a_procedure_is_after_it_and_a_morning_one_before():
    rows = [(DAY0 + pd.Timedelta(days=15, hours=h), "ALT", v) for h, v in ((7, 29.0), (21, 74.5))]
    panel = panel_of(_rows(days=(0, 10)) + rows, [_on(15, "hepatectomy")])
    assert _segments(panel) == [0, 0, 0, 1]


def test_every_result_on_the_day_of_a_dose_is_before_it():
    rows = [(DAY0 + pd.Timedelta(days=15, hours=15), "ALT", 30.0), (DAY0 + pd.Timedelta(days=16), "ALT", 31.0)]
    assert _segments(panel_of(_rows(days=(0, 10)) + rows, [_on(15, "systemic", "FOLFOX")])) == [0, 0, 0, 1]
