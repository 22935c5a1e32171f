"""Reads from atoms the parts of one measure, in whatever order they are said: quantities, limits, change, state."""

from __future__ import annotations

from collections.abc import Callable

from analytics.cohort.query.cursor import Cursor
from analytics.cohort.query.grades_read import from_grade, grade
from analytics.cohort.query.slots import Limit, Slots
from analytics.cohort.query.windows_read import days, duration, window

_OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
_SUMMARIES = {
    "median": "median",
    "mean": "mean",
    "last": "last",
    "first": "first",
    "peak": "highest",
    "trough": "lowest",
}
_STATES = ("below detection", "above detection", "normal", "raised", "low", "abnormal", "worse", "better", "missing")


def slots_of(cursor: Cursor, inherited: tuple[str, ...]) -> Slots | None:
    """Parts of a measure; None and nothing read where there is none."""
    mark, slots = cursor.mark(), Slots()
    while any(step(cursor, slots) for step in _STEPS):
        pass
    if not slots.codes:
        slots.codes = inherited
    if not slots.codes or not (slots.says or slots.own):
        cursor.back(mark)
        return None
    return slots


def _quantity(cursor: Cursor, slots: Slots) -> bool:
    if not slots.own and not slots.state and (found := cursor.take("condition")) is not None:
        slots.codes, slots.state = (found[0],), found[1]
        slots.own = True
        return True
    if slots.own or not cursor.has("quantity"):
        return False
    slots.codes, slots.own = cursor.take("quantity"), True
    while True:
        mark = cursor.mark()
        joint = "and" if cursor.take("and") else "or" if cursor.take("or", "comma") or _nor(cursor) else ""
        more = cursor.take("quantity") if joint else None
        if (
            not joint
            or more is None
            or set(more) <= set(slots.codes)
            or (slots.says and cursor.has("compare", "normal", "raised", "low", "number"))
        ):
            cursor.back(mark)
            return True
        slots.codes += tuple(code for code in more if code not in slots.codes)
        slots.every = slots.every or joint == "and"


def _nor(cursor: Cursor) -> bool:
    """ "neither ALT nor AST above 3 x ULN": one denial of both."""
    return cursor.take("no") is not None and _text(cursor) == "nor"


def _row_first(cursor: Cursor, slots: Slots) -> bool:
    """ "two consecutive bilirubin results above 2 x ULN"."""
    if slots.own or slots.lasting or slots.says:
        return False
    mark = cursor.mark()
    number = cursor.take("number")
    if number is None or not cursor.take("row") or not cursor.has("quantity"):
        cursor.back(mark)
        return False
    slots.lasting = f"in {number:g} results in a row"
    return True


def _quotient(cursor: Cursor, slots: Slots) -> bool:
    """ "ALT / AST > 2"."""
    if not slots.own or slots.says or slots.other or len(slots.codes) != 1:
        return False
    mark = cursor.mark()
    codes = cursor.take("quantity") if cursor.take("slash") else None
    if codes is None or len(codes) != 1 or not cursor.has("compare"):
        cursor.back(mark)
        return False
    slots.other = codes[0]
    return True


def _twice(cursor: Cursor, slots: Slots) -> bool:
    """ "ALT twice above 3 ULN" is of two results; "twice the ULN", "twice its baseline" is how much."""
    if not slots.own or slots.says or slots.twice:
        return False
    mark = cursor.mark()
    if cursor.take("twice") and cursor.has("compare", "raised", "low", "abnormal", "grade"):
        slots.twice = True
        return True
    cursor.back(mark)
    return False


def _both(cursor: Cursor, slots: Slots) -> bool:
    if not slots.own or slots.says or not cursor.take("both"):
        return False
    slots.every = True
    return True


def _summary(cursor: Cursor, slots: Slots) -> bool:
    if slots.summary or slots.says:
        return False
    mark = cursor.mark()
    for kind, name in _SUMMARIES.items():
        if (not slots.own or kind in ("peak", "trough")) and cursor.take(kind):
            if cursor.has("quantity") if not slots.own else cursor.has("compare"):
                # "first ALT > 3 ULN" is the first result, or the first that is so high
                slots.summary = cursor.choose((name, "")) if name == "first" else name
                return True
            if slots.own and _window_then_limit(cursor):  # "ALT peak within 3 days of ablation > 5x ULN"
                slots.summary = name
                return True
            cursor.back(mark)
    return False


