"""Do groups of patients run apart? One mixed model an analyte; all claims under one false discovery rate."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd

from analytics.analytes import PANEL, shown
from analytics.arrays import Bools
from analytics.case import Case
from analytics.cohort.aligned import align
from analytics.cohort.fdr import adjusted
from analytics.cohort.groups import Groups
from analytics.cohort.mixed import Mixed, fit_mixed
from analytics.cohort.query.question import Anchor
from analytics.cohort.scattered import is_scattered
from analytics.derive.points import points_of
from analytics.rules._words import with_minus

COLUMNS = (
    "analyte",
    "group",
    "against",
    "patients",
    "results",
    "pct_per_week",
    "low",
    "high",
    "p",
    "p_adjusted",
    "holds",
    "says",
)

_THREADS = 2
"""Analytes that are fitted at a time."""


def compare_slopes(
    case: Case,
    groups: Groups,
    anchor: Anchor,
    codes: Sequence[str] = PANEL,
    *,
    days: int = 180,
    members: Bools | None = None,
) -> pd.DataFrame:
    """Difference of the mean slope of ln(value) of each group from the first group, from the anchor for ``days`` days.

    Returns:
        Columns COLUMNS; a row without numbers where a group has fewer than ``small_cell`` patients. ``holds`` is by
        the adjusted p.
    """
    if not is_scattered(case):
        _ = points_of(case).starts  # made once, before there are threads
    with ThreadPoolExecutor(_THREADS) as beside:
        found = beside.map(lambda code: _of_analyte(case, groups, anchor, code, days, members), codes)
        rows = [row for of_one in found for row in of_one]
    table = pd.DataFrame(rows, columns=list(COLUMNS[:9]))
    table["p_adjusted"] = adjusted(table["p"].to_numpy(np.float64))
    table["holds"] = (table["p_adjusted"] <= case.settings.cohort.false_discovery).to_numpy(bool)
    table["says"] = [_sentence(row) for row in table.to_dict("records")]
    return table[list(COLUMNS)]


def _of_analyte(
    case: Case, groups: Groups, anchor: Anchor, code: str, days: int, members: Bools | None
) -> list[dict[str, object]]:
    found = align(case, code, anchor, "absolute", members)
    group = groups.of[found.patient]
    use = (found.day >= 0) & (found.day <= days) & (group >= 0) & (found.value > 0)
    present = np.unique(group[use])
    measured = np.zeros(len(groups.of), dtype=bool)
    measured[found.patient[use]] = True
    size = dict(enumerate(np.bincount(groups.of[measured], minlength=len(groups.names)).tolist()))
    enough = [g for g in present if size[g] >= case.settings.cohort.small_cell]
    model: Mixed | None = None
    if len(enough) > 1 and enough[0] == present[0]:
        use &= np.isin(group, enough)
        model = fit_mixed(found.day[use], np.log(found.value[use]), found.patient[use], group[use])
    rows: list[dict[str, object]] = []
    for number in present[1:]:
        row: dict[str, object] = {
            "analyte": code,
            "group": groups.names[number],
            "against": groups.names[present[0]],
            "patients": size[number],
            "results": int((group[use] == number).sum()),
        }
        if model is not None and model.converged and number in enough:
            effect = 2 * enough.index(number) + 1
            mid, low, high = model.pct_per_week(effect)
            row |= {"pct_per_week": mid, "low": low, "high": high, "p": float(model.p[effect])}
        rows.append(row)
    return rows


def _sentence(row: Mapping[Hashable, Any]) -> str:
    name = f"{shown(str(row['analyte']))} in {row['group']} against {row['against']}"
    if pd.isna(row["pct_per_week"]):
        return f"{name}: too few patients or results for a model that fits."
    slope, low, high = (_percent(row[name]) for name in ("pct_per_week", "low", "high"))
    numbers = f"{slope}% a week (95% interval {low} to {high})"
    claim = "the slopes differ" if row["holds"] else "no difference of slopes is shown"
    return (
        f"{name}: {numbers}, {row['patients']} patients, {row['results']} results; "
        f"p adjusted for all comparisons of this table {_chance(row['p_adjusted'])}: {claim}."
    )


def _percent(value: float) -> str:
    """With its sign, and never a minus before nothing."""
    return with_minus(f"{round(value, 2) + 0.0:+.2f}")


def _chance(p: float) -> str:
    return f"{p:.3f}" if p >= 0.0005 else "below 0.001"
