"""Text inside figures: escaped, short, and never a bare NaN."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap
from typing import Any

ABSENT = "–"


def plain(text: Any) -> str:
    """Text of a source, safe inside a figure: plotly reads a small part of HTML."""
    return "" if text is None or text != text else html.escape(str(text), quote=False)


def plain_all(texts: Iterable[Any]) -> list[str]:
    """:func:`plain` of each text; those of a column are few and come again and again."""
    known: dict[Any, str] = {}
    return [known[text] if text in known else known.setdefault(text, plain(text)) for text in texts]


def in_full(text: Any, width: int = 60) -> str:
    """All of a text of a source, in lines of a hover text; what is cut may be what matters."""
    return "" if text is None or text != text else "<br>".join(plain(line) for line in wrap(str(text), width))


def short(text: str, most: int = 18) -> str:
    """At most this many signs."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def number(value: float | None, decimals: int = 0) -> str:
    """A value with the decimals of its analyte, more where it is small; a dash where there is none."""
    if value is None or value != value or math.isinf(value):
        return ABSENT
    if value and abs(value) < 10**-decimals:
        return f"{value:.2g}"
    return f"{value:.{decimals}f}"


def times(value: float | None) -> str:
    """A multiple with two or three digits: 0.82, 2.4, 13."""
    if value is None or value != value or math.isinf(value):
        return ABSENT
    return f"{value:.2f}" if value < 1.995 else f"{value:.1f}" if value < 9.95 else f"{value:.0f}"


def rounded(values: Iterable[float], digits: int = 4) -> list[float | None]:
    """Numbers for a figure: few digits, None for a gap."""
    form = f".{digits}g"
    return [None if v != v else float(format(v, form)) for v in values]


_WHOLE = re.compile(r"0|[1-9]\d{0,14}")


def _short(texts: Sequence[str]) -> Sequence[str | int]:
    """Whole numbers as numbers, which the browser writes the same and which travel without quotes."""
    if all(isinstance(t, str) and _WHOLE.fullmatch(t) for t in texts):
        return [int(t) for t in texts]
    return texts


def hover(fields: Mapping[str, Sequence[str]], *, first: str = "", more: str = "") -> tuple[str, list[list[str | int]]]:
    """Template and data of a hover text, as small as can be.

    A field that says the same for every point goes into the template once; only the others travel with each point.
    A field that is absent for all is left out.

    Args:
        fields: name (shown before a colon; a leading underscore hides it) to one text a point.
        first: template text put above the fields.
        more: template text put below them.
    """
    lines: list[str] = [first] if first else []
    moving: list[Sequence[str | int]] = []
    for name, texts in fields.items():
        different = set(texts)
        if different <= {ABSENT, ""}:
            continue
        label = "" if name.startswith("_") else f"{name}: "
        if len(different) == 1:
            lines.append(label + texts[0])
        else:
            lines.append(f"{label}%{{customdata[{len(moving)}]}}")
            moving.append(_short(texts))
    if more:
        lines.append(more)
    return "<br>".join(lines) + "<extra></extra>", [list(row) for row in zip(*moving, strict=True)]
