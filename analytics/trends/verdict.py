"""What the numbers of one series allow to say, and why. Never more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.settings import TrendSettings
from analytics.tables import VERDICTS
from analytics.trends.theil_sen import Slopes

VERDICT_CODES: Final = tuple(VERDICTS)
RISING, FALLING, STABLE, UNCLEAR, NOT_ENOUGH = range(5)

WHYS: Final = (
    "the exact test and a fitted change beyond the reference change value of the series both hold",
    "the exact test holds, but the fitted change is within the reference change value of the series",
    "the fitted change is beyond the reference change value of the series, but the exact test does not hold",
    "the whole interval of the fitted change lies within the reference change value of two results",
    "neither a trend nor its absence is shown: the interval reaches beyond the reference change value",
    "more result days are needed before a trend can be called",
    "more than half of the days are beyond a limit of detection",
    "no published variation for this analyte: a change cannot be told from chance",
    "the exact test holds for the whole period, but the last results do not go that way",
    "the fitted change of the whole period is within the reference change value, but the last results are not steady",
    "the fitted line changes more than the results themselves: no change is told",
    "the exact test and the fitted change hold, but neither the running sum nor the last two results say the same yet",
)
_BOTH, _SMALL, _NO_TEST, _INSIDE, _WIDE, _FEW, _CENSORED, _NO_VARIATION, _TURNED, _UNSTEADY, _STRETCHED, _ALONE = range(
    len(WHYS)
)

MOST_CENSORED: Final = 0.5
"""Largest share of censored days with a slope (Helsel, 2012)."""


@dataclass(frozen=True)
class Verdicts:
    """Verdict (position in VERDICT_CODES), its reason (in WHYS) and further days needed; each shape (m,)."""

    verdict: Ints
    why: Ints
    still_needed: Ints


@dataclass(frozen=True)
class Change:
    """Fitted change over the span of a series with its interval, and reference change values: of the whole series
    (rising and falling must be beyond) and of two results (stable must be inside). [%], each shape (m,)"""

    fitted: Floats
    low: Floats
    high: Floats
    rcv_up: Floats
    rcv_down: Floats
    two_up: Floats
    two_down: Floats


def verdicts(days: Ints, censored: Ints, fit: Slopes, change: Change, settings: TrendSettings) -> Verdicts:
    """Decide every series.

    Rising and falling need the exact test and a fitted change beyond the reference change value of the whole series;
    stable needs the whole interval of the fitted change inside that of two results; below
    ``settings.min_days_call`` distinct days nothing is called.
    """
    with np.errstate(invalid="ignore"):
        holds = fit.p < settings.alpha
        up, down = change.fitted > change.rcv_up, change.fitted < change.rcv_down
        inside = (change.low > change.two_down) & (change.high < change.two_up)
    rules = [
        (days < settings.min_days_call, NOT_ENOUGH, _FEW),
        (censored > MOST_CENSORED * days, UNCLEAR, _CENSORED),
        (np.isnan(change.rcv_up), UNCLEAR, _NO_VARIATION),
        (np.isnan(change.fitted) & ~np.isnan(fit.slope), UNCLEAR, _STRETCHED),
        (holds & up, RISING, _BOTH),
        (holds & down, FALLING, _BOTH),
        (inside, STABLE, _INSIDE),
        (holds, UNCLEAR, _SMALL),
        (up | down, UNCLEAR, _NO_TEST),
    ]
    conditions = [rule[0] for rule in rules]
    return Verdicts(
        verdict=np.select(conditions, [np.int64(rule[1]) for rule in rules], UNCLEAR),
        why=np.select(conditions, [np.int64(rule[2]) for rule in rules], _WIDE),
        still_needed=np.maximum(settings.min_days_call - days, 0),
    )


def checked(told: Verdicts, *, is_alone: Bools, goes_up: Bools, goes_down: Bools, steady: Bools) -> Verdicts:
    """The verdicts where the last results do not speak against them, else unclear with the reason.

    Args:
        told: verdicts of whole segments.
        is_alone: whether nothing else says what the exact test says, shape (m,).
        goes_up: whether the last results allow rising, shape (m,).
        goes_down: whether they allow falling.
        steady: whether they allow stable.
    """
    turned = ((told.verdict == RISING) & ~goes_up) | ((told.verdict == FALLING) & ~goes_down)
    unsteady = (told.verdict == STABLE) & ~steady
    return Verdicts(
        verdict=np.where(turned | unsteady | is_alone, UNCLEAR, told.verdict),
        why=np.select([turned, unsteady, is_alone], [_TURNED, _UNSTEADY, _ALONE], told.why),
        still_needed=told.still_needed,
    )
