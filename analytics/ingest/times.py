"""Dates and times: ISO 8601 unless the source's profile declares another form; nothing is guessed.

The wall time of the source is kept, and the offset where it gives one. What is not a date of the declared form gets a
reason. Relative clocks (study day, minutes) are laid from :data:`analytics.tables.RELATIVE_ORIGIN`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analytics import letters
from analytics.tables import RELATIVE_ORIGIN
from analytics.wall_time import NO_OFFSET

PRECISIONS = ("minute", "day", "month", "year")
REASONS = ("", "DATE_MISSING", "DATE_FORMAT", "DATE_AMBIGUOUS", "DATE_2DIGIT", "DATE_RANGE")
OK, MISSING, FORMAT, AMBIGUOUS, TWO_DIGIT, RANGE = range(6)
EARLIEST_YEAR = 1990
ISO_FORMS = tuple(f"%Y-%m-%d{t}" for t in ("T%H:%M:%S%z", "T%H:%M%z", "T%H:%M:%S", "T%H:%M", " %H:%M:%S", " %H:%M", ""))
"""ISO 8601 as forms that a profile can list beside others."""

_ISO = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})"
    r"(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?",
    re.ASCII,
)
_ISO_BASIC = re.compile(
    r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(?:(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?", re.ASCII
)
"""ISO 8601 without signs between the numbers; the T tells it from any number."""
_SLASHED = re.compile(r"(\d{1,2})[./\- ](\d{1,2})[./\- ](\d{4})(?:[ T].*)?", re.ASCII)
_SHORT_YEAR = re.compile(r"\d{1,2}[./\- ](\d{1,2}|[A-Za-z]{3})[./\- ]\d{2}(?:[ T].*)?", re.ASCII)
END_OF_DAY = "24:00"
_AT_END = re.compile(r"(.*\d[T ])24:00((?::00)?)", re.ASCII)
_RELATIVE = re.compile(r"(day|minute) (-?\d{1,9})", re.ASCII)
_DAY_US, _MINUTE_US = 86_400_000_000, 60_000_000
_ORIGIN_US = int((RELATIVE_ORIGIN - pd.Timestamp(0)) // pd.Timedelta(microseconds=1))


@dataclass(frozen=True)
class TimeRule:
    """How times are written in a source.

    Attributes:
        forms: strptime forms tried in order; empty for ISO 8601.
        clock: date, study_day or minutes.
        zone: name of the zone of times that give none; empty if not declared.
        partial: whether a month or a year alone is accepted.
        null_words: exact texts that mean nothing was entered.
        latest: last moment that is believed, as microseconds since 1970.
        earliest_year: dates before it are not believed.
    """

    forms: tuple[str, ...] = ()
    clock: str = "date"
    zone: str = ""
    partial: bool = False
    null_words: frozenset[str] = frozenset(("",))
    latest: int = field(default=2**62)
    earliest_year: int = EARLIEST_YEAR


@dataclass(frozen=True)
class Times:
    """Shape (n words,) each: microseconds since 1970 of the wall time, precision, offset in minutes, reason, clock."""

    at: npt.NDArray[np.int64]
    precision: npt.NDArray[np.int8]
    offset: npt.NDArray[np.int32]
    reason: npt.NDArray[np.int8]
    relative: npt.NDArray[np.int8]


def times(words: pa.Array, rule: TimeRule) -> Times:
    """Read every word."""
    n = len(words)
    found = Times(
        np.zeros(n, np.int64),
        np.ones(n, np.int8),
        np.full(n, NO_OFFSET, np.int32),
        np.full(n, FORMAT, np.int8),
        np.zeros(n, np.int8),
    )
    left = np.ones(n, bool)
    if rule.clock == "date" and not rule.forms:
        left = ~_fast_iso(words, rule, found)
    for i in np.flatnonzero(left):
        at, precision, offset, reason, relative = _one(str(words[i].as_py()), rule)
        found.at[i], found.precision[i], found.offset[i] = at, precision, offset
        found.reason[i], found.relative[i] = reason, relative
    return found


def _fast_iso(words: pa.Array, rule: TimeRule, found: Times) -> npt.NDArray[np.bool_]:
    """Fill in the words of the forms 2024-03-05, 2024-03-05T08:30 and 2024-03-05 08:30:00; which were done."""
    lengths = pc.binary_length(words).to_numpy(zero_copy_only=False)
    done = np.zeros(len(words), bool)
    for length in (10, 16, 19):
        rows = np.flatnonzero(lengths == length)
        if len(rows) and (length == 10 or not rule.zone):
            whole = len(rows) == len(words)
            own = words if whole else words.take(pa.array(rows))
            place = slice(None) if whole else rows
            done[place] = _fixed_width(own, length, rule, place, found)
    return done


def _fixed_width(
    words: pa.Array, length: int, rule: TimeRule, rows: npt.NDArray[np.int64] | slice, found: Times
) -> npt.NDArray[np.bool_]:
    """Dates of one length by place; only those that are plainly right are taken."""
    sheet = _sheet(words, length)
    if sheet is None:
        return np.zeros(len(words), bool)
    number = sheet - np.uint8(48)
    wrong = _largest(number, [i for i in range(length) if i not in (4, 7, 10, 13, 16)]) > 9
    wrong |= (sheet[4] != 45) | (sheet[7] != 45)
    if length > 10:
        wrong |= ((sheet[10] != 84) & (sheet[10] != 32)) | (sheet[13] != 58)
    if length > 16:
        wrong |= sheet[16] != 58

    def pair(at: int) -> npt.NDArray[np.uint8]:
        return np.asarray(number[at] * np.uint8(10) + number[at + 1], dtype=np.uint8)

    year, month, day = pair(0) * np.int32(100) + pair(2), pair(5), pair(8)
    wrong |= (month < 1) | (month > 12) | (day < 1) | (year < 1)
    firsts, lengths = _months()
    place = year * np.int32(12) + month - np.int32(1)
    if wrong.any():
        place[wrong] = 0
    wrong |= day > lengths[place]
    seconds = (day - np.int32(1)) * np.int32(86_400)
    if length > 10:
        hour, minute = pair(11), pair(14)
        wrong |= (hour > 23) | (minute > 59)
        seconds += hour * np.int32(3600) + minute * np.int32(60)
    if length > 16:
        second = pair(17)
        wrong |= second > 59
        seconds += second
    at = firsts[place] + seconds * np.int64(1_000_000)
    out = (year < rule.earliest_year) | (at > rule.latest)
    precision = 0 if length > 10 else 1
    if wrong.any():
        at[wrong], out[wrong] = 0, False
        found.precision[rows] = np.where(wrong, 1, precision)
        found.reason[rows] = np.where(wrong, FORMAT, np.where(out, RANGE, OK))
    else:
        found.precision[rows] = precision
        found.reason[rows] = np.where(out, RANGE, OK) if out.any() else OK
    found.at[rows] = at
    return np.asarray(~wrong, dtype=bool)


def _sheet(words: pa.Array, length: int) -> npt.NDArray[np.uint8] | None:
    """Letters of texts of one length, shape (length, n words); None where they are not ASCII."""
    buffers, start = words.buffers(), words.offset
    offsets = np.frombuffer(buffers[1], np.int32)[start : start + len(words) + 1]
    letters = np.frombuffer(buffers[2], np.uint8)[offsets[0] : offsets[-1]]
    if len(letters) != len(words) * length:
        return None
    return np.ascontiguousarray(letters.reshape(len(words), length).T)


@lru_cache(maxsize=1)
def _months() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Microseconds from 1970 to the first of each month of the years 0 to 9999, and the days in it."""
    months = np.arange("0000-01", "10000-02", dtype="datetime64[M]")
    firsts = months.astype("datetime64[D]").astype(np.int64)
    return firsts[:-1] * _DAY_US, np.diff(firsts).astype(np.uint8)


