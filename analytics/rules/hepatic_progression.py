"""Is the progression in the liver?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools
from analytics.case import Case
from analytics.rules._askable import any_image
from analytics.rules._images import Images
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._sites import IN_LIVER, SITES, sites_of
from analytics.rules._sums import sums_of

_WHY = ("growth in the liver in words", "more liver lesions than before")
_FAILS = tuple(f"progression {site}" if site.startswith("outside") else site for site in SITES)


def assess(case: Case) -> Assessment:
    """One moment for each report that says something of the tumour."""
    sums = sums_of(case)
    images = sums.images
    site = sites_of(case)
    use = np.flatnonzero((images.response >= 0) | images.new_lesion | ~np.isnan(sums.code) | (site > 0))
    in_liver = (site[use] == IN_LIVER).astype(float)
    return Assessment(
        patient=images.patient[use],
        day=images.day[use],
        conditions=(
            Condition("progression", (site[use] > 0).astype(float), ">=", 1.0, fails="no report of progression"),
            Condition("liver", in_liver, ">=", 1.0, fails=(site[use], _FAILS)),
        ),
        severity=np.ones(len(use)),
        numbers={"lesions": images.lesions[use]},
        days={"on": images.day[use]},
        words={"why": (_more(images)[use].astype(np.int64), _WHY)},
    )


def _more(images: Images) -> Bools:
    """More liver lesions counted than in the last report before that counts them."""
    result = np.zeros(len(images.day), dtype=bool)
    known = np.flatnonzero(~np.isnan(images.lesions))
    same = np.diff(images.patient[known]) == 0
    result[known[1:][same]] = np.diff(images.lesions[known])[same] > 0
    return result


RULE = Rule(
    code="hepatic_progression",
    title="Liver progression on imaging",
    question="Is the progression in the liver?",
    level="attention",
    analytes=(),
    needs=(),
    window="each report; progression outside the liver, or of a site that is not known, is not counted as an event",
    criteria="more liver lesions than before; or one clause that names the liver and growth and denies neither, in a "
    "report of progression; or progression by the sum where the targets are said to lie in the liver",
    version="2",
    reference="hepatic progression-free survival as used in trials of radioembolisation (recalled); reading of the "
    "text is a house choice",
    tag="recalled",
    limitations="where target lesions lie, unless the report says so; growth that the report does not put into words",
    template="Imaging on {on} reports progression with {why}: counted as hepatic progression.",
    settings=("tumour.pd_share", "tumour.pd_mm"),
    assess=assess,
    askable=any_image,
)
