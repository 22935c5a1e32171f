"""One axis: from values to numbers on a line, and from there to pixels. Agrees with plotly.js where both are asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

ADAY = 86_400_000.0
"""Milliseconds of a day: dates lie on a line of milliseconds since 1970-01-01, as in plotly.js."""

_EPOCH = datetime(1970, 1, 1)
_PAD = 0.05
"""Share of the axis that plotly.js leaves free beyond the outermost marker."""


class CannotDraw(ValueError):
    """The figure holds something that the drawer does not know; said rather than drawn wrong."""


@lru_cache(maxsize=65536)
def date_ms(text: str) -> float:
    """Milliseconds since 1970-01-01 of an ISO date or time without zone; with a zone its wall time is kept."""
    when = datetime.fromisoformat(text)
    return (when.replace(tzinfo=None) - _EPOCH).total_seconds() * 1000.0


def ms_date(ms: float) -> datetime:
    """The inverse of :func:`date_ms`."""
    return datetime.fromtimestamp(ms / 1000.0, tz=UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Scale:
    """A ready axis. ``low`` and ``high`` are the ends of the range on its line, ``start`` and ``end`` their pixels."""

    kind: str
    low: float
    high: float
    start: float
    end: float
    categories: tuple[str, ...] = ()

    @property
    def per(self) -> float:
        """Pixels per unit of the line."""
        return (self.end - self.start) / (self.high - self.low)

    @property
    def length(self) -> float:
        """Pixels from end to end."""
        return abs(self.end - self.start)

    def pixel(self, on_line: float) -> float:
        """Pixel of a number on the line."""
        return self.start + (on_line - self.low) * self.per

    def pixels(self, values: Iterable[Any]) -> list[float | None]:
        """Pixels of data values; None where a value is missing or has no place on this axis."""
        place, start, low, per = liner(self.kind, self.categories), self.start, self.low, self.per
        out: list[float | None] = []
        for value in values:
            at = place(value)
            out.append(None if at is None else start + (at - low) * per)
        return out

    def shape_pixel(self, value: Any) -> float | None:
        """Pixel of a shape's end: a data value, also on a logarithmic axis."""
        return self.pixels([value])[0]

    def note_pixel(self, value: Any) -> float | None:
        """Pixel of an annotation: on a logarithmic axis it is given as the logarithm (plotly's rule)."""
        return self.pixel(float(value)) if self.kind == "log" else self.shape_pixel(value)


def liner(kind: str, categories: tuple[str, ...] = ()) -> Callable[[Any], float | None]:
    """The function from a data value to its number on the line of an axis of this kind."""
    if kind == "date":
        return _date_place
    if kind == "log":
        return _log_place
    if kind == "category":
        index = {name: float(i) for i, name in enumerate(categories)}
        return lambda value: index.get(str(value), value if isinstance(value, (int, float)) else None)
    return _linear_place


def _linear_place(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _log_place(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    return math.log10(number) if 0 < number < math.inf else None


def _date_place(value: Any) -> float | None:
    if value is None or value == "":
        return None
    return date_ms(value) if isinstance(value, str) else float(value)


def kind_of(options: dict[str, Any], samples: Sequence[Any]) -> str:
    """The kind of an axis: what it says, else what its data look like."""
    said = options.get("type", "-")
    if said != "-":
        if said not in ("linear", "log", "date", "category"):
            raise CannotDraw(f"axis type {said!r}")
        return str(said)
    first = next((v for v in samples if v is not None and v != ""), None)
    if not isinstance(first, str):
        return "linear"
    try:
        date_ms(first)
    except ValueError:
        return "category"
    return "date"


@dataclass(frozen=True)
class Extent:
    """What one trace asks of an axis: numbers on the line, a pad in pixels, whether 5 % more, whether zero."""

    low: float
    high: float
    pad: float = 0.0
    extra: bool = True
    zero: bool = False


def auto_range(extents: Sequence[Extent], kind: str, length: float, rangemode: str = "normal") -> tuple[float, float]:
    """The range that plotly.js would choose for an axis of this many pixels."""
    if not extents:
        return {"date": (date_ms("2000-01-01"), date_ms("2001-01-01"))}.get(kind, (-1.0, 6.0))
    to_zero = kind == "linear" and (rangemode == "tozero" or any(e.zero for e in extents))
    low, high = min(e.low for e in extents), max(e.high for e in extents)
    if to_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        return (low - ADAY, high + ADAY) if kind == "date" else (low - 1.0, high + 1.0)
    lows = [(e.low, _pad(e, length)) for e in extents]
    highs = [(e.high, _pad(e, length)) for e in extents]
    if to_zero:
        lows = [(low, 0.0)] if low == 0 else lows
        highs = [(high, 0.0)] if high == 0 else highs
    return _widest(lows, highs, length)


def _pad(extent: Extent, length: float) -> float:
    return extent.pad + (_PAD * length if extent.extra else 0.0)


def _widest(
    lows: Sequence[tuple[float, float]], highs: Sequence[tuple[float, float]], length: float
) -> tuple[float, float]:
    best = (0.0, 0.0, 0.0, 0.0, 0.0)
    for low, pad_low in lows:
        for high, pad_high in highs:
            room = length - pad_low - pad_high
            if room > length / 10 and high > low and (high - low) / room > best[0]:
                best = ((high - low) / room, low, pad_low, high, pad_high)
    slope, low, pad_low, high, pad_high = best
    if slope == 0:
        return min(v for v, _ in lows), max(v for v, _ in highs)
    return low - slope * pad_low, high + slope * pad_high
