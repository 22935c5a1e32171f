"""Where a course turns, where it stands level, and in which order its last results are: what a reading of the last
results is made of. All take courses of one length, logarithms of shape (r, n), and give one number a row."""

from __future__ import annotations

from typing import Final

import numpy as np

from analytics.arrays import Bools, Floats, Ints

_TAIL_MOST: Final = 12
"""Results at most whose order is asked for."""
ORDER_LEAST: Final = 0.5
"""Share of pairs in the direction, less those against it, from which results still go that way (house)."""
FEW: Final = 3
"""Results that a level needs at least."""
_GOES_ON: Final = 0.25
"""Share of the limit by which the last result is on from the median of those that it cannot be told from, where a
movement goes on at a slower pace (house)."""
_SLOWER: Final = 0.1
"""Share of its former pace below which a movement no longer goes on at a slower one (house)."""
_LEVEL: Final = 5
"""Results from which a movement can begin as from a level, and of which at most that level is the median (house)."""


def last_where(hit: Bools) -> Ints:
    """Position of the last hit of each row, -1 where none is."""
    from_end = hit[:, ::-1].argmax(axis=1)
    at = hit.shape[1] - 1 - from_end
    return np.where(hit[np.arange(len(hit)), at], at, -1)


def extreme_before(y: Floats, turn: Ints, sign: Floats, beyond: Floats) -> Ints:
    """Position of the extreme from which each row moves: the farthest value at or before the turn, up to a
    counter-movement beyond the limit; zero where nothing moves."""
    n = y.shape[1]
    against = np.where(np.arange(n) <= turn[:, None], -sign[:, None] * y, -np.inf)[:, ::-1]
    highest = np.maximum.accumulate(against, axis=1)
    stop = (against < highest - beyond[:, None]) & np.isfinite(against)
    before_stop = np.cumsum(stop, axis=1) == 0
    best = np.where(before_stop, against, -np.inf).argmax(axis=1)
    return np.where(turn >= 0, n - 1 - best, 0)


def is_back(y: Floats, extreme: Ints, turn: Ints, sign: Floats, beyond: Floats) -> Bools:
    """Whether the extreme is a single result far from the one before it, the last one is back at that one, and those
    between lie nearer to it than to the extreme: a value on its way down is no return yet."""
    rows = np.arange(len(y))
    before = y[rows, np.maximum(extreme - 1, 0)]
    alone = (extreme == turn) & (extreme > 0) & (sign * (before - y[rows, extreme]) > beyond)
    middle = (before + y[rows, extreme]) / 2
    nearer = sign[:, None] * (y - middle[:, None]) > 0
    since = np.arange(y.shape[1]) > extreme[:, None]
    return np.asarray(alone & (np.abs(y[:, -1] - before) < beyond) & (nearer | ~since).all(axis=1))


def stands_from(y: Floats, day: Floats, start: Ints, limit: Floats) -> Ints:
    """Position of the first of the last results at which a movement has come to a stand, -1 where it has not.

    These are FEW or more that cannot be told from the last one, and at the pace of the movement up to them the last one
    would be farther on by more than the limit: a slow movement has no results that long within the limit. One that goes
    on at a slower pace has not: its results are in order, the last is on by a quarter of the limit from the median, and
    the pace is a tenth of what it was or more.

    Args:
        y: logarithms, shape (r, n).
        day: days, rising in each row, shape (r, n).
        start: position from which each row moves, shape (r,).
        limit: change of two results that is beyond chance, shape (r,).
    """
    rows, n = np.arange(len(y)), y.shape[1]
    if n <= FEW:
        return np.full(len(y), -1)
    begin = last_where(np.abs(y - y[:, -1:]) > limit[:, None]) + 1
    asked = (begin <= n - FEW) & (start < begin)
    begin = np.where(asked, begin, n - 1)
    start = np.where(asked, start, n - 2)
    way, took = y[rows, begin] - y[rows, start], day[rows, begin] - day[rows, start]
    further = way / took * (day[:, -1] - day[rows, begin])
    short = np.sign(way) * (y[rows, begin] + further - y[:, -1])
    goes_on = np.sign(way) * (y[:, -1] - median_from(y, begin)) >= _GOES_ON * limit
    goes_on &= (order(y, n - begin) * np.sign(way) >= ORDER_LEAST) & (np.sign(way) * (y[:, -1] - y[:, -2]) > 0)
    goes_on &= np.sign(way) * (y[:, -1] - y[rows, begin]) >= _SLOWER * np.abs(further)
    return np.where(asked & (short > limit) & ~goes_on, begin, -1)


