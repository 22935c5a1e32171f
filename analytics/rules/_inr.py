"""When an INR speaks for the liver, and the share of direct bilirubin."""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.derive.anticoagulants import anticoagulated
from analytics.derive.visits import take, visits_of
from analytics.rules._liver import near


def usable(case: Case, patient: Ints, day: Floats, inr: Floats, before: Floats) -> Bools:
    """Where an INR is known and no anticoagulant or older rise explains it, shape (n,).

    A value before above ``injury.inr_before`` counts as explained unless INR is ``injury.inr_rise`` times that; a
    value before that is not known explains nothing.
    """
    s = case.settings.injury
    with np.errstate(invalid="ignore"):
        own = ~(before > s.inr_before) | (inr >= s.inr_rise * before)
    return np.asarray(~np.isnan(inr) & own & ~anticoagulated(case, patient, day))


def inr_of_visits(case: Case, days: float) -> tuple[Floats, Floats, Bools]:
    """INR near each visit, the baseline that it is assessed by, and whether it is usable; shape (visits,)."""
    v = visits_of(case)
    at = near(v, "INR", days)
    inr, before = take(v.value("INR"), at), take(v.baseline("INR"), at)
    return inr, before, usable(case, v.patient, v.day, inr, before)


def direct_share(case: Case, days: float) -> Floats:
    """Direct over total bilirubin near each visit; NaN where not measured; shape (visits,).

    Both of one day where they are; else the nearest total bilirubin within so many days of the direct one.
    """
    v = visits_of(case)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = v.value("BILDIR") / take(v.value("BILI"), near(v, "BILI", days))
    at = near(v, "BILDIR", days)
    return np.asarray(np.minimum(take(own, at), 1.0))
