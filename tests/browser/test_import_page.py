"""The import page in a browser: choose, see, correct, save, import, and the worklist shows it."""

from __future__ import annotations

import csv
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from analytics.ingest.profile_draft import suggest
from dashboard.cohorts import worker
from dashboard.config import Config
from dashboard.importing import shapes
from dashboard.importing.profiles import Profiles
from dashboard.pages import imports
from tests.browser.conftest import shot, watch
from tests.browser.serving import Site, serve
from tests.pace import milliseconds
from tests.stores import SAMPLE, small_store

pytestmark = pytest.mark.browser


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """A site that this test alone imports into."""
    store = small_store(tmp_path / "store")
    yield from serve(store, Config(store=str(tmp_path / "store")))


@pytest.mark.usefixtures("true_worker")
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
    expect(page.locator("#imports-list")).to_contain_text("to confirm")
    expect(page.locator("#imports-text")).to_have_value(re.compile("test name"))
    expect(page.locator("#imports-preview")).to_contain_text("A-1, A-2")
    expect(page.locator("#imports-start")).to_be_disabled()
    shot(page, "import-proposed", full=True)
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
    expect(page.locator("#imports-saved")).to_contain_text("Saved as strange_lab")
    page.click("#imports-use")
    expect(page.locator("#imports-list")).to_contain_text("ready")
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


