"""A component tree as HTML text: what a reader sees before the scripts have come, made of the very same components.

Fields of Mantine get a stand-in of the same size that cannot be used yet; a graph is drawn by dashboard.svg. There are
no ids in it, so that nothing here is ever taken for the live page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from html import escape
from typing import Any

import orjson
from dash.development.base_component import Component

from dashboard import theme
from dashboard.svg import CannotDraw, to_svg
from dashboard.web.quick_components import FIXED

WIDTH = 1206
"""Pixels of a chart in a window that is 1280 wide; in others it keeps its shape until the live one stands there."""

_VARIABLES = theme.variable_of_colour()
"""A chart in light colours follows the reader's own setting where nothing was chosen yet."""

_VOID = frozenset({"img", "br", "hr", "input", "col"})
_NAMES: Mapping[str, str] = {"className": "class", "dateTime": "datetime", "encType": "enctype"}
_LEFT_OUT = frozenset(
    {"children", "id", "key", "htmlFor", "n_clicks", "n_clicks_timestamp", "disable_n_clicks", "target"}
    | {"aria-labelledby", "aria-controls", "aria-describedby", "aria-live", "aria-busy"}
)
_ON = ' class="on"'


class Still:
    """Components as JSON, whose HTML text is written once, when a document first asks for it.

    Their JSON is kept and not the tree: thousands of small objects in each page that is kept would be searched again
    and again by Python's collector, and readers would wait for it.
    """

    def __init__(self, content: bytes):
        self._content, self._text = content, ""

    @property
    def text(self) -> str:
        """What :func:`still_html` makes of them."""
        if not self._text:
            self._text = still_html(orjson.loads(self._content))
        return self._text


class Fixed:
    """A plain element that nothing in the browser changes, with all that is in it: one component instead of many.

    Dash's renderer looks after each component by itself, which takes longer than all else where there are a thousand.
    The text is escaped by :func:`still_html`; assets/fixed.js puts it into the page as it is. So it has no ids,
    no fields and no links within the application; it reads, prints and is found like what it was made of.
    """

    def __init__(self, component: Component):
        props = props_of(component)
        self.tag = str(component._type).lower()
        self.attributes = {name: value for name, value in props.items() if name not in _LEFT_OUT and value is not None}
        self.html = still_html(props.get("children"))

    def to_plotly_json(self) -> dict[str, Any]:
        """What is sent to the browser."""
        props = {"tag": self.tag, "attributes": self.attributes, "html": self.html}
        return {"props": props, "type": "Fixed", "namespace": "hepatrend"}


def settled(tree: Any) -> Any:
    """The same for a reader, each part of it that nothing in the browser changes as one :class:`Fixed`."""
    if isinstance(tree, (list, tuple)):
        return [settled(one) for one in tree]
    if not isinstance(tree, Component) or not (inside := components_in(tree)):
        return tree
    if never_changes(tree):
        return Fixed(tree)
    around = copy(tree)
    around.children = settled(inside)
    return around


def components_in(tree: Component) -> Any:
    """The children of a component, where any of them may be one that Dash looks after."""
    inside = getattr(tree, "children", None)
    return inside if isinstance(inside, (Component, list, tuple)) else None


def never_changes(tree: Any) -> bool:
    """Whether HTML text says all of it: plain elements, without ids and without what only a live element has."""
    if isinstance(tree, (list, tuple)):
        return all(map(never_changes, tree))
    if not isinstance(tree, Component):
        return tree is None or isinstance(tree, (str, int, float, Fixed))
    return (
        tree._namespace == "dash_html_components"
        and not any(_is_live(name, value) for name, value in props_of(tree).items())
        and never_changes(getattr(tree, "children", None))
    )


def _is_live(name: str, value: Any) -> bool:
    """Whether an attribute means something to a live element that :func:`still_html` does not write, or otherwise."""
    if name == "children" or value is None:
        return False
    if name == "style":
        return not all(isinstance(one, str) for one in value.values())
    if name == "href":
        return not _is_written(str(value))
    return name in _LEFT_OUT or ("-" in name and isinstance(value, bool))


def _is_written(href: str) -> bool:
    return href.startswith(("/", "#", "http://", "https://"))


