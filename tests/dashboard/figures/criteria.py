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
        "x scale": all(len(a.get("range", ())) == 2 or "matches" in a for a in xs),
        "x values": (bool(real) or any(n.startswith("no ") for n in notes))
        and all(v is None or v == v for t in real for v in t["x"]),
        "y label with unit": sum(not _named(a) and "ticktext" not in a for a in ys) <= levels,
        "y scale": all(len(a["range"]) == 2 and all(math.isfinite(v) for v in a["range"]) for a in ys),
        "y values": all(v is None or math.isfinite(v) for t in real for v in t["y"]),
        "reference range": not labs
        or any(t.get("name") == "reference range" for t in real)
        or any("no limit" in n for n in notes),
        "data details": all(t.get("hovertemplate") or t.get("hoverinfo") == "skip" for t in real),
        "legend": any(t.get("showlegend") for t in data),
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


def _named(axis: dict[str, Any]) -> bool:
    return bool(axis.get("title", {}).get("text"))
