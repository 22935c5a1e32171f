"""Where progression is: in the liver, outside it, or not known; naming the liver is not progression."""

from __future__ import annotations

import re

import numpy as np

from analytics.arrays import Bools, Ints
from analytics.case import Case
from analytics.once import once
from analytics.rules._growth_text import _CLAUSE, _DENIED, _GROWTH, liver_growth, liver_progression, names_the_liver
from analytics.rules._sums import sums_of

IN_LIVER, OUTSIDE, UNKNOWN = 1, 2, 3
SITES = ("no progression", "in the liver", "outside the liver", "site not known")
"""Words of a site; the position is the code."""

_ORGAN = re.compile(
    r"\blungs?\b|pulmon|pleura|bones?\b|osseous|skelet|spin(?:e|al)|vertebra|brain|cerebr|lymph|\bnod(?:e|es|al)\b|"
    r"periton|omental|omentum|mesenter|adrenal|spleen|splenic|ovar|pelvi|rectal|rectum|colon|anastomo|skin|"
    r"cutaneous|subcutan|breast|pancrea|kidney|renal|muscle|retroperiton|mediastin|extrahepatic|thyroid|"
    r"local recurrence",
    re.IGNORECASE,
)
_TARGETS = re.compile(r"(?:liver|hepatic)[^.;]*\btarget|\btarget[^.;]*(?:liver|hepatic)", re.IGNORECASE)


def grows_elsewhere(text: str) -> bool:
    """Whether one clause names another organ and growth, and denies neither."""
    return any(
        _ORGAN.search(clause)
        and not names_the_liver(clause)
        and _GROWTH.search(clause)
        and not _DENIED.search(clause.replace("extrahepatic", ""))
        for clause in _CLAUSE.split(text)
    )


@once
def sites_of(case: Case) -> Ints:
    """Site of the progression of each report of ``images_of(case)``: 0 where it tells of none, shape (images,).

    In the liver: more liver lesions than before; a clause of growth in the liver; or progression by the sum where the
    report says that its targets lie in the liver.
    """
    sums, frame = sums_of(case), case.panel.imaging
    texts = [str(t).casefold() if isinstance(t, str) else "" for t in frame["detail"].tolist()]
    grows = _where(texts, liver_growth)
    targets = _where(texts, lambda t: bool(_TARGETS.search(t)))
    liver = liver_progression(case) | (sums.pd & grows) | ((sums.code == 3) & targets)
    elsewhere = _where(texts, grows_elsewhere)
    return np.select([liver, sums.pd & elsewhere, sums.pd], [IN_LIVER, OUTSIDE, UNKNOWN], 0)


def _where(texts: list[str], says: object) -> Bools:
    assert callable(says)
    return np.array([bool(says(t)) for t in texts], dtype=bool)
