"""The tasks of somebody who only ever sees the file (without a browser; those with one are in tests/browser)."""

from __future__ import annotations

import base64
import csv
import hashlib
import html
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pandas as pd
import pytest
from click.testing import CliRunner

import dashboard.reports
from analytics.analysis import analyse
from analytics.analytes import MARKERS
from analytics.errors import ReportRefused, SettingsError
from analytics.panel import Panel, in_prose
from analytics.report_changes import remember
from analytics.store import Store
from analytics.tables import CLOSED_STATES, LEVELS
from dashboard.cli import group
from dashboard.figures.choice import Choice
from dashboard.reporting.formats import render
from dashboard.reporting.report_input import Order, by_bucket, computed, problems_of, report_input
from dashboard.reports import Content, report, reports
from dashboard.reports._blocks import Column, Items, Link, Picture, Table
from dashboard.reports._csv import attachments, to_csv
from dashboard.reports._found import is_open, items, open_first
from dashboard.reports._html import picture_html, scripts, table_html, to_html
from dashboard.reports._markers import markers_and_imaging
from dashboard.reports._report_input import versions_of_rules
from dashboard.reports._text import to_text
from dashboard.wording import prose
from tests.dashboard.reports.making import NAMES, NOON, digest, edition_of, patient_report
from tests.stores import SAMPLE

PATIENT = "HT-026"


