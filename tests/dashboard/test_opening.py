"""Everybody is read beside the pages: a large store's cohort page says what it waits for, and takes its place then."""

from __future__ import annotations

import threading
import time

import pytest
from flask import Flask, g

from analytics.errors import NotRead, QuestionError, StoreError
from analytics.store import open_store
from analytics.store.snapshot import population
from dashboard.cohorts.service import Cohorts
from dashboard.config import Config
from dashboard.pages import cohort as page
from dashboard.security.roles import LOCAL, User
from dashboard.web.context import Context, Request
from tests.analytics.store.made import cohort, ingest_of, lab, labs_frame

CORA = User("cora", "coordinator", "s")


@pytest.fixture(params=[LOCAL, CORA], ids=["owner", "coordinator"])
def context(request, tmp_path):
    store = open_store(str(tmp_path / "store"))
    store.publish(ingest_of(cohort(6)))
    store.analyse()
    with Flask("test").test_request_context():
        g.user = request.param
        yield Context(store, Config(store=str(store.place.folder), keys=tmp_path / "keys"))


def shown(context: Context) -> str:
    return str(page.layout(Request(context, page.PATH, {}, {})))


def ended(context: Context) -> bool:
    until = time.monotonic() + 60
    while context.store.opening() and time.monotonic() < until:
        time.sleep(0.01)
    return not context.store.opening()


def test_a_small_store_never_waits(context):
    assert "Not ready yet" not in shown(context)


def test_the_page_of_a_large_store_waits_for_one_reading_and_says_so(context, monkeypatch):
    go, read, whole = threading.Event(), [], context.whole_store
    true = whole._of_population
    monkeypatch.setattr(population, "AT_ONCE", 1)
    monkeypatch.setattr(whole, "_of_population", lambda *a: (read.append(1), go.wait(60), true(*a))[2])
    try:
        first, second = shown(context), shown(context)
    finally:
        go.set()
    assert "of 6 patients, so that questions are answered at once" in first and "Not ready yet" in second
    assert ended(context) and read == [1]
    assert "Not ready yet" not in shown(context)
    assert len(context.store.analysis().panel) == 6 and read == [1], "what was read beside is what is asked"


def test_a_page_that_stayed_open_over_an_import_is_told_and_then_answered(context, monkeypatch):
    go, whole = threading.Event(), context.whole_store
    true, state = whole._of_population, Cohorts(context)
    assert len(state.result("find ALT above 0 U/L").patient_ids) == 6
    monkeypatch.setattr(population, "AT_ONCE", 1)
    monkeypatch.setattr(whole, "_of_population", lambda *a: (go.wait(60), true(*a))[1])
    whole.publish(ingest_of(labs_frame(lab("NEW-1", "2024-01-02", "ALT", 40.0)), file="new.csv"))
    try:
        with pytest.raises(NotRead, match="New data came in"):
            state.result("find ALT above 0 U/L")
        with pytest.raises(NotRead, match="New data came in"):  # may be own words, read beside the names of the store
            state.result("find ALT above")
    finally:
        go.set()
    assert ended(context)
    with pytest.raises(QuestionError, match="accepted here"):
        state.result("find ALT above")
    assert len(state.result("find ALT above 0 U/L").patient_ids) == 7


def test_a_reading_that_fails_is_met_by_who_asks_and_not_waited_for(context, monkeypatch):
    def broken(*_: object) -> None:
        raise StoreError("a file of the snapshot is damaged")

    monkeypatch.setattr(population, "AT_ONCE", 1)
    monkeypatch.setattr(context.whole_store, "_of_population", broken)
    assert ended(context)
    with pytest.raises(StoreError, match="damaged"):
        context.store.analysis()
