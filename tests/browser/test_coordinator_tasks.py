"""The coordinator's ten tasks, and how many clicks each takes: every click in the page is counted by the page itself.

Tasks 2 and 10 (files of four laboratories, a mapping that is saved) are in test_coordinator_files and test_import_page;
those that need other data (5) and a box in a figure (9) stand whole in test_cohort. Here all that begin with a question
are asked on one page, one after the other, without leaving it.
"""

from __future__ import annotations

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from analytics.cohort.groups import groups_of
from analytics.cohort.monitoring_gaps import limit_changes, overdue
from analytics.cohort.query.definition import parse
from analytics.cohort.query.run import run
from analytics.store import Store
from tests.browser.conftest import Open
from tests.browser.test_cohort import choose, settle, view
from tests.stores import SAMPLE

pytestmark = pytest.mark.browser

_COUNT = """() => {
  window.pressed = 0;
  document.addEventListener("click", (event) => { if (event.isTrusted && event.detail) window.pressed += 1; }, true);
}"""


def asked(page: Page, words: str) -> None:
    """Type a question and press Ask; what was asked before stays counted."""
    page.evaluate("window.pressed = 0")
    page.fill("#cohort-text", words)
    page.get_by_role("button", name="Ask", exact=True).click()
    settle(page)


def clicks(page: Page) -> int:
    return int(page.evaluate("window.pressed"))


def test_each_question_of_the_week_is_answered_within_three_clicks(open_page: Open, sample_store: Store) -> None:
    analysis = sample_store.analysis()
    page = open_page("/cohort")
    settle(page)
    page.evaluate(_COUNT)

    # 1: whose bilirubin doubled within 14 days of a stent, and when
    asked(page, "whose bilirubin doubled within 14 days of a stent")
    found = run(parse("find bilirubin at least 2 x before within 14 days after biliary_stent"), analysis)
    expect(page.locator("#cohort-grid-box")).to_contain_text(f"{len(found.patient_ids)} patient")
    truth = pd.read_csv(SAMPLE / "truth.csv")
    assert set(truth.loc[truth["journey"] == "early stent failure", "patient_id"]) <= set(found.patient_ids)
    assert clicks(page) == 1

    # 3: Hy's law candidates, under the usual limits and those for liver metastases
    asked(page, "all patients")
    view(page, "Peaks (eDISH)")
    expect(page.locator("#cohort-under")).not_to_be_empty()
    assert clicks(page) == 2

    # 4: ALT since the first dose by regimen; the view by week, then its groups
    page.evaluate("window.pressed = 0")
    view(page, "By week")
    choose(page, "by", "regimen")
    expect(page.locator("#cohort-graph")).to_contain_text(groups_of(analysis.case, "regimen").names[0])
    assert clicks(page) == 3

    # 6: no liver panel in the last 21 days while on treatment
    page.evaluate("window.pressed = 0")
    view(page, "Missing and overdue")
    for patient in overdue(analysis.case)["patient_id"]:
        expect(page.locator("#cohort-under")).to_contain_text(sample_store.key_of(patient))
    assert clicks(page) == 1

    # 7: whose upper limit of ALP changed
    page.evaluate("window.pressed = 0")
    view(page, "Limit changes")
    choose(page, "analyte", "ALP")
    for patient in set(limit_changes(analysis.case, ("ALP",))["patient_id"]):
        expect(page.locator("#cohort-under")).to_contain_text(sample_store.key_of(patient))
    assert clicks(page) == 3

    # 8: baseline to worst grade, and the people behind a cell
    page.evaluate("window.pressed = 0")
    view(page, "Shift of grades")
    page.locator("#cohort-under table button").first.click()
    settle(page)
    expect(page.locator("#cohort-chosen")).not_to_contain_text("No patients selected")
    assert clicks(page) == 2

    # 9: the next of them, and a mark
    page.evaluate("window.pressed = 0")
    page.get_by_role("button", name="Mark reviewed").click()
    settle(page)
    expect(page.locator("#cohort-step-said")).to_contain_text("reviewed by")
    expect(page.locator("#cohort-grid-box")).to_contain_text("1 of")
    assert clicks(page) == 1
