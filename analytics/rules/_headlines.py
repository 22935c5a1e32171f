"""One episode meets many rules: which finding carries it. The others are its criteria.

Findings of one patient about the liver belong to one episode where their times overlap, or lie less than
``findings.rejoin_days`` apart. The highest level carries it, then the rule that says most (``Rule.carries``), then
the earliest onset. Findings of other subjects (markers, imaging, samples) and what is good carry themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from analytics.analytes import PANEL
from analytics.arrays import Ints
from analytics.rules._discover import rules
from analytics.rules._rule import Rule

_DAY_US = 86_400_000_000


def headlines_of(columns: Mapping[str, Any], number: Ints, rejoin_days: float) -> Ints:
    """Position of the finding that carries the episode of each, its own where it does; shape (k,).

    Args:
        columns: of table FINDINGS, patient and level as codes.
        number: position in :func:`rules` of the rule of each finding.
        rejoin_days: episodes less than this apart are one.
    """
    carrier = np.arange(len(number))
    at = np.flatnonzero(_weights()[number] >= 0)
    if not len(at):
        return carrier
    begin = columns["onset"].astype("datetime64[us]").astype(np.int64)[at] / _DAY_US
    end = columns["last_seen"].astype("datetime64[us]").astype(np.int64)[at] / _DAY_US
    who = columns["patient"][at]
    order = np.lexsort((begin, who))
    run = _runs(who[order], begin[order], end[order], rejoin_days)
    level = columns["level"][at][order]
    weight = _weights()[number[at]][order]
    best = np.lexsort((begin[order], -weight, -level, run))
    first = best[np.append(True, np.diff(run[best]) != 0)]
    carrier[at[order]] = at[order][first][run]
    return carrier


@cache
def _weights() -> Ints:
    """How much each rule carries, -1 where its findings carry themselves."""
    return np.array([rule.carries if _carries(rule) else -1 for rule in rules().values()])


def _carries(rule: Rule) -> bool:
    """Whether findings of a rule can carry an episode of the liver panel."""
    return rule.level != "good" and not rule.one_off and bool(set(rule.analytes) & set(PANEL))


def _runs(who: Ints, begin: np.ndarray, end: np.ndarray, gap: float) -> Ints:
    """Number of the episode of each finding; sorted by patient and begin."""
    span = 1e6
    reach = np.maximum.accumulate(end + who * span)  # patients are far apart, so none reaches into the next
    new = np.append(True, (begin + who * span)[1:] > reach[:-1] + gap)
    return np.cumsum(new) - 1