def _largest(number: npt.NDArray[np.uint8], rows: list[int]) -> npt.NDArray[np.uint8]:
    """The largest of these rows at each place."""
    largest: npt.NDArray[np.uint8] = number[rows[0]].copy()
    for row in rows[1:]:
        np.maximum(largest, number[row], out=largest)
    return largest


def _one(text: str, rule: TimeRule) -> tuple[int, int, int, int, int]:
    """One word: (microseconds, precision, offset, reason, clock: 0 date, 1 study day, 2 minutes)."""
    text = letters.plain(text).strip()
    if text in rule.null_words:
        return 0, 1, NO_OFFSET, MISSING, 0
    if rule.clock != "date":
        return _relative(text, rule.clock)
    if ended := _AT_END.fullmatch(text):  # ISO 8601: the end of a day is the beginning of the next
        return _after(_one(f"{ended[1]}00:00{ended[2]}", replace(rule, latest=rule.latest - _DAY_US)))
    told = _RELATIVE.fullmatch(text)
    if told:
        return _relative(told[2], "study_day" if told[1] == "day" else "minutes")
    if rule.forms:
        return _declared(text, rule)
    match = _ISO.fullmatch(text) or _ISO_BASIC.fullmatch(text)
    if match:
        return _iso(match, rule)
    return 0, 1, NO_OFFSET, _why_not(text), 0


