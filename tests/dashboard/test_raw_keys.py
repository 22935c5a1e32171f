"""No name of code is shown as a word: no code of a rule, test, state or score and no column, on no page or report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from analytics.analytes import ANALYTES, shown
from analytics.store import Store
from analytics.tables import LEVELS
from dashboard.application.app import create_app
from dashboard.components.patient_state import State
from dashboard.components.patient_tab_list import tabs
from dashboard.components.patient_tabs import inside
from dashboard.config import Config
from dashboard.figures.choice import Choice
from dashboard.reports import Content
from dashboard.reports._text import to_text
from dashboard.web.component_json import Finished
from tests.dashboard.figures.criteria import texts_of
from tests.dashboard.reports.making import digest, patient_report
from tests.dashboard.test_patient_page import page_of, texts

SNAKE = re.compile(r"(?<![\w#./-])[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+(?![\w./-])")
"""Words joined by an underscore are names of code: files and addresses have a dot or a slash beside them."""
CODES = re.compile(r"\b(?:" + "|".join(c for c in ANALYTES if shown(c) != c and len(c) > 1) + r")\b")
"""Codes of tests that people know by another name."""
LEVEL = re.compile(rf"^(?:{'|'.join(LEVELS)})$")
DRAWN = ("text", "name", "ticktext", "hovertemplate", "customdata", "title", "label")
"""Where a figure holds words; the rest are colours, symbols and axes."""
COURSES = ("HT-001", "HT-010", "HT-013", "HT-017", "HT-032", "HT-038", "HT-056", "HT-058")


@pytest.fixture(scope="module")
def client(sample_store: Store) -> FlaskClient:
    return create_app(sample_store, Config(store=str(sample_store.place.folder))).server.test_client()


def raw(words: list[str]) -> list[str]:
    """Those that hold a name of code."""
    return sorted({w for w in words if SNAKE.search(w) or CODES.search(w) or LEVEL.search(w.strip())})


def drawn(part: Any) -> Iterator[str]:
    """Words of every figure in a tree of components as JSON."""
    if isinstance(part, list):
        for one in part:
            yield from drawn(one)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name in DRAWN:
                yield from texts_of(value)
            else:
                yield from drawn(value)


def without_versions(content: Content) -> str:
    """The text of a report above its foot, which names each rule by code and version, for the record."""
    return to_text(content).split("\n--\n")[0]


def test_no_page_of_a_patient_shows_a_name_of_code(client: FlaskClient, sample_store: Store):
    for key in sample_store.worklist()["key"]:
        page = page_of(client, f"/patient/{key}")["response"]["shell-page"]["children"]
        assert raw([*texts(page), *drawn(page)]) == []


@pytest.mark.parametrize("query", ["", "?shown=values", "?list=open&order=-worst"])
def test_no_worklist_shows_a_name_of_code(client: FlaskClient, query: str):
    assert raw(texts(page_of(client, "/", query)["response"]["shell-page"]["children"])) == []


@pytest.mark.parametrize("tab", tabs())
def test_no_tab_shows_a_name_of_code(sample_store: Store, tab: str):
    for who in COURSES:
        analysis = sample_store.analysis([who])
        tree = orjson.loads(bytes(Finished(inside(State.of({"tab": tab}), analysis, Choice(key=who)))._content))
        assert raw([*texts(tree), *drawn(tree)]) == []


@pytest.mark.parametrize("who", COURSES)
def test_no_report_of_a_patient_shows_a_name_of_code(sample_store: Store, who: str):
    assert raw(without_versions(patient_report(sample_store, who)).splitlines()) == []


def test_no_digest_shows_a_name_of_code(sample_store: Store):
    assert raw(without_versions(digest(sample_store)).splitlines()) == []
