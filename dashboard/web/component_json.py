"""A component tree as finished JSON, written in one pass.

Dash itself copies the whole tree first, to find what only some applications have in theirs; ours holds plain lists.
What of it never changes is one :class:`dashboard.web.static_html.Fixed`.
"""

from __future__ import annotations

from typing import Any

import orjson
from dash.development.base_component import Component

from dashboard.web.static_html import Fixed, Still, components_in, never_changes, props_of

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_PASSTHROUGH_DATACLASS


class Finished(Still):
    """Components that are written already, to be shown again as they are: as JSON, and as what stands still."""

    def __init__(self, tree: Any):
        content = _written(tree)
        super().__init__(content)
        self.json = orjson.Fragment(content)


def serialised(tree: Any) -> orjson.Fragment:
    """What a callback may return in place of components: their JSON, put into the answer as it is."""
    return orjson.Fragment(_written(tree))


def _written(tree: Any) -> bytes:
    return orjson.dumps(tree, default=_plain, option=_OPTIONS)


def _plain(thing: Any) -> Any:
    if isinstance(thing, Component):
        if components_in(thing) and never_changes(thing):
            return Fixed(thing).to_plotly_json()
        return {"props": props_of(thing), "type": thing._type, "namespace": thing._namespace}
    if isinstance(thing, Finished):
        return thing.json
    if hasattr(thing, "to_plotly_json"):
        return thing.to_plotly_json()
    raise TypeError(f"not JSON: {type(thing).__name__}")
