"""Reads from atoms who is asked about: sex, age, primary, site, ids, treatment, findings and what was recorded."""

from __future__ import annotations

from collections.abc import Callable

from analytics.cohort.query.cursor import Cursor
from analytics.cohort.query.vocabulary import ALSO_RECORDED
from analytics.cohort.query.windows_read import days, duration, line_of

_AGE = {">=": "at least", ">": "above", "<=": "at most", "<": "below"}
YEARS = (1900, 2200)
"""What a number may be as a year."""
_COUNT = {">=": "at least", ">": "more than", "<=": "at most", "<": "fewer than"}


def filter_of(cursor: Cursor) -> list[str] | None:
    """Filters in the words of the grammar, without "where"; None and nothing read where none comes next."""
    mark = cursor.mark()
    for form in _FORMS:
        found = form(cursor)
        if found:
            return found
        cursor.back(mark)
    return None


def _finding(cursor: Cursor) -> list[str] | None:
    lacks = cursor.take("no", "never", "except")
    code = None if cursor.has("event") else cursor.take("finding")  # recorded as such: an event
    if not code:
        return None
    met = f"{'no ' if lacks else ''}finding {code}"
    if code not in ALSO_RECORDED or _word(cursor) == "finding":
        return [met]
    name = " ".join(word.text for word in cursor.atoms[cursor.trail[-1]].words)
    return [cursor.choose((met, f'{"no" if lacks else "has"} agent "{name}"'))]


_PROGRESSING = "tumour is progressing"


def _answer(cursor: Cursor) -> list[str] | None:
    """ "liver function failing": an answer by its name; of the tumour perhaps what imaging said at some time."""
    said = cursor.take("answer")
    if said is None:
        return None
    return [cursor.choose((said, "has imaging PD")) if said == _PROGRESSING else said]


def _sex(cursor: Cursor) -> list[str] | None:
    sex = cursor.take("sex")
    if sex is None and cursor.take("sex word"):
        differs = cursor.take("differs") is not None
        cursor.take("equals")
        letter = cursor.take("sex", "sex letter")
        sex = str(letter) if letter in ("F", "M") else _word(cursor).upper() if letter else None
        sex = f"not {sex}" if sex and differs else sex
    if sex is None:
        return None
    return [f"sex is {sex}", *(_bare_age(cursor) or [])]


def _word(cursor: Cursor) -> str:
    """The word that was read last."""
    return cursor.atoms[cursor.trail[-1]].words[0].text


def _bare_age(cursor: Cursor) -> list[str] | None:
    """ "women over 70"."""
    mark = cursor.mark()
    op, number = cursor.take("compare"), cursor.take("number")
    if op and number is not None and not cursor.has("x", "percent", "scale", "unit", "unit of counts", "quantity"):
        cursor.take("years")
        cursor.take("old")
        return [f"age {_AGE[op]} {number:g}"]
    cursor.back(mark)
    return None


def _age(cursor: Cursor) -> list[str] | None:
    named = cursor.take("age") is not None
    if cursor.take("between"):
        low = cursor.take("number")
        joined = cursor.take("and", "to") or cursor.dashed()
        high = cursor.take("number")
        years = cursor.take("years")
        if low is None or high is None or not joined or not (named or years):
            return None
        return [f"age at least {low:g}", f"age at most {high:g}"]
    op = cursor.take("compare")
    named = named or (op is not None and cursor.atoms[cursor.trail[-1]].words[0].text in ("older", "younger"))
    number = cursor.take("number")
    if number is None:
        return None
    if (found := _age_range(cursor, op, number)) is not None:
        return found
    if named and not op and (cursor.take("to") or cursor.dashed()) and (high := cursor.take("number")) is not None:
        cursor.take("years")
        return [f"age at least {number:g}", f"age at most {high:g}"]
    years = cursor.take("years")
    op = op or cursor.take("behind")
    years = cursor.take("years") or years
    cursor.take("old")
    return [f"age {_AGE[op]} {number:g}"] if op and (named or years) else None


def _age_range(cursor: Cursor, op: str | None, number: float) -> list[str] | None:
    """ "at least 18 and at most 75 years"."""
    mark = cursor.mark()
    other = cursor.take("compare") if op and cursor.take("and", "comma") else None
    second = cursor.take("number") if other else None
    if op and other and second is not None and op[0] != other[0] and cursor.take("years"):
        cursor.take("old")
        return [f"age {_AGE[op]} {number:g}", f"age {_AGE[other]} {second:g}"]
    cursor.back(mark)
    return None


def _named(column: str, kind: str) -> Callable[[Cursor], list[str] | None]:
    def read(cursor: Cursor) -> list[str] | None:
        cursor.take(f"{kind} word")
        lacks = cursor.take("no", "except") is not None
        if not lacks and kind == "site":
            cursor.take("side", "against", "within", "by")
        cursor.take(f"{kind} word")
        differs = cursor.take("differs", "no") is not None  # "site is not Valley"
        lacks = differs or lacks
        cursor.take("equals")
        first = cursor.take(kind)
        if first is None:
            return None
        values = _names(first)
        while True:
            mark = cursor.mark()
            more = cursor.take(kind) if cursor.take("or", "comma", "and") or kind == "id" else None
            if more is None:
                cursor.back(mark)
                break
            values += _names(more)
        if kind == "primary":
            cursor.take("primary word")
        quoted = " or ".join(f'"{v}"' if not v.isalpha() else v for v in dict.fromkeys(values))
        age = (_bare_age(cursor) or []) if kind == "primary" else []
        return [f"{column} is {'not ' if lacks else ''}{quoted}", *age]

    return read


