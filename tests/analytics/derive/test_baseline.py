"""The baseline of a line: the last results before it, never one after it."""

import numpy as np
import pytest

from analytics.analysis import analyse
from analytics.analytes import INDEX
from analytics.case import Case
from analytics.derive.baseline import baseline_facts
from analytics.panel import Panel
from analytics.settings import Settings
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
            ("2024-02-25", "ALT", 32),
            ("2024-02-27", "ALT", 40),
            ("2024-02-28", "ALT", 50),
            ("2024-03-10", "ALT", 120),
        ],
        [("2024-03-01", "systemic", "FOLFOX")],
    )
    row = at(panel, "ALT", "2024-03-10")
    assert row["baseline"] == pytest.approx(40.0)  # cube root of 32 x 40 x 50
    assert row["baseline_n"] == 3
    assert row["x_baseline"] == pytest.approx(3.0)
    assert row["line"] == 1


@pytest.mark.parametrize(("when", "n"), [("2024-02-02", 1), ("2024-02-01", 1), ("2023-09-03", 1), ("2023-09-02", None)])
def test_only_180_days_before_the_line_count(when, n):
    panel = panel_of([(when, "ALT", 40), ("2024-03-10", "ALT", 120)], [("2024-03-01", "systemic", "FOLFOX")])
    row = at(panel, "ALT", "2024-03-10")
    assert (row["baseline_n"] == n) if n else (np.isnan(row["baseline"]) and row["baseline_n"] is not n)


def test_older_results_count_only_where_the_28_days_before_the_line_have_none():
    events = [("2024-03-01", "systemic", "FOLFOX")]
    old = [("2023-12-10", "ALT", 30), ("2024-01-10", "ALT", 36), ("2024-03-10", "ALT", 120)]
    assert at(panel_of(old, events), "ALT", "2024-03-10")["baseline"] == pytest.approx(np.sqrt(30 * 36))
    newer = [*old, ("2024-02-20", "ALT", 40)]
    row = at(panel_of(newer, events), "ALT", "2024-03-10")
    assert (row["baseline"], row["baseline_n"]) == (40.0, 1)


OBSTRUCTED = [("2024-02-10", "BILI", 7.9), ("2024-02-10", "ALP", 500)]


@pytest.mark.parametrize(
    ("labs", "events", "analyte", "expected"),
    [
        # inside an obstruction: none
        (OBSTRUCTED, [("2024-03-01", "systemic", "FOLFOX")], "BILI", None),
        # a result of the evening of a procedure's day is after it
        (
            [("2024-06-01", "ALT", 29), ("2024-06-14 21:00", "ALT", 120)],
            [("2024-06-14", "hepatectomy")],
            "ALT",
            29,
        ),
        ([("2024-06-01", "ALT", 29), ("2024-06-14 07:00", "ALT", 31)], [("2024-06-14", "hepatectomy")], "ALT", 30),
        ([("2024-06-01", "ALT", 29), ("2024-06-14", "ALT", 31)], [("2024-06-14", "hepatectomy")], "ALT", 29),
        # a low count after a dose
        (
            [("2024-05-01", "PLAT", 230), ("2024-05-12", "PLAT", 40)],
            [("2024-05-02", "systemic", "FOLFOX", "2024-05-02"), ("2024-05-15", "systemic", "FOLFIRI")],
            "PLAT",
            230,
        ),
        (
            [("2024-05-01", "ALT", 30), ("2024-05-05", "ALT", 32), ("2024-05-12", "ALT", 35)],
            [("2024-05-15", "systemic", "FOLFIRI")],
            "ALT",
            32.3,
        ),
        # INR under an anticoagulant
        (
            [("2024-05-12", "INR", 2.5)],
            [("2024-01-01", "other", "Warfarin 5 mg", "2025-01-01"), ("2024-05-15", "systemic", "FOLFIRI")],
            "INR",
            None,
        ),
        # inside the time after an ablation
        (
            [("2024-05-01", "ALT", 30), ("2024-05-08", "ALT", 50)],
            [("2024-05-04", "ablation", "RFA"), ("2024-05-15", "systemic", "FOLFIRI")],
            "ALT",
            None,
        ),
        # around a value far above the ones before it
        (
            [
                ("2024-03-01", "ALT", 30),
                ("2024-04-25", "ALT", 33),
                ("2024-05-05", "ALT", 200),
                ("2024-05-13", "ALT", 80),
            ],
            [("2024-05-15", "systemic", "FOLFIRI")],
            "ALT",
            30,
        ),
    ],
)
def test_only_steady_results_make_a_baseline(labs, events, analyte, expected):
    panel = panel_of([*labs, ("2024-07-20", analyte, 1.0)], events)
    found = at(panel, analyte, "2024-07-20")["baseline"]
    assert np.isnan(found) if expected is None else found == pytest.approx(expected, abs=0.05)


