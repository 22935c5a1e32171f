"""Much that is not analysed yet: no page waits for it, what is missing is said, and a job does it."""

from __future__ import annotations

import pytest
from flask import Flask, g

from analytics.errors import QuestionError
from analytics.store import behind, open_store
from analytics.store.snapshot import manifest
from analytics.store.working_state import jobs
from dashboard.application import first_work
from dashboard.cohorts import service, worker
from dashboard.cohorts.service import Cohorts
from dashboard.config import Config
from dashboard.pages import home
from dashboard.security.roles import LOCAL
from dashboard.web.context import Context, Request
from tests.analytics.store.made import cohort, ingest_of

EVERYBODY = "where ever ALT above 0 x ULN"


@pytest.fixture
def context(tmp_path, monkeypatch):
    monkeypatch.setattr(manifest, "ROWS_PER_BUCKET", 20)
    store = open_store(str(tmp_path / "store"))
    store.publish(ingest_of(cohort(16)))
    assert len(store.unanalysed()) == 8
    context = Context(store, Config(store=str(store.place.folder), keys=tmp_path / "keys"))
    with Flask("test").test_request_context():
        g.user = LOCAL
        yield context


def test_the_worklist_shows_everybody_at_once_and_says_how_far_findings_are(context):
    assert len(context.store.worklist()) == 16
    assert len(context.whole_store.unanalysed()) == 8, "nothing was computed for it"
    page = str(home.layout(Request(context, "/", {}, {})))
    assert "Analysis running (0 of 8)" in page
    context.whole_store.analyse()
    assert "still being computed" not in str(home.layout(Request(context, "/", {}, {})))


@pytest.mark.parametrize("kind", ["import", "analysis"])
def test_a_server_does_not_analyse_what_a_job_is_at_and_lists_say_what_is_missing(tmp_path, monkeypatch, kind):
    opened = open_store(str(tmp_path / "store"))
    opened.publish(ingest_of(cohort(4)))
    context = Context(opened, Config(store=str(opened.place.folder), keys=tmp_path / "keys"))
    job_id = jobs.submit(opened, kind, "ann", {})
    assert opened.left_to_jobs() == 0, "a moment's work is done for the reader who comes first"
    monkeypatch.setattr(behind, "QUICK", 1)
    with Flask("test").test_request_context():
        g.user = LOCAL
        assert len(context.store.worklist()) == 4
        assert opened.left_to_jobs() == len(opened.unanalysed()) == 1, "nothing was computed for it"
        assert "Analysis running (0 of 1)" in str(home.layout(Request(context, "/", {}, {})))
        assert Cohorts(context).behind == 1
        monkeypatch.setattr(service, "QUICK", 1)
        assert jobs.cancel(opened, job_id, "ann")
        assert opened.left_to_jobs() == 0, "no job comes to it: a reader of the worklist waits for it"
        started: list[object] = []
        monkeypatch.setattr(worker, "start", started.append)
        assert Cohorts(context).behind == Cohorts(context).behind == 1, "a reader of a cohort does not"
        assert len(started) == 1 and jobs.pending(opened, "analysis")
        assert jobs.cancel(opened, jobs.recent(opened)[0].job_id, "server")
        page = str(home.layout(Request(context, "/", {}, {})))
        assert "Analysis running" not in page
        assert opened.unanalysed() == []


def test_the_cohort_answers_meanwhile_and_leaves_findings_empty(context):
    state = Cohorts(context)
    before = state.people(EVERYBODY)
    assert len(before) == 16 and before["findings"].isna().all() and before["peak_ALT"].notna().all()
    with pytest.raises(QuestionError, match="not finished: findings are still being computed, 8 parts left"):
        state.result("where finding hys_law")
    for asked in ("where tumour is progressing", EVERYBODY + "\ngroup by tumour"):
        with pytest.raises(QuestionError, match="answers are still being computed"):
            state.result(asked)
    assert len(context.whole_store.unanalysed()) == 8, "nothing was computed for it"
    context.whole_store.analyse()
    after = state.people(EVERYBODY)
    assert after["findings"].notna().all()
    assert after["peak_ALT"].tolist() == before["peak_ALT"].tolist()
    assert state.result("where finding hys_law").members.sum() == 0


def test_the_server_asks_a_worker_once(context, monkeypatch):
    started = []
    monkeypatch.setattr(worker, "start", started.append)
    store = context.whole_store
    for _ in range(2):
        first_work.catch_up(store, context.config)
    assert [job.kind for job in jobs.recent(store)] == ["analysis"]
    assert len(started) == 1
    worker.serve(store, context.config, until_idle=True)
    first_work.catch_up(store, context.config)
    assert [job.state for job in jobs.recent(store)] == ["done"]


def test_results_of_an_earlier_generation_are_let_go(context):
    state = Cohorts(context)
    state.result(EVERYBODY)
    context.whole_store.publish(ingest_of(cohort(17)))
    state.result(EVERYBODY)
    assert {key[1] for key in state._kept._things} == {2}
