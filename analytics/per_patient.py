"""One analysis of many patients as many analyses of one, without computing anything again.

A report a patient needs the results of each patient alone; asking the pipeline once a patient would cost a hundred
times as much as asking it once for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.analysis import PARTS, Analysis
from analytics.arrays import Events
from analytics.case import Case
from analytics.cycles import starts_of
from analytics.derive.contact import last_contacts
from analytics.derive.events import events_of
from analytics.derive.lines import index_days_of, lines_of
from analytics.once import give
from analytics.panel import Panel

_FRAMES = ("labs", "events", "imaging", "patients", "held")

Sliced = tuple[pd.DataFrame, npt.NDArray[np.intp]]


def each_patient(
    analysis: Analysis, parts: tuple[str, ...] = PARTS, as_of: Mapping[str, pd.Timestamp] | None = None
) -> Iterator[tuple[str, Analysis]]:
    """Each patient's id with an Analysis of that patient alone, in the order of the panel.

    Args:
        analysis: of 1..N patients.
        parts: which tables to take over; the others are computed if they are asked for.
        as_of: data cut-off of single patients, where it is not that of the panel.
    """
    panel, ids = analysis.panel, analysis.panel.patient_ids
    frames = {name: _sliced(getattr(panel, name), ids) for name in _FRAMES}
    tables = {name: _sliced(getattr(analysis, name), ids) for name in parts}
    whole = analysis.case
    lines, starts = (
        _sliced_by(f, f["patient"].to_numpy(np.intp), len(ids)) for f in (lines_of(whole), starts_of(whole))
    )
    index_day, contact = index_days_of(whole), last_contacts(whole)
    happened = _events_by_patient(events_of(whole), len(ids))
    for i, patient_id in enumerate(ids.tolist()):
        labs, events, imaging, patients, held = (_of(frames[name], i) for name in _FRAMES)
        cut = (as_of or {}).get(patient_id, panel.as_of)
        alone = Panel(labs, events, imaging, patients, held, cut, panel.generation)
        one = replace(analysis, panel=alone, given={name: _of(part, i) for name, part in tables.items()})
        case = Case(alone, analysis.settings)
        # what follows from the panel is known already
        give(lines_of, case, _of(lines, i).assign(patient=0))
        give(starts_of, case, _of(starts, i).assign(patient=0))
        give(index_days_of, case, index_day[i : i + 1])
        give(events_of, case, happened[i])
        if cut == panel.as_of:
            give(last_contacts, case, contact[i : i + 1])
        vars(one)["case"] = case
        yield str(patient_id), one


def _sliced(frame: pd.DataFrame, ids: pd.Index[str]) -> Sliced:
    return _sliced_by(frame, ids.get_indexer(pd.Index(frame["patient_id"])), len(ids))


def _sliced_by(frame: pd.DataFrame, code: npt.NDArray[np.intp], n: int) -> Sliced:
    order = np.argsort(code, kind="stable")
    if (order[1:] < order[:-1]).any():
        frame, code = frame.iloc[order], code[order]
    return frame, np.searchsorted(code, np.arange(n + 1))


def _events_by_patient(events: Events, n: int) -> list[Events]:
    """Events of each patient alone, as they lie in the frame that was sliced for that patient."""
    edges = np.searchsorted(events.patient, np.arange(n + 1))
    found = []
    for a, b in pairwise(edges.tolist()):
        patient, row = np.zeros(b - a, dtype=events.patient.dtype), np.arange(b - a)
        found.append(Events(patient, events.kind[a:b], events.start[a:b], events.end[a:b], row))
    return found


def _of(part: Sliced, i: int) -> pd.DataFrame:
    frame, edges = part
    alone = frame.iloc[edges[i] : edges[i + 1]]
    alone.index = pd.RangeIndex(len(alone))
    return alone
