"""What is expected after a treatment event, where that has been published: data for verdicts and for figures.

Each course says which analyte should reach what by which day. ``typical`` is a published course as (day, multiple of
the value before), for drawing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from analytics.analytes import ANALYTES, INDEX, Tag
from analytics.arrays import Floats
from analytics.settings import Settings
from analytics.trends.beforeafter import DRAINS
from analytics.trends.variation import same_multiple

Goal = Literal["half_or_normal", "target", "normal_or_before"]


@dataclass(frozen=True)
class Course:
    """One published expectation.

    Attributes:
        kinds, analytes: whom it is about.
        goal: what is to be reached: half of the value before or the normal range; the absolute target; the normal
            range or the value before (within its reference change value).
        by: name of the threshold in ``Settings`` that holds the day, as group.name.
        drains: whether not reaching it is "slow" (drainage) or "not recovered".
        rises: whether a change for the worse is itself expected before that day.
        typical: (day, multiple of the value before).
    """

    kinds: tuple[str, ...]
    analytes: tuple[str, ...]
    goal: Goal
    by: str
    says: str
    source: str
    tag: Tag
    drains: bool = False
    rises: bool = False
    typical: tuple[tuple[float, float], ...] = ()


COURSES: Final[tuple[Course, ...]] = (
    Course(
        DRAINS,
        ("BILI", "BILDIR"),
        "half_or_normal",
        "stent.fall_days",
        "bilirubin normal or at half of the value before within 14 days",
        "TOKYO criteria 2014; typical course: percutaneous drainage cohort, abstract",
        "verified",
        drains=True,
        typical=((0, 1.0), (1, 0.82), (7, 0.62), (15, 0.41)),
    ),
    Course(
        DRAINS,
        ("BILI",),
        "target",
        "stent.target_days",
        "bilirubin at 2 mg/dL or below within 3 weeks, within 6 where it was 10 mg/dL or more",
        "PMID 18404695, n = 156",
        "verified",
        drains=True,
    ),
    Course(
        ("hepatectomy",),
        ("BILI",),
        "normal_or_before",
        "response.hepatectomy_bilirubin_days",
        "bilirubin peaks on day 1 and is normal by day 14",
        "cohorts of major resection, abstracts",
        "verified",
        rises=True,
    ),
    Course(
        ("hepatectomy",),
        ("INR", "PT", "PLAT"),
        "normal_or_before",
        "response.hepatectomy_clotting_days",
        "clotting and platelets turn back towards the value before by day 7",
        "cohorts of major resection, abstracts",
        "verified",
        rises=True,
    ),
    Course(
        ("hepatectomy",),
        ("ALP", "GGT"),
        "normal_or_before",
        "response.hepatectomy_cholestatic_days",
        "alkaline phosphatase and GGT stay raised for 8 to 12 weeks",
        "cohorts of major resection, abstracts",
        "verified",
        rises=True,
    ),
    Course(
        ("ablation", "embolisation"),
        ("ALT", "AST", "LDH"),
        "normal_or_before",
        "local.mask_days",
        "a transient rise in the first days is the effect of the procedure itself",
        "house, after clinical experience; to be confirmed by the site",
        "recalled",
        rises=True,
    ),
)


_BILE = ("BILI", "BILDIR", "ALP", "GGT", "ALT", "AST", "CA19_9AG")
_LIVER = ("ALT", "AST", "ALP", "GGT", "BILI", "BILDIR", "ALB", "INR", "PT", "PLAT")
_TUMOUR = ("CEA", "CA19_9AG", "AFP", "CGA", "CA15_3AG")
MOVES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "biliary_stent": _BILE,
        "drainage": _BILE,
        "hepatectomy": (*_LIVER, *_TUMOUR),
        "transplant": (*_LIVER, *_TUMOUR),
        "ablation": ("ALT", "AST", "LDH", "BILI", *_TUMOUR),
        "embolisation": ("ALT", "AST", "LDH", "BILI", "ALB", *_TUMOUR),
        "radioembolisation": (*_LIVER, *_TUMOUR),
        "radiation": ("ALT", "AST", "ALP", "GGT", "BILI", "PLAT", *_TUMOUR),
        "systemic": (*_LIVER, "WBC", "NEUT", "HGB", *_TUMOUR),
    }
)
"""Tests that an event of each kind is known to move (house, after clinical experience): these are shown first."""


@dataclass(frozen=True)
class Mask:
    """Days after an event in which a rise of these analytes is the effect of the event itself, or may be."""

    kinds: tuple[str, ...]
    analytes: tuple[str, ...]
    until: str
    says: str
    source: str
    tag: Tag


MASKS: Final[tuple[Mask, ...]] = (
    Mask(
        ("ablation", "embolisation"),
        ("ALT", "AST", "LDH"),
        "local.mask_days",
        "a transient rise is the effect of the procedure itself",
        "house, after clinical experience; to be confirmed by the site",
        "recalled",
    ),
    Mask(
        ("systemic",),
        ("CEA", "CA19_9AG", "CA15_3AG"),
        "tumour.flare_days",
        "a rise of a marker early in a new line may be a flare",
        "ASCO 2006, recalled",
        "recalled",
    ),
)


@dataclass(frozen=True)
class Band:
    """Expected course of one event and analyte for a figure.

    Attributes: ``day`` after the event, shape (p,); ``high`` and ``low`` the expected band and ``typical`` the
    published course in the canonical unit, NaN where nothing is published; ``says`` and ``source`` for the legend.
    """

    day: Floats
    low: Floats
    high: Floats
    typical: Floats
    says: str
    source: str


def courses_of(kind: str, analyte: str) -> list[Course]:
    """Expectations for this kind of event and analyte, most important first; empty where none is published."""
    return [course for course in COURSES if kind in course.kinds and analyte in course.analytes]


def day_by(course: Course, before: Floats, settings: Settings) -> Floats:
    """Day by which the goal is due, shape of ``before``."""
    stent = settings.stent
    if course.by == "stent.target_days":
        return np.where(before >= stent.high_before, stent.target_days_high, stent.target_days).astype(np.float64)
    return np.full(np.shape(before), named(course.by, settings))


def named(threshold: str, settings: Settings) -> float:
    """Value of the threshold ``group.name``."""
    group, name = threshold.split(".")
    return float(getattr(getattr(settings, group), name))


def goal_value(
    course: Course, before: Floats, normal: Floats, slack: Floats, is_low_bad: bool, settings: Settings
) -> Floats:
    """Value to be reached, canonical unit.

    Args:
        course: the expectation.
        before: value before the event.
        normal: limit of normal on the bad side, NaN where unknown.
        slack: multiple of the value before that is still the same by the reference change value.
        is_low_bad: whether low values are the bad ones, so that the goal is reached from below.
        settings: thresholds.
    """
    if course.goal == "target":
        return np.full(np.shape(before), settings.stent.target)
    if course.goal == "half_or_normal":
        return np.asarray(np.fmax(before * settings.stent.fall_share, normal), np.float64)
    same = before * slack
    return np.asarray(np.fmin(same, normal) if is_low_bad else np.fmax(same, normal), np.float64)


def band(kind: str, analyte: str, before: float, limit: float, settings: Settings) -> Band | None:
    """Expected band after an event, one point a day up to the day by which its goal is due; None where none is
    published.

    Args:
        kind: event kind.
        analyte: code.
        before: value before the event, canonical unit.
        limit: limit of normal on the bad side (lower where low is bad) as it was at the event, NaN where unknown.
        settings: thresholds.

    Returns:
        Band with the very goal that the verdict asks for; towards a fall its upper edge is a straight line of the
        logarithm, else only its last day has an edge.
    """
    found = courses_of(kind, analyte)
    if not found or before != before or before <= 0:
        return None
    course = found[0]
    due = float(day_by(course, np.array([before]), settings)[0])
    one, low_bad = np.ones(1), ANALYTES[analyte].bad == "low"
    slack = same_multiple(np.array([INDEX[analyte]]), np.array([low_bad]), settings.trend)
    goal = float(goal_value(course, before * one, limit * one, slack, low_bad, settings)[0])
    day = np.arange(0.0, due + 1.0)
    low, high = np.full(len(day), np.nan), np.full(len(day), np.nan)
    if course.drains:
        high = np.exp(np.interp(day, [0.0, due], np.log([before, min(goal, before)])))
    else:
        (low if low_bad else high)[-1] = goal
    typical = np.full(len(day), np.nan)
    if course.typical:
        days, multiples = zip(*course.typical, strict=True)
        typical = before * np.interp(day, days, multiples)
    return Band(day, low, high, typical, course.says, course.source)
