"""Does imaging show progression, by the sum of target lesions, a new lesion or as reported?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.rules._askable import any_image
from analytics.rules._images import RESPONSE_CODES
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._sites import IN_LIVER, SITES, sites_of
from analytics.rules._sums import sums_of
from analytics.tables import LEVELS

_WHY = (
    "progression as reported",
    "RECIST 1.1 size criterion met",
    "new lesion",
    "new lesion, RECIST 1.1 size criterion met",
    "disease after a complete response",
)


def assess(case: Case) -> Assessment:
    """One moment for each report that says something of the tumour."""
    sums = sums_of(case)
    images = sums.images
    use = np.flatnonzero((images.response >= 0) | ~np.isnan(sums.code) | images.new_lesion)
    # after a complete response the lowest is nothing, whatever was measured before it
    nadir = np.where(sums.after_cr[use] & (sums.nadir[use] > 0), np.nan, sums.nadir[use])
    change, grown = _change(sums.images.total[use], nadir)
    why = (sums.code[use] == 3).astype(np.int64) + 2 * images.new_lesion[use]
    why = np.where(sums.after_cr[use], len(_WHY) - 1, why)
    site = sites_of(case)[use]
    return Assessment(
        patient=images.patient[use],
        day=images.day[use],
        conditions=(Condition("progression", sums.pd[use].astype(float), ">=", 1.0, fails="no report of progression"),),
        severity=np.nan_to_num(change) + 1,
        numbers={"total": images.total[use], "nadir": nadir, "change": change, "mm": grown},
        days={"on": images.day[use], "nadir_on": sums.nadir_day[use]},
        words={
            "why": (why, _WHY),
            "site": (site, SITES),
            "reported": (images.response[use] + 1, ("not classified", *RESPONSE_CODES)),
        },
        level=np.where(site == IN_LIVER, LEVELS["attention"], LEVELS["information"]),
    )


def _change(now: np.ndarray, low: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(low > 0, 100 * (now / low - 1), np.nan), now - low  # no percentage of a sum of 0


RULE = Rule(
    code="recist_progression",
    title="Progression on imaging",
    question="Does imaging show progression, by the sum of target lesions, a new lesion or as reported?",
    level="attention",
    analytes=(),
    needs=(),
    window="each report against the lowest sum since the baseline of the line",
    criteria="at least {tumour.pd_share:.0%} and {tumour.pd_mm:g} mm above the lowest sum, or a new lesion, or PD as "
    "reported, or any disease after a complete response; both answers are told; attention where it is in the liver, "
    "else for information",
    version="2",
    reference="Eisenhauer et al., RECIST 1.1, 2009 (sizes as quoted in PMC2755245; "
    "disease after a complete response recalled)",
    tag="secondary",
    limitations="single lesions and organs: only the sum is in the data; after ablation the zone is larger than "
    "the tumour",
    template="Imaging on {on}[, target lesions {total:.0f} mm, nadir {nadir:.0f} mm on {nadir_on}]"
    "[ ({change:+.0f}%, {mm:+.0f} mm)]: {why}, {site}, reported as {reported}.",
    settings=("tumour.pd_share", "tumour.pd_mm"),
    assess=assess,
    askable=any_image,
)
