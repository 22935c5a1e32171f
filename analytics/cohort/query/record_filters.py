"""Filters on what was recorded: how many results, none for so long, limits of detection, imaging, master data."""

from __future__ import annotations

import numpy as np

from analytics.analysis import Analysis
from analytics.analytes import ANALYTES, INDEX
from analytics.arrays import Bools, days_of
from analytics.cohort.query.lexer import analyte_phrases
from analytics.cohort.query.measure_parser import DAYS
from analytics.cohort.query.one_filter import Filter, date, day_of
from analytics.cohort.query.tokens import Reader
from analytics.compare import Op, compare
from analytics.derive.points import points_of

_COUNTS: dict[str, tuple[Op, str]] = {
    "at least": (">=", "at least"),
    "more than": (">", "more than"),
    "at most": ("<=", "at most"),
    "fewer than": ("<", "fewer than"),
    "less than": ("<", "fewer than"),
}


def _analyte(reader: Reader) -> str:
    return reader.phrase(analyte_phrases()) or reader.refuse(tuple(ANALYTES))


def _results(reader: Reader) -> Filter | None:
    word = reader.take(*_COUNTS)
    if word is None:
        return None
    op, said = _COUNTS[word]
    number = int(reader.number(after=said))
    reader.need("results of", "results", "result of", "of")  # the lexer leaves "result" out
    code = _analyte(reader)

    def mask(analysis: Analysis) -> Bools:
        points = points_of(analysis.case)
        count = np.bincount(points.patient[points.analyte == INDEX[code]], minlength=len(analysis.panel))
        return compare(count.astype(float), op, float(number))

    return Filter(f"{said} {number} results of {code}", mask, analytes=(code,))


def _no_result(reader: Reader) -> Filter | None:
    if not reader.take("no of", "no results of"):  # "result" says nothing to the lexer
        at = reader.at
        if reader.take("no within", "no results within") is None:
            return None
        reader.at -= 1
        if at == reader.at:
            return None
        code = ""
    else:
        code = _analyte(reader)
    reader.need("within")
    days = round(reader.number(after="within") * DAYS[reader.need(*DAYS)])
    reader.need("before end")

    def mask(analysis: Analysis) -> Bools:
        points, case = points_of(analysis.case), analysis.case
        recent = np.floor(points.day) >= np.floor(case.as_of) - days
        if code:
            recent &= points.analyte == INDEX[code]
        has = np.zeros(len(analysis.panel), dtype=bool)
        has[points.patient[recent]] = True
        return ~has

    return Filter(
        f"no result{f' of {code}' if code else ''} within {days} days before the end",
        mask,
        analytes=(code,) if code else None,
    )


def _detection(reader: Reader) -> Filter | None:
    if reader.take("of", "results of") is None:
        return None
    code = _analyte(reader)
    side = reader.need("below detection", "above detection").split()[0]

    def mask(analysis: Analysis) -> Bools:
        points = points_of(analysis.case)
        hit = (points.analyte == INDEX[code]) & (points.comparator == (-1 if side == "below" else 1))
        has = np.zeros(len(analysis.panel), dtype=bool)
        has[points.patient[hit]] = True
        return has

    return Filter(f"a result of {code} {side} detection", mask, analytes=(code,))


def _imaging(reader: Reader) -> Filter | None:
    word = reader.take("no imaging since", "imaging since")
    if word is None:
        return None
    since, lacks = date(reader), word.startswith("no")

    def mask(analysis: Analysis) -> Bools:
        panel = analysis.panel
        late = days_of(panel.imaging["date"]) >= day_of(since)
        has = np.zeros(len(panel), dtype=bool)
        has[panel.codes_of(panel.imaging["patient_id"])[late]] = True
        dated = (panel.patients["clock"] == "date").to_numpy(bool)  # a study day is not a calendar date
        return np.asarray(dated & (has != lacks))

    return Filter(f"{word} {since}", mask)


def _birth(reader: Reader) -> Filter | None:
    word = reader.take("no birth date", "birth date", "no birth_date")
    if word is None:
        return None
    lacks = word.startswith("no")
    return Filter(
        "no birth date" if lacks else "birth date",
        lambda a: np.asarray(a.panel.patients["birth_date"].isna().to_numpy(bool) == lacks),
    )


def _anticoagulants(reader: Reader) -> Filter | None:
    word = reader.take("not on anticoagulants", "on anticoagulants")
    if word is None:
        return None
    lacks = word.startswith("not")

    def mask(analysis: Analysis) -> Bools:
        """Not on them is whoever is not known to be."""
        on = (analysis.panel.patients["on_anticoagulant"] == True).fillna(False).to_numpy(bool)  # noqa: E712
        return np.asarray(on != lacks)

    return Filter(word, mask)


RECORD_FORMS = (_results, _no_result, _detection, _imaging, _birth, _anticoagulants)
"""Readers of these filters, tried one after the other."""
