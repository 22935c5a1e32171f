"""The import page in a browser: choose, see, correct, save, import, and the worklist shows it."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.config import Config
from dashboard.pages import imports
from tests.browser.conftest import Site, serve, shot, watch
from tests.pace import milliseconds
from tests.stores import SAMPLE, small_store

pytestmark = pytest.mark.browser


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """A site that this test alone imports into."""
    store = small_store(tmp_path / "store")
    yield from serve(store, Config(store=str(tmp_path / "store")))


def test_a_file_is_understood_corrected_saved_and_taken_in(browser: Browser, own_site: Site, tmp_path: Path):
    file = tmp_path / "strange.csv"
    lines = ["who;test name;taken;number;dim", "A-1;ALT;02.03.2024;45,5;U/L", "A-1;ALT;16.03.2024;90,5;U/L"]
    file.write_text("\n".join([*lines, "A-2;Bilirubin;17.03.2024;1,2;mg/dL", ""]), "utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    seen = watch(page, own_site.address)
    page.goto(own_site.address + "/imports")
    with page.expect_file_chooser() as chooser:
        page.click("#upload-choose")
    chooser.value.set_files(file)
    expect(page.locator("#upload-said")).to_contain_text("strange.csv is here")
    expect(page.locator("#imports-preview")).to_contain_text("would be refused")
    shot(page, "import-refused", full=True)
    page.click("#imports-draft")
    expect(page.locator("#imports-text")).to_have_value(re.compile("test name"))
    for label, option in (("Dates are written", "31.03.2024"), ("Decimal sign", "comma: 4,5")):
        page.get_by_label(label).first.click()
        page.get_by_role("option", name=option, exact=True).click()
        key = {"Dates are written": "dates", "Decimal sign": "decimal"}[label]
        expect(page.locator("#imports-text")).to_have_value(re.compile(f"{key} = "))
    for column, label in (
        ("who", "patient id"),
        ("test name", "analyte"),
        ("taken", "collected at"),
        ("number", "value"),
    ):
        choose(page, column, label)
    choose(page, "dim", "unit")
    text = page.input_value("#imports-text")
    assert 'patient_id = "who"' in text
    assert 'decimal = ","' in text
    expect(page.locator("#imports-preview")).to_contain_text("3 of the first 3")
    shot(page, "import-understood", full=True)
    page.fill("#imports-name", "strange_lab")
    page.click("#imports-save")
    expect(page.locator("#imports-said")).to_contain_text("Saved as strange_lab")
    page.click("#imports-start")
    expect(page.locator("#imports-progress")).to_contain_text("strange.csv was imported", timeout=milliseconds(20))
    expect(page.locator("#imports-progress")).to_contain_text(
        "findings of all patients are up to date", timeout=milliseconds(60)
    )
    shot(page, "import-receipt", full=True)
    page.click("text=To the worklist")
    expect(page.locator("main")).to_contain_text("A-1")
    labs = own_site.store.panel(["A-1"]).labs
    assert labs["value"].tolist() == [45.5, 90.5]
    assert labs["collected_at"].dt.strftime("%Y-%m-%d").tolist() == ["2024-03-02", "2024-03-16"]
    assert (Path(own_site.store.place.folder) / "profiles" / "strange_lab.toml").is_file()
    assert not seen.complaints()
    page.close()


def test_a_draft_is_not_lost_to_a_preview_that_arrives_while_it_is_made(
    browser: Browser, own_site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    preview, suggest = imports.preview, imports.suggest
    monkeypatch.setattr(imports, "preview", lambda *said: (time.sleep(1), preview(*said))[1])
    monkeypatch.setattr(imports, "suggest", lambda *said: (time.sleep(3), suggest(*said))[1])
    file = tmp_path / "strange.csv"
    file.write_text("Personnr;Analys;Provtagning;Svar;Enhet\nS-1;P-ALAT;2026-09-14;0,75;µkat/L\n", "utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    seen = watch(page, own_site.address)
    page.goto(own_site.address + "/imports")
    with page.expect_file_chooser() as chooser:
        page.click("#upload-choose")
    chooser.value.set_files(file)
    expect(page.locator("#upload-said")).to_contain_text("strange.csv is here")
    page.click("#imports-draft")
    expect(page.locator("#imports-preview")).to_contain_text("would be refused", timeout=milliseconds(20))
    expect(page.locator("#imports-text")).to_have_value(re.compile("Personnr"), timeout=milliseconds(20))
    expect(page.locator("#imports-preview")).to_contain_text("1 of the first 1", timeout=milliseconds(20))
    assert not seen.complaints()
    page.close()


def choose(page: Page, column: str, label: str) -> None:
    """Read a column as something else."""
    select = page.get_by_label(f"Column {column} is read as", exact=True).first
    if select.input_value() == label:
        return
    select.click()
    select.fill(label)
    page.get_by_role("option", name=label, exact=True).first.click()
    expect(page.locator("#imports-text")).to_have_value(re.compile(f'= "{column}"'))
    expect(page.get_by_label(f"Column {column} is read as", exact=True).first).to_have_value(label)
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("path", sorted((SAMPLE / "hard_cases").glob("*.csv")), ids=lambda p: p.stem)
def test_every_awkward_file_has_a_preview(browser: Browser, own_site: Site, path: Path):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    seen = watch(page, own_site.address)
    page.goto(own_site.address + "/imports")
    with page.expect_file_chooser() as chooser:
        page.click("#upload-choose")
    chooser.value.set_files(path)
    expect(page.locator("#imports-preview .card").first).to_be_visible()
    expect(page.locator("#imports-preview")).to_contain_text("Columns")
    assert not seen.complaints()
    page.close()


FIRST_CONTACT = Path(__file__).parents[1] / "analytics" / "ingest" / "cases" / "first_contact"
SAYS_ALL = ("07_omop_measurement", "13_sdtm_lb_xpt", "15_fhir_bundle_pretty", "17_hl7_oru", "19_csv_gz",
            "23_date_time_apart")  # fmt: skip
DRAFTED = ("01_epic", "03_german_lis", "06_spanish_lis", "08_redcap_wide", "21_flow_sheet_transposed")


@pytest.mark.parametrize("folder", [*SAYS_ALL, *DRAFTED])
def test_an_unknown_file_is_stored_in_at_most_six_clicks(browser: Browser, own_site: Site, folder: str):
    path = next(p for p in sorted((FIRST_CONTACT / folder).iterdir()) if p.name != "expected.csv")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    seen = watch(page, own_site.address)
    page.goto(own_site.address + "/imports")
    clicks = 1
    with page.expect_file_chooser() as chooser:
        page.click("#upload-choose")
    chooser.value.set_files(path)
    if folder in DRAFTED:
        expect(page.locator("#imports-preview")).to_contain_text(re.compile("refused|quarantined"), timeout=20_000)
        page.click("#imports-draft")
        clicks += 1
        expect(page.locator("#imports-text")).to_have_value(re.compile("drafted from"), timeout=20_000)
    expect(page.locator("#imports-preview")).to_contain_text("First rows as understood", timeout=20_000)
    expect(page.locator("#imports-start")).to_be_visible(timeout=20_000)
    page.click("#imports-start")
    clicks += 1
    expect(page.locator("#imports-progress")).to_contain_text(f"{path.name} was imported", timeout=40_000)
    people, stored = expected_people(folder)
    labs = own_site.store.panel(people).labs
    assert (labs.loc[~labs["analyte"].isin(["WEIGHT", "HEIGHT"]), "value"].notna().sum(), clicks <= 6) == (stored, True)
    assert not seen.complaints()
    page.close()


def expected_people(folder: str) -> tuple[list[str], int]:
    """The people of a case, and how many numbers of theirs are to be stored."""
    with (FIRST_CONTACT / folder / "expected.csv").open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["what"] == "stored"]
    return sorted({row["patient"] for row in rows}), len(rows)
