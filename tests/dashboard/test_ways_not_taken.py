"""Ways that Dash offers and that are not taken here: jobs by a callback's handle, and keeping things in the browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from analytics.store import Store
from dashboard.application.app import create_app
from tests.dashboard.application.test_app import navigate
from tests.dashboard.test_every_page_for_every_role import addresses


def test_no_callback_runs_in_the_background_and_dashs_own_ways_to_a_job_are_not_there(shared_store: Store):
    app = create_app(shared_store)
    assert len(app.callback_map) > 50
    for output, callback in app.callback_map.items():
        assert not callback.get("background") and not callback.get("long"), output
    rules = [rule.rule for rule in app.server.url_map.iter_rules()]
    assert not [rule for rule in rules if any(word in rule for word in ("background", "_dash-ws", "mcp"))]
    assert app._background_manager is None


def components(thing: Any) -> Iterator[dict[str, Any]]:
    """Properties of every component of an answer."""
    waiting = [thing]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(one.get("props"), dict):
                yield one["props"] | {"type": one.get("type")}
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def test_no_page_keeps_anything_in_the_browser(shared_store: Store):
    client, seen = create_app(shared_store).server.test_client(), 0
    whole = [client.get("/_dash-layout").json]
    for path in addresses(shared_store.key_of("MRN-1")):
        whole.append(json.loads(client.post("/_dash-update-component", json=navigate(path)).data))
    for props in components(whole):
        seen += 1
        assert not props.get("persistence"), props
        assert props.get("storage_type", "memory") == "memory", props
    assert seen > 500
