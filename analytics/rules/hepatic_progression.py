"""Is the progression in the liver?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.rules._images import Images
from analytics.rules._rule import Condition, Judged, Rule
from analytics.rules._sums import sums_of

_WHY = ("more liver lesions than before", "the report names the liver")


def judge(case: Case) -> Judged:
    """One moment for each report of progression, and the reports around it."""
    sums = sums_of(case)
    images = sums.images
    use = np.flatnonzero((images.response >= 0) | images.new_lesion | ~np.isnan(sums.code))
    more = _more(images)
    in_liver = images.liver | more
    return Judged(
        patient=images.patient[use],
        day=images.day[use],
        conditions=(
            Condition("progression", sums.pd[use].astype(float), ">=", 1.0, fails="no report of progression"),
            Condition(
                "liver", in_liver[use].astype(float), ">=", 1.0, fails="progression, but not known to be in the liver"
            ),
        ),
        severity=np.ones(len(use)),
        numbers={"lesions": images.lesions[use]},
        days={"on": images.day[use]},
        words={"why": ((~more[use]).astype(np.int64), _WHY)},
    )


def _more(images: Images) -> np.ndarray:
    """More liver lesions counted than in the report before."""
    result = np.zeros(len(images.day), dtype=bool)
    with np.errstate(invalid="ignore"):
        result[1:] = (np.diff(images.patient) == 0) & (np.diff(images.lesions) > 0)
    return result


RULE = Rule(
    code="hepatic_progression",
    title="Progression in the liver",
    asks="Is the progression in the liver?",
    level="attention",
    analytes=(),
    needs=(),
    window="each report; extrahepatic progression is not counted as an event",
    strictness="progression by the sum, a new lesion or as reported, with more liver lesions or the liver named",
    version="1",
    reference="hepatic progression-free survival as used in trials of radioembolisation (recalled)",
    tag="recalled",
    sees_not="where target lesions lie, unless the report names the liver",
    sentence="Imaging of {on}: progression with {why}.",
    settings=("tumour.pd_share", "tumour.pd_mm"),
    judge=judge,
)
