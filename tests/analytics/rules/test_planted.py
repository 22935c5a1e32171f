"""Every planted journey is found in its window with the right reading, and quiet people stay quiet."""

import pytest

from tests.analytics.rules.planted import (
    EXPECTED,
    ROOT,
    confusion_page,
    loud_findings,
    main_reading,
    sample_analysis,
    truths,
    within,
)


@pytest.fixture(scope="module")
def analysis(tmp_path_factory):
    return sample_analysis(tmp_path_factory.mktemp("planted") / "store")


def test_every_planted_journey_has_an_expectation(analysis):
    assert {t.journey for t in truths(analysis.panel.as_of)} == set(EXPECTED)


@pytest.mark.parametrize("journey", EXPECTED)
def test_the_rules_find_what_was_planted(analysis, journey):
    for truth in (t for t in truths(analysis.panel.as_of) if t.journey == journey):
        missed = set(EXPECTED[journey].rules) - set(within(analysis.findings, truth)["rule"])
        assert not missed, truth


@pytest.mark.parametrize("journey", [j for j, e in EXPECTED.items() if e.reading])
def test_the_reading_is_what_was_planted(analysis, journey):
    for truth in (t for t in truths(analysis.panel.as_of) if t.journey == journey):
        assert main_reading(analysis, truth) == EXPECTED[journey].reading, truth


@pytest.mark.parametrize("journey", [j for j, e in EXPECTED.items() if e.calm])
def test_people_without_an_injury_stay_quiet(analysis, journey):
    for truth in (t for t in truths(analysis.panel.as_of) if t.journey == journey):
        loud = loud_findings(analysis, truth)
        assert loud.empty, loud["says"].tolist()


def test_the_published_table_is_the_one_that_the_rules_give(analysis):
    assert (ROOT / "docs" / "confusion.md").read_text("utf-8") == confusion_page(analysis)


def test_hys_law_is_found_at_its_highest_level_in_nobody_else(analysis):
    hits = analysis.findings[(analysis.findings["rule"] == "hys_law") & (analysis.findings["level"] == "urgent")]
    found = set(hits["patient_id"])
    assert found == {t.patient_id for t in truths(analysis.panel.as_of) if t.journey == "drug injury with jaundice"}


def test_every_reading_is_a_list_of_facts_or_unclear(analysis):
    readings = analysis.readings
    assert (readings[readings["fits"]].groupby("finding_id").size() == 1).all()
    assert (readings["n_for"] + readings["n_against"] > 0).sum() + (readings["reading"] == "unclear").sum() == len(
        readings
    )
    fitting = readings[readings["fits"] & (readings["reading"] != "unclear")]
    assert (fitting["n_for"] > 0).all()
    changed = analysis.findings[analysis.findings["rule"] == "changed"]
    assert set(readings["finding_id"]) == set(changed["finding_id"])
