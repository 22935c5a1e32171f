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
from analytics.derive.points import points_of
from analytics.once import once
from analytics.rules._rule import Condition, Words
from analytics.rules._stents import lowest_before
from analytics.trends.variation import SIGMA

_NAMES = tuple(shown(code) for code in CODES)
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
    def _window(self) -> tuple[Floats, Floats]:
        """Geometric mean of each result and those before it (``tumour.nadir_results`` in all), and their middle day."""
        k = self.case.settings.tumour.nadir_results
        log, day = np.log(self.value), self.day
        mean, middle = np.full(len(log), np.inf), np.full(len(log), np.nan)
        if len(log) >= k:
            parts = np.stack([log[i : len(log) - k + 1 + i] for i in range(k)]).mean(axis=0)
            days = np.stack([day[i : len(log) - k + 1 + i] for i in range(k)]).mean(axis=0)
            whole = self.run[k - 1 :] == self.run[: len(log) - k + 1]
            mean[k - 1 :] = np.where(whole, np.exp(parts), np.inf)
            middle[k - 1 :] = np.where(whole, days, np.nan)
        return mean, middle

    @cached_property
    def nadir_at(self) -> Ints:
        """Position (in this table) of the end of the lowest level before each result; -1 while there is none."""
        mean, _ = self._window
        low = lowest_before(mean, np.arange(len(mean)), self.run)
        usable = (low >= 0) & np.isfinite(mean[np.maximum(low, 0)])
        return np.where(usable, low, -1)

    @cached_property
    def nadir(self) -> Floats:
        """Lowest level before each result: a geometric mean of several results in a row; NaN while there is none."""
        return np.where(self.nadir_at >= 0, self._window[0][np.maximum(self.nadir_at, 0)], np.nan)

    @cached_property
    def nadir_day(self) -> Floats:
        """Middle day of that level."""
        return np.where(self.nadir_at >= 0, self._window[1][np.maximum(self.nadir_at, 0)], np.nan)

    @cached_property
    def over_nadir(self) -> Floats:
        """Value as a multiple of the lowest level before it."""
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
    def flare(self) -> Bools:
        """In the first weeks of a line, in which a rise may be a flare."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.line_day <= self.case.settings.tumour.flare_days)

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
    def muted(self) -> Bools:
        """CA 19-9 while jaundiced."""
        jaundiced = reaches(self.bilirubin, self.case.settings.tumour.jaundice)
        return np.asarray((self.code == INDEX["CA19_9AG"]) & jaundiced)

    @cached_property
    def raised(self) -> Bools:
        """Above the upper limit."""
        return exceeds(points_of(self.case).x_uln[self.at], 1.0)

    @cached_property
    def beyond(self) -> Floats:
        """Multiple of the lowest level from which a rise counts: ``tumour.rise``, or more where the marker varies more.

        One result against a mean of k: exp(z sigma sqrt(1 + 1/k)), one-sided (Fokkema 2006, log-normal).
        """
        s = self.case.settings
        spread = np.sqrt(1 + 1 / s.tumour.nadir_results)
        by_chance = np.exp(s.trend.z_one_sided * np.nan_to_num(SIGMA) * spread)
        return np.asarray(np.maximum(s.tumour.rise, by_chance)[self.code])

    @cached_property
    def risen(self) -> Bools:
        """Above its lowest level and its limit, by what chance does not explain, in results in a row."""
        return self.confirmed(reaches(self.over_nadir, self.beyond) & self.raised)

    @cached_property
    def least(self) -> Floats:
        """The smallest of the last results (``tumour.confirm``) over the lowest level; one within limits "
        "counts as 1."""
        ratio = np.where(self.raised, self.over_nadir, np.fmin(self.over_nadir, 1.0))
        least = ratio.copy()
        for back in range(1, self.case.settings.tumour.confirm):
            same = self.run[back:] == self.run[:-back]
            least[back:] = np.where(same, np.fmin(least[back:], ratio[:-back]), 1.0)
            least[:back] = np.fmin(least[:back], 1.0)
        return least

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

    def of_line(self, use: Ints) -> Ints:
        """Group of results of one run in one line of therapy."""
        return np.asarray(self.run[use] * 100 + baselines_of(self.case).line[self.at[use]])

    def readable(self, use: Ints) -> Condition:
        """CA 19-9 only while bilirubin is not raised."""
        told = "CA 19-9 is not read while bilirubin is raised"
        return Condition("jaundice", np.where(self.muted[use], 0.0, 1.0), ">=", 1.0, fails=told)


@once
def markers_of(case: Case) -> Markers:
    """All tumour marker results of a case."""
    points = points_of(case)
    at = np.flatnonzero(np.isin(points.analyte, [INDEX[c] for c in MARKERS]))
    new = np.ones(len(at), dtype=bool)
    new[1:] = (np.diff(points.series[at]) != 0) | (np.diff(points.lab[at]) != 0)
    return Markers(case, at, np.cumsum(new) - 1)
