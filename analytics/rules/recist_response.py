"""Does imaging show a response, by the sum of target lesions or as reported, and is it confirmed?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.rules._askable import any_image
from analytics.rules._images import RESPONSE_CODES
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._sums import sums_of

_BY_SUM = ("", "CR", "PR", "SD", "PD")


def assess(case: Case) -> Assessment:
    """One moment for each report that says something of the tumour."""
    s, sums = case.settings.tumour, sums_of(case)
    images = sums.images
    use = np.flatnonzero((images.response >= 0) | ~np.isnan(sums.code))
    reported = np.isin(images.response, (0, 1))
    response = (reported | np.isin(sums.code, (0, 1))) & ~sums.pd
    earlier = _earlier(images.patient, images.day, response, s.confirm_days)
    with np.errstate(divide="ignore", invalid="ignore"):
        change = 100 * (images.total / sums.baseline - 1)
    code = np.where(np.isnan(sums.code), 0, np.nan_to_num(sums.code) + 1).astype(np.int64)
    return Assessment(
        patient=images.patient[use],
        day=images.day[use],
        conditions=(Condition("response", response[use].astype(float), ">=", 1.0, fails="no response reported"),),
        severity=earlier[use].astype(float) - images.day[use] / 1e6,
        numbers={"total": images.total[use], "baseline": sums.baseline[use], "change": change[use]},
        days={"on": images.day[use], "baseline_on": sums.baseline_day[use]},
        words={
            "by_sum": (code[use], _BY_SUM),
            "reported": (images.response[use] + 1, ("not classified", *RESPONSE_CODES)),
            "confirmed": (earlier[use].astype(np.int64), ("single assessment", "confirmed by a second one")),
        },
    )


def _earlier(patient: np.ndarray, day: np.ndarray, response: np.ndarray, least: float) -> np.ndarray:
    """True where the response began at least ``least`` days before, in an unbroken run of responses."""
    n = len(day)
    if not n:
        return np.zeros(0, dtype=bool)
    begins = np.ones(n, dtype=bool)
    begins[1:] = (np.diff(patient) != 0) | ~response[:-1]
    first = np.maximum.accumulate(np.where(begins, np.arange(n), 0))
    return np.asarray(response & (day - day[first] >= least))


RULE = Rule(
    code="recist_response",
    title="Response on imaging",
    question="Does imaging show a response, by the sum of target lesions or as reported, and is it confirmed?",
    level="good",
    analytes=(),
    needs=(),
    window="each report against the baseline of the line; confirmed {tumour.confirm_days} days later or more",
    criteria="at least {tumour.pr_share:.0%} below baseline, or PR or CR as reported; both answers are told; "
    "disease after a complete response is progression, however it is reported",
    version="2",
    reference="Eisenhauer et al., RECIST 1.1, 2009 (text recalled, to be confirmed)",
    tag="recalled",
    limitations="single lesions and nodes: only the sum is in the data",
    template="Imaging on {on}[, target lesions {total:.0f} mm, baseline {baseline:.0f} mm on {baseline_on} "
    "({change:+.0f}%)]: [{by_sum} by size, ]reported as {reported}, {confirmed}.",
    settings=("tumour.pr_share", "tumour.confirm_days"),
    assess=assess,
    askable=any_image,
)