def _names(value: object) -> list[str]:
    """One name, or several that a store has for it."""
    return [str(v) for v in value] if isinstance(value, tuple) else [str(value)]


def _birth(cursor: Cursor) -> list[str] | None:
    lacks = cursor.take("no", "missing")
    if not cursor.take("birth date"):
        return None
    lacks = cursor.take("missing") or lacks
    return ["no birth date" if lacks else "birth date"]


def _anticoagulants(cursor: Cursor) -> list[str] | None:
    lacks = cursor.take("no")
    cursor.take("side")
    return [f"{'not ' if lacks else ''}on anticoagulants"] if cursor.take("anticoagulants") else None


def _imaging(cursor: Cursor) -> list[str] | None:
    lacks = cursor.take("no", "never")
    if not cursor.take("imaging") or not cursor.take("since", "side"):
        return None
    date = cursor.take("date")
    return [f"{'no ' if lacks else ''}imaging since {date}"] if date else None


def _count_first(cursor: Cursor) -> list[str] | None:
    """ "n(ALT) >= 10", "number of ALT results above 10"."""
    if not cursor.take("count word"):
        return None
    cursor.take("results")
    codes = cursor.take("quantity")
    cursor.take("results")
    op, number = cursor.take("compare"), cursor.take("number")
    op = op or cursor.take("behind")
    if not codes or len(codes) > 1 or codes == ("*",) or not op or number is None:
        return None
    return None if cursor.has("x", "scale", "unit", "percent") else [f"{_COUNT[op]} {number:g} results of {codes[0]}"]


def _first_dose(cursor: Cursor) -> list[str] | None:
    """ "first dose between 2025-01-01 and 2025-06-30"."""
    if cursor.take("anchor") != "first dose":
        return None
    inner = cursor.mark()
    if cursor.take("within") and (year := cursor.take("number")) and year.is_integer() and YEARS[0] < year < YEARS[1]:
        return [f"first dose from {year:.0f}-01-01 to {year:.0f}-12-31"]
    cursor.back(inner)
    cursor.take("between", "since", "side")
    first = cursor.take("date")
    last = cursor.take("date") if first and cursor.take("and", "to", "side") else None
    return [f"first dose from {first} to {last}"] if last else None


def _count(cursor: Cursor) -> list[str] | None:
    """ "at least 3 creatinine values"."""
    op, number = cursor.take("compare"), cursor.take("number")
    op = op or cursor.take("behind")
    if not op or number is None:
        return None
    first = cursor.take("results") is not None
    cursor.take("side")
    codes = cursor.take("quantity")
    if not codes or len(codes) > 1 or codes == ("*",) or not (cursor.take("results") or first):
        return None
    if cursor.has("compare", "up", "down", "raised", "normal", "low", "between"):
        return None
    return [f"{_COUNT[op]} {number:g} results of {codes[0]}"]


def _nothing_lately(cursor: Cursor) -> list[str] | None:
    """ "no ALT in the last 4 weeks", "no bloods for 3 weeks"."""
    if not cursor.take("no"):
        return None
    codes = cursor.take("quantity")
    cursor.take("results")
    if not codes or len(codes) > 1:
        return None
    if not cursor.take("last days", "for", "within"):
        return None
    cursor.take("last")
    cursor.take("compare")
    number = cursor.take("number") or 1.0
    factor = duration(cursor)
    if factor is None:
        return None
    mark = cursor.mark()
    if cursor.take("side"):
        if cursor.take("anchor") != "the end":
            return None
    else:
        cursor.back(mark)
    of = "" if codes == ("*",) else f" of {codes[0]}"
    return [f"no result{of} within {days(number, factor)} days before the end"]


def _treated(cursor: Cursor) -> list[str] | None:
    """ "treated with FOLFOX", "anti-EGFR exposed"; a drug alone before its patients."""
    lacks = cursor.take("no", "never", "except")
    mark = cursor.mark()
    said = cursor.take("treated")
    if said is None and lacks is not None:
        said = cursor.take("side") == "on" or cursor.take("while")  # "never with oxaliplatin"
        if not said:
            cursor.back(mark)
    name = cursor.take("regimen", "drug", "quoted")
    which = cursor.take("class") if name is None else None
    if name is None and which is None:
        return None
    if not said and not cursor.take("treated") and (cursor.has("cycle", "number", "start") or lacks is not None):
        return None
    what = f'"{name}"' if name else f'class "{which}"'
    return [f"{'not ' if lacks else ''}treated with {what}"]


def _line(cursor: Cursor) -> list[str] | None:
    lacks = cursor.take("no", "never")
    cursor.take("treated")
    line = line_of(cursor)
    return [f"no line {line}"] if line and lacks else None


_FORMS: tuple[Callable[[Cursor], list[str] | None], ...] = (
    _finding, _answer, _sex, _age, _named("primary site", "primary"), _named("site", "site"), _named("id", "id"),
    _birth, _anticoagulants, _imaging, _count, _count_first, _first_dose, _nothing_lately, _treated, _line,
)  # fmt: skip
