"""The coordinator's tasks in a browser, on the sample data, with the answers that the library gives."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from analytics.cohort.aligned import align, around, banded
from analytics.cohort.edish import CUTS, counts, moves, peaks
from analytics.cohort.groups import groups_of
from analytics.cohort.monitoring_gaps import limit_changes, overdue
from analytics.cohort.query.definition import parse
from analytics.cohort.query.diff import diff
from analytics.cohort.query.question import Anchor
from analytics.cohort.query.run import run
from analytics.cohort.shift import shift_rows, shift_table
from analytics.store import Store
from analytics.store.working_state import saved_cohorts
from dashboard.application import signin
from dashboard.components.cohort_grid import FIRST
from dashboard.config import Config
from dashboard.figures.cohort_distribution import WEEKS
from dashboard.pages.cohort.choice import VIEWS
from dashboard.security.keys import pseudonyms_of
from dashboard.security.roles import LOCAL, User
from tests.browser.conftest import Open, shot, watch
from tests.browser.serving import serve
from tests.last_month import ASKED, last_month
from tests.pace import milliseconds
from tests.stores import SAMPLE

pytestmark = pytest.mark.browser


def planted(journey: str) -> set[str]:
    truth = pd.read_csv(SAMPLE / "truth.csv")
    return set(truth.loc[truth["journey"] == journey, "patient_id"])


_QUIET = """async () => {
  if (window.calls === undefined) {
    window.calls = 0;
    const real = window.fetch;
    window.fetch = (...a) => { window.calls++; return real(...a).finally(() => { window.calls--; }); };
  }
  for (let still = 0; still < 4; ) {
    await new Promise(done => setTimeout(done, 40));
    still = window.calls ? 0 : still + 1;
  }
}"""


def settle(page: Page) -> None:
    """Wait until no callback has been on its way for as long as the page needs to send another."""
    page.evaluate(_QUIET)


def ask(page: Page, text: str) -> None:
    settle(page)
    page.fill("#cohort-text", text)
    page.click("#cohort-run")
    settle(page)


def view(page: Page, name: str) -> None:
    page.get_by_role("group", name="Views").get_by_role("button", name=name, exact=True).click()
    settle(page)


def choose(page: Page, field: str, option: str) -> None:
    page.click(f"#cohort-{field}")
    page.get_by_role("option", name=option, exact=True).click()
    settle(page)


def test_the_clock_is_chosen_and_a_view_shows_only_controls_that_change_it(open_page: Open):
    page = open_page("/cohort")
    choose(page, "clock", "first abnormal value of the analyte")
    expect(page.locator("#cohort-text")).to_have_value(re.compile(r"^# all patients.*\nalign on first abnormal BILI$"))
    page.click("#cohort-run")
    settle(page)
    expect(page.locator("#cohort-graph .gtitle")).to_contain_text("ALT since first abnormal bilirubin")
    expect(page.locator("#cohort-at_cut")).to_be_hidden()
    view(page, "Peaks (eDISH)")
    page.fill("#cohort-at_cut", "4")
    expect(page.locator("#cohort-lines")).to_be_hidden()
    view(page, "Time to event")
    expect(page.locator("#cohort-at_cut")).to_be_hidden()
    expect(page.locator("#cohort-by")).to_be_visible()
    view(page, "Peaks (eDISH)")
    expect(page.locator("#cohort-at_cut")).to_have_value("4")


_COLUMNS = """all => all.sort((a, b) => a.getAttribute('aria-colindex') - b.getAttribute('aria-colindex'))
  .map(head => head.getAttribute('col-id'))"""


def test_another_view_brings_its_columns_to_the_front_of_the_same_table(open_page: Open) -> None:
    page = open_page("/cohort")
    heads = page.locator("#cohort-grid-box .ag-header-viewport [col-id]:not([col-id^=ag-])")
    tick = page.locator("#cohort-grid-box .ag-row .ag-checkbox-input").first
    listed(page)
    usual = heads.evaluate_all(_COLUMNS)
    tick.check()
    for code in ("edish", "swimmer"):
        view(page, VIEWS[code])
        assert heads.evaluate_all(_COLUMNS)[:3] == list(FIRST[code])
        assert sorted(heads.evaluate_all(_COLUMNS)) == sorted(usual)
        expect(tick).to_be_checked()
    view(page, VIEWS["curves"])
    assert heads.evaluate_all(_COLUMNS) == usual


def steps(page: Page) -> list[int]:
    cells = page.locator("#cohort-steps tbody tr td:nth-child(2)").all_inner_texts()
    return [int(c) for c in cells]


def listed(page: Page) -> set[str]:
    """Patients in the grid, as this reader may know them."""
    page.wait_for_selector("#cohort-grid-box .ag-row [col-id='patient']")
    settle(page)
    cells = page.locator("#cohort-grid-box .ag-row .ag-cell[col-id='patient']").all_inner_texts()
    return {c.strip() for c in cells if c.strip()}


def lists(page: Page, store: Store, patients: Iterable[str]) -> None:
    """The table is of these patients: their number, and every row that is on the screen."""
    wanted = set(patients)
    expect(page.locator("#cohort-grid-box p")).to_contain_text(f"{len(wanted)} patient")
    assert listed(page) <= wanted
    if len(wanted) < 10:
        assert listed(page) == wanted


def test_a_question_built_from_choices_finds_whose_bilirubin_doubled(open_page: Open, sample_store: Store) -> None:
    page = open_page("/cohort")
    settle(page)
    page.click("#cohort-compose")
    settle(page)
    assert "find BILI at least 2 x before within 14 days after biliary_stent" in page.input_value("#cohort-text")
    page.click("#cohort-run")
    settle(page)
    result = run(parse(page.input_value("#cohort-text")), sample_store.analysis())
    assert set(result.patient_ids) == planted("early stent failure")
    assert steps(page) == [s.patients for s in result.steps]
    lists(page, sample_store, result.patient_ids)
    for row in result.rows.itertuples():
        line = page.locator(f".ag-center-cols-container [row-id='{sample_store.key_of(row.patient_id)}']").inner_text()
        assert f"{row.anchor_at:%Y-%m-%d}" in line and f"{row.at_1:%Y-%m-%d}" in line
        assert f"{row.before_1:.3g}" in line.split() and f"{row.value_1:.3g}" in line.split()
    shot(page, "cohort-question", full=True)


def test_what_cannot_be_read_is_said_where_it_stands(open_page: Open) -> None:
    page = open_page("/cohort")
    ask(page, "find bilirubin exploded after a stent")
    expect(page.locator("#cohort-said")).to_contain_text("▸exploded")
    expect(page.locator("#cohort-said")).to_contain_text("accepted here: at least")


def test_hys_law_candidates_under_two_sets_of_limits_and_who_moves(open_page: Open, sample_store: Store) -> None:
    frame = peaks(sample_store.analysis().case)
    page = open_page("/cohort?view=edish")
    settle(page)
    for code, label in (("edish", "eDISH: 3 and 2"), ("parks_metastases", "liver metastases (Parks): 5.5 and 3")):
        page.click("#cohort-cuts")
        page.get_by_role("option", name=label).click()
        settle(page)
        found = counts(frame, CUTS[code].at, CUTS[code].bili)
        button = page.get_by_role("button", name="both (Hy's law quadrant)")
        assert button.inner_text().endswith(f": {found['both']}")
    moved = moves(frame, CUTS["edish"], CUTS["parks_metastases"])
    button.click()
    settle(page)
    lists(page, sample_store, moved.loc[moved["parks_metastases"], "patient_id"])
    shot(page, "cohort-edish", full=True)


def test_the_shift_table_has_the_librarys_counts_and_opens_its_patients(open_page: Open, sample_store: Store) -> None:
    rows = shift_rows(sample_store.analysis().case, "ALT", "5.0")
    table = shift_table(rows)
    page = open_page("/cohort?view=shift")
    settle(page)
    cell = page.get_by_role("button", name="patients: baseline grade 0, worst grade 3; select them").first
    assert cell.inner_text() == str(table.loc[0, 3])
    cell.click()
    settle(page)
    behind = rows[(rows["baseline"] == 0) & (rows["worst"] == 3)]["patient_id"]
    lists(page, sample_store, behind)
    view(page, "Peaks (eDISH)")
    expect(page.locator("#cohort-chosen")).to_contain_text(f"{len(behind)} patients")
    shot(page, "cohort-shift", full=True)


def test_step_worst_first_mark_three_and_export_the_list(open_page: Open, sample_store: Store) -> None:
    page = open_page("/cohort?view=edish")
    settle(page)
    page.get_by_role("button", name="both (Hy's law quadrant)").click()
    settle(page)
    names = []
    for _ in range(3):
        link = page.locator("#cohort-step-through a")
        names.append(link.inner_text().removeprefix("Open "))
        page.get_by_role("button", name="Mark reviewed").click()
        expect(page.locator("#cohort-step-through")).to_contain_text("reviewed by")
        settle(page)
        page.get_by_role("button", name="Next").click()
        settle(page)
    assert len(set(names)) == 3
    with page.expect_download() as caught:
        page.click("#cohort-list")
    frame = pd.read_csv(caught.value.path())
    assert set(frame.loc[frame["reviewed"].notna(), "patient_id"]) >= set(names)
    assert frame["rules"].str.contains("hys_law=").all()
    assert frame["patient_id"].str.fullmatch(r"HT-\d{3}").all()  # whoever sees who it is has it in the list too
    others = frame.drop(columns="patient_id").astype(str)
    assert not others.apply(lambda column: column.str.contains("HT-")).any().any()
    page.get_by_role("button", name="Previous").click()
    settle(page)
    page.locator("#cohort-step-through a").click()
    page.wait_for_url("**/patient/**")


def test_a_data_set_is_made_beside_the_page_and_names_nobody(open_page: Open) -> None:
    page = open_page("/cohort")
    ask(page, "find ALT above 3 x ULN after first dose")
    page.click("#cohort-dataset")
    link = page.get_by_role("link", name="The data set is ready: download")
    link.wait_for(timeout=milliseconds(60))
    with page.expect_download() as caught:
        link.click()
    with zipfile.ZipFile(caught.value.path()) as archive:
        names = set(archive.namelist())
        every = b"".join(archive.read(name) for name in names)
    assert {"labs.csv", "dictionary.csv", "provenance.json", "read_r.R"} <= names
    assert b"HT-" not in every and b"Northgate" not in every


def test_overdue_and_changed_limits_are_those_of_the_library(open_page: Open, sample_store: Store) -> None:
    case = sample_store.analysis().case
    page = open_page("/cohort?view=follow")
    settle(page)
    late = overdue(case)
    for patient in late["patient_id"]:
        expect(page.locator("#cohort-under")).to_contain_text(sample_store.key_of(patient))
    assert planted("overdue on treatment") <= set(late["patient_id"])
    page = open_page("/cohort?view=limits&analyte=ALP")
    settle(page)
    changed = limit_changes(case, ("ALP",))
    assert set(changed["patient_id"]) == planted("upper limit change") | planted("laboratory change")
    for patient in set(changed["patient_id"]):
        expect(page.locator("#cohort-under")).to_contain_text(sample_store.key_of(patient))


def test_save_and_compare_with_the_saved_run(open_page: Open) -> None:
    page = open_page("/cohort")
    ask(page, "find ALT above 5 x ULN after first dose")
    page.click("#cohort-columns")
    for label in ("Sex", "ALT peak"):
        page.get_by_role("option", name=label, exact=True).click()
    settle(page)
    page.fill("#cohort-name", "high ALT")
    page.click("#cohort-save")
    expect(page.locator("#cohort-said")).to_contain_text("Saved as high ALT, version 1")
    page.goto(page.url.split("?")[0])
    settle(page)
    choose(page, "saved", "high ALT")
    page.click("#cohort-compare")
    expect(page.locator("#cohort-said")).to_contain_text("0 patients entered, 0 left")
    settle(page)
    heads = page.locator("#cohort-grid-box .ag-header-cell-text").all_inner_texts()
    assert {h for h in heads if h} == {"Patient", "Select", "Sex", "ALT peak"}


def test_a_saved_question_on_new_data_says_who_entered_and_whose_value_changed(
    open_page: Open, sample_store: Store, tmp_path: Path
) -> None:
    kept, late, changed = last_month(tmp_path, sample_store)
    saved_cohorts.save(sample_store, "last month", kept.definition.text, kept.to_json(), LOCAL.name)
    found = diff(kept.to_json(), run(parse(ASKED), sample_store.analysis()))
    page = open_page("/cohort")
    settle(page)
    choose(page, "saved", "last month")
    assert page.input_value("#cohort-text").strip() == kept.definition.text.strip()
    page.click("#cohort-compare")
    said = page.locator("#cohort-said")
    expect(said).to_contain_text(f"1 patient entered, 0 left, {found.stayed} stayed; 1 past value changed")
    settle(page)
    entered = page.get_by_role("region", name="Entered: 1 patient")
    expect(entered.get_by_role("link", name=sample_store.key_of(late))).to_be_visible()
    value = page.get_by_role("region", name="Results corrected since the saved run: 1").locator("tbody tr")
    cells = value.locator("th, td").all_inner_texts()
    (one,) = found.changed
    assert cells == [sample_store.key_of(changed), "ALT", f"{one.at[:16]}", f"{one.was:.0f}", f"{one.now:.0f}"]
    shot(page, "cohort-difference", full=True)


def test_alt_by_regimen_since_first_dose_is_that_of_the_library(open_page: Open, sample_store: Store) -> None:
    case = sample_store.analysis().case
    aligned = align(case, "ALT", Anchor("first dose"), "x_baseline")
    expected = banded(aligned, groups_of(case, "regimen"), around([14, 28, 56, 84]))
    page = open_page("/cohort?view=weeks&scale=x_baseline&by=regimen&analyte=ALT")
    settle(page)
    page.get_by_text("The numbers of this figure").click()
    rows = page.get_by_role("region", name="Weeks").locator("tbody tr")
    shown = {(c[0], int(c[1])): c[2:] for c in (r.locator("th, td").all_inner_texts() for r in rows.all())}
    assert len(expected) > 10
    for row in expected.itertuples():
        n, _, low, median, high, _ = shown[row.group, (row.low + 3) // 7]
        assert int(n) == row.n
        assert [float(low), float(median), float(high)] == pytest.approx([row.q25, row.q50, row.q75], abs=0.006)
    box = page.locator("#cohort-graph").bounding_box()
    assert box is not None and box["height"] > 400, "the figure has its room at the first visit"
    figure = page.evaluate("document.querySelector('#cohort-graph .js-plotly-plot').data")
    for name in expected["group"].unique():
        under = next(t for t in figure if t["name"] == f"n, {name}")
        for row in expected[expected["group"] == name].itertuples():
            place = WEEKS.index((row.low + 3) // 7)
            assert under["text"][under["x"].index(place)] == str(row.n)
    shot(page, "cohort-weeks", full=True)


def test_every_view_comes_for_a_cohort_and_for_nobody(open_page: Open) -> None:
    page = open_page("/cohort?by=primary_site&q=find ALT above 3 x ULN after first dose")
    settle(page)
    for label in VIEWS.values():
        view(page, label)
        shot(page, f"cohort-{label}", full=True)
    ask(page, "where id is nobody\nfind ALT above 3 x ULN")
    assert steps(page)[-1] == 0
    for label in VIEWS.values():
        view(page, label)
        for word in ("NaN", "NaT", "None", "undefined"):
            assert word not in page.inner_text("body").split()
    assert "nobody" not in page.url


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
def test_the_page_fits(open_page: Open, scheme: str, width: int) -> None:
    page = open_page("/cohort", scheme=scheme, width=width)
    settle(page)
    shot(page, f"cohort-{scheme}-{width}", full=True)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


def test_a_box_around_peaks_selects_whom_it_encloses(open_page: Open, sample_store: Store) -> None:
    page = open_page("/cohort?view=edish", height=1600)
    settle(page)
    plot = page.locator("#cohort-graph .nsewdrag").first.bounding_box()
    assert plot is not None
    middle = (plot["x"] + plot["width"] * 0.5, plot["y"] + plot["height"] * 0.5)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] - 2, plot["y"] + 2, steps=6)
    page.mouse.up()
    settle(page)
    frame = peaks(sample_store.analysis().case)
    low, high = page.evaluate(
        """() => {
          const layout = document.querySelector('#cohort-graph .js-plotly-plot')._fullLayout;
          const mid = axis => 10 ** ((axis.range[0] + axis.range[1]) / 2);
          return [mid(layout.xaxis), mid(layout.yaxis)];
        }"""
    )
    inside = frame[(frame["at"] > low) & (frame["bili"] > high)]["patient_id"]
    assert len(inside) > 2
    lists(page, sample_store, inside)


@pytest.fixture
def cora(browser: Browser, sample_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """The cohort page of a coordinator, on a site where everybody is one."""
    monkeypatch.setattr(signin.Open, "identify", staticmethod(lambda: User("cora", "coordinator", "s")))
    for own in serve(sample_store, Config(store=str(sample_store.place.folder))):
        page = browser.new_page()
        page.set_default_timeout(milliseconds(20))
        seen = watch(page, own.address)
        page.goto(f"{own.address}/cohort")
        settle(page)
        yield page
        assert seen.complaints() == []


@pytest.mark.usefixtures("true_worker")
def test_a_report_is_made_beside_the_page_and_tells_a_coordinator_pseudonyms(cora: Page, sample_store: Store) -> None:
    question = "find ALT above 3 x ULN after first dose"
    ask(cora, question)
    cora.click("#cohort-report")
    expect(cora.locator("#cohort-job-said")).to_contain_text(re.compile(r"Making the report: \w.*, \d+%"))
    expect(cora.get_by_role("button", name="Cancel")).to_be_visible()
    link = cora.get_by_role("link", name="The report is ready: download")
    link.wait_for(timeout=milliseconds(120))
    expect(cora.get_by_role("button", name="Cancel")).to_have_count(0)
    with cora.expect_download() as caught:
        link.click()
    assert caught.value.suggested_filename == "hepatrend-cohort.html"
    text = Path(caught.value.path()).read_text("utf-8")
    members = run(parse(question), sample_store.analysis()).patient_ids
    assert f"{len(members)} patients" in text
    names = pseudonyms_of(Config(store=str(sample_store.place.folder))).names(sample_store.patient_ids)
    told = {p for p in members if names[p] in text}
    assert told
    assert not [name for p, name in names.items() if p not in members and name in text]
    sites = set(sample_store.panel().patients["site"].dropna()) - {""}
    assert not [secret for secret in {*names, *sites, "labs.csv"} if secret in text]
    assert f"{sample_store.as_of:%Y-%m-%d}" not in text
