"""The newest tumour marker result of each patient: what it says, and what clouds it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analytics.answers._facts import Facts, base_sides_at, signs_at, taken
from analytics.arrays import Bools, Floats, Ints
from analytics.compare import compare, reaches
from analytics.derive.points import points_of
from analytics.rules._limit_words import side_of_multiple
from analytics.rules._markers import markers_of


@dataclass(frozen=True)
class Newest:
    """The newest tumour marker result of each patient; positions in ``markers_of(case)``, -1 where there is none."""

    facts: Facts

    @cached_property
    def at(self) -> Ints:
        """The newest result; of one day that with the largest multiple of its limit."""
        m, found = markers_of(self.facts.case), np.full(len(self.facts), -1, dtype=np.int64)
        order = np.lexsort((np.nan_to_num(points_of(self.facts.case).x_uln[m.at]), np.floor(m.day), m.patient))
        found[m.patient[order]] = order
        return found

    @cached_property
    def before(self) -> Ints:
        """The result before it of the same marker, laboratory and method."""
        m = markers_of(self.facts.case)
        run = np.append(m.run, -1)
        same = (self.at > 0) & (run[np.maximum(self.at - 1, 0)] == run[self.at])
        return np.where(same, self.at - 1, -1)

    def of(self, values: Floats | Bools | Ints, at: Ints) -> Floats:
        """A column of the markers at these positions, NaN where -1."""
        return taken(np.asarray(values, dtype=np.float64), at)

    @cached_property
    def day(self) -> Floats:
        """Whole day."""
        return np.floor(self.of(markers_of(self.facts.case).day, self.at))

    @cached_property
    def recent(self) -> Bools:
        """Whether it is recent at the last contact."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.facts.contact - self.day <= self.facts.blood_days)

    @cached_property
    def clouded(self) -> Ints:
        """Why not used: 1 first weeks of a line, 2 jaundice, 3 soon after resection, 4 after jaundice; 0: it is."""
        m = markers_of(self.facts.case)
        with np.errstate(invalid="ignore"):
            after = self.day - self.facts.start(self.facts.last_of("hepatectomy", "transplant"))
            soon = (after >= 0) & (after <= self.facts.settings.marker_after_resection_days)
            first_weeks = self.of(m.line_day, self.at)
            early = (first_weeks >= 0) & (first_weeks <= self.facts.case.settings.tumour.flare_days)
            early &= self.of(m.in_line, self.at) == 1  # who has no line of therapy has a baseline too
        muted, jaundiced = self.of(m.muted, self.at) == 1, self.of(m.jaundiced, self.at) == 1
        return np.select([soon, early, muted & jaundiced, muted], [3, 1, 2, 4], 0)

    @cached_property
    def usable(self) -> Bools:
        """Recent and not clouded."""
        return np.asarray((self.at >= 0) & self.recent & (self.clouded == 0))

    def sign(self, at: Ints) -> Ints:
        """Whether these results are given as limits: -1 below, 1 above, 0 the number or none."""
        return signs_at(self.facts.case, self._points(at))

    def over_sign(self, at: Ints) -> Ints:
        """Whether their multiple of the baseline is at least (1) or at most (-1) the number, or ``MIXED``."""
        return side_of_multiple(self.sign(at), base_sides_at(self.facts.case, self._points(at)))

    def _points(self, at: Ints) -> Ints:
        """Positions of markers in ``points_of(case)``, -1 where none."""
        return np.append(markers_of(self.facts.case).at, -1)[at]

    @cached_property
    def fell(self) -> Bools:
        """At most ``tumour.fall`` of its baseline in the last two results, for certain."""
        m, limit = markers_of(self.facts.case), self.facts.case.settings.tumour.fall
        twice = [
            compare(self.of(m.over_baseline, at), "<=", limit) & (self.over_sign(at) <= 0)
            for at in (self.at, self.before)
        ]
        return np.asarray(self.usable & twice[0] & twice[1])

    @cached_property
    def up(self) -> Bools:
        """The newest result alone is up: above its limit and over the lowest level, or over the result before."""
        m, s = markers_of(self.facts.case), self.facts.case.settings.tumour
        value, earlier = self.of(m.value, self.at), self.of(m.value, self.before)
        over = self.of(m.over_nadir, self.at)
        lowest = np.where(np.isnan(over), self.before, np.append(m.nadir_at, -1)[self.at])
        sure = (self.sign(self.at) >= 0) & (self.sign(lowest) <= 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            over = np.where(np.isnan(over), value / earlier, over)
        return np.asarray((self.of(m.raised, self.at) == 1) & reaches(over, s.rise) & sure)

    @cached_property
    def steady(self) -> Bools:
        """Usable, with a result before it, and not up; raised ones only where they are compared as numbers."""
        raised = self.of(markers_of(self.facts.case).raised, self.at) == 1
        known = (self.sign(self.at) <= 0) & (~raised | ((self.sign(self.at) == 0) & (self.sign(self.before) == 0)))
        return np.asarray(self.usable & (self.before >= 0) & ~self.up & known)


CLOUDED = (
    "",
    "in the first weeks of a line",
    "with bilirubin of {jaundice:g} mg/dL or more",
    "soon after a resection",
    "until {lowest_anew_days} days after bilirubin fell below {jaundice:g} mg/dL",
)
"""Why the newest result is not used, by :attr:`Newest.clouded`."""
