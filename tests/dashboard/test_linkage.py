"""A coordinator who tries to undo moved dates: by row numbers, times of imports, order, zones, held cells."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.cohort.export import bundle
from analytics.cohort.meds import MedsSet
from analytics.cohort.query.definition import parse
from analytics.cohort.query.run import run
from analytics.conflicts import EXPORTED
from analytics.ingest import importer
from analytics.pseudonyms import Pseudonyms, grouped
from analytics.settings import Settings
from analytics.store import Store, open_store
from analytics.store.snapshot.analysis_cache import Stored
from dashboard.application import signin
from dashboard.application.app import create_app
from dashboard.cohorts.export import contents
from dashboard.config import Config
from dashboard.reporting.report_input import ordered, report_input
from dashboard.security.columns import HIDDEN, INSIDE, Numbers, kind_of, leaves, may_see
from dashboard.security.keys import pseudonyms_of
from dashboard.security.pseudonymised import PseudonymisedStore
from dashboard.security.roles import User
from tests.dashboard.application.test_app import navigate

DATE = re.compile(r"\d{4}-\d\d-\d\d")
PRIMARIES = ["colorectal"] * 8 + ["thymoma"]
SECRET = "Maria Gonzalez, born 1948, seen 2024-05-06"


def labs(n: int, first: str) -> str:
    """Three panels of each of n patients with a zone that tells summer from winter, one cell of free text."""
    lines = ["patient_id,collected_at,analyte,value,unit,uln"]
    for p in range(n):
        for rise, day in enumerate(pd.date_range(first, periods=4, freq="49D") + pd.Timedelta(days=3 * p), start=1):
            zone = "+02:00" if 4 <= day.month <= 9 else "+01:00"
            tests = (("ALT", 30 * rise + p, "U/L", 40), ("BILI", 9 * rise + p, "umol/L", 21))
            lines += [f"HOSP-{p},{day:%Y-%m-%d}T08:{p:02d}:00{zone},{a},{v},{u},{top}" for a, v, u, top in tests]
    lines.append(f'HOSP-0,2024-05-06,ALT,"{SECRET}",U/L,40')
    lines.append("HOSP-1,2024-05-06,ALT,12,furlongs of 2024-05-06,40")
    return "\n".join(lines) + "\n"


def nine(folder: Path) -> Store:
    """Nine patients, one of them with a primary that no other has; two files with labs."""
    made = open_store(str(folder / "store"))
    people = "patient_id,sex,birth_date,primary_site,site\n" + "".join(
        f"HOSP-{p},F,1950-05-1{p},{site},Harbour\n" for p, site in enumerate(PRIMARIES)
    )
    later = labs(len(PRIMARIES), "2025-02-01").replace(",ALT,12,", ",ALT,13,")
    for name, text in (("people.csv", people), ("one.csv", labs(len(PRIMARIES), "2024-02-05")), ("two.csv", later)):
        path = folder / name
        path.write_text(text)
        importer.import_one(path, made, importer.Options())
    made.analyse()
    return made


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The nine of this file."""
    return nine(tmp_path_factory.mktemp("linkage"))


@pytest.fixture(scope="module")
def config(store: Store) -> Config:
    return Config(store=str(store.place.folder))


@pytest.fixture(scope="module")
def names(config: Config) -> Pseudonyms:
    return pseudonyms_of(config)


@pytest.fixture(scope="module")
def answers(store: Store, config: Config) -> dict[str, str]:
    """Every page and download that a coordinator can have, by address."""
    patch = pytest.MonkeyPatch()
    patch.setattr(signin.Open, "identify", staticmethod(lambda: User("cora", "coordinator", "s")))
    client = create_app(store, config).server.test_client()
    keys = [pseudonyms_of(config).name(f"HOSP-{p}") for p in range(len(PRIMARIES))]
    tabs = ("results", "lines", "findings", "events", "scores", "why")
    pages = ["/", "/cohort", "/quality", "/methods", *(f"/patient/{k}" for k in keys)]
    pages += [f"/patient/{keys[0]}?tab={tab}" for tab in tabs]
    found = {}
    for page in pages:
        path, _, search = page.partition("?")
        said = client.post("/_dash-update-component", json=navigate(path, f"?{search}"))
        assert said.status_code == 200 and "could not be made" not in said.text, page
        found[page] = said.text
    tables = ("results", "events", "imaging", "rates", "responses", "scores", "findings")
    downloads = ["/download/held-back.csv", "/download/held-back.csv?closed=1"]
    downloads += [f"/patient/{k}/{t}.csv" for k in keys for t in tables] + [f"/patient/{k}/report.html" for k in keys]
    for address in downloads:
        with client.get(address) as answer:
            assert answer.status_code == 200, address
            found[address] = answer.text
    patch.undo()
    return found


