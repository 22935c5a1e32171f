"""A coordinator's afternoon with exports of four laboratories in four languages, and what can then be asked of them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.config import Config
from tests.browser.conftest import shot, watch
from tests.browser.serving import Site, serve
from tests.browser.test_cohort import ask, lists, settle
from tests.pace import milliseconds
from tests.stores import small_store

pytestmark = pytest.mark.browser

NORD = """Pat-Nr;Test;Abnahme;Wert;Einheit;Normbereich
N-1;GPT (ALAT);05.01.2026 08:10;45,5;U/l;< 35
N-1;GOT (ASAT);05.01.2026 08:10;0,75;µkat/l;< 0,60
N-1;Bilirubin gesamt;05.01.2026 08:10;<3,4;µmol/l;< 17
N-1;Bilirubin gesamt;2026-01-12 08:00;1,1;mg/dl;< 1,0
N-1;Bilirubin gesamt;01/19/2026;20,5;µmol/l;< 17
N-1;GPT (ALAT);12.01.2026 08:00;52,0;U/l;< 35
N-1;GPT (ALAT);12.01.2026 08:00;52,0;U/l;< 35
N-2;GGT;12.01.2026 08:00;1.234,5;U/l;< 60
N-2;AP;12.01.2026 08:00;130;;40-129
N-2;Cortisol;12.01.2026 08:00;12,0;µg/dl;
N-2;=HYPERLINK("http://x");12.01.2026 08:00;12,0;U/l;
N-2;GPT (ALAT);13.01.2026 08:00;@SUM(A1);U/l;< 35
N-2;Albumin;12.01.2026 08:00;38;g/l;35-52
N-2;Albumin;12.01.2026 08:00;39;g/l;35-52
N-3;GPT (ALAT);12.01.2026 08:00;hämolytisch;U/l;< 35
N-4;Bilirubin gesamt;02.02.2026 08:00;1,0;mg/dl;< 1,0
N-4;Bilirubin gesamt;10.02.2026 08:00;44,5;µmol/l;< 17
"""
SVEA = """Personnr;Analys;Provtagning;Svar;Enhet;Övre gräns
S-1;P-ALAT;2026-01-05 07:45;0,95;µkat/L;1,10
S-1;P-Bilirubin;2026-01-05 07:45;14;µmol/L;25
S-1;P-Albumin;2026-01-05 07:45;38;g/L;48
S-2;P-GT;2026-01-05 07:45;>20;µkat/L;1,9
S-2;P-INR;2026-01-05 07:45;1,1;;1,2
"""
WEST = """MRN,Test Name,Collection Date,Result,Units,Ref High
W-1,ALT (SGPT),01/25/2026,45,U/L,40
W-1,AST (SGOT),01/25/2026,HEMOLYZED,U/L,40
W-1,Platelets,02/03/2026,210,K/uL,400
W-2,ALT (SGPT),02/03/2026,<5,U/L,40
W-2,Vitamin D,02/03/2026,30,ng/mL,
W-9,ALT (SGPT),02/03/2026,200,U/L,40
W-9,Bilirubin Total,02/03/2026,2.6,mg/dL,1.2
"""
OUEST = """Patient;Analyse;Date de prélèvement;Résultat;Unité;Limite sup.
F-1;ALAT (TGP);25/01/2026 09:00;45;UI/L;40
F-1;Bilirubine totale;25/01/2026 09:00;14,5;µmol/L;21
F-1;Phosphatases alcalines;25/01/2026 09:00;120;UI/L;120
F-2;Plaquettes;02/02/2026 09:00;210;G/L;400
F-2;TP;02/02/2026 09:00;85;%;
F-9;ALAT (TGP);02/02/2026 09:00;260;UI/L;40
F-9;Bilirubine totale;02/02/2026 09:00;85,5;µmol/L;21
"""
EVENTS = "patient_id,kind,name,start_date\nN-4,biliary_stent,metal stent,2026-02-03\n"


@dataclass
class Lab:
    """One file: its text, how many results of it are stored at first, and quarantined."""

    text: str
    stored: int
    held: int
    duplicate: int = 0
    ignored: int = 0

    @property
    def lines(self) -> int:
        return self.text.count("\n") - 1


LABS = {
    "nord": Lab(NORD, 11, 4, 1, 1),
    "svea": Lab(SVEA, 5, 0),
    "west": Lab(WEST, 6, 0, 0, 1),
    "ouest": Lab(OUEST, 6, 0, 0, 1),
}
ARROWS = re.compile(r"^[=+\-@\t\r|]")


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """A site that this test alone imports into."""
    yield from serve(small_store(tmp_path / "store"), Config(store=str(tmp_path / "store")))


def upload(page: Page, site: Site, path: Path) -> None:
    page.goto(site.address + "/imports")
    expect(page.locator("main h1")).to_have_text("Import")
    with page.expect_file_chooser() as chooser:
        page.click("#upload-choose")
    chooser.value.set_files(path)
    expect(page.locator("#upload-said")).to_contain_text(f"{path.name} is here")


def take_in(page: Page, site: Site, folder: Path, name: str, lab: Lab) -> None:
    """Upload, draft a profile, save it, import."""
    path = folder / f"{name}.csv"
    path.write_text(lab.text, "utf-8")
    upload(page, site, path)
    expect(page.locator("#imports-list")).to_contain_text("to confirm")
    expect(page.locator("#imports-text")).to_have_value(re.compile("columns"))
    accepted = f"{lab.lines - lab.held - lab.ignored + (1 if name == 'nord' else 0)} of the first {lab.lines}"
    expect(page.locator("#imports-preview")).to_contain_text(accepted)
    if name == "nord":
        expect(page.locator("#imports-preview")).to_contain_text("1 · the same result; counted once")
        expect(page.locator("#imports-preview")).to_contain_text("1 · another value; would be quarantined")
        shot(page, "coordinator-preview", full=True)
    page.fill("#imports-name", name)
    page.click("#imports-save")
    expect(page.locator("#imports-saved")).to_contain_text(f"Saved as {name}")
    page.click("#imports-use")
    expect(page.locator("#imports-list")).to_contain_text("ready")
    page.click("#imports-start")
    expect(page.locator("#imports-progress")).to_contain_text(f"{name}.csv was imported")


def figures(page: Page, where: str) -> dict[str, int]:
    """The receipt's sums by name."""
    cells = page.locator(f"{where} dl.figures > div")
    return {c.locator("dt").inner_text(): int(c.locator("dd").inner_text()) for c in cells.all()}


