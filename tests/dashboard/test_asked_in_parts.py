"""The cohort page of a store with more results than are held in memory: the same answers, and how far they are."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from flask import Flask, g
from pandas.testing import assert_frame_equal

from analytics.cohort.export import bundle
from analytics.cohort.meds import MedsSet
from analytics.cohort.query.definition import parse
from analytics.cohort.query.run import run
from analytics.errors import NotRead, QuestionError
from analytics.pseudonyms import Pseudonyms
from analytics.store import open_store
from analytics.store.snapshot import manifest
from dashboard.cohorts import beside
from dashboard.cohorts.export import contents
from dashboard.cohorts.service import Cohorts
from dashboard.config import Config
from dashboard.pages import cohort as page
from dashboard.pages.cohort.asking import asked_again
from dashboard.pages.cohort.choice import view_of
from dashboard.pages.cohort.looking import _drawn
from dashboard.security.roles import LOCAL, User
from dashboard.web.context import Context, Request
from tests.analytics.store.made import cohort, ingest_of

CORA = User("cora", "coordinator", "s")
TEXT = "find ALT above 1 x ULN"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest, "ROWS_PER_BUCKET", 60)
        made = open_store(str(tmp_path_factory.mktemp("parts") / "store"))
        made.publish(ingest_of(cohort(12, analytes=("ALT", "AST", "BILI", "ALP"))))
    made.analyse()
    assert len(made.bucket_tasks()) > 3
    return made


@pytest.fixture(params=[LOCAL, CORA], ids=["owner", "coordinator"])
def contexts(request, store):
    """The same store to the same eyes: all in memory, and in parts."""
    parts = open_store(str(store.place.folder), create=False)
    parts.most_at_once = 0
    parts._of_population = None  # type: ignore[method-assign]  whoever reads all patients fails
    with Flask("test").test_request_context():
        g.user = request.param
        config = Config(store=str(store.place.folder), keys=store.place.folder.parent / "keys")
        yield Context(store, config), Context(parts, config)


def patiently(ask, state: Cohorts):
    """As a page that continues by itself; and what it said meanwhile."""
    said, until = [], time.monotonic() + 120
    while time.monotonic() < until:
        try:
            return ask(), said
        except NotRead as error:
            said.append(str(error))
            while state.busy():
                time.sleep(0.01)
            time.sleep(0.01)
    raise AssertionError("never answered")


def test_answers_lists_and_views_are_those_of_all_patients_in_memory(contexts, monkeypatch):
    whole, parts = contexts
    one, two = Cohorts(whole), Cohorts(parts)
    monkeypatch.setattr(beside, "WAIT_SECONDS", 0.0)
    found, said = patiently(lambda: two.result(TEXT), two)
    assert any("part by part" in words and "parts have answered" in words for words in said)
    assert found.to_json() == one.result(TEXT).to_json() and found.patient_ids
    assert_frame_equal(patiently(lambda: two.people(TEXT), two)[0], one.people(TEXT))
    selection = {"kind": "quadrant", "name": "neither"}
    make = [lambda c=c, s=s: _drawn(c, s, (TEXT, {}), "edish", selection) for c, s in ((whole, one), (parts, two))]
    drawn, _ = patiently(lambda: two.drawn("edish", make[1]), two)
    assert repr(drawn) == repr(one.drawn("edish", make[0]))
    assert (
        view_of(parts, two, TEXT, {}, selection).selected.tolist()
        == view_of(whole, one, TEXT, {}, selection).selected.tolist()
    )


def test_own_words_wait_for_the_names_of_the_store(contexts, monkeypatch):
    whole, parts = contexts
    one, two = Cohorts(whole), Cohorts(parts)
    monkeypatch.setattr(beside, "WAIT_SECONDS", 0.0)
    words = "ALT raised"
    with pytest.raises(NotRead):
        two.interpretation(words)
    found, _ = patiently(lambda: two.interpretation(words), two)
    assert found == one.interpretation(words)
    text, said = asked_again(parts, two, words)
    if said is None:  # what it means was known, and its answer had to be made
        assert text == words and patiently(lambda: two.result(found.understood.definition.text), two)
        text, said = asked_again(parts, two, words)
    assert text == asked_again(whole, one, words)[0] and str(said) == str(asked_again(whole, one, words)[1])


def test_an_error_is_told_to_whoever_asks_again_and_not_kept(contexts, monkeypatch):
    _, parts = contexts
    state = Cohorts(parts)
    monkeypatch.setattr(beside, "WAIT_SECONDS", 0.0)

    def fails(_):
        raise QuestionError("no answer")

    with pytest.raises(QuestionError, match="no answer"):
        patiently(lambda: state.beside("x", make=fails), state)
    assert patiently(lambda: state.beside("x", make=lambda _: 7), state)[0] == 7


def test_the_page_itself_opens_without_reading_results(contexts):
    _, parts = contexts
    until = time.monotonic() + 60
    while parts.store.opening() and time.monotonic() < until:
        time.sleep(0.01)
    assert "Not ready yet" not in str(page.layout(Request(parts, page.PATH, {}, {})))


def test_lists_and_data_sets_of_a_question_are_made_in_parts_too(store):
    parts = open_store(str(store.place.folder), create=False)
    parts.most_at_once = 0
    parts._of_population = None  # type: ignore[method-assign]  whoever reads all patients fails
    definition = parse(TEXT)
    made = [contents(bundle(run(definition, one.all_patients()), None), "csv") for one in (store, parts)]
    assert made[0] == made[1] and made[0]["answer.csv"].count(b"\n") > 1
    names = Pseudonyms("study", b"n" * 32, b"d" * 32)
    at = datetime(2026, 3, 1, tzinfo=UTC)
    sets = [MedsSet(run(definition, one.all_patients()), names, at) for one in (store, parts)]
    shards = [list(map(repr, one.shards())) for one in sets]
    assert shards[0] == shards[1]