def left_at(y: Floats, twice: Ints) -> Ints:
    """Position of the last result before those that have left the lowest (highest) three in a row before for good, by
    half of the way, where the last two results are beyond all before; -1 elsewhere."""
    out = np.full(len(y), -1)
    asked = np.flatnonzero(twice)
    if len(asked):
        own = y[asked] * twice[asked][:, None]
        lowest = ((own[:, 2:-2] + own[:, 1:-3] + own[:, :-4]) / 3).min(axis=1)
        middle = (lowest + own[:, -2:].min(axis=1)) / 2
        out[asked] = side_since(own, middle, np.ones(len(asked))) - 1
    return out


def order(y: Floats, tail: Ints) -> Floats:
    """Kendall's tau of the last ``tail`` values of each row (at most _TAIL_MOST); zero below two."""
    most = min(_TAIL_MOST, y.shape[1])
    return _tau(y[:, -most:], np.arange(most) >= most - np.minimum(tail, most)[:, None])


def is_level(y: Floats, extreme: Ints, turn: Ints, sign: Floats) -> Bools:
    """Whether the last results from the extreme up to the turn, _LEVEL or more, show no order in the direction."""
    out = np.zeros(len(y), bool)
    asked = np.flatnonzero(turn - extreme + 1 >= _LEVEL)
    part, inside = _upto(y[asked], turn[asked])
    inside &= np.arange(part.shape[1]) > part.shape[1] - 1 - (turn - extreme + 1)[asked][:, None]
    out[asked] = _tau(part, inside) * sign[asked] < ORDER_LEAST
    return out


def _upto(y: Floats, end: Ints) -> tuple[Floats, Bools]:
    """The last values of each row up to a position, at most _TAIL_MOST, last one last; and which of them exist."""
    at = end[:, None] - np.arange(min(_TAIL_MOST, y.shape[1]))[::-1]
    return np.take_along_axis(y, np.maximum(at, 0), axis=1), at >= 0


def median_to(y: Floats, end: Ints) -> Floats:
    """Median of the last _LEVEL values of each row up to a position."""
    part, inside = _upto(y, end)
    return _median(part[:, -_LEVEL:], inside[:, -_LEVEL:])


def _tau(part: Floats, inside: Bools) -> Floats:
    """Kendall's tau of the values of each row that are inside; zero below two."""
    total, pairs = np.zeros(len(part)), np.zeros(len(part))
    for lag in range(1, part.shape[1]):
        both = inside[:, :-lag] & inside[:, lag:]
        total += (np.sign(part[:, lag:] - part[:, :-lag]) * both).sum(axis=1)
        pairs += both.sum(axis=1)
    return total / np.maximum(pairs, 1)


def one_way(y: Floats, limit: Floats, least: float) -> Bools:
    """Whether the last three results go one way in two steps that each are that part of the limit, and together
    beyond."""
    if y.shape[1] < FEW:
        return np.zeros(len(y), bool)
    steps = np.diff(y[:, -FEW:], axis=1)
    steps *= np.sign(steps.sum(axis=1, keepdims=True))
    return np.asarray((steps > least * limit[:, None]).all(axis=1) & (steps.sum(axis=1) > limit))


def median_from(y: Floats, begin: Ints) -> Floats:
    """Median of each row from a position on, at most the last _TAIL_MOST values."""
    n = y.shape[1]
    most = min(_TAIL_MOST, n)
    return _median(y[:, -most:], np.arange(n - most, n) >= begin[:, None])


def _median(part: Floats, inside: Bools) -> Floats:
    """Median of the values of each row that are inside, one or more."""
    ordered = np.sort(np.where(inside, part, np.inf), axis=1)
    count, rows = inside.sum(axis=1), np.arange(len(part))
    return np.asarray((ordered[rows, (count - 1) // 2] + ordered[rows, count // 2]) / 2)


def side_since(y: Floats, middle: Floats, side: Floats) -> Ints:
    """Position of the first of the last results of each row that are all on one side of a value; of the last one where
    it is not."""
    other = side[:, None] * (y - middle[:, None]) <= 0
    return np.asarray(np.minimum(last_where(other) + 1, y.shape[1] - 1))


def at_level(y: Floats, first: Ints, published: Floats, two: Floats) -> tuple[Bools, Ints]:
    """Whether the last result is within the published limit of the one before, of its level and of the level before
    it, and from which position on: its level are the last results within the wider limit of it, FEW or more.

    Args:
        y: logarithms, shape (r, n) with two results or more.
        first: position from which results count, shape (r,).
        published: limit of the change between two results, shape (r,).
        two: the wider one of people under treatment, shape (r,).
    """
    n, last = y.shape[1], y[:, -1]
    begin = np.maximum(last_where(np.abs(y - last[:, None]) > two[:, None]) + 1, first)
    near = (np.abs(last - y[:, -2]) <= published) & (n - begin >= FEW)
    near &= np.abs(last - median_from(y, begin)) <= published
    some = np.flatnonzero(near & (begin > first))
    near[some] = np.abs(last[some] - median_to(y[some], begin[some] - 1)) <= published[some]
    return np.asarray(near), np.asarray(begin)