def _window_then_limit(cursor: Cursor) -> bool:
    mark = cursor.mark()
    follows = window(cursor) is not None and cursor.has("compare")
    cursor.back(mark)
    return follows


def _unit_first(cursor: Cursor, slots: Slots) -> bool:
    """ "CEA in ug/L > 10"."""
    if not slots.own or slots.says or slots.unit:
        return False
    mark = cursor.mark()
    cursor.take("within")
    unit, counts = None, cursor.has("unit of counts")
    unit = cursor.take("unit", "unit of counts")
    if unit is None or not cursor.has("compare", "between"):
        cursor.back(mark)
        return False
    slots.unit, slots.counts = unit, counts
    return True


def _flags(cursor: Cursor, slots: Slots) -> bool:
    """One word that says something of the whole measure; in some places only."""
    for kind, may, note in _FLAGS:
        if may(slots) and cursor.take(kind):
            if note.startswith("per"):
                slots.per = note.removeprefix("per ") if " " in note else "uln"
            elif note:
                setattr(slots, note, True)
            return True
    return False


_FLAGS: tuple[tuple[str, Callable[[Slots], object], str], ...] = (
    ("from normal", lambda slots: slots.own and not slots.says, "risen"),
    ("isolated", lambda slots: True, "isolated"),
    ("never", lambda slots: slots.own and not slots.says, "never"),
    ("ever", lambda slots: slots.says, ""),
    ("change of", lambda slots: not slots.says, "signed"),
    ("per baseline", lambda slots: slots.own and not slots.says, "per baseline"),
    ("still", lambda slots: True, "still"),
    ("again", lambda slots: slots.change, ""),
    ("per", lambda slots: slots.own and not slots.says, "per"),
    ("same day", lambda slots: slots.codes, "same_day"),
    ("log2", lambda slots: True, "log2"),
    ("by", lambda slots: slots.change, "by"),
    ("to", lambda slots: slots.change, "to"),
)
"""Kind of the word, where it may stand, what it is kept as."""


def _between(cursor: Cursor, slots: Slots) -> bool:
    mark = cursor.mark()
    said = cursor.take("between", "side")
    low = cursor.take("number") if said is None or said is True or said == "of" else None
    inner = _tail(cursor, Limit(">=", low, "plain")) if low is not None else None
    joined = inner is not None and (cursor.take("and", "to") or cursor.dashed())
    high = cursor.take("number") if joined else None
    if low is None or high is None or inner is None or cursor.has("unit of time") or (said is None and not slots.codes):
        cursor.back(mark)
        return False
    upper = _tail(cursor, Limit("<=", high, "plain"))
    if inner.how == "plain" and not inner.unit:
        inner.how, inner.scale, inner.unit, inner.counts = upper.how, upper.scale, upper.unit, upper.counts
    inner.beside, upper.beside = upper, inner
    slots.limits += [inner, upper]
    return True


def _limit(cursor: Cursor, slots: Slots) -> bool:
    mark = cursor.mark()
    negated = bool(slots.codes) and cursor.take("no") is not None
    denied = negated and _text(cursor) not in _PLAIN_NO
    if denied:
        cursor.take("up", "down")
    op = cursor.take("compare") or ""
    word = _text(cursor) if op else ""
    never = bool(negated and op) and (denied or cursor.choose((False, True)))
    op = _OPPOSITE[op] if negated and op and not never else op
    if op and not negated and word.split(" ")[0] in _BOUNDS and not slots.summary and cursor.choose((False, True)):
        op, never = _OPPOSITE[op], True
    found = _with_scale_first(cursor, op) if op else None
    if found is None:
        number = cursor.take("number")
        verb = number is None
        number = float(cursor.take("verb") or 0) or None if verb else number
        slots.clash = slots.clash or bool(number is not None and op and cursor.dashed())  # "> 3-5 ULN"
        if number is not None and not cursor.has("unit of time", "row", "line", "cycle"):
            found = _tail(cursor, Limit(op, number, "plain"), times=verb and bool(op))
            found = None if verb and found.how == "plain" else _repaired(cursor, slots, found)
    counts = found is not None and slots.limits and found.how == "plain" and cursor.has("x", "occasions")
    if found is None or counts or (negated and not op):  # "... 3 or more times" after a whole limit
        cursor.back(mark)
        return False
    if slots.limits and op in ("", ">", ">=") and found.how == "x" and not found.scale:
        cursor.back(mark)  # "... 5 times" after a whole limit
        return False
    slots.clash = slots.clash or not _goes_with(slots, found)
    found.word = word
    found.ahead = not slots.codes and found.how == "plain" and not found.unit
    slots.never = slots.never or never
    slots.limits.append(found)
    return True


