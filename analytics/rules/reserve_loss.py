"""Are albumin and platelets falling together while ALBI or APRI rises?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.derive.points import points_of
from analytics.rules._reserve import Scored, Spans, albi_of, apri_of, part, spans_of
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._told import verdicts_of
from analytics.tables import VERDICTS
from analytics.trends.calls_as_of import called_since
from analytics.trends.daily import daily_of
from analytics.trends.verdict import FALLING, RISING

_WHICH = ("", "ALBI", "APRI", "ALBI and APRI")
_LABELS = tuple(VERDICTS.values())
_FAILS = (
    *(f"albumin is called {verdict} (criterion: falling)" for verdict in _LABELS),
    *(f"albumin is called falling, but platelets are called {verdict} (criterion: falling)" for verdict in _LABELS),
    "albumin and platelets are called falling, but neither ALBI nor APRI is called rising",
)


def assess(case: Case) -> Assessment:
    """One moment for each span between breaks, at its last result; where it holds, one more at its onset.

    Verdicts are those of the trends. Platelets are asked only where albumin falls, scores only where both do.
    """
    spans, daily = spans_of(case), daily_of(case)
    least = case.settings.trend.min_days_call
    albi, apri = albi_of(case), apri_of(case)
    days = [np.diff(daily.starts)[spans.alb], np.diff(daily.starts)[spans.plat]]
    days.append(np.maximum(albi.days(spans.alb), apri.days(spans.plat)))
    enough = np.logical_and.reduce([d >= least for d in days])
    alb, alb_pct = _verdicts(case, spans.alb, enough)
    plat, plat_pct = _verdicts(case, spans.plat, enough & (alb == FALLING))
    both = enough & (alb == FALLING) & (plat == FALLING)
    albi_since, apri_since = _rising(case, albi, spans.alb, both), _rising(case, apri, spans.plat, both)
    which = np.isfinite(albi_since) + 2 * np.isfinite(apri_since).astype(np.int64)
    legs = np.where(both, 2 + (which > 0), (alb == FALLING).astype(np.int64))
    codes = np.where(legs == 0, alb, np.where(legs == 1, len(_LABELS) + plat, 2 * len(_LABELS)))
    first, last = daily.starts[:-1], daily.starts[1:] - 1
    end = np.fmax(daily.day[last[spans.alb]], daily.day[last[spans.plat]])
    at, day = _moments(case, spans, both & (which > 0), end, np.fmin(albi_since, apri_since))
    numbers = {
        "alb_first": daily.value[first[spans.alb]],
        "alb_last": daily.value[last[spans.alb]],
        "alb_pct": alb_pct,
        "alb_days": days[0].astype(float),
        "plat_first": daily.value[first[spans.plat]],
        "plat_last": daily.value[last[spans.plat]],
        "plat_pct": plat_pct,
        "plat_days": days[1].astype(float),
        **_ends("albi", albi, spans.alb, both, lambda y: y),
        **_ends("apri", apri, spans.plat, both, np.exp),
    }
    names = ("albumin", "platelets", "ALBI or APRI")
    is_end = day == end[at]
    ends = [_point(case, series, is_last) for series in (spans.alb, spans.plat) for is_last in (True, False)]
    when = points_of(case).day
    lead = np.where(when[ends[0]] >= when[ends[2]], ends[0], ends[2]) if len(end) else ends[0]
    return Assessment(
        patient=spans.patient[at],
        day=day,
        conditions=(
            *(_days(name, d[at], least) for name, d in zip(names, days, strict=True)),
            Condition(
                "legs that are called",
                np.where(enough, legs, 3)[at].astype(float),
                ">=",
                3.0,
                decimals=0,
                fails=(codes[at], _FAILS),
            ),
        ),
        severity=np.where(is_end, 1.0, 0.0),
        numbers={name: value[at] for name, value in numbers.items()},
        days={
            "from_day": np.fmin(daily.day[first[spans.alb]], daily.day[first[spans.plat]])[at],
            "on": end[at],
        },
        words={"which": (which[at], _WHICH)},
        evidence=tuple(np.where(is_end, p[at], -1) for p in (lead, *ends)),
        group=at,
        until=spans.until[at],
        ends=enough[at],
    )


def _days(name: str, days: Ints, least: int) -> Condition:
    """Enough distinct days of one leg."""
    lacks = np.maximum(least - days, 0)
    texts = tuple(
        f"not assessable: needs {n} more day{'s' if n > 1 else ''} of {name} in this period" for n in range(least + 1)
    )
    return Condition(f"days with {name}", days.astype(float), ">=", float(least), "days", 0, fails=(lacks, texts))


def _verdicts(case: Case, series: Ints, asked: Bools) -> tuple[Ints, Floats]:
    """Verdict of each series and its fitted change in percent; -1 and NaN where not asked."""
    verdict, change = np.full(len(series), -1, np.int64), np.full(len(series), np.nan)
    at = np.flatnonzero(asked)
    if len(at):
        verdict[at], change[at] = verdicts_of(case, series[at])
    return verdict, change


def _rising(case: Case, scored: Scored, series: Ints, asked: Bools) -> Floats:
    """Day since which the score of each series has been called rising; NaN where it is not, or not asked."""
    since = np.full(len(series), np.nan)
    at = np.flatnonzero(asked & (scored.days(series) > 0))
    at = at[np.argsort(series[at])]
    if len(at):
        daily, sigma = scored.daily(series[at], daily_of(case))
        since[at] = called_since(daily, case.settings, RISING, sigma)
    return since


def _moments(case: Case, spans: Spans, holds: Bools, end: Floats, score_since: Floats) -> tuple[Ints, Floats]:
    """Positions of spans and days of the moments: the end of each, and the onset of those that hold."""
    hit = np.flatnonzero(holds)
    onset = score_since[hit]
    for series in (spans.alb, spans.plat):
        onset = np.fmax(onset, called_since(part(daily_of(case), series[hit]), case.settings, FALLING))
    begun = hit[onset < end[hit]]
    at = np.concatenate([begun, np.arange(len(end))]).astype(np.int64)
    day = np.concatenate([onset[onset < end[hit]], end])
    order = np.lexsort((day, at))
    return at[order], day[order]


def _ends(
    name: str, scored: Scored, series: Ints, asked: Bools, scale: Callable[[Floats], Floats]
) -> dict[str, Floats]:
    """First and last score of each series; NaN where there is none."""
    known = asked & (scored.days(series) > 0)
    out = {}
    for side, word, shift in (("left", "first", 0), ("right", "last", -1)):
        at = np.searchsorted(scored.series, series, side) + shift  # type: ignore[call-overload]
        values = scale(scored.y[np.where(known, at, 0)]) if len(scored.y) else np.full(len(series), np.nan)
        out[f"{name}_{word}"] = np.where(known, values, np.nan)
    return out


def _point(case: Case, series: Ints, is_last: bool) -> Ints:
    """Position in ``points_of(case)`` of the first or last result of each series."""
    starts = daily_of(case).point_starts
    return starts[1:][series] - 1 if is_last else starts[:-1][series]


RULE = Rule(
    code="reserve_loss",
    title="Declining liver reserve",
    question="Are albumin and platelets falling together while ALBI or APRI rises?",
    level="information",
    analytes=("ALB", "PLAT", "BILI", "AST"),
    needs=("ALB", "PLAT", "BILI|AST"),
    window="one segment: from a procedure or the start of a line to the next; bilirubin (ALBI) or AST (APRI) at most "
    "{reserve.inputs_days} days before the albumin or the platelets",
    criteria="at least {trend.min_days_call} distinct days of albumin, of platelets and of ALBI or APRI, and for "
    "each a called trend (exact test below {trend.alpha:g}, fitted change beyond the reference change of the series): "
    "albumin and platelets falling, ALBI or APRI rising; the variation of a score is that of its inputs (house)",
    version="1",
    reference="house: four measures of reserve taken together; each is judged as every trend of this product is",
    tag="house",
    limitations="why: obstruction raises ALBI, chemotherapy lowers platelets by the marrow, a large spleen holds them "
    "back, inflammation and nutrition lower albumin; ALBI and APRI hold albumin and platelets themselves and are no "
    "separate proof; a loss that is spread over several segments",
    template="Albumin {alb_first:.1f} to {alb_last:.1f} g/dL ({alb_pct:+.0f}%, {alb_days:.0f} days) and platelets "
    "{plat_first:.0f} to {plat_last:.0f} × 10⁹/L ({plat_pct:+.0f}%, {plat_days:.0f} days) falling {from_day} to "
    "{on}[; ALBI {albi_first:.2f} to {albi_last:.2f}][; APRI {apri_first:.2f} to {apri_last:.2f}]: {which} rising.",
    settings=("trend.min_days_call", "trend.alpha", "reserve.inputs_days"),
    assess=assess,
)