def test_a_draft_is_not_lost_to_a_preview_that_arrives_while_it_is_made(
    browser: Browser, own_site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    look, suggest = shapes.look, imports.suggest
    monkeypatch.setattr(shapes, "look", lambda *said: (time.sleep(1), look(*said))[1])
    monkeypatch.setattr(imports, "suggest", lambda *said, **more: (time.sleep(3), suggest(*said, **more))[1])
    monkeypatch.setattr(shapes, "proposed", lambda paths: shapes.Proposal())
    file = tmp_path / "strange.csv"
    file.write_text("Personnr;Analys;Provtagning;Svar;Enhet\nS-1;P-ALAT;2026-09-14;0,75;µkat/L\n", "utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    seen = watch(page, own_site.address)
    page.goto(own_site.address + "/imports")
    with page.expect_file_chooser() as chooser:
        page.click("#upload-choose")
    chooser.value.set_files(file)
    expect(page.locator("#upload-said")).to_contain_text("strange.csv is here")
    expect(page.locator("#imports-list")).to_contain_text("strange.csv")
    page.click("#imports-draft")
    expect(page.locator("#imports-preview")).to_contain_text("This file cannot be imported", timeout=milliseconds(20))
    expect(page.locator("#imports-text")).to_have_value(re.compile("Personnr"), timeout=milliseconds(20))
    expect(page.locator("#imports-preview")).to_contain_text("1 of the first 1", timeout=milliseconds(20))
    assert not seen.complaints()


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


FIRST_CONTACT = Path(__file__).parents[1] / "analytics" / "ingest" / "cases" / "first_contact"
SAYS_ALL = ("07_omop_measurement", "13_sdtm_lb_xpt", "15_fhir_bundle_pretty", "17_hl7_oru", "19_csv_gz")
SOME_HELD = ("23_date_time_apart",)
DRAFTED = ("01_epic", "03_german_lis", "06_spanish_lis", "08_redcap_wide", "11_mimic_labevents",
           "21_flow_sheet_transposed")  # fmt: skip
MOST_CLICKS = 6


def files_of(folder: str) -> list[Path]:
    """What is sent of a case."""
    return [p for p in sorted((FIRST_CONTACT / folder).iterdir()) if p.name != "expected.csv"]


class Clicks:
    """A page whose clicks are counted."""

    def __init__(self, page: Page):
        self.page, self.number = page, 0

    def on(self, selector: str) -> None:
        self.number += 1
        self.page.click(selector)

    def choose(self, files: list[Path] | Path, button: str = "#upload-choose") -> None:
        with self.page.expect_file_chooser() as chooser:
            self.on(button)
        chooser.value.set_files(files)

    def use_and_import(self) -> None:
        """Say yes to what is proposed for each shape, then import."""
        ready = self.page.locator("#imports-list .level-good")
        expect(self.page.locator("#imports-list .chip").first).to_be_visible(timeout=milliseconds(60))
        waits = self.page.locator("#imports-list .level-attention").count()
        for _ in range(waits):
            before = ready.count()
            self.on("#imports-use")
            expect(ready).to_have_count(before + 1, timeout=milliseconds(30))
        expect(self.page.locator("#imports-start")).to_be_enabled()
        self.on("#imports-start")


@pytest.mark.parametrize("folder", [*SAYS_ALL, *SOME_HELD, *DRAFTED])
def test_an_unknown_file_is_stored_in_at_most_six_clicks(browser: Browser, own_site: Site, folder: str):
    files = files_of(folder)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    seen = watch(page, own_site.address)
    page.goto(own_site.address + "/imports")
    clicks = Clicks(page)
    clicks.choose(files)
    clicks.use_and_import()
    told = f"{files[0].name} was imported" if len(files) == 1 else f"{len(files)} of {len(files)} files imported"
    expect(page.locator("#imports-progress")).to_contain_text(told, timeout=milliseconds(60))
    expect(page.locator("#imports-progress")).to_contain_text("Totals reconciled")
    assert clicks.number <= MOST_CLICKS
    assert clicks.number == (2 if folder in SAYS_ALL else 3)
    assert shown(own_site, folder) == expected_of(folder)
    assert not seen.complaints()


def shown(site: Site, folder: str) -> dict[tuple[str, str, str], tuple[object, ...]]:
    """Value, comparator, unit and limits of every number of a case's people, body weight and height aside."""
    people = sorted({patient for patient, _, _ in expected_of(folder)})
    labs = site.store.panel(people).labs
    labs = labs[labs["value"].notna() & ~labs["analyte"].isin(["WEIGHT", "HEIGHT"])]
    day = labs["collected_at"].dt.strftime("%Y-%m-%d").where(labs["precision"] == "day")
    when = day.fillna(labs["collected_at"].dt.strftime("%Y-%m-%d %H:%M"))
    rows = zip(
        labs["patient_id"], labs["analyte"], when,
        *(labs[c] for c in ("value", "comparator", "unit", "lln", "uln")), strict=True,
    )  # fmt: skip
    return {(p, a, w): (v, c, u, *(None if pd.isna(x) else x for x in limits)) for p, a, w, v, c, u, *limits in rows}


def expected_of(folder: str) -> dict[tuple[str, str, str], tuple[object, ...]]:
    """What is to be stored of a case."""
    with (FIRST_CONTACT / folder / "expected.csv").open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["what"] == "stored"]
    return {
        (r["patient"], r["analyte"], r["time"][:16]): (
            pytest.approx(float(r["value"])), r["comparator"], r["unit"],
            *(pytest.approx(float(r[n])) if r[n] else None for n in ("lln", "uln")),
        )
        for r in rows
    }  # fmt: skip


def test_all_files_at_once_are_sorted_by_shape_and_told_in_one_summary(
    browser: Browser, own_site: Site, tmp_path: Path
):
    archive = tmp_path / "everything.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for folder in (*SAYS_ALL, *SOME_HELD, *DRAFTED):
            for path in files_of(folder):
                if path.suffix != ".gz":  # in an archive no packed file is read, as by the command; it is named
                    packed.write(path, f"{folder}/{path.name}")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    seen = watch(page, own_site.address)
    page.goto(own_site.address + "/imports")
    clicks = Clicks(page)
    clicks.choose([archive, *files_of("19_csv_gz")])
    expect(page.locator("#upload-said")).to_contain_text("13 files are here", timeout=milliseconds(60))
    expect(page.locator("#imports-waits")).to_contain_text("7 files to confirm", timeout=milliseconds(60))
    shot(page, "import-many", full=True)
    clicks.use_and_import()
    expect(page.locator("#imports-progress")).to_contain_text("13 of 13 files imported", timeout=milliseconds(120))
    assert clicks.number == 9, "one for the files, one a shape that must be confirmed, one for the import"
    for folder in (*SAYS_ALL, *SOME_HELD, *DRAFTED):
        assert shown(own_site, folder) == expected_of(folder)
    rows = page.get_by_role("table", name="What became of each file").locator("tbody tr")
    numbers = [[int(c) for c in row.locator("td.num").all_inner_texts()] for row in rows.all()]
    totals = [int(n) for n in page.locator("#imports-progress dl.figures dd").all_inner_texts()]
    assert len(numbers) == 13
    assert all(whole == sum(parts) for whole, *parts in [*numbers, totals])
    assert totals == [sum(column) for column in zip(*numbers, strict=True)]
    assert not list((Path(own_site.store.place.folder) / "incoming").rglob("d_labitems.csv"))
    shot(page, "import-summary", full=True)
    assert not seen.complaints()


HEADS = "Pat-Nr;Abnahmedatum;Analyt;Ergebnis;Einheit\n"


def test_a_folder_of_one_shape_is_answered_once(browser: Browser, own_site: Site, tmp_path: Path):
    folder = tmp_path / "exports"
    (folder / "old").mkdir(parents=True)
    (folder / ".hidden.csv").write_text("x")
    (folder / "a.csv").write_text(HEADS + "F-1;03.04.2024;GPT;38,5;U/l\n")
    (folder / "old" / "a.csv").write_text(HEADS + "F-2;22.01.2024;GPT;41;U/l\n")
    (folder / "notes.pdf").write_bytes(b"%PDF-1.7\n")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    seen = watch(page, own_site.address)
    page.goto(own_site.address + "/imports")
    clicks = Clicks(page)
    clicks.choose(folder, "#upload-folder")
    expect(page.locator("#upload-said")).to_contain_text("3 files are here", timeout=milliseconds(30))
    expect(page.locator("#upload-said")).to_contain_text("Hidden files left aside: 1")
    expect(page.locator("#imports-waits")).to_contain_text("2 files to confirm, 1 file cannot be imported")
    clicks.use_and_import()
    expect(page.locator("#imports-progress")).to_contain_text("2 of 2 files imported", timeout=milliseconds(60))
    expect(page.locator("#imports-list")).to_contain_text("notes.pdf")
    assert clicks.number == 3
    labs = own_site.store.panel(["F-1", "F-2"]).labs
    assert sorted(labs["collected_at"].dt.strftime("%Y-%m-%d")) == ["2024-01-22", "2024-04-03"]
    assert not seen.complaints()


def test_next_weeks_files_go_in_with_the_profile_that_was_saved(browser: Browser, own_site: Site, tmp_path: Path):
    profiles = Profiles(Config(store=str(own_site.store.place.folder)))
    first, second = tmp_path / "w1.csv", tmp_path / "w2.csv"
    first.write_text(HEADS + "W-1;03.04.2024;GPT;38,5;U/l\n")
    second.write_text(HEADS + "W-2;05.06.2024;GPT;41,5;U/l\n")
    text = 'lab = "North"\n' + suggest(first).text
    profiles.save("north", text.replace("[columns]", 'dates = ["%d.%m.%Y"]\n\n[columns]', 1))
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    seen = watch(page, own_site.address)
    page.goto(own_site.address + "/imports")
    clicks = Clicks(page)
    clicks.on("#imports-profile")
    page.get_by_role("option", name="north", exact=True).click()
    expect(page.locator("#imports-text")).to_have_value(re.compile("North"))
    clicks.choose([first, second])
    expect(page.locator("#imports-text")).to_have_value(re.compile("North"))
    clicks.use_and_import()
    expect(page.locator("#imports-progress")).to_contain_text("2 of 2 files imported", timeout=milliseconds(60))
    assert clicks.number + 1 <= MOST_CLICKS
    labs = own_site.store.panel(["W-1", "W-2"]).labs
    assert sorted(labs["collected_at"].dt.strftime("%Y-%m-%d")) == ["2024-04-03", "2024-06-05"]
    assert set(labs["lab"]) == {"North"}
    ledger = own_site.store.imports()
    assert set(ledger.loc[ledger["file"].isin([first.name, second.name]), "profile"]) == {"north"}
    assert not seen.complaints()


def test_what_a_file_does_not_say_is_answered_by_controls_alone(browser: Browser, own_site: Site, tmp_path: Path):
    file = tmp_path / "asks.csv"
    rows = [
        "patient_id,collected_at,test,value,cmp,unit", "C-1,2024-02-03,ALT,45,,", "C-1,2024-02-03,AST,50,kleiner,U/L",
        "C-1,03/04/2024,ALP,120,,U/L", "C-1,2024-02-04,GGT,60,,Einh",
    ]  # fmt: skip
    file.write_text("\n".join(rows) + "\n")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    seen = watch(page, own_site.address)
    page.goto(own_site.address + "/imports")
    clicks = Clicks(page)
    clicks.choose(file)
    choose(page, "cmp", "comparator")
    asked = [
        page.get_by_role("table", name=f"{n} words and units", exact=True) for n in ("Undecided", "Further undecided")
    ]
    expect(asked[1]).to_contain_text("C-1,2024-02-03,AST,50,kleiner,U/L")
    expect(asked[0]).to_contain_text("C-1,2024-02-03,ALT,45,,")
    before = ""
    for label, option in (
        ("The comparator 'kleiner' means", "below (<)"),
        ("Unit of ALT where none is given", "U/L"),
        ("The unit 'Einh' means", "U/L"),
    ):
        page.get_by_label(label).first.click()
        if before:  # the answer to the question before arrives while this list is open
            expect(page.get_by_role("row", name=before)).to_contain_text("decided")
        page.get_by_role("option", name=option, exact=True).first.click()
        before = label
    expect(page.get_by_role("row", name=before)).to_contain_text("decided")
    expect(page.locator("#imports-options")).to_contain_text("1 result quarantined: 03/04/2024")
    page.click("#imports-use")
    page.click("#imports-start")
    expect(page.locator("#imports-progress")).to_contain_text("asks.csv was imported", timeout=milliseconds(60))
    labs = own_site.store.panel(["C-1"]).labs
    assert dict(zip(labs["analyte"], labs["comparator"] + labs["value"].map("{:g}".format), strict=True)) == {
        "ALT": "45", "AST": "<50", "GGT": "60",
    }  # fmt: skip
    assert not seen.complaints()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_small_screen_nothing_of_a_file_scrolls_sideways(browser: Browser, own_site: Site, tmp_path: Path, scheme):
    file = tmp_path / "asks.csv"
    rows = [
        "patient_id,collected_at,test,value,cmp,unit", "C-1,2024-02-03,ALT,45,,", "C-1,2024-02-03,AST,50,,U/L",
        "C-1,03/04/2024,ALP,120,,U/L", "C-1,2024-02-04,GGT,60,,Einh", "C-1,2024-02-03,AST,51,,U/L",
    ]  # fmt: skip
    file.write_text("\n".join(rows) + "\n")
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    seen = watch(page, own_site.address)
    page.goto(own_site.address + "/imports")
    Clicks(page).choose(file)
    expect(page.get_by_role("table", name="Undecided words and units")).to_be_visible()
    expect(page.get_by_role("table", name="Rows that would be quarantined")).to_be_visible()
    shot(page, f"import-small-{scheme}", full=True)
    sideways = page.evaluate(
        "[document.documentElement, ...document.querySelectorAll('.table-region')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.getAttribute('aria-label') || 'page')"
    )
    assert sideways == []
    assert not seen.complaints()


def test_an_import_that_goes_on_is_found_again_by_a_page_that_is_opened_anew(
    browser: Browser, own_site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    started: list[Config] = []
    start = worker.start
    monkeypatch.setattr(worker, "start", started.append)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(own_site.address + "/imports")
    clicks = Clicks(page)
    clicks.choose(files_of("19_csv_gz"))
    clicks.use_and_import()
    expect(page.locator("#imports-progress")).to_contain_text("labs_2024-01.csv.gz: waiting")
    page.goto(own_site.address + "/quality")
    page.goto(own_site.address + "/imports")
    expect(page.locator("#imports-progress")).to_contain_text("labs_2024-01.csv.gz: waiting")
    start(started[0])
    expect(page.locator("#imports-progress")).to_contain_text("was imported", timeout=milliseconds(60))
