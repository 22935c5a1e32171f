"""The document already shows its page: the same words, once in the audit log, to the same viewer only."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import dash_mantine_components as dmc
import orjson
import pytest
from dash import dcc, html
from flask import g
from flask.testing import FlaskClient
from plotly.io.json import to_json_plotly

from analytics.store import Store
from dashboard import theme
from dashboard.application import document as first_paint
from dashboard.application import signin
from dashboard.application.app import create_app
from dashboard.components.patient_state import State
from dashboard.config import Config
from dashboard.pages import patient
from dashboard.security.roles import LOCAL, User
from dashboard.web import static_html as still
from dashboard.web.attributes import wild
from dashboard.web.component_json import Finished, serialised
from dashboard.web.context import Context, Request
from dashboard.web.static_html import Fixed, settled, still_html
from dashboard.wording import prose
from tests.dashboard.application.test_app import navigate
from tests.dashboard.test_patient_page import texts

As = Callable[..., FlaskClient]


@pytest.fixture
def enter(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Callable[[Store], As]:
    """``enter(store)(role, name)``: a client of one application, let in as that user."""

    def over(store: Store) -> As:
        who = [User("vera", "clinician", "s")]
        monkeypatch.setattr(signin.Open, "identify", staticmethod(lambda: who[0]))
        app = create_app(store, Config(store=str(store.place.folder)))

        def enter_as(role: str = "clinician", name: str = "vera") -> FlaskClient:
            who[0] = User(name, role, "s")
            return app.server.test_client()

        return enter_as

    return over


def looks(store: Store) -> int:
    return len(store.log.entries(action="view_patient"))


def still_of(document: str) -> str:
    """The part of a document that stands before the scripts."""
    assert '<div id="still">' in document
    return document.split('<div id="still">')[1].split('<div id="react-entry-point">')[0]


def words(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_the_document_of_a_patient_shows_what_the_live_page_shows(enter, sample_store):
    client, path = enter(sample_store)(), f"/patient/{sample_store.key_of('HT-032')}"
    still = still_of(client.get(path).text)
    live = client.post("/_dash-update-component", json=navigate(path)).get_json()["response"]["shell-page"]["children"]
    says = json.dumps(live)
    shown = words(still)
    findings = [prose(t) for t in sample_store.analysis(["HT-032"]).findings["says"]]
    assert findings
    assert all(" ".join(says.split()) in shown for says in findings)
    assert 'class="table last-panel"' in still
    assert '<svg class="chart"' in still
    assert "sparkline" in says
    cells = [c for c in re.findall(r"<b>([^<]+)</b>", still)]
    assert cells
    assert all(unescape(c) in texts(live) for c in cells)


def test_what_stands_still_has_no_ids_and_no_scripts(enter, sample_store):
    still = still_of(enter(sample_store)().get(f"/patient/{sample_store.key_of('HT-032')}").text)
    picture = re.compile(r'<svg class="chart".*?</svg>', re.S)
    assert not re.search(r"\sid=", picture.sub("", still))
    assert not re.search(r"<script|\son[a-z]+=|javascript:", still)


def test_a_document_and_its_scripts_are_one_look_and_the_next_arrival_is_another(enter, own_store):
    client, path = enter(own_store)(), f"/patient/{own_store.key_of('MRN-1')}"
    client.get(path)
    assert looks(own_store) == 1
    client.post("/_dash-update-component", json=navigate(path))
    assert looks(own_store) == 1
    client.post("/_dash-update-component", json=navigate(path))
    assert looks(own_store) == 2


def test_a_first_visit_in_the_dark_is_one_look_and_comes_dark(enter, own_store):
    client, path = enter(own_store)(), f"/patient/{own_store.key_of('MRN-1')}"
    client.get(path)
    client.set_cookie("hepatrend_scheme", "dark")  # what assets/scheme.js does before it asks
    live = client.post("/_dash-update-component", json=navigate(path)).text
    assert theme.DARK.ink in live
    assert theme.LIGHT.ink not in live
    assert looks(own_store) == 1
    client.post("/_dash-update-component", json=navigate(path))
    assert looks(own_store) == 2


def test_what_waits_is_for_the_same_viewer_the_same_address_and_a_short_time(enter, own_store, monkeypatch):
    enter_as, path = enter(own_store), f"/patient/{own_store.key_of('MRN-1')}"
    client = enter_as()
    client.get(path)
    other = enter_as(name="otto")
    other.post("/_dash-update-component", json=navigate(path))
    assert looks(own_store) == 2
    client = enter_as()
    client.post("/_dash-update-component", json=navigate(path, "?scale=absolute"))
    assert looks(own_store) == 3
    monkeypatch.setattr(first_paint, "_SECONDS", 0.0)
    client.post("/_dash-update-component", json=navigate(path))
    assert looks(own_store) == 4


def test_a_coordinator_gets_pseudonyms_in_the_document_and_from_what_waits(enter, sample_store):
    enter_as, path = enter(sample_store), f"/patient/{sample_store.key_of('HT-032')}"
    enter_as("clinician").get(path)
    client = enter_as("coordinator")
    for address in (path, "/"):
        document = client.get(address).text
        live = client.post("/_dash-update-component", json=navigate(address)).text
        assert not [p for p in sample_store.patient_ids if p in document or p in live]


@pytest.mark.parametrize("role", ["auditor", "admin"])
def test_who_sees_no_patients_gets_none_in_the_document(enter, sample_store, role):
    for path in ("/", f"/patient/{sample_store.key_of('HT-032')}"):
        document = enter(sample_store)(role).get(path).text
        assert ("Page not found" in document) == (path != "/")
        assert not [p for p in sample_store.patient_ids if p in document]


def test_a_document_is_never_kept_by_the_browser(enter, sample_store):
    answer = enter(sample_store)().get(f"/patient/{sample_store.key_of('HT-032')}")
    assert answer.headers["Cache-Control"] == "no-store"


def test_only_pages_that_say_so_come_with_their_picture(enter, own_store):
    assert '<div id="still">' not in enter(own_store)().get("/methods").text
    assert '<div id="still">' not in enter(own_store)().get("/nope").text


def test_the_document_is_drawn_in_the_scheme_that_was_chosen(enter, own_store):
    client = enter(own_store)()
    client.set_cookie("hepatrend_scheme", "dark")
    assert '<html data-scheme="dark" lang="en">' in client.get("/").text
    client.set_cookie("hepatrend_scheme", '"><script>')
    assert '<html lang="en">' in client.get("/").text


def test_text_from_data_stays_text():
    tree = html.Div(
        ["<b>x</b>", html.A("go", href="javascript:alert(1)", title='"><img src=x>'), dcc.Link("&", href="/a?b=1&c=2")],
        className='a" onclick="x',
    )
    assert still_html(tree) == (
        '<div class="a&quot; onclick=&quot;x">&lt;b&gt;x&lt;/b&gt;<a title="&quot;&gt;&lt;img src=x&gt;">go</a>'
        '<a href="/a?b=1&amp;c=2">&amp;</a></div>'
    )


def test_fields_stand_in_with_their_words_and_what_is_unknown_is_left_out():
    fields = [
        dmc.Select(label="Site <1>", value="b", data=[{"value": "b", "label": "<Bern>"}], w=140),
        dmc.Checkbox(label="on & off", checked=True),
        dmc.Pagination(total=3),
    ]
    shown = still_html(fields)
    assert words(shown) == "Site <1> <Bern> on & off"
    assert "<Bern>" not in shown


def test_finished_json_is_what_dash_itself_would_write():
    tree = html.Div(
        [None, 1.5, float("nan"), dcc.Graph(figure={"data": [{"x": [1, None], "y": ["a", "é"]}]}), dmc.Select(data=[])],
        id={"part": "a", "item": "b"},
        **{"data-x": "</script>", "aria-label": "l"},
    )
    assert orjson.loads(orjson.dumps(serialised(tree))) == json.loads(to_json_plotly(tree))
    assert orjson.loads(to_json_plotly({"children": serialised(tree)}))["children"] == json.loads(to_json_plotly(tree))


def test_a_finished_tree_is_written_as_the_tree_itself():
    tree = html.Div(["a", html.B("b & c", id="live")], className="x")
    around = [html.P(Finished(tree))]
    assert orjson.loads(orjson.dumps(serialised(around))) == json.loads(to_json_plotly([html.P(tree)]))
    assert still_html(around) == '<p><div class="x">a<b>b &amp; c</b></div></p>'


def test_what_stands_still_is_written_when_a_document_asks_and_only_once(monkeypatch):
    made = []
    monkeypatch.setattr(still, "_component", lambda *component: made.append(component) or "<p>x</p>")
    finished = Finished(html.P("x"))
    orjson.dumps(serialised(html.Div(finished)))
    assert made == []
    assert finished.text == finished.text == "<p>x</p>"
    assert len(made) == 1


def test_what_was_written_reads_back_as_the_same_text(sample_store):
    app = create_app(sample_store, Config(store=str(sample_store.place.folder)))
    key = sample_store.key_of("HT-032")
    with app.server.test_request_context():
        g.user = LOCAL
        request = Request(Context(sample_store, Config()), f"/patient/{key}", {"key": key}, {})
        tree = html.Div(patient._body(request, key, State()))
    text = still_html(tree)
    assert "<svg" in text and "HT-032" in text
    assert Finished(tree).text == text


def test_a_fixed_part_is_one_component_and_stands_still_like_what_it_was_made_of():
    tree = html.Details(
        [html.Summary("<b>"), html.Ul([html.Li(["a & ", html.B("b")])]), html.Img(src="/x.svg", alt='"')],
        className="folded",
        open=True,
        **{"aria-label": "l"},
    )
    fixed = Fixed(tree)
    written = orjson.loads(orjson.dumps(serialised([fixed])))
    assert [part["type"] for part in written] == ["Fixed"]
    assert written[0]["props"] == {
        "tag": "details",
        "attributes": {"className": "folded", "open": True, "aria-label": "l"},
        "html": '<summary>&lt;b&gt;</summary><ul><li>a &amp; <b>b</b></li></ul><img src="/x.svg" alt="&quot;">',
    }
    assert still_html(fixed) == still_html(tree) == still_html(written)


LIVE = {
    "an id": html.B("b", id="b"),
    "a link within the application": dcc.Link("a", href="/a"),
    "an address that is not written": html.A("a", href="?page=2"),
    "a label of a field": html.Label("l", htmlFor="field"),
    "a place that is announced": html.P("p", **wild({"aria-live": "polite"})),
    "a window of its own": html.A("a", href="/a", target="_blank"),
    "a number of pixels": html.B("b", style={"width": 5}),
    "a switch that React writes out": html.B("b", **wild({"aria-hidden": True})),
}


@pytest.mark.parametrize("what", LIVE)
def test_a_part_with_something_live_in_it_stays_what_it_is(what):
    tree = html.Div([html.Ul(html.Li("1")), html.P([LIVE[what], "x"])])
    made = settled(tree)
    assert isinstance(made, html.Div) and [type(one).__name__ for one in made.children] == ["Fixed", "P"]
    assert orjson.loads(orjson.dumps(serialised(made))) == orjson.loads(orjson.dumps(serialised(tree)))
    assert still_html(made) == still_html(tree)
    assert type(tree.children[0]).__name__ == "Ul", "the tree that was given is as it was"


def test_what_never_changes_is_one_component_wherever_it_is_written():
    tree = html.Table([html.Tbody([html.Tr([html.Th("<a>"), html.Td(None), html.Td(3)])])], className="table")
    (written,) = orjson.loads(orjson.dumps(serialised([tree])))
    assert written["type"] == "Fixed" and written["props"]["tag"] == "table"
    assert written["props"]["html"] == "<tbody><tr><th>&lt;a&gt;</th><td></td><td>3</td></tr></tbody>"
    assert still_html(settled([tree])) == still_html(tree)
    assert settled(html.P("text alone")).to_plotly_json()["type"] == "P"


def test_without_scripts_the_document_says_what_does_nothing(enter, sample_store):
    shown = still_of(enter(sample_store)().get(f"/patient/{sample_store.key_of('HT-032')}").text)
    assert "<noscript>" in shown and "its controls, tabs and filters do nothing" in shown


def test_a_picture_in_light_colours_follows_the_reader_where_nothing_was_chosen(enter, sample_store):
    shown = still_of(enter(sample_store)().get(f"/patient/{sample_store.key_of('HT-032')}").text)
    chart = shown.split('class="chart"', 1)[1]
    assert "var(--" in chart
    assert "prefers-color-scheme:dark){:root:not([data-scheme])" in theme.css()


def test_a_page_that_was_written_once_is_not_shown_to_another_role(enter, sample_store):
    enter_as, path = enter(sample_store), f"/patient/{sample_store.key_of('HT-032')}"
    assert "HT-032" in enter_as("clinician").post("/_dash-update-component", json=navigate(path)).text
    for role in ("coordinator", "clinician", "auditor", "coordinator", "admin"):
        shown = enter_as(role).post("/_dash-update-component", json=navigate(path)).text
        assert ("HT-032" in shown) == (role == "clinician"), role


def test_a_mark_makes_a_page_anew(enter, own_store):
    client, path = enter(own_store)(), f"/patient/{own_store.key_of('MRN-1')}"
    pages = [client.post("/_dash-update-component", json=navigate(path)).text]
    own_store.seen(own_store.analysis(["MRN-1"]).findings["finding_id"].iloc[0], by="otto", note="known")
    pages.append(client.post("/_dash-update-component", json=navigate(path)).text)
    assert "Reviewed by otto" not in pages[0]
    assert "Reviewed by otto" in pages[1]
