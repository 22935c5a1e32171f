"""Episodes of liver injury of each patient: newest values, what is open, its course, what a procedure explains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from analytics.analytes import CODES, INDEX, MARKERS
from analytics.answers._facts import Facts, signs_at, taken, window
from analytics.arrays import Bools, Floats, Ints
from analytics.compare import compare, exceeds
from analytics.derive.expected import MASKS, masked
from analytics.derive.points import points_of
from analytics.rules._words import in_text
from analytics.rules.reading import RULE_OF_EPISODES
from analytics.tables import NOWS

TESTS = ("ALT", "AST", "ALP", "GGT", "BILI")
"""What the answer looks at, in the order in which it is told."""

CRITERIA = (
    "hys_law",
    "parks",
    "mdish",
    "temple",
    "checkpoint_label",
    "iq_dili_oncology",
    "fda_limits",
)
"""Rules of injury whose open finding is an episode of injury, also where the episode of changed tests is not open."""

_MARKER_NAMES = {in_text(code) for code in MARKERS}
EXPLAINED: Mapping[str, str] = MappingProxyType(
    {
        "obstruction": "see bile ducts",
        "tumour": "see tumour",
        "procedure": "",
        "blood_or_bone": "",
        "method": "",
    }
)
"""Interpretations other than injury that can lead an episode, each a state of its own, and where to read on."""

PHASES = ("rising", "at_peak", "recovering")
_CODE_OF = np.array([INDEX[c] for c in TESTS])
_NOW = {code: n for n, code in enumerate(NOWS)}


@dataclass(frozen=True)
class Values:
    """Newest values of the five tests against limits and baseline, shape (tests, patients); NaN where not recent."""

    facts: Facts

    @cached_property
    def x(self) -> Floats:
        """Multiples of the upper limit."""
        return np.stack([np.where(self.facts.recent(c), self.facts.x_uln(c), np.nan) for c in TESTS])

    @cached_property
    def raised(self) -> Bools:
        """Above ``answers.raised`` for certain."""
        limit = self.facts.settings.raised
        return np.stack([self.facts.above(c, x, limit) for c, x in zip(TESTS, self.x, strict=True)])

    @cached_property
    def is_open(self) -> Bools:
        """Recent, and given as a limit that leaves open whether it is above ``answers.raised``."""
        limit = self.facts.settings.raised
        within = np.stack([self.facts.within(c, x, limit) for c, x in zip(TESTS, self.x, strict=True)])
        return np.asarray(~np.isnan(self.x) & ~self.raised & ~within)

    @cached_property
    def steady(self) -> Bools:
        """Within ``answers.steady`` of the patient's own baseline, for certain."""
        over = np.stack([self.facts.x_baseline(c) for c in TESTS])
        sign = np.stack([self.facts.over_sign(c) for c in TESTS])
        return np.asarray(compare(over, "<=", self.facts.settings.steady) & (sign <= 0))

    @cached_property
    def lead(self) -> Ints:
        """Position in TESTS of the test with the highest multiple; 0 where none is known."""
        return np.asarray(np.where(np.isnan(self.x), -1.0, self.x).argmax(axis=0))


@dataclass(frozen=True)
class Episodes:
    """The open episode of each patient, one position a patient."""

    facts: Facts
    values: Values

    @cached_property
    def changed(self) -> Ints:
        """Open finding of changed liver tests, -1 where none; an episode of a tumour marker alone is not one."""
        f, v = self.facts, self.values
        found = f.first_of(RULE_OF_EPISODES).copy()
        now = (v.raised & ~v.steady).any(axis=0)
        who = np.flatnonzero((found >= 0) & ~now)
        leads = [str(f.open.numbers(int(a)).get("lead", "")) for a in found[who]]
        found[who[[name in _MARKER_NAMES for name in leads]]] = -1
        return found

    @cached_property
    def criteria(self) -> Ints:
        """Worst open finding of the rules of injury, -1 where none."""
        return self.facts.first_of(*CRITERIA)

    @cached_property
    def reading(self) -> tuple[list[str], list[int], list[int]]:
        """Interpretation that leads each episode ("" where there is no episode), facts for and against it."""
        told, changed = self.facts.readings, self.changed
        names, n_for, n_against = [""] * len(changed), [0] * len(changed), [0] * len(changed)
        who = np.flatnonzero(changed >= 0)
        if len(who):
            rows = np.flatnonzero(told["fits"].to_numpy(bool))
            ids = pd.Index(told["finding_id"].array.take(rows))
            at = ids.get_indexer(pd.Index([self.facts.open.ids[a] for a in changed[who]]))
            best, counts = told["reading"].array, [told[c].to_numpy(np.int64) for c in ("n_for", "n_against")]
            for i, place in zip(who.tolist(), at.tolist(), strict=True):
                row = rows[place]
                names[i] = "unclear" if place < 0 else str(best[row])
                n_for[i], n_against[i] = (0, 0) if place < 0 else (int(counts[0][row]), int(counts[1][row]))
        return names, n_for, n_against

    @cached_property
    def best(self) -> np.ndarray[Any, np.dtype[np.object_]]:
        """The leading interpretation as an array."""
        return np.array(self.reading[0], dtype=object)

    @cached_property
    def injured(self) -> Bools:
        """An episode that is most consistent with injury, or open criteria of injury without another episode."""
        return np.asarray((self.best == "injury") | ((self.changed < 0) & (self.criteria >= 0)))

    @cached_property
    def onset(self) -> Floats:
        """First day of the episode."""
        f = self.facts
        return np.where(self.changed >= 0, f.onset(self.changed), f.onset(self.criteria))

    @cached_property
    def course(self) -> Course:
        """Leading test of each episode with its peak and newest values."""
        return _course(self)


