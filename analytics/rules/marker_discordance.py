"""Do tumour marker and imaging point in different directions?"""

from __future__ import annotations

import numpy as np

from analytics.analytes import CODES, INDEX, MARKERS
from analytics.arrays import Floats, Ints, key
from analytics.case import Case
from analytics.compare import compare, reaches
from analytics.rules._askable import any_image, any_result, both
from analytics.rules._images import RESPONSE_CODES, images_of
from analytics.rules._markers import Markers, markers_of
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._sums import sums_of

_HOW = ("up while imaging shows no progression", "down while imaging shows progression")


def assess(case: Case) -> Assessment:
    """One moment for each report and marker with a result close to it."""
    s, m, sums = case.settings.tumour, markers_of(case), sums_of(case)
    images = sums.images
    up = m.rises.on & m.rises.meets & m.rises.is_confirmed
    down = m.confirmed(compare(m.over_baseline, "<=", s.fall)) & ~m.muted & ~m.rises.on & ~reaches(m.over_nadir, s.rise)
    reports = np.flatnonzero(images.response >= 0)
    parts = [(reports[hit], place[hit]) for place, hit in (_nearest(case, m, c, reports) for c in MARKERS)]
    report = np.concatenate([r for r, _ in parts])
    at = np.concatenate([p for _, p in parts])
    calm = np.isin(images.response[report], (0, 1, 2)) & ~sums.pd[report]
    discordant = (up[at] & calm) | (down[at] & sums.pd[report])
    how = (down[at] & sums.pd[report]).astype(np.int64)
    times = np.where(how == 1, m.over_baseline[at], m.over_nadir[at])
    against = ("its lowest result", "its baseline")
    return Assessment(
        patient=images.patient[report],
        day=images.day[report],
        conditions=(
            Condition("discordance", discordant.astype(float), ">=", 1.0, fails="marker and imaging do not differ"),
        ),
        severity=np.abs(np.log(np.where(times > 0, times, 1.0))),
        numbers={"value": np.round(m.value[at], 1), "times": times},
        days={"on": images.day[report], "marker_on": m.day[at]},
        words={
            **m.words(at),
            "how": (how, _HOW),
            "against": (how, against),
            "reported": (images.response[report] + 1, ("not classified", *RESPONSE_CODES)),
        },
        evidence=(np.full(len(at), -1), m.at[at]),
        group=m.code[at],
        analytes=(m.code[at], CODES),
    )


def _nearest(case: Case, m: Markers, code: str, reports: Ints) -> tuple[Ints, Floats]:
    """Position (in the markers) of the latest result up to a week after each report, and whether it is close enough."""
    mine = np.flatnonzero(m.code == INDEX[code])
    images = images_of(case)
    if not len(mine) or not len(reports):
        return np.zeros(len(reports), dtype=np.int64), np.zeros(len(reports), dtype=bool)
    keys = key(m.patient[mine], m.day[mine])
    place = np.searchsorted(keys, key(images.patient[reports], images.day[reports] + 7), side="right") - 1
    found = mine[np.maximum(place, 0)]
    near = (place >= 0) & (m.patient[found] == images.patient[reports])
    near &= images.day[reports] - m.day[found] <= case.settings.tumour.imaging_days
    return found, near


RULE = Rule(
    code="marker_discordance",
    title="Marker and imaging discordant",
    question="Do tumour marker and imaging point in different directions?",
    level="attention",
    analytes=MARKERS,
    needs=("|".join(MARKERS),),
    window="the latest marker from {tumour.imaging_days} days before to 7 days after the report",
    criteria="marker up: a confirmed rise as in the rule about it; marker down: {tumour.confirm} results in a row at "
    "most {tumour.fall:g} × baseline, no rise, and below {tumour.rise:g} × the lowest result",
    version="2",
    reference="PMC5784620 (n=360): discordance of CEA class and RECIST is prognostic",
    tag="verified",
    limitations="the reason; CA 19-9 while jaundiced is not compared",
    template="{marker} {value:g} {unit} on {marker_on}, {times:.1f} × {against}: {how} (report of {on}: {reported}).",
    settings=("tumour",),
    assess=assess,
    askable=both(any_image, any_result(*MARKERS)),
)