def _after(read: tuple[int, int, int, int, int]) -> tuple[int, int, int, int, int]:
    """A day later, where it is a time."""
    return (read[0] + _DAY_US, *read[1:]) if read[3] == OK else read


def _relative(text: str, clock: str) -> tuple[int, int, int, int, int]:
    if not re.fullmatch(r"[+-]?\d{1,9}(\.0+)?", text, re.ASCII):
        return 0, 1, NO_OFFSET, FORMAT, 0
    step = _DAY_US if clock == "study_day" else _MINUTE_US
    return (
        _ORIGIN_US + int(float(text)) * step,
        1 if clock == "study_day" else 0,
        NO_OFFSET,
        OK,
        1 if clock == "study_day" else 2,
    )


def _iso(match: re.Match[str], rule: TimeRule) -> tuple[int, int, int, int, int]:
    year, month, day, hour, minute, second, part, zone = match.groups()
    precision = 0 if hour else 1 if day else 2 if month else 3
    try:
        moment = datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return 0, precision, NO_OFFSET, FORMAT, 0
    if part:
        moment = moment.replace(microsecond=int(part[:6].ljust(6, "0")))
    if precision >= 2 and not rule.partial:
        return 0, precision, NO_OFFSET, FORMAT, 0
    return _checked(moment, precision, _offset(moment, zone, rule.zone if hour else ""), rule)


