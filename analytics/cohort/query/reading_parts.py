"""What is being read of a question, and how a measure becomes a part of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from analytics.cohort.query.cursor import Cursor
from analytics.cohort.query.measure_words import Said, Unsaid, said_of
from analytics.cohort.query.sentence import Part
from analytics.cohort.query.slots import Slots
from analytics.cohort.query.vocabulary import MARKERS
from analytics.cohort.query.windows_read import When

_BACK = ("back", "return", "normalis", "normaliz")


@dataclass
class State:
    """The cursor, and what was read so far."""

    cursor: Cursor
    filters: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    group: str = ""
    pending: When | None = None
    joiner: str = ""
    joined_at: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    codes: list[tuple[str, ...]] = field(default_factory=list)


def part_of(state: State, slots: Slots, when: When | None, negated: str) -> Part | None:
    """A part of a measure; None where the grammar cannot say it, which is noted."""
    when = when or state.pending
    state.pending = None
    counted = "" if when is None else "after" if when.text.startswith(("after", "within")) else "during"
    if len(slots.codes) > 2 and slots.codes == MARKERS:
        state.cursor.vague = True
        slots.codes = (state.cursor.choose(slots.codes),)
    if slots.own:
        state.codes.append(slots.codes)
    if slots.still and when is None:
        state.refused.append("still, at what time")
        return None
    if slots.state in ("missing", "below detection", "above detection") or not slots.says:
        return _recorded(state, slots, when)
    if not slots.own and state.cursor.has("both"):
        state.cursor.take("both")
    if slots.change and not slots.own and not slots.scale and state.joiner == "while":
        slots.scale = _reference_before(state)
    try:
        said = said_of(state.cursor, slots, counted=counted)
    except Unsaid as error:
        state.refused.append(str(error))
        return None
    part = Part(said, when=_from_event(state, when), negated=bool(negated), joiner=state.joiner, own=slots.own)
    part.same_day, part.state, part.isolated = slots.same_day, bool(slots.state), slots.isolated
    part.back = slots.state == "normal" and _said_back(state.cursor)
    return part


def _from_event(state: State, when: When | None) -> When | None:
    """ "hepatectomy followed by bilirubin ... on day 5": the day counts from the event that was named before."""
    if when is None or not when.unsaid or not state.parts or not state.parts[-1].event:
        return when
    if state.joiner != "then" and not state.cursor.choose((True, False)):
        return when
    return replace(when, anchor="it", unsaid=False)


def _reference_before(state: State) -> str:
    """What the measure before compares with."""
    said = state.parts[-1].said if state.parts else []
    last = said[0].comparisons[-1].rsplit(" ", 1)[-1] if said else ""
    return last if last in ("baseline", "lowest", "highest", "before") else ""


def _said_back(cursor: Cursor) -> bool:
    said = (word.text for i in cursor.trail for word in cursor.atoms[i].words if "normal" in cursor.atoms[i].kinds)
    return any(text.startswith(_BACK) for text in said)


def _recorded(state: State, slots: Slots, when: When | None) -> Part | None:
    """What is missing, or known only to be below or above a limit of detection."""
    if len(slots.codes) > 1 or slots.codes == ("*",):
        state.refused.append("which analyte is meant")
        return None
    code = slots.codes[0]
    if slots.state in ("below detection", "above detection"):
        state.filters.append(f"a result of {code} {slots.state}")
    elif when is None:
        state.filters.append(f"fewer than 1 results of {code}")
    elif when.anchor == "the end":
        state.filters.append(f"no result of {code} {when.said}")
    else:
        return Part([Said(code, ("above 0 x previous",))], when=when, absent=code, joiner=state.joiner, own=True)
    state.joiner = ""
    return None
