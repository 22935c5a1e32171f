"""A store of awkward patients, one of each kind, named by the kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from analytics.ingest import Ingest
from analytics.panel import Panel
from analytics.store import Store, open_store
from analytics.tables import EVENTS, IMAGING, LABS, PATIENTS
from tests.dashboard.figures.patients import AWKWARD, only_events, study_days

KINDS = {panel.__name__: panel for panel in (*AWKWARD, only_events) if panel is not study_days}
"""By name; one clock a store is enough here."""
_TABLES = {"patients": PATIENTS, "labs": LABS, "events": EVENTS, "imaging": IMAGING}


def _after_everybody(panel: Panel) -> Panel:
    """The planned procedure lies after the last result of the whole store, which is its data cut-off."""
    return replace(panel, events=panel.events.assign(start_date=pd.Timestamp("2024-09-01")))


def awkward_store(folder: Path) -> Store:
    """One result, 400 results, no events, all censored, only CEA, a future event, no limit, no results."""
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in _TABLES}
    for kind, make in KINDS.items():
        panel = make() if kind != "future_event" else _after_everybody(make())
        for name, frames in parts.items():
            frames.append(getattr(panel, name).assign(patient_id=kind))
    store = open_store(str(folder))
    for i, (name, frames) in enumerate(parts.items()):
        frame = pd.concat([f for f in frames if len(f)], ignore_index=True).assign(source_file=f"{name}.csv")
        if name == "labs":
            frame = frame.drop(columns="result_id").assign(source_line=range(2, len(frame) + 2))
        frame = _TABLES[name].conform(frame)
        store.publish(
            Ingest(
                **{name: frame}, rows_in=len(frame), results_in=len(frame), file=f"{name}.csv", sha256=f"{i:064d}",
                profile="canonical", profile_digest="0", table=name,
            ),
            by="test",
        )  # fmt: skip
    store.analyse()
    return store
