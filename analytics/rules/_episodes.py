"""Moments at which a rule held -> episodes with onset, end, worst moment.

An episode begins at the first moment that holds after one that does not. It ends at the first assessed moment that does
not hold; a moment without the inputs is not assessed and ends nothing. Two runs of moments less than
``findings.rejoin_days`` apart are one episode, so that a single result just under a limit does not make two of one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.rules._rule import Assessment

_NONE = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Episodes:
    """One position an episode; every attribute is a position in the Assessment that it came from, shape (k,).

    ``after`` is the first moment after it that does not hold, -1 while it goes on; ``only`` is True where no moment
    was assessed after the onset; ``moments`` are the moments that hold, ``first`` and ``last`` are positions in it.
    ``order[later_begin:later_end]`` are the moments after it that do not hold, up to the next episode of its group,
    which there is where ``again``.
    """

    onset: Ints
    last_seen: Ints
    worst: Ints
    after: Ints
    only: Bools
    moments: Ints
    begin: Ints
    end: Ints
    order: Ints
    later_begin: Ints
    later_end: Ints
    again: Bools


def episodes_of(assessed: Assessment, rejoin_days: float) -> Episodes:
    """Episodes of one rule, in order of patient, group, onset."""
    holds_at = np.flatnonzero(assessed.holds)
    if not len(holds_at):
        no = _NONE.astype(bool)
        return Episodes(_NONE, _NONE, _NONE, _NONE, no, _NONE, _NONE, _NONE, _NONE, _NONE, _NONE, no)
    group = np.zeros(len(assessed.patient), dtype=np.int64) if assessed.group is None else assessed.group
    order = _ordered(assessed, group, holds_at)
    patient, day, kind, holds = assessed.patient[order], assessed.day[order], group[order], assessed.holds[order]
    hit = np.flatnonzero(holds)
    begins = np.ones(len(hit), dtype=bool)
    same = (np.diff(patient[hit]) == 0) & (np.diff(kind[hit]) == 0)
    broken = (np.diff(hit) > 1) & (np.diff(day[hit]) > rejoin_days)
    begins[1:] = ~same | broken
    first = np.flatnonzero(begins)
    last = np.concatenate([first[1:], [len(hit)]]) - 1
    end = hit[last]
    follows = np.minimum(end + 1, len(order) - 1)
    has_after = (end + 1 < len(order)) & (patient[follows] == patient[end]) & (kind[follows] == kind[end])
    # the group of each episode ends with its last moment; another hit of the group ends the time after it
    ends_group = np.append((np.diff(patient) != 0) | (np.diff(kind) != 0), True)
    stop = np.flatnonzero(ends_group)[np.searchsorted(np.flatnonzero(ends_group), end)] + 1
    next_hit = np.append(hit[first[1:]], len(order))
    return Episodes(
        onset=order[hit[first]],
        last_seen=order[end],
        worst=order[hit[_argmax(assessed.severity[order[hit]], first)]],
        after=np.where(has_after, order[follows], -1),
        only=~has_after & (first == last),
        moments=order[hit],
        begin=first,
        end=last + 1,
        order=order,
        later_begin=end + 1,
        later_end=np.minimum(stop, next_hit),
        again=next_hit < stop,
    )


def _ordered(assessed: Assessment, group: Ints, holds_at: Ints) -> Ints:
    """Moments of the patients with a hit, by patient, group, day."""
    affected = np.zeros(int(assessed.patient.max()) + 1, dtype=bool)
    affected[assessed.patient[holds_at]] = True
    counts = affected[assessed.patient]
    if assessed.ends is not None:
        counts &= assessed.ends | assessed.holds
    at = np.flatnonzero(counts)
    keys = (assessed.patient[at], group[at], assessed.day[at])
    return at if _are_ordered(*keys) else at[np.lexsort(keys[::-1])]


def _are_ordered(patient: Ints, group: Ints, day: Floats) -> bool:
    """Whether moments stand in order already, as those of most rules do."""
    who, kind = np.diff(patient), np.diff(group)
    with np.errstate(invalid="ignore"):
        later = np.diff(day) >= 0
    return bool(np.all((who > 0) | ((who == 0) & ((kind > 0) | ((kind == 0) & later)))))


def _argmax(values: Floats, first: Ints) -> Ints:
    """Position of the first largest value of each run that begins at ``first``."""
    peak = np.maximum.reduceat(np.nan_to_num(values, nan=-np.inf), first)
    run = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(values))))
    is_peak = np.flatnonzero(np.nan_to_num(values, nan=-np.inf) == peak[run])
    _, at = np.unique(run[is_peak], return_index=True)
    return is_peak[at]