def test_four_laboratories_are_taken_in_asked_and_what_was_held_back_is_worked_off(
    browser: Browser, own_site: Site, tmp_path: Path
):
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    seen = watch(page, own_site.address)
    for name, lab in LABS.items():
        take_in(page, own_site, tmp_path, name, lab)
        told = figures(page, "#imports-progress")
        assert told["results"] == lab.lines == sum(n for word, n in told.items() if word != "results")
        assert (told["stored"], told["quarantined"], told["duplicate"]) == (lab.stored, lab.held, lab.duplicate)
    (tmp_path / "events.csv").write_text(EVENTS)
    upload(page, own_site, tmp_path / "events.csv")
    page.click("#imports-start")
    expect(page.locator("#imports-progress")).to_contain_text("events.csv was imported")
    expect(page.locator("#imports-progress")).to_contain_text(
        "findings of all patients are up to date", timeout=milliseconds(90)
    )
    the_numbers_are_right(own_site)
    rejects_are_taken_away(page, own_site, tmp_path)
    rules_are_added_and_the_file_read_again(page, own_site, tmp_path)
    questions_are_answered(page, own_site)
    assert seen.complaints() == []


def the_numbers_are_right(site: Site) -> None:
    """Units converted, comparators and limits kept, dates in three forms, nobody's results with another's."""
    labs = site.store.panel(["N-1", "S-1", "W-2", "F-9"]).labs
    found = {
        (p, a, f"{t:%Y-%m-%d}"): (round(float(v), 3), c, round(float(u), 3))
        for p, a, t, v, c, u in labs[
            ["patient_id", "analyte", "collected_at", "value", "comparator", "uln"]
        ].itertuples(index=False)
    }
    assert found == {
        ("N-1", "ALT", "2026-01-05"): (45.5, "", 35),
        ("N-1", "ALT", "2026-01-12"): (52, "", 35),
        ("N-1", "AST", "2026-01-05"): (45, "", 36),
        ("N-1", "BILI", "2026-01-05"): (0.199, "<", 0.994),
        ("N-1", "BILI", "2026-01-12"): (1.1, "", 1),
        ("N-1", "BILI", "2026-01-19"): (1.199, "", 0.994),
        ("S-1", "ALT", "2026-01-05"): (57, "", 66),
        ("S-1", "BILI", "2026-01-05"): (0.819, "", 1.462),
        ("S-1", "ALB", "2026-01-05"): (3.8, "", 4.8),
        ("W-2", "ALT", "2026-02-03"): (5, "<", 40),
        ("F-9", "ALT", "2026-02-02"): (260, "", 40),
        ("F-9", "BILI", "2026-02-02"): (4.999, "", 1.228),
    }


