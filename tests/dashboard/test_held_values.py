"""Of two conflicting values one is shown: whoever sees it sees that there was another, with its file and line."""

from __future__ import annotations

import pandas as pd
import pytest
from click.testing import CliRunner

from analytics.conflicts import held_instead
from analytics.ingest import importer
from analytics.ingest.reading.source import fingerprint
from analytics.store import Store, open_store
from analytics.store.snapshot.pieces import as_it_is
from dashboard.application.app import create_app
from dashboard.cli import group
from dashboard.components import patient_exports
from dashboard.components.patient_grid import results
from dashboard.components.patient_last import last_rows
from dashboard.config import Config
from dashboard.figures.lab_panels import hover_fields
from dashboard.figures.tracks import CONFLICTED, CONFLICTED_SAYS, tracks_of
from dashboard.reporting.formats import render
from dashboard.reports._text import to_text
from dashboard.security.pseudonymised import PseudonymisedStore
from tests.dashboard.reports.making import NAMES, digest, patient_report
from tests.dashboard.test_patient_page import page_of, texts

HEAD = "patient_id,analyte,collected_at,value,unit,uln\n"
OTHER = "46 U/L (b.csv row 3)"


@pytest.fixture
def store(tmp_path) -> Store:
    store = open_store(str(tmp_path / "store"))
    for name, rows in (
        ("a.csv", ("P1,ALT,2026-01-05,40,U/L,40", "P1,ALT,2026-02-05,45,U/L,40", "P2,ALT,2026-02-05,45,U/L,40")),
        ("b.csv", ("P2,ALT,2026-01-05,41,U/L,40", "P1,ALT,2026-02-05,46,U/L,40")),
    ):
        (tmp_path / name).write_text(HEAD + "\n".join(rows) + "\n")
        assert not importer.import_one(tmp_path / name, store, importer.Options()).refused
    return store


def values(frame: pd.DataFrame) -> list[tuple[str, float, str]]:
    return list(zip(frame["patient_id"], frame["value"], frame["held_instead"].fillna(""), strict=True))


WANTED = [("P1", 40.0, ""), ("P1", 45.0, OTHER), ("P2", 41.0, ""), ("P2", 45.0, "")]


def test_the_point_says_it_in_the_chart_the_table_and_the_last_panel(store):
    analysis = store.analysis(["P1"])
    track = tracks_of(analysis)["ALT"]
    assert track.shown == ["40", f"45{CONFLICTED}"]
    assert track.texts["held_instead"] == ["", OTHER]
    page = str(results("id", analysis, ["ALT"]))
    assert f"45{CONFLICTED}" in page and f"quarantined: {OTHER}" in page and CONFLICTED_SAYS in page
    row = last_rows(analysis)[0]
    assert (row.value, row.source) == (f"45{CONFLICTED}", f"a.csv row 3; {CONFLICTED} quarantined: {OTHER}")
    assert CONFLICTED not in str(results("id", store.analysis(["P2"]), ["ALT"]))


def test_every_row_held_back_tells_the_hash_of_its_file(store, tmp_path):
    rows = ("P3,ALT,05/02/2026,45,U/L,40", "P3,BILI,2026-01-05,0.8,mg/dL,1", "P3,BILI,2026-02-05,13.7,mg/dL,")
    (tmp_path / "c.csv").write_text(HEAD + "\n".join(rows) + "\n")
    assert not importer.import_one(tmp_path / "c.csv", store, importer.Options()).refused
    held = store.quarantine()
    assert held["reason_code"].tolist() == ["CONFLICT", "DATE_AMBIGUOUS", "UNIT_SUSPECT"]
    assert held["file_sha256"].tolist() == [fingerprint(tmp_path / name) for name in held["file"]]
    assert store.table("quarantine")["file_sha256"].tolist() == held["file_sha256"].tolist()
    assert set(store.panel(["P3"]).held["file_sha256"]) == {fingerprint(tmp_path / "c.csv")}


def test_of_two_specimens_at_one_moment_only_the_one_that_has_another_value_says_so(tmp_path):
    store = open_store(str(tmp_path / "store"))
    head = "patient_id,analyte,collected_at,value,unit,uln,specimen_id\n"
    rows = ("P1,ALT,2026-02-05,45,U/L,40,S1", "P1,ALT,2026-02-05,50,U/L,40,S2", "P1,ALT,2026-02-05,60,U/L,40,")
    (tmp_path / "a.csv").write_text(head + "\n".join(rows) + "\n")
    (tmp_path / "b.csv").write_text(head + "P1,ALT,2026-02-05,0.9,ukat/L,,S2\nP1,ALT,2026-02-05,61,U/L,40,\n")
    for name in ("a.csv", "b.csv"):
        assert not importer.import_one(tmp_path / name, store, importer.Options()).refused
    panel = store.panel()
    said = dict(zip(panel.labs["specimen_id"].fillna(""), held_instead(panel.labs, panel.held), strict=True))
    assert said == {"S1": "", "S2": "0.9 ukat/L (b.csv row 2)", "": "61 U/L (b.csv row 3)"}
    untold = panel.held.assign(specimen_id=pd.NA)
    assert all("ukat/L (b.csv row 2); 61" in text for text in held_instead(panel.labs, untold))
    assert store.verify().problems == []


