"""Reads the atoms of a whole question and writes it as lines of the exact grammar."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analytics.cohort.query.connecting_words import SPECIMENS
from analytics.cohort.query.cursor import Cursor
from analytics.cohort.query.filters_read import filter_of
from analytics.cohort.query.measure_words import Unsaid
from analytics.cohort.query.reading_parts import State, part_of
from analytics.cohort.query.repeats_read import again, counted_twice
from analytics.cohort.query.sentence import Part, lines_of
from analytics.cohort.query.slots import Limit, Slots
from analytics.cohort.query.slots_read import slots_of
from analytics.cohort.query.windows_read import When, event_named, window

_JOINERS = ("comma", "and", "or", "but", "while", "then")
_WHILE = frozenset({"while", "whilst", "when"})
_OF_BLOOD_ALONE = "only results of blood are kept, not {} {}"


@dataclass
class Reading:
    """Lines of one reading; ``unused`` are positions of atoms that said nothing in it; ``refused`` says what cannot be
    said. ``vague`` readings are asked back."""

    lines: list[str]
    unused: list[int]
    options: list[int]
    vague: bool
    refused: str = ""


def read(cursor: Cursor) -> Reading:
    """One reading of a question."""
    state = State(cursor)
    cursor.skip()
    while not cursor.done:
        if not any(step(state) for step in _STEPS):
            cursor.at += 1
        cursor.skip()
    state.refused += _foreign(cursor)
    if state.pending is not None and not state.parts and state.pending.anchor.startswith("line "):
        state.filters.append(f"had {state.pending.anchor}")
        state.pending = None
    if state.pending is not None:
        _attach_pending(state)
    _after_baseline(state.parts)
    lost = set(state.joined_at) if state.joiner not in ("", "comma") else set()
    used = set(cursor.trail) - lost
    refused = "; ".join(state.refused)
    try:
        lines = lines_of(cursor, state.filters, state.parts, state.group)
    except Unsaid as error:
        lines, refused = [], refused or str(error)
    unused = [i for i in range(len(cursor.atoms)) if i not in used]
    return Reading(lines, unused, cursor.options, cursor.vague, refused)


def _foreign(cursor: Cursor) -> list[str]:
    """Analytes of something else than blood: "drain bilirubin", "urine creatinine"."""
    pairs = zip(cursor.atoms, cursor.atoms[1:], strict=False)
    named = [(a.words[-1].text, b.words[0].text) for a, b in pairs if "quantity" in b]
    return [_OF_BLOOD_ALONE.format(first, second) for first, second in named if first in SPECIMENS]


def _attach_pending(state: State) -> None:
    """A window that nothing follows belongs to the measure before it, else to nothing."""
    when, last = state.pending, state.parts[-1] if state.parts else None
    if last is not None and last.when is None:
        last.when = when
    else:
        state.refused.append(f"nothing is asked {when.said if when else ''}".strip())
    state.pending = None


def _join(state: State) -> bool:
    cursor = state.cursor
    at = len(cursor.trail)
    for kind in _JOINERS:
        if cursor.take(kind):
            if kind != "comma" or not state.joiner:
                state.joiner = kind
                state.joined_at = cursor.trail[at:]
            return True
    return False


def _group(state: State) -> bool:
    cursor = state.cursor
    if cursor.take("rate"):
        state.group = state.group or "?"
        return True
    group = cursor.take("group")
    if group is None:
        return False
    state.group = ("?" if state.group == "?" else "") + str(group)
    return True


def _filter(state: State) -> bool:
    found = filter_of(state.cursor)
    if found is None:
        return False
    if state.joiner == "or" and _either_treatment(state, found):
        return True
    if state.joiner == "or":
        state.refused.append(f"or before {found[0]}")
    if state.joiner == "while" and found[0].startswith("not ") and _said_while(state):
        state.refused.append(f"while {found[0]}")
    state.filters += found
    state.joiner = ""
    return True


_TREATED = "treated with "


def _either_treatment(state: State, found: list[str]) -> bool:
    """ "FOLFOX or FOLFIRI": one filter that holds for who had either."""
    last = state.filters[-1] if state.filters else ""
    if not (last.startswith(_TREATED) and len(found) == 1 and found[0].startswith(_TREATED)):
        return False
    state.filters[-1] = f"{last} or {found[0].removeprefix(_TREATED)}"
    state.joiner = ""
    return True


def _said_while(state: State) -> bool:
    """The joiner names a time ("while not on FOLFOX"), and not only who is asked about ("with")."""
    return any(w.text in _WHILE for i in state.joined_at for w in state.cursor.atoms[i].words)


def _window(state: State) -> bool:
    """A window where no measure stands: that of the measure before it, or of the next one."""
    cursor = state.cursor
    mark = cursor.mark()
    found = window(cursor)
    if found is None or not found.anchor:
        cursor.back(mark)
        return False
    last = state.parts[-1] if state.parts else None
    if last is not None and last.when is None and state.joiner in ("", "comma"):
        last.when = found
    elif state.pending is None:
        state.pending = found
    else:
        cursor.back(mark)
        return False
    return True


def _baseline(state: State) -> bool:
    """ "where baseline > ULN", "with normal baseline ALT": the 28 days before the first dose."""
    cursor = state.cursor
    mark = cursor.mark()
    early = cursor.take("scale") == "baseline"
    if not early:
        kind = next((k for k in ("normal", "raised", "low") if cursor.take(k)), None)
        if kind is None or cursor.take("scale") != "baseline":
            cursor.back(mark)
            return False
        slots: Slots | None = Slots(codes=cursor.take("quantity") or (), own=True, state=kind)
        slots = slots if slots and slots.codes else None
    else:
        slots = slots_of(cursor, state.codes[-1] if state.codes else ())
    if slots is None or not slots.says:
        cursor.back(mark)
        return False
    state.joiner = ""
    part = part_of(state, slots, When("within 28 days before", "first dose"), "")
    if part is not None:
        part.early = True
        state.parts.insert(0, part)
    return True


def _after_baseline(parts: list[Part]) -> None:
    """Beside a measure of the time before treatment the others are those after its start."""
    if any(part.early for part in parts):
        for part in parts:
            if part.when is None and not part.event:
                part.when = When("after", "first dose")


def _measure(state: State) -> bool:
    cursor = state.cursor
    mark = cursor.mark()
    negated = cursor.take("never", "ever", "no") is not None
    negated = negated and "ever" not in cursor.atoms[cursor.trail[-1]].kinds
    repeat = cursor.take("again") is not None
    twice = counted_twice(cursor)
    slots = slots_of(cursor, state.codes[-1] if state.codes else ())
    if slots is None or (not slots.own and not state.joiner and not state.parts):
        cursor.back(mark)
        return False
    slots, when = _timed(state, slots, negated=negated)
    if slots.state and state.joiner == "then" and state.parts:
        cursor.take("again")  # "then normal again": the state comes back, it is not asked for twice
    if not slots.says and not (negated and not state.parts):
        cursor.back(mark)
        return False
    if slots.never and negated:
        state.refused.append("never twice")
    part = part_of(state, slots, when, "no" if negated or slots.never else "")
    if part is None:
        return True
    if when is not None and not when.anchor:
        _anchored_on_measure(state, part)
    part.repeat = repeat
    _add(state, part, slots, twice=twice or slots.twice)
    state.joiner = ""
    return True


def _timed(state: State, slots: Slots, *, negated: bool) -> tuple[Slots, When | None]:
    """The window behind a measure, and what is said of the measure behind it."""
    cursor = state.cursor
    when = window(cursor)
    if _since_lately(state, slots, when):
        return slots, None
    if negated and not slots.says and cursor.take("results"):  # "never had bilirubin checked within ..."
        when = when or window(cursor)
    if slots.own and not slots.says and when is not None:
        slots = _continued(cursor, slots)
    return slots, when


def _add(state: State, part: Part, slots: Slots, *, twice: bool) -> None:
    """A measure as one part, or with what it begins from or comes with."""
    if _each_within(state, part, slots):
        return
    if slots.risen:
        _from_normal(state, part)
    if slots.left is not None:
        _from_grade(state, part, slots)
    state.parts.append(part)
    if twice:
        state.parts.append(part.again(When("within 1 to 3650 days after")))


def _since_lately(state: State, slots: Slots, when: When | None) -> bool:
    """ "bilirubin rose by 1 mg/dL within 48 h": from the lowest result of that time, where nothing else is named."""
    if when is None or when.anchor != "it" or when.text.split()[0] != "within" or when.mutual:
        return False
    days = when.text.split()
    up = slots.change == "up" or (slots.verb or 0.0) > 1.0
    asks = not state.parts and slots.own and not slots.scale and (slots.verb is not None or bool(slots.change))
    far = any(limit.scale or limit.how == "other" for limit in slots.limits) or slots.lasting or slots.pairwise
    if not asks or far or len(days) != len(_WITHIN) or not (slots.verb or slots.limits):
        return False
    slots.scale, slots.lately = ("lowest" if up else "highest"), int(days[1])
    return True


_WITHIN = ("within", "N", "days", "after")


def _each_within(state: State, part: Part, slots: Slots) -> bool:
    """ "AST and ALT both above 5 x ULN within 3 days": each of them, within so long of each other."""
    when = part.when
    alone = not state.parts and slots.every and len(part.said) == _TWO
    if not alone or when is None or when.anchor != "it" or not when.text.startswith("within "):
        return False
    one, two = part.said
    span = When(when.text.removesuffix(" after"), "it", mutual=True)
    state.parts += [replace(part, said=[one], when=None), replace(part, said=[two], when=span, joiner="and")]
    state.joiner = ""
    return True


_TWO = 2


def _from_normal(state: State, part: Part) -> None:
    """ "bilirubin from normal to above 3 x ULN within 30 days": a normal result, and then the other."""
    normal = part_of(state, Slots(codes=state.codes[-1], own=True, state="normal"), None, "")
    if normal is None or (part.when is not None and part.when.anchor != "it"):
        state.refused.append("from normal, and counted from something else")
        return
    normal.joiner, part.joiner, part.own = part.joiner, "then", False
    state.parts.append(normal)


def _from_grade(state: State, part: Part, slots: Slots) -> None:
    """ "ALBI grade from 1 to 2": a result of the first grade or better, and then the other."""
    limit = Limit("<=" if slots.limits[0].op == ">=" else ">=", slots.left or 0.0, slots.limits[0].how)
    before = part_of(state, Slots(codes=slots.codes, own=True, limits=[limit], grade=slots.grade), None, "")
    if before is None or (part.when is not None and part.when.anchor != "it"):
        state.refused.append("from one grade to another, and counted from something else")
        return
    before.joiner, part.joiner, part.own = part.joiner, "then", False
    state.parts.append(before)


def _continued(cursor: Cursor, slots: Slots) -> Slots:
    """ "median ALT in week 10 above 2 x ULN": what stands behind the window."""
    mark = cursor.mark()
    more = slots_of(cursor, slots.codes)
    if more is None or more.own or not more.says:
        cursor.back(mark)
        return slots
    more.own, more.codes, more.summary, more.every = True, slots.codes, slots.summary, slots.every
    return more


def _anchored_on_measure(state: State, part: Part) -> None:
    """ "X within 28 days after ALT above 3 x ULN": the measure that follows comes first."""
    slots = slots_of(state.cursor, ())
    before = part_of(state, slots, window(state.cursor), "") if slots is not None else None
    if before is None:
        state.refused.append("what it is counted from")
        return
    before.joiner = ""
    state.parts.append(before)
    part.when = When(part.when.text if part.when else "after")


def _both(state: State) -> bool:
    """ "with both above 2 ULN": of the two analytes before."""
    cursor = state.cursor
    mark = cursor.mark()
    codes = tuple(dict.fromkeys(code for group in state.codes[-1:] for code in group))
    codes += tuple(other for other in _against(state) if other not in codes)
    if not cursor.take("both") or len(codes) < 2:
        cursor.back(mark)
        return False
    slots = slots_of(cursor, codes[-2:])
    if slots is None or slots.own or not slots.says:
        cursor.back(mark)
        return False
    slots.every = slots.own = True
    part = part_of(state, slots, None, "")
    if part is not None:
        part.joiner = "while"
        state.parts.append(part)
    state.joiner = ""
    return True


def _against(state: State) -> tuple[str, ...]:
    """Other analytes that the last measure compares with."""
    if not state.parts or not state.parts[-1].said:
        return ()
    return tuple(text.rsplit(" ", 1)[-1] for text in state.parts[-1].said[0].comparisons)


def _event(state: State) -> bool:
    cursor = state.cursor
    mark = cursor.mark()
    negated = cursor.take("no", "never", "except") is not None
    cursor.take("treated")
    number = _how_often(cursor)
    reason = cursor.take("for") is not None  # "steroids for hepatitis"
    what = "biliary_stent" if cursor.take("exchange") else event_named(cursor)
    if what is None or what in ("first dose", "metastases", "the end") or number not in (1, 2):
        cursor.back(mark)
        return False
    cursor.vague = cursor.vague or reason
    twice = "exchange" in cursor.atoms[cursor.trail[-1]] or cursor.take("twice", "repeated") is not None
    cursor.take("start")  # "steroids started after ..."
    when = window(cursor)
    if (twice or number == 2) and not negated and when is not None and when.anchor == "it":
        state.parts += [Part([], event=what, joiner=state.joiner), Part([], event=what, when=when, joiner="and")]
        state.pending, state.joiner = None, ""
        return True
    number = 2 if twice else number
    part = Part([], event=what, when=when or state.pending, negated=negated, joiner=state.joiner)
    state.pending, state.joiner = None, ""
    if when is not None and not when.anchor:
        _anchored_on_measure(state, part)
    state.parts.append(part)
    if number == 2:
        cursor.take("a first")
        state.parts.append(part.again(When("after")))
    return True


def _how_often(cursor: Cursor) -> int:
    """ "second stent", "2 hepatectomies", "at least two stents", "another stent": 2. Else 1, or any other number."""
    mark = cursor.mark()
    if (ordinal := cursor.take("ordinal")) and cursor.has("cycle"):  # "4th cycle of FOLFOX"
        cursor.back(mark)
        return 1
    if ordinal or cursor.take("again"):
        return int(ordinal or 2)
    mark = cursor.mark()
    op, number = cursor.take("compare") or ">=", cursor.take("number")
    if number is None or op not in (">", ">=") or not cursor.has("anchor", "exchange"):
        cursor.back(mark)
        return 1
    return int(number) + (op == ">")


def _time_to(state: State) -> bool:
    """ "time to first ALT > 3 ULN": who has it is found; the view of time to event draws when. Asked back."""
    if not state.cursor.take("time to"):
        return False
    state.cursor.take("first")
    state.cursor.vague = True
    return True


_STEPS = (_group, _time_to, _filter, _baseline, _both, again, _measure, _event, _window, _join)