def _repaired(cursor: Cursor, slots: Slots, found: Limit) -> Limit | None:
    """A number that is no limit of this measure is left: a verb without anything it is a multiple of, a bare number."""
    found.op = found.op or cursor.take("behind") or ""
    if found.how == "plain" and not found.unit and (slots.per or slots.other):
        found.how, found.scale, found.other = "x" if slots.per else "other", slots.per, slots.other
    if found.how == "plain" and not found.unit and slots.unit:
        found.unit, found.counts = slots.unit, slots.counts
    bare = found.how == "plain" and not found.unit
    if bare and not slots.codes and not slots.change and not cursor.has("quantity"):
        return found if found.op and not cursor.has("years") and not slots.own else None
    if found.how == "x" and not (found.scale or found.op or slots.change):
        if not slots.own or slots.says:
            return None
        found.op = ">="  # "ALT 3x"
    if bare and not found.op and not (slots.change or slots.log2 or slots.by):
        return found if slots.codes and all(code[0].islower() for code in slots.codes) else None
    return found


def _goes_with(slots: Slots, found: Limit) -> bool:
    """A further limit of the same result: not "at least 3 ALT above ...", "above ... 5 times", "2 mg/dL above ULN"."""
    if not slots.limits:
        return True
    last = slots.limits[-1]
    of_nothing = any(limit.how == "x" and not limit.scale for limit in (*slots.limits, found))
    return not (of_nothing or last.ahead or (found.op and not last.op and last.how != "grade"))


_BOUNDS = frozenset({"not", "no", "max", "maximum", "up"})
"""First words of comparisons that may bound every result: "not above", "no more than", "up to"."""
_PLAIN_NO = frozenset({"no", "not", "nicht", "non"})


def _text(cursor: Cursor) -> str:
    """The words that were read last."""
    return " ".join(w.text for w in cursor.atoms[cursor.trail[-1]].words)


def _with_scale_first(cursor: Cursor, op: str) -> Limit | None:
    """ "above ULN", "> ULN x 2", "above normal", "higher than ALT"."""
    if (scale := cursor.take("scale")) is not None:
        mark = cursor.mark()
        if cursor.take("x") and (number := cursor.take("number")) is not None:
            return Limit(op, number, "x", scale)
        cursor.back(mark)
        return Limit(op, 1.0, "x", scale)
    if cursor.take("normal"):
        return Limit(op, 1.0, "x", "uln" if op.startswith(">") else "lln")
    if (codes := cursor.take("quantity")) is not None:
        return Limit(op, 1.0, "other", other=codes[0])
    return None


def _tail(cursor: Cursor, limit: Limit, *, times: bool = False) -> Limit:
    """What stands behind a number; ``times`` says that the number was a verb ("more than double the ...")."""
    times = cursor.take("x") is not None or times
    if not times and cursor.take("percent"):
        limit.how = "percent"
        mark = cursor.mark()
        if cursor.take("side") == "of" and (scale := cursor.take("scale")):
            return Limit(limit.op, limit.number / 100, "x", scale)
        cursor.back(mark)
        return limit
    mark = cursor.mark()
    of = cursor.take("side") == "of"
    if not of:
        cursor.back(mark)
        mark = cursor.mark()
    if (scale := cursor.take("scale")) is not None:
        limit.how, limit.scale = "x", scale
    elif times and cursor.take("normal"):
        limit.how, limit.scale = "x", "uln"
    elif (times or of or limit.op) and cursor.has("quantity") and (times or of):
        limit.how, limit.other = "other", cursor.take("quantity")[0]
    elif times:
        cursor.back(mark)
        limit.how = "x"
    else:
        cursor.back(mark)
        _unit(cursor, limit)
    return limit


def _unit(cursor: Cursor, limit: Limit) -> None:
    mark = cursor.mark()
    if cursor.take("x") and not cursor.has("unit of counts"):
        cursor.back(mark)
    if cursor.has("unit", "unit of counts"):
        limit.counts = cursor.has("unit of counts")
        limit.unit = cursor.take("unit", "unit of counts")


