"""The reading: facts for and against, never a verdict without facts."""

import json

import pandas as pd

from analytics.analysis import analyse
from tests.builders import panel_of

D = "2024-03-01"


def day(n):
    return str(pd.Timestamp(D).date() + pd.Timedelta(days=n))


def panel_at(n, **values):
    return [(day(n), code, value) for code, value in values.items()]


NORMAL = {"ALT": 30, "AST": 28, "ALP": 80, "GGT": 40, "BILI": 0.6}
HIGH_ALT = {"ALT": 300, "AST": 200, "ALP": 90, "GGT": 45, "BILI": 0.7}
BLOCKED = {"ALT": 90, "AST": 80, "ALP": 400, "GGT": 600, "BILI": 6.0}


def readings(labs, events=(), imaging=()):
    frame = analyse(panel_of(labs, events, imaging)).readings
    return {r.reading: r for r in frame.itertuples()}, frame[frame["fits"]]["reading"].tolist()


def test_a_hepatocellular_rise_under_a_drug_is_read_as_injury():
    own, fits = readings(
        [*panel_at(-5, **NORMAL), *panel_at(20, **HIGH_ALT), *panel_at(50, **NORMAL)], [(D, "systemic", "imatinib")]
    )
    assert fits == ["injury"]
    assert json.loads(own["injury"].facts_for)[0] == "imatinib given, started 2024-03-01, within 28 days of the onset"
    assert "bilirubin at most 0.6 × ULN" in json.loads(own["obstruction"].facts_against)
    assert json.loads(own["procedure"].facts_against) == ["no procedure or radiation in its window before the onset"]


def test_a_cholestatic_rise_with_dilated_ducts_is_read_as_obstruction():
    panel = panel_of(
        [*panel_at(-5, **NORMAL), *panel_at(20, **BLOCKED)], [(D, "systemic", "imatinib")], [(day(21), "US", None)]
    )
    panel.imaging["detail"] = pd.Series(["intrahepatic bile ducts dilated"], dtype="str")
    frame = analyse(panel).readings
    assert frame[frame["fits"]]["reading"].tolist() == ["obstruction"]


def test_a_rise_right_after_an_ablation_is_read_as_its_effect_even_under_a_drug():
    _, fits = readings(
        [*panel_at(-5, **NORMAL), *panel_at(21, **HIGH_ALT), *panel_at(50, **NORMAL)],
        [(D, "systemic", "imatinib"), (day(20), "ablation")],
    )
    assert fits == ["procedure"]


def test_a_rising_marker_with_progression_is_read_as_tumour():
    labs = [*panel_at(-5, **NORMAL), *[(day(14 * i), "CEA", v) for i, v in enumerate((20, 20, 20, 60, 70, 90))]]
    own, fits = readings(labs, (), [(day(60), "CT", "PD")])
    assert fits == ["tumour"]
    assert "progression reported on imaging of 2024-04-30" in json.loads(own["tumour"].facts_for)


def test_without_facts_the_episode_is_unclear():
    # a rise without drug, procedure, obstruction or marker
    own, fits = readings([*panel_at(0, **NORMAL), *panel_at(30, **{**NORMAL, "ALT": 90, "AST": 85})])
    assert fits == ["unclear"]
    assert (own["unclear"].n_for, own["unclear"].n_against) == (0, 0)


def test_two_readings_that_tie_are_unclear():
    labs = [*panel_at(-5, **NORMAL), *panel_at(20, **HIGH_ALT), *panel_at(50, **NORMAL)]
    events = [(D, "systemic", "imatinib"), (day(-20), "radioembolisation")]
    own, fits = readings(labs, events)
    assert fits == ["unclear"]
    assert own["injury"].n_for and own["procedure"].n_for


def test_sentences_on_a_clock_of_minutes_tell_the_minute_of_the_result():
    origin = pd.Timestamp("2000-01-01")
    rows = [
        (origin + pd.Timedelta(minutes=m), c, v)
        for m, c, v in ((-90, "ALT", 30), (700, "ALT", 400), (700, "BILI", 0.6))
    ]
    analysis = analyse(panel_of(rows, clock="minutes"))
    says = analysis.findings[analysis.findings["rule"] == "ctcae_grade"]["says"].iloc[0]
    assert "on minute 700" in says
    near = analysis.near[analysis.near["rule"] == "hys_law"]["says"].iloc[0]
    assert near.startswith("minute 700:")
