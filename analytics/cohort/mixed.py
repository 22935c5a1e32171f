"""Mixed model of the logarithm of a value by group and time, with its own level and slope for every patient.

ln y = (b0 + u0) + (b1 + u1) t + group effects on level and slope + e, with (u0, u1) normal. Given the two-by-two sums
of each patient the likelihood needs no matrix larger than that, so the exact restricted maximum likelihood (REML) of
thousands of patients takes a few hundredths of a second; the estimates are those of ``statsmodels`` MixedLM.

Drop-out is seldom by chance: show how many patients are left beside it.

References:
    N. M. Laird, J. H. Ware, Biometrics 38 (1982) 963-974.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise

import numpy as np
from scipy import optimize, special

from analytics.arrays import Floats, Ints

_LEAST_PATIENTS = 3
_BEGIN_WITH = 1_000
"""Patients among whom the search begins where there are more."""
_NEAR = 0.1
"""Slope of the criterion at which the beginning of a search is near enough for the end of it to take over."""
_STEP = 1e-3
"""Over which slopes are taken, in logarithms of standard deviations."""
_NEWTON_STEPS = 30
_ROUNDING = 1e-3
"""Rounding of the criterion, of what counts as exact: a bend that is smaller than it makes it cannot be told."""
_SMALL = (-3.0, -4.0, -5.0)
"""Logarithms of small deviations of the patients' own slopes, relative to the noise."""


@dataclass(frozen=True)
class Mixed:
    """Fitted model.

    Attributes:
        names: of the fixed effects: level, slope, then level and slope of each further group against the first.
        estimate, se, low, high, p: one each, shape (f,); slopes per day of ln y.
        between: covariance of the patients' own level and slope, shape (2, 2). noise: variance of one result.
        patients, results: how many were used. converged: whether the search ended at an optimum.
    """

    names: tuple[str, ...]
    estimate: Floats
    se: Floats
    low: Floats
    high: Floats
    p: Floats
    between: Floats
    noise: float
    patients: int
    results: int
    converged: bool

    def pct_per_week(self, effect: int) -> tuple[float, float, float]:
        """A slope effect and its interval in percent a week."""
        low, mid, high = (100.0 * np.expm1(7.0 * x[effect]) for x in (self.low, self.estimate, self.high))
        return float(mid), float(low), float(high)


@dataclass(frozen=True)
class _Sums:
    """Sums of each patient, sorted by group, each of shape (m,): results n, of times, of times squared, of y, of y
    times time, of y squared; ``groups`` offsets of the groups, shape (g + 1,)."""

    n: Floats
    t: Floats
    tt: Floats
    y: Floats
    ty: Floats
    yy: Floats
    groups: Ints

    @cached_property
    def spread(self) -> Floats:
        """Determinant of the products of level and time."""
        return self.n * self.tt - self.t * self.t

    def every(self, step: int) -> _Sums:
        """Every so many of the patients of each group, the first of each among them."""
        keep = [np.arange(low, high, step) for low, high in pairwise(self.groups.tolist())]
        edges = np.concatenate([[0], np.cumsum([len(k) for k in keep])])
        at = np.concatenate(keep)
        return _Sums(self.n[at], self.t[at], self.tt[at], self.y[at], self.ty[at], self.yy[at], edges)