def props_of(component: Component) -> dict[str, Any]:
    """What was given to a component, by the names that Dash sends to the browser."""
    return {name: value for name, value in vars(component).items() if name not in FIXED}


def still_html(tree: Any) -> str:
    """The tree as HTML text; everything that comes from data is escaped.

    Args:
        tree: components, or what dashboard.web.component_json wrote of them, read back.
    """
    if isinstance(tree, (list, tuple)):
        return "".join(map(still_html, tree))
    if isinstance(tree, str):
        return escape(tree, quote=False)
    if isinstance(tree, Component):
        return _component(props_of(tree), tree._type, tree._namespace)
    if isinstance(tree, dict):
        return _component(tree["props"], tree["type"], tree["namespace"])
    if isinstance(tree, Still):
        return tree.text
    if isinstance(tree, Fixed):
        return _tagged(tree.tag, tree.attributes, tree.html)
    return "" if tree is None or isinstance(tree, bool) else str(tree)


def _component(props: Mapping[str, Any], kind: str, namespace: str) -> str:
    if namespace == "dash_html_components":
        return _element(kind.lower(), props)
    if kind == "Fixed":
        return _tagged(props["tag"], props["attributes"], props["html"])
    if kind == "Link":
        return _element("a", {name: props.get(name) for name in ("children", "href", "className", "title")})
    stand_in = _STAND_INS.get(kind)
    return stand_in(props) if stand_in else ""


def _element(tag: str, props: Mapping[str, Any]) -> str:
    return _tagged(tag, props, "" if tag in _VOID else still_html(props.get("children")))


def _tagged(tag: str, props: Mapping[str, Any], inside: str) -> str:
    said = "".join(_attribute(name, value) for name, value in props.items() if name not in _LEFT_OUT)
    return f"<{tag}{said}>" if tag in _VOID else f"<{tag}{said}>{inside}</{tag}>"


def _attribute(name: str, value: Any) -> str:
    if value is None or value is False or value == "":
        return ""
    if value is True:
        return f" {name.lower()}"
    if name == "href" and not _is_written(str(value)):
        return ""
    if name == "style":
        value = ";".join(f"{_dashed(key)}:{one}" for key, one in value.items())
    return f' {_NAMES.get(name, name.lower())}="{escape(str(value))}"'


def _dashed(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)


def _graph(props: Mapping[str, Any]) -> str:
    figure, style = props["figure"], props.get("style") or {}
    try:
        picture = to_svg(figure, ident="still", palette=_VARIABLES, width=WIDTH)
    except CannotDraw:
        picture = ""
    return f"<div{_attribute('style', style)}>{picture}</div>"


def _segments(props: Mapping[str, Any]) -> str:
    parts = [
        f"<span{_ON if one['value'] == props.get('value') else ''}>{escape(one['label'])}</span>"
        for one in props["data"]
    ]
    return f'<span class="still-segments still-{props.get("size", "sm")}">{"".join(parts)}</span>'


def _field(props: Mapping[str, Any]) -> str:
    names = {one["value"]: one["label"] for one in props.get("data") or [] if isinstance(one, dict)}
    value = props.get("value") or ""
    text = str(names.get(value, value)) or str(props.get("placeholder") or "")
    label = f'<span class="still-label">{escape(str(props["label"]))}</span>' if props.get("label") else ""
    width = f' style="width:{int(props["w"])}px"' if isinstance(props.get("w"), int) else ""
    return (
        f'<span class="still-field still-{props.get("size", "sm")}"{width}>'
        f'{label}<span class="still-box">{escape(text)}</span></span>'
    )


def _check(props: Mapping[str, Any]) -> str:
    on = _ON if props.get("checked") else ""
    return f'<span class="still-check"><i{on}></i>{escape(str(props.get("label") or ""))}</span>'


def _inside(props: Mapping[str, Any]) -> str:
    return still_html(props.get("children"))


_STAND_INS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "Graph": _graph,
    "SegmentedControl": _segments,
    "Select": _field,
    "TextInput": _field,
    "Checkbox": _check,
    "Tabs": lambda props: f'<div class="still-tabs">{_inside(props)}</div>',
    "TabsList": _inside,
    "TabsTab": lambda props: f"<span>{_inside(props)}</span>",
    "Stack": _inside,
    "Group": _inside,
}
"""Components that are not plain HTML, and what stands for them; any other is left out."""
