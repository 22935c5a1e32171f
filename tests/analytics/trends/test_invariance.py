"""What must not change anything: units, the origin of time, the order of rows, other patients."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.analysis import analyse
from analytics.derive.points import points_of
from analytics.panel import Panel
from analytics.trends.smoother import surprises_of

TEXTS = ["verdict", "why", "p_method", "alarm", "began_with", "against_nadir", "now", "now_from_is", "now_confirmed"]
NUMBERS = [
    "slope_pct_per_week",
    "slope_low",
    "slope_high",
    "p_exact",
    "change_pct",
    "rcv_up_pct",
    "noise_pct",
    "change_p",
    "level_change_pct",
    "second_change_p",
    "second_level_change_pct",
    "now_n",
    "now_days",
    "now_change_pct",
    "now_limit_pct",
]
DAY0 = pd.Timestamp("2024-01-01")


@st.composite
def courses(draw):
    """Days, values and comparators of one analyte, with ties, same-day results and limits, and a few events."""
    count = draw(st.integers(1, 14))
    days = draw(st.lists(st.integers(0, 300), min_size=count, max_size=count))
    values = draw(st.lists(st.integers(1, 60), min_size=count, max_size=count))
    below = draw(st.lists(st.sampled_from(["", "", "", "<"]), min_size=count, max_size=count))
    kinds = st.sampled_from(["biliary_stent", "ablation", "systemic", "radiation"])
    events = draw(st.lists(st.tuples(st.integers(0, 300), kinds), max_size=3, unique_by=lambda e: e[0]))
    return days, values, below, events


def _labs(course, analyte="CA19_9AG", patient="P1", scale=1.0, shift=0):
    days, values, below, _ = course
    return pd.DataFrame(
        {
            "patient_id": patient,
            "analyte": analyte,
            "collected_at": DAY0 + pd.to_timedelta(np.array(days) + shift, unit="D"),
            "value": np.array(values, float) * scale,
            "comparator": below,
            "uln": 20.0 * scale,
        }
    )


def _events(course, patient="P1", shift=0):
    frame = pd.DataFrame(course[3], columns=["day", "kind"])
    return pd.DataFrame(
        {
            "patient_id": pd.Series([patient] * len(frame), dtype="str"),
            "kind": frame["kind"].astype("str"),
            "name": frame["kind"].astype("str"),
            "start_date": DAY0 + pd.to_timedelta(frame["day"].astype("int64") + shift, unit="D"),
        }
    )


def _analyse(labs, events):
    return analyse(Panel.of(labs, events))


def _same(one, other, columns, rtol=1e-7):
    pd.testing.assert_frame_equal(
        one[columns].reset_index(drop=True), other[columns].reset_index(drop=True), rtol=rtol, atol=1e-9
    )


@given(courses(), st.sampled_from([0.5, 3.0, 17.104, 88.4, 1000.0]))
@settings(max_examples=20)
def test_another_unit_changes_no_relative_number(course, scale):
    one, other = (_analyse(_labs(course, scale=s), _events(course)) for s in (1.0, scale))
    _same(one.series, other.series, TEXTS + NUMBERS)
    _same(
        one.responses, other.responses, ["verdict", "why", "level_change_pct", "day_half", "day_nadir", "day_recovery"]
    )
    assert np.allclose(surprises_of(one.case), surprises_of(other.case), equal_nan=True, atol=1e-6)


@given(courses(), st.integers(-3000, 3000))
@settings(max_examples=20)
def test_another_origin_of_time_changes_no_number(course, shift):
    one, other = (_analyse(_labs(course, shift=s), _events(course, shift=s)) for s in (0, shift))
    _same(one.series, other.series, [*TEXTS, *NUMBERS, "slope_per_day", "nadir", "personal_low"])
    _same(one.responses, other.responses, ["verdict", "before", "day_before", "day_peak", "level_change_pct"])
    for column in ("alarm_at", "now_since"):
        moved = other.series[column] - pd.Timedelta(days=shift)
        pd.testing.assert_series_equal(one.series[column], moved.astype("datetime64[us]"))


@given(courses(), st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_the_order_of_rows_changes_nothing_but_ties_of_one_moment(course, random):
    labs, events = _labs(course), _events(course)
    order = list(range(len(labs)))
    random.shuffle(order)
    shuffled = _analyse(labs.iloc[order].reset_index(drop=True), events)
    one = _analyse(labs, events)
    _same(one.series, shuffled.series, [*TEXTS, *NUMBERS, "n", "n_days", "n_censored", "nadir", "peak", "now_from"])
    _same(one.responses, shuffled.responses, ["verdict", "before", "nadir", "day_nadir", "peak", "level_change_pct"])


@given(courses(), st.randoms(use_true_random=False), st.sampled_from([1.0, 17.104]), st.integers(-3000, 3000))
@settings(max_examples=20)
def test_findings_are_the_same_in_another_unit_on_other_dates_and_in_another_order_of_rows(
    course, random, scale, shift
):
    order = list(range(len(course[0])))
    random.shuffle(order)
    one = _analyse(_labs(course), _events(course)).findings
    other = _analyse(
        _labs(course, scale=scale, shift=shift).iloc[order].reset_index(drop=True), _events(course, shift=shift)
    ).findings
    other = other.assign(onset=other["onset"] - pd.Timedelta(days=shift))
    _same(one, other.astype({"onset": one["onset"].dtype}), ["rule", "level", "onset", "state"])


@given(courses(), courses())
@settings(max_examples=20)
def test_other_patients_and_a_copy_change_nothing(course, other):
    alone = _analyse(_labs(course), _events(course))
    labs = pd.concat([_labs(other, patient="P0", shift=-4000), _labs(course), _labs(course, patient="P2")])
    events = pd.concat([_events(other, patient="P0", shift=-4000), _events(course), _events(course, patient="P2")])
    many = _analyse(labs.reset_index(drop=True), events.reset_index(drop=True))
    for table in ("series", "responses"):
        single, every = getattr(alone, table), getattr(many, table)
        columns = [c for c in single.columns if c != "patient_id"]
        for patient in ("P1", "P2"):
            _same(single, every[every.patient_id == patient], columns, rtol=1e-12)
    assert np.allclose(
        surprises_of(alone.case),
        surprises_of(many.case)[points_of(many.case).patient == 1],
        equal_nan=True,
        rtol=0,
        atol=1e-12,
    )


@given(courses())
@settings(max_examples=20)
def test_every_table_has_its_columns_types_and_closed_sets(course):
    from analytics.tables import RESPONSES_TABLE, SERIES

    made = _analyse(_labs(course), _events(course))
    SERIES.check(made.series)
    RESPONSES_TABLE.check(made.responses)
    few = made.series.n_days < 5
    assert (made.series.verdict[few] == "not_enough_data").all()
    assert (made.series.still_needed == (5 - made.series.n_days).clip(lower=0)).all()
    assert made.series.slope_low[made.series.n_days <= 4].isna().all()
    called = made.series.verdict.isin(["rising", "falling"])
    assert (made.series.p_exact[called] < 0.05).all()
    beyond = (made.series.change_pct > made.series.rcv_up_pct) | (made.series.change_pct < made.series.rcv_down_pct)
    assert beyond[called].all()
