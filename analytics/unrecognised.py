"""Systemic treatments whose names are not known, or mean more than one thing: told, never ignored."""

from __future__ import annotations

import pandas as pd

from analytics.agents import AMBIGUOUS, recognised

NOT_RECOGNISED = "agent not recognised"
"""What is said of a name that the tables do not have."""


def unrecognised(events: pd.DataFrame) -> pd.DataFrame:
    """One row a name: ``name``, ``says``, ``events``, ``patients``; most events first.

    Args:
        events: columns of table EVENTS.
    """
    mine = events[events["kind"] == "systemic"]
    text = pd.DataFrame({"name": mine["name"].fillna(""), "detail": mine["detail"].fillna("")})
    text["patient_id"] = mine["patient_id"]
    rows = []
    for (name, detail), group in text.groupby(["name", "detail"], sort=True):
        if says := _says(str(name), str(detail)):
            rows.append({"name": name, "says": says, "events": len(group), "who": set(group["patient_id"])})
    if not rows:
        return pd.DataFrame({"name": [], "says": [], "events": [], "patients": []})
    found = (
        pd.DataFrame(rows)
        .groupby(["name", "says"], as_index=False)
        .agg(events=("events", "sum"), who=("who", lambda sets: len(set().union(*sets))))
    )
    found = found.rename(columns={"who": "patients"})
    return found.sort_values(["events", "name"], ascending=[False, True], kind="stable", ignore_index=True)


def _says(name: str, detail: str) -> str:
    found = recognised(name, detail)
    parts = [f"{word} is ambiguous ({AMBIGUOUS[word.casefold()]})" for word in found.ambiguous]
    if found.unknown:
        parts.append(NOT_RECOGNISED if not found.agents else f"{NOT_RECOGNISED}: {', '.join(found.unknown)}")
    return "; ".join(parts)
