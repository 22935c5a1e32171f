"""What tumour marker rules share: each marker result with its baseline, lowest level so far and what clouds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analytics.analytes import ANALYTES, CODES, INDEX, MARKERS, shown
from analytics.arrays import Bools, Floats, Ints, key
from analytics.case import Case
from analytics.compare import exceeds, reaches
from analytics.derive.baseline import baselines_of
from analytics.derive.events import events_of
from analytics.derive.lines import lines_of
from analytics.derive.points import points_of
from analytics.once import once
from analytics.rules._limit_words import side_of_multiple
from analytics.rules._rises import Results, Rises, rises_of
from analytics.rules._rule import Condition, Words
from analytics.rules._words import BEYOND, SIGNS

_NAMES = tuple(shown(code) for code in CODES)
_CLEARING = ("hepatectomy", "transplant", "ablation")
"""After these a marker clears from the blood: what was lowest before them does not count after."""
_UNITS = tuple(ANALYTES[code].unit for code in CODES)


@dataclass(frozen=True)
class Markers:
    """Tumour marker results in runs of one patient, marker and laboratory, shape (n,).

    A change of laboratory or method begins a new run: markers are not comparable across methods.
    """

    case: Case
    at: Ints
    run: Ints

    @cached_property
    def value(self) -> Floats:
        """Values, at least a hundredth, so that ratios exist."""
        return np.maximum(points_of(self.case).value[self.at], 0.01)

    @cached_property
    def day(self) -> Floats:
        """Exact times."""
        return points_of(self.case).day[self.at]

    @cached_property
    def patient(self) -> Ints:
        """Patient codes."""
        return points_of(self.case).patient[self.at]

    @cached_property
    def code(self) -> Ints:
        """Analyte codes."""
        return points_of(self.case).analyte[self.at]

    @cached_property
    def rises(self) -> Rises:
        """Rise and possible flare at each result."""
        results = Results(
            run=self.run,
            value=self.value,
            x_uln=points_of(self.case).x_uln[self.at],
            day=self.day,
            muted=self.muted,
            anew=self._anew,
            since=baselines_of(self.case).since[self.at],
            sign=points_of(self.case).comparator[self.at],
        )
        return rises_of(results, self.case.settings)

    @cached_property
    def _anew(self) -> Bools:
        """Where the lowest result is counted anew: the first read after jaundice, the first after a resection or an
        ablation, and the first from some days after it."""
        out = np.zeros(len(self.at), bool)
        out[1:] = self.muted[:-1] & ~self.muted[1:]
        events = events_of(self.case)
        wait = self.case.settings.tumour.lowest_anew_days
        which = events.of(*_CLEARING)
        for delay in (0, wait):
            after = np.floor(events.start[which]) + delay + (delay == 0)
            keys = key(events.patient[which], after)
            passed = np.searchsorted(np.sort(keys), key(self.patient, np.floor(self.day)), side="right")
            out[1:] |= passed[1:] != passed[:-1]
        out[1:] &= self.run[1:] == self.run[:-1]
        return out

    @cached_property
    def nadir_at(self) -> Ints:
        """Position (in this table) of the lowest earlier result of the run; -1 while there is none."""
        return self.rises.low_at

    @cached_property
    def nadir(self) -> Floats:
        """Lowest single earlier result of the run; NaN while there is none."""
        return self.rises.low

    @cached_property
    def nadir_day(self) -> Floats:
        """Day of that result."""
        return np.where(self.nadir_at >= 0, self.day[np.maximum(self.nadir_at, 0)], np.nan)

    @cached_property
    def over_nadir(self) -> Floats:
        """Value as a multiple of the lowest earlier result."""
        return np.asarray(self.value / self.nadir, dtype=np.float64)

    @cached_property
    def over_baseline(self) -> Floats:
        """Value as a multiple of the baseline of its line."""
        with np.errstate(divide="ignore", invalid="ignore"):
            base = baselines_of(self.case).value[self.at]
            return np.asarray(np.where(base > 0, self.value / base, np.nan), dtype=np.float64)

    @cached_property
    def line_day(self) -> Floats:
        """Whole days since the line of therapy began; NaN before the first."""
        return np.asarray(np.floor(self.day) - np.floor(baselines_of(self.case).since[self.at]))

    @cached_property
    def in_line(self) -> Bools:
        """Whether that baseline is the one of a line of therapy: somebody without one has a baseline too."""
        lines, since = lines_of(self.case), baselines_of(self.case).since[self.at]
        begun = key(lines["patient"].to_numpy(np.int64), np.floor(lines["start"].to_numpy(np.float64)))
        return np.isin(key(self.patient, np.floor(np.nan_to_num(since, nan=-9e5))), begun)

    @cached_property
    def bilirubin(self) -> Floats:
        """Bilirubin (mg/dL) closest before, else after, within ``tumour.jaundice_days``; NaN where none."""
        points, window = points_of(self.case), self.case.settings.tumour.jaundice_days
        bili = points.of("BILI")
        if not len(bili) or not len(self.at):
            return np.full(len(self.at), np.nan)
        keys = key(points.patient[bili], points.day[bili])
        place = np.searchsorted(keys, key(self.patient, np.floor(self.day) + 0.999), side="right")
        result = np.full(len(self.at), np.nan)
        for step in (0, -1):  # the one after first, so that the one before wins
            found = bili[np.clip(place + step, 0, len(bili) - 1)]
            near = (points.patient[found] == self.patient) & (np.abs(points.day[found] - self.day) <= window)
            near &= (place + step >= 0) & (place + step < len(bili))
            result = np.where(near, points.value[found], result)
        return result

    @cached_property
    def jaundiced(self) -> Bools:
        """Where that bilirubin is at or above ``tumour.jaundice``."""
        return reaches(self.bilirubin, self.case.settings.tumour.jaundice)

    @cached_property
    def muted(self) -> Bools:
        """CA 19-9 while jaundiced, and until some days after bilirubin is known to be below the limit again."""
        s, points = self.case.settings.tumour, points_of(self.case)
        near = self.jaundiced
        mine = np.flatnonzero(self.code == INDEX["CA19_9AG"])
        bili = points.of("BILI")
        out = np.zeros(len(self.at), bool)
        out[mine] = near[mine]
        if not len(mine) or not len(bili):
            return out
        keys = key(points.patient[bili], points.day[bili])
        high = reaches(points.value[bili], s.jaundice)
        place = np.arange(len(bili))
        last_high = np.maximum.accumulate(np.where(high, place, -1))
        at = np.searchsorted(keys, key(self.patient[mine], np.floor(self.day[mine]) + 0.999), side="right") - 1
        jaundiced = last_high[np.maximum(at, 0)]
        known = (at >= 0) & (jaundiced >= 0)
        known &= points.patient[bili[np.maximum(jaundiced, 0)]] == self.patient[mine]
        cleared = np.minimum(jaundiced + 1, len(bili) - 1)
        until = np.where(cleared <= at, np.floor(points.day[bili[cleared]]) + s.lowest_anew_days, np.inf)
        out[mine] |= known & (self.day[mine] < until)
        return out

    @cached_property
    def raised(self) -> Bools:
        """Above the upper limit."""
        return exceeds(points_of(self.case).x_uln[self.at], 1.0)

    @cached_property
    def reach(self) -> Floats:
        """How much of a rise there is at each result: at least 1 where one is on, less where none is; NaN where there
        is nothing to compare with or the result is not read."""
        s, rises = self.case.settings.tumour, self.rises
        share = rises.reach / s.rise_twice
        return np.where(rises.on, np.fmax(share, 1.0), np.minimum(share, 0.999))

    def confirmed(self, holds: Bools) -> Bools:
        """``holds`` at this result and at those before it in the run, ``tumour.confirm`` in all."""
        result = holds.copy()
        for back in range(1, self.case.settings.tumour.confirm):
            earlier = np.zeros(len(holds), dtype=bool)
            earlier[back:] = holds[:-back] & (self.run[back:] == self.run[:-back])
            result &= earlier
        return result

    def words(self, use: Ints) -> Mapping[str, Words]:
        """Name and unit of the markers ``use`` (-1: none), as sentences tell them."""
        code = np.append(self.code, 0)[use]
        return {"marker": (code, _NAMES), "unit": (code, _UNITS)}

    def is_limit(self, use: Ints) -> Bools:
        """Whether a result or the lowest one before it is given as a limit."""
        sign = np.append(points_of(self.case).comparator[self.at], 0)
        return np.asarray((sign[use] != 0) | (sign[self.nadir_at[use]] != 0))

    def limit_words(self, use: Ints, reference: Ints) -> Mapping[str, Words]:
        """Signs of the values ``use`` and of the results ``reference`` that they are told as multiples of (both
        positions in this table, -1 none), and what is to be said before such a multiple."""
        sign = np.append(points_of(self.case).comparator[self.at], 0)
        value, low = sign[use], sign[reference]
        signs, words = tuple(SIGNS.values()), tuple(BEYOND.values())
        return {"sign": (value + 1, signs), "low": (low + 1, signs), "over": (side_of_multiple(value, low) + 1, words)}

    def of_line(self, use: Ints) -> Ints:
        """Group of results of one run in one line of therapy."""
        return np.asarray(self.run[use] * 100 + baselines_of(self.case).line[self.at[use]])

    def readable(self, use: Ints) -> Condition:
        """CA 19-9 only while bilirubin is not raised, nor shortly after."""
        told = "CA 19-9 is not read with a raised bilirubin or soon after it"
        return Condition("jaundice", np.where(self.muted[use], 0.0, 1.0), ">=", 1.0, fails=told)


@once
def markers_of(case: Case) -> Markers:
    """All tumour marker results of a case."""
    points = points_of(case)
    at = np.flatnonzero(np.isin(points.analyte, [INDEX[c] for c in MARKERS]))
    new = np.ones(len(at), dtype=bool)
    new[1:] = (np.diff(points.series[at]) != 0) | (np.diff(points.lab[at]) != 0)
    return Markers(case, at, np.cumsum(new) - 1)
