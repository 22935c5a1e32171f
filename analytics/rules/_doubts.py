"""What rules say of results whose unit is in doubt: near which day, and of which tests."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.analytes import shown
from analytics.arrays import Floats, Ints, days_of, key
from analytics.case import Case
from analytics.panel import show_time
from analytics.unit_doubts import DOUBT, unit_doubts


def doubts_near(case: Case, codes: tuple[str, ...], patient: Ints, day: Floats, days: float) -> tuple[Ints, list[str]]:
    """The doubtful result of these tests nearest to each moment: a code into texts, -1 where none, shape (n,).

    Args:
        case: the case.
        codes: analytes.
        patient: whose moment.
        day: when.
        days: how far away it may be.
    """
    none = np.full(len(patient), -1, dtype=np.int64)
    frame = unit_doubts(case.panel.held) if len(case.panel.held) else case.panel.held
    frame = frame[frame["analyte"].isin(codes) & frame["collected_at"].notna()] if len(frame) else frame
    who, when = case.panel.codes_of(frame["patient_id"]), np.floor(days_of(frame["collected_at"]))
    keys = key(who, when)
    order = np.argsort(keys, kind="stable")
    order = order[who[order] >= 0]
    if not len(order):
        return none, []
    keys, mine = keys[order], key(patient, np.floor(day))
    right = np.searchsorted(keys, mine, side="left")
    left, right = np.maximum(right - 1, 0), np.minimum(right, len(keys) - 1)
    near = np.where(np.abs(keys[left] - mine) <= np.abs(keys[right] - mine), left, right)
    rows = frame.iloc[order]
    texts = [f"{shown(str(a))} {value} ({DOUBT})" for a, value in zip(rows["analyte"], rows["value"], strict=True)]
    return np.where(np.abs(keys[near] - mine) <= days, near, none), texts


def said_of(case: Case, analytes: tuple[str, ...]) -> dict[int, str]:
    """By patient code: the newest doubtful result of these tests, for a rule that reads them."""
    if not len(case.panel.held):
        return {}
    frame = unit_doubts(case.panel.held)
    frame = frame[frame["analyte"].isin(analytes)]
    frame = frame.sort_values("collected_at", kind="stable", na_position="first")
    said: dict[int, str] = {}
    for code, (_, row) in zip(case.panel.codes_of(frame["patient_id"]), frame.iterrows(), strict=True):
        if code >= 0:
            on = "" if pd.isna(row["collected_at"]) else f" on {show_time(row['collected_at'], case.clocks[code])}"
            said[int(code)] = f"{shown(str(row['analyte']))} {row['value']}{on} is not used ({DOUBT})"
    return said
