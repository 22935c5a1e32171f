"""Small counts are not shown to coordinators: below settings.cohort.small_cell, nor what would give them away.

A count that is hidden could be read from a list, a figure, a title or an export of the same people. So there is one
rule: of fewer people than the limit nothing is shown but that they are fewer; see :func:`withheld`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analytics.arrays import Bools
from analytics.cohort.groups import OTHER, Groups
from analytics.cohort.query.run import Result
from analytics.errors import QuestionError


def is_small(n: int, least: int) -> bool:
    """Whether so many people are too few to be shown; nobody is a number that may be told."""
    return 0 < n < least


def too_few(least: int) -> str:
    """What stands in place of everything that would show fewer people than the limit."""
    return (
        f"Fewer than {least} patients: who they are and how many is not shown to a role that sees pseudonyms, neither "
        "in a list nor in a figure nor in an export. Ask for more people, or ask somebody who sees identified patients."
    )


def refuse_few(n: int, least: int) -> None:
    """Refuse to give out so few people without their identities.

    Raises:
        QuestionError: there are some, and fewer than ``least``.
    """
    if is_small(n, least):
        raise QuestionError(too_few(least))


def withheld(result: Result, least: int) -> Result:
    """A run as it may be shown: itself, or without its people where they are fewer than ``least``.

    The steps stay, for :func:`suppressed`; lists, figures, tables and exports are made from what is returned here.
    """
    if not is_small(len(result.patient_ids), least):
        return result
    nobody = np.zeros(len(result.members), dtype=bool)
    return replace(result, members=nobody, asked=nobody, rows=result.rows.iloc[:0], withheld=True)


def together(groups: Groups, members: Bools, least: int) -> Groups:
    """Groups in which those that fewer than ``least`` of the members have are one, with the next smallest until it is
    large enough. Of so few members that all groups together are too small nothing is changed: they are withheld."""
    sizes = np.bincount(groups.of[members & (groups.of >= 0)], minlength=len(groups.names))
    small: list[int] = []
    for number in np.argsort(sizes, kind="stable"):
        others = int(sizes[small].sum())
        if sizes[number] and not is_small(int(sizes[number]), least) and not is_small(others, least):
            break
        small.append(int(number))
    if not is_small(int(sizes[sizes > 0].min(initial=least)), least):
        return groups
    if is_small(int(sizes.sum()), least):
        return groups
    kept = [number for number in range(len(groups.names)) if number not in small]
    place = np.full(len(groups.names) + 1, -1)
    place[kept] = np.arange(len(kept))
    place[small] = len(kept)
    return Groups(place[groups.of], (*(groups.names[number] for number in kept), OTHER))


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
