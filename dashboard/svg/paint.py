"""Colours and strokes of a picture. A colour that the theme knows becomes a CSS variable, so that dark mode follows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dashboard.svg.scale import CannotDraw

_SAFE = re.compile(r"#[0-9a-f]{3,8}|(rgba?|hsla?)\([0-9., %/]+\)|[a-z]{3,20}|var\(--[a-z0-9-]+\)", re.IGNORECASE)
_DASHES = {"dot": (1, 1), "dash": (3, 3), "longdash": (5, 5), "dashdot": (3, 1, 1, 1), "longdashdot": (5, 2, 1, 2)}
"""Dashes and gaps in units of the line's width, at least 3 pixels, as plotly.js draws them."""

_PIXELS = re.compile(r"[\d.]+(px)?([ ,]+[\d.]+(px)?)*")


class Paint:
    """Turns plotly's colours into safe paint.

    Args:
        palette: colour of the theme to the CSS expression that stands for it; empty for fixed colours.
    """

    def __init__(self, palette: Mapping[str, str] | None = None):
        self._known = {colour.lower().replace(" ", ""): css for colour, css in (palette or {}).items()}

    def of(self, colour: Any, default: str = "currentColor") -> str:
        """Paint of a colour; the default where there is none.

        Raises:
            CannotDraw: it is not a colour that we read.
        """
        if colour is None or colour == "":
            return default
        tight = str(colour).lower().replace(" ", "")
        known = self._known.get(tight)
        if known is not None:
            return known
        if not _SAFE.fullmatch(str(colour)):
            raise CannotDraw(f"colour {colour!r}")
        self._known[tight] = "none" if tight in ("transparent", "rgba(0,0,0,0)") else str(colour)
        return self._known[tight]

    def stroke(self, line: Mapping[str, Any], default: str = "currentColor", width: float = 2) -> str:
        """Attributes of a stroke from plotly's ``line``; plotly's widths are kept."""
        wide = line.get("width", width)
        out = f' stroke="{self.of(line.get("color"), default)}"'
        if wide != 1:
            out += f' stroke-width="{wide:g}"'
        return out + dash_of(line.get("dash"), wide)


def dash_of(dash: Any, width: float = 1) -> str:
    """Attribute of a dash, longer for thicker lines; also plotly's own lists of pixels."""
    if not dash or dash == "solid":
        return ""
    if dash in _DASHES:
        return f' stroke-dasharray="{",".join(f"{n * max(width, 3):g}" for n in _DASHES[dash])}"'
    if not _PIXELS.fullmatch(str(dash)):
        raise CannotDraw(f"dash {dash!r}")
    return f' stroke-dasharray="{str(dash).replace("px", "")}"'
