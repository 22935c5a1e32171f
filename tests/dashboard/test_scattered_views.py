"""Every question and every view asked a part at a time gives what all patients in memory give, to the last digit."""

from __future__ import annotations

import json
import random
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from analytics.cohort.patient_table import people
from analytics.cohort.query.definition import parse
from analytics.cohort.query.run import run
from analytics.cohort.scattered import NotAtHand, is_scattered
from analytics.cohort.site_quality import board
from analytics.cohort.small_cells import withheld
from analytics.derive.points import points_of
from analytics.ingest import read
from analytics.pseudonyms import Pseudonyms
from analytics.store import open_store
from analytics.store.snapshot import column_file, manifest
from analytics.store.snapshot import scattered as scattering
from analytics.store.snapshot.block import Block, BlockPanel
from analytics.store.snapshot.block_results import Results
from analytics.store.snapshot.scattered import StoredBuckets
from dashboard.cohorts.completion import completions
from dashboard.components import cohort_tables as tables
from dashboard.figures._figure import figures
from dashboard.figures.cohort_view import SCALE_WORDS, CohortView
from dashboard.pages.cohort.choice import ID
from dashboard.security.pseudonymised import PseudonymisedStore
from tests.analytics.store.made import cohort, ingest_of
from tests.conftest import ROOT

SAMPLE = ROOT / "sample_data"
QUESTIONS = (
    "",
    "find ALT above 3 x ULN and then bilirubin above 2 x ULN within 28 days",
    "where finding overdue_panel",
    "where tumour is progressing\nfind CEA halved",
    "align on surgery\nfind ALT above 1 x ULN",
    "find ALT above 400 x ULN",
)
SINGLE = {
    "shift": lambda view: tables.shift_tables(view, ID, hide=view.moved),
    "moves": lambda view: tables.migration_table(view, ID),
    "responses": tables.response_table,
    "compare": tables.compare_table,
    "follow": tables.follow_tables,
    "limits": tables.limit_table,
    "board": tables.board_table,
    "survival": tables.survival_table,
}


