"""The band of other patients behind one patient's results: who is in it, on which clock, and when nothing is shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.cohort.population_band import population_band
from tests.builders import panel_of, together

START = pd.Timestamp("2025-03-01")


def person(values: dict[int, float], *, shift: int = 0, second: int | None = None, **more: object):
    """Results of ALT by day of line 1, which begins ``shift`` days later than START; line 2 on day ``second``."""
    begin = START + pd.Timedelta(days=shift)
    labs = [(begin + pd.Timedelta(days=day), "ALT", value) for day, value in values.items()]
    events = [] if more.pop("untreated", False) else [(begin, "systemic", "folfox", None, 1)]
    if second is not None:
        events.append((begin + pd.Timedelta(days=second), "systemic", "folfiri", None, 2))
    return panel_of(labs, events, primary_site=more.pop("primary_site", "colorectal"), **more)


def case_of(*people):
    return analyse(together(*people)).case


def others(n: int, **more: object) -> list:
    return [person({0: 40.0 + i, 30: 80.0 + i}, shift=9 * i, **more) for i in range(n)]


def test_the_band_is_of_the_others_on_the_clock_of_their_own_line() -> None:
    band = population_band(case_of(person({0: 4000, 60: 4000}), *others(10)), "P1", "ALT", "absolute")
    assert band is not None and (band.line, band.primary, band.people) == (1, "colorectal", 10)
    shown = band.windows.set_index("low")
    assert shown.index.tolist() == [0, 28] and shown["high"].tolist() == [27, 55] and shown["n"].tolist() == [10, 10]
    expected = np.quantile(np.arange(10) + 40.0, [0.1, 0.5, 0.9])
    assert shown.loc[0, ["q10", "q50", "q90"]].tolist() == pytest.approx(expected.tolist())
    assert shown.loc[28, "q50"] == pytest.approx(expected[1] + 40)


@pytest.mark.parametrize("scale, by", [("x_uln", 40.0), ("x_baseline", 40.0)])
def test_each_result_is_divided_by_its_own_limit_or_baseline(scale, by) -> None:
    same = [person({-3: 40.0, 30: 60.0 + 2 * i}, shift=i) for i in range(11)]
    band = population_band(case_of(person({0: 50, 60: 50}), *same), "P1", "ALT", scale)
    assert band is not None and band.windows.set_index("low").loc[28, "q50"] == pytest.approx(70.0 / by)


def test_a_window_with_fewer_people_than_asked_is_left_out_and_counted() -> None:
    few = [*others(9), person({0: 44.0})]
    band = population_band(case_of(person({0: 40, 60: 40}), *few), "P1", "ALT", "x_uln")
    assert band is not None and band.windows["low"].tolist() == [0] and band.left_out == 1
    none = population_band(case_of(person({0: 40, 60: 40}), *few), "P1", "ALT", "x_uln", least=11)
    assert none is not None and none.windows.empty and none.people == 0 and none.least == 11


def test_only_the_same_primary_counts_and_everybody_where_it_is_not_known() -> None:
    mixed = [*others(9), person({0: 44.0}, primary_site="breast")]
    known = population_band(case_of(person({0: 40}), *mixed), "P1", "ALT", "x_uln")
    assert known is not None and known.windows.empty
    unknown = population_band(case_of(person({0: 40}, primary_site=None), *mixed), "P1", "ALT", "x_uln")
    assert unknown is not None and unknown.primary == "" and unknown.windows["n"].tolist() == [10]


def test_results_of_the_others_count_until_their_next_line_begins() -> None:
    people = [person({0: 40, 60: 40}), *others(9), person({0: 40.0, 30: 80.0}, second=20)]
    band = population_band(case_of(*people), "P1", "ALT", "x_uln")
    assert band is not None and band.windows["low"].tolist() == [0]


def test_without_a_line_the_first_result_of_each_is_day_0() -> None:
    people = [person({5: 40, 60: 40}, untreated=True), *others(10)]
    band = population_band(case_of(*people), "P1", "ALT", "x_uln")
    assert band is not None and band.line is None and band.windows["low"].tolist() == [0, 28]
    assert band.day0 == (START + pd.Timedelta(days=5) - pd.Timestamp(0)).days


def test_the_others_never_depend_on_the_patient_who_is_looked_at() -> None:
    first = population_band(case_of(person({0: 40, 30: 40}), *others(10)), "P1", "ALT", "x_uln")
    other = population_band(case_of(person({0: 900, 30: 900}), *others(10)), "P1", "ALT", "x_uln")
    assert first is not None and other is not None
    pd.testing.assert_frame_equal(first.windows, other.windows)


def test_of_somebody_without_results_there_is_no_band() -> None:
    assert population_band(case_of(*others(10)), "nobody", "ALT", "x_uln") is None
