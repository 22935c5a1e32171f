"""Plain HTML components of Dash, made by one assignment.

Dash checks every argument of every component with texts made for the error that hardly ever comes: 15 microseconds for
a table's cell, half of the time of a page. The components stay Dash's own; only how they are filled is ours, and a
name that the component does not know is refused as before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import html
from dash.development.base_component import Component

FIXED = ("_prop_names", "_valid_wildcard_attributes", "available_properties", "available_wildcard_properties")
"""What every component holds beside what was given to it."""


def install() -> None:
    """Fill all components of ``dash.html`` quickly from now on."""
    for kind in vars(html).values():
        if isinstance(kind, type) and issubclass(kind, Component) and not getattr(kind.__init__, "quick", False):
            setattr(kind, "__init__", _quick(kind))  # noqa: B010  a plain assignment is not typed


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
