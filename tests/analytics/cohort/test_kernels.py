"""Statistics of a cohort against independent implementations."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from analytics.analysis import analyse
from analytics.arrays import sorted_runs
from analytics.cohort import mixed
from analytics.cohort.bands import align, bands
from analytics.cohort.fdr import adjusted, discovered
from analytics.cohort.mixed import fit_mixed
from analytics.cohort.survival import kaplan_meier, log_rank
from analytics.derive.points import points_of
from tests.analytics.vectors.reading import vectors
from tests.builders import panel_of, together


@pytest.mark.parametrize("case", vectors("trends", "FDR_BH"), ids=str)
def test_adjusted_p_equals_r(case):
    p = np.array([np.nan if x is None else x for x in case.inputs["p"]])
    expected = np.array([np.nan if x is None else x for x in case.expected["bh_adjusted"]])
    assert adjusted(p) == pytest.approx(expected, abs=6e-9, nan_ok=True)
    if "rejected_at_0.05" in case.expected:
        assert discovered(p, 0.05).sum() == case.expected["rejected_at_0.05"]


def test_an_empty_family_has_no_discoveries():
    assert discovered(np.array([np.nan, np.nan])).sum() == 0
    assert len(adjusted(np.zeros(0))) == 0


@pytest.mark.parametrize(
    "codes",
    [[], [3], [1, 1, 2, 7, 7], [2, 2, 1, 1, 1, 3], [5, 4, 4, 5, 5, 4], [1, 2, 1, 2, 1], [9, 8, 7]],
    ids=str,
)  # fmt: skip
def test_runs_are_sorted_as_their_entries_one_by_one_would_be(codes: list[int]):
    values = np.array(codes, np.int64)
    order = sorted_runs(values)
    rising = bool(np.all(np.diff(values) >= 0))
    assert (order is None) == rising
    assert rising or order.tolist() == np.argsort(values, kind="stable").tolist()


def test_bands_equal_pandas_on_one_value_a_series(rng):
    who = np.repeat(np.arange(300), 12)
    day = np.sort(rng.random((300, 12)) * 100, axis=1).ravel()
    value = rng.normal(size=3600)
    value[::17] = np.nan
    edges = np.arange(0.0, 101.0, 10.0)
    made = bands(day, value, who, edges)
    frame = pd.DataFrame({"who": who, "bin": np.floor(day / 10), "value": value}).dropna()
    each = frame.groupby(["bin", "who"])["value"].median()
    expected = each.groupby("bin").quantile(list(made.quantiles)).unstack().to_numpy().T
    assert made.values == pytest.approx(expected, abs=1e-12)
    assert list(made.n) == list(each.groupby("bin").count())
    assert list(made.results) == list(frame.groupby("bin")["value"].count())


def test_a_bin_with_too_few_series_shows_nothing():
    made = bands(
        np.array([1.0, 1.0, 11.0]), np.array([1.0, 3.0, 5.0]), np.array([0, 1, 1]), np.array([0.0, 10, 20]), least=2
    )
    assert list(made.n) == [2, 1]
    assert made.values[2, 0] == 2.0 and np.isnan(made.values[:, 1]).all()


def test_results_are_laid_on_the_clock_of_each_event():
    rows = [
        ("2024-01-01", "BILI", 5.0),
        ("2024-01-11 10:00", "BILI", 3.0),
        ("2024-01-21", "BILI", 1.0),
        ("2024-01-12", "ALT", 9.0),
    ]
    case = analyse(together(panel_of(rows), panel_of(rows))).case
    start = points_of(case).day.min() + np.array([10.0, 10.0, 20.0])
    got = align(case, "BILI", np.array([0, 1, 1]), start, before=10, after=0)
    assert list(got.event) == [0, 0, 1, 1, 2, 2]
    assert got.day == pytest.approx([-10, 10 / 24, -10, 10 / 24, -10 + 10 / 24, 0])
    assert list(got.value) == [5.0, 3.0, 5.0, 3.0, 3.0, 1.0]


@pytest.fixture
def slopes(rng):
    who = np.repeat(np.arange(80), 8)
    day = np.tile(np.arange(8) * 14.0, 80) + rng.integers(0, 7, 640)
    group = (who >= 40).astype(int)
    own = rng.multivariate_normal([0, 0], [[0.2, -0.0005], [-0.0005, 0.00001]], 80)
    y = 3.5 + 0.3 * group + own[who, 0] + (0.004 + 0.006 * group + own[who, 1]) * day + 0.15 * rng.normal(size=640)
    return day, y, who, group


def test_the_mixed_model_equals_statsmodels(slopes):
    from statsmodels.regression.mixed_linear_model import MixedLM

    day, y, who, group = slopes
    made = fit_mixed(day, y, who, group)
    design = np.column_stack([np.ones(len(day)), day, group, group * day])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scaled = design * [1, 1 / 30, 1, 1 / 30]
        other = MixedLM(y, scaled, who, scaled[:, :2]).fit(reml=True, method=["lbfgs", "powell"])
    assert made.converged and (made.patients, made.results) == (80, 640)
    assert made.estimate == pytest.approx(other.fe_params / [1, 30, 1, 30], rel=2e-4)
    assert made.se == pytest.approx(other.bse_fe / [1, 30, 1, 30], rel=2e-3)
    assert made.noise == pytest.approx(other.scale, rel=2e-3)


@pytest.fixture(scope="module")
def many():
    """12,000 patients with four results each; every other patient falls, the others rise: (day, y, who, group)."""
    rng = np.random.default_rng(8)
    n = 12_000
    who = np.repeat(np.arange(n), 4)
    day = np.sort(rng.random((n, 4)) * 180, axis=1).ravel()
    own = rng.normal(size=n) * 0.3
    slope = np.where(np.arange(n) % 2, 0.004, -0.004) + rng.normal(size=n) * 0.0005
    group = (rng.random(n) < 0.4).astype(int)
    y = 3.4 + own[who] + slope[who] * day + rng.normal(size=len(who)) * 0.2
    return day, y, who, group[who]


def test_who_comes_first_in_the_data_does_not_matter(many):
    day, y, who, group = many
    made = fit_mixed(day, y, who, group)
    for seed in range(3):
        names = np.random.default_rng(seed).permutation(who.max() + 1)
        other = fit_mixed(day, y, names[who], group)
        for name in ("estimate", "se", "p", "between", "noise"):
            assert getattr(other, name) == pytest.approx(getattr(made, name), rel=1e-9, abs=1e-15), name


@pytest.mark.parametrize("spread", [0.02, 5e-4, 5e-5, 0.0], ids=lambda s: f"own slopes {s:g}")
def test_the_fit_is_at_the_bottom_even_where_patients_have_hardly_any_slopes_of_their_own(rng, spread):
    n = 6_000
    who = np.repeat(np.arange(n), 5)
    day = rng.random(len(who)) * 180
    y = 3.4 + 0.4 * rng.normal(size=n)[who] + spread * rng.normal(size=n)[who] * day + 0.2 * rng.normal(size=len(who))
    made = fit_mixed(day, y, who)
    _, patient = np.unique(who, return_inverse=True)
    scale, middle = day.std(), y.mean()
    sums = mixed._sums(day / scale, y - middle, patient, np.zeros(n, int), 1)

    def criterion(x):
        return mixed._profile(x, sums)[0]

    starts = [np.array([a, 0.0, b]) for a in (-1.0, 1.0) for b in (-8.0, -4.0, -1.0, 1.0)]
    searched = [optimize.minimize(criterion, x, method="Nelder-Mead", options={"maxiter": 2000}).fun for x in starts]
    relative = made.between * np.outer([1, scale], [1, scale]) / made.noise
    low = np.linalg.cholesky(relative + np.diag([0.0, 1e-14]))
    mine = criterion(np.array([np.log(low[0, 0]), low[1, 0], np.log(low[1, 1])]))
    assert made.converged
    assert mine <= min(searched) + 2e-3, "a likelihood so near to the best is the same one to every digit shown"


def test_a_group_slope_is_told_in_percent_a_week(slopes):
    made = fit_mixed(*slopes)
    mid, low, high = made.pct_per_week(3)
    assert low < 100 * np.expm1(0.042) < high and low < mid < high


def test_too_few_patients_give_no_model():
    assert fit_mixed(np.array([0.0, 7, 0, 7]), np.array([1.0, 2, 1, 2]), np.array([0, 0, 1, 1])) is None


def test_kaplan_meier_by_hand():
    curve = kaplan_meier(np.array([6.0, 7, 10, 15, 19, 25]), np.array([1, 0, 1, 1, 0, 1], bool))
    happened = curve.events > 0
    assert list(curve.day[happened]) == [6, 10, 15, 25]
    assert curve.free[happened] == pytest.approx([5 / 6, 5 / 6 * 3 / 4, 5 / 6 * 3 / 4 * 2 / 3, 0])
    assert list(curve.at_risk[happened]) == [6, 4, 3, 1]
    assert (curve.median, curve.n) == (15, 6)


def test_the_interval_of_the_curve_equals_scipy(rng):
    day, happened = np.ceil(rng.exponential(50, 40)), rng.random(40) < 0.7
    curve = kaplan_meier(day, happened)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # scipy says that its first and last limits are undefined
        other = stats.ecdf(stats.CensoredData.right_censored(day, ~happened)).sf.confidence_interval(method="log-log")
    inside = (curve.free > 0) & (curve.free < 1)
    assert curve.low[inside] == pytest.approx(other.low.probabilities[inside])
    assert curve.high[inside] == pytest.approx(other.high.probabilities[inside])


def test_log_rank_equals_scipy_for_two_groups(rng):
    day, happened, group = np.ceil(rng.exponential(50, 60)), rng.random(60) < 0.7, rng.integers(0, 2, 60)
    sides = [stats.CensoredData.right_censored(day[group == g], ~happened[group == g]) for g in (0, 1)]
    chi2, p = log_rank(day, happened, group)
    assert p == pytest.approx(stats.logrank(*sides).pvalue)
    assert chi2 == pytest.approx(stats.logrank(*sides).statistic ** 2)


def test_log_rank_needs_two_groups_and_an_event():
    assert np.isnan(log_rank(np.array([1.0, 2]), np.array([True, True]), np.array([0, 0]))[1])
    assert np.isnan(log_rank(np.array([1.0, 2]), np.array([False, False]), np.array([0, 1]))[1])
    assert kaplan_meier(np.zeros(0), np.zeros(0, bool)).n == 0