def plain(page: str) -> str:
    """Text of a page without markup."""
    body = re.sub(r"<(style|script).*?</\1>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def test_a_picture_sheds_quotes_within_tags_and_keeps_those_of_its_texts():
    note = {"text": 'Ward="north" x class="a" >', "x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper"}
    layout = {"width": 300, "height": 200, "annotations": [{**note, "showarrow": False}]}
    told = str(picture_html(Picture({"data": [], "layout": layout}, "A picture", "picture"), 1))
    assert 'Ward="north" x class="a" &gt;' in told
    assert "width=300" in told
    assert 'width="300"' not in told


def test_the_first_screen_says_how_many_are_new_who_which_rule_value_and_date(sample_store: Store):
    text = to_text(digest(sample_store))
    lead = text.split("\n\n")[1] if "new finding" in text.split("\n\n")[1] else text[:900]
    found = re.search(r"(\d+) major findings? open; (\d+) new, .* (\d+) panels? overdue", lead)
    assert found
    findings = sample_store.analysis().findings
    still = findings[~findings["state"].isin(CLOSED_STATES)]
    open_now, overdue = still.query("rule != 'overdue_panel'"), still.query("rule == 'overdue_panel'")
    assert int(found[1]) == (open_now["level"] == "urgent").sum()
    assert (int(found[2]), int(found[3])) == (len(open_now), len(overdue))
    for row in open_now.to_dict("records"):
        assert prose(row["says"]) in text
        assert row["patient_id"] in text


def test_what_was_resolved_and_what_is_overdue_have_their_own_place(sample_store: Store):
    whole = edition_of(sample_store)
    memory = remember(whole.analysis, versions_of_rules())
    was_open = memory.findings.assign(state="ongoing")
    before = type(memory)(**{**vars(memory), "findings": was_open})
    content = digest(sample_store, before=before)
    told = [i for s in content.sections for b in s.blocks if isinstance(b, Items) for i in b.items]
    over = sample_store.analysis().findings.query("state == 'resolved' and rule != 'overdue_panel'")
    resolved = over[over["resolved_at"].notna()]
    assert sum(i.tag.startswith("resolved") for i in told) == len(resolved) > 0
    assert len(over) > len(resolved), "what tells of a moment is past, and nothing got better by that"
    by_change = {str(r[0]): {name for name, _ in r[2].links} for r in content.sections[0].blocks[-1].rows}
    assert by_change["Resolved"] == set(resolved["patient_id"])
    assert by_change["Liver panel overdue"] >= {"HT-011", "HT-041"}


def test_the_footer_names_cut_off_run_files_versions_and_what_was_left_out(sample_store: Store):
    page = to_html(digest(sample_store), "none")
    footer = plain(page[page.index("<footer>") :])
    assert "Data cut-off 10 Jun 2026" in footer
    assert "Built 15 Jun 2026 12:00:00 UTC, newest data 5 days earlier." in page
    for row in sample_store.imports().to_dict("records"):
        assert row["sha256"][:16] in footer
        assert row["file"] in footer
    assert f"Quarantined {len(sample_store.quarantine())}" in footer
    assert "hepatrend " in footer
    assert all(f"{code} {version}" in footer for code, version in versions_of_rules().items())
    assert page.count("12:00:00") == 1


def test_a_number_is_followed_to_the_line_it_came_from(sample_store: Store):
    content = patient_report(sample_store, PATIENT)
    evidence = next(t for t in content.tables() if t.name == "evidence")
    with (SAMPLE / "labs.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.reader(file))
    columns = [c.title for c in evidence.columns]
    assert len(evidence.rows) > 20
    for row in evidence.rows:
        cell = dict(zip(columns, row, strict=True))
        assert cell["Source"] == "labs.csv"
        source = lines[int(str(cell["Line"])) - 1]
        assert source[0] == PATIENT
        assert source[2][:10] == str(cell["Date"])[:10]
        written = str(cell["As written, if otherwise"])
        shown = re.sub(r"[ HL<>]", "", str(cell["Value"]))
        assert written.startswith(source[3]) if written else float(source[3].strip("<>")) == float(shown)


def test_every_difference_is_named_new_data_changed_data_or_changed_rule(sample_store: Store):
    whole = edition_of(sample_store)
    memory = remember(whole.analysis, versions_of_rules())
    labs = memory.labs.copy()
    at = labs.index[(labs["patient_id"] == PATIENT) & (labs["analyte"] == "ALT")][3]
    labs.loc[at, "value"] += 7
    fewer = memory.findings[memory.findings["patient_id"] != "HT-001"]
    rules = dict(memory.rules) | {"ctcae_grade": "0"}
    before = type(memory)(**{**vars(memory), "labs": labs, "findings": fewer, "rules": rules})
    content = digest(sample_store, before=before)
    text = to_text(content)
    assert "1 past value corrected" in text
    assert re.search(rf"{PATIENT}\s+ALT", text)
    assert "Rules whose version changed" in text
    tags = {i.tag for s in content.sections for b in s.blocks for i in getattr(b, "items", ())}
    assert all(": " in t for t in tags if t)


def test_the_same_input_gives_the_same_bytes_apart_from_the_run_line(sample_store: Store):
    later = NOON + timedelta(days=2, seconds=7)
    for assets in ("inline", "shared", "none"):
        one = to_html(patient_report(sample_store, PATIENT), assets).splitlines()
        two = to_html(patient_report(sample_store, PATIENT, now=later), assets).splitlines()
        differ = [(a, b) for a, b in zip(one, two, strict=True) if a != b]
        assert len(differ) == 1
        assert 'class="run"' in differ[0][0]


def test_the_report_of_a_patient_holds_no_other_patient(sample_store: Store):
    others = [p for p in sample_store.patient_ids if p != PATIENT]
    keys = [sample_store.key_of(p) for p in others]
    page = to_html(patient_report(sample_store, PATIENT))
    assert PATIENT in page
    assert not [p for p in (*others, *keys) if p in page]


def test_without_leave_to_identify_no_id_name_of_a_file_or_free_text_is_in_it(sample_store: Store):
    for content in (patient_report(sample_store, PATIENT, identified=False), digest(sample_store, identified=False)):
        for text in (to_html(content, "none"), to_text(content), *attachments(content).values(), content.headline):
            assert not re.search(r"HT-\d\d\d", text)
            assert ".csv" not in text
    assert NAMES.name(PATIENT) in to_text(patient_report(sample_store, PATIENT, identified=False))


def test_without_leave_to_identify_no_true_date_is_in_it_and_the_reader_is_told(sample_store: Store):
    panel = sample_store.panel([PATIENT])
    true = {f"{d:%Y-%m-%d}" for d in [*panel.labs["collected_at"], *panel.events["start_date"], *panel.imaging["date"]]}
    days = pd.Timedelta(days=NAMES.shift_days(PATIENT))
    moved = {f"{pd.Timestamp(d) + days:%Y-%m-%d}" for d in true}
    content = patient_report(sample_store, PATIENT, identified=False)
    for text in (to_html(content, "none"), to_text(content), *attachments(content).values(), figures_in(content)):
        assert not [d for d in true - moved if d in text or in_prose(d) in text]
        assert [d for d in moved if d in text or in_prose(d) in text]
    assert "personal data under the GDPR" in to_text(content)
    assert "moved back" in to_html(content, "none")


def test_nobody_who_knows_the_data_cut_off_can_find_by_how_much_dates_were_moved(sample_store: Store):
    cut = sample_store.panel([]).as_of.normalize()
    labs = sample_store.panel().labs
    late = set(labs["patient_id"][labs["collected_at"].dt.normalize() == cut])
    findings = sample_store.analysis().findings
    overdue = sorted(set(findings["patient_id"][findings["rule"] == "overdue_panel"]) - late)
    assert overdue
    everybody = digest(sample_store, identified=False)
    for patient_id in overdue:
        told = f"{cut + pd.Timedelta(days=NAMES.shift_days(patient_id)):%Y-%m-%d}"
        content = patient_report(sample_store, patient_id, identified=False)
        for text in (to_text(content), figures_in(content), to_html(content, "none"), *attachments(content).values()):
            assert told not in text
            assert not re.search(rf"\b{in_prose(told)}\b", text)
            assert not re.search(r"\d+ days before the last contact \(\d", text)
        assert "days before the last contact" in to_text(content)
        mine = [line for line in to_text(everybody).splitlines() if NAMES.name(patient_id) in line]
        assert mine
        assert not [line for line in mine if told in line]


def test_results_are_the_same_with_and_without_leave_to_identify(sample_store: Store):
    raw, seen = (patient_report(sample_store, PATIENT, identified=who) for who in (True, False))
    for table in ("last_results", "evidence"):
        mine, theirs = ({t.name: t for t in c.tables()}[table] for c in (raw, seen))
        kept = [
            i
            for i, c in enumerate(mine.columns)
            if c.title in ("Test", "Last", "Value", "Unit", "Range", "× ULN", "CTCAE")
        ]
        assert [[r[i] for i in kept] for r in mine.rows] == [[r[i] for i in kept] for r in theirs.rows]


def figures_in(content: Content) -> str:
    """What scripts would draw, as text."""
    return orjson.dumps([p.figure for p in content.pictures()]).decode()


def test_plain_text_says_the_same_findings_as_the_page(sample_store: Store):
    content = patient_report(sample_store, PATIENT)
    text, page = to_text(content), plain(to_html(content, "none"))
    findings = sample_store.analysis([PATIENT]).findings
    assert len(findings) > 3
    for says in findings["says"].map(prose):
        assert says in text
        assert re.sub(r"\s+", " ", says) in page


def test_a_page_asks_for_nothing_and_lets_only_its_own_scripts_run(sample_store: Store):
    page = to_html(patient_report(sample_store, PATIENT))
    head = page[: page.index("<body")]
    csp = html.unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', head)[1])  # type: ignore[index]
    assert csp.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in csp
    assert "unsafe-inline" not in csp.split("style-src")[0]
    run = re.findall(r"<script>(.*?)</script>", page, flags=re.S)
    hashes = {"sha256-" + base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in run}
    assert hashes == {s.sha256 for s in scripts()}
    assert all(h in csp for h in hashes)
    still = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert not re.search(r"""(?:src|href)=(?!["']?#)""", still)
    assert not re.search(r"@import|url\((?!#)", still)


def test_what_rows_share_is_told_once_above_them():
    columns = (Column("Test", once=True), Column("Day"), Column("Unit", once=True), Column("Value", numeric=True))
    rows = [["ALT", "1", "U/L", "<5"], ["ALT", "2", "U/L", "7"], ["AST", "1", "U/L", "9"]]
    made = table_html(Table("Some", columns, rows, marks=frozenset({2})), 1)
    assert made.count("scope=rowgroup") == 2
    assert "<th scope=rowgroup colspan=2>ALT · unit U/L<tr><th>1<td>&lt;5<tr><th>2<td>7" in made
    assert "AST · unit U/L<tr class=mark><th>1<td>9" in made
    assert "<th scope=col>Day<th scope=col>Value<tbody>" in made
    assert 'class="n2"' in made
    assert "ALT" in to_csv(Table("Some", columns, rows, "some")).splitlines()[2], "a file holds every column"


def test_a_reason_that_many_rows_share_becomes_one_note_and_a_file_keeps_it_in_each_row():
    rows = [["ALT", "slow: not reached"], ["AST", "slow: not due"], ["ALP", "slow: not reached"], ["GGT", "none"]]
    table = Table("Courses", (Column("Test"), Column("Course", noted=True)), rows, "courses")
    made = table_html(table, 1)
    assert "Courses; (a) not reached; (b) not due</caption>" in made
    assert "<th>ALT<td>slow (a)<tr><th>AST<td>slow (b)<tr><th>ALP<td>slow (a)<tr><th>GGT<td>none" in made
    assert to_csv(table).splitlines()[1:] == [",".join(row) for row in rows]


def test_on_a_small_screen_a_row_is_a_card_with_the_names_of_its_values():
    table = Table("t", (Column("Test"), Column('a "b" <c>'), Column("d")), [["ALT", "1", "2"]], cards=True)
    made = table_html(table, 7)
    assert 'class="cards"' in made
    assert '#t7~tbody td:nth-child(3):before{content:"d"}' in made
    assert "<c>" not in made.replace("&lt;c&gt;", ""), "no head can end the style sheet"
    assert "<style>" not in table_html(replace(table, cards=False), 7)


def test_a_finding_tells_its_dates_and_its_source_once():
    march, april, may = (pd.Timestamp(2024, month, 5) for month in (3, 4, 5))
    row = {
        "patient_id": "P",
        "rule": "ctcae_grade",
        "rule_version": "1",
        "reference": "NCI, 2017",
        "evidence": "[7, 8]",
    }
    row |= {"level": "attention", "state": "resolved", "onset": march, "last_seen": april, "resolved_at": may}
    said = "ALT 300 U/L. Criteria met 2024-03-05 to 2024-04-05; no longer met on 2024-05-05."
    told = [row | {"says": said, "finding_id": "1"}, row | {"says": "ALT 300 U/L.", "finding_id": "2"}]
    first, second = (item.source for item in items(told, {"P": "date"}))
    assert first == "rule version 1 · NCI, 2017 · 2 results #7, #8"
    assert second == (
        "criteria met 5 Mar 2024 to 5 Apr 2024 · ended 5 May 2024 · rule version 1 · source as above · 2 results #7, #8"
    )
    still = row | {"says": "ALT 300. Criteria met since 2024-03-05, last on 2024-04-05.", "resolved_at": None}
    assert items([still], {"P": "date"})[0].source.startswith("rule version")
    other = row | {"reference": "NCI, 2025", "says": said}
    assert "NCI, 2025" in items([told[0], other], {"P": "date"})[1].source, "another source of the same rule is told"


def test_a_value_below_a_limit_is_told_with_its_sign_everywhere_and_never_with_code(sample_store: Store):
    analysis = sample_store.analysis()
    below = analysis.points[(analysis.points["comparator"] == "<").fillna(False)]
    who = str(below["patient_id"].value_counts().index[0])
    content = patient_report(sample_store, who)
    page, text = to_html(content, "none"), to_text(content)
    assert "&amp;lt;" not in page
    assert "&lt;" not in text
    assert re.search(r"<td>&lt;\d", page)
    assert re.search(r" <\d", text)
    assert re.search(r",<\d", "".join(attachments(content).values()))


def test_markers_stand_beside_the_sum_of_target_lesions_with_a_table_of_the_same(sample_store: Store):
    content = patient_report(sample_store, "HT-032")
    (section,) = [s for s in content.sections if s.title == "Tumour markers and imaging"]
    picture = next(b for b in section.blocks if isinstance(b, Picture))
    assert not picture.live and "sum of target lesions" in {t["name"] for t in picture.figure["data"]}
    table = next(b for b in section.blocks if isinstance(b, Table))
    assert [c.title for c in table.columns][-1] == "Nearest CEA, ng/mL"
    sums = [row[3] for row in table.rows]
    drawn = next(t for t in picture.figure["data"] if t["name"] == "sum of target lesions")
    assert [float(one) for one in sums if one != "–"] == [float(y) for y in drawn["y"]]
    assert "Nearest CEA, ng/mL" in to_text(content) and "markers_imaging" in " ".join(attachments(content))


def test_without_a_marker_there_is_no_such_section(sample_store: Store):
    report_of = next(edition_of(sample_store, ["HT-032"]).each())
    panel = report_of.analysis.panel
    labs = panel.labs[~panel.labs["analyte"].isin(MARKERS)]
    bare = analyse(Panel.of(labs, panel.events, panel.imaging, panel.patients))
    assert markers_and_imaging(bare, Choice(key="K")).blocks == []


def test_texts_of_a_picture_are_not_touched_where_its_quotes_are_left_out():
    figure = {
        "data": [{"type": "scatter", "mode": "text", "x": [1, 2], "y": [1, 2], "text": ['class="l" x="1" <b', "b"]}],
        "layout": {},
    }
    still = picture_html(Picture(figure, "says"), 0)
    assert 'class="l" x="1" &lt;b' in html.unescape(still).replace("<b", "&lt;b")
    assert ' class="l"' not in re.sub(r">[^<]*<", "><", still)


def test_sizes_stay_within_what_was_promised(sample_store: Store):
    sizes = []
    for one in by_bucket(sample_store, Order(sample_store.patient_ids[:30], "x", identified=True), NOON):
        sizes.append(len(render(report("patient").build(one), "html", "shared")))
    assert sorted(sizes)[len(sizes) // 2] <= 60 * 1024
    inside = len(render(patient_report(sample_store, PATIENT)))
    assert inside <= 1_400_000


def test_stale_input_and_failed_files_are_said_in_words(sample_store: Store):
    imports = sample_store.imports()
    last = imports["imported_utc"].max()
    assert problems_of(imports, (last + pd.Timedelta(days=6)).tz_localize("UTC"), 7) == []
    said = problems_of(imports, (last + pd.Timedelta(days=8)).tz_localize("UTC"), 7)
    assert said[0].startswith("Stale input: nothing was imported for 8 days")
    bad = imports.assign(quarantined=imports["results_in"])
    assert any("were quarantined" in s for s in problems_of(bad, last.tz_localize("UTC"), 7))


def test_no_report_is_made_of_nobody_or_when_a_rule_fails(sample_store: Store, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(ReportRefused, match="is empty"):
        report_input(sample_store, Order([], "empty"), NOON, since=False)
    analysis = edition_of(sample_store, [PATIENT]).analysis
    broken = type(analysis)(analysis.panel, analysis.settings)
    monkeypatch.setattr("analytics.rules.findings_frame", lambda case: 1 / 0)
    with pytest.raises(ReportRefused, match="ZeroDivisionError"):
        computed(lambda: broken)


def test_adding_a_report_is_adding_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample_store: Store):
    (tmp_path / "visits.py").write_text(
        '"""How many results."""\n'
        "from dashboard.reports import Content, Report\n"
        "from dashboard.reports._blocks import Say, Section\n"
        "def build(report_input):\n"
        "    said = Section('All', [Say(f'{len(report_input.panel.labs)} results')])\n"
        "    return Content('Visits', '', [said], report_input.footer(), report_input.run_line)\n"
        "REPORT = Report('visits', 'Visits', 'How many results?', 'list', build)\n"
    )
    monkeypatch.setattr(dashboard.reports, "__path__", [*dashboard.reports.__path__, str(tmp_path)])
    reports.cache_clear()
    try:
        content = report("visits").build(edition_of(sample_store))
        assert f"{len(sample_store.panel().labs)} results" in to_html(content)
    finally:
        monkeypatch.undo()
        reports.cache_clear()
    with pytest.raises(SettingsError, match="Available: cohort, digest, patient"):
        report("visits")


def test_tables_go_out_as_csv_that_no_spreadsheet_runs():
    table = Table("t", (Column("name"), Column("n", numeric=True)), [["=1+1", "-3.2"], ["@x", "−4"]], "t")
    assert to_csv(table) == "name,n\r\n'=1+1,-3.2\r\n'@x,−4\r\n"


@pytest.mark.parametrize("file", ["../x.html", "https://host/x", "/etc/passwd", "", ".hidden"])
def test_a_link_leads_to_a_file_beside_the_report_only(file: str):
    with pytest.raises(ValueError, match="not a file beside"):
        Link("x", file)


# -- the command ---------------------------------------------------------------------------------------------------


def command(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(group, list(words))
    return done.exit_code, done.output + repr(done.exception or "")


def test_the_command_writes_one_private_file(sample_store: Store, tmp_path: Path):
    out = tmp_path / "r.html"
    store = str(sample_store.place.folder)
    code, said = command("report", "patient", PATIENT, "--store", store, "--out", str(out))
    assert code == 0, said
    assert out.stat().st_mode & 0o777 == 0o600
    assert PATIENT in out.read_text("utf-8")
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]


def test_many_reports_come_with_an_index_and_share_their_scripts(sample_store: Store, tmp_path: Path):
    ids = tmp_path / "ids.txt"
    ids.write_text("HT-001\nHT-002\nHT-003\n")
    out = tmp_path / "all"
    store = str(sample_store.place.folder)
    code, said = command(
        "report",
        "patient",
        "--list",
        f"file:{ids}",
        "--store",
        store,
        "--out",
        str(out),
        "--assets",
        "shared",
        "--keys",
    )
    assert code == 0, said
    pages = sorted(p.name for p in out.glob("patient-*.html"))
    assert len(pages) == 3
    assert {p.name for p in (out / "assets").iterdir()} == {s.name for s in scripts()}
    index = (out / "index.html").read_text("utf-8")
    assert all(p in index for p in pages)
    assert not any("HT-0" in p.read_text("utf-8") for p in out.glob("*.html"))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("patient", "NOBODY-1"), 1, "unknown patient"),
        (("nothing", "--list", "all"), 1, "unknown report 'nothing'"),
        (("patient",), 1, "name a patient"),
        (("digest", "--list", "Nowhere"), 1, "unknown list 'Nowhere'"),
    ],
)
def test_the_command_refuses_in_words(
    sample_store: Store, tmp_path: Path, words: tuple[str, ...], code: int, said: str
):
    out = tmp_path / "x.html"
    got, text = command("report", *words, "--store", str(sample_store.place.folder), "--out", str(out))
    assert got == code
    assert said in text
    assert not out.exists()


