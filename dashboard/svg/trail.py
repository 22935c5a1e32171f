"""Path data in tenths of a pixel, each point told by its step from the one before: half the bytes of places."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise


class _Steps(dict[int, str]):
    """Tenths of a pixel as a number of path data, with the blank that parts it from the number before."""

    def __missing__(self, tenths: int) -> str:
        whole, rest = divmod(abs(tenths), 10)
        digits = (str(whole) if whole or not rest else "") + (f".{rest}" if rest else "")
        self[tenths] = text = f"-{digits}" if tenths < 0 else f" {digits}"
        return text


_steps = _Steps()


def trail(points: Sequence[tuple[float, float]]) -> str:
    """Path data through points in pixels.

    Each place is rounded to a tenth before the steps are taken, so that no step adds to the error of another.
    """
    start, steps = _stepped(points)
    return start + "l" + "".join(steps).lstrip() if steps else start


def dots(points: Sequence[tuple[float, float]]) -> str:
    """Path data of strokes without length, one at each point: drawn with round ends they are discs."""
    start, steps = _stepped(points)
    return f"{start}h0" + "".join([f"m{step.lstrip()}h0" for step in steps])


def _stepped(points: Sequence[tuple[float, float]]) -> tuple[str, list[str]]:
    at = [(round(10 * x), round(10 * y)) for x, y in points]
    steps = [_steps[b[0] - a[0]] + _steps[b[1] - a[1]] for a, b in pairwise(at)]
    return f"M{_steps[at[0][0]].lstrip()}{_steps[at[0][1]]}", steps