def fit_mixed(day: Floats, log_value: Floats, who: Ints, group: Ints | None = None) -> Mixed | None:
    """Fit by restricted maximum likelihood.

    Args:
        day: times, shape (k,); set their zero where levels are to be compared. [d]
        log_value: natural logarithm of the values, shape (k,).
        who: patient of each result, any integers, shape (k,).
        group: group of each result (the same for all of a patient), 0, 1, ...; one group where None.

    Returns:
        The model, or None where there are too few patients or times to tell a slope.
    """
    _, first, patient = np.unique(who, return_index=True, return_inverse=True)
    groups = np.zeros(len(who), np.int64) if group is None else np.asarray(group)
    known, member = np.unique(groups[first], return_inverse=True)
    scale = float(np.std(day)) if len(day) else 0.0
    effects = 2 * len(known)
    if len(first) < _LEAST_PATIENTS * len(known) or scale == 0 or len(day) <= effects + 2:
        return None
    middle = float(np.mean(log_value))  # about it, as sums of squares lose their last digits far from zero
    sums = _sums(day / scale, log_value - middle, patient, member, len(known))
    at, converged = _search(sums)
    _, own, own_cover, noise, relative = _profile(at, sums)
    beta, cover = _against_the_first(own, own_cover)
    beta[0] += middle
    unit = np.tile([1.0, 1.0 / scale], len(known))
    se = np.sqrt(noise * np.diag(cover)) * unit
    estimate = beta * unit
    reach = special.ndtri(0.975) * se
    units = np.diag([1.0, 1.0 / scale])
    names = ["level", "slope"] + [f"{what} of group {g}" for g in known[1:].tolist() for what in ("level", "slope")]
    return Mixed(
        tuple(names),
        estimate,
        se,
        estimate - reach,
        estimate + reach,
        2 * special.ndtr(-np.abs(estimate / se)),
        noise * units @ relative @ units,
        noise,
        len(first),
        len(day),
        converged,
    )


def _sums(t: Floats, y: Floats, patient: Ints, member: Ints, groups: int) -> _Sums:
    squares = np.asarray(np.bincount(patient, weights=y * y, minlength=len(member)), np.float64)
    order = np.lexsort((squares, member))  # by what was measured: who comes first in the data must not matter

    def total(values: Floats | None) -> Floats:
        return np.bincount(patient, weights=values, minlength=len(member)).astype(np.float64)[order]

    edges = np.searchsorted(member[order], np.arange(groups + 1))
    return _Sums(total(None), total(t), total(t * t), total(y), total(t * y), squares[order], edges)


