"""Who is under a drug that could do it, and who takes what since when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.agents import CHECKPOINT_INHIBITORS
from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.derive.around import active, last_event, named
from analytics.derive.events import events_of
from analytics.once import once


def exposed(case: Case, patient: Ints, day: Floats) -> Bools:
    """A systemic agent goes on since a day or more, or ended at most so many days ago; shape (n,).

    Days: ``injury.after_dose_days``, for checkpoint inhibitors ``injury.immune_days``.
    """
    s = case.settings.injury
    every, immune = events_of(case).of("systemic"), named(case, *CHECKPOINT_INHIBITORS)
    before = np.floor(day) - 1  # begun the day before or earlier; one day more after the end
    by_any = active(case, every, patient, before, after=s.after_dose_days - 1)
    return np.asarray(by_any | active(case, immune, patient, before, after=s.immune_days - 1))


@dataclass(frozen=True)
class Given:
    """The latest systemic agent begun before each moment, shape (n,): words by code, day of it (NaN where none)."""

    code: Ints
    names: tuple[str, ...]
    day: Floats
    since: Floats


def given(case: Case, patient: Ints, day: Floats) -> Given:
    """Name and day of the latest agent."""
    at = last_event(case, events_of(case).of("systemic"), patient, day)
    code, shown = _names_of(case)
    if not len(events_of(case).start):
        none = np.full(len(patient), np.nan)
        return Given(np.full(len(patient), len(shown) - 1), shown, none, none)
    safe = np.maximum(at, 0)
    which = np.where(at >= 0, code[events_of(case).row[safe]], len(shown) - 1)
    since = np.where(at >= 0, np.floor(events_of(case).start[safe]), np.nan)
    return Given(which, shown, np.floor(day) - since, since)


@once
def _names_of(case: Case) -> tuple[Ints, tuple[str, ...]]:
    """Name, else kind, of each event row as a code into texts; the last text is empty."""
    code, names = pd.factorize(case.panel.events["name"].fillna(case.panel.events["kind"]).astype(object))
    return code, (*(str(n) for n in names), "")


def is_new(x_baseline: Floats, baseline_x_uln: Floats, times: float) -> Bools:
    """Whether a value is new: the own baseline was normal or is not known, or it is at least so many times that."""
    with np.errstate(invalid="ignore"):
        return np.asarray(~(baseline_x_uln > 1) | (x_baseline >= times * (1 - 1e-12)))