def stored(folder, rows: int, batches):
    """A store with so many results a bucket at most."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest, "ROWS_PER_BUCKET", rows)
        made = open_store(str(folder / "store"))
        for batch in batches:
            made.publish(batch, by="test")
    made.analyse()
    return made


STORES = (("sample", 1_000_000, 1, 1), ("sample", 3_500, 4, 3), ("made", 50, 16, 5))
"""Data, results of a bucket, buckets, and how many of them are one block."""
IN_MEMORY: dict[tuple[Any, ...], Any] = {}
"""What all patients in memory say: the same of the sample in one bucket and in four, so it is drawn once."""


@cache
def batches(which: str) -> list[Any]:
    """What is published."""
    if which == "sample":
        return [read(SAMPLE / f"{name}.csv") for name in ("labs", "events", "imaging", "patients")]
    return [ingest_of(cohort(40, analytes=("ALT", "AST", "BILI", "ALP")))]


@pytest.fixture(scope="module", params=STORES, ids=lambda p: f"{p[0]} in {p[2]}")
def store(request, tmp_path_factory: pytest.TempPathFactory):
    which, rows, buckets, together = request.param
    made = stored(tmp_path_factory.mktemp("scattered"), rows, batches(which))
    assert len(made.bucket_tasks()) == buckets
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scattering, "BUCKETS", together)
        yield made, which


@pytest.fixture(scope="module", params=["clinician", "coordinator"])
def both(request, store):
    """(all patients in memory, a part at a time, whether dates are moved, what is said is that of which data)."""
    (made, which), moved = store, request.param == "coordinator"
    shown: Any = made
    if moved:
        shown = PseudonymisedStore(made, Pseudonyms("study", b"n" * 32, b"d" * 32))
    return shown.analysis(), shown.scattered(), moved, (which, moved)


def once(key: tuple[Any, ...], make: Any) -> Any:
    """What is kept under the key."""
    if key not in IN_MEMORY:
        IN_MEMORY[key] = make()
    return IN_MEMORY[key]


def views(result, moved: bool, seed: int) -> dict[str, Any]:
    """Every figure with its numbers, and every table, of choices that are drawn by lot."""
    lot = random.Random(seed)
    selected = result.members & (np.arange(len(result.members)) % lot.choice([2, 3, 7]) == 0)
    view = CohortView(
        result.analysis, result.members, selected, asked=result.asked, moved=moved, withheld=result.withheld,
        analyte=lot.choice(["ALT", "AST", "BILI", "ALP", "CEA"]), scale=lot.choice(list(SCALE_WORDS)),
        by=lot.choice(["none", "sex", "primary_site", "site", "regimen", "line", "tumour"]), lines=lot.random() < 0.5,
        anchor=result.definition.align, question=result.definition.question,
    )  # fmt: skip
    found = {code: f.draw(view) for code, f in figures("cohort").items()}
    found |= {f"numbers of {code}": f.table(view) for code, f in figures("cohort").items() if f.table}
    return found | {name: make(view) for name, make in SINGLE.items()}


def plain(thing: Any) -> str:
    """What is compared: every number in full."""

    def told(one: Any) -> Any:
        if isinstance(one, pd.DataFrame):
            return one.to_dict("list")
        return one.to_plotly_json() if hasattr(one, "to_plotly_json") else getattr(one, "__dict__", None) or repr(one)

    return json.dumps(thing, default=told, sort_keys=True)


def test_the_sites_are_counted_without_reading_any_result(both, monkeypatch):
    whole, scattered, _, _ = both
    scattered.case.passes.forget()
    with monkeypatch.context() as patch:
        patch.setattr(Results, "column", lambda *_: pytest.fail("a result was read"))
        patch.setattr(StoredBuckets, "each", None)
        found = board(scattered.case)
    assert_frame_equal(found, board(whole.case), check_exact=True)


def test_a_score_reads_no_upper_limits_that_it_does_not_ask_for(both, monkeypatch):
    _, scattered, _, (which, _) = both
    if which == "made":
        pytest.skip("the made patients have no albumin")
    names, read_of = [], column_file.read

    def read(files, name, stretches):
        names.append(name)
        return read_of(files, name, stretches)

    scattered.case.passes.forget()
    with monkeypatch.context() as patch:
        patch.setattr(column_file, "read", read)
        found = run(parse("find ALBI grade at least 2"), scattered)
    assert found.members.any() and "value" in names
    assert not {"uln", "lln", "run"} & set(names)


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_every_view_of_a_question_is_the_same(both, number, monkeypatch):
    whole, scattered, moved, which = both
    assert is_scattered(scattered) and not is_scattered(whole)
    definition = parse(QUESTIONS[number])
    least = whole.settings.cohort.small_cell if moved else 0

    def said_of(analysis) -> dict[str, str]:
        result = withheld(run(definition, analysis), least)
        told = {name: plain(drawn) for name, drawn in views(result, moved, number).items()}
        return told | {"answer": plain(result.to_json())}

    with monkeypatch.context() as patch:  # nothing here needs more of a result than is kept of it by analyte
        patch.setattr(StoredBuckets, "each", None)
        parts = said_of(scattered)
    assert "generation" in parts["answer"]
    for name, drawn in once((*which, number), lambda: said_of(whole)).items():
        assert drawn == parts[name], name


def test_the_table_of_patients_and_the_words_of_a_question_are_the_same(both):
    whole, scattered, _, _ = both
    assert_frame_equal(people(whole), people(scattered))
    assert sorted(completions(whole)) == sorted(completions(scattered))


FORMS = (
    "find ALBI above -2 within 60 days after first dose",
    "find R value above 2 and then ALT above 2 x baseline",
    "find highest ALT above 2 x ULN while ALP at most 2 x ULN",
    "find AST above 1 x ALT in 2 results in a row",
    "find BILI at least 2 x lowest within 30 days after first abnormal ALT",
    "find ALT grade v6 at least 2 after first dose",
    "find no BILI above 1 x ULN within 0 to 60 days after each surgery",
    "find median ALP above 1.5 x ULN within 90 days after line 1",
    "where ever ALT above 3 x ULN\nwhere at least 5 results of BILI\nwhere age at least 50",
    "where no result within 21 days before the end",
    "where no result of ALT within 60 days before the end\nfind CEA above 1 x ULN",
    "where a result of CEA below detection",
    "where treated with oxaliplatin\nwhere no biliary stent\nwhere had line 2",
    "where first dose from 2024-01-01 to 2026-12-31\nwhere imaging since 2024-06-01",
)
"""Every kind of clause, anchor, scale and filter that reads results."""


@pytest.mark.parametrize("text", FORMS)
def test_a_question_of_any_form_reads_the_analytes_that_it_needs(both, text):
    whole, scattered, _, which = both
    definition = parse(text)
    expected = once((*which, text), lambda: run(definition, whole).to_json())
    assert plain(run(definition, scattered).to_json()) == plain(expected)


def test_what_is_kept_by_analyte_does_not_hold_is_asked_a_bucket_at_a_time(both, monkeypatch):
    whole, scattered, _, _ = both
    monkeypatch.setattr(BlockPanel, "lab_rows", _refused)
    definition = parse("find ALT above 2 x ULN")
    scattered.case.passes.forget()
    assert plain(run(definition, scattered).to_json()) == plain(run(definition, whole).to_json())


def _refused(*_: Any) -> None:
    raise NotAtHand("not kept")


def test_what_only_a_part_knows_cannot_be_asked_of_all_by_mistake(both):
    _, scattered, _, _ = both
    with pytest.raises(NotAtHand):
        points_of(scattered.case)
    with pytest.raises(NotAtHand):
        _ = scattered.panel.labs
    one = Block(scattered.case.passes._buckets.tasks[:1]).analysis(("ALT",))
    for asked in (lambda: one.panel.labs, lambda: one.panel.filled("replaced"), lambda: one.panel.select(["P"]),
                  lambda: one.panel.lab_rows(np.arange(1), ["raw_value"])):  # fmt: skip
        with pytest.raises(NotAtHand):
            asked()
