"""What asks for attention because a second result says the same: two in a row, and not two with a good one between."""

from __future__ import annotations

import pandas as pd

from analytics.analysis import analyse
from tests.builders import panel_of

DAY0 = pd.Timestamp("2024-03-01")
LINE = [(DAY0, "systemic", "FOLFOX")]


def _found(rule, rows):
    labs = [(DAY0 + pd.Timedelta(days=day), code, value) for day, code, value in rows]
    found = analyse(panel_of(labs, LINE)).findings
    return found[found["rule"] == rule]


def _pair(day, albumin, bilirubin):
    return [(day, "ALB", albumin), (day, "BILI", bilirubin)]


def test_albi_that_stays_worse_is_told_and_not_where_a_good_result_lies_between():
    before = _pair(-3, 4.2, 0.7)
    worse = [row for day in (30, 51, 72) for row in _pair(day, 3.4, 1.0)]
    between = [*worse[:2], *_pair(40, 4.2, 0.7), *worse[2:4], *_pair(61, 4.2, 0.7), *worse[4:]]
    for stays in (worse, worse[:4]):
        assert list(_found("hepatic_decompensation", before + stays)["level"]) == ["attention"]
    assert _found("hepatic_decompensation", before + worse[:2]).empty
    assert _found("hepatic_decompensation", before + between).empty


def test_platelets_and_apri_of_one_result_inform_and_of_two_ask_for_attention():
    def both(day, platelets, ast):
        return [(day, "PLAT", platelets), (day, "AST", ast)]

    before = both(-3, 250, 30)
    one = _found("sinusoidal_pattern", [*before, *both(40, 120, 55), *both(61, 230, 30)])
    assert list(one["level"]) == ["information"] and "one result, not confirmed" in one.iloc[0]["says"]
    two = _found("sinusoidal_pattern", [*before, *both(40, 120, 55), *both(61, 118, 52)])
    assert "attention" in set(two["level"])
    assert "confirmed by a second result" in two[two["level"] == "attention"].iloc[0]["says"]
