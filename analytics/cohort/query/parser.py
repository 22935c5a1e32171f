"""From words to a Question. Every refusal says where reading stopped and what could stand there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from analytics.cohort.query.anchor_parser import EVENTS_BY_WORD, anchor, event_named
from analytics.cohort.query.measure_parser import (
    DAYS,
    SCALE_WORDS,
    comparison_ahead,
    measure,
    quantities,
    scale,
    summary_ahead,
)
from analytics.cohort.query.question import REFERENCES, Anchor, Clause, Measure, Question, Side, Window
from analytics.cohort.query.tokens import Reader

__all__ = ["anchor", "event_named", "from_json", "parse_question"]


def parse_question(line: str) -> Question:
    """Read one question.

    Raises:
        QuestionError: with the position and what is accepted there.
    """
    reader = Reader(line)
    first = _clause(reader, None)
    clauses = [*reader.earlier, first]
    while reader.take("and") or reader.take("comma"):
        clauses.append(_clause(reader, clauses[-1]))
    if not reader.done:
        reader.refuse(("and", "within", "after", "before", "during", "while", "the end of the line"))
    return Question(tuple(clauses))


def from_json(data: Mapping[str, Any]) -> Question:
    """Read a question from its JSON form, which is checked by parsing its text."""
    return parse_question(str(data["text"]))


def _clause(reader: Reader, last: Clause | None) -> Clause:
    _lift_comparison(reader)
    absent = reader.take("no") is not None
    start = reader.at
    what, others = _what(reader, last)
    if reader.compared:
        reader.refuse(("a multiple such as at least 2 x, where something is compared with",))
    reference = reader.reference
    at = reader.at
    window = _window(reader, last)
    if reference and window and not _same_moment(reference, window.anchor):
        reader.refuse((f"a window counted from {reference.text}, whose earlier value is compared",))
    if last is None and window is not None and window.anchor.kind == "it" and not reader.earlier:
        reader.at = at
        reader.refuse(("an event or a measure to count from: nothing stands before the first clause",))
    clause = Clause(what, window, absent, _meanwhile(reader, last), others)
    return _with_reference(reader, clause, start)


def _what(reader: Reader, last: Clause | None) -> tuple[Measure | Anchor, tuple[Measure, ...]]:
    """A measure and its alternatives, or an event."""
    summary = summary_ahead(reader)
    codes = quantities(reader)
    if not codes and last is not None and isinstance(last.what, Measure) and comparison_ahead(reader):
        codes = last.what.analytes
    if not codes:
        named = event_named(reader)
        return named or reader.refuse(("an analyte such as ALT or bilirubin", *EVENTS_BY_WORD)), ()
    first = measure(reader, codes, last, summary=summary)
    others = []
    while reader.take("or"):
        at = reader.at - 1
        summary = summary_ahead(reader)
        codes = quantities(reader)
        if not codes:
            reader.at = at
            break
        others.append(measure(reader, codes, last, summary=summary))
    return first, tuple(others)


def _meanwhile(reader: Reader, last: Clause | None) -> tuple[Measure, ...]:
    """What must hold on the same day."""
    found = []
    while reader.take("while"):
        if reader.earlier and last is None:
            reader.refuse(("the later measure after an and",))
        codes = quantities(reader) or reader.refuse(("an analyte",))
        other = measure(reader, codes, None)
        if other.scales & (REFERENCES - {"baseline"}) or other.lasting:
            reader.refuse(("a limit in x ULN, x LLN, x baseline, a unit or a grade",))
        found.append(other)
    return tuple(found)


def _with_reference(reader: Reader, clause: Clause, start: int) -> Clause:
    """A change without an event is one from the lowest value before (a fall: from the highest), where it is said as a
    verb; "x before" without an event has nothing to be before."""
    if clause.window is not None or not any("before" in m.scales for m in clause.measures):
        return clause
    words = {token.low for token in reader.tokens[start : reader.at]}
    if words & set(SCALE_WORDS) or any(m.also or m.apart for m in clause.measures):
        reader.refuse(("after or within ... of an event, as a value before is asked",))
    measures = [
        replace(m, scale="lowest" if m.op.startswith(">") else "highest") if m.scale == "before" else m
        for m in clause.measures
    ]
    return replace(clause, what=measures[0], others=tuple(measures[1:]))


def _lift_comparison(reader: Reader) -> None:
    """Take "compared with ..." out of the clause, where it may stand before or after the multiple or the window."""
    reader.reference = reader.compared = None
    start = first = reader.at
    while first < len(reader.tokens) and reader.tokens[first].low not in ("and", "while", "compared"):
        first += 1
    if first == len(reader.tokens) or reader.tokens[first].low != "compared":
        return
    reader.at = first
    reader.take("compared")
    reader.need("with", "to")
    reader.compared = scale(reader) or reader.refuse(tuple(SCALE_WORDS))
    if reader.compared == "before" and reader.reference is None:
        reader.take("it")
    if first > start and reader.tokens[first - 1].kind == "comma":
        first -= 1
    if not reader.done and reader.tokens[reader.at].kind == "comma":
        reader.at += 1
    del reader.tokens[first : reader.at]
    reader.at = start


def _same_moment(named: Anchor, counted: Anchor) -> bool:
    """The event that a value was taken before is the one that days are counted from, or each of its kind."""
    return (named.kind, named.code) == (counted.kind, counted.code) and named.which in ("each", counted.which)


def _window(reader: Reader, last: Clause | None) -> Window | None:
    word = reader.take("within", "after", "before", "during", "on")
    if word is None:
        return (
            Window("after", reader.reference) if reader.reference else (Window("after", Anchor("it")) if last else None)
        )
    if word != "within":
        return Window(word, _since(reader, last, word))  # type: ignore[arg-type]
    low, high = None, reader.number(after="within")
    if reader.take("to"):
        low, high = high, reader.number(after="to")
    factor = DAYS[reader.need(*DAYS)]
    side = reader.take("after", "before", "of", "following", "around")
    if side == "around" and low is not None:
        reader.refuse(("one number of days around it",))
    if side is None:
        if last is None and reader.reference is None:
            reader.refuse(("after biliary_stent", "before the end", "after it"))
        since: Anchor = reader.reference or Anchor("it")
    else:
        since = _since(reader, last, side)
    where: Side = side if side in ("before", "around") else "after"  # type: ignore[assignment]
    return Window(where, since, None if low is None else int(low * factor), int(high * factor))


def _since(reader: Reader, last: Clause | None, side: str) -> Anchor:
    """What the window of a clause is counted from; a measure there becomes a clause of its own before this one."""
    start = reader.at
    codes = quantities(reader) if side not in ("during", "on") else ()
    if not codes:
        return anchor(reader)
    if last is not None:
        reader.at = start
        reader.refuse(("it", "an event", "a measure only in the first clause: join the others with and"))
    other = measure(reader, codes, None)
    reader.earlier.append(_with_reference(reader, Clause(other, _window_of_earlier(reader)), start))
    return Anchor("it")


def _window_of_earlier(reader: Reader) -> Window | None:
    """Window of the measure that another is counted from; where none is written it has none."""
    ahead = reader.take("within", "after", "before", "during", "on")
    if ahead is None:
        return None
    reader.at -= 1
    return _window(reader, None)
