"""Sittig's eleven criteria for graphs of laboratory results (JAMIA 2015, doi:10.1093/jamia/ocv013), as checks."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator
from typing import Any


def missing_criteria(figure: dict[str, Any], key: str, by_plotly: Collection[str] = ()) -> list[str]:
    """Names of the criteria that a figure does not meet; empty where it meets all.

    Args:
        figure: what a figure's ``draw`` gives.
        key: what the title must name.
        by_plotly: axes whose ends plotly is to find from the values; every other axis names its own.
    """
    layout, data = figure["layout"], figure["data"]
    title = layout["title"]["text"]
    real = [t for t in data if any(v is not None for v in t["x"])]
    axes = {n: a for n, a in layout.items() if re.fullmatch(r"[xy]axis\d*", n)}
    xs, ys = ([a for n, a in axes.items() if n[0] == letter] for letter in "xy")
    scaled = {n: n in by_plotly or _scaled(a) for n, a in axes.items()}
    values = {letter: [(v, layout[_axis_of(t, letter)]) for t in real for v in t[letter]] for letter in "xy"}
    notes = [n["text"] for n in layout.get("annotations", ())]
    labs = [t for t in real if "meta" in t]
    levels = sum(bool(re.search(r"<b>.+</b><br>.+<br>.*(log|linear) scale", n)) for n in notes)
    checks = {
        "patient identified": key in title,
        "title": bool(re.search(r"<b>[^<]{8,}</b>", title)),
        "x label": any(_named(a) for a in xs)
        or any(re.match("Date of|Days since|Study day|Minutes", n) for n in notes),
        "x scale": all(met for n, met in scaled.items() if n[0] == "x"),
        "x values": (bool(real) or any(n.startswith("no ") for n in notes))
        and all(_drawable(v, axis) for v, axis in values["x"]),
        "y label with unit": sum(not _named(a) and "ticktext" not in a for a in ys) <= levels,
        "y scale": all(met for n, met in scaled.items() if n[0] == "y"),
        "y values": all(_drawable(v, axis) for v, axis in values["y"]),
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
    """Whether an axis has two finite ends of its own (dates on an axis of dates), or those of another one."""
    if "matches" in axis:
        return True
    ends = axis.get("range", ())
    return axis.get("showticklabels") is not False and len(ends) == 2 and all(_drawable(v, axis) for v in ends)


def _drawable(value: Any, axis: dict[str, Any]) -> bool:
    """A gap, a date on an axis of dates, a name on one of names, or a finite number on any."""
    if isinstance(value, str):
        kind = axis.get("type")
        return kind == "category" or (kind == "date" and re.match(r"\d{4}-\d\d-\d\d", value) is not None)
    return value is None or math.isfinite(value)


def _axis_of(trace: dict[str, Any], letter: str) -> str:
    """Name in the layout of the axis that a trace is drawn on."""
    return f"{letter}axis{trace.get(f'{letter}axis', letter)[1:]}"


def _in_legend(trace: dict[str, Any]) -> bool:
    """Whether plotly lists a trace where nothing is said of it."""
    return bool(trace.get("name")) and trace.get("showlegend") is not False


def _named(axis: dict[str, Any]) -> bool:
    return bool(axis.get("title", {}).get("text"))
