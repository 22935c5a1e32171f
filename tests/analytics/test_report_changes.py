"""What is new since the last report, and why: new data, corrected data, a changed rule or setting."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import Analysis, analyse
from analytics.errors import TableError
from analytics.panel import Panel
from analytics.report_changes import Changes, compare, from_bytes, remember, to_bytes
from analytics.settings import Settings
from analytics.tables import FINDINGS
from tests.builders import labs_of

RULES = {"alpha": "1", "beta": "1"}
DAYS = ("2024-01-01", "2024-01-15", "2024-02-01")


def finding(number: str, patient: str = "P1", **more: Any) -> dict[str, Any]:
    row = {
        "finding_id": number,
        "patient_id": patient,
        "rule": "alpha",
        "level": "attention",
        "state": "ongoing",
        "onset": pd.Timestamp("2024-01-01"),
        "last_seen": pd.Timestamp("2024-01-15"),
        "analytes": "[]",
        "says": "ALT is 3 x ULN.",
        "numbers": "{}",
        "evidence": "[1]",
        "reference": "source",
        "rule_version": "1",
        "severity": 3.0,
    }
    return row | more


def analysis(
    values: dict[str, list[float]] | None = None,
    findings: list[dict[str, Any]] | None = None,
    settings: Settings | None = None,
) -> Analysis:
    values = {"P1": [30, 40, 50]} if values is None else values
    rows = [labs_of([(d, "ALT", v) for d, v in zip(DAYS, many, strict=False)], p) for p, many in values.items()]
    panel = Panel.of(pd.concat(rows, ignore_index=True))
    frame = FINDINGS.conform(pd.DataFrame(findings)) if findings else FINDINGS.empty()
    return Analysis(panel, settings or Settings(), given={"findings": frame})


def changes(old: Analysis, new: Analysis, rules: dict[str, str] | None = None) -> Changes:
    memory = from_bytes(to_bytes(remember(old, RULES)))
    return compare(memory, new, rules or RULES)


def told(found: Changes) -> list[tuple[str, str, str]]:
    rows = found.findings[found.findings["change"] != ""]
    return [(r["finding_id"], r["change"], r["cause"]) for r in rows.to_dict("records")]


def test_the_first_report_counts_everything_that_is_open_as_new():
    found = compare(None, analysis(findings=[finding("a"), finding("b", state="resolved")]), RULES)
    assert found.first
    assert told(found) == [("a", "new", "data")]
    assert found.joined == ()


def test_the_same_input_twice_changes_nothing():
    one = analysis(findings=[finding("a"), finding("b", severity=-2.5), finding("c", severity=0.0)])
    found = changes(one, one)
    assert told(found) == []
    assert not any(found.counts.values())


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({}, {"severity": 3.1}, "worse"),
        ({}, {"level": "urgent"}, "worse"),
        ({}, {"severity": 2.9}, ""),
        ({"level": "urgent"}, {"severity": 9.0}, ""),
        ({}, {"state": "resolved", "resolved_at": pd.Timestamp("2024-02-01")}, "resolved"),
        ({"state": "new"}, {"state": "resolved"}, ""),
        ({"state": "resolved"}, {"state": "ongoing"}, "new"),
        ({"state": "resolved"}, {"state": "resolved"}, ""),
        ({"severity": -3.0}, {"severity": -3.0}, ""),
        ({"severity": -3.0}, {"severity": -2.0}, "worse"),
        ({"level": "good"}, {"level": "good", "severity": 9.0}, ""),
    ],
)
def test_a_finding_is_new_worse_or_resolved(before: dict[str, Any], after: dict[str, Any], change: str):
    found = changes(analysis(findings=[finding("a", **before)]), analysis(findings=[finding("a", **after)]))
    assert [c for _, c, _ in told(found)] == ([change] if change else [])


def test_what_came_and_went_between_two_reports_is_told_and_what_was_over_before_is_not():
    old = analysis({"P1": [30, 40]}, [finding("a")])
    gone = {"state": "resolved", "resolved_at": pd.Timestamp("2024-02-01")}
    late, early = pd.Timestamp("2024-01-20"), pd.Timestamp("2024-01-15")
    now = [finding("a"), finding("b", last_seen=late, **gone), finding("c", last_seen=early, **gone)]
    now += [finding("d", "P2", last_seen=late, **gone)]
    found = changes(old, analysis({"P1": [30, 40, 50], "P2": [30, 40, 50]}, now))
    assert told(found) == [("b", "passed", "data")], "a patient who joined brings no history"


def test_a_finding_that_is_no_longer_found_is_said_and_one_of_a_patient_who_left_is_not():
    old = analysis({"P1": [1], "P2": [1]}, [finding("a"), finding("b", "P2"), finding("c", state="resolved")])
    found = changes(old, analysis({"P1": [1]}))
    assert [(i, c) for i, c, _ in told(found)] == [("a", "no_longer")]
    assert found.left == ("P2",)


def test_a_corrected_value_is_shown_before_and_after_and_named_as_the_cause():
    found = changes(analysis({"P1": [30, 40, 50]}), analysis({"P1": [30, 44, 50]}, [finding("a")]))
    assert found.corrected[["analyte", "before", "after"]].values.tolist() == [["ALT", "40", "44"]]
    assert told(found) == [("a", "new", "corrected")]


def test_a_withdrawn_value_keeps_what_it_was():
    found = changes(analysis({"P1": [30, 40, 50]}), analysis({"P1": [30, 40]}))
    assert found.withdrawn["before"].tolist() == ["50"]
    assert found.counts["withdrawn"] == 1


def test_a_new_value_is_new_data_and_a_past_one_is_late():
    old, new = analysis({"P1": [30, 40]}), analysis({"P1": [30, 40, 50]}, [finding("a")])
    found = changes(old, new)
    assert told(found) == [("a", "new", "data")]
    assert found.fresh.to_dict() == {"P1": 1}
    assert found.late.empty
    only_ends = Analysis(_without(new.panel, 1), Settings(), given={"findings": FINDINGS.empty()})
    assert changes(only_ends, new).late["after"].tolist() == ["40"]


def _without(panel: Panel, row: int) -> Panel:
    return Panel.of(panel.labs.drop(index=row))


def test_a_changed_rule_and_a_changed_setting_come_before_the_data_as_cause():
    old, new = analysis({"P1": [30]}), analysis({"P1": [30, 40]}, [finding("a", rule_version="2")])
    found = changes(old, new, {"alpha": "2", "gamma": "1"})
    assert told(found) == [("a", "new", "rule")]
    assert found.rules == {"alpha": ("1", "2"), "beta": ("1", "–"), "gamma": ("–", "1")}
    other = Settings().changed({"trend": {"alpha": 0.01}})
    found = changes(old, analysis({"P1": [30, 40]}, [finding("a")], other))
    assert told(found) == [("a", "new", "settings")]
    assert found.settings


def test_time_alone_is_named_as_cause_where_no_data_changed():
    found = changes(analysis(), analysis(findings=[finding("a", rule="beta")]))
    assert told(found) == [("a", "new", "time")]


def test_a_patient_who_joined_is_the_cause_of_the_findings():
    found = changes(analysis({"P1": [1]}), analysis({"P1": [1], "P2": [9]}, [finding("a", "P2")]))
    assert told(found) == [("a", "new", "patient")]
    assert found.joined == ("P2",)


def test_a_memory_is_the_same_bytes_each_time_and_damage_is_said():
    block = to_bytes(remember(analysis(findings=[finding("a")]), RULES))
    assert block == to_bytes(remember(analysis(findings=[finding("a")]), RULES))
    with pytest.raises(TableError, match="cannot be read"):
        from_bytes(block[: len(block) // 2])


def test_two_results_of_one_key_are_told_apart():
    twice = analysis({"P1": [30, 40]})
    labs = pd.concat([twice.panel.labs, twice.panel.labs.assign(value=lambda f: f["value"] + 1)], ignore_index=True)
    both = Analysis(Panel.of(labs), Settings(), given={"findings": FINDINGS.empty()})
    found = changes(both, both)
    assert not any(found.counts.values())
    assert found.fresh.sum() == 0
    assert np.isfinite(found.corrected["value"]).all()


def test_it_works_on_the_real_pipeline():
    one = analyse(Panel.of(labs_of([(d, "ALT", v) for d, v in zip(DAYS, (30, 250, 900), strict=True)])))
    found = changes(analyse(_without(one.panel, 2)), one)
    assert set(found.findings["change"]) <= {"", "new", "worse", "resolved", "no_longer"}
    assert found.fresh.to_dict() == {"P1": 1}
