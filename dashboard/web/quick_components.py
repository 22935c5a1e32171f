"""Plain HTML components of Dash, made by one assignment.

Dash checks every argument of every component with texts made for the error that hardly ever comes: 15 microseconds for
a table's cell, half of the time of a page. The components stay Dash's own; only how they are filled is ours, and a
name that the component does not know is refused as before.

This stands on what an instance of Dash's components holds, which a later Dash may change: so each kind is tried when it
is installed, and one that Dash fills in another way stays as Dash makes it, slower and right.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

FIXED = ("_prop_names", "_valid_wildcard_attributes", "available_properties", "available_wildcard_properties")
"""What every component holds beside what was given to it."""


_TRIED: Mapping[str, Any] = {"children": ["x"], "id": {"a": "b"}, "className": "c", "data-x": "1", "aria-label": "l"}
log = logging.getLogger(__name__)


def install() -> None:
    """Fill all components of ``dash.html`` quickly from now on."""
    others = []
    for kind in vars(html).values():
        if isinstance(kind, type) and issubclass(kind, Component) and not getattr(kind.__init__, "quick", False):
            fill = fill_of(kind)
            if fill is None:
                others.append(kind.__name__)
            else:
                setattr(kind, "__init__", fill)  # noqa: B010  a plain assignment is not typed
    if others:
        log.warning("this Dash fills %d components in its own way; pages take longer to make", len(others))


def fill_of(kind: type[Component]) -> Callable[..., None] | None:
    """What fills a component of this kind quickly; None where it would not hold exactly what Dash gives it."""
    try:
        fill = _quick(kind)
        for given in ({}, _TRIED):
            mine = kind.__new__(kind)
            fill(mine, **given)
            if vars(mine) != vars(kind(**given)):
                return None
    except (KeyError, TypeError, AttributeError):
        return None
    return fill


def _quick(kind: type[Component]) -> Callable[..., None]:
    fixed = {name: vars(kind())[name] for name in FIXED}
    known = frozenset(fixed["_prop_names"])

    def fill(self: Component, children: Any = None, **given: Any) -> None:
        if not known.issuperset(given):
            for name in given:
                if name not in known and not name.startswith(("data-", "aria-")):
                    raise TypeError(f"html.{kind.__name__} has no {name!r}")
        vars(self).update(fixed, children=children, **given)

    fill.quick = True  # type: ignore[attr-defined]
    fill.__doc__ = kind.__doc__
    return fill
