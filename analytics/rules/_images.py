"""Imaging reports as arrays, and what their text says, yes or no."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from analytics.arrays import Bools, Floats, Ints, days_of, key
from analytics.case import Case
from analytics.once import once

_DENIED = r"\b(?:no|not|without)\b[^,;.]*"
_SAYS = {
    "dilated": (r"dilat|occlu|obstruct", _DENIED + r"(?:dilat|occlu|obstruct)"),
    "liver": (r"liver|hepat|segment|intrahepatic", r"extrahepatic"),
}


@dataclass(frozen=True)
class Images:
    """Reports in order of patient and date, shape (n,); NaN where a number is missing."""

    patient: Ints
    day: Floats
    response: Ints
    """Position in RESPONSE_CODES, -1 where not reported."""
    total: Floats
    new_lesion: Bools
    lesions: Floats
    dilated: Bools
    not_dilated: Bools
    liver: Bools


RESPONSE_CODES = ("CR", "PR", "SD", "PD", "NE")


@once
def images_of(case: Case) -> Images:
    """Every report of the case."""
    frame = case.panel.imaging
    if not len(frame):
        none, no = np.zeros(0), np.zeros(0, dtype=bool)
        return Images(none.astype(np.int64), none, none.astype(np.int64), none, no, none, no, no, no)
    detail = [str(t).casefold() if isinstance(t, str) else "" for t in frame["detail"].tolist()]
    response = frame["response"].map({c: i for i, c in enumerate(RESPONSE_CODES)})
    return Images(
        patient=case.panel.codes_of(frame["patient_id"]),
        day=np.floor(days_of(frame["date"])),
        response=response.fillna(-1).to_numpy(np.int64),
        total=frame["target_sum_mm"].to_numpy(np.float64),
        new_lesion=frame["new_lesion"].fillna(False).to_numpy(bool),
        lesions=frame["liver_lesions"].to_numpy(np.float64, na_value=np.nan),
        dilated=_matches(detail, "dilated"),
        not_dilated=np.array([bool(re.search(_SAYS["dilated"][1], t)) for t in detail], dtype=bool),
        liver=_matches(detail, "liver"),
    )


def _matches(texts: list[str], what: str) -> Bools:
    """Named, and not denied in the same clause."""
    yes, no = _SAYS[what]
    return np.array([bool(re.search(yes, t)) and not re.search(no, t) for t in texts], dtype=bool)


def first_report(case: Case, what: str, patient: Ints, since: Floats) -> Floats:
    """Day of the first report after ``since`` that says so ("progression" or "dilated"); +inf if none."""
    images = images_of(case)
    says = images.dilated if what == "dilated" else (images.response == RESPONSE_CODES.index("PD")) | images.new_lesion
    at = np.flatnonzero(says)
    if not len(at):
        return np.full(len(patient), np.inf)
    place = np.searchsorted(key(images.patient[at], images.day[at]), key(patient, since), side="left")
    found = at[np.minimum(place, len(at) - 1)]
    hit = (place < len(at)) & (images.patient[found] == patient)
    return np.where(hit, images.day[found], np.inf)
