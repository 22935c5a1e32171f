"""A question over buckets: the answer of the whole store, to the last digit, whatever does the work."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from analytics.cohort.query.answered import answered
from analytics.cohort.query.definition import parse
from analytics.cohort.query.run import run
from analytics.ingest import read
from analytics.store import open_store
from analytics.store.snapshot import manifest, scattered
from dashboard.cohorts.in_buckets import run_in_buckets
from dashboard.cohorts.text import run_text
from dashboard.commands.cohort import COMMAND
from tests.dashboard.test_cohort_command import SAMPLE
from tests.read_ahead import read_for_processes

QUESTIONS = (
    "find bilirubin doubled within 14 days after a biliary stent",
    "find ALT above 3 x ULN",
    "find ALT above 3 x ULN and then bilirubin above 2 x ULN within 28 days",
    "find CEA halved",
    "where sex is F\nfind ALP above 2 x ULN",
    "where tumour is progressing",
    "where sex is F",
    "find ALT above 400 x ULN",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory):
    read_for_processes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest, "ROWS_PER_BUCKET", 900)
        made = open_store(str(tmp_path_factory.mktemp("buckets") / "store"))
        for name in ("labs", "events", "imaging", "patients"):
            made.publish(read(SAMPLE / f"{name}.csv"), by="test")
    return made


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_of_the_buckets_is_that_of_the_whole_store(store, question):
    assert len(store.bucket_tasks()) > 3
    definition = parse(question)
    whole = answered(run(definition, store.analysis()))
    parts = run_in_buckets(definition, store)
    assert parts.to_json() == whole.to_json()
    assert run_text(parts) == run_text(whole)


def test_processes_give_the_same_answer(store, monkeypatch):
    monkeypatch.setattr(scattered, "BUCKETS", 3)
    definition = parse(QUESTIONS[0])
    told: list[int] = []
    parts = run_in_buckets(definition, store, "processes", workers=2, told=lambda done, _: told.append(done))
    assert parts.to_json() == answered(run(definition, store.analysis())).to_json()
    assert told == list(range(1, -(-len(store.bucket_tasks()) // 3) + 1))


def test_the_command_runs_in_processes_too(store, tmp_path):
    ask = tmp_path / "ask.txt"
    ask.write_text(QUESTIONS[1])
    words = ["run", str(ask), "--store", str(store.place.folder), "--json"]
    one, two = (
        CliRunner().invoke(COMMAND, [*words, *more], catch_exceptions=False)
        for more in ([], ["--executor", "processes", "--workers", "2"])
    )
    assert one.exit_code == two.exit_code == 0
    assert json.loads(one.stdout) == json.loads(two.stdout)
    assert json.loads(one.stdout)["patients"]


def test_a_store_without_patients_answers_too(tmp_path):
    empty = open_store(str(tmp_path / "store"))
    assert run_in_buckets(parse(QUESTIONS[1]), empty).patient_ids == []