def tables_of(answers: dict[str, str], name: str) -> pd.DataFrame:
    """All downloads of one table."""
    texts = [text for address, text in answers.items() if address.endswith(f"/{name}.csv")]
    return pd.concat([pd.read_csv(io.StringIO(t.lstrip("\ufeff"))) for t in texts], ignore_index=True)


def test_every_column_of_every_table_is_shown_or_hidden_on_purpose(store):
    known = {c.name for table in EXPORTED.values() for c in table.columns} | {*store.worklist(), *store.summary()}
    undecided = {c for c in known if not may_see(c)} - HIDDEN - INSIDE
    assert not undecided, "put each on a list of dashboard.security.columns"
    assert not {c for c in known if may_see(c)} & (HIDDEN | INSIDE)


def test_no_download_has_a_column_that_is_not_on_the_list(answers):
    downloads = {a: t for a, t in answers.items() if ".csv" in a}
    assert len(downloads) > 60
    for address, text in downloads.items():
        columns = text.lstrip("\ufeff").splitlines()[0].split(",")
        assert not [c for c in columns if not may_see(c)], address


def test_no_table_of_a_cohorts_export_has_such_a_column(store, names):
    result = run(parse("where sex is F"), store.analysis())
    files = contents(bundle(result, names), "csv")
    read = {
        n: pd.read_csv(io.BytesIO(f)).columns for n, f in files.items() if n.endswith(".csv") and n != "dictionary.csv"
    }
    assert len(read) > 5
    for name, columns in read.items():
        assert not set(columns) & (HIDDEN | INSIDE), name


@pytest.fixture(scope="module")
def data_sets(store: Store, names: Pseudonyms) -> Iterator[dict[str, pd.DataFrame]]:
    """Every table of a cohort's export without identities, and of its MEDS data set, by name; of a store that is read
    in two parts."""
    whole, patch = Stored.pieces, pytest.MonkeyPatch()

    def in_two(self: Stored, name: str) -> Iterator[pd.DataFrame]:
        for frame in whole(self, name):
            is_first = frame["patient_id"].isin(["HOSP-1", "HOSP-4", "HOSP-8"])
            yield from (frame[is_first], frame[~is_first])

    patch.setattr(Stored, "pieces", in_two)
    result = run(parse("find ALT >= 0.1 x ULN"), store.all_patients())
    made = MedsSet(result, names, datetime(2026, 5, 4, tzinfo=UTC))
    shards = {path: table.to_pandas() for path, table in made.shards()}
    by_number = made.subjects.to_pandas().set_index("subject_id")["patient_id"]
    shards = {path: frame.assign(patient_id=frame["subject_id"].map(by_number)) for path, frame in shards.items()}
    yield bundle(result, names, more=True).frames | shards
    patch.undo()


def test_no_row_of_a_data_set_tells_by_its_place_which_id_it_has(data_sets):
    """The order of the ids, and the bucket of the store that follows from an id."""
    with_people = {name: table for name, table in data_sets.items() if "patient_id" in table and len(table)}
    assert {"patients", "labs", "points", "findings", "answer", "extras", "data/0.parquet"} == {
        name for name in with_people if name not in {"series", "scores", "responses"}
    }
    for name, table in with_people.items():
        column = "subject_id" if name.startswith("data/") else "patient_id"
        assert table[column].is_monotonic_increasing, name


def test_no_data_set_names_a_primary_that_few_have(data_sets):
    for name, table in data_sets.items():
        assert "thymoma" not in table.to_csv(), name


