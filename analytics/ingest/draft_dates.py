"""Forms of dates for a draft of a profile: decided by an entry that allows one reading, else asked with both."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import tomlkit

from analytics.ingest.draft_questions import Questions
from analytics.ingest.draft_roles import Seen
from analytics.ingest.times import ISO_FORMS, fits

_TIME = r"(\d{1,2}[:.hH]\d{2}|\d{4})([:.]\d{2})?( ?[AaPp][Mm])?"
_DAY_MONTH = re.compile(rf"(\d{{1,2}})([./-])(\d{{1,2}})\2(\d{{4}}|\d{{2}})(?:(,? |T){_TIME})?")
_NAMED = re.compile(
    r"(\d{1,2})([-. /]?)([A-Za-z]{3})\2(\d{4}|\d{2})(?:([ :T])(\d{1,2}:\d{2})(:\d{2})?( ?[AaPp][Mm])?)?"
)
_MONTH_FIRST = re.compile(rf"([A-Za-z]{{3,9}})( |-)(\d{{1,2}})(, ?| |-)(\d{{4}}|\d{{2}})(?:(,? ){_TIME})?")
_YEAR_FIRST = re.compile(r"(\d{4})/(\d{2})/(\d{2})(?:( )(\d{1,2}:\d{2})(:\d{2})?)?")
_COMPACT = re.compile(r"(?:19|20)\d{6}(\d{4})?(?(1)(\d{2})?)")
EXAMPLES = 3


def days(columns: Sequence[str]) -> list[str]:
    """Names of columns that are dates, where two at least are."""
    found = [n for n in columns if _DAY_MONTH.fullmatch(n) or re.fullmatch(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2})?", n)]
    return found if len(found) > 1 else []


def form_of_days(found: Sequence[str], questions: Questions) -> list[str]:
    """Forms of the dates that are names of columns; none for ISO 8601 or where it cannot be told."""
    matches = [m for n in found if (m := _DAY_MONTH.fullmatch(n))]
    if not matches:
        return []
    form = _decided(matches, "names of columns", questions, [])
    return [form] if form else []


def dates(seen: Seen, column: str, lines: tomlkit.TOMLDocument, questions: Questions) -> None:
    """Put the forms of a column's dates into the draft, or ask."""
    cells = seen.filled(column)
    if not cells:
        return
    if all(re.fullmatch(r"-?\d{1,7}", c) for c in cells):
        questions.ask(
            f"{column} holds whole numbers: are they days of a study, or minutes? Day numbers of a spreadsheet are not "
            "read; make them dates there",
            "clock = 'study_day' or clock = 'minutes'",
        )
        return
    forms: dict[str, list[re.Match[str]]] = {}
    for match in (m for m in map(_DAY_MONTH.fullmatch, cells) if m):
        forms.setdefault(_form(match), []).append(match)
    plain = sorted({f for c in cells if (f := _plain(c))})
    other = next((c for c in cells if not _DAY_MONTH.fullmatch(c) and not _plain(c)), "")
    if len(forms) + len(plain) > 1 or (forms and other):
        first = [group[0][0] for group in forms.values()]
        first += [next(c for c in cells if _plain(c) == form) for form in plain]
        shown = " and ".join(repr(c) for c in [*first, *filter(None, [other])])
        questions.ask(f"{column}: more than one form of date: {shown}; each is decided by its own entries")
    found = [
        form
        for _, alike in sorted(forms.items(), reverse=True)
        if (form := _decided(alike, column, questions, seen.rows))
    ]
    found += plain
    if found:  # a profile that lists forms reads no others, so those of ISO 8601 that occur stand there too
        lines["dates"] = [*(form for form in ISO_FORMS if any(fits(c, form) for c in cells)), *found]


def _form(match: re.Match[str]) -> str:
    return match[2] + ("%Y" if len(match[4]) == 4 else "%y") + _clock(match[5], match[6], match[7], match[8])


