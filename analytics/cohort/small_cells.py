"""Small counts are not shown to coordinators: below settings.cohort.small_cell, nor what would give them away."""

from __future__ import annotations

import pandas as pd


def suppress(counts: pd.DataFrame, least: int) -> pd.DataFrame:
    """A table of counts as text with cells from 1 to ``least - 1`` shown as ``<least``.

    In a row or column with exactly one such cell the smallest other count above zero is hidden too (shown as ``–``),
    so that the total does not give it back. Zeros stay.
    """
    hidden = (counts > 0) & (counts < least)
    also = counts.astype(bool) & False
    for _ in range(counts.size):
        covered = hidden | also
        row = _alone(counts, covered)
        column = None if row is not None else _alone(counts.T, covered.T)
        if row is None and column is None:
            break
        if row is not None:
            also.loc[row] = True
        elif column is not None:
            also.loc[column[1], column[0]] = True
    text = counts.astype(int).astype(str).mask(also, "–").mask(hidden, f"<{least}")
    return text


def _alone(counts: pd.DataFrame, covered: pd.DataFrame) -> tuple[object, object] | None:
    """The (row, column) to hide next: in a row with exactly one covered cell the smallest other count."""
    for row in counts.index[covered.sum(axis=1) == 1]:
        others = counts.loc[row][~covered.loc[row] & (counts.loc[row] > 0)]
        if len(others):
            return row, others.idxmin()
    return None


def suppressed(n: int, least: int) -> str:
    """One count as text."""
    return f"<{least}" if 0 < n < least else str(n)
