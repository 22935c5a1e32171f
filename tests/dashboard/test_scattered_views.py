"""Every question and every view asked a bucket at a time gives what all patients in memory give, to the last digit."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from analytics.cohort.patient_table import people
from analytics.cohort.query.definition import parse
from analytics.cohort.query.run import run
from analytics.cohort.scattered import NotAtHand, is_scattered
from analytics.cohort.small_cells import withheld
from analytics.derive.points import points_of
from analytics.ingest import read
from analytics.pseudonyms import Pseudonyms
from analytics.store import open_store
from analytics.store.snapshot import manifest
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


STORES = (("sample", 1_000_000, 1), ("sample", 3_500, 4), ("made", 50, 16))
"""Data, results of a bucket, buckets."""


@pytest.fixture(scope="module", params=STORES, ids=lambda p: f"{p[0]} in {p[2]}")
def store(request, tmp_path_factory: pytest.TempPathFactory):
    which, rows, buckets = request.param
    batches = (
        [read(SAMPLE / f"{name}.csv") for name in ("labs", "events", "imaging", "patients")]
        if which == "sample"
        else [ingest_of(cohort(40, analytes=("ALT", "AST", "BILI", "ALP")))]
    )
    made = stored(tmp_path_factory.mktemp("scattered"), rows, batches)
    assert len(made.bucket_tasks()) == buckets
    return made


@pytest.fixture(scope="module", params=["clinician", "coordinator"])
def both(request, store):
    """(all patients in memory, a bucket at a time, whether dates are moved)."""
    shown: Any = store
    if request.param == "coordinator":
        shown = PseudonymisedStore(store, Pseudonyms("study", b"n" * 32, b"d" * 32))
    return shown.analysis(), shown.scattered(), request.param == "coordinator"


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


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_every_view_of_a_question_is_the_same(both, number):
    whole, scattered, moved = both
    assert is_scattered(scattered) and not is_scattered(whole)
    definition = parse(QUESTIONS[number])
    least = whole.settings.cohort.small_cell if moved else 0
    one, two = (withheld(run(definition, analysis), least) for analysis in (whole, scattered))
    assert one.to_json() == two.to_json()
    first, second = views(one, moved, number), views(two, moved, number)
    for name, drawn in first.items():
        assert plain(drawn) == plain(second[name]), name


def test_the_table_of_patients_and_the_words_of_a_question_are_the_same(both):
    whole, scattered, _ = both
    assert_frame_equal(people(whole), people(scattered))
    assert sorted(completions(whole)) == sorted(completions(scattered))


def test_what_only_a_bucket_knows_cannot_be_asked_of_all_by_mistake(both):
    _, scattered, _ = both
    with pytest.raises(NotAtHand):
        points_of(scattered.case)
    with pytest.raises(NotAtHand):
        _ = scattered.panel.labs
