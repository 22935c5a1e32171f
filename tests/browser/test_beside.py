"""Two patients side by side: each under the own name, chosen from the list, on dates or on days since a line."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, shot
from tests.browser.serving import Site

pytestmark = pytest.mark.browser


def of(page: Page, patient: str) -> str:
    """What stands under the name of this patient."""
    return page.locator(f".beside-one[aria-label='{patient}']").inner_text()


def test_another_patient_is_chosen_and_each_keeps_the_own_values(open_page: Open, site: Site):
    page = open_page(f"/patient/{site.store.key_of('HT-032')}")
    page.get_by_role("link", name="Beside", exact=True).click()
    expect(page.locator(".beside-one")).to_have_count(1)
    field = page.get_by_role("textbox", name="Beside")
    field.click()
    field.fill("HT-058")
    page.get_by_role("option", name="HT-058").click()
    expect(page.locator(".beside-one")).to_have_count(2)
    assert "HT-0" not in page.url
    for patient, other, bilirubin in (("HT-032", "HT-058", "2.2 H"), ("HT-058", "HT-032", "3.3 H")):
        assert other not in of(page, patient)
        row = page.locator(f".beside-one[aria-label='{patient}'] tbody tr", has_text="Bilirubin").first
        assert row.locator("td").first.inner_text().startswith(bilirubin)
    shot(page, "beside")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
def test_both_fit_and_the_last_line_may_be_the_common_day_0(open_page: Open, site: Site, scheme: str, width: int):
    first, second = (site.store.key_of(patient) for patient in ("HT-032", "HT-058"))
    page = open_page(f"/beside/{first}/{second}?clock=line", scheme=scheme, width=width)
    expect(page.locator(".beside-one .js-plotly-plot")).to_have_count(2)
    expect(page.get_by_text("Days since start of line").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    shot(page, f"beside-{scheme}-{width}")