def _clock(sign: str | None, clock: str | None, second: str | None, half: str | None) -> str:
    if not clock:
        return ""
    rest = (f"{second[0]}%S" if second else "") + ((" " if half.startswith(" ") else "") + "%p" if half else "")
    between = next((c for c in clock if not c.isdigit()), "")
    return f"{sign}{'%I' if half else '%H'}{between}%M{rest}"


def _plain(cell: str) -> str:
    """Form of a date that has one reading: with the month's name, year first, or eight digits; empty for others."""
    if match := _NAMED.fullmatch(cell):
        year = "%Y" if len(match[4]) == 4 else "%y"
        return f"%d{match[2]}%b{match[2]}{year}" + _clock(match[5], match[6], match[7], match[8])
    if match := _MONTH_FIRST.fullmatch(cell):
        month, year = "%b" if len(match[1]) == 3 else "%B", "%Y" if len(match[5]) == 4 else "%y"
        return f"{month}{match[2]}%d{match[4]}{year}" + _clock(match[6], match[7], match[8], match[9])
    if match := _YEAR_FIRST.fullmatch(cell):
        return "%Y/%m/%d" + _clock(match[4], match[5], match[6], None)
    match = _COMPACT.fullmatch(cell)
    return "%Y%m%d" + ("%H%M" if match[1] else "") + ("%S" if match[2] else "") if match else ""


def _year_first(sign: str, rest: str) -> str:
    return f"%y{sign}%m{sign}%d{rest.removeprefix(sign + '%y')}"


def _year_may_be_first(matches: Sequence[re.Match[str]]) -> bool:
    """Whether years of two digits may stand in front: all entries allow it, and they would be as late as the others."""
    if any(len(part) != 2 for m in matches for part in (m[1], m[3], m[4])):
        return False
    now = date.today().year % 100
    first, last = [int(m[1]) for m in matches], [int(m[4]) for m in matches]
    possible = max(first) <= now and max(last) <= 31 and min(last) > 0
    in_future = max(last) > now  # as years
    return possible and (in_future or (max(first) >= max(last) and len(set(first)) <= len(set(last))))


def _decided(matches: Sequence[re.Match[str]], column: str, questions: Questions, rows: Sequence[Sequence[str]]) -> str:
    """Which of the first two numbers is the day, where some date tells; else a question and nothing."""
    sign, rest = matches[0][2], _form(matches[0])
    day_first, month_first = f"%d{sign}%m{rest}", f"%m{sign}%d{rest}"
    first, second = max(int(m[1]) for m in matches), max(int(m[3]) for m in matches)
    if first > 12 >= second and not _year_may_be_first(matches):
        return day_first
    if first > 12 >= second:
        cell = matches[0][0]
        questions.ask(
            f"{column}: {cell!r} may have its year first or last: {matches[0][1]}.{matches[0][3]}. of the year "
            f"..{matches[0][4]}, or {matches[0][4]}.{matches[0][3]}. of the year ..{matches[0][1]}; say which",
            f"dates = [{day_first!r}] or dates = [{_year_first(sign, rest)!r}]",
        )
        return ""
    if second > 12 >= first and sign != ".":
        return month_first
    if second > 12 >= first:  # no country writes the month first with full stops: more likely a slip of one entry
        cell = next(m[0] for m in matches if int(m[3]) > 12)
        questions.append(
            f"{column}: {cell!r} can only have its month first, which is not usual with full stops: an error of that "
            f"entry, or the form of all; decide: {day_first!r} or {month_first!r} in dates = [...]"
        )
        return ""
    cell = matches[0][0]
    day, month, year = matches[0][1], matches[0][3], matches[0][4]
    examples = [" | ".join(row) for row in rows if any(m[0] in (c.strip() for c in row) for m in matches)][:EXAMPLES]
    questions.ask(
        f"{column}: nothing in the part that was read tells whether {cell!r} is day or month first: day {day} of month "
        f"{month} of {year}, or day {month} of month {day}; say which"
        + (f"; rows: {'; '.join(examples)}" if examples else ""),
        f"dates = [{day_first!r}] or dates = [{month_first!r}]",
    )
    return ""
