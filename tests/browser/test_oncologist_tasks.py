"""The ten tasks of an oncologist (peers.md, section 4) in a real browser on the sample data, with answers worked out by
hand from sample_data/*.csv, each checked against the analytics module too."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from analytics.analysis import Analysis
from analytics.cycles import rounds_frame
from dashboard.wording import prose
from tests.browser.conftest import Open, shot
from tests.browser.serving import Site

pytestmark = pytest.mark.browser


def patient(open_page: Open, site: Site, patient_id: str, query: str = "") -> Page:
    page = open_page(f"/patient/{site.store.key_of(patient_id)}{query}")
    expect(page.locator("#patient-chart .main-svg").first).to_be_visible()
    return page


def analysis(site: Site, patient_id: str) -> Analysis:
    return site.store.analysis([patient_id])


def row(page: Page, region: str, first: str) -> list[str]:
    """Cells of the row of a table whose first cell begins with a word."""
    for cells in page.locator(f"{region} tbody tr").all():
        texts = [t.strip() for t in cells.locator("th, td").all_inner_texts()]
        if texts and texts[0].split()[0] == first:
            return texts
    raise AssertionError(f"no row {first} in {region}")


def head(page: Page, region: str) -> list[str]:
    return [t.strip() for t in page.locator(f"{region} thead th").all_inner_texts()]


def cell(page: Page, region: str, first: str, column: str) -> str:
    return row(page, region, first)[head(page, region).index(column)]


def test_1_the_last_panel_is_seen_without_scrolling(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-026")
    wanted = {
        "ALT": ("33", "U/L", "0.73", "≈ +31"),
        "AST": ("23", "U/L", "0.56", "≈ −15"),
        "ALP": ("125 H", "U/L", "1.2", "≈ −2"),
        "Bilirubin": ("1.1", "mg/dL", "0.72", "≈ −28"),
    }
    table = page.locator(".last-card > .table-region")
    assert "8 Jun 2026" in head(page, ".last-card > .table-region")[1]
    for test, (value, unit, multiple, change) in wanted.items():
        cells = row(page, ".last-card > .table-region", test)
        assert cells[0].endswith(unit)
        assert cells[1].startswith(value)
        assert change in cells[2]
        assert cells[4].startswith(multiple)
        assert cells[4].endswith("ULN")
    box = table.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 800
    assert page.evaluate("window.scrollY") == 0
    points = analysis(site, "HT-026").points
    assert points[points["analyte"] == "ALT"]["value"].iloc[-1] == 33
    shot(page, "task-1-last-panel")


def test_2_when_bilirubin_passed_twice_uln_and_what_alt_did_before(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-004", "?tab=path")
    region = ".figure-and-table .table-region"
    expect(page.locator(region)).to_be_visible()
    rows = [r.locator("th, td").all_inner_texts() for r in page.locator(f"{region} tbody tr").all()]
    above = [r for r in rows if float(re.search(r", ([\d.]+) ×", r[2]).group(1)) > 2]  # type: ignore[union-attr]
    assert above[-1][0] == "2026-04-29"
    assert above[-1][2].startswith("3.6 mg/dL, 3.0")
    before = {r[0]: r[1] for r in rows if "2026-04-15" <= r[0] <= "2026-04-29"}
    assert before["2026-04-23"].startswith("160 U/L, 4.0")  # above 3 x ULN, six days before
    assert (above[-1][3], above[-1][4]) == ("1.43", "8.2")  # ALP 172 / 120; R = 11.725 / 1.433
    points = analysis(site, "HT-004").points
    bilirubin = points[(points["analyte"] == "BILI") & (points["x_uln"] > 2)]
    assert str(bilirubin["collected_at"].iloc[0].date()) == "2026-04-29"


def test_3_the_course_after_a_stent(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-033", "?event=4")
    region = "#patient-inside .table-region:not([aria-label*='other tests'])"
    expect(page.locator(region)).to_be_visible()
    answers = {
        "Before": "7.1",
        "Day 7": "6.9",
        "Day 14": "2.3",
        "Day 28": "0.9",
        "50% fall": "day 14",
        "Target reached": "day 21",
        "Lowest after": "0.6, day 79",
        "Rebound": "day 93",
    }
    assert {name: cell(page, region, "Bilirubin", name) for name in answers} == answers
    table = analysis(site, "HT-033").responses
    one = table[(table["analyte"] == "BILI") & (table["name"] == "plastic stent")].iloc[0]
    assert (one["day_half"], one["day_target"], one["rebound_day"]) == (14, 21, 93)
    shot(page, "task-3-stent", full=True)


def test_4_whether_the_rise_after_cycle_3_was_back_before_cycle_4(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-007", "?tab=cycles")
    region = "table.rounds-ALT"
    expect(page.locator(region)).to_be_visible()
    cells = row(page, region, "3")
    # before 32 on 2025-07-07; 172 on day 7; below 48 first with 39 on 2025-07-28, day 19; cycle 4 on day 21
    assert cells == ["3", "2025-07-09", "32", "172, day 7", "day 19", "2025-07-30", "yes"]
    third = rounds_frame(analysis(site, "HT-007").case, "ALT").iloc[2]
    assert (third["before"], third["peak"], third["day_back"], third["is_back_in_time"]) == (32, 172, 19, 1)


def test_5_rates_under_two_lines(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-012", "?tab=lines&tests=ALP.CEA")
    region = "#patient-inside .table-region:not([aria-label*='other tests'])"
    expect(page.locator(region)).to_be_visible()
    rows = [
        [t.strip() for t in r.locator("th, td").all_inner_texts()] for r in page.locator(f"{region} tbody tr").all()
    ]
    columns = head(page, region)
    by = {(r[0], r[1]): dict(zip(columns, r, strict=True)) for r in rows if r[1] in ("1", "2")}
    series = analysis(site, "HT-012").series
    for code, line, n in (("ALP", "1", "9"), ("ALP", "2", "6"), ("CEA", "1", "9"), ("CEA", "2", "6")):
        told = by[code, line]
        one = series[(series["analyte"] == code) & (series["segment"] == int(line))].iloc[0]
        assert told["n"] == n == str(one["n"])
        month = 100 * ((1 + one["slope_pct_per_week"] / 100) ** (30 / 7) - 1)
        assert told["% per 30 days"].replace("\u202f", "").replace("−", "-") == f"{month:+.1f}%"
        assert told["95% interval"].replace("−", "-").startswith(f"{one['slope_low']:+.1f}")


def test_6_why_two_versions_of_a_grade_differ(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-002")
    region = ".last-card > .table-region"
    differing = [r for r in ("ALP", "GGT", "AST") if "v5" in row(page, region, r)[6]]
    assert differing
    page.locator(".last-card summary", has_text="Why the two grades").click()
    why = page.locator(".last-card details[open] li").all_inner_texts()
    assert any("CTCAE 5.0" in w and "baseline above ULN" in w for w in why)
    assert any("CTCAE 6.0" in w and "baseline above ULN" in w for w in why)


def test_7_recovery_after_a_hepatectomy(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-029")
    region = "#patient-inside .table-region:not([aria-label*='other tests'])"
    expect(page.locator(region)).to_be_visible()
    assert cell(page, region, "ALT", "Highest after") == "325, day 1"
    assert cell(page, region, "Bilirubin", "Highest after") == "3.5, day 1"
    assert cell(page, region, "Bilirubin", "Day 5") == "1.1"
    assert cell(page, region, "INR", "Day 5") == "1.11"
    assert cell(page, region, "ALT", "Back to pre-event") == "day 14"
    table = analysis(site, "HT-029").responses
    alt = table[(table["analyte"] == "ALT") & (table["kind"] == "hepatectomy")].iloc[0]
    assert (alt["peak"], alt["day_peak"], alt["day_recovery"]) == (325, 1, 14)


def test_8_what_the_episode_fits_best_with_facts_for_and_against(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-004")
    page.locator(".reading > summary").first.click()
    said = page.locator(".reading").first.inner_text().lower()
    assert "most consistent with drug or immune injury" in said
    assert page.locator(".reading .fact-for").count() >= 2
    assert page.locator(".reading .fact-against").count() >= 1
    readings = analysis(site, "HT-004").readings
    assert readings[readings["fits"]]["reading"].tolist() == ["injury"]
    shot(page, "task-8-reading")


def test_9_the_imaging_nearest_to_the_inflection(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-026")
    card = page.locator(".finding", has_text="after the stent of 15 Jan 2026").first
    said = card.locator(".finding-imaging").inner_text()
    # recurrent obstruction first met on 2026-04-07; scans of 2026-01-12 and 2026-04-13
    assert said == "Imaging: CT SD 12 Jan 2026, 85 days before; CT SD 13 Apr 2026, 6 days after"
    scans = analysis(site, "HT-026").panel.imaging["date"]
    assert (scans.iloc[2] - pd.Timestamp("2026-04-07")).days == 6


def test_10_nothing_of_the_former_patient_remains(open_page: Open, site: Site) -> None:
    keys = site.store.worklist()[["patient_id", "key"]]
    former, following = keys.iloc[0], keys.iloc[1]
    page = patient(open_page, site, former["patient_id"])
    point = page.locator("#patient-chart .points path").first
    point.hover(force=True)
    page.locator("[data-show]").first.click()
    page.wait_for_timeout(300)
    old = analysis(site, former["patient_id"]).findings["says"].map(prose).tolist()
    page.locator("a.next-patient").click()
    expect(page.locator("h1")).to_have_text(following["patient_id"])
    expect(page.locator("#patient-chart .gtitle")).to_contain_text(following["patient_id"])
    expect(page.locator("#patient-inside > *").first).to_be_visible()
    html = page.content()
    assert former["patient_id"] not in html
    assert former["key"] not in html.replace(f'href="/patient/{former["key"]}"', "")  # only the way back
    assert not any(sentence in html for sentence in old)
    figures = page.evaluate(
        "JSON.stringify([...document.querySelectorAll('.js-plotly-plot')].map(p => [p.data, p.layout]))"
    )
    assert former["patient_id"] not in figures
    assert page.locator(".hovertext").count() == 0
    assert page.title().count(former["key"]) == 0
    assert "show=" not in page.url
    count = "plot => plot.data.filter(t => (t.selectedpoints || []).length).length"
    selected = page.locator("#patient-chart .js-plotly-plot").evaluate(count)
    assert selected == 0
