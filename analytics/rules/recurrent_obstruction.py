"""Is bilirubin rising again after a stent, together with ALP or GGT?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Floats, Ints, key
from analytics.case import Case
from analytics.compare import exceeds, reaches
from analytics.derive.events import events_of
from analytics.derive.points import points_of
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._stents import AfterStent, after_stent
from analytics.tables import LEVELS


def assess(case: Case) -> Assessment:
    """One moment for each bilirubin after a stent that has a lower one before it."""
    s, points, a = case.settings.stent, points_of(case), after_stent(case)
    use = np.flatnonzero(a.nadir_at >= 0)
    at, nadir = a.at[use], a.nadir[use]
    value = points.value[at]
    again = value / np.maximum(nadir, 1e-9)
    other, which = _with(case, at, a, use)
    confirmed = _confirmed(case, at, reaches(again, s.rise_share) & exceeds(points.x_uln[at], 1.0))
    return Assessment(
        patient=points.patient[at],
        day=points.day[at],
        conditions=(
            Condition("bilirubin as a multiple of its lowest value after the stent", again, ">=", s.rise_share, "×"),
            Condition("bilirubin", points.x_uln[at], ">", 1.0, "× ULN"),
            Condition(
                "ALP or GGT as a multiple of its lowest value after the stent", other, ">=", s.alp_ggt_rise, "×", 2
            ),
        ),
        severity=value,
        numbers={"value": value, "nadir": nadir, "again": again, "other": other, "day": a.day[use]},
        days={
            "on": points.day[at],
            "nadir_on": points.day[a.nadir_at[use]],
            "stent_on": events_of(case).start[a.event[use]],
        },
        words={
            "which": (which, ("ALP", "GGT")),
            "confirmed": (confirmed.astype(np.int64), ("not yet confirmed by a second result", "confirmed")),
        },
        evidence=(at, a.nadir_at[use]),
        group=a.event[use],
        until=a.until[use],
        level=np.where(confirmed, LEVELS["urgent"], LEVELS["attention"]),
    )


def _with(case: Case, at: Ints, a: AfterStent, use: Ints) -> tuple[Floats, Ints]:
    """The larger rise of ALP and GGT over their own lowest values after the stent, near the day of the bilirubin."""
    rises = []
    for code in ("ALP", "GGT"):
        o = after_stent(case, code)
        rise = np.where(o.nadir_at >= 0, points_of(case).value[o.at] / np.maximum(o.nadir, 1e-9), np.nan)
        rises.append(_nearest(case, o.at, o.event, rise, at, a.event[use]))
    both = np.stack(rises)
    known = np.nan_to_num(both, nan=-1.0)
    which = known.argmax(axis=0) if both.shape[1] else np.zeros(0, dtype=np.int64)
    return np.where((known < 0).all(axis=0), np.nan, known.max(axis=0)), which


def _nearest(case: Case, have: Ints, event: Ints, values: Floats, at: Ints, wanted: Ints) -> Floats:
    """Value of the latest of ``have`` up to the end of the day of ``at``, within ``stent.confirm_days``."""
    if not len(have):
        return np.full(len(at), np.nan)
    points = points_of(case)
    keys = key(points.patient[have], points.day[have])
    place = np.searchsorted(keys, key(points.patient[at], np.floor(points.day[at]) + 0.999), side="right") - 1
    found = np.maximum(place, 0)
    near = (place >= 0) & (event[found] == wanted)
    near &= points.day[at] - points.day[have[found]] <= case.settings.stent.confirm_days
    return np.where(near, values[found], np.nan)


def _confirmed(case: Case, at: Ints, high: np.ndarray) -> np.ndarray:
    """High, and the result before or after it, at most ``stent.confirm_days`` away, is high too."""
    points = points_of(case)
    if len(at) < 2:
        return np.zeros(len(at), dtype=bool)
    close = (np.diff(points.day[at]) <= case.settings.stent.confirm_days) & (np.diff(points.patient[at]) == 0)
    pair = close & high[1:] & high[:-1]
    result: np.ndarray = high & (np.append(pair, False) | np.insert(pair, 0, False))
    return result


RULE = Rule(
    code="recurrent_obstruction",
    title="Possible recurrent biliary obstruction",
    question="Is bilirubin rising again after a stent, together with ALP or GGT?",
    level="attention",
    analytes=("BILI", "ALP", "GGT"),
    needs=("BILI", "ALP|GGT"),
    events=("biliary_stent", "drainage"),
    window="from the lowest bilirubin after the stent until the next stent, drain or procedure; a second result within "
    "{stent.confirm_days} days confirms",
    criteria="bilirubin at least {stent.rise_share:g} × its lowest value after the stent and above ULN, ALP or "
    "GGT at least {stent.alp_ggt_rise:g} × its own lowest value",
    version="1",
    reference="TOKYO criteria 2014 (occlusion with cholestasis); laboratory limits are a house choice",
    tag="house",
    limitations="the duct: dilatation on imaging or the view at endoscopy decides; haemolysis",
    template="Bilirubin {value:.1f} mg/dL on {on}, day {day:.0f} after the stent of {stent_on}, {again:.1f} × its "
    "nadir ({nadir:.1f} mg/dL on {nadir_on}), {which} {other:.1f} × nadir, {confirmed}: consistent with recurrent "
    "obstruction.",
    settings=("stent.rise_share", "stent.alp_ggt_rise", "stent.confirm_days"),
    assess=assess,
)