@pytest.mark.slow
def test_a_report_becomes_a_pdf_without_a_browser(sample_store: Store):
    weasyprint = pytest.importorskip("weasyprint")
    content = patient_report(sample_store, "HT-002")
    assert render(content, "pdf").startswith(b"%PDF")
    pages = weasyprint.HTML(string=to_html(content, "none", fixed=True)).render().pages
    assert 2 <= len(pages) <= 6, "a sheet of its own for the first page, and no empty ones"


def test_what_knows_no_style_sheet_within_pictures_gets_small_pictures_with_their_own_look(sample_store: Store):
    content = patient_report(sample_store, "HT-002")
    fixed, leaning = to_html(content, "none", fixed=True), to_html(content, "none")
    of_fixed, of_leaning = (re.findall(r"<svg class=k.*?</svg>", page) for page in (fixed, leaning))
    assert len(of_fixed) == len(of_leaning) > 5
    assert all("var(" not in svg and 'fill="none"' in svg for svg in of_fixed)
    assert all('stroke="var(' in svg and "fill=" not in svg for svg in of_leaning)


def test_open_findings_stand_second_the_worst_first_and_closed_ones_never_there(sample_store: Store):
    for who in ("HT-032", "HT-058", "HT-021"):
        content = patient_report(sample_store, who)
        titles = [s.title for s in content.sections]
        assert titles[:4] == ["Patient", "Answers", "Open findings", "What is new"]
        shown = next(b for b in content.sections[2].blocks if isinstance(b, Items)).items
        rest = [i for s in content.sections if s.title == "All findings" for b in s.blocks for i in b.items]
        mine = sample_store.analysis([who]).findings
        n_open = len(mine) - int(mine["state"].isin(CLOSED_STATES).sum())
        ranks = [LEVELS[i.level] for i in [*shown, *rest]][:n_open]
        assert ranks == sorted(ranks, reverse=True)
        assert len(shown) == min(n_open, len(shown))
        assert all(i.state not in ("resolved", "window ended", "superseded") for i in shown)
        assert len(shown) + len(rest) == len(mine)
        if n_open == 0:
            assert "No open findings." in to_text(content)


def test_a_new_finding_that_stands_above_is_not_told_twice(sample_store: Store):
    content = patient_report(sample_store, "HT-058")
    above, news = (to_text(replace(content, sections=content.sections[i : i + 1])) for i in (2, 3))
    assert "REILD laboratory pattern: Bilirubin 3.3" in above
    assert "REILD laboratory pattern: see open findings." in news


def test_a_new_finding_of_a_lower_level_does_not_stand_before_an_open_major_one():
    row = {"last_seen": pd.Timestamp("2026-01-01"), "finding_id": "a", "says": "x"}
    rows = [
        row | {"level": "information", "state": "new"},
        row | {"level": "urgent", "state": "resolved"},
        row | {"level": "urgent", "state": "ongoing"},
        row | {"level": "attention", "state": "new"},
        row | {"level": "urgent", "state": "ongoing", "change": "no_longer", "says": None},
    ]
    told = [(r["level"], is_open(r)) for r in open_first(rows)]
    assert told[:3] == [("urgent", True), ("attention", True), ("information", True)]
    assert not any(is_it for _, is_it in told[3:])