@dataclass(frozen=True)
class Course:
    """The leading test of each patient's episode: positions in ``points_of(case)``, -1 where there is none.

    ``lead`` is the test (position in TESTS) with the highest multiple of its limit in the episode; ``n`` its results.
    """

    lead: Ints
    peak: Ints
    last: Ints
    before: Ints
    n: Ints


def _course(episodes: Episodes) -> Course:
    f, points = episodes.facts, points_of(episodes.facts.case)
    who = np.flatnonzero((episodes.changed >= 0) | (episodes.criteria >= 0))
    peak, count = np.full((len(TESTS), len(f)), -1), np.zeros((len(TESTS), len(f)), np.int64)
    for row, code in enumerate(TESTS[:4]):  # bilirubin follows an injury, it does not lead one
        mine, begin, end = window(f.case, code, who, episodes.onset[who])
        x = np.nan_to_num(points.x_uln[mine], nan=-1.0)
        for i, b, e in zip(who.tolist(), begin.tolist(), end.tolist(), strict=True):
            if e > b:
                peak[row, i], count[row, i] = mine[b + int(x[b:e].argmax())], e - b
    highest = np.stack([np.nan_to_num(taken(points.x_uln, p), nan=-1.0) for p in peak])
    lead = highest.argmax(axis=0)
    each = np.arange(len(f))
    last = np.where(peak[lead, each] >= 0, f.lasts[each, _CODE_OF[lead]], -1)
    earlier = np.stack([f.before(c) for c in TESTS])[lead, each]
    return Course(lead, peak[lead, each], last, np.where(last >= 0, earlier, -1), count[lead, each])


def phases(facts: Facts, course: Course) -> Ints:
    """Phase of each episode by its leading test: 0 rising, 1 near its peak, 2 recovering.

    The one place that says where an episode stands: *now* of the series (analytics.trends.now), and where it cannot
    tell, the last two results. Recovering is at most ``answers.recovering_share`` of the peak and not rising; a rise
    whose last result is lower than the one before is over.
    """
    points = points_of(facts.case)
    peak, last, before = (taken(points.value, at) for at in (course.peak, course.last, course.before))
    now = np.append(facts.now.ravel(), -1)[
        np.where(course.last >= 0, facts.everyone * len(CODES) + _CODE_OF[course.lead], -1)
    ]
    silent = ~np.isin(now, [_NOW[n] for n in ("rising", "falling", "steady", "lower")])
    ends, tops, ago = (signs_at(facts.case, at) for at in (course.last, course.peak, course.before))
    higher = (exceeds(last, before) & (ends >= 0) & (ago <= 0)) | np.isnan(before)
    up = ((now == _NOW["rising"]) | silent) & higher
    low = compare(last, "<=", facts.settings.recovering_share * peak) & (ends <= 0) & (tops >= 0)
    return np.select([up, low], [0, 2], 1)


_LIFTING = ("isgls", "fifty_fifty", "peak_bilirubin", "hepatic_decompensation", "reild", "cholangitis_labs")


@dataclass(frozen=True)
class Masks:
    """What a procedure explains at the last contact."""

    facts: Facts

    @cached_property
    def covers(self) -> Bools:
        """Tests within the time of a procedure that raises them, shape (tests, patients); where it is not lifted."""
        f = self.facts
        days = [np.nan_to_num(f.day(code), nan=-1.0) for code in TESTS]
        covers = np.stack([masked(f.case, code, f.everyone, day) for code, day in zip(TESTS, days, strict=True)])
        return covers & ~self.lifted

    @cached_property
    def event(self) -> Ints:
        """The newest procedure of each patient, -1 where none."""
        return self.facts.last_of(*dict.fromkeys(kind for mask in MASKS for kind in mask.kinds))

    @cached_property
    def lifted(self) -> Bools:
        """Something since the procedure that it does not explain: jaundice after the first days, INR, failure criteria,
        ascites, encephalopathy or fever, ALT and AST higher again than in its first days."""
        f, s = self.facts, self.facts.case.settings
        start = f.start(self.event)
        with np.errstate(invalid="ignore"):
            late = f.day("BILI") - start >= s.surgery.isgls_day
            jaundice = late & f.above("BILI", f.x_uln("BILI"), s.injury.hys_bili)
            clotting = (f.day("INR") - start >= s.surgery.isgls_day) & f.above("INR", f.value("INR"), s.injury.fda_inr)
            signs = f.start(f.recorded("ascites", "encephalopathy", "fever", "pyrexia")) >= start
        return jaundice | clotting | signs | (f.first_of(*_LIFTING) >= 0)
