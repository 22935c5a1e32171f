"""The baseline of a line: the last results before it, never one after it."""

import numpy as np
import pytest

from analytics.analysis import analyse
from analytics.panel import Panel
from analytics.tables import LABS
from tests.builders import panel_of, together


def at(panel, analyte, when):
    points = analyse(panel).points
    row = points[(points["analyte"] == analyte) & (points["collected_at"] == when)].iloc[0]
    return row


def test_baseline_is_the_geometric_mean_of_the_last_three_results_before_the_line():
    panel = panel_of(
        [
            ("2024-02-20", "ALT", 900),
            ("2024-02-25", "ALT", 20),
            ("2024-02-27", "ALT", 40),
            ("2024-02-28", "ALT", 80),
            ("2024-03-10", "ALT", 120),
        ],
        [("2024-03-01", "systemic", "FOLFOX")],
    )
    row = at(panel, "ALT", "2024-03-10")
    assert row["baseline"] == pytest.approx(40.0)  # cube root of 20 x 40 x 80
    assert row["baseline_n"] == 3
    assert row["x_baseline"] == pytest.approx(3.0)
    assert row["line"] == 1


@pytest.mark.parametrize(("when", "n"), [("2024-02-02", 1), ("2024-02-01", None)])
def test_only_28_days_before_the_line_count(when, n):
    panel = panel_of([(when, "ALT", 40), ("2024-03-10", "ALT", 120)], [("2024-03-01", "systemic", "FOLFOX")])
    row = at(panel, "ALT", "2024-03-10")
    assert (row["baseline_n"] == n) if n else (np.isnan(row["baseline"]) and row["baseline_n"] is not n)


def test_a_result_of_the_first_day_of_a_line_is_baseline_and_one_after_it_never_is():
    panel = panel_of(
        [("2024-03-01 07:30", "ALT", 50), ("2024-03-02", "ALT", 500), ("2024-03-10", "ALT", 100)],
        [("2024-03-01", "systemic", "FOLFOX")],
    )
    row = at(panel, "ALT", "2024-03-10")
    assert (row["baseline"], row["baseline_n"]) == (50.0, 1)


def test_each_line_has_its_own_baseline():
    panel = panel_of(
        [("2024-02-28", "ALT", 40), ("2024-03-20", "ALT", 80), ("2024-05-28", "ALT", 60), ("2024-06-20", "ALT", 120)],
        [("2024-03-01", "systemic", "FOLFOX", "2024-05-20"), ("2024-06-01", "systemic", "FOLFIRI")],
    )
    assert at(panel, "ALT", "2024-03-20")["baseline"] == 40
    assert at(panel, "ALT", "2024-06-20")["baseline"] == 60
    assert at(panel, "ALT", "2024-06-20")["line"] == 2
    assert at(panel, "ALT", "2024-05-28")["line"] == 1


def test_results_before_a_stent_do_not_speak_for_the_line_after_it():
    panel = panel_of(
        [("2024-02-10", "BILI", 12.0), ("2024-02-25", "BILI", 2.0), ("2024-03-10", "BILI", 4.0)],
        [("2024-02-15", "biliary_stent"), ("2024-03-01", "systemic", "FOLFOX")],
    )
    assert at(panel, "BILI", "2024-03-10")["baseline"] == 2.0


def test_without_systemic_therapy_the_first_procedure_is_the_start_and_its_day_is_after():
    panel = panel_of(
        [("2024-02-28", "ALT", 30), ("2024-03-01", "ALT", 600), ("2024-03-05", "ALT", 90)],
        [("2024-03-01", "hepatectomy")],
    )
    assert at(panel, "ALT", "2024-03-05")["baseline"] == 30
    assert at(panel, "ALT", "2024-03-01")["baseline"] == 30


def test_without_any_treatment_the_first_result_is_the_baseline():
    panel = panel_of([("2024-01-01", "BILI", 1.0), ("2025-01-01", "BILI", 3.0)])
    row = at(panel, "BILI", "2025-01-01")
    assert (row["baseline"], row["baseline_n"], row["line"]) == (1.0, 1, 0)


def test_patients_do_not_mix():
    one = panel_of([("2024-02-28", "ALT", 40), ("2024-03-10", "ALT", 80)], [("2024-03-01", "systemic", "A")])
    two = panel_of([("2024-02-28", "ALT", 10), ("2024-03-10", "ALT", 80)], [("2024-03-01", "systemic", "A")])
    three = panel_of([("2024-03-10", "ALT", 80)], [("2024-03-01", "systemic", "A")])
    points = analyse(together(one, two, three)).points
    after = points[points["collected_at"] == "2024-03-10"]
    assert after["baseline"].tolist()[:2] == [40, 10]
    assert np.isnan(after["baseline"].tolist()[2])


def test_grades_stand_side_by_side():
    # baseline 100 with ULN 40, now 450: version 5 counts 4.5 x baseline as grade 2, version 6 as grade 4
    panel = panel_of(
        [("2024-02-28", "ALT", 100), ("2024-03-10", "ALT", 450), ("2024-03-20", "ALT", 100)],
        [("2024-03-01", "systemic", "A")],
    )
    row = at(panel, "ALT", "2024-03-10")
    assert (row["grade_v5"], row["grade_v6"]) == (2, 4)
    row = at(panel, "ALT", "2024-03-20")
    assert (row["grade_v5"], row["grade_v6"]) == (0, 1)


def test_an_empty_panel_has_no_points():
    assert len(analyse(Panel.of(LABS.empty())).points) == 0