def test_the_page_says_what_the_mark_means(store):
    client = create_app(store, Config(store=str(store.place.folder))).server.test_client()
    for patient, told in (("P1", True), ("P2", False)):
        words = texts(page_of(client, f"/patient/{store.key_of(patient)}")["response"]["shell-page"]["children"])
        assert any(CONFLICTED_SAYS in word for word in words) is told


def test_the_hover_says_it(store):
    from dashboard.figures.clock import Clock

    class Panel:
        track = tracks_of(store.analysis(["P1"]))["ALT"]
        scale = "absolute"

    fields = hover_fields(Panel, Clock("date"))  # type: ignore[arg-type]
    assert fields[f"{CONFLICTED} quarantined"] == ["", OTHER]


def test_reports_say_it(store):
    text = to_text(patient_report(store, "P1"))
    assert f"45{CONFLICTED}" in text
    assert CONFLICTED_SAYS in text
    assert "b.csv:3" in text
    assert CONFLICTED not in to_text(patient_report(store, "P2"))
    assert f"45{CONFLICTED}".encode() in render(patient_report(store, "P1"), "html", "none")
    assert CONFLICTED_SAYS in to_text(digest(store))
    store.dismiss(store.quarantine()["quarantine_id"].tolist(), "me", "the laboratory says 45")
    assert CONFLICTED not in to_text(digest(store))


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("table", ["labs", "points"])
def test_exports_say_it_and_read_back(store, tmp_path, table, form):
    out = tmp_path / f"out.{form}"
    done = CliRunner().invoke(
        group, ["export", table, "--format", form, "--out", str(out), "--store", str(store.place.folder)]
    )
    assert done.exit_code == 0, done.output
    frame = pd.read_parquet(out) if form == "parquet" else pd.read_csv(out)
    assert values(frame.sort_values(["patient_id", "collected_at"])) == WANTED
    if (table, form) == ("labs", "csv"):
        again = open_store(str(tmp_path / "again"))
        outcome = importer.import_one(out, again, importer.Options())
        assert (outcome.document["stored"], outcome.document["quarantined"]) == (4, 0)


def test_the_download_of_a_patient_says_it(store):
    assert values(patient_exports.frame_of(store.analysis(["P1"]), "results")) == WANTED[:2]


def test_a_coordinator_sees_it_under_moved_dates(store):
    disguised = PseudonymisedStore(store, NAMES)
    analysis = disguised.analysis([NAMES.name("P1")])
    held = analysis.panel.held
    name = held["file"].iloc[0]  # drawn with a key: neither the order of imports nor the line
    assert tracks_of(analysis)["ALT"].texts["held_instead"] == ["", f"another value ({name})"]
    assert held["collected_at"].tolist() == [pd.Timestamp("2026-02-05") + pd.Timedelta(days=NAMES.shift_days("P1"))]
    assert "b.csv" not in str(results("id", analysis, ["ALT"]))


def test_a_cohort_data_set_says_it(store, tmp_path):
    question = tmp_path / "who.txt"
    question.write_text("where ever ALT above 0 x ULN\n")
    for more, wanted in ((("--identified",), OTHER), ((), "yes")):
        out = tmp_path / f"out{len(more)}"
        words = ["cohort", "export", str(question), "--out", str(out), *more, "--store", str(store.place.folder)]
        (tmp_path / "site.toml").write_text("[cohort]\nsmall_cell = 1\n")
        everybody = {"HEPATREND_SETTINGS": str(tmp_path / "site.toml")}
        assert CliRunner().invoke(group, words, env=everybody).exit_code == 0
        for name in ("labs", "points"):
            told = pd.read_csv(out / f"{name}.csv")["held_instead"].dropna()
            assert told.tolist() == [wanted]
        assert "held_instead" in pd.read_csv(out / "dictionary.csv")["column"].tolist()


def test_a_merged_person_keeps_it_and_a_dismissed_row_takes_it_away(store):
    store.merge("P1", "P2", "me", "one person")
    labs = pd.concat(list(store.pieces("labs", as_it_is)))
    assert OTHER in labs["held_instead"].tolist()
    assert OTHER in held_instead(store.panel().labs, store.panel().held).tolist()
    store.dismiss(store.quarantine()["quarantine_id"].tolist(), "me", "the laboratory says 45")
    assert set(pd.concat(list(store.pieces("labs", as_it_is)))["held_instead"]) == {""}
    assert tracks_of(store.analysis(["P2"]))["ALT"].shown.count(f"45{CONFLICTED}") == 0
