"""Results that are given as limits ("<x", ">x"): they make no movement that may not be, and say so where they do."""

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.trends.now_words import now_sentence, now_short
from analytics.trends.one_sided import one_sided
from tests.builders import panel_of, together

LEVELS = {"CEA": 4.0, "CRP": 4.0, "ALT": 30.0, "ALB": 4.0, "INR": 1.05, "CA19_9AG": 20.0}


def person(rng, code):
    """A level that stands still, measured by methods whose limits change, now and then only by these."""
    true, share, signs = LEVELS[code], rng.choice([0.2, 0.5, 0.9]), list(rng.choice(["<", ">", "<>"]))
    limits, when, labs = {}, pd.Timestamp("2024-01-01"), []
    for _ in range(rng.integers(3, 16)):
        if not limits or rng.random() < 0.3:
            limits = {"<": true * rng.uniform(1.05, 6), ">": true / rng.uniform(1.05, 6)}
        when += pd.Timedelta(days=int(rng.integers(5, 40)))
        sign = str(rng.choice(signs)) if rng.random() < share else ""
        value = limits[sign] if sign else true * np.exp(rng.normal(0, 0.015))
        labs.append((str(when.date()), code, round(value, 2), sign))
    events = [(labs[2][0], "systemic", "FOLFOX")] if rng.random() < 0.5 else []
    return panel_of(labs, events)


@pytest.mark.parametrize("code", LEVELS)
def test_a_level_that_stands_still_moves_by_no_limit_of_its_method(code):
    rng = np.random.default_rng(5)
    found = analyse(together(*(person(rng, code) for _ in range(80))))
    last = found.series[found.series["is_last"]]
    moves = last["now"].isin(["rising", "falling", "higher", "lower"])
    assert not moves.any(), last.loc[moves, ["patient_id", "now", "now_from", "baseline"]]
    assert (last["alarm"] == "").all() and (last["against_nadir"] == "").all()
    assert not last["verdict"].isin(["rising", "falling"]).any()
    assert found.findings.empty


def now_of(*values, code="CEA"):
    days = pd.date_range("2024-01-01", periods=len(values), freq="21D")
    parts = [(str(v).lstrip("<>"), str(v)[: -len(str(v).lstrip("<>"))]) for v in values]
    rows = [(d.date(), code, float(number), sign) for d, (number, sign) in zip(days, parts, strict=True)]
    return analyse(panel_of(rows)).series.iloc[-1].to_dict()


@pytest.mark.parametrize(
    ("values", "short", "size"),
    [
        (["<0.5", "<0.5", 6, 20], "rising since 2024-01-01 (lowest <0.5)", "+3900% or more"),
        (["<0.5", 3, 8, ">1000"], "rising since 2024-01-01 (lowest <0.5)", "+199900% or more"),
        ([3, 3, 8, ">1000"], "rising since 2024-01-01 (lowest 3.0)", "+33233% or more"),
        ([40, 40, 12, "<0.5"], "falling since 2024-01-22 (peak 40.0)", "−99% or more"),
        ([">1000", ">1000", 300, 100], "falling since 2024-01-22 (peak >1000.0)", "−90% or more"),
        ([3, 3, 8, 20], "rising since 2024-01-01 (lowest 3.0)", "+567%,"),
    ],
)
def test_a_movement_from_or_to_a_limit_is_told_as_at_least_that(values, short, size):
    row = now_of(*values)
    assert now_short(row) == short
    assert size in now_sentence(row)


def test_a_level_below_a_limit_is_told_as_below_it():
    assert "<0.5" in now_short(now_of(40, 40, 40, "<0.5", "<0.5", "<0.5", "<0.5"))


@pytest.mark.parametrize(
    ("values", "sides", "read"),
    [
        ([10, 4], [-1, 0], [4, 4]),
        ([4, 10], [0, -1], [4, 4]),
        ([10, 5, 10], [-1, -1, -1], [5, 5, 5]),
        ([12, 10, 4], [0, -1, 0], [12, 10, 4]),  # a fall below ten is proven
        ([5, 8], [1, 0], [8, 8]),
        ([5, 3], [1, 0], [5, 3]),  # and this one from five
        ([10, 2, 4], [-1, 1, 0], [4, 4, 4]),
        ([3, 5], [-1, 1], [3, 5]),
        ([10, 3, 5, 9], [-1, -1, 1, 0], [3, 3, 5, 9]),
    ],
)
def test_limits_are_read_as_what_makes_the_least_movement(values, sides, read):
    assert one_sided(np.array([values], float), np.array([sides])).tolist() == [read]
