"""A panel as it was on a day: what every test of "as of" looks at."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.panel import Panel
from tests.analytics.rules.planted import Truth, truths

EXPECTED = Path(__file__).with_name("expected_journeys.csv")
QUESTIONS = ("tumour", "injury", "function", "ducts", "follow_up")
NOON = pd.Timedelta(hours=23, minutes=59)


def until(panel: Panel, day: pd.Timestamp) -> Panel:
    """The panel with nothing later than the end of a day; an event that ended later goes on."""
    last = day.normalize() + NOON
    events = panel.events[panel.events["start_date"] <= last].copy()
    events["end_date"] = events["end_date"].where(events["end_date"] <= last)
    return Panel.of(
        panel.labs[panel.labs["collected_at"] <= last],
        events,
        panel.imaging[panel.imaging["date"] <= last],
        panel.patients,
        held=panel.held,
        as_of=min(last, panel.as_of),
    )


def shuffled(panel: Panel, seed: int = 5) -> Panel:
    """The same rows in another order."""
    rng = np.random.default_rng(seed)
    frames = [f.iloc[rng.permutation(len(f))] for f in (panel.labs, panel.events, panel.imaging, panel.patients)]
    return Panel.of(*frames, held=panel.held, as_of=panel.as_of)


@dataclass(frozen=True)
class Moment:
    """One patient at one time of its journey, with the answers that the journey's text gives."""

    truth: Truth
    time: str
    day: pd.Timestamp
    answers: dict[str, tuple[str, ...]]


def moments(as_of: pd.Timestamp) -> list[Moment]:
    """All of them: every journey of the truth file at every time of the file of expectations."""
    with EXPECTED.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = []
    for truth in truths(as_of):
        for row in (r for r in rows if r["journey"] == truth.journey):
            start = {"begin": truth.begin, "until": truth.end, "data": as_of}[row["from"]]
            answers = {q: tuple(row[q].split("|")) for q in QUESTIONS if row[q] != "*"}
            found.append(Moment(truth, row["time"], start + pd.Timedelta(days=int(row["days"])), answers))
    return found
