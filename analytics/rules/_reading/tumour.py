"""Facts for and against tumour growth in the liver."""

from __future__ import annotations

import numpy as np

from analytics.compare import compare
from analytics.derive.visits import visits_of
from analytics.rules._images import RESPONSE_CODES
from analytics.rules._markers import markers_of
from analytics.rules._reading._fact import Fact, Span, pick, pick_word
from analytics.rules._sums import sums_of


def facts(span: Span) -> list[Fact]:
    """All of them."""
    return [*_markers(span), *_imaging(span), *_tests(span)]


def _markers(span: Span) -> list[Fact]:
    m = markers_of(span.case)
    up = np.flatnonzero(m.rises.on & m.rises.meets)
    up = up[np.lexsort((m.day[up], m.patient[up]))]
    calm = np.flatnonzero(compare(m.over_nadir, "<", 1.2) & ~m.muted & ~m.rises.on)
    calm = calm[np.lexsort((m.day[calm], m.patient[calm]))]
    rising = span.within(m.patient[up], m.day[up], 60, 45)
    steady = span.within(m.patient[calm], m.day[calm], 7, 45, last=True)
    return [
        Fact(
            "{marker} {value:.1f} {unit} on {on}, {times:.1f} × its lowest result",
            rising >= 0,
            2,
            numbers={"value": pick(m.value[up], rising), "times": pick(m.over_nadir[up], rising)},
            days={"on": pick(m.day[up], rising)},
            words=m.words(np.append(up, -1)[rising]),
        ),
        Fact(
            "{marker} {value:.1f} {unit} on {on}, {times:.1f} × its lowest result: not rising",
            (steady >= 0) & (rising < 0),
            -1,
            numbers={"value": pick(m.value[calm], steady), "times": pick(m.over_nadir[calm], steady)},
            days={"on": pick(m.day[calm], steady)},
            words=m.words(np.append(calm, -1)[steady]),
        ),
    ]


def _imaging(span: Span) -> list[Fact]:
    sums = sums_of(span.case)
    images = sums.images
    reported = images.new_lesion | (images.response == RESPONSE_CODES.index("PD"))
    grown, larger = np.flatnonzero(reported), np.flatnonzero(sums.pd & ~reported)
    calm = np.flatnonzero(np.isin(images.response, (0, 1, 2)) & ~sums.pd)
    seen = span.within(images.patient[grown], images.day[grown], 45, 60)
    by_sum = span.within(images.patient[larger], images.day[larger], 45, 60)
    not_seen = span.within(images.patient[calm], images.day[calm], 7, 45)
    return [
        Fact(
            "progression reported on imaging of {on}",
            seen >= 0,
            2,
            days={"on": pick(images.day[grown], seen)},
        ),
        Fact(
            "sum of targets of {on} meets progression, reported as {response}",
            (by_sum >= 0) & (seen < 0),
            1,
            days={"on": pick(images.day[larger], by_sum)},
            words={"response": (pick_word(images.response[larger], by_sum), (*RESPONSE_CODES, "not classified"))},
        ),
        Fact(
            "no progression on imaging of {on} ({response})",
            (not_seen >= 0) & (seen < 0),
            -1,
            days={"on": pick(images.day[calm], not_seen)},
            words={"response": (pick_word(images.response[calm], not_seen), RESPONSE_CODES)},
        ),
    ]


def _tests(span: Span) -> list[Fact]:
    v = visits_of(span.case)
    alp, ggt, bili = (span.most(v.x_baseline(c)) for c in ("ALP", "GGT", "BILI"))
    bili_x = span.most(v.x_uln("BILI"))
    ldh = span.most(v.x_baseline("LDH"))
    days = span.last - span.onset
    slow = (alp >= 1.3) & (ggt >= 1.3) & ~(bili_x > 1) & (days >= 28)
    return [
        Fact(
            "ALP {alp:.1f} × and GGT {ggt:.1f} × baseline over {days:.0f} days with bilirubin within limits",
            np.asarray(slow),
            1,
            numbers={"alp": alp, "ggt": ggt, "days": days, "bili": bili},
        ),
        Fact("LDH {ldh:.1f} × baseline", np.asarray(slow & (ldh >= 1.3)), 1, numbers={"ldh": ldh}),
    ]
