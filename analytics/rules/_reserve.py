"""Albumin, platelets, ALBI and APRI of each span between breaks, as series that the trend verdicts can assess."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analytics.analytes import INDEX
from analytics.arrays import Floats, Ints, key
from analytics.case import Case
from analytics.derive.points import points_of
from analytics.derive.segments import breaks_of
from analytics.derive.visits import take, visits_of
from analytics.scores import albi, apri
from analytics.trends.daily import Daily, daily_of
from analytics.trends.ragged import stretched
from analytics.trends.variation import SIGMA


@dataclass(frozen=True)
class Spans:
    """Spans with both albumin and platelets, between breaking events and new lines; one position a span.

    Attributes:
        patient: whose, shape (m,).
        alb, plat: series in ``daily_of(case)``: the last ones of the span, as a change of method begins another.
        until: day of the next break, +inf where there is none.
    """

    patient: Ints
    alb: Ints
    plat: Ints
    until: Floats


@dataclass(frozen=True)
class Scored:
    """One score on the days of its leading analyte: ``y`` (a logarithm or ALBI itself) by series of ``daily_of(case)``.

    Attributes:
        series: series of the leading analyte, not decreasing, shape (n,).
        day, y: whole day and score on the scale of its fit, shape (n,).
        sigma: noise of one ``y`` from the variation of its inputs, shape (n,).
    """

    series: Ints
    day: Floats
    y: Floats
    sigma: Floats

    def days(self, series: Ints) -> Ints:
        """Distinct days of each of these series."""
        return np.searchsorted(self.series, series, "right") - np.searchsorted(self.series, series, "left")

    def daily(self, series: Ints, like: Daily) -> tuple[Daily, Floats]:
        """These series (rising) for the fit, and the noise of each. Series without a day are left out."""
        keep = np.flatnonzero(np.isin(self.series, series))
        first = np.flatnonzero(np.diff(self.series[keep], prepend=-1) != 0)
        starts = np.append(first, len(keep))
        own = self.series[keep][first]
        daily = Daily(
            starts=starts,
            day=self.day[keep],
            value=self.y[keep],
            y=self.y[keep],
            side=np.zeros(len(keep), np.int64),
            first_point=np.arange(len(keep) + 1),
            patient=like.patient[own],
            analyte=like.analyte[own],
            segment=like.segment[own],
        )
        sigma = np.add.reduceat(self.sigma[keep], first) / np.diff(starts) if len(first) else np.zeros(0)
        return daily, sigma


def spans_of(case: Case) -> Spans:
    """Every span with a result of both."""
    daily, breaks = daily_of(case), breaks_of(case)
    began = points_of(case).day[daily.point_starts[:-1]]
    unit = _unit(case, daily.patient, began)
    alb, plat = (_last_of(unit, np.flatnonzero(daily.analyte == INDEX[code])) for code in ("ALB", "PLAT"))
    _, a, p = np.intersect1d(unit[alb], unit[plat], assume_unique=True, return_indices=True)
    patient = daily.patient[alb[a]]
    after = np.searchsorted(key(breaks.patient, breaks.day), key(patient, began[alb[a]]), "right")
    at = np.minimum(after, max(len(breaks.day) - 1, 0))
    until = np.full(len(patient), np.inf)
    if len(breaks.day):
        until = np.where((after < len(breaks.day)) & (breaks.patient[at] == patient), breaks.day[at], np.inf)
    return Spans(patient, alb[a], plat[p], until)


def albi_of(case: Case) -> Scored:
    """ALBI on days with an albumin and a bilirubin near it, of the same span."""
    return _scored(case, "ALB", "BILI", False, albi.compute)


def apri_of(case: Case) -> Scored:
    """ln APRI on days with a platelet count and an AST near it, of the same span."""
    return _scored(case, "PLAT", "AST", True, lambda x: np.log(apri.compute(x)))


def part(daily: Daily, which: Ints) -> Daily:
    """Only these series."""
    at, starts = stretched(daily.starts[which], np.diff(daily.starts)[which])
    return Daily(
        starts=starts,
        day=daily.day[at],
        value=daily.value[at],
        y=daily.y[at],
        side=daily.side[at],
        first_point=np.arange(len(at) + 1),
        patient=daily.patient[which],
        analyte=daily.analyte[which],
        segment=daily.segment[which],
    )


def _scored(
    case: Case, lead: str, partner: str, in_uln: bool, compute: Callable[[dict[str, Floats]], Floats]
) -> Scored:
    v, points = visits_of(case), points_of(case)
    near = v.latest(partner, case.settings.reserve.inputs_days)
    use = np.flatnonzero((v.at(lead) >= 0) & (near >= 0))
    one, two = v.at(lead)[use], v.at(partner)[near[use]]
    same = _unit(case, points.patient[one], points.day[one]) == _unit(case, points.patient[two], points.day[two])
    use = use[same & (points.comparator[one] == 0) & (points.comparator[two] == 0)]
    name, values = (f"{partner}_X_ULN", v.x_uln(partner)) if in_uln else (partner, v.value(partner))
    x = {lead: v.value(lead)[use], name: take(values, near[use])}
    with np.errstate(divide="ignore", invalid="ignore"):
        y = compute(x)
        shifts = [
            compute({**x, which: x[which] * np.exp(SIGMA[INDEX[code]])}) - y
            for which, code in ((lead, lead), (name, partner))
        ]
    known = np.flatnonzero(np.isfinite(y))
    series = np.searchsorted(daily_of(case).point_starts, v.at(lead)[use[known]], "right") - 1
    order = np.argsort(series, kind="stable")
    noise = np.hypot(*shifts)[known]
    return Scored(series[order], v.day[use[known]][order], y[known][order], noise[order])


def _unit(case: Case, patient: Ints, day: Floats) -> Ints:
    """Number of the span between breaks that a moment lies in; no two patients share one."""
    breaks = breaks_of(case)
    passed = np.searchsorted(key(breaks.patient, breaks.day), key(patient, day), "right")
    return np.asarray(patient.astype(np.int64) * (len(breaks.day) + 1) + passed)


def _last_of(unit: Ints, series: Ints) -> Ints:
    """Of these series the last of each span."""
    last = np.append(np.diff(unit[series]) != 0, True)
    return np.asarray(series[last[: len(series)]])
