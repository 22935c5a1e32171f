"""Marker symbols as paths, in the sizes that plotly.js gives them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache

from dashboard.svg.scale import CannotDraw

Stamp = tuple[float, float, str]
"""Where the path starts, relative to the marker's centre, and the path after that, in relative commands."""


def _n(*numbers: float) -> str:
    return ",".join(f"{v:.2f}".rstrip("0").rstrip(".") for v in numbers)


def _polygon(corners: list[tuple[float, float]]) -> Stamp:
    steps = [_n(x - px, y - py) for (x, y), (px, py) in zip(corners[1:], corners, strict=False)]
    return corners[0][0], corners[0][1], "".join(f"l{s}" for s in steps) + "z"


def _turned(corners: int, r: float, start: float, inner: float = 0.0) -> Stamp:
    radii = [r, inner] if inner else [r]
    count = corners * len(radii)
    at = [(radii[k % len(radii)], start + 2 * math.pi * k / count) for k in range(count)]
    return _polygon([(radius * math.cos(a), radius * math.sin(a)) for radius, a in at])


def _circle(r: float) -> Stamp:
    return -r, 0.0, f"a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0-{2 * r:g} 0z"


def _square(r: float) -> Stamp:
    return _polygon([(-r, -r), (r, -r), (r, r), (-r, r)])


def _diamond(r: float) -> Stamp:
    return _turned(4, 1.3 * r, -math.pi / 2)


def _triangle(r: float, quarter: int) -> Stamp:
    wide, half = 2 * r / math.sqrt(3), r / 2
    up = [(-wide, half), (wide, half), (0.0, -r)]
    turned = {
        0: [(x, y) for x, y in up],
        1: [(-y, x) for x, y in up],
        2: [(x, -y) for x, y in up],
        3: [(y, x) for x, y in up],
    }
    return _polygon(turned[quarter])


def _cross(r: float) -> Stamp:
    a, b = 0.4 * r, 1.2 * r
    return _polygon(
        [(b, a), (a, a), (a, b), (-a, b), (-a, a), (-b, a), (-b, -a), (-a, -a), (-a, -b), (a, -b), (a, -a), (b, -a)]
    )


def _x(r: float) -> Stamp:
    d = 0.8 * r / math.sqrt(2)
    steps = [(1, 1), (1, -1), (-1, -1), (1, -1), (-1, -1), (-1, 1), (-1, -1), (-1, 1), (1, 1), (-1, 1), (1, 1)]
    return 0.0, d, "".join(f"l{_n(d * x, d * y)}" for x, y in steps) + "z"


def _stroke(*lines: tuple[float, float, float, float]) -> Stamp:
    x, y = lines[0][0], lines[0][1]
    body, at = "", (x, y)
    for x0, y0, x1, y1 in lines:
        body += ("" if at == (x0, y0) else f"m{_n(x0 - at[0], y0 - at[1])}") + f"l{_n(x1 - x0, y1 - y0)}"
        at = (x1, y1)
    return x, y, body


_MAKERS: Mapping[str, Callable[[float], Stamp]] = {
    "circle": _circle,
    "square": _square,
    "diamond": _diamond,
    "cross": _cross,
    "x": _x,
    "triangle-up": lambda r: _triangle(r, 0),
    "triangle-right": lambda r: _triangle(r, 1),
    "triangle-down": lambda r: _triangle(r, 2),
    "triangle-left": lambda r: _triangle(r, 3),
    "pentagon": lambda r: _turned(5, r, -math.pi / 2),
    "hexagon": lambda r: _turned(6, r, -math.pi / 2),
    "star": lambda r: _turned(5, 1.4 * r, -math.pi / 2, 0.53 * r),
    "hourglass": lambda r: _polygon([(r, r), (-r, r), (r, -r), (-r, -r)]),
    "line-ns": lambda r: _stroke((0, 1.4 * r, 0, -1.4 * r)),
    "line-ew": lambda r: _stroke((1.4 * r, 0, -1.4 * r, 0)),
    "cross-thin": lambda r: _stroke((0, 1.4 * r, 0, -1.4 * r), (1.4 * r, 0, -1.4 * r, 0)),
    "x-thin": lambda r: _stroke((r, r, -r, -r), (r, -r, -r, r)),
    "y-down": lambda r: _stroke((1.2 * r, -0.8 * r, 0, 0), (-1.2 * r, -0.8 * r, 0, 0), (0, 1.6 * r, 0, 0)),
    "arrow": lambda r: _polygon([(0, 0), (-r, 2 * r), (r, 2 * r)]),
    "arrow-up": lambda r: _polygon([(0, 0), (-r, 2 * r), (r, 2 * r)]),
    "arrow-down": lambda r: _polygon([(0, 0), (r, -2 * r), (-r, -2 * r)]),
    "arrow-left": lambda r: _polygon([(0, 0), (2 * r, -r), (2 * r, r)]),
    "arrow-right": lambda r: _polygon([(0, 0), (-2 * r, -r), (-2 * r, r)]),
}
_STROKED = frozenset({"line-ns", "line-ew", "cross-thin", "x-thin", "y-down"})


@lru_cache(maxsize=512)
def stamp(symbol: str, size: float) -> tuple[Stamp, bool, bool]:
    """The path of a symbol of this size, whether it is open (no fill), and whether it is only strokes.

    Raises:
        CannotDraw: the symbol is not known here.
    """
    name = symbol.removesuffix("-dot")
    is_open = name.endswith("-open")
    name = name.removesuffix("-open")
    if name not in _MAKERS:
        raise CannotDraw(f"marker symbol {symbol!r}")
    return _MAKERS[name](size / 2), is_open, name in _STROKED
