"""Reads from atoms that a result is asked for more than once: again, confirmed, twice, on three occasions."""

from __future__ import annotations

from dataclasses import replace

from analytics.cohort.query.cursor import Cursor
from analytics.cohort.query.measure_words import Said
from analytics.cohort.query.reading_parts import State
from analytics.cohort.query.sentence import Part
from analytics.cohort.query.windows_read import When, margin, window

_COUNTS = (2.0, 3.0, 4.0, 5.0)
"""House choice: as many results as can be asked for by number."""


def counted_twice(cursor: Cursor) -> bool:
    """ "at least 2 ALT elevations ...": the count of results, read where a quantity and its limit follow."""
    mark = cursor.mark()
    cursor.take("compare")
    number = cursor.take("number")
    number = 2.0 if number is None and cursor.take("twice") else number
    if number == 2.0 and cursor.has("quantity"):
        inner = cursor.mark()
        cursor.take("quantity")
        follows = cursor.has("up", "results", "compare", "raised") and not cursor.has("x")
        cursor.back(inner)
        if follows:
            return True
    cursor.back(mark)
    return False


def again(state: State) -> bool:
    """ "confirmed by a repeat within 72 hours", "twice", "on different days"."""
    cursor = state.cursor
    if not state.parts or state.parts[-1].event:
        return False
    last = state.parts[-1]
    if last.when is not None and (wider := margin(cursor, last.when)) is not None:
        last.when = wider
        return True
    if cursor.take("different days"):
        if not last.repeat and len(state.parts) < 2:
            return False
        last.when = (
            last.when if last.when and last.when.text.startswith("within") else When("within 1 to 3650 days after")
        )
        return True
    return _once_more(state) or _counted(state)


def _once_more(state: State) -> bool:
    """ "again", "confirmed by a repeat within 72 hours"."""
    cursor = state.cursor
    mark = cursor.mark()
    again = cursor.take("again")
    if again and cursor.has("quantity", "compare", "normal", "raised"):
        cursor.back(mark)
        return False
    if again and _as_before(state):
        return True
    if not again and not cursor.take("confirmed"):
        return False
    when = window(cursor)
    if when is None or when.anchor == "it":
        when = When("after" if when is None else when.text.replace("within ", "within 1 to ", 1))
    state.parts.append(state.parts[-1].again(when))
    return True


def _counted(state: State) -> bool:
    """ "at least twice", "on 3 occasions", "twice"."""
    cursor, last = state.cursor, state.parts[-1]
    if cursor.take("repeated"):
        state.parts.append(last.again(_apart(cursor) or When("after")))
        return True
    if (number := _times(cursor)) is not None:
        state.parts += [last.again(When("after")) for _ in range(number - 1)]
        return True
    if cursor.take("twice"):
        if last.when is None and (apart := _apart(cursor)) is not None:
            state.parts.append(last.again(apart))
            return True
        row = Part([Said(s.head, s.comparisons, "in 2 results in a row") for s in last.said], when=last.when)
        state.parts[-1:] = cursor.choose(([row], [last, last.again(When("after"))]))
        return True
    return False


def _apart(cursor: Cursor) -> When | None:
    """ "twice in one week": the other result so many days later at most."""
    mark = cursor.mark()
    when = window(cursor)
    if when is None or when.anchor != "it" or not when.text.startswith("within "):
        cursor.back(mark)
        return None
    return When(when.text.replace("within ", "within 1 to ", 1))


def _as_before(state: State) -> bool:
    """ "a stent and then bilirubin above 3 again": above 3 before the stent too, or twice after it."""
    *_, event, last = (None, *state.parts)
    if event is None or not event.event or last is None or last.joiner != "then":
        return False
    if not state.cursor.choose((True, False)):
        return False
    state.parts[-2:-2] = [replace(last, joiner=event.joiner, when=None)]
    event.joiner = "then"
    return True


def _times(cursor: Cursor) -> int | None:
    """ "ALT above 3 x ULN at least 3 times", "on 3 or more occasions": so many results, in a row or not."""
    mark = cursor.mark()
    cursor.take("side")
    op, number = cursor.take("compare"), cursor.take("number")
    op = op or (cursor.take("behind") if number is not None else None)
    follows = number is not None and (cursor.take("x") or cursor.take("occasions"))
    if follows and op is None and "occasions" in cursor.atoms[cursor.trail[-1]]:  # at least so many, or exactly
        op, cursor.vague = ">=", True
    if not follows or op != ">=" or number not in _COUNTS or cursor.has("scale", "quantity"):
        cursor.back(mark)
        return None
    return int(number)
