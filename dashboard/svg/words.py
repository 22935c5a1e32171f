"""Text in a picture: plotly's few tags become tspans, everything else is escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape
from typing import Any

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)(b|i|em|strong|sub|sup|span|a|u|s)(\s[^<>]*)?>", re.IGNORECASE)
_SIZE = re.compile(r"font-size:\s*([\d.]+)px")
_STYLE = {
    "b": ' font-weight="bold"',
    "strong": ' font-weight="bold"',
    "i": ' font-style="italic"',
    "em": ' font-style="italic"',
    "sub": ' dy="0.3em" font-size="70%"',
    "sup": ' dy="-0.4em" font-size="70%"',
}
_NARROW, _WIDE = frozenset("iIjl|.,:;'!()[]/ ft"), frozenset("mwMW@%×–—")

OWN_SIZE = 12
"""The size at which a text says none: its group or its picture does."""

ANCHORS = {"left": "start", "center": "middle", "right": "end"}


def lines_of(text: str) -> list[str]:
    """The lines of a label, tags kept."""
    return _BREAK.split(text)


def plain(text: str) -> str:
    """A label without tags and entities, line breaks as spaces."""
    return unescape(_TAG.sub("", _BREAK.sub(" ", text)))


def width_of(text: str, size: float) -> float:
    """Rough width of a line in pixels; no font is asked."""
    bare = plain(text)
    units = sum(0.32 if c in _NARROW else 0.88 if c in _WIDE else 0.56 for c in bare)
    return units * size


def _inner(line: str) -> str:
    if "<" not in line and "&" not in line:
        return escape(line, quote=False)
    out, depth, at = [], 0, 0
    for tag in _TAG.finditer(line):
        out.append(escape(unescape(line[at : tag.start()]), quote=False))
        at = tag.end()
        if tag.group(1):
            if depth:
                out.append("</tspan>")
                depth -= 1
        else:
            size = _SIZE.search(tag.group(3) or "")
            look = f' font-size="{size.group(1)}"' if size else _STYLE.get(tag.group(2).lower(), "")
            out.append(f"<tspan{look}>")
            depth += 1
    out.append(escape(unescape(line[at:]), quote=False))
    return "".join(out) + "</tspan>" * depth


def text_element(
    text: str, x: float, y: float, *, size: float, fill: str = "", anchor: str = "start", more: str = ""
) -> str:
    """One ``<text>`` whose first base line is at (x, y); further lines follow below.

    Args:
        text: label with plotly's tags; never raw markup.
        x: pixels from the left.
        y: pixels from the top, of the first base line.
        size: font size in pixels.
        fill: paint, empty for the picture's own ink.
        anchor: start, middle or end.
        more: further attributes, ready and safe.
    """
    head = f'<text x="{x:.4g}" y="{y:.4g}"'
    if size != OWN_SIZE:
        head += f' font-size="{size:g}"'
    if anchor != "start":
        head += f' text-anchor="{anchor}"'
    if fill:
        head += f' fill="{fill}"'
    lines = lines_of(text)
    body = _inner(lines[0])
    for line in lines[1:]:
        body += f'<tspan x="{x:.4g}" dy="1.25em">{_inner(line)}</tspan>'
    return f"{head}{more}>{body}</text>"


def font_of(options: Mapping[str, Any], key: str, base: Mapping[str, Any], size: float) -> tuple[float, Any]:
    """(size, colour) of a font that may be named on several levels."""
    font = options.get(key, {})
    return float(font.get("size", size)), font.get("color", base.get("color"))


def anchor_of(anchor: str, names: tuple[str, str, str], at: Any, by_place: bool) -> str:
    """Plotly's automatic anchor: by the third of the paper that the point lies in, else the middle."""
    if anchor != "auto":
        return anchor
    if not by_place or not isinstance(at, (int, float)):
        return names[1]
    return names[0] if at < 1 / 3 else names[2] if at > 2 / 3 else names[1]
