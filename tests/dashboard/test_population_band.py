"""The band of other patients in the chart of one: off at first, said in words, and nobody can be told from it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from analytics.store import Store
from dashboard.application import signin
from dashboard.application.app import create_app
from dashboard.components import patient_band
from dashboard.config import Config
from dashboard.figures.behind import NO_NORM, OTHERS
from dashboard.security.roles import User
from dashboard.web.context import Context
from tests.dashboard.test_patient_page import page_of, texts


@pytest.fixture(scope="module")
def client(sample_store: Store) -> FlaskClient:
    return create_app(sample_store, Config(store=str(sample_store.place.folder))).server.test_client()


def parts(tree: Any) -> list[Any]:
    """Every dict of a page, as Dash sends it."""
    if isinstance(tree, list):
        return [one for part in tree for one in parts(part)]
    return [tree, *(one for part in tree.values() for one in parts(part))] if isinstance(tree, dict) else []


def banded(page: Any) -> list[Any]:
    return [one for one in parts(page) if one.get("name") == OTHERS and one.get("y") not in (None, [None])]


def said(page: Any) -> str:
    (place,) = [one for one in parts(page) if one.get("id") == "patient-band-said"]
    return " ".join(texts(place))


def test_it_is_off_at_first_and_then_nobody_else_is_read(client, sample_store: Store, monkeypatch) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("all patients were read")

    monkeypatch.setattr(patient_band, "population_band", never)
    page = page_of(client, f"/patient/{sample_store.key_of('HT-041')}")
    assert not banded(page) and said(page) == ""


def test_the_band_stands_behind_its_test_and_says_who_when_and_how_many(client, sample_store: Store) -> None:
    page = page_of(client, f"/patient/{sample_store.key_of('HT-040')}", "?band=ALT")
    (median,) = banded(page)
    assert len([y for y in median["y"] if y is not None]) >= 2
    words = said(page)
    for part in (
        "Behind ALT, × ULN",
        "27 other patients with primary colorectal",
        "start of line 1",
        "28 days",
        NO_NORM,
    ):
        assert part in words


def test_too_few_patients_like_this_one_are_said_and_not_drawn(client, sample_store: Store) -> None:
    page = page_of(client, f"/patient/{sample_store.key_of('HT-058')}", "?band=ALT")
    assert not banded(page)
    assert "10 or more other patients with primary neuroendocrine" in said(page) and "Nothing is drawn" in said(page)


def test_no_name_of_anybody_else_stands_in_the_band(client, sample_store: Store) -> None:
    text = json.dumps(page_of(client, f"/patient/{sample_store.key_of('HT-040')}", "?band=ALT"))
    others = set(sample_store.patient_ids) - {"HT-040"}
    assert not [name for name in others if name in text]


def test_a_coordinator_gets_it_only_of_as_many_as_may_be_told(sample_store: Store, monkeypatch) -> None:
    config = Config(store=str(sample_store.place.folder))
    monkeypatch.setattr(signin.Open, "identify", staticmethod(lambda: User("cora", "coordinator", "s")))
    client = create_app(sample_store, config).server.test_client()
    key = Context(sample_store, config).pseudonymised.worklist().set_index("patient_id")["key"]
    shown = [page_of(client, f"/patient/{one}", "?band=ALT") for one in key[:12]]
    assert any(banded(page) for page in shown)

    limits = sample_store.settings
    monkeypatch.setattr(sample_store, "settings", replace(limits, cohort=replace(limits.cohort, small_cell=40)))
    hidden = [page_of(client, f"/patient/{one}", "?band=AST") for one in key[:12]]
    assert not any(banded(page) for page in hidden)


def test_while_all_patients_are_read_it_says_so_and_comes_once_they_are(
    client, sample_store: Store, monkeypatch
) -> None:
    address = f"/patient/{sample_store.key_of('HT-040')}"
    with monkeypatch.context() as patch:
        patch.setattr(Store, "opening", lambda self: True)
        page = page_of(client, address, "?band=BILI")
        assert not banded(page) and patient_band.BEING_READ in said(page)
    assert banded(page_of(client, address, "?band=BILI"))


def test_the_chart_is_drawn_anew_with_the_band_that_is_chosen(client, sample_store: Store) -> None:
    page = page_of(client, f"/patient/{sample_store.key_of('HT-040')}")
    deps = client.get("/_dash-dependencies").get_json()
    (mine,) = [d for d in deps if "patient-chart.figure" in d["output"]]
    values = {"tests": ["ALT", "AST"], "band": "AST", "scale": "x_uln", "axis": "log", "clock": "date", "view": "all",
              "smooth": True, "fold": False, "show": "", "key": sample_store.key_of("HT-040")}  # fmt: skip
    body = {
        "output": mine["output"],
        "outputs": [
            dict(zip(("id", "property"), one.split("."), strict=True)) for one in mine["output"].strip(".").split("...")
        ],
        "inputs": [{**one, "value": values[one["id"].removeprefix("patient-")]} for one in mine["inputs"]],
        "state": [{**one, "value": values[one["id"].removeprefix("patient-")]} for one in mine["state"]],
        "changedPropIds": ["patient-band.value"],
    }
    answer = client.post("/_dash-update-component", json=body)
    assert answer.status_code == 200, answer.text[:300]
    assert len(banded(answer.get_json())) == 1 and not banded(page)
    odd = {**body, "inputs": [{**one, "value": {}} for one in body["inputs"]]}
    assert client.post("/_dash-update-component", json=odd).status_code == 400
