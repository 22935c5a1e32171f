"""Small patients for the tests of figures, each awkward in one way."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from analytics.panel import Panel
from tests.builders import panel_of

START = pd.Timestamp("2024-01-08")


def _days(first: int, last: int, step: int) -> list[pd.Timestamp]:
    return [START + pd.Timedelta(days=d) for d in range(first, last, step)]


def stented() -> Panel:
    """Chemotherapy, obstruction, stent, recovery: with imaging and a censored result."""
    bilirubin = [0.6, 0.7, 0.6, 2.4, 7.2, 9.6, 5.1, 2.2, 1.4, 0.9, 0.8, 0.8]
    visits = _days(0, 168, 14)
    labs = [(day, "BILI", v) for day, v in zip(visits, bilirubin, strict=True)]
    labs += [(day, "ALT", round(v * 30, 1)) for day, v in zip(visits, bilirubin, strict=True)]
    labs += [(day, "CEA", 40 - 3 * i) for i, day in enumerate(visits[:10])]
    labs += [(visits[10], "CEA", 5, "<"), (visits[0], "ALB", 4.1), (visits[11], "ALB", 3.2)]
    events = [
        ("2024-01-10", "systemic", "FOLFOX", "2024-03-20", 1),
        ("2024-05-06", "systemic", "FOLFIRI", None, 2),
        ("2024-03-19", "biliary_stent", "plastic stent"),
        ("2024-03-15", "symptom", "jaundice", "2024-03-30"),
    ]
    imaging = [("2024-01-05", "CT", "NE", 64), ("2024-03-16", "CT", "PD", 81, True), ("2024-05-30", "MRI", "PR", 50)]
    return panel_of(labs, events, imaging, sex="F", primary_site="colorectal", age=61)


def one_result() -> Panel:
    """A single result and nothing else."""
    return panel_of([(START, "ALT", 52)])


def many_results() -> Panel:
    """Four hundred results of one test, two a day."""
    return panel_of([(START + pd.Timedelta(hours=12 * i), "ALT", 30 + i % 17) for i in range(400)])


def no_events() -> Panel:
    """Results without any treatment or imaging."""
    return panel_of([(day, "ALT", 40 + i) for i, day in enumerate(_days(0, 90, 15))])


def all_censored() -> Panel:
    """Every result below the limit of detection."""
    return panel_of([(day, "CEA", 0.5, "<") for day in _days(0, 90, 15)])


def only_cea() -> Panel:
    """A tumour marker and no liver test."""
    return panel_of([(day, "CEA", 4 + i) for i, day in enumerate(_days(0, 90, 15))])


def future_event() -> Panel:
    """A procedure dated after the data cut-off."""
    labs = [(day, "ALT", 40 + i) for i, day in enumerate(_days(0, 60, 15))]
    return panel_of(labs, [("2024-06-01", "ablation", "planned ablation")], as_of="2024-03-01")


def no_limit() -> Panel:
    """Results that came without an upper limit."""
    panel = panel_of([(day, "ALT", 40 + i) for i, day in enumerate(_days(0, 60, 15))])
    return Panel.of(panel.labs.assign(uln=float("nan"), lln=float("nan")), patients=panel.patients)


def study_days() -> Panel:
    """A source that knows study days only."""
    days = [pd.Timestamp("2000-01-01") + pd.Timedelta(days=d) for d in (0, 192, 400)]
    return panel_of([(day, "BILI", 1.0 + i) for i, day in enumerate(days)], clock="study_day")


def only_events() -> Panel:
    """Events and imaging, but not one result."""
    panel = panel_of([(START, "ALT", 52)], [("2024-01-10", "systemic", "FOLFOX")], [("2024-01-05", "CT", "SD")])
    return Panel.of(panel.labs.iloc[:0], panel.events, panel.imaging, panel.patients)


AWKWARD: tuple[Callable[[], Panel], ...] = (
    one_result,
    many_results,
    no_events,
    all_censored,
    only_cea,
    future_event,
    no_limit,
    study_days,
)