def rejects_are_taken_away(page: Page, site: Site, folder: Path) -> None:
    page.goto(site.address + "/quality")
    expect(page.locator("main h1")).to_have_text("Data quality")
    expect(page.locator("main")).to_contain_text("reconciled")
    rows = rejects(page, folder / "rejects.csv")
    assert len(rows) == sum(lab.held for lab in LABS.values())
    assert all(row["message"] and row["reason_code"] and row["file"] and row["line"] for row in rows)
    assert "'@SUM(A1)" in [row["raw_cell"] for row in rows]
    assert any("=HYPERLINK" in row["raw_line"] for row in rows)


def rejects(page: Page, path: Path) -> list[dict[str, str]]:
    """The download; no cell of it is one that a spreadsheet would run."""
    with page.expect_download() as download:
        page.click("#quality-download")
    download.value.save_as(path)
    rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    assert not [cell for row in rows for cell in row.values() if ARROWS.match(cell)]
    return rows


RULES = (
    "ALP without a unit is in U/L",
    "'@SUM(A1)' is a result without a number",
)


def rules_are_added_and_the_file_read_again(page: Page, site: Site, folder: Path) -> None:
    page.click("#quality-file")
    page.get_by_role("option", name="nord.csv", exact=True).click()
    expect(page.locator("#quality-rows tbody tr")).to_have_count(4)
    page.get_by_text("Add rules to the profile and read the file again").click()
    page.click("#quality-again")
    expect(page.locator("#quality-progress")).to_contain_text("choose a rule first")
    for rule in RULES:
        page.fill("#quality-rules", rule)
        page.get_by_role("option", name=rule, exact=True).click()
    page.keyboard.press("Escape")
    page.fill("#quality-profile", "svea")
    page.click("#quality-again")
    expect(page.locator("#quality-progress")).to_contain_text("there is another profile 'svea'")
    page.fill("#quality-profile", "nord")
    shot(page, "coordinator-rules", full=True)
    page.click("#quality-again")
    expect(page.locator("#quality-progress")).to_contain_text("nord.csv was imported")
    told = figures(page, "#quality-progress")
    assert told == {"results": 17, "stored": 2, "quarantined": 2, "duplicate": 12, "superseded": 0, "ignored": 1}
    expect(page.locator("#quality-rows tbody tr")).to_have_count(2)
    expect(page.locator("#quality-overview")).not_to_contain_text("UNIT_MISSING")
    expect(page.locator("#quality-sums")).to_contain_text("70")
    expect(page.get_by_role("table", name="Imports, newest first").locator("tbody tr").first).to_contain_text(
        "nord.csv"
    )
    page.get_by_label("Also those that were read again, dismissed or accepted").check()
    expect(page.locator("#quality-rows tbody tr")).to_have_count(6)
    expect(page.locator("#quality-rows")).to_contain_text("read again by import")
    shot(page, "coordinator-resolved", full=True)
    closed = [row["resolution"] for row in rejects(page, folder / "all.csv") if row["resolution"]]
    assert len(closed) == 4
    said = (site.store.place.folder / "profiles" / "nord.toml").read_text("utf-8")
    assert 'ALP = "U/L"' in said and "Cortisol" in said and 'decimal = ","' in said
    labs = site.store.panel(["N-2", "N-3"]).labs
    assert labs.query("analyte == 'ALP'")["value"].tolist() == [130]
    assert labs.query("patient_id == 'N-3'")["raw_value"].tolist() == ["hämolytisch"]


def questions_are_answered(page: Page, site: Site) -> None:
    """Tasks 1 and 3 of the coordinator: bilirubin doubled after a stent, and Hy's law under two sets of limits."""
    page.goto(site.address + "/cohort")
    expect(page.locator("main h1")).to_be_visible()
    ask(page, "find BILI at least 2 x before within 14 days after biliary_stent")
    lists(page, site.store, ["N-4"])
    line = page.locator(f".ag-center-cols-container [row-id='{site.store.key_of('N-4')}']").inner_text()
    assert "2026-02-03" in line and "2026-02-10" in line
    assert {"1", "2.6"} <= set(line.split())
    page.goto(site.address + "/cohort?view=edish")
    settle(page)
    for label, n in (("eDISH: 3 and 2", 2), ("liver metastases (Parks): 5.5 and 3", 1)):
        page.click("#cohort-cuts")
        page.get_by_role("option", name=label).click()
        settle(page)
        button = page.get_by_role("button", name="both (Hy's law quadrant)")
        assert button.inner_text().endswith(f": {n}")
    button.click()
    settle(page)
    lists(page, site.store, ["F-9"])
