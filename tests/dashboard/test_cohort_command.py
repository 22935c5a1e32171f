"""hepatrend cohort: run, diff, export over a real store, in the words and exit codes of the command line."""

from __future__ import annotations

import json
import os
import zipfile
from html import escape
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from analytics.cohort.query.definition import parse
from analytics.cohort.query.run import run
from analytics.errors import QuestionError
from analytics.ingest import read
from analytics.store import open_store
from analytics.store.working_state import jobs, saved_cohorts
from dashboard.cohorts import worker
from dashboard.commands.cohort import COMMAND
from dashboard.commands.job import COMMAND as JOB
from dashboard.commands.worker import COMMAND as WORKER

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
ASK = "name: not drained\nfind bilirubin doubled within 14 days after a biliary stent\n"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("cohort") / "store"
    store = open_store(str(folder))
    for name in ("labs", "events", "imaging", "patients"):
        store.publish(read(SAMPLE / f"{name}.csv"), by="test")
    return str(folder)


@pytest.fixture
def ask(tmp_path: Path) -> Path:
    path = tmp_path / "ask.txt"
    path.write_text(ASK)
    return path


def call(*args: str):
    return CliRunner().invoke(COMMAND, list(args), catch_exceptions=False)


def planted(journey: str) -> set[str]:
    truth = pd.read_csv(SAMPLE / "truth.csv")
    return set(truth.loc[truth["journey"] == journey, "patient_id"])


def test_run_finds_whom_the_truth_names_and_says_how_many_are_left(url: str, ask: Path) -> None:
    found = json.loads(call("run", str(ask), "--store", url, "--json").stdout)
    assert set(found["patients"]) == planted("early stent failure")
    assert [s["patients"] for s in found["steps"]] == [63, 9, 9, 9, 2]
    text = call("run", str(ask), "--store", url).stdout
    assert "BILI at least 2 x before within 14 days after biliary_stent" in text
    assert all(p in text for p in found["patients"]) and "NaN" not in text and "None" not in text


def test_a_cohort_as_json_gives_the_same(url: str, ask: Path, tmp_path: Path) -> None:
    first = json.loads(call("run", str(ask), "--store", url, "--json").stdout)
    path = tmp_path / "ask.json"
    path.write_text(json.dumps(first["definition"]))
    assert json.loads(call("run", str(path), "--store", url, "--json").stdout) == first


