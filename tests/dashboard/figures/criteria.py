"""Sittig's eleven criteria for graphs of laboratory results (JAMIA 2015, doi:10.1093/jamia/ocv013), as checks."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any


def missing_criteria(figure: dict[str, Any], key: str) -> list[str]:
    """Names of the criteria that a figure does not meet; empty where it meets all."""
    layout, data = figure["layout"], figure["data"]
    title = layout["title"]["text"]
    xs = [a for n, a in layout.items() if re.fullmatch(r"xaxis\d*", n)]
    ys = [a for n, a in layout.items() if re.fullmatch(r"yaxis\d*", n)]
    notes = [n["text"] for n in layout.get("annotations", ())]
    real = [t for t in data if any(v is not None for v in t["x"])]
    labs = [t for t in real if "meta" in t]
    levels = sum(bool(re.search(r"<b>.+</b><br>.+<br>.*(log|linear) scale", n)) for n in notes)
    checks = {
        "patient identified": key in title,
        "title": bool(re.search(r"<b>[^<]{8,}</b>", title)),
        "x label": any(_named(a) for a in xs)
        or any(re.match("Date of|Days since|Study day|Minutes", n) for n in notes),
        "x scale": all(_scaled(a) for a in xs),
        "x values": (bool(real) or any(n.startswith("no ") for n in notes))
        and all(map(_drawable, (v for t in real for v in t["x"]))),
        "y label with unit": sum(not _named(a) and "ticktext" not in a for a in ys) <= levels,
        "y scale": all(_scaled(a) for a in ys),
        "y values": all(map(_drawable, (v for t in real for v in t["y"]))),
        "reference range": not labs
        or any(t.get("name") == "reference range" for t in real)
        or any("no limit" in n for n in notes),
        "data details": all(t.get("hovertemplate") or t.get("hoverinfo") == "skip" for t in real),
        "legend": any(t.get("showlegend") for t in data)
        or (layout.get("showlegend") is not False and sum(map(_in_legend, data)) > 1),
    }
    return [name for name, met in checks.items() if not met]


def texts_of(part: Any) -> Iterator[str]:
    """Every text anywhere in a figure."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for value in part.values():
            yield from texts_of(value)
    elif isinstance(part, (list, tuple)):
        for value in part:
            yield from texts_of(value)


def _scaled(axis: dict[str, Any]) -> bool:
    """Whether an axis has two finite ends (dates count), those of another one, or plotly finds them from the values."""
    if axis.get("showticklabels") is False and "matches" not in axis:
        return False
    ends = axis.get("range")
    if ends is None:
        return axis.get("autorange", True) is not False
    return len(ends) == 2 and all(isinstance(v, str) or math.isfinite(v) for v in ends)


def _drawable(value: Any) -> bool:
    """A gap, a date or a name, or a finite number."""
    return value is None or isinstance(value, str) or math.isfinite(value)


def _in_legend(trace: dict[str, Any]) -> bool:
    """Whether plotly lists a trace where nothing is said of it."""
    return bool(trace.get("name")) and trace.get("showlegend") is not False


def _named(axis: dict[str, Any]) -> bool:
    return bool(axis.get("title", {}).get("text"))