def _declared(text: str, rule: TimeRule) -> tuple[int, int, int, int, int]:
    for form in rule.forms:
        shape, has_time = _shape(form)
        if not shape.fullmatch(text):
            continue
        try:
            moment = datetime.strptime(text, form)
        except ValueError:
            continue
        offset = NO_OFFSET
        if moment.tzinfo:
            offset = int((moment.utcoffset() or timedelta()).total_seconds() // 60)
            moment = moment.replace(tzinfo=None)
        elif has_time:
            offset = _offset(moment, "", rule.zone)
        partial = "%d" not in form and "%j" not in form
        if partial and not rule.partial:
            return 0, 2, NO_OFFSET, FORMAT, 0
        return _checked(moment, 0 if has_time else 2 if partial else 1, offset, rule)
    return 0, 1, NO_OFFSET, FORMAT, 0


def fits(text: str, form: str) -> bool:
    """Whether a text has the shape of a form of strptime."""
    return bool(_shape(form)[0].fullmatch(text))


_ONE_OR_TWO = frozenset(("%d", "%m", "%H", "%I"))
_DIGITS = _ONE_OR_TWO | {"%Y", "%y", "%M", "%S", "%j", "%f"}


@lru_cache(maxsize=64)
def _shape(form: str) -> tuple[re.Pattern[str], bool]:
    """A form of strptime as a strict pattern: strptime itself takes one digit for two and any run of blanks.

    Of numbers without a sign between them each has all its digits: ``2025031210`` is no ``%Y%m%d%H%M``.
    """
    parts = {
        "%d": r"\d{1,2}", "%m": r"\d{1,2}", "%Y": r"\d{4}", "%H": r"\d{1,2}", "%M": r"\d{2}", "%S": r"\d{2}",
        "%y": r"\d{2}", "%b": r"[A-Za-z]{3}", "%B": r"[A-Za-z]+", "%I": r"\d{1,2}", "%p": r"[AaPp][Mm]",
        "%f": r"\d{1,6}", "%z": r"(?:Z|[+-]\d{2}:?\d{2})", "%j": r"\d{1,3}", "%%": "%",
    }  # fmt: skip
    tokens = re.findall(r"%.|[^%]+", form)
    beside = [{*tokens[max(i - 1, 0) : i], *tokens[i + 1 : i + 2]} for i in range(len(tokens))]
    pattern = "".join(
        r"\d{2}" if t in _ONE_OR_TWO and near & _DIGITS else parts.get(t, re.escape(t))
        for t, near in zip(tokens, beside, strict=True)
    )
    return re.compile(pattern, re.ASCII), "%H" in form or "%I" in form


def _offset(moment: datetime, zone: str | None, declared: str) -> int:
    """Minutes east of UTC; none where the wall time does not exist or happened twice in the declared zone."""
    if zone == "Z":
        return 0
    if zone:
        sign = -1 if zone[0] == "-" else 1
        return sign * (int(zone[1:3]) * 60 + int(zone[3:].strip(":") or 0))
    if not declared:
        return NO_OFFSET
    first = moment.replace(tzinfo=ZoneInfo(declared), fold=0).utcoffset()
    second = moment.replace(tzinfo=ZoneInfo(declared), fold=1).utcoffset()
    return NO_OFFSET if first is None or first != second else int(first.total_seconds() // 60)


def _checked(moment: datetime, precision: int, offset: int, rule: TimeRule) -> tuple[int, int, int, int, int]:
    at = (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    if abs(offset) > 24 * 60 and offset != NO_OFFSET:
        return 0, precision, NO_OFFSET, FORMAT, 0
    if moment.year < rule.earliest_year or at > rule.latest:
        return at, precision, offset, RANGE, 0
    return at, precision, offset, OK, 0


def _why_not(text: str) -> int:
    match = _SLASHED.fullmatch(text)
    if match:
        return AMBIGUOUS if int(match[1]) <= 12 and int(match[2]) <= 12 else FORMAT
    return TWO_DIGIT if _SHORT_YEAR.fullmatch(text) else FORMAT


def may_be_date(text: str) -> bool:
    """Whether a text looks like a date whose parts have to be told apart, with or without a time."""
    return bool(_SLASHED.fullmatch(text) or _SHORT_YEAR.fullmatch(text))


def explain(text: str, reason: int, rule: TimeRule) -> tuple[str, str]:
    """What was found and what is accepted, and what would make it acceptable."""
    wanted = " or ".join(rule.forms) or "ISO 8601, like 2024-03-05 or 2024-03-05T08:30"
    said: dict[int, tuple[str, str]] = {
        MISSING: ("there is no date", ""),
        FORMAT: (f"{text!r} is not a date of the form {wanted}", "declare the form in the profile: dates = [...]"),
        AMBIGUOUS: (
            f"{text!r} can be read as day/month and as month/day",
            'declare the form in the profile, for example dates = ["%d/%m/%Y"]',
        ),
        TWO_DIGIT: (f"{text!r} has a year of two digits", 'declare the form in the profile, for example "%d.%m.%y"'),
        RANGE: (f"{text!r} is before {rule.earliest_year} or in the future", ""),
    }
    return said[reason]


def as_times(at: npt.NDArray[np.int64]) -> Any:
    """Microseconds as datetime64[us]."""
    return at.astype("datetime64[us]")