def _change(cursor: Cursor, slots: Slots) -> bool:
    mark = cursor.mark()
    if slots.own and not slots.says and cursor.take("no") and cursor.has("up", "down", "verb"):
        slots.never = True
    else:
        cursor.back(mark)
    if slots.limits and cursor.has("side"):  # "bajo" is also "on"
        return False
    if _is_state(cursor):
        return False
    if not slots.change and cursor.has("up", "down") and not slots.state:
        slots.change = "up" if cursor.take("up") else "down"
        cursor.take("down")
        return True
    if slots.verb is None and not slots.limits and (verb := cursor.take("verb")) is not None:
        slots.verb = float(verb)
        cursor.take("behind")
        return True
    return False


def _is_state(cursor: Cursor) -> bool:
    """ "without ALP elevation": a noun of change that no amount follows says that a value is raised."""
    mark = cursor.mark()
    noun = cursor.has("raised") and cursor.take("up") is not None
    amount = cursor.has("compare", "number", "by", "to", "against", "row", "side", "verb")
    cursor.back(mark)
    return noun and not amount


def _pairwise(cursor: Cursor, slots: Slots) -> bool:
    """ "within 30 days between two consecutive measurements"."""
    if slots.pairwise or not (slots.verb or slots.change or slots.limits):
        return False
    mark = cursor.mark()
    number = cursor.take("number") if cursor.take("within") else None
    factor = duration(cursor) if number is not None else None
    if not cursor.take("pairwise"):
        cursor.back(mark)
        return False
    slots.pairwise, slots.scale = True, "previous"
    slots.earlier = days(number, factor) if number is not None and factor is not None else None
    return True


def _state(cursor: Cursor, slots: Slots) -> bool:
    if slots.state:
        return False
    for kind in _STATES:
        mark = cursor.mark()
        negated = bool(slots.own) and cursor.take("no") is not None
        if cursor.take(kind):
            if negated and kind not in ("raised", "normal"):
                cursor.back(mark)
                return False
            slots.state = {"raised": "normal", "normal": "abnormal"}[kind] if negated else kind
            return True
        cursor.back(mark)
    return False


def _reference(cursor: Cursor, slots: Slots) -> bool:
    """What a change is from."""
    mark = cursor.mark()
    started = bool(slots.limits or slots.change or slots.verb or slots.log2 or slots.signed)
    word = cursor.take("against", "compare") if started else None
    scale = cursor.take("scale") if word is not None else None
    if scale in ("uln", "lln"):
        scale = None
    if scale is None and word is not None and (slots.change or slots.verb) and cursor.take("anchor") == "first dose":
        scale = "baseline"
    if scale is None or slots.scale:
        cursor.back(mark)
        return False
    slots.scale = scale
    if word in (">", "<") and not slots.change:
        slots.change = "up" if word == ">" else "down"
    elif slots.limits and not slots.change and slots.limits[-1].how != "x":
        said = " ".join(w.text for w in cursor.atoms[cursor.trail[-2]].words)
        slots.change = {"above": "up", "over": "up", "below": "down"}.get(said, "")
    return True


def _lasting(cursor: Cursor, slots: Slots) -> bool:
    if slots.lasting or not slots.codes:
        return False
    mark = cursor.mark()
    if cursor.take("for"):
        op = cursor.take("compare") or ">="
        number = cursor.take("number")
        factor = duration(cursor) if number is not None else None
        if number is not None and factor is not None and op in (">", ">="):
            cursor.take("behind")
            slots.lasting = f"for {'more than' if op == '>' else 'at least'} {days(number, factor)} days"
            return True
        cursor.back(mark)
    cursor.take("side", "within", "for", "at")
    cursor.take("compare")
    number = cursor.take("number")
    number = 2.0 if number is None and cursor.take("twice") else number
    number = 3.0 if number is None and cursor.take("thrice") else number
    if number is not None and cursor.take("row"):
        cursor.take("results")
        slots.lasting = f"in {number:g} results in a row"
        return True
    cursor.back(mark)
    return False


_STEPS: tuple[Callable[[Cursor, Slots], bool], ...] = (
    _row_first, _quantity, _quotient, _unit_first, _twice, _both, _summary, _flags, _pairwise, _lasting,
    from_grade, grade, _between, _reference, _limit, _change, _state,
)  # fmt: skip
