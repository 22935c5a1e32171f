"""A date and a time of day in two columns as one text; draws of one day told apart by visit and number of record."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from analytics import letters
from analytics.ingest.dictionary import Coded, pairs_of
from analytics.ingest.profile import Profile
from analytics.ingest.times import END_OF_DAY, TimeRule

_CLOCK = re.compile(
    r"(\d{1,2})(?:[:.hH](\d{2})(?:[:.](\d{2})(?:\.\d+)?)?|(\d{2})(\d{2})?)\s*(?:([AaPp])\.?[Mm]\.?)?(?:\s*(?:Uhr|h))?",
    re.ASCII,
)
CLOCK_FORMS = (" %H:%M:%S", " %H:%M")
DAY_PRECISION = 1


def clock_of(text: str) -> str:
    """A time of day as ``08:05`` or ``08:05:30``; empty where it is none.

    ``0805``, ``805``, ``8h05`` and ``8:05 AM`` are read too; ``24:00`` is the end of the day.
    """
    text = letters.plain(text).strip()
    if _END_OF_DAY.fullmatch(text):
        return END_OF_DAY
    match = _CLOCK.fullmatch(text)
    if not match:
        return ""
    hour, minute, second = int(match[1]), int(match[2] or match[4]), int(match[3] or match[5] or 0)
    half = (match[6] or "").casefold()
    if half and not 1 <= hour <= 12:
        return ""
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    if hour > 23 or minute > 59 or second > 59:
        return ""
    return f"{hour:02d}:{minute:02d}" + (f":{second:02d}" if match[3] or match[5] else "")


_END_OF_DAY = re.compile(r"24[:.hH]?00(?:[:.]?00)?(?:\s*(?:Uhr|h))?", re.ASCII)
_PART = re.compile(r"0?\.\d+|0|0\.0+", re.ASCII)
_SURE_PART = re.compile(r"0?\.(?:\d|\d{3,})", re.ASCII)
"""What is no ``hour.minute`` for certain: it has one digit, or three and more, behind the point."""


def clocks_of(texts: Sequence[str]) -> list[str]:
    """Times of day of a column; empty texts where they are none.

    Parts of a day as spreadsheets store times (``0.3368`` is 08:05) are read where one of them can be nothing else;
    ``0.25`` alone may be a quarter of a day and 25 minutes past midnight, and is not read.
    """
    plain = [letters.plain(t).strip() for t in texts]
    if any(_SURE_PART.fullmatch(t) for t in plain):
        return [_of_day(float(t)) if _PART.fullmatch(t) else clock_of(t) for t in plain]
    return ["" if _PART.fullmatch(t) and "." in t else clock_of(t) for t in plain]


def _of_day(part: float) -> str:
    """A part of a day as a time, to the second, since spreadsheets keep less only by rounding."""
    seconds = round(part * 86_400)
    if seconds >= 86_400:
        return ""
    hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hour:02d}:{minute:02d}" + (f":{second:02d}" if second else "")


def joined(date: Coded, clock: Coded, profile: Profile) -> Coded:
    """Both as one text; a time that is none stays as it is written, so that the whole is no date."""
    own = clock.list()
    found = clocks_of([w for w in own if w not in profile.nulls])
    read = iter(found)
    times = [w if w in profile.nulls else next(read) or w for w in own]
    pairs, codes = pairs_of(date, clock)
    dates = date.list()
    words = []
    for d, c in pairs.tolist():
        day, time = dates[d], times[c]
        plain = day if profile.dates else _extended(day)
        alone = time in profile.nulls or day in profile.nulls
        words.append(plain if alone else f"{_MIDNIGHT.sub('', plain)} {time}")
    return Coded(codes, pa.array(words, pa.string()))


_MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?$")
"""What stands behind the day in a column of dates that has its times elsewhere."""


def _extended(text: str) -> str:
    """``20240305`` as ``2024-03-05``: beside a column of times it is plainly a date."""
    match = re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text, re.ASCII)
    return "-".join(match.groups()) if match else text


def with_clock(rule: TimeRule) -> TimeRule:
    """The rule of a file whose dates have their time in another column."""
    added = tuple(form + clock for form in rule.forms if "%H" not in form and "%I" not in form for clock in CLOCK_FORMS)
    return replace(rule, forms=(*rule.forms, *added)) if rule.forms else rule


def specimens(
    get: Mapping[str, Coded], precision: npt.NDArray[np.int8], fluid: npt.NDArray[np.int8], profile: Profile
) -> Coded | None:
    """Specimen per row; where only the day of a draw is known, the visit and the number of the record stand for it.

    Args:
        get: columns by role: ``specimen_id``, ``visit``, ``sequence``.
        precision: of the time of each row, position in times.PRECISIONS.
        fluid: what each entry of ``specimen_id`` is taken for (analytics.ingest.fluids): a fluid is no number.
        profile: null words.
    """
    own = get.get("specimen_id")
    if own is not None and fluid.any():
        own = Coded.of(np.where(fluid > 0, "", np.array(own.list(), object)[own.codes]))
    if "visit" not in get and "sequence" not in get:
        return own
    n = len(precision)
    texts = np.full(n, "", object) if own is None else np.array(_plain(own, profile), object)[own.codes]
    open_rows = (texts == "") & (precision == DAY_PRECISION)
    if not open_rows.any():
        return own
    if "visit" in get:
        visit = np.array(_plain(get["visit"], profile), object)[get["visit"].codes]
        texts = np.where(open_rows, visit, texts)
    if "sequence" in get:
        twice = open_rows & _several(get, texts)
        number = np.array(_plain(get["sequence"], profile), object)[get["sequence"].codes]
        texts[twice] = [f"{v} {s}".strip() for v, s in zip(texts[twice], number[twice], strict=True)]
    return Coded.of(texts)


def _plain(column: Coded, profile: Profile) -> list[str]:
    return ["" if w in profile.nulls else w for w in column.list()]


def _several(get: Mapping[str, Coded], texts: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    """Rows of a person, test, day and visit that has several records with different results."""
    columns = {r: get[r].codes for r in ("patient_id", "analyte", "collected_at", "value")}
    frame = pd.DataFrame({**columns, "visit": texts})
    key = ["patient_id", "analyte", "collected_at", "visit"]
    return np.asarray(frame.groupby(key)["value"].transform("nunique").to_numpy() > 1, dtype=bool)