def test_no_answer_holds_an_id_a_file_a_text_or_a_time_of_the_machine(store, answers):
    today = f"{pd.Timestamp.now('UTC'):%Y-%m-%d}"
    times = {f"{t:%Y-%m-%d}" for t in store.imports()["imported_utc"]}
    secrets = [
        *store.patient_ids,
        *store.keys().values(),
        "one.csv",
        "two.csv",
        "Maria",
        "Gonzalez",
        "born 19",
        "furlongs",
        "Harbour",
        "thymoma",
    ]
    for address, text in answers.items():
        assert not [s for s in secrets if s in text], address
        if not address.endswith(".html"):  # a report says when it was made
            assert not [t for t in times | {today} if t in text], address


def test_a_clinicians_address_opens_nothing_for_a_coordinator(store, config, monkeypatch):
    monkeypatch.setattr(signin.Open, "identify", staticmethod(lambda: User("cora", "coordinator", "s")))
    client = create_app(store, config).server.test_client()
    for patient, key in store.keys().items():
        said = client.post("/_dash-update-component", json=navigate(f"/patient/{key}")).text
        assert pseudonyms_of(config).name(patient) not in said and "× ULN" not in said
        for download in ("results.csv", "report.html"):
            with client.get(f"/patient/{key}/{download}") as answer:
                assert answer.status_code == 404


def test_the_log_tells_of_a_coordinators_look_under_the_stores_own_key(store, config, monkeypatch):
    monkeypatch.setattr(signin.Open, "identify", staticmethod(lambda: User("cora", "coordinator", "s")))
    client = create_app(store, config).server.test_client()
    client.post("/_dash-update-component", json=navigate(f"/patient/{pseudonyms_of(config).name('HOSP-3')}"))
    with client.get(f"/patient/{pseudonyms_of(config).name('HOSP-4')}/report.html"):
        pass
    told = store.log.entries(2_000, user="cora")
    assert {store.key_of("HOSP-3"), store.key_of("HOSP-4")} <= set(told["key"])
    assert not set(told["key"]) & {pseudonyms_of(config).name(p) for p in store.patient_ids}


def test_numbers_of_results_give_no_order(store, names, answers):
    true, seen = store.analysis().points, PseudonymisedStore(store, names).analysis().points
    assert "result_id" not in tables_of(answers, "results").columns
    key = ["patient_id", "analyte", "collected_at"]
    moved = pd.to_timedelta(true["patient_id"].map(names.shift_days), unit="D")
    true = true.assign(collected_at=true["collected_at"] + moved, patient_id=true["patient_id"].map(names.name))
    both = true.merge(seen, on=key, suffixes=("_true", "_seen"))
    assert len(both) == len(true)
    ranks = both[["result_id_true", "result_id_seen"]].astype("float64").rank()
    assert abs(np.corrcoef(ranks.to_numpy().T)[0, 1]) < 0.3
    assert not set(true["result_id"]) & set(seen["result_id"])


def test_a_finding_still_leads_to_its_results(store, names):
    view = PseudonymisedStore(store, names).analysis()
    here = set(view.points["result_id"].dropna().astype(int))
    told = [int(n) for text in view.findings["evidence"] for n in json.loads(text)]
    assert told and set(told) <= here
    true = store.analysis().findings
    assert sorted(map(len, map(json.loads, true["evidence"]))) == sorted(
        map(len, map(json.loads, view.findings["evidence"]))
    )


def test_the_zone_of_the_source_does_not_tell_the_season(store, names):
    assert store.panel().labs["utc_offset_min"].nunique() == 2
    assert PseudonymisedStore(store, names).panel().labs["utc_offset_min"].isna().all()


def test_no_frame_of_the_view_tells_when_or_in_which_order_files_came(store, names):
    view = PseudonymisedStore(store, names)
    ledger, held = view.imports(), view.quarantine(include_resolved=True)
    true = store.imports()
    for frame in (ledger, held):
        for column in frame.select_dtypes("datetime").columns:
            if column != "collected_at":
                assert frame[column].isna().all(), column
    assert held["line"].isna().all()
    assert not set(ledger["import_id"]) & set(true["import_id"])
    assert ledger["import_id"].is_monotonic_increasing and ledger["generation"].isna().all()
    assert set(held["file"]) <= set(ledger["file"])


def test_a_cell_that_was_held_back_is_told_by_its_kind(store, names):
    true, seen = store.quarantine(), PseudonymisedStore(store, names).quarantine()
    assert len(seen) == len(true) > 2
    assert SECRET in set(true["raw_cell"])
    assert set(seen["raw_cell"]) <= {"", "nothing", "number", "date or time", "several lines", "text", "long text"}
    assert not [
        c for c in ("message", "hint", "column", "raw_line") if seen[c].str.contains("Maria|furlong|2024").any()
    ]


