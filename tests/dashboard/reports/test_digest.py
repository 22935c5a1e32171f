"""The digest: who comes first, patient by patient, numbers that add up, and what it says of old or missing data."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from analytics.report_changes import Memory, remember
from analytics.store import Store, open_store
from analytics.tables import CLOSED_STATES
from dashboard.cli import group
from dashboard.reporting.report_input import Order, report_input
from dashboard.reports import Content, report
from dashboard.reports._blocks import Items, Link, Places, Strip, Table
from dashboard.reports._html import to_html
from dashboard.reports._report_input import versions_of_rules
from dashboard.reports._text import cell_text, to_text
from tests.dashboard.reports.making import NAMES, NOON, digest, edition_of


def earlier(store: Store) -> Memory:
    """What a report of half a year before would have kept: other states, findings that are gone, panels overdue."""
    memory = remember(edition_of(store).analysis, versions_of_rules())
    found = memory.findings.copy()
    found["state"] = found["state"].where(found.index % 5 != 0, "ongoing")
    found = found[found.index % 3 != 0]
    gone = found[found["rule"] != "overdue_panel"].head(40).assign(state="ongoing")
    gone["finding_id"] = [f"gone-{i}" for i in range(len(gone))]
    overdue = gone.head(38).assign(rule="overdue_panel")
    overdue["finding_id"] = [f"late-{i}" for i in range(len(overdue))]
    return replace(memory, findings=pd.concat([found, gone, overdue], ignore_index=True))


@pytest.fixture(scope="module")
def compared(sample_store: Store) -> Content:
    return digest(sample_store, before=earlier(sample_store))


def of_patients(content: Content) -> list:
    return [s for s in content.sections if s.ident.startswith("patient-")]


def test_the_first_line_counts_what_the_patients_sections_list(compared: Content):
    lead = compared.sections[0].blocks[0].text
    found = re.fullmatch(
        r"(\d+) major findings? open; (\d+) new, (\d+) worsened, (\d+) resolved, (\d+) with the window ended; "
        r"(\d+) panels? overdue\.",
        lead,
    )
    assert found, lead
    told = [i for s in of_patients(compared) for b in s.blocks if isinstance(b, Items) for i in b.items]
    panels = [i for i in told if "Liver panel overdue" in i.head]
    others = Counter(i.tag.split(":")[0] for i in told if i not in panels)
    assert [int(n) for n in found.groups()[1:5]] == [others[w] for w in ("new", "worse", "resolved", "ended")]
    assert int(found[6]) == sum("no longer found" not in i.tag for i in panels) == 2
    assert compared.counts["passed"] == others["came and went"]
    assert compared.counts["no_longer"] == others["no longer found"] == 40


def test_an_overdue_panel_that_is_no_longer_found_is_not_overdue(compared: Content):
    assert "2 panels overdue" in compared.sections[0].blocks[0].text
    rows = {str(r[0]): r for r in compared.sections[0].blocks[-1].rows}
    assert rows["Liver panel overdue"][1] == "2"
    assert rows["Liver panel no longer overdue"][1] == "38"


def test_every_finding_stands_once(sample_store: Store, compared: Content):
    told = [i for s in of_patients(compared) for b in s.blocks if isinstance(b, Items) for i in b.items]
    twice = [
        k
        for k, n in Counter((i.head, i.says, i.source) for i in told if "no longer found" not in i.says).items()
        if n > 1
    ]
    assert not twice
    changes = edition_of(sample_store, before=earlier(sample_store)).changes
    assert changes is not None
    wanted = changes.findings[(changes.findings["change"] != "")]
    quiet = changes.findings[(changes.findings["change"] == "") & (changes.findings["rule"] == "overdue_panel")]
    assert len(told) == len(wanted) + (~quiet["state"].isin(CLOSED_STATES)).sum()


def test_the_contents_lead_to_each_patient_in_the_order_of_the_worklist(sample_store: Store):
    content = digest(sample_store)
    contents = next(s for s in content.sections if s.ident == "contents").blocks[0]
    assert isinstance(contents, Table)
    places = [r[0].links[0] for r in contents.rows if isinstance(r[0], Places)]
    sections = [(s.title, s.ident) for s in of_patients(content)]
    assert places == sections
    assert sorted(name for name, _ in places) == sample_store.patient_ids
    ranks = edition_of(sample_store).analysis.answers.groupby("patient_id")["rank"].min()
    assert [ranks[name] for name, _ in places] == sorted(ranks)
    page = to_html(content, "none")
    assert all(f'<section id="{ident}"' in page and f"<a href=#{ident}>{name}</a>" in page for name, ident in places)


def test_each_number_of_the_first_screen_names_its_patients(sample_store: Store, compared: Content):
    for word, n, who in compared.sections[0].blocks[-1].rows:
        assert int(str(n)) >= len(who.links) > 0, word
    page = to_html(digest(sample_store), "none")
    first = page[: page.index('id="contents"')]
    findings = sample_store.analysis().findings
    major = findings[(findings["level"] == "urgent") & ~findings["state"].isin(CLOSED_STATES)]
    assert all(f">{p}</a>" in first for p in set(major["patient_id"]))


def test_a_patient_has_one_strip_with_answers_values_and_what_is_open(sample_store: Store):
    for section in of_patients(digest(sample_store)):
        (strip,) = (b for b in section.blocks if isinstance(b, Strip))
        names = [name for name, _ in strip.pairs]
        assert names[:5] == ["Tumour", "Liver injury", "Liver function", "Bile ducts", "Follow-up"]
        assert "Last result" in names
        assert section.title not in "".join(cell_text(c) for _, cells in strip.pairs[:5] for c in cells)


def test_old_data_are_said_at_the_top_beyond_the_limit_of_the_site(sample_store: Store):
    made = NOON + timedelta(days=40)

    def warned(days: int, *, identified: bool = True) -> list[str]:
        names = None if identified else NAMES
        order = Order(sample_store.patient_ids, "x", identified, old_days=days, stale_days=10_000, pseudonyms=names)
        built = report("digest").build(report_input(sample_store, order, made, since=True, of_nobody=True))
        assert [w for w in built.warnings if "Old data" in w] == list(built.warnings)
        return list(built.warnings)

    said = "Old data: the newest are of 10 Jun 2026, 45 days before this report (limit 44 days)."
    assert warned(44)[0].startswith(said)
    assert warned(45) == []
    hidden = "Old data: the newest are of week 24 of 2026 (limit 40 days). Newer results are not in this report."
    assert warned(40, identified=False) == [hidden]
    assert warned(41, identified=False) == [], "counted from the Sunday of that week, whichever day was the last"


def test_run_time_and_the_age_of_the_data_stand_on_top(sample_store: Store):
    page = to_html(digest(sample_store), "none")
    assert page.index("Built 15 Jun 2026 12:00:00 UTC, newest data 5 days earlier.") < page.index("<main>")


def test_of_nobody_it_says_so_and_claims_nothing(sample_store: Store):
    one = report_input(sample_store, Order([], "empty", identified=True), NOON, since=True, of_nobody=True)
    content = report("digest").build(one)
    assert content.warnings[0] == "The patient list 'empty' is empty."
    text = to_text(content)
    assert text.index("is empty") < text.index("No patients, so nothing was assessed.")
    assert "0 new" not in text


def command(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(group, list(words))
    return done.exit_code, done.output


def test_the_command_ends_with_3_for_an_empty_list_and_an_empty_store(sample_store: Store, tmp_path: Path):
    ids, out = tmp_path / "ids.txt", tmp_path / "digest.html"
    ids.write_text("# nobody\n")
    store = str(sample_store.place.folder)
    code, said = command("report", "digest", "--list", f"file:{ids}", "--store", store, "--out", str(out))
    assert (code, "is empty" in said, out.is_file()) == (3, True, True)
    assert out.read_text("utf-8").index("is empty") < out.read_text("utf-8").index("<main>")
    open_store(str(tmp_path / "new"), create=True)
    out = tmp_path / "none.html"
    code, said = command("report", "digest", "--store", str(tmp_path / "new"), "--out", str(out))
    assert (code, out.is_file()) == (3, True)
    assert "Nothing was imported into this store." in out.read_text("utf-8")


def test_reports_of_patients_are_linked_where_they_lie_beside(sample_store: Store, tmp_path: Path):
    store = str(sample_store.place.folder)
    ids = tmp_path / "ids.txt"
    ids.write_text("HT-001\nHT-002\n")
    of_two = ("report", "patient", "--list", f"file:{ids}", "--store", store, "--assets", "none")
    assert command(*of_two, "--out", str(tmp_path))[0] == 0
    files = {p.name for p in tmp_path.glob("patient-*.html")}
    assert command("report", "digest", "--store", store, "--out", str(tmp_path / "d.html"))[0] in (0, 3)
    page = (tmp_path / "d.html").read_text("utf-8")
    linked = set(re.findall(r'<a href="([^"#]+)">report</a>', page))
    assert linked == files
    assert all(page.count(f'href="{f}"') == 2 for f in files), "in the contents and in the patient's section"
    assert command("report", "digest", "--store", store, "--out", str(tmp_path / "k.html"), "--keys")[0] in (0, 3)
    assert "patient-" not in re.sub(r"#?patient-\d+", "", (tmp_path / "k.html").read_text("utf-8"))


def test_a_place_is_a_section_of_this_report_only():
    with pytest.raises(ValueError, match="not a place"):
        Places([("x", "https://elsewhere")])
    with pytest.raises(ValueError, match="not a file beside"):
        Link("x", "../other.html")
