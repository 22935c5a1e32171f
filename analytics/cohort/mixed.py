"""Mixed model of the logarithm of a value by group and time, with its own level and slope for every patient.

ln y = (b0 + u0) + (b1 + u1) t + group effects on level and slope + e, with (u0, u1) normal. Given the two-by-two sums
of each patient the likelihood needs no matrix larger than that, so the exact restricted maximum likelihood (REML) of
thousands of patients takes a few hundredths of a second; the estimates are those of ``statsmodels`` MixedLM.

Drop-out is seldom by chance: show how many patients are left beside it.

References:
    N. M. Laird, J. H. Ware, Biometrics 38 (1982) 963-974.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from analytics.case import Floats, Ints

_LEAST_PATIENTS = 3


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
    """Sums of each patient: Z'Z (m, 2, 2), Z'y (m, 2), y'y over all, design (m, 2, f), results in all."""

    zz: Floats
    zy: Floats
    yy: float
    design: Floats
    count: int


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
    sums = _sums(day / scale, log_value, patient, member, len(known))
    at, converged = _search(sums)
    _, beta, cover, noise, relative = _profile(at, sums)
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
    count = len(member)

    def total(values: Floats | None) -> Floats:
        return np.bincount(patient, weights=values, minlength=count).astype(np.float64)

    cross = total(t)
    zz = np.stack([total(None), cross, cross, total(t * t)], axis=1).reshape(-1, 2, 2)
    design = np.zeros((count, 2, 2 * groups))
    design[:, 0, 0] = design[:, 1, 1] = 1.0
    for g in range(1, groups):
        design[member == g, 0, 2 * g] = design[member == g, 1, 2 * g + 1] = 1.0
    return _Sums(zz, np.stack([total(y), total(t * y)], axis=1), float(y @ y), design, len(y))


def _search(sums: _Sums) -> tuple[Floats, bool]:
    """Search the Cholesky factor of the patients' covariance relative to the noise; and whether it ended well."""

    def criterion(x: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        return _profile(x, sums)[0]

    starts: list[np.ndarray[tuple[int], np.dtype[np.float64]]] = [np.zeros(3), np.array([1.0, 0.0, -1.0])]
    found = [optimize.minimize(criterion, start, method="BFGS") for start in starts]
    best = min(found, key=lambda r: float(r.fun))
    # as exact as the sums allow: rounding moves the criterion by some 1e-12 of itself
    exact = 1e-11 * max(1.0, abs(float(best.fun)))
    polished = optimize.minimize(criterion, best.x, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": exact})
    return np.asarray(polished.x, np.float64), bool(polished.success)


def _profile(x: Floats, sums: _Sums) -> tuple[float, Floats, Floats, float, Floats]:
    """REML criterion with fixed effects and noise at their best; also these, and the relative covariance."""
    factor = np.array([[np.exp(np.clip(x[0], -30, 30)), 0.0], [x[1], np.exp(np.clip(x[2], -30, 30))]])
    relative = factor @ factor.T
    inner = np.eye(2) + relative @ sums.zz
    det = inner[:, 0, 0] * inner[:, 1, 1] - inner[:, 0, 1] * inner[:, 1, 0]
    inverse = (
        np.stack([inner[:, 1, 1], -inner[:, 0, 1], -inner[:, 1, 0], inner[:, 0, 0]], axis=1).reshape(-1, 2, 2)
        / det[:, None, None]
    )
    weight = sums.zz @ inverse
    shrunk = sums.zy - np.einsum("mij,mj->mi", sums.zz @ inverse @ relative, sums.zy)
    left = np.einsum("mif,mij,mjg->fg", sums.design, weight, sums.design)
    right = np.einsum("mif,mi->f", sums.design, shrunk)
    cover = np.linalg.inv(left)
    beta = cover @ right
    quadratic = sums.yy - np.einsum("mi,mij,mj->", sums.zy, inverse @ relative, sums.zy) - right @ beta
    freedom = sums.count - len(beta)
    noise = max(float(quadratic) / freedom, 1e-300)
    criterion = freedom * np.log(noise) + np.log(det).sum() + np.linalg.slogdet(left)[1]
    return float(criterion), beta, cover, noise, relative