def test_diff_of_a_kept_run_on_the_same_data_is_empty(url: str, ask: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    call("run", str(ask), "--store", url, "--keep", str(kept))
    assert call("diff", str(kept), "--store", url).stdout.startswith("0 entered, 0 left, 2 stayed")
    found = json.loads(kept.read_text())
    found["patients"] = ["HT-000", *found["patients"][1:]]
    kept.write_text(json.dumps(found))
    assert json.loads(call("diff", str(kept), "--store", url, "--json").stdout)["left"] == ["HT-000"]


def test_all_patients_are_asked_for_by_command_in_words(url: str) -> None:
    said = call("ask", "show me all patients", "--store", url).stdout
    assert said.startswith("understood as\nall patients\n") and "63 patients" in said


def test_export_is_pseudonymised_by_default(url: str, ask: Path, tmp_path: Path) -> None:
    out, many = tmp_path / "out", tmp_path / "many.txt"
    many.write_text("where has biliary_stent\n")
    assert "pseudonymised" in call("export", str(many), "--store", url, "--out", str(out)).stdout
    every = b"".join(p.read_bytes() for p in out.iterdir())
    assert b"HT-" not in every and b"Northgate" not in every
    again, few = tmp_path / "again", tmp_path / "few"
    call("export", str(many), "--store", url, "--out", str(again), "--identified", "--extras")
    assert (again / "extras.csv").exists() and not (out / "extras.csv").exists()
    call("export", str(ask), "--store", url, "--out", str(few), "--identified")
    assert set(pd.read_csv(few / "patients.csv")["patient_id"]) == planted("early stent failure")
    assert len(pd.read_csv(out / "labs.csv")) == len(pd.read_csv(again / "labs.csv"))


def test_no_data_set_without_identities_is_made_of_fewer_than_five(url: str, ask: Path, tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="Fewer than 5 patients"):
        call("export", str(ask), "--store", url, "--out", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_job_asked_for_by_command_makes_no_data_set_of_fewer_than_five(
    url: str, ask: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "start", lambda config: None)
    started = CliRunner().invoke(JOB, ["start", "export", str(ask), "--store", url, "--json"], catch_exceptions=False)
    job_id = json.loads(started.stdout)[0]["job"]
    CliRunner().invoke(WORKER, ["--until-idle", "--store", url], catch_exceptions=False)
    found = next(job for job in jobs.recent(open_store(url)) if job.job_id == job_id)
    assert found.state == "failed" and "Fewer than 5 patients" in found.result
    assert not worker.file_of(open_store(url), job_id).exists()


def test_a_question_that_cannot_be_read_is_refused_with_its_place(url: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_text("find bilirubin exploded after a stent")
    with pytest.raises(QuestionError, match="▸exploded"):
        call("run", str(path), "--store", url)
    path.with_suffix(".json").write_text("[1")
    with pytest.raises(QuestionError, match="not JSON"):
        call("run", str(path.with_suffix(".json")), "--store", url)


def test_saved_cohorts_have_versions_and_owners(url: str) -> None:
    store = open_store(url)
    first = saved_cohorts.save(store, "stents", "find ALT above 3 x ULN", {"patients": ["a"]}, "ann")
    same = saved_cohorts.save(store, "stents", "find ALT above 3 x ULN", {"patients": ["b"]}, "ann")
    assert saved_cohorts.find(store, "stents", "ann").columns == ()
    other = saved_cohorts.save(store, "stents", "find ALT above 4 x ULN", {"patients": []}, "ann", ["sex", "age"])
    assert saved_cohorts.find(store, "stents", "ann").columns == ("sex", "age")
    assert saved_cohorts.find(store, "stents", "ann", 1).columns == ()
    assert [first.version, same.version, other.version] == [1, 1, 2]
    assert saved_cohorts.find(store, "stents", "ann", 1).run == {"patients": ["b"]}
    assert saved_cohorts.find(store, "stents", "ann").text == "find ALT above 4 x ULN"
    assert [s.name for s in saved_cohorts.saved(store, "ann")] == ["stents"] and saved_cohorts.saved(store, "bob") == []
    with pytest.raises(QuestionError, match="saved: none"):
        saved_cohorts.find(store, "stents", "bob")


def test_a_worker_does_what_waits_and_keeps_the_file_private(url: str) -> None:
    store = open_store(url)
    job_id = jobs.submit(store, "cohort_export", "ann", {"text": ASK})
    done = CliRunner().invoke(WORKER, ["--until-idle", "--store", url], catch_exceptions=False)
    assert done.stdout == "1 jobs done\n"
    job = jobs.get(store, job_id, "ann")
    assert job is not None and json.loads(job.result)["patients"] == 2
    path = worker.file_of(store, job_id)
    assert path.stat().st_mode & 0o077 == 0 and b"HT-" not in path.read_bytes()


def test_a_data_set_is_made_in_the_form_that_was_asked_for(url: str) -> None:
    store = open_store(url)
    job_id = jobs.submit(store, "cohort_export", "ann", {"text": ASK, "form": "parquet", "extras": True})
    CliRunner().invoke(WORKER, ["--until-idle", "--store", url], catch_exceptions=False)
    with zipfile.ZipFile(worker.file_of(store, job_id)) as archive:
        names = set(archive.namelist())
        assert {"labs.parquet", "answer.parquet", "dictionary.csv", "read_pandas.py"} <= names
        assert len(pd.read_parquet(BytesIO(archive.read("answer.parquet")))) == 2
        assert "p_alt" in pd.read_parquet(BytesIO(archive.read("extras.parquet"))).columns


def test_a_data_set_of_the_event_standard_is_made_by_command_and_by_job(url: str, tmp_path: Path) -> None:
    many, out = tmp_path / "many.txt", tmp_path / "out"
    many.write_text("where has biliary_stent\n")
    assert call("export", str(many), "--store", url, "--out", str(out), "--format", "meds").exit_code == 0
    store = open_store(url)
    job_id = jobs.submit(store, "cohort_export", "ann", {"text": "where has biliary_stent", "form": "meds"})
    CliRunner().invoke(WORKER, ["--until-idle", "--store", url], catch_exceptions=False)
    with zipfile.ZipFile(worker.file_of(store, job_id)) as archive:
        names = set(archive.namelist())
        assert {"metadata/dataset.json", "metadata/codes.parquet", "metadata/subjects.parquet"} <= names
        shards = [name for name in names if name.startswith("data/")]
        zipped = pd.concat([pd.read_parquet(BytesIO(archive.read(name))) for name in shards])
    written = pd.concat([pd.read_parquet(path) for path in sorted((out / "data").iterdir())])
    assert len(zipped) == len(written) and zipped["subject_id"].nunique() == written["subject_id"].nunique() == 9


def reported(url: str, **body: object) -> tuple[jobs.Job, Path]:
    store = open_store(url)
    job_id = jobs.submit(store, "cohort_report", "ann", {"text": ASK, **body})
    CliRunner().invoke(WORKER, ["--until-idle", "--store", url], catch_exceptions=False)
    job = jobs.get(store, job_id, "ann")
    assert job is not None
    return job, worker.file_of(store, job_id, "cohort_report")


@pytest.mark.parametrize("identified", [True, False])
def test_a_report_of_a_cohort_names_people_only_to_who_may_see_them(url: str, identified: bool) -> None:
    job, path = reported(url, identified=identified)
    people = run(parse(ASK), open_store(url).analysis()).patient_ids
    text = path.read_text("utf-8")
    assert json.loads(job.result)["patients"] == len(people) == 2 and path.stat().st_mode & 0o077 == 0
    asked = parse(ASK).question
    assert asked is not None and f"not drained: find {escape(asked.text)}" in text and "2 patients" in text
    assert [p in text for p in people] == [identified, identified]
    assert ("pseudonymised: ids are replaced" in text) == (not identified)


def test_a_report_that_says_nothing_of_who_asked_is_pseudonymised(url: str) -> None:
    _, path = reported(url)
    assert "HT-" not in path.read_text("utf-8")


def test_no_report_is_made_of_more_patients_than_people_read(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "MOST_REPORTED", 1)
    job, path = reported(url)
    assert job.state == "failed" and not path.exists()
    assert job.result.startswith("a report is made of at most 1 patients, and this cohort has 2")


def test_results_of_forgotten_jobs_are_removed(url: str) -> None:
    _, path = reported(url)
    other = path.with_name("note.txt")
    other.write_text("of somebody else")
    old = path.stat().st_mtime - (jobs.KEPT_DAYS + 1) * 86_400
    worker.forget_old(open_store(url))
    assert path.is_file()
    for file in (path, other):
        os.utime(file, (old, old))
    worker.forget_old(open_store(url))
    assert not path.exists() and other.is_file()


@pytest.mark.parametrize(
    ("question", "code", "understood", "patients"),
    [
        (
            "who doubled their bili within 2 weeks of a stent",
            0,
            "find BILI at least 2 x before within 14 days after biliary_stent",
            2,
        ),
        ("zirkonian patients with TBIL > 2 ULN", 3, None, None),
        ("ALT > 3 ULN unless on prednisolone", 1, None, None),
    ],
)
def test_ask_answers_offers_or_refuses_with_its_own_exit_code(
    url: str, question: str, code: int, understood: str | None, patients: int | None
) -> None:
    done = call("ask", question, "--store", url, "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == code
    assert set(found) == {"understood", "choices", "unused", "patients", "refused", "nearest"}
    assert (found["understood"], found["patients"]) == (understood, patients)
    assert bool(found["choices"]) == (code == 3) and bool(found["refused"]) == (code == 1)


def test_ask_prints_the_exact_sentence_before_the_answer_and_explains_unused_words(url: str) -> None:
    text = call("ask", "who doubled their bili within 2 weeks of a stent", "--explain", "--store", url).stdout
    sentence = "find BILI at least 2 x before within 14 days after biliary_stent"
    assert text.index(sentence) < text.index("patients asked" if "patients asked" in text else "all patients")
    assert "who (at 1, says nothing)" in text


def test_a_cohort_of_nobody_says_at_which_step_everybody_was_lost(url: str, tmp_path: Path) -> None:
    path = tmp_path / "nobody.txt"
    path.write_text("where primary site is breast\nfind ALT above 99999 U/L after first dose\n")
    text = call("run", str(path), "--store", url).stdout
    assert "Nobody is left from the step “ALT above 99999 U/L after first dose” on" in text
    assert "the step before it, “with a result in the window”, has 11." in text
