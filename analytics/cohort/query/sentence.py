"""From parts of a question to lines of the exact grammar: filters, and clauses one after the other."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analytics.cohort.query.cursor import Cursor
from analytics.cohort.query.measure_words import Said, Unsaid
from analytics.cohort.query.windows_read import When

_LINES = (1, 2)


@dataclass
class Part:
    """A measure (``said``, all of one day) or an event, when, and how it is joined to the part before."""

    said: list[Said]
    event: str = ""
    when: When | None = None
    negated: bool = False
    joiner: str = ""
    own: bool = False
    same_day: bool = False
    state: bool = False
    back: bool = False
    repeat: bool = False
    isolated: bool = False
    absent: str = ""
    early: bool = False
    only: bool = False

    def again(self, when: When) -> Part:
        """The same once more, later."""
        return replace(self, when=when, repeat=True, joiner="and")


@dataclass
class _Clause:
    """A clause being written."""

    what: list[str]
    when: When | None
    negated: bool
    event: bool
    whiles: list[str]

    @property
    def text(self) -> str:
        parts = ["no" if self.negated else "", " or ".join(self.what), self.when.said if self.when else ""]
        return " ".join(p for p in (*parts, *(f"while {w}" for w in self.whiles)) if p)


def lines_of(cursor: Cursor, filters: list[str], parts: list[Part], group: str) -> list[str]:
    """Lines of the grammar.

    Raises:
        Unsaid: the parts do not make a question.
    """
    wheres = list(filters)
    clauses: list[_Clause] = []
    parts = _mutual(cursor, parts)
    for i, part in enumerate(parts):
        part.only = len(parts) == 1
        followed = any(
            p.repeat or p.joiner == "then" or (p.when is not None and p.when.anchor == "it") for p in parts[i + 1 :]
        )
        _add(cursor, part, wheres, clauses, followed=followed)
    if any(part.isolated for part in parts) and not any(c.whiles for c in clauses):
        raise Unsaid("isolated: what must be normal at the same time")
    _on_treatment(cursor, wheres, clauses)
    lines = [f"where {w}" for w in dict.fromkeys(wheres)]
    if clauses:
        lines.append("find " + " and ".join(_texts(cursor, clauses, group)))
    name = group.lstrip("?")
    if not lines and not name:
        raise Unsaid("nothing that can be asked")
    return [*lines, f"group by {name}"] if name else lines


def _texts(cursor: Cursor, clauses: list[_Clause], group: str) -> list[str]:
    """Clauses as text; a rate per line is asked line by line."""
    if group == "?":
        raise Unsaid("a rate of what groups: by primary site, by line")
    if group == "?line" and len(clauses) == 1 and clauses[0].when is None:
        cursor.vague = True
        clauses[0].when = When("during", f"line {cursor.choose(_LINES)}")
    return [c.text for c in clauses]


def _mutual(cursor: Cursor, parts: list[Part]) -> list[Part]:
    """ "A and B within 3 days of each other": around an event, or either first."""
    at = next((i for i, p in enumerate(parts) if p.when is not None and p.when.mutual), None)
    if at is None:
        return parts
    if at == 0 or len(parts) != 2:
        raise Unsaid("which two are meant by each other")
    one, two = parts[0], replace(parts[1], joiner="and")
    assert two.when is not None
    span = two.when.text
    if one.event or two.event:
        event, other = (one, two) if one.event else (two, one)
        return [replace(other, when=When(f"{span} around", event.event), joiner="")]
    later = When(f"{span} after")
    first, second = cursor.choose(((one, two), (two, one)))
    return [replace(first, when=None, joiner=""), replace(second, when=later, joiner="and")]


def _add(cursor: Cursor, part: Part, wheres: list[str], clauses: list[_Clause], *, followed: bool) -> None:
    last = clauses[-1] if clauses else None
    if part.absent:
        clauses.append(_Clause([f"{part.absent} above 0 {_unit(part.absent)}"], part.when, True, False, []))
    elif part.event:
        _add_event(cursor, part, wheres, clauses, followed=followed)
    elif part.negated:
        _add_absent(cursor, part, wheres, clauses)
    elif last is not None and not last.event and _same_result(part):
        last.what[-1] = f"{last.what[-1]} also {' also '.join(part.said[0].comparisons)}"
    elif last is not None and part.joiner == "or" and len(part.said) == 1 and (last.when is None or not last.whiles):
        _alternative(part, last)
    elif part.joiner == "or":
        raise Unsaid(f"or before {part.said[0].text}")
    elif last is not None and not last.event and _same_day(part, last):
        last.whiles += [s.text for s in part.said]
        last.when = last.when or part.when
    elif last is not None and part.when is None and not part.repeat:
        _joined(cursor, part, wheres, clauses)
    else:
        if last is not None and part.joiner == "and" and _of_both(part, last) and cursor.choose((True, False)):
            last.when = part.when
        _measured(cursor, part, clauses)


def _unit(code: str) -> str:
    from analytics.cohort.query.quantities import unit_of

    return unit_of(code)


def _same_result(part: Part) -> bool:
    """ "... with an absolute increase of 5": a further comparison of the same result."""
    return not part.own and part.joiner == "while" and part.when is None and len(part.said) == 1


def _same_day(part: Part, last: _Clause) -> bool:
    if part.repeat:
        return False
    if part.joiner == "while":
        return part.when is None or last.when is None
    return part.same_day or (bool(last.whiles) and part.state and part.when is None)


def _of_both(part: Part, last: _Clause) -> bool:
    """ "A and B within 5 days after resection": the time may be meant for both."""
    timed = part.when is not None and part.when.anchor != "it"
    return timed and part.own and not part.repeat and not last.event and last.when is None


def _alternative(part: Part, last: _Clause) -> None:
    if last.when is not None and part.when is None:
        raise Unsaid("whether the time is meant for both")
    last.what.append(part.said[0].text)
    last.when = last.when or part.when


def _add_event(cursor: Cursor, part: Part, wheres: list[str], clauses: list[_Clause], *, followed: bool) -> None:
    relative = part.when is not None and part.when.anchor == "it"
    if part.joiner == "or":
        if part.when is not None or part.negated or not wheres or not wheres[-1].startswith("has "):
            raise Unsaid(f"or before {part.event}")
        wheres[-1] += f" or {part.event}"
    elif part.negated and part.when is None:
        wheres.append(f"no {part.event}")
    elif part.negated and not relative and not (part.only and cursor.choose((True, False))):
        wheres.append(f"never {part.event} {part.when.said if part.when else ''}".strip())
    elif part.when is None and not part.repeat and part.joiner != "then" and not followed:
        wheres.append(f"has {part.event}")
    else:
        clauses.append(_Clause([part.event], part.when, part.negated, True, []))


def _add_absent(cursor: Cursor, part: Part, wheres: list[str], clauses: list[_Clause]) -> None:
    if len(part.said) > 1:
        raise Unsaid("never both on one day")
    relative = part.when is not None and part.when.anchor == "it" and bool(clauses)
    if relative or (part.when is not None and part.only and cursor.choose((True, False))):
        clauses.append(_Clause([part.said[0].text], part.when, True, False, []))
    else:
        wheres.append(f"never {part.said[0].text} {part.when.said if part.when else ''}".strip())


def _joined(cursor: Cursor, part: Part, wheres: list[str], clauses: list[_Clause]) -> None:
    """ "A and B" without a time: on one day, B later, or each at any time."""
    last = clauses[-1]
    text = part.said[0].text
    if last.event or part.joiner == "then" or len(part.said) > 1:
        clauses.append(_Clause([text], When("after"), False, False, [s.text for s in part.said[1:]]))
        return
    way = cursor.choose(("ever", "after", "while") if part.own else ("also", "ever", "after"))
    if way == "also":
        last.what[-1] = f"{last.what[-1]} also {' also '.join(part.said[0].comparisons)}"
    elif way == "while":
        last.whiles.append(text)
    elif way == "after":
        clauses.append(_Clause([text], When("after"), False, False, []))
    else:
        wheres.append(f"ever {text}")


def _measured(cursor: Cursor, part: Part, clauses: list[_Clause]) -> None:
    first, *rest = part.said
    when = part.when
    if (
        part.back
        and when is not None
        and not clauses
        and when.text.startswith(("within", "after"))
        and when.anchor != "it"
    ):
        since = when.anchor if " " in when.anchor or when.anchor.startswith("end") else f"first {when.anchor}"
        if cursor.choose((True, False)):
            was = first.text.replace("at most 1 x ULN", "above 1 x ULN").replace("at least 1 x LLN", "below 1 x LLN")
            clauses.append(_Clause([was], When("within 28 days before", since), False, False, []))
            when = When(when.text, since)
    if when is not None and when.text == "before" and when.anchor == "first dose" and part.state:
        when = cursor.choose((When("within 28 days before", "first dose"), when))
    clauses.append(_Clause([first.text], when, False, False, [s.text for s in rest]))


def _on_treatment(cursor: Cursor, wheres: list[str], clauses: list[_Clause]) -> None:
    """ "FOLFOX patients with ALT above 3 x ULN": at any time, or after the first of it."""
    treated = [w for w in wheres if w.startswith("treated with ")]
    if (
        len(treated) != 1
        or " or " in treated[0]
        or len(clauses) != 1
        or clauses[0].when is not None
        or clauses[0].event
    ):
        return
    name = treated[0].removeprefix("treated with ")
    if cursor.choose((False, True)):
        clauses[0].when = When("after", f"first {name}" if name.startswith("class") else f"first agent {name}")
