"""Bodies of callbacks, mutated: whatever comes, the answer is no 500 and no traceback."""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Callable
from typing import Any

import pytest

from analytics.store import Store
from dashboard.application.app import create_app
from dashboard.config import Config

FULL = os.environ.get("HEPATREND_FUZZ") == "full"
BODIES = 10_000 if FULL else 1_500
STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1e308, 2**63, "", " ", "x" * 5_000, "../../etc/passwd", "<img src=x onerror=1>",
    "=1+1", "' OR 1=1 --", "\x00", "\ud800", "٣", [], [None], [[]], {}, {"a": 1}, ["ALT"], "ALT", ["nope"], [1, 2],
    "all", "2024-01-01", "nan", "Infinity", [0, 1], {"points": [{"customdata": [1]}]}, {"xaxis.range[0]": "x"},
    "date", "log",
)  # fmt: skip


@pytest.fixture(scope="module")
def app(sample_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Any:
    app = create_app(sample_store, Config(store=str(tmp_path_factory.mktemp("fuzz") / "store")))
    app.server.test_client().get("/")
    return app


def body_of(name: str, callback: dict[str, Any], pick: Callable[[], Any]) -> dict[str, Any]:
    """A body of the right form; each value is picked."""

    def dependency(text: str, prop: str, *, given: bool) -> Any:
        identity = json.loads(text) if text.startswith("{") else text
        more = {"value": pick()} if given else {}
        if not isinstance(identity, dict):
            return {"id": identity, "property": prop, **more}
        filled = {k: ("ALT" if isinstance(v, list) else v) for k, v in identity.items()}
        one = {"id": filled, "property": prop, **more}
        return [one] if any(v == ["ALL"] for v in identity.values()) else one

    outputs = callback["output"]
    many = isinstance(outputs, (list, tuple))
    made = [
        dependency(o.component_id_str(), o.component_property, given=False) for o in (outputs if many else [outputs])
    ]
    inputs = [dependency(i["id"], i["property"], given=True) for i in callback["inputs"]]
    flat = [i for part in inputs for i in (part if isinstance(part, list) else [part])]
    changed = [
        f"{i['id'] if isinstance(i['id'], str) else json.dumps(i['id'], sort_keys=True, separators=(',', ':'))}"
        f".{i['property']}"
        for i in flat
    ]
    return {
        "output": name,
        "outputs": made if many else made[0],
        "inputs": inputs,
        "state": [dependency(s["id"], s["property"], given=True) for s in callback["state"]],
        "changedPropIds": changed[:1],
    }


def mutated(body: Any, rng: random.Random) -> Any:
    """The body with one to three places replaced, removed or doubled."""
    body = copy.deepcopy(body)
    for _ in range(rng.randint(1, 3)):
        places: list[tuple[Any, Any]] = []
        _collect(body, places)
        if not places:
            break
        holder, key = rng.choice(places)
        what = rng.random()
        if what < 0.7:
            holder[key] = copy.deepcopy(rng.choice(STRANGE))
        elif what < 0.85:
            del holder[key]
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
    return body


def _collect(part: Any, places: list[tuple[Any, Any]]) -> None:
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in list(items):
        places.append((part, key))
        _collect(value, places)


def served(app: Any) -> list[tuple[str, dict[str, Any]]]:
    """Callbacks that the server runs."""
    return [(name, c) for name, c in app.callback_map.items() if "callback" in c]


@pytest.mark.timeout(3600 if FULL else 300)
def test_no_body_makes_the_server_fail(app, sample_store):
    client, rng = app.server.test_client(), random.Random(20260101)
    callbacks, failed, statuses = served(app), [], set()
    known = (
        sample_store.key_of("HT-001"),
        sample_store.key_of("HT-032"),
        None,
        "",
        ["ALT", "BILI"],
        "ALT",
        1,
        "log",
        {},
    )
    for _ in range(BODIES):
        name, callback = rng.choice(callbacks)
        pool = rng.choice([STRANGE, STRANGE, [copy.deepcopy(rng.choice(STRANGE))], known])
        body = body_of(name, callback, lambda pool=pool: copy.deepcopy(rng.choice(pool)))
        if rng.random() < 0.5:
            body = mutated(body, rng)
        answer = client.post("/_dash-update-component", data=json.dumps(body), content_type="application/json")
        statuses.add(answer.status_code)
        if answer.status_code >= 500 or b"Traceback" in answer.data:
            failed.append((answer.status_code, name[:80], json.dumps(body)[:600]))
    assert not failed, f"{len(failed)} of {BODIES}; first: {failed[:3]}"
    assert {200, 400} <= statuses


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b"{", b"\xff\xfe", b'"x"', b"1", b'{"output": 1}', b"{}" * 1000])
def test_bytes_that_are_no_callback_are_refused(app, raw):
    answer = app.server.test_client().post("/_dash-update-component", data=raw, content_type="application/json")
    assert answer.status_code == 400
