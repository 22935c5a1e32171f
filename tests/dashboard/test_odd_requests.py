"""Odd values in requests of the table of patients, and questions without end: refused or answered, never a failure."""

from __future__ import annotations

from typing import Any

import pytest

from analytics.cohort.query.definition import LONGEST, parse
from analytics.errors import QuestionError
from analytics.store import Store
from dashboard.application.app import create_app
from dashboard.config import Config

ODD: tuple[Any, ...] = (
    None, True, -1, 10**30, 1e308, "", "x", "é", "\0", [], [1], [[]], {}, {"a": 1}, [None], "nan", ["peak_ALT"],
)  # fmt: skip
FIELDS = ("startRow", "endRow", "filterModel", "sortModel")
COLUMNS = ("peak_ALT", "patient_id", "first_dose", "findings", "nothing")


@pytest.fixture(scope="module")
def client(sample_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return create_app(sample_store, Config(store=str(tmp_path_factory.mktemp("odd") / "store"))).server.test_client()


def asked(request: Any) -> dict[str, Any]:
    """The body that the table sends."""
    grid = {"item": "patients", "page": "cohort", "part": "grid"}
    return {
        "output": '{"item":["ALL"],"page":"cohort","part":"grid"}.getRowsResponse',
        "outputs": [{"id": grid, "property": "getRowsResponse"}],
        "inputs": [[{"id": grid, "property": "getRowsRequest", "value": request}]],
        "state": [
            {"id": "cohort-asked", "property": "data", "value": "where sex is F"},
            {"id": "cohort-selection", "property": "data", "value": None},
        ],
        "changedPropIds": ['{"item":"patients","page":"cohort","part":"grid"}.getRowsRequest'],
    }


def requests() -> list[dict[str, Any]]:
    """Odd values in every place of a request."""
    good = {"startRow": 0, "endRow": 20, "filterModel": {}, "sortModel": []}
    found = [{**good, field: value} for field in FIELDS for value in ODD]
    for column in COLUMNS:
        found += [{**good, "filterModel": {column: value}} for value in ODD]
        found += [{**good, "sortModel": [{"colId": column, "sort": value}]} for value in ODD]
        for part in ("type", "filter", "filterTo", "filterType", "conditions", "operator"):
            usual = {"filterType": "number", "type": "inRange", "filter": 1, "filterTo": 2}
            found += [{**good, "filterModel": {column: {**usual, part: value}}} for value in ODD]
    return found + [{**good, "sortModel": [{"colId": value}]} for value in ODD]


def test_the_table_answers_what_it_asks(client):
    answer = client.post("/_dash-update-component", json=asked({"startRow": 0, "endRow": 5}))
    assert answer.status_code == 200
    assert "rowData" in answer.text


def test_a_request_with_odd_values_is_answered_or_refused(client):
    statuses = {}
    for request in requests():
        answer = client.post("/_dash-update-component", json=asked(request))
        statuses.setdefault(answer.status_code, request)
    assert set(statuses) == {200, 400}, statuses


def test_conditions_within_conditions_without_end_are_refused(client):
    deep: Any = {"type": "equals", "filter": "x"}
    for _ in range(300):
        deep = {"conditions": [deep], "operator": "OR"}
    answer = client.post("/_dash-update-component", json=asked({"filterModel": {"patient_id": deep}}))
    assert answer.status_code in (200, 400)


def test_a_question_without_end_is_refused_at_once():
    with pytest.raises(QuestionError, match="at most"):
        parse("where sex is F\n" * (LONGEST // 10))
