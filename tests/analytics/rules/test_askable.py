"""A rule is left out only where it has no time point anyway: leaving it out changes nothing that anybody reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analytics.analysis import analyse
from analytics.rules import rules
from analytics.rules.marker_rise import MARKERS
from tests.stores import sample_store_in

LEFT_OUT = {code: rule for code, rule in rules().items() if rule.askable is not None}


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """The sample without one kind of data each: by what is missing."""
    panel = sample_store_in(tmp_path_factory.mktemp("askable")).panel()
    labs, events = panel.labs, panel.events
    lacking = {
        "images": replace(panel, imaging=panel.imaging.iloc[:0]),
        "markers": replace(panel, labs=labs[~labs["analyte"].isin(MARKERS)]),
        "weights": replace(panel, labs=labs[labs["analyte"] != "WEIGHT"]),
        "events": replace(panel, events=events.iloc[:0]),
        "systemic treatment": replace(panel, events=events[events["kind"] != "systemic"]),
        "all agents but one": replace(panel, events=events[events["name"] == "FOLFOX"]),
        "nothing": panel,
    }
    return {name: analyse(one).case for name, one in lacking.items()}


@pytest.mark.parametrize("code", LEFT_OUT)
def test_a_rule_that_is_left_out_has_no_time_point(code, cases):
    rule = LEFT_OUT[code]
    asked = {name: rule.askable(case) for name, case in cases.items()}
    assert not all(asked.values()), "never left out: what is missing here does not concern it"
    for name, case in cases.items():
        if not asked[name]:
            assert len(rule.assess(case).patient) == 0, f"without {name}"


def test_most_of_them_are_assessed_where_the_data_are_there(cases):
    assert sum(rule.askable(cases["nothing"]) for rule in LEFT_OUT.values()) >= len(LEFT_OUT) - 4
