"""Rises and possible flares of every tumour marker, each result assessed by what was known on its day.

A rise begins where two results in a row are well above the lowest single earlier result of the run, above the limit
and above that lowest result by a part of the limit (confirmed), or where one is far above both (one result); never on
a result below the one before. The lowest of many results that stand still is low by chance: where three or more cannot
be told from it, what has risen is also beyond their mean by the patient's own scatter
(:mod:`analytics.trends.standing`). A rise ends where a result is within its limit or not above the lowest one, or with
the first of two in a row that are back near the lowest one or have halved from the highest; results that may not begin
a rise (jaundice, the first weeks of a line) do end it.

A rise that begins in the first weeks of a line may be a flare where the results before the line are known and did not
rise. It is then no rise, unless the first result after these weeks is still up: the rise is told from its first result.

Chosen and checked by halves of 746 people with CEA and imaging (clinical corrections, section 10).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.compare import compare, exceeds, reaches
from analytics.settings import Settings, TumourSettings
from analytics.trends.ragged import windows
from analytics.trends.standing import LEAST, standing
from analytics.trends.variation import log_sigma


@dataclass(frozen=True)
class Results:
    """Marker results in runs of one patient, marker and laboratory, in order of time; shape (n,).

    Attributes:
        run: number of the run, rising.
        value, x_uln, day: result, multiple of its own limit (NaN where unknown), exact time.
        muted: not to be read (CA 19-9 in jaundice).
        anew: the lowest result is counted anew from here (after a resection, an ablation, jaundice).
        since: start of the line of therapy, NaN before the first.
        sign: -1 given as "<", 1 as ">", 0 a number. Limits say nothing of how far results scatter, and one given as ">"
            is no lowest result.
    """

    run: Ints
    value: Floats
    x_uln: Floats
    day: Floats
    muted: Bools
    anew: Bools
    since: Floats
    sign: Ints


@dataclass(frozen=True)
class Rises:
    """What holds at each result, shape (n,).

    Attributes:
        on: a rise has begun and not ended.
        is_confirmed: two results in a row told it.
        meets: this very result is up, whether or not a rise may begin on it.
        reach: the result (the smaller of it and the one before, where that is not enough alone) over its lowest
            earlier result, NaN where there is none.
        low, low_at: lowest earlier result, and its position; for a rise that of its beginning; NaN, -1 where none.
        flare: begun in the first weeks of a line after results that did not rise, and not ended.
        before: last result before that line; NaN where no flare.
        later: what became of the flare: 0 not known yet, 1 came down, 2 still up after the weeks.
    """

    on: Bools
    is_confirmed: Bools
    meets: Bools
    reach: Floats
    low: Floats
    low_at: Ints
    flare: Bools
    before: Floats
    later: Ints


OPEN, CAME_DOWN, STILL_UP = range(3)


def rises_of(results: Results, settings: Settings) -> Rises:
    """State of every result, run by run."""
    n = len(results.value)
    out = Rises(
        on=np.zeros(n, bool),
        is_confirmed=np.zeros(n, bool),
        meets=np.zeros(n, bool),
        reach=np.full(n, np.nan),
        low=np.full(n, np.nan),
        low_at=np.full(n, -1),
        flare=np.zeros(n, bool),
        before=np.full(n, np.nan),
        later=np.zeros(n, np.int64),
    )
    if not n:
        return out
    begin = np.flatnonzero(np.append(True, np.diff(results.run) != 0))
    alone = _Alone.of(results, settings.tumour)
    for _, at in windows(begin, np.diff(np.append(begin, n)), cells_a_row=32):
        with np.errstate(divide="ignore", invalid="ignore"):
            _walk(alone, at, settings, out)
    _outcomes(results, settings.tumour, out)
    return out


@dataclass(frozen=True)
class _Alone:
    """What can be said of each result alone, shape (n,), or of one result of each of some runs, (r,).

    Attributes:
        value, x_uln, day, muted, anew, since: as in :class:`Results`, the days whole.
        is_above, is_far_above, is_within: above the limit, above that for one result alone, within the limit.
        is_early: in the first weeks of a line.
    """

    value: Floats
    x_uln: Floats
    day: Floats
    muted: Bools
    anew: Bools
    since: Floats
    sign: Ints
    is_above: Bools
    is_far_above: Bools
    is_within: Bools
    is_early: Bools

    @classmethod
    def of(cls, x: Results, s: TumourSettings) -> _Alone:
        day, since = np.floor(x.day), x.since
        return cls(
            x.value,
            x.x_uln,
            day,
            x.muted,
            x.anew,
            since,
            x.sign,
            exceeds(x.x_uln, 1.0),
            exceeds(x.x_uln, s.rise_once_uln),
            compare(x.x_uln, "<=", 1.0),
            compare(day - np.floor(since), "<=", s.flare_days),
        )

    def at(self, own: Ints) -> _Alone:
        """Those at some positions."""
        return _Alone(*(getattr(self, name)[own] for name in _NAMES))


_NAMES = tuple(f.name for f in fields(_Alone))


class _State:
    """Where some runs of one length stand, shape (r,)."""

    def __init__(self, rows: int):
        self.low, self.low_at = np.full(rows, np.inf), np.full(rows, -1)
        self.last, self.raw, self.earlier = (np.full(rows, np.nan) for _ in range(3))
        self.last_day = np.full(rows, np.nan)
        self.lifted, self.on, self.confirmed, self.pending, self.eligible = (np.zeros(rows, bool) for _ in range(5))
        self.from_low, self.peak, self.before = (np.full(rows, np.nan) for _ in range(3))
        self.first = np.zeros(rows, np.int64)
        self.from_low_at, self.pending_at = np.full(rows, -1), np.zeros(rows, np.int64)


def _walk(x: _Alone, at: Ints, settings: Settings, out: Rises) -> None:
    """Walk along runs of one length, one result of all runs at a time."""
    s = settings.tumour
    state = _State(len(at))
    for k in range(at.shape[1]):
        own = at[:, k]
        now = x.at(own)
        if now.anew.any():
            _begin_anew(state, now.anew)
            state.first = np.where(now.anew, k, state.first)
        _new_line(state, now, x.since[at[:, k - 1]] if k else np.full(len(at), np.nan), s)
        lift, far, reach = _assessed(state, now, s)
        twice, far = _beyond_level(x, at[:, : k + 1], state.first, lift & state.lifted, far, settings)
        meets = twice | far
        may = meets & reaches(now.value, state.last) & ~now.muted
        early = state.eligible & now.is_early
        started = _flares(state, at, k, may, early, meets, out)
        begins = (may & ~state.on & ~early & ~state.pending) | started
        state.from_low = np.where(begins, state.low, state.from_low)
        state.from_low_at = np.where(begins, state.low_at, state.from_low_at)
        state.peak = np.where(begins, now.value, np.fmax(state.peak, now.value))
        over, since_before = _is_over(state, now, s)
        if k:
            _end_before(out, at[:, k - 1], since_before & state.on & ~begins)
        state.pending &= ~over
        through = now.anew & state.on  # a rise that was on is over by its own beginning, or goes on from here
        state.on = (state.on & ~over) | begins
        state.confirmed = state.on & (state.confirmed | twice)
        out.on[own], out.is_confirmed[own], out.meets[own] = state.on, state.confirmed, meets & ~now.muted
        out.flare[own] |= state.pending
        out.before[own] = np.where(state.pending, state.before, np.nan)
        held = state.on | state.pending | through
        out.low[own] = np.where(held, state.from_low, np.where(np.isfinite(state.low), state.low, np.nan))
        out.low_at[own] = np.where(held, state.from_low_at, state.low_at)
        out.reach[own] = reach
        through &= state.on & ~now.muted
        state.from_low = np.where(through, now.value, state.from_low)
        state.from_low_at = np.where(through, own, state.from_low_at)
        _remember(state, now, own, lift)


def _begin_anew(state: _State, anew: Bools) -> None:
    state.low, state.low_at = np.where(anew, np.inf, state.low), np.where(anew, -1, state.low_at)
    state.last, state.earlier = np.where(anew, np.nan, state.last), np.where(anew, np.nan, state.earlier)
    for name in ("pending", "lifted"):
        setattr(state, name, getattr(state, name) & ~anew)


def _new_line(state: _State, now: _Alone, since_before: Floats, s: TumourSettings) -> None:
    """Whether a rise in the first weeks of a line that begins here may be a flare: the results before it are known,
    close enough, and did not rise."""
    begins = ~np.isnan(now.since) & (now.since != since_before)
    if not begins.any():
        return
    close = np.floor(now.since) - state.last_day <= s.flare_known_days
    rose = state.on | state.lifted | (state.last > s.back * state.earlier)
    known = ~np.isnan(state.earlier) & close & ~rose
    state.eligible = np.where(begins, known, state.eligible)
    state.before = np.where(begins, state.last, state.before)
    state.pending &= ~begins


def _assessed(state: _State, now: _Alone, s: TumourSettings) -> tuple[Bools, Bools, Floats]:
    """Whether the result is up as one of two, whether it is far up alone, and its multiple of the lowest."""
    has = np.isfinite(state.low) & ~now.muted
    ratio = np.where(has, now.value / state.low, np.nan)
    above = now.x_uln - state.low / (now.value / now.x_uln)
    lift = has & now.is_above & reaches(ratio, s.rise_twice) & reaches(above, s.rise_least_uln)
    far = has & now.is_far_above & reaches(ratio, s.rise_once)
    return lift, far, ratio


def _beyond_level(
    x: _Alone, at: Ints, first: Ints, twice: Bools, far: Bools, settings: Settings
) -> tuple[Bools, Bools]:
    """Which of the rises by two results and by one, the last of each row, are also beyond the level at which the
    results before them stand, from a first one on."""
    if not (twice.any() or far.any()):
        return twice, far
    s, prior = settings.tumour, settings.trend.noise_prior
    published, out = log_sigma(s.rise_variation, 0.0), []
    for rises, own, times in ((twice, 2, s.rise_beyond), (far, 1, np.sqrt(2.0) * s.rise_beyond)):
        beyond = rises.copy()
        rows = np.flatnonzero(rises)
        if len(rows) and at.shape[1] >= LEAST + own:
            past, last = at[rows, :-own], at[rows, -own:]
            counts = (np.arange(past.shape[1]) >= first[rows][:, None]) & ~x.muted[past]
            y, known = np.log(x.value[last]), np.where(counts, np.log(x.value[past]), np.nan)
            level = standing(known, np.where(x.sign[past] != 0, np.nan, known), y[:, 0], published, prior)
            beyond[rows] = y.min(axis=1) > level.limit(times)
        out.append(beyond)
    return out[0], out[1]


def _flares(state: _State, at: Ints, k: int, may: Bools, early: Bools, meets: Bools, out: Rises) -> Bools:
    """Begin possible flares, and make a rise of those still up at the first result after the first weeks."""
    if not (state.pending.any() or (may & early).any()):
        return np.zeros(len(at), bool)
    starts = may & early & ~state.on & ~state.pending
    state.pending_at = np.where(starts, k, state.pending_at)
    state.from_low = np.where(starts, state.low, state.from_low)
    state.from_low_at = np.where(starts, state.low_at, state.from_low_at)
    late = state.pending & ~early
    promoted = late & meets
    state.pending = (state.pending | starts) & ~late
    for row in np.flatnonzero(promoted):  # a handful in thousands of patients
        own = at[row, state.pending_at[row] : k]
        out.on[own], out.later[own] = True, STILL_UP
        out.low[own], out.low_at[own] = state.from_low[row], state.from_low_at[row]
    # the rise keeps the lowest result of its own beginning
    state.low = np.where(promoted, state.from_low, state.low)
    state.low_at = np.where(promoted, state.from_low_at, state.low_at)
    return promoted


def _is_over(state: _State, now: _Alone, s: TumourSettings) -> tuple[Bools, Bools]:
    """Within the limit, not above the lowest, two in a row near the lowest, or two in a row half of the highest; and
    whether it was over with the first of two."""
    within = now.is_within | (now.value <= state.from_low)
    near = (now.value < s.back * state.from_low) & (state.raw < s.back * state.from_low)
    half = (now.value <= s.fall * state.peak) & (state.raw <= s.fall * state.peak)
    return np.asarray(within | near | half), np.asarray(near | half)


def _end_before(out: Rises, before: Ints, which: Bools) -> None:
    """The second of two results that end a rise says that it was over with the first."""
    at = before[which]
    out.on[at], out.is_confirmed[at] = False, False


def _remember(state: _State, now: _Alone, own: Ints, lift: Bools) -> None:
    reads = ~now.muted
    lower = reads & (now.value < state.low) & (now.sign <= 0)
    state.low, state.low_at = np.where(lower, now.value, state.low), np.where(lower, own, state.low_at)
    state.earlier = np.where(reads, state.last, state.earlier)
    state.last = np.where(reads, now.value, state.last)
    state.last_day = np.where(reads, now.day, state.last_day)
    state.raw, state.lifted = now.value, lift & reads


def _outcomes(x: Results, s: TumourSettings, out: Rises) -> None:
    """Flares that came down below their value before the line in time."""
    for at in np.flatnonzero(out.flare & (out.later == OPEN)):
        own = slice(at + 1, int(np.searchsorted(x.run, x.run[at], side="right")))
        soon = np.floor(x.day[own]) - np.floor(x.since[at]) <= s.flare_back_days
        if (soon & compare(x.value[own], "<=", s.flare_back * out.before[at])).any():
            out.later[at] = CAME_DOWN
