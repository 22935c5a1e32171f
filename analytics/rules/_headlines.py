"""One episode meets many rules: which finding carries it. The others are its criteria.

Findings of one patient about the liver belong to one episode where their times overlap, or lie less than
``findings.rejoin_days`` apart. The highest level carries it, then the rule that says most (``Rule.carries``), then
the earliest onset. Findings of other subjects (markers, imaging, samples) and what is good carry themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from analytics.analytes import PANEL
from analytics.arrays import Bools, Ints
from analytics.rules._discover import rules
from analytics.rules._rule import Rule
from analytics.tables import LEVELS

_DAY_US = 86_400_000_000


def headlines_of(columns: Mapping[str, Any], rejoin_days: float) -> tuple[Bools, Ints]:
    """Which findings carry their episode, and the position of the one that carries each, shape (k,)."""
    k = len(columns["rule"])
    carrier = np.arange(k)
    about = {code for code, rule in rules().items() if _carries(rule)}
    mine = np.array([code in about for code in columns["rule"]], dtype=bool)
    at = np.flatnonzero(mine)
    if not len(at):
        return np.ones(k, dtype=bool), carrier
    begin = columns["onset"].astype("datetime64[us]").astype(np.int64)[at] / _DAY_US
    end = columns["last_seen"].astype("datetime64[us]").astype(np.int64)[at] / _DAY_US
    who = np.unique(columns["patient_id"].astype(str), return_inverse=True)[1][at]
    order = np.lexsort((begin, who))
    run = _runs(who[order], begin[order], end[order], rejoin_days)
    level = np.array([LEVELS[x] for x in columns["level"][at]])[order]
    weight = np.array([rules()[x].carries for x in columns["rule"][at]])[order]
    best = np.lexsort((begin[order], -weight, -level, run))
    first = best[np.append(True, np.diff(run[best]) != 0)]
    carrier[at[order]] = at[order][first][run]
    return carrier == np.arange(k), carrier


def _carries(rule: Rule) -> bool:
    """Whether findings of a rule can carry an episode of the liver panel."""
    return rule.level != "good" and not rule.one_off and bool(set(rule.analytes) & set(PANEL))


def _runs(who: Ints, begin: np.ndarray, end: np.ndarray, gap: float) -> Ints:
    """Number of the episode of each finding; sorted by patient and begin."""
    span = 1e6
    reach = np.maximum.accumulate(end + who * span)  # patients are far apart, so none reaches into the next
    new = np.append(True, (begin + who * span)[1:] > reach[:-1] + gap)
    return np.cumsum(new) - 1
