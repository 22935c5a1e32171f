"""Attributes that Dash takes by any name: `aria-*` for those who listen, `data-*` for the scripts of a page."""

from collections.abc import Mapping
from typing import Any


def wild(given: Mapping[str, str]) -> dict[str, Any]:
    """The attributes to spread into a component: `html.Span("x", **wild({"aria-hidden": "true"}))`.

    Dash writes such names as `**kwargs` of no declared type; a name that is neither `aria-*` nor `data-*` is refused,
    since a declared property would pass unseen by the type checker here.
    """
    for name in given:
        if not name.startswith(("aria-", "data-")):
            raise TypeError(f"{name} is no aria or data attribute")
    return dict(given)
