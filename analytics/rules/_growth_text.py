"""Where a report says that growth is: by clause, so that naming the liver to say it is stable is no progression."""

from __future__ import annotations

import re

import numpy as np

from analytics.arrays import Bools
from analytics.case import Case
from analytics.once import once
from analytics.rules._images import images_of

_CLAUSE = re.compile(r"[.;,]|\b(?:and|but|while|whereas)\b", re.IGNORECASE)
_LIVER = re.compile(r"\bliver|hepat", re.IGNORECASE)
_SEGMENT = re.compile(r"segment", re.IGNORECASE)
_SEGMENTS_ELSEWHERE = re.compile(
    r"\blungs?\b|pulmon|pleura|bronch|lingul|(?:upper|middle|lower)\s+lobe|bowel|colon|sigmoid|rect(?:um|al)|ile(?:um|al)|"
    r"jejun|duoden|vertebra|spin(?:e|al)|ureter|renal|kidney|spleen|splenic",
    re.IGNORECASE,
)
"""Organs that have segments too: beside one of them a segment is not one of the liver."""
_NO_GROWTH_IN_IT = re.compile(
    r"\b(?:hemi|bi)?hepatectom\w*|\bliver\s+(?:resections?|surgery|transplant\w*|protocol|function)\b|hepatoduodenal|"
    r"\b(?:peri|para|extra|sub)-?hepatic|hepatic\s+(?:flexure|artery|steatosis|resections?|surgery|cysts?)|"
    r"(?:fatty\s+liver|liver\s+cysts?|liver\s+steatosis)",
    re.IGNORECASE,
)
"""Words that name the liver and are no tumour in it: an operation, a neighbour, fat, a cyst."""
_GROWTH = re.compile(
    r"\bnew\b|increas|progress|enlarg|\bgrow|larger|\bmore\b|\brecurren|\brelapse|reappear|\bbigger\b", re.IGNORECASE
)
_DENIED = re.compile(
    r"\b(?:no|not|without)\b|stable|unchanged|extrahepatic|"
    r"ablat\w*\s+(?:zone|area|defect|cavity)[^,;.]*\b(?:larger|bigger)\s+than\b",
    re.IGNORECASE,
)
"""Words that take growth back: an ablation zone is larger than the lesion that it replaces."""


def liver_growth(text: str) -> bool:
    """Whether one clause names the liver and growth and denies neither."""
    return any(
        names_the_liver(clause) and _GROWTH.search(clause) and not _DENIED.search(clause)
        for clause in _CLAUSE.split(text)
    )


def grows(text: str) -> bool:
    """Whether one clause names growth, wherever, and does not deny it."""
    return any(_GROWTH.search(clause) and not _DENIED.search(clause) for clause in _CLAUSE.split(text))


def names_the_liver(clause: str) -> bool:
    """Whether a clause speaks of tissue of the liver: neither of an operation on it nor of a segment of the lung."""
    rest = _NO_GROWTH_IN_IT.sub(" ", clause)
    if _LIVER.search(rest):
        return True
    return bool(_SEGMENT.search(rest)) and not _SEGMENTS_ELSEWHERE.search(rest)


@once
def liver_progression(case: Case) -> Bools:
    """Which reports of ``images_of(case)`` tell of progression in the liver, shape (images,).

    More liver lesions than in the report before that counts them, or a clause of growth in the liver with progression
    or a new lesion reported.
    """
    images, frame = images_of(case), case.panel.imaging
    n = len(images.day)
    if not n:
        return np.zeros(0, dtype=bool)
    texts = [str(t) if isinstance(t, str) else "" for t in frame["detail"].tolist()]
    says = np.array([liver_growth(t) for t in texts], dtype=bool)
    progressed = (images.response == 3) | images.new_lesion
    known = np.flatnonzero(~np.isnan(images.lesions))
    more = np.zeros(n, dtype=bool)
    later = known[1:][np.diff(images.patient[known]) == 0]
    before = known[:-1][np.diff(images.patient[known]) == 0]
    more[later] = images.lesions[later] > images.lesions[before]
    return np.asarray(more | (says & progressed))
