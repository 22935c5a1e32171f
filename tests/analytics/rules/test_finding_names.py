"""A finding keeps its name whoever else is in the panel and whatever comes later."""

from __future__ import annotations

from analytics.analysis import analyse
from analytics.rules._findings import finding_id
from tests.builders import panel_of, together

RISE = [
    ("2024-01-01", "ALT", 30), ("2024-01-01", "ALP", 90), ("2024-01-01", "BILI", 0.5),
    ("2024-02-01", "ALT", 400), ("2024-02-01", "ALP", 100), ("2024-02-01", "BILI", 0.6),
    ("2024-02-08", "ALT", 500), ("2024-02-08", "ALP", 110), ("2024-02-08", "BILI", 4.0),
]  # fmt: skip
LINE = [("2024-01-02", "systemic", "FOLFOX")]


def names(panel, patient="P1"):
    findings = analyse(panel).findings
    about_labs = findings["rule"] != "overdue_panel"  # a new result ends that one, as it should
    return set(findings.loc[(findings["patient_id"] == patient) & about_labs, "finding_id"])


def test_the_names_of_one_patient_do_not_depend_on_the_others():
    alone = panel_of(RISE, LINE, as_of="2024-03-01")
    other = panel_of([("2024-01-01", "BILI", 9.0)], [("2023-12-01", "biliary_stent")], as_of="2024-03-01")
    both = together(other, alone)
    wanted = names(both.select(["P2"]), "P2")
    assert wanted and names(both, "P2") == wanted


def test_a_later_result_leaves_the_names_of_what_was_found():
    before = names(panel_of(RISE, LINE, as_of="2024-03-01"))
    after = names(panel_of([*RISE, ("2024-02-20", "ALT", 900), ("2024-02-20", "AST", 2000)], LINE, as_of="2024-03-01"))
    assert before and before <= after


def test_names_are_unique_in_a_panel():
    findings = analyse(together(*[panel_of(RISE, LINE, as_of="2024-03-01")] * 3)).findings
    assert findings["finding_id"].is_unique


def test_a_name_rests_on_patient_rule_and_anchor():
    assert finding_id("P1", "hys_law", "x") != finding_id("P2", "hys_law", "x") != finding_id("P2", "parks", "x")
