"""Where the ticks of an axis are and what they say, chosen as plotly.js chooses them."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import Any

from dashboard.svg.scale import ADAY, Scale, date_ms, liner, ms_date

Tick = tuple[float, str]
"""Number on the axis's line, label."""

_MINUS = "\N{MINUS SIGN}"
_PYTHON_FORM = re.compile(r"[+,]{0,2}(\.\d)?[%fd]")
"""Forms of d3 that mean the same in Python."""

_MONTH = 30.4375 * ADAY
_YEAR = 365.25 * ADAY
_HOUR = 3_600_000.0
_MINUTE = 60_000.0


def ticks_of(scale: Scale, options: dict[str, Any], is_x: bool) -> list[Tick]:
    """Ticks within the range, in order."""
    if options.get("tickvals") is not None:
        return _given(scale, options)
    if scale.kind == "category":
        return [(float(i), name) for i, name in enumerate(scale.categories) if _inside(scale, float(i))]
    wanted = options.get("nticks") or min(9.0, max(4.0, scale.length / (80 if is_x else 40))) + 1
    rough = abs(scale.high - scale.low) / wanted
    step = options.get("dtick")
    if scale.kind == "date":
        return _date_ticks(scale, step, rough, options.get("tickformat", ""))
    if scale.kind == "log":
        return _log_ticks(scale, step, rough)
    return _linear_ticks(scale, float(step) if step else _nice(rough), float(options.get("tick0") or 0.0), options)


def number_text(value: float, decimals: int | None = None) -> str:
    """A number as an axis says it: no more digits than needed, a true minus."""
    text = f"{value:.6g}" if decimals is None else f"{value:.{decimals}f}"
    if decimals:
        text = text.rstrip("0").rstrip(".")
    if "e" in text:
        text = f"{value:.0f}" if abs(value) >= 1 else f"{value:.9f}".rstrip("0")
    return text.replace("-", "\N{MINUS SIGN}") if text.strip("-0.") else "0"


def _inside(scale: Scale, at: float) -> bool:
    low, high = sorted((scale.low, scale.high))
    slack = (high - low) * 1e-9
    return low - slack <= at <= high + slack


def _given(scale: Scale, options: dict[str, Any]) -> list[Tick]:
    place = liner(scale.kind, scale.categories)
    values = list(options["tickvals"])
    texts = options.get("ticktext") or [v if isinstance(v, str) else number_text(float(v)) for v in values]
    placed = [(place(v), str(t)) for v, t in zip(values, texts, strict=False)]
    return [(at, text) for at, text in placed if at is not None and _inside(scale, at)]


def _nice(rough: float, steps: tuple[float, ...] = (2, 5, 10)) -> float:
    base = 10.0 ** math.floor(math.log10(rough))
    return next((base * s for s in steps if rough <= base * s * (1 + 1e-9)), base * 10)


def _linear_ticks(scale: Scale, step: float, first: float, options: dict[str, Any]) -> list[Tick]:
    low, high = sorted((scale.low, scale.high))
    start = math.ceil((low - first) / step - 1e-9)
    stop = math.floor((high - first) / step + 1e-9)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    decimals += 0 if abs(step * 10**decimals - round(step * 10**decimals)) < 1e-9 else 1
    suffix, prefix = options.get("ticksuffix", ""), options.get("tickprefix", "")
    at = [first + k * step for k in range(start, min(stop, start + 200) + 1)]
    form = _PYTHON_FORM.fullmatch(str(options.get("tickformat", "")))
    if form:
        return [(v, f"{prefix}{format(v, form.group()).replace('-', _MINUS)}{suffix}") for v in at]
    return [(v, f"{prefix}{number_text(v, decimals)}{suffix}") for v in at]


