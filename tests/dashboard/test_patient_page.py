"""The patient's page without a browser: every patient of the sample data, every tab, every download."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient

from analytics.store import Store
from dashboard.application.app import create_app
from dashboard.components.patient_exports import WORDS
from dashboard.components.patient_tab_list import tabs
from dashboard.config import Config
from dashboard.web.static_html import still_html

TOKEN = re.compile(r"\b(nan|NaN|NaT|None|<NA>|undefined)\b")


@pytest.fixture(scope="module")
def client(sample_store: Store) -> FlaskClient:
    return create_app(sample_store, Config(store=str(sample_store.place.folder))).server.test_client()


def page_of(client: FlaskClient, path: str, query: str = "") -> Any:
    body = {
        "output": "..shell-page.children...shell-title.data..",
        "outputs": [{"id": "shell-page", "property": "children"}, {"id": "shell-title", "property": "data"}],
        "inputs": [
            {"id": "shell-url", "property": "pathname", "value": path},
            {"id": "shell-url", "property": "search", "value": query},
        ],
        "changedPropIds": ["shell-url.pathname"],
    }
    answer = client.post("/_dash-update-component", json=body)
    assert answer.status_code == 200, answer.text[:300]
    return answer.get_json()


_NAMED = ("title", "alt", "aria-label", "label", "placeholder")


class Reader(HTMLParser):
    """What stands in HTML text: its words, titles, labels and alternative texts."""

    def __init__(self) -> None:
        super().__init__()
        self.met: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element is called."""
        self.met += [value for name, value in attrs if name in _NAMED and value]

    def handle_data(self, data: str) -> None:
        """Note words."""
        self.met.append(data)


def texts(part: Any) -> list[str]:
    """What a reader or a screen reader meets: children, titles, labels, alternative texts."""
    if isinstance(part, str):
        return [part]
    if isinstance(part, list):
        return [t for p in part for t in texts(p)]
    if isinstance(part, dict) and part.get("type") == "Fixed":
        reader = Reader()
        reader.feed(still_html(part))
        return reader.met
    if isinstance(part, dict):
        props = part.get("props", part)
        named = [props[k] for k in _NAMED if isinstance(props.get(k), str)]
        return named + texts(props.get("children"))
    return []


def test_a_page_has_no_words_for_nothing(client: FlaskClient, sample_store: Store) -> None:
    for key in sample_store.worklist()["key"][::6]:
        answer = page_of(client, f"/patient/{key}")
        words = texts(answer["response"]["shell-page"]["children"])
        assert "Latest results" in words
        assert [w for w in words if TOKEN.search(w)] == []


@pytest.mark.parametrize("tab", tabs())
def test_every_tab_comes_with_its_address(client: FlaskClient, sample_store: Store, tab: str) -> None:
    for patient_id in ("HT-032", "HT-058", "HT-012"):
        answer = page_of(client, f"/patient/{sample_store.key_of(patient_id)}", f"?tab={tab}")
        assert tabs()[tab] in texts(answer["response"]["shell-page"]["children"])


@pytest.mark.parametrize("name", WORDS)
def test_every_table_can_be_downloaded_with_provenance(client: FlaskClient, sample_store: Store, name: str) -> None:
    answer = client.get(f"/patient/{sample_store.key_of('HT-032')}/{name}.csv")
    assert answer.status_code == 200
    head = answer.text.lstrip("\ufeff").splitlines()[0].split(",")
    assert {"patient_id", "data_up_to", "generation", "settings"} <= set(head)
    others = set(re.findall(r"HT-\d{3}", answer.text)) - {"HT-032"}
    assert others == set()


def test_a_table_that_there_is_not_is_not_found(client: FlaskClient, sample_store: Store) -> None:
    assert client.get(f"/patient/{sample_store.key_of('HT-032')}/passwords.csv").status_code == 404


def test_an_unknown_key_is_not_found_and_says_nothing(client: FlaskClient) -> None:
    words = texts(page_of(client, "/patient/zzzzzzzz")["response"]["shell-page"]["children"])
    assert not any(re.search(r"HT-\d{3}", w) for w in words)


@pytest.mark.parametrize(
    "query",
    [
        "?tests=ALT.NOPE&scale=weird&axis=&clock=e999&view=~&show=../x&tab=nope&event=999",
        "?view=2026-01-01~not-a-date",
        "?clock=e0&scale=x_baseline&axis=linear&smooth=off&fold=on&view=stent",
    ],
)
def test_an_address_that_is_not_understood_gives_the_usual_page(
    client: FlaskClient, sample_store: Store, query: str
) -> None:
    answer = page_of(client, f"/patient/{sample_store.key_of('HT-032')}", query)
    assert "Latest results" in texts(answer["response"]["shell-page"]["children"])


def test_the_address_of_a_page_holds_no_patient_id(client: FlaskClient, sample_store: Store) -> None:
    text = json.dumps(page_of(client, f"/patient/{sample_store.key_of('HT-032')}"))
    assert not re.search(r'"href": "[^"]*HT-\d', text)


def test_the_report_of_this_patient_is_one_file_about_this_patient(client: FlaskClient, sample_store: Store) -> None:
    key = sample_store.key_of("HT-032")
    answer = client.get(f"/patient/{key}/report.html")
    assert answer.status_code == 200
    assert "HT-032" in answer.text
    assert set(re.findall(r"HT-\d{3}", answer.text)) == {"HT-032"}
    assert f"hepatrend-patient-{key}" in answer.headers["Content-Disposition"]