def _search(sums: _Sums) -> tuple[Floats, bool]:
    """Search the Cholesky factor of the patients' covariance relative to the noise; and whether it ended well."""

    def criterion(x: np.ndarray[tuple[int], np.dtype[np.float64]], of: _Sums = sums) -> float:
        return _profile(x, of)[0]

    # of very many patients some are enough to begin with; the end is sought among all
    few = sums.every(max(1, len(sums.n) // _BEGIN_WITH))
    starts: list[np.ndarray[tuple[int], np.dtype[np.float64]]] = [np.zeros(3), np.array([1.0, 0.0, -1.0])]
    found = [optimize.minimize(criterion, start, (few,), method="BFGS", tol=_NEAR) for start in starts]
    best = min(found, key=lambda r: float(r.fun))
    start = np.asarray(best.x, np.float64)
    # as exact as the sums allow: rounding moves the criterion by some 1e-12 of itself
    exact = 1e-11 * max(1.0, abs(criterion(best.x)))
    bottom = _newton(criterion, start, exact)
    if bottom is None:
        polished = optimize.minimize(criterion, start, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": exact})
        return np.asarray(polished.x, np.float64), bool(polished.success)
    # where patients seem to have no slopes of their own, no step leads to small ones: look there too
    beside = [np.array([bottom[0], bottom[1], small]) for small in _SMALL] if bottom[2] < min(_SMALL) else []
    lower = [x for x in beside if criterion(x) < criterion(bottom)]
    again = _newton(criterion, min(lower, key=criterion), exact) if lower else None
    return bottom if again is None else again, True


def _newton(criterion: Callable[[Floats], float], start: Floats, exact: float) -> Floats | None:
    """The bottom near a start: where the criterion would fall by less than ``exact`` any further; None if not found.

    Newton's method in the directions of the bend; steps are as long as they lead down, as the bend is far from its
    middle, and nearly flat, where patients have hardly any slopes of their own.
    """
    at, here = start, criterion(start)
    for _ in range(_NEWTON_STEPS):
        slope, bend = _derivatives(criterion, at)
        if not (np.isfinite(slope).all() and np.isfinite(bend).all()):
            return None
        sizes, axes = np.linalg.eigh(bend)
        along = axes.T @ slope
        move = along / np.maximum(np.abs(sizes), _ROUNDING * exact / _STEP**2)
        if along @ move <= exact:
            return at
        step = axes @ move / max(1.0, float(np.abs(move).max()))
        there = min((at - part * step for part in (1.0, 4.0, 0.25, 0.0625)), key=criterion)
        lower = criterion(there)
        if lower >= here:
            return None
        at, here = there, lower
    return None


def _derivatives(criterion: Callable[[Floats], float], at: Floats) -> tuple[Floats, Floats]:
    """Slope, shape (3,), and bend, shape (3, 3), by central differences."""
    sides = _STEP * np.eye(len(at))
    here = criterion(at)
    up, down = (np.array([criterion(at + sign * side) for side in sides]) for sign in (1.0, -1.0))
    bend = np.diag((up - 2.0 * here + down) / _STEP**2)
    for i, j in combinations(range(len(at)), 2):
        both = criterion(at + sides[i] + sides[j]) + criterion(at - sides[i] - sides[j])
        bend[i, j] = bend[j, i] = (both - up[i] - up[j] - down[i] - down[j] + 2.0 * here) / (2.0 * _STEP**2)
    return (up - down) / (2.0 * _STEP), bend


def _profile(x: Floats, sums: _Sums) -> tuple[float, Floats, Floats, float, Floats]:
    """REML criterion with fixed effects and noise at their best.

    With Z'Z of a patient and R the covariance of own level and slope relative to the noise, all that is needed is
    (Z'Z^-1 + R)^-1 = (Z'Z + adj(R) det(Z'Z)) / det(I + R Z'Z), written out for two by two. Each group has its own level
    and slope, so that their normal equations are two by two as well.

    Returns:
        The criterion, level and slope of each group (g, 2), their covariance relative to the noise (g, 2, 2), the
        noise, and R.
    """
    factor = np.array([[np.exp(np.clip(x[0], -30, 30)), 0.0], [x[1], np.exp(np.clip(x[2], -30, 30))]])
    relative = factor @ factor.T
    p, q, r = relative[0, 0], relative[0, 1], relative[1, 1]
    spread = sums.spread
    det = 1.0 + p * sums.n + 2.0 * q * sums.t + r * sums.tt + (p * r - q * q) * spread
    w00, w01, w11 = (sums.n + r * spread) / det, (sums.t - q * spread) / det, (sums.tt + p * spread) / det
    v0, v1 = p * sums.y + q * sums.ty, q * sums.y + r * sums.ty
    u0, u1 = w00 * v0 + w01 * v1, w01 * v0 + w11 * v1

    def by_group(values: Floats) -> Floats:
        return np.add.reduceat(values, sums.groups[:-1])

    left = np.stack([by_group(w00), by_group(w01), by_group(w01), by_group(w11)], axis=1).reshape(-1, 2, 2)
    right = np.stack([by_group(sums.y - u0), by_group(sums.ty - u1)], axis=1)
    cover = np.asarray(np.linalg.inv(left), np.float64)
    beta = np.asarray(np.einsum("gij,gj->gi", cover, right), np.float64)
    own = float(((sums.y - u0) * v0 + (sums.ty - u1) * v1).sum())
    quadratic = float(sums.yy.sum()) - own - float((right * beta).sum())
    freedom = float(sums.n.sum()) - beta.size
    noise = max(quadratic / freedom, 1e-300)
    criterion = freedom * np.log(noise) + np.log(det).sum() + np.linalg.slogdet(left)[1].sum()
    return float(criterion), beta, cover, noise, relative


def _against_the_first(own: Floats, cover: Floats) -> tuple[Floats, Floats]:
    """Level and slope of the first group, then the differences of the others from it, with their covariance."""
    groups = len(own)
    whole = np.zeros((2 * groups, 2 * groups))
    for g in range(groups):
        whole[2 * g : 2 * g + 2, 2 * g : 2 * g + 2] = cover[g]
    contrast = np.eye(2 * groups)
    contrast[2:, :2] -= np.tile(np.eye(2), (groups - 1, 1))
    return contrast @ own.ravel(), contrast @ whole @ contrast.T
