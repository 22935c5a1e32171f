"""From the parts of a measure to measures in the words of the exact grammar."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analytics.analytes import ANALYTES
from analytics.cohort.query.cursor import Cursor
from analytics.cohort.query.quantities import score_codes
from analytics.cohort.query.question import OPS
from analytics.cohort.query.slots import Limit, Slots

_REFERENCES = ("baseline", "before", "lowest", "highest", "previous")


_PLACES = frozenset("above|over|under|below|beneath|exceeds|exceeding|exceed|exceeded|beyond|uber|unter|>|<".split("|"))
"""Comparisons that name where a value went, not how far."""


_CHANGES = {"up": "a rise", "down": "a fall"}


class Unsaid(Exception):
    """The parts do not make a measure of the grammar; says why."""


@dataclass(frozen=True)
class Said:
    """A measure in the words of the grammar: ``head`` (summary and quantities), comparisons, ``tail`` (lasting)."""

    head: str
    comparisons: tuple[str, ...]
    tail: str = ""

    @property
    def text(self) -> str:
        """As the grammar writes it."""
        return " ".join(p for p in (self.head, " also ".join(self.comparisons), self.tail) if p)


def said_of(cursor: Cursor, slots: Slots, *, counted: str) -> list[Said]:
    """Measures that must hold on one day (one, but for "AST and ALT both above ...").

    Args:
        cursor: where choices are made.
        slots: what was said.
        counted: "after" where the window begins at an event, "during" where it is a stay, "" where there is none.

    Raises:
        Unsaid: it says too little, or what the grammar cannot say.
    """
    codes = slots.codes
    if not slots.own and not codes:
        raise Unsaid("no analyte is named")
    if codes == ("*",):
        raise Unsaid("which analyte is meant")
    _with_sign(slots)
    every = slots.every
    if slots.state == "normal" and len(codes) > 1 and not every:  # "LFTs normal": each of them, or any
        every = cursor.choose((True, False))
    heads = [(code,) for code in codes] if every else [codes]
    found = []
    for head in heads:
        comparisons = tuple(_comparisons(cursor, slots, head, counted))
        if slots.earlier is not None:
            days = cursor.choose((slots.earlier, slots.earlier + 1))
            comparisons = tuple(f"{c} less than {days} days earlier" for c in comparisons)
        if slots.lately is not None:
            comparisons = tuple(f"{c} less than {slots.lately + 1} days earlier" for c in comparisons)
        found.append(Said(f"{slots.summary} {' or '.join(head)}".strip(), comparisons, slots.lasting))
    return found


def _with_sign(slots: Slots) -> None:
    """A change "at most -50 %" is a fall by at least 50 %; other numbers below zero only scores have."""
    for limit in slots.limits:
        if slots.signed and not slots.change and limit.op and (limit.number < 0) == limit.op.startswith("<"):
            slots.change, slots.by = ("down" if limit.number < 0 else "up"), True
            limit.op, limit.number, limit.word = (
                _MIRRORED[limit.op] if limit.number < 0 else limit.op,
                abs(limit.number),
                "",
            )
        elif slots.signed:
            raise Unsaid("a change by less than")
        elif limit.number < 0 and not (limit.how == "plain" and all(code in score_codes() for code in slots.codes)):
            raise Unsaid("a limit below zero")
    if slots.signed and not slots.limits:
        raise Unsaid("how much a change is")


_MIRRORED = {"<": ">", "<=": ">="}


def _comparisons(cursor: Cursor, slots: Slots, codes: tuple[str, ...], counted: str) -> list[str]:
    if slots.clash:
        raise Unsaid("which of two numbers is the limit")
    found = []
    if slots.state:
        found += _of_state(slots, codes)
    if slots.verb is not None:
        found.append(_changed(cursor, slots, Limit(">=" if slots.verb > 1 else "<=", slots.verb, "x"), counted))
    for limit in slots.limits:
        found.append(_of_limit(cursor, slots, limit, codes, counted))
    if slots.change and not found:
        found.append(_without_amount(cursor, slots))
    if not found:
        raise Unsaid("no limit is named")
    return found


def _of_state(slots: Slots, codes: tuple[str, ...]) -> list[str]:
    bad = {ANALYTES[code].bad for code in codes if code in ANALYTES}
    if slots.state in ("worse", "better"):
        if not all(code.endswith("_grade") for code in codes):
            raise Unsaid("how much worse or better")
        return [f"at least 1 {'above' if slots.state == 'worse' else 'below'} before"]
    if not bad or len(bad) > 1 or len({code in ANALYTES for code in codes}) > 1:
        raise Unsaid("normal or raised of these together")
    low = bad == {"low"}
    if slots.state == "normal":
        return ["at most 1 x ULN"] * (not low) + ["at least 1 x LLN"] * (bad != {"high"})
    if slots.state == "abnormal" and bad == {"both"}:
        raise Unsaid("abnormal on which side")
    if slots.state == "low" or (slots.state == "abnormal" and low):
        return ["below 1 x LLN"]
    return ["above 1 x ULN"]


def _without_amount(cursor: Cursor, slots: Slots) -> str:
    """ "rising": each result against the one before."""
    word = "above" if slots.change == "up" else "below"
    if not slots.lasting:
        cursor.vague = True
        if slots.scale in _REFERENCES:
            return f"{word} 1 x {slots.scale}"
        slots.lasting = "in 2 results in a row"
    return f"{word} 1 x previous"


def _of_limit(cursor: Cursor, slots: Slots, limit: Limit, codes: tuple[str, ...], counted: str) -> str:
    if slots.log2:
        factor = Limit(limit.op or ">=", 2.0**limit.number, "x", slots.scale or "baseline")
        return _multiple(cursor, factor)
    if limit.how == "grade":
        return _graded(cursor, limit)
    cursor.vague = cursor.vague or (limit.ahead and slots.own)
    if slots.change == "down" and limit.how == "plain" and limit.word == ">" and not slots.to:  # "a loss > 5 kg"
        cursor.vague = slots.by = True
    elif limit.how == "other" or limit.scale or (limit.how == "plain" and limit.word in _PLACES):
        _arrived(cursor, slots, limit)
    if limit.how == "other":
        return f"{_op(cursor, limit)} {limit.number:.10g} x {limit.other}"
    if limit.how == "x":
        return _multiple(cursor, limit) if limit.scale else _changed(cursor, slots, _fold(slots, limit), counted)
    if not limit.op and not slots.change and len(codes) == 1 and codes[0].endswith("_grade"):
        return cursor.choose((f"at least {limit.number:g}", f"at least {limit.number:g} also at most {limit.number:g}"))
    if limit.how == "percent" and not slots.change:
        if codes != ("PTPCT",):
            raise Unsaid("of what a percentage is")
        return f"{_op(cursor, limit)} {limit.number:g} %"
    return _of_amount(cursor, slots, limit, codes, counted)


def _contrary(slots: Slots, limit: Limit) -> bool:
    """A limit on the other side of the change: "a fall above 3", "loss > 5"."""
    return {"up": "<", "down": ">"}.get(slots.change) == limit.op[:1] and bool(limit.op)


def _arrived(cursor: Cursor, slots: Slots, limit: Limit) -> None:
    """A limit that a change goes to lies on its side: "fell to half of baseline" is at most half."""
    if _contrary(slots, limit):
        raise Unsaid(f"{_CHANGES[slots.change]} to {OPS[limit.op]}")  # type: ignore[index]
    if slots.by and limit.scale in ("uln", "lln"):
        cursor.vague = True
    if not limit.op and (slots.change == "down" or (limit.scale in _REFERENCES and limit.number < 1)):
        limit.op = "<="


def _of_amount(cursor: Cursor, slots: Slots, limit: Limit, codes: tuple[str, ...], counted: str) -> str:
    """A share or an amount of change, or a plain limit."""
    relative = bool(slots.change and (not limit.op or slots.by or slots.scale or limit.how != "plain"))
    if slots.signed and limit.how == "plain" and not limit.unit and any(code in ANALYTES for code in codes):
        raise Unsaid("in what unit or percent a change is")
    share = relative and not slots.signed and not limit.unit and limit.number < 1
    if limit.how == "percent" or share:
        return _changed(cursor, slots, _factor(cursor, slots, limit), counted)
    if slots.change and not relative and limit.word not in _PLACES and not slots.to:
        relative = cursor.choose((False, True))
    if relative and not (slots.to and not slots.by):
        return _apart(cursor, slots, limit, codes, counted)
    if slots.change and not limit.op:
        limit.op = ">=" if slots.change == "up" else "<="
    return f"{_op(cursor, limit)} {_in_unit(cursor, limit, codes)}"


def _graded(cursor: Cursor, limit: Limit) -> str:
    if limit.op:
        return f"grade v5 {OPS[limit.op]} {limit.number:g}"  # type: ignore[index]
    return cursor.choose(
        (
            f"grade v5 at least {limit.number:g}",
            f"grade v5 at least {limit.number:g} also grade v5 at most {limit.number:g}",
        )
    )


def _op(cursor: Cursor, limit: Limit) -> str:
    return OPS[limit.op or cursor.choose((">=", ">"))]  # type: ignore[index]


def _multiple(cursor: Cursor, limit: Limit) -> str:
    scale = {"uln": "ULN", "lln": "LLN"}.get(limit.scale, limit.scale)
    return f"{_op(cursor, limit)} {limit.number:.10g} x {scale}"


def _factor(cursor: Cursor, slots: Slots, limit: Limit) -> Limit:
    """A change by a share of the reference as a multiple of it."""
    share = limit.number / 100 if limit.how == "percent" else limit.number
    if slots.to and not slots.by:
        reached = Limit(limit.op, share, "x", slots.scale)
        _arrived(cursor, slots, reached)
        return replace(reached, op=reached.op or ">=")
    _not_less(slots, limit)
    if slots.change == "up":
        return Limit(limit.op or ">=", 1 + share, "x")
    op = {">": "<"}.get(limit.op, "<=")
    if share >= 1:
        raise Unsaid("a fall by all of it")
    return Limit(op, float(f"{1 - share:.4g}"), "x")


def _not_less(slots: Slots, limit: Limit) -> None:
    """A change by less than so much is also none, or one to the other side."""
    if slots.change and limit.op.startswith("<"):
        raise Unsaid(f"{_CHANGES[slots.change]} by less than")


def _fold(slots: Slots, limit: Limit) -> Limit:
    _not_less(slots, limit)
    if slots.change == "down":
        return Limit({">": "<"}.get(limit.op, "<="), float(f"{1 / limit.number:.4g}"), "x")
    return Limit(limit.op or ">=", limit.number, "x")


def _changed(cursor: Cursor, slots: Slots, limit: Limit, counted: str) -> str:
    """A multiple of what was named, else of what could be meant."""
    up = limit.op.startswith(">")
    if slots.verb is not None and not slots.scale:  # as the exact grammar reads doubled, tripled, halved
        limit.scale = "before" if counted else "lowest" if up else "highest"
    else:
        limit.scale = slots.scale or cursor.choose((*_limit_meant(slots, limit), *_references(up, counted)))
    if limit.scale in ("uln", "lln") and (slots.change or slots.verb is not None):
        raise Unsaid("a change from a limit of normal")
    return _multiple(cursor, limit)


def _limit_meant(slots: Slots, limit: Limit) -> tuple[str, ...]:
    """ "ALT 3x", "above 5 x" without a word of change: of the upper limit first."""
    high = all(code in ANALYTES and ANALYTES[code].bad != "low" for code in slots.codes)
    return ("uln",) if limit.how == "x" and high and limit.op.startswith(">") and not slots.change else ()


def _references(up: bool, counted: str) -> tuple[str, ...]:
    extreme = "lowest" if up else "highest"
    return ("before", "baseline") if counted == "after" else ("baseline", extreme)


def _apart(cursor: Cursor, slots: Slots, limit: Limit, codes: tuple[str, ...], counted: str) -> str:
    up = slots.change == "up"
    scale = slots.scale or cursor.choose(_references(up, counted))
    op = limit.op or ">="
    if scale not in _REFERENCES or op.startswith("<"):
        raise Unsaid("from what it changed")
    return f"{OPS[op]} {_in_unit(cursor, limit, codes)} {'above' if up else 'below'} {scale}"  # type: ignore[index]


def _in_unit(cursor: Cursor, limit: Limit, codes: tuple[str, ...]) -> str:
    """The number with its unit; where none is said, that which fits."""
    if not all(code in ANALYTES for code in codes):
        if limit.unit:
            raise Unsaid("a score has no unit")
        return f"{limit.number:.10g}"
    units = ANALYTES[codes[0]].conversions
    if limit.unit:
        known = {unit.casefold(): unit for unit in units}
        named = "10*9/L" if limit.counts and "10*9/l" in known else limit.unit
        named = "g/L" if limit.counts and named not in units and "g/L" in units else named
        if named.casefold() not in known:
            raise Unsaid(f"{codes[0]} in {limit.unit}")
        return f"{limit.number:.10g} {known[named.casefold()]}"
    fitting = _fitting(cursor, codes[0], limit)
    if not fitting:
        raise Unsaid("the unit")
    if fitting[0].endswith("kat/L"):  # "ALT > 3": catals, or multiples of a limit that was not said
        fitting = ["x ULN", fitting[0]]
    unit = cursor.choose(fitting)
    if limit.beside and unit == "x ULN":
        limit.beside.how, limit.beside.scale = "x", "uln"
    elif limit.beside:
        limit.beside.unit = unit
    return f"{limit.number:.10g} {unit}"


def _fitting(cursor: Cursor, code: str, limit: Limit) -> list[str]:
    """Units that a number without one can have, or both ends of a range."""
    if limit.beside is None:
        return cursor.units(code, limit.op, limit.number)
    of_other = cursor.units(code, "", limit.beside.number)
    return [unit for unit in cursor.units(code, "", limit.number) if unit in of_other]
