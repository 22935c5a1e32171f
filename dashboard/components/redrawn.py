"""Drawing anew only what changed: a control that is drawn anew closes its list and loses the focus.

A *part* is a box (id ``{"part": "part", "item": key}``) whose content may change while what stands around it stays. A
*control* (id ``{"part": "set", "item": key}``) shows by itself what a person chose in it, so that its part is drawn
again only where it shows something else than it should.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html, no_update
from dash.development.base_component import Component

BOX, CONTROL = "part", "set"
_OF_CONTROL = frozenset(("value", "data"))


def part(key: str, content: Any, identify: Callable[..., Any]) -> html.Div:
    """A box with this content."""
    return html.Div(content, id=identify(BOX, key))


@dataclass(frozen=True)
class Anew:
    """What of a page is drawn anew.

    Attributes:
        frames: content of each frame by its name; ``no_update`` where only parts of it change.
        parts: content of the boxes that were asked for, in their order; ``no_update`` where it stays.
        drawn: mark of everything that is then on the page, to be given back the next time.
    """

    frames: dict[str, Any]
    parts: list[Any]
    drawn: dict[str, str]


def anew(frames: Mapping[str, Any], drawn: Mapping[str, str], boxes: Sequence[str], live: Mapping[str, Any]) -> Anew:
    """Compare what should be on the page with what is.

    Args:
        frames: all content by name of its place.
        drawn: marks of what is on the page, from the last time.
        boxes: keys of the boxes that are on the page.
        live: what each control on the page shows, by key.
    """
    marks = {name: mark(content) for name, content in frames.items()}
    whole = {name: drawn.get(name) != own for name, own in marks.items()}
    inside = {name: dict(_boxes(content)) for name, content in frames.items()}
    changed: dict[str, Any] = {}
    for name, parts in inside.items():
        marks |= {key: mark(content) for key, content in parts.items()}
        if not whole[name]:
            changed |= {k: c for k, c in parts.items() if drawn.get(k) != marks[k] or _shows_other(c, live)}
    # a box within one that is drawn anew comes with it
    within = {key for content in changed.values() for key, _ in _boxes(content)}
    return Anew(
        {name: frames[name] if whole[name] else no_update for name in frames},
        [changed[key] if key in changed and key not in within else no_update for key in boxes],
        marks,
    )


def mark(content: Any) -> str:
    """A mark of what is to be seen, without what is in boxes and what controls show."""
    text = json.dumps(content, default=_plain, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _plain(component: Any) -> dict[str, Any]:
    props = dict(component.to_plotly_json()["props"])
    kind = _kind(component)
    if kind == BOX:
        props.pop("children", None)
    if kind == CONTROL:
        props = {name: value for name, value in props.items() if name not in _OF_CONTROL}
    return {"type": type(component).__name__, "props": props}


def _kind(component: Any) -> str:
    identity = getattr(component, "id", None)
    return str(identity.get("part", "")) if isinstance(identity, dict) else ""


def _components(content: Any) -> Iterator[Any]:
    """Every component of a content, whatever holds it."""
    if isinstance(content, (list, tuple)):
        for one in content:
            yield from _components(one)
    elif isinstance(content, Component):
        yield content
        yield from _components(getattr(content, "children", None))


def _boxes(content: Any) -> Iterator[tuple[str, Any]]:
    """Key and content of each box, those within boxes too."""
    for component in _components(content):
        if _kind(component) == BOX:
            yield str(component.id["item"]), getattr(component, "children", None)


def _shows_other(content: Any, live: Mapping[str, Any]) -> bool:
    """Whether a control in a box, but in no box within it, shows something else than it should."""
    inner = {id(c) for _, one in _boxes(content) for c in _components(one)}
    mine = (c for c in _components(content) if _kind(c) == CONTROL and id(c) not in inner)
    return any(_text(live.get(str(c.id["item"]))) != _text(getattr(c, "value", None)) for c in mine)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
