"""Limits of normal that a profile declares for results without any: by analyte, and by sex and age where it says so.

A sex- or age-dependent limit is used only for a row whose own file says sex and age; nothing is assumed of a person.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from analytics.analytes import ANALYTES, INDEX
from analytics.ingest import synonyms
from analytics.ingest.dictionary import Coded
from analytics.ingest.numbers import NUMBER, numbers
from analytics.ingest.profile import Profile
from analytics.units import unit_of


def declare(
    lln: npt.NDArray[np.float64],
    uln: npt.NDArray[np.float64],
    house: npt.NDArray[np.int64],
    get: Mapping[str, Coded],
    profile: Profile,
) -> None:
    """Fill in place the limits of rows that have neither limit; the first entry of the profile that fits is taken."""
    if not profile.limits:
        return
    open_rows = np.isnan(lln) & np.isnan(uln)
    sex, age = _sex(get), _age(get, profile)
    for limit in profile.limits:
        fits = open_rows & (house == INDEX[limit.analyte])
        if limit.sex:
            fits &= np.zeros_like(fits) if sex is None else sex == limit.sex
        if limit.age_from > 0 or limit.age_to < 200:
            fits &= np.zeros_like(fits) if age is None else (age >= limit.age_from) & (age < limit.age_to)
        factor = unit_of(limit.analyte, limit.unit or ANALYTES[limit.analyte].unit, profile.unit_spellings).factor
        lln[fits] = np.nan if limit.lln is None else limit.lln * factor
        uln[fits] = np.nan if limit.uln is None else limit.uln * factor
        open_rows &= ~fits


def _sex(get: Mapping[str, Coded]) -> npt.NDArray[np.object_] | None:
    if "sex" not in get:
        return None
    return get["sex"].spread(np.array([synonyms.sex_of(w) for w in get["sex"].list()], dtype=object))


def _age(get: Mapping[str, Coded], profile: Profile) -> npt.NDArray[np.float64] | None:
    if "age" not in get:
        return None
    read = numbers(get["age"].words, profile.nulls, profile.decimal)
    return get["age"].spread(np.where(read.kind == NUMBER, read.value, np.nan))