def test_a_coordinator_still_dismisses_the_row_that_is_meant(store, names):
    view = PseudonymisedStore(store, names)
    text = view.quarantine(reason="VALUE_TEXT")
    view.dismiss(text["quarantine_id"].astype(int).tolist()[:1], by="cora", why="known")
    assert len(view.quarantine(reason="VALUE_TEXT")) == len(text) - 1
    closed = view.quarantine(include_resolved=True)["resolution"].dropna()
    assert set(closed) == {"closed"}, "why is free text"


def test_the_order_of_the_worklist_is_that_of_what_is_shown(store, names):
    shown = PseudonymisedStore(store, names).worklist()
    newest = shown["newest_onset"].fillna(pd.Timestamp("1900-01-01").as_unit("us"))
    wanted = shown.assign(c=newest).sort_values(
        ["rank", "reviewed", "c", "patient_id"], ascending=[True, True, False, True]
    )
    assert wanted["patient_id"].tolist() == shown["patient_id"].tolist()


def test_a_primary_that_few_have_is_one_of_a_group(store, names):
    view = PseudonymisedStore(store, names)
    for people in (view.panel().patients, view.summary(), view.worklist(), view.panel([view.patient_ids[0]]).patients):
        counts = people["primary_site"].value_counts()
        assert "thymoma" not in counts
        assert len(people) == 1 or counts.min() >= Settings().cohort.small_cell


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"a": 9, "b": 8}, {"a", "b"}),
        ({"a": 9, "b": 1}, {"other"}),
        ({"a": 90, "b": 3, "c": 3}, {"a", "other"}),
        ({"a": 90, "b": 7, "c": 1}, {"a", "other"}),
        ({}, set()),
    ],
)
def test_small_groups_are_put_together_until_they_are_not_small(counts, shown):
    values = pd.Series([k for k, n in counts.items() for _ in range(n)], dtype="str")
    assert set(grouped(values, counts, 5)) == shown


def test_marks_tell_neither_when_nor_what_was_written(store, names):
    view = PseudonymisedStore(store, names)
    who = view.patient_ids[0]
    view.seen(view.analysis([who]).findings["finding_id"].iloc[0], by="cora", note=SECRET, of=who)
    marks = view.seen_findings()
    assert len(marks) == 1
    assert marks["utc"].isna().all() and (marks["note"] == "").all()


def test_a_report_without_names_tells_no_file_hash_and_no_import(store, config):
    made = report_input(
        store, ordered(config, store.patient_ids, "all", identified=False), pd.Timestamp("2026-05-01"), since=False
    )
    text = str(made.footer())
    assert "imported 2" not in text
    assert not [s for s in store.imports()["sha256"] if s[:16] in text]


@pytest.mark.parametrize(
    "cell", [SECRET, "x" * 500, "MRN 77", "0" * 40 + "a", None, "", "45", "<0,5", "06.05.2024", "a\nb"]
)
def test_a_kind_is_never_the_text(cell: Any):
    assert kind_of(cell) in {"nothing", "number", "date or time", "several lines", "text", "long text"}


def test_numbers_go_there_and_back_and_are_all_different():
    numbers, given = Numbers(b"k" * 32, "rows"), np.arange(-1, 100_000)
    told = numbers.told(given)
    assert (numbers.back(told) == given).all()
    assert len(set(told.tolist())) == len(given)
    assert (Numbers(b"j" * 32, "rows").told(given)[1:] != told[1:]).mean() > 0.99
    assert (Numbers(b"k" * 32, "files").told(given)[1:] != told[1:]).mean() > 0.99
    assert abs(np.corrcoef(given, told)[0, 1]) < 0.02


def test_who_sees_patients_has_every_column_and_who_sees_nothing_none():
    frame = pd.DataFrame({"value": [1.0], "result_id": [7], "lab": ["x"]})
    assert list(leaves(frame, "identified")) == ["value", "result_id", "lab"]
    assert list(leaves(frame, "pseudonymised")) == ["value"]
    assert leaves(frame, "nothing").empty