def _log_ticks(scale: Scale, step: Any, rough: float) -> list[Tick]:
    low, high = sorted((scale.low, scale.high))
    if step is None and rough <= 0.7 and high - low < 1:
        span = 10**high - 10**low
        width = _nice(span * rough / (1.5 * (high - low)))
        first = math.ceil(10**low / width)
        values = [k * width for k in range(max(first, 1), max(first, 1) + 50) if k * width <= 10**high * (1 + 1e-9)]
        return [(math.log10(v), number_text(v)) for v in values]
    step = step or (math.ceil(rough) if rough > 0.7 else "D2" if rough > 0.3 else "D1")
    digits = {"D1": (1, 2, 3, 4, 5, 6, 7, 8, 9), "D2": (1, 2, 5)}.get(str(step), (1,))
    every = 1 if isinstance(step, str) else max(1, round(float(step)))
    decades = range(math.floor(low), math.ceil(high) + 1)
    values = [d * 10.0**e for e in decades if e % every == 0 for d in digits]
    return [(math.log10(v), number_text(v)) for v in values if _inside(scale, math.log10(v))]


def _date_ticks(scale: Scale, step: Any, rough: float, form: str) -> list[Tick]:
    low, high = sorted((scale.low, scale.high))
    months = int(str(step)[1:]) if str(step).startswith("M") else 0
    width = 0.0 if months or step is None else float(step)
    if step is None:
        months, width = _date_step(rough)
    at = _by_month(low, high, months) if months else _by_width(low, high, width)
    return _date_labels(at, months, width, form)


def _date_step(rough: float) -> tuple[int, float]:
    """Whole months, or else a width in milliseconds."""
    if rough > _YEAR / 2:
        return 12 * max(1, round(_nice(rough / _YEAR))) if rough > _YEAR else 12, 0.0
    if rough > _MONTH / 2:
        return next((m for m in (1, 2, 3, 6) if rough / _MONTH <= m), 12), 0.0
    if rough > ADAY / 2:
        return 0, next((d for d in (1, 2, 7, 14) if rough / ADAY <= d), 14) * ADAY
    if rough > _HOUR / 2:
        return 0, next((h for h in (1, 2, 3, 6, 12) if rough / _HOUR <= h), 24) * _HOUR
    return 0, next((m for m in (1, 2, 5, 10, 15, 30) if rough / _MINUTE <= m), 60) * _MINUTE


def _by_month(low: float, high: float, months: int) -> list[float]:
    first = ms_date(low)
    count = (first.year * 12 + first.month - 1) // months * months
    out: list[float] = []
    while len(out) < 300:
        at = date_ms(f"{count // 12:04d}-{count % 12 + 1:02d}-01")
        if at > high:
            break
        if at >= low:
            out.append(at)
        count += months
    return out


def _by_width(low: float, high: float, width: float) -> list[float]:
    # weeks start on the Sunday from which plotly.js counts
    first = date_ms("2000-01-02") if width % (7 * ADAY) == 0 else date_ms("2000-01-01")
    start = math.ceil((low - first) / width - 1e-9)
    out = [first + k * width for k in range(start, start + 300)]
    return [at for at in out if at <= high + 1e-6]


def _date_labels(at: list[float], months: int, width: float, form: str) -> list[Tick]:
    out: list[Tick] = []
    last = ""
    for ms in at:
        when = ms_date(ms)
        if form:
            out.append((ms, "<br>".join(when.strftime(part) for part in form.split("\n"))))
            continue
        main, under = _date_words(when, months, width)
        out.append((ms, f"{main}<br>{under}" if under and under != last else main))
        last = under
    return out


def _date_words(when: datetime, months: int, width: float) -> tuple[str, str]:
    if months:
        return (str(when.year), "") if months % 12 == 0 else (when.strftime("%b %Y"), "")
    if width >= ADAY:
        return f"{when.strftime('%b')} {when.day}", str(when.year)
    near = when + timedelta(milliseconds=1)
    return near.strftime("%H:%M"), f"{near.strftime('%b')} {near.day}, {near.year}"
