"""Results in doubt of their unit, as they stand beside the last value of their test on pages and in reports."""

from __future__ import annotations

import pandas as pd

from analytics.analysis import Analysis
from analytics.analytes import shown
from analytics.panel import show_time
from analytics.unit_doubts import DOUBT, newest_doubts

MARK = "‡"
SAYS = f"{MARK} quarantined, {DOUBT}: not used in any rule, score or trend"


def doubts_of(analysis: Analysis) -> dict[str, str]:
    """By analyte, ``‡ 12 mg/dL on 2026-05-03, unit in doubt``, of one patient; those without any result too."""
    held = analysis.panel.held
    if held.empty:
        return {}
    person = analysis.panel.patients.iloc[0]
    labs = analysis.panel.labs
    last = labs[labs["value"].notna()].groupby("analyte")["collected_at"].max()
    shown_at = {(str(person["patient_id"]), str(code)): at for code, at in last.items()}
    found = newest_doubts(held, shown_at)
    return {code: f"{MARK} {_when(row, str(person['clock']))}, {DOUBT}" for (_, code), row in found.items()}


def without_results(analysis: Analysis) -> list[str]:
    """Those of tests that have no number result at all, with the name of the test."""
    have = set(analysis.panel.labs["analyte"][analysis.panel.labs["value"].notna()])
    return [f"{shown(code)}: {says}" for code, says in doubts_of(analysis).items() if code not in have]


def _when(row: pd.Series, clock: str) -> str:
    return (
        str(row["value"])
        if pd.isna(row["collected_at"])
        else f"{row['value']} on {show_time(row['collected_at'], clock)}"
    )