def test_a_rise_after_the_start_takes_nothing_from_the_baseline():
    labs = [("2024-05-01", "ALT", 30), ("2024-05-12", "ALT", 33), ("2024-05-18", "ALT", 400)]
    panel = panel_of(labs, [("2024-05-15", "systemic", "FOLFIRI")])
    assert at(panel, "ALT", "2024-05-18")["baseline"] == pytest.approx(np.sqrt(30 * 33))


def test_what_a_baseline_rests_on_is_said():
    labs = [("2024-05-01", "ALT", 30), ("2024-05-05", "ALT", 32), ("2024-05-12", "ALT", 35), ("2024-05-12", "INR", 2.5)]
    events = [("2024-05-15", "systemic", "FOLFIRI"), ("2024-01-01", "other", "apixaban", "2025-01-01")]
    facts = baseline_facts(Case(panel_of(labs, events), Settings())).set_index("analyte")
    alt, inr = facts.loc[INDEX["ALT"]], facts.loc[INDEX["INR"]]
    assert (alt["n"], alt["window"], alt["why"], alt["last"] - alt["first"]) == (3, 28, "", 11)
    assert (inr["n"], inr["why"]) == (0, "not established: the last one is on an anticoagulant")


@pytest.mark.filterwarnings("error")
def test_a_zero_speaks_for_no_baseline_and_is_said():
    line = [("2024-05-15", "systemic", "FOLFIRI")]
    some = [("2024-05-01", "AFP", 4.0), ("2024-05-05", "AFP", 0.0), ("2024-05-12", "AFP", 9.0)]
    later = ("2024-06-12", "AFP", 12.0)
    row = at(panel_of([*some, later], line), "AFP", "2024-06-12")
    assert (row["baseline"], row["baseline_n"], row["x_baseline"]) == (pytest.approx(6.0), 2, pytest.approx(2.0))
    alone = panel_of([("2024-05-05", "AFP", 0.0), later], line)
    assert np.isnan(at(alone, "AFP", "2024-06-12")["baseline"])
    said = baseline_facts(Case(alone, Settings())).set_index("analyte").loc[INDEX["AFP"], "why"]
    assert said == "not established: the last one is zero, of which nothing is a multiple"


def test_an_admission_of_a_person_without_treatment_is_no_baseline():
    days = [("2024-05-01", 300), ("2024-05-02", 280), ("2024-05-03", 250), ("2024-05-04", 200), ("2024-05-20", 60)]
    panel = panel_of([(when, "ALT", value) for when, value in days])
    assert np.isnan(at(panel, "ALT", "2024-05-20")["baseline"])


def test_a_steady_jaundice_is_a_baseline_in_the_end():
    months = [(f"2024-0{m}-01", "BILI", 3.0) for m in range(1, 6)] + [
        (f"2024-0{m}-01", "ALP", 300) for m in range(1, 6)
    ]
    panel = panel_of([*months, ("2024-06-01", "BILI", 3.1)], [("2024-05-15", "systemic", "FOLFIRI")])
    assert at(panel, "BILI", "2024-06-01")["baseline"] == pytest.approx(3.0)


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
