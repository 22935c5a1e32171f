"""Reads from atoms what happened and when: anchors and windows, written as the exact grammar writes them."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.cohort.query.cursor import Cursor

HAPPENING = ("anchor", "drug", "class", "regimen", "event", "cycle")
_TREATED = ("first dose", "systemic")


_FIRST = frozenset({"first"})


@dataclass(frozen=True)
class When:
    """A window: ``text`` of the grammar up to its anchor and the anchor; ``anchor`` "" where a measure follows.

    ``text`` "within 3 days" without an anchor counts from the clause before; ``mutual`` is "of each other".
    """

    text: str
    anchor: str = "it"
    mutual: bool = False
    middle: int | None = None
    unsaid: bool = False
    """Nothing was said that it is counted from: "on day 5"."""

    @property
    def said(self) -> str:
        """As the grammar writes it."""
        return f"{self.text} {self.anchor}"


def duration(cursor: Cursor) -> int | None:
    """Days of a unit of time that comes next, read."""
    unit = cursor.take("unit of time")
    if unit is None:
        return None
    return 0 if unit == "hour" else int(unit)


def days(number: float, factor: int) -> int:
    """Whole days; hours are rounded up."""
    return -(-int(number) // 24) if factor == 0 else round(number * factor)


def anchor(cursor: Cursor) -> str | None:
    """What a window is counted from; None and nothing read where none comes next."""
    mark = cursor.mark()
    if cursor.take("stop"):
        return _ended(cursor)
    started = cursor.take("start") is not None
    line = line_of(cursor)
    if line:
        return f"line {line}"
    which = "first " if cursor.take("first") else "last " if cursor.take("last") else ""
    if not which and cursor.has("ordinal"):
        which = {1: "first "}.get(cursor.take("ordinal"), "?")
    found = event_named(cursor) if which != "?" else None
    if found is not None:
        plain = found in ("first dose", "metastases", "the end")
        return found if plain or (found == "systemic" and not which) else f"{which}{found}"
    if not which and (started or cursor.has("it")) and (cursor.take("it") or started):
        return "first dose" if started else "it"
    cursor.back(mark)
    return None


def _ended(cursor: Cursor) -> str:
    cursor.take("side")
    found = event_named(cursor)
    return f"end of {'systemic' if found is None or found in _TREATED else found}"


def line_of(cursor: Cursor) -> int | None:
    """Number of a line of treatment, read: line 2, second line, 2L."""
    mark = cursor.mark()
    if cursor.take("line") and (number := cursor.take("number", "ordinal")):
        return int(number)
    cursor.back(mark)
    number = cursor.take("ordinal", "number")
    if number is not None and cursor.take("line"):
        return int(number)
    cursor.back(mark)
    return None


def event_named(cursor: Cursor) -> str | None:
    """An event, agent, class, regimen or cycle in the words of the grammar; None and nothing read where none is."""
    mark = cursor.mark()
    if cursor.take("cycle"):
        number = cursor.take("number", "ordinal")
        cursor.take("side")
        name = cursor.take("regimen", "drug")
        if number is not None and name is not None:
            return f'cycle {number:g} of "{name}"'
        cursor.back(mark)
        return None
    if (number := cursor.take("ordinal")) is not None:
        if cursor.take("cycle") and (cursor.take("side") or True) and (name := cursor.take("regimen", "drug")):
            return f'cycle {number:g} of "{name}"'
        cursor.back(mark)
    if (name := cursor.take("regimen")) is not None:
        inner = cursor.mark()
        if cursor.take("cycle") and (number := cursor.take("number")) is not None:
            return f'cycle {number:g} of "{name}"'
        cursor.back(inner)
        return f'regimen "{name}"'
    return _named(cursor)


def _named(cursor: Cursor) -> str | None:
    if (name := cursor.take("drug", "event", "quoted")) is not None:
        return f'agent "{name}"'
    if (name := cursor.take("class")) is not None:
        return f'class "{name}"'
    found = cursor.take("anchor")
    return str(found) if found is not None else None


def window(cursor: Cursor) -> When | None:
    """A window; None and nothing read where none comes next."""
    found = _window(cursor)
    if found is None or found.text not in ("after", "before") or found.anchor in ("", "it"):
        return found
    mark = cursor.mark()  # "after SIRT within 3 months": one window that is said in two parts
    more = _within(cursor)
    if more is None or more.anchor != "it" or more.mutual or not more.text.endswith(" after"):
        cursor.back(mark)
        return found
    return When(f"{more.text.removesuffix('after')}{found.text}", found.anchor)


def _window(cursor: Cursor) -> When | None:
    mark = cursor.mark()
    for form in (_in_range, _operation, _next_day, _later, _last_days, _week, _between_days, _within, _side):
        found = form(cursor)
        if found is not None:
            return found
        cursor.back(mark)
    return None


def _in_range(cursor: Cursor) -> When | None:
    """ "on treatment": from the first dose on."""
    if cursor.take("at baseline"):
        return When("within 28 days before", "first dose")
    return When("after", "first dose") if cursor.take("in range") else None


_OPERATION = "hepatectomy"


def _operation(cursor: Cursor) -> When | None:
    """ "postop", "preoperative", "at start of line 2"."""
    if cursor.take("postop"):
        return When("after", _OPERATION)
    if cursor.take("preop"):
        return When("before", _OPERATION)
    if cursor.take("at start") and (since := anchor(cursor)) is not None:
        return When(cursor.choose(("within 28 days before", "within 0 to 0 days after")), since)
    return None


def _next_day(cursor: Cursor) -> When | None:
    """ "on the day before surgery"."""
    cursor.take("within", "side")
    if not cursor.take("day") or _last_word(cursor) in _DAYS:
        return None
    side = cursor.take("side")
    if side not in ("before", "after") or _last_word(cursor) in FROM:
        return None
    since = anchor(cursor)
    return When(f"within 1 to 1 days {side}", since) if since else None


_DAYS = frozenset({"days", "tage", "dias", "jours"})
FROM = frozenset({"from", "von", "de", "since"})
"""Where something begins: "days from stent to ..." is no day after it, "from grade 1 to 3" no limit."""


def _later(cursor: Cursor) -> When | None:
    """ "... after it", where nothing follows that it could join."""
    if not cursor.take("then"):
        return None
    more = ("quantity", "condition", "verb", "up", "down", "normal", "raised", "low", "compare", *HAPPENING)
    return None if cursor.has(*more) else When("after")


def _last_days(cursor: Cursor) -> When | None:
    if not cursor.take("last days"):
        return None
    number = cursor.take("number") or 1.0
    factor = duration(cursor)
    if factor is None or cursor.has("side"):
        return None
    return When(f"within {days(number, factor)} days before", "the end")


def _week(cursor: Cursor) -> When | None:
    """ "week 4 (+/- 3 days)", "in week 10", "day 28" after the first dose."""
    by = cursor.has("by") and cursor.take("by", "within", "side", "at") and _last_word(cursor) == "by"
    if not by:
        cursor.take("within", "side", "at")
    inner = cursor.mark()
    if (nth := cursor.take("ordinal")) and cursor.take("pod"):  # "first postoperative day"
        return When(f"within {nth} to {nth} days after", _OPERATION)
    cursor.back(inner)
    week = cursor.take("week") is not None
    operation = None if week or cursor.take("day") else cursor.take("pod")
    if not week and operation is None and "day" not in cursor.atoms[cursor.trail[-1] if cursor.trail else 0]:
        return None
    number = cursor.take("number")
    if number is None:
        return None
    low, high = (int(number * 7 - 6), int(number * 7)) if week else (int(number), int(number))
    if by:
        return When(f"within {high} days after", _since(cursor, _OPERATION if operation else "first dose"))
    if cursor.take("to") or cursor.dashed():
        cursor.take("day", "week")
        if (last := cursor.take("number")) is None:
            return None
        high = int(last * (7 if week else 1))
    elif cursor.take("pm"):
        margin, factor = cursor.take("number"), duration(cursor)
        factor = 1 if factor is None and not week else factor  # "day 28 +/- 7"
        if margin is None or factor is None:
            return None
        middle = int(number * (7 if week else 1))
        low, high = middle - days(margin, factor), middle + days(margin, factor)
    since = _since(cursor, "")
    otherwise = _OPERATION if operation else "first dose"
    middle = int(number * (7 if week else 1))
    return When(f"within {low} to {high} days after", since or otherwise, False, middle, not (since or operation))


def _last_word(cursor: Cursor) -> str:
    return cursor.atoms[cursor.trail[-1]].words[0].text


def _since(cursor: Cursor, otherwise: str) -> str:
    """What "day 5" is counted from; ``otherwise`` where nothing is said."""
    if cursor.take("postop"):
        return _OPERATION
    inner = cursor.mark()
    since = anchor(cursor) if cursor.take("side") else None
    if since is None:
        cursor.back(inner)
    return since or otherwise


def margin(cursor: Cursor, when: When) -> When | None:
    """ "week 4 ... (+/- 3 days)": the window with a margin that is said later."""
    if when.middle is None or not cursor.take("pm"):
        return None
    number = cursor.take("number")
    factor = duration(cursor) if number is not None else None
    if number is None or factor is None:
        return None
    wide = days(number, factor)
    return When(f"within {when.middle - wide} to {when.middle + wide} days after", when.anchor, middle=when.middle)


def _between_days(cursor: Cursor) -> When | None:
    if not cursor.take("between"):
        return None
    named = cursor.take("day") is not None
    low = cursor.take("number")
    first = duration(cursor)
    if low is None or not (cursor.take("and", "to") or cursor.dashed()):
        return None
    cursor.take("day")
    high = cursor.take("number")
    factor = duration(cursor)
    factor = factor if factor is not None else first or 1
    if high is None:
        return None
    side = cursor.take("side")
    if side is None and named:  # "between day 21 and 35"
        return When(f"within {days(low, factor)} to {days(high, factor)} days after", "first dose")
    since = anchor(cursor) if side else None
    where = "before" if side == "before" else "after"
    return When(f"within {days(low, factor)} to {days(high, factor)} days {where}", since) if since else None


def _within(cursor: Cursor) -> When | None:
    inside = cursor.take("within") is not None
    compare = cursor.take("compare") if not inside else None
    early = inside and any(w.text in _FIRST for w in cursor.atoms[cursor.trail[-1]].words)
    low, number = None, cursor.take("number")
    if number is None and inside and cursor.has("unit of time"):
        number = 1.0
    if number is None or compare not in (None, "<", "<="):
        return None
    if cursor.take("to") or cursor.dashed():
        low, number = number, cursor.take("number")
    factor = duration(cursor) if number is not None else None
    if factor is None:
        return None
    high = days(number, factor)
    span = f"within {days(low, factor)} to {high} days" if low is not None else f"within {high} days"
    found = _counted(cursor, span, high, inside or low is not None or compare is not None)
    return When(found.text, "first dose") if found is not None and early and found.anchor == "it" else found


def _counted(cursor: Cursor, span: str, high: int, inside: bool) -> When | None:
    """The side and anchor of "within 14 days ..."."""
    if cursor.take("each other"):
        return When(span, "it", mutual=True) if inside else None
    mark = cursor.mark()
    side = cursor.take("side")
    if side is not None:
        where = {"before": "before", "around": "around"}.get(side, "after")
        span = span if inside or where != "after" else cursor.choose((f"within {high} to {high + 7} days", span))
        since = anchor(cursor)
        if since is not None:
            return When(f"{span} {where}", since)
        if cursor.has("quantity"):
            return When(f"{span} {where}", "")
        if where == "before" and inside and cursor.done:  # "... within 7 days before"
            return When(f"{span} before", "it")
        cursor.back(mark)
    if cursor.take("then"):
        return When(f"{span} after", "it")
    if operated := cursor.take("postop", "preop"):
        side = "before" if "preop" in cursor.atoms[cursor.trail[-1]] else "after"
        return When(f"{span} {side}", _OPERATION) if operated else None
    return When(f"{span} after", "it") if inside else None


def _side(cursor: Cursor) -> When | None:
    """ "after a stent", "on FOLFOX", "in line 2"."""
    side = cursor.take("side")
    if side is None and cursor.take("within"):
        if any(w.text in _FIRST for w in cursor.atoms[cursor.trail[-1]].words):
            return When("during", "line 1") if cursor.take("line") else None
        side = "in"
    if side is None:
        line = line_of(cursor)
        return When("during", f"line {line}") if line else None
    line = line_of(cursor) if side in ("in", "during", "on", "of") else None
    if line:
        return When("during", f"line {line}")
    if side in ("of", "around"):
        return None
    since = anchor(cursor)
    if since is None:
        return When(side, "") if side in ("after", "before") and cursor.has("quantity") else None
    return _of_stay(cursor, "during" if side == "in" else side, since)


def _of_stay(cursor: Cursor, side: str, since: str) -> When | None:
    """ "on" and "during" what goes on; treatment as a whole begins with the first dose."""
    if side not in ("on", "during"):
        return When(side, since)
    if since in ("first dose", "it"):
        return When("after", "first dose")
    if since == "metastases" or since.startswith(("imaging", "end of", "the end")):
        return None
    if since.startswith("regimen"):
        return When("on", since)
    if since.startswith(("agent", "class", "systemic")):
        return When(cursor.choose(("on", "during")), since)
    return When("during", since)
