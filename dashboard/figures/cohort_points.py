"""Patients as points on a logarithmic plane: one mark each, or bins where they are too many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from dashboard.figures.cohort_view import CohortView
from dashboard.figures.words import rounded

MOST_POINTS = 2_500
"""Patients drawn one by one; beyond, those in no special quadrant are binned."""
_BINS = 48


def alone(rank: pd.Series, special: pd.Series, selected: pd.Series, most: int = MOST_POINTS) -> np.ndarray:
    """Patients drawn one by one: all of a small cohort; else the selected and the worst of the special ones, at most
    ``most``."""
    if len(rank) <= most:
        return np.ones(len(rank), dtype=bool)
    order = rank.where(special, 0) + np.where(selected, np.inf, 0)
    worst = np.argsort(-order.to_numpy(), kind="stable")[:most]
    single = np.zeros(len(rank), dtype=bool)
    single[worst] = True
    shown: np.ndarray = single & (special | selected).to_numpy(bool)
    return shown


def points(view: CohortView, ids: pd.Series, x: pd.Series, y: pd.Series, texts: Sequence[str]) -> dict[str, Any]:
    """One mark a patient; a click on it selects the patient by its opaque key."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": rounded(x),
        "y": rounded(y),
        "text": list(texts),
        "customdata": [view.key(p) for p in ids],
        "hovertemplate": "%{text}<extra></extra>",
    }


def ring(view: CohortView) -> dict[str, Any]:
    """The mark of a selected patient."""
    colour = view.paint.accent
    return {"symbol": "circle-open", "size": 12, "color": colour, "line": {"width": 2, "color": colour}}


def binned(view: CohortView, x: pd.Series, y: pd.Series) -> list[dict[str, Any]]:
    """Patients binned on the plane; the size of a mark is their number."""
    if x.empty:
        return []
    count, xe, ye = np.histogram2d(np.log10(x.clip(lower=1e-3)), np.log10(y.clip(lower=1e-3)), bins=_BINS)
    i, j = np.nonzero(count)
    n = count[i, j]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": rounded(10 ** ((xe[i] + xe[i + 1]) / 2)),
            "y": rounded(10 ** ((ye[j] + ye[j + 1]) / 2)),
            "text": [f"{view.count(k)} patients" for k in n],
            "hovertemplate": "%{text} near here<extra></extra>",
            "name": "other patients, binned",
            "marker": {
                "symbol": "square",
                "color": view.paint.ink_faint,
                "opacity": 0.6,
                "size": rounded(2 + 7 * np.sqrt(n / n.max())),
            },
        }
    ]
