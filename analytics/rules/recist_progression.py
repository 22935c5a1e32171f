"""Does imaging show progression, by the sum of target lesions, a new lesion or as reported?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.rules._images import RESPONSE_CODES
from analytics.rules._rule import Condition, Judged, Rule
from analytics.rules._sums import sums_of

_WHY = (
    "progression as reported",
    "meets the arithmetic of RECIST 1.1 progression",
    "a new lesion is reported",
    "a new lesion is reported and the sum meets RECIST 1.1 progression",
)


def judge(case: Case) -> Judged:
    """One moment for each report that says something of the tumour."""
    sums = sums_of(case)
    images = sums.images
    use = np.flatnonzero((images.response >= 0) | ~np.isnan(sums.code) | images.new_lesion)
    change, grown = _change(sums.images.total[use], sums.nadir[use])
    why = (sums.code[use] == 3).astype(np.int64) + 2 * images.new_lesion[use]
    return Judged(
        patient=images.patient[use],
        day=images.day[use],
        conditions=(Condition("progression", sums.pd[use].astype(float), ">=", 1.0, fails="no report of progression"),),
        severity=np.nan_to_num(change) + 1,
        numbers={"total": images.total[use], "nadir": sums.nadir[use], "change": change, "mm": grown},
        days={"on": images.day[use], "nadir_on": sums.nadir_day[use]},
        words={
            "why": (why, _WHY),
            "reported": (images.response[use] + 1, ("not classified", *RESPONSE_CODES)),
        },
    )


def _change(now: np.ndarray, low: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return 100 * (now / low - 1), now - low


RULE = Rule(
    code="recist_progression",
    title="Progression on imaging",
    asks="Does imaging show progression, by the sum of target lesions, a new lesion or as reported?",
    level="attention",
    analytes=(),
    needs=(),
    window="each report against the lowest sum since the baseline of the line",
    strictness="at least {tumour.pd_share:.0%} and {tumour.pd_mm:g} mm above the lowest sum, or a new lesion, or PD as "
    "reported; both answers are told",
    version="1",
    reference="Eisenhauer et al., RECIST 1.1, 2009 (text recalled, to be confirmed)",
    tag="recalled",
    sees_not="single lesions and organs: only the sum is in the data; after ablation the zone is larger than "
    "the tumour",
    sentence="Imaging of {on}: sum of targets {total:.0f} mm, lowest before {nadir:.0f} mm on {nadir_on} "
    "({change:+.0f} %, "
    "{mm:+.0f} mm); {why}; reported as {reported}.",
    settings=("tumour.pd_share", "tumour.pd_mm"),
    judge=judge,
)
