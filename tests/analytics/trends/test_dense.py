"""Dense days, gaps and lines that change more than the results did."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.settings import Settings
from analytics.trends.daily import daily_of
from analytics.trends.dense import weighed
from tests.builders import panel_of

DAY0 = pd.Timestamp("2024-01-01")


def _panel(days, values, analyte="ALT"):
    return panel_of([(DAY0 + pd.Timedelta(days=float(d)), analyte, v) for d, v in zip(days, values, strict=True)])


def test_ten_days_of_one_admission_weigh_as_one_visit_among_visits():
    visits, stay = np.arange(0, 210, 21), np.arange(64, 74)
    days = np.sort(np.concatenate([visits, stay]))
    values = np.where(np.isin(days, stay), 40 * 0.9 ** (days - 64.0), 40.0)
    daily = daily_of(analyse(_panel(days, values)).case)
    lean = weighed(daily, Settings().trend)
    assert len(lean.day) == len(visits)  # the visit of day 63 is the first of the stretch
    row = analyse(_panel(days, values)).series.iloc[0]
    assert row.n_days == len(days)
    assert row.verdict != "falling"


def test_visits_in_one_rhythm_are_left_as_they_are():
    rng = np.random.default_rng(3)
    days = np.cumsum(rng.integers(3, 40, 30))
    daily = daily_of(analyse(_panel(days, 40 * np.exp(0.1 * rng.normal(size=30)))).case)
    assert weighed(daily, Settings().trend) is daily


@pytest.mark.parametrize("analyte", ["ALT", "ALB", "INR"])
def test_no_fitted_change_goes_beyond_what_was_observed(analyte):
    rng = np.random.default_rng(5)
    for _ in range(60):
        days = np.cumsum(np.where(rng.random(14) < 0.7, 1, rng.integers(20, 100, 14)))
        values = np.round(40 * np.exp(0.15 * rng.normal(size=14).cumsum()), 1)
        panel = _panel(days, values, analyte)
        found = analyse(panel)
        for at, row in enumerate(found.series.itertuples()):
            own = daily_of(found.case).y[daily_of(found.case).starts[at] : daily_of(found.case).starts[at + 1]]
            span = (row.last - row.first) / pd.Timedelta(days=1)
            if row.change_pct == row.change_pct and abs(row.slope_per_day) > 0:
                assert abs(row.slope_per_day) * span <= 1.3 * np.ptp(own)
            if row.verdict in ("rising", "falling"):
                assert row.change_pct == row.change_pct
                assert row.change_pct > -100 or analyte != "ALT"


def test_a_line_that_begins_near_zero_has_no_change_in_percent_of_it():
    inr = [(0, 1.09), (29, 1.06), (50, 1.08), (78, 1.88), (93, 2.66), (94, 2.82), (95, 2.95), (97, 2.78), (148, 6.23)]
    first = pd.Timestamp("2024-01-01")
    row = analyse(panel_of([(first + pd.Timedelta(days=day), "INR", value) for day, value in inr])).series.iloc[0]
    assert pd.isna(row.change_pct) and row.now == "rising"
