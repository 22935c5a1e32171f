"""Reads a measure: quantities, a comparison, further comparisons of the same result, and how long it must last."""

from __future__ import annotations

from analytics.analytes import ANALYTES
from analytics.cohort.query.anchor_parser import anchor
from analytics.cohort.query.lexer import analyte_phrases, quantity_phrases
from analytics.cohort.query.question import (
    OPS,
    RECENT,
    REFERENCES,
    SUMMARIES,
    Apart,
    Clause,
    Lasting,
    Measure,
    Scale,
    Summary,
)
from analytics.cohort.query.tokens import Reader
from analytics.compare import Op
from analytics.errors import QuestionError

COMPARISONS: dict[str, Op] = {
    "at least": ">=", "reaches": ">=", ">=": ">=",
    "above": ">", "over": ">", "more than": ">", ">": ">",
    "at most": "<=", "<=": "<=",
    "below": "<", "under": "<", "less than": "<", "<": "<",
}  # fmt: skip
VERBS: dict[str, tuple[Op, float]] = {"doubled": (">=", 2.0), "tripled": (">=", 3.0), "halved": ("<=", 0.5)}
SCALE_WORDS: dict[str, Scale] = {
    "uln": "uln", "upper limit": "uln", "upper limit of normal": "uln",
    "lln": "lln", "lower limit": "lln", "lower limit of normal": "lln",
    "baseline": "baseline", "before": "before", "last before": "before", "lowest": "lowest", "nadir": "lowest",
    "highest": "highest", "peak": "highest", "previous": "previous", "one before": "previous",
}  # fmt: skip
_LONGEST_FIRST = sorted(SCALE_WORDS, key=len, reverse=True)
DAYS = {"day": 1, "days": 1, "d": 1, "week": 7, "weeks": 7, "month": 30, "months": 30}


def quantities(reader: Reader) -> tuple[str, ...]:
    """Analytes or scores joined by "or"; an "or" before a second measure is left for it."""
    found: list[str] = []
    while (code := reader.phrase(quantity_phrases())) is not None:
        found.append(code)
        if not reader.take("or", "comma"):
            break
    return tuple(found)


def summary_ahead(reader: Reader) -> Summary:
    """ "median" and the like before a quantity, read; nothing read where an event follows (first stent)."""
    at = reader.at
    word = reader.take(*SUMMARIES)
    if word and reader.phrase(quantity_phrases()) is not None:
        reader.at = at + 1
        return word  # type: ignore[return-value]
    reader.at = at
    return ""


def comparison_ahead(reader: Reader) -> bool:
    """A comparison comes next; nothing is read."""
    at = reader.at
    ahead = reader.take(*COMPARISONS, *VERBS) is not None
    reader.at = at
    return ahead


def measure(reader: Reader, codes: tuple[str, ...], last: Clause | None, *, summary: Summary = "") -> Measure:
    """The rest of a measure after its quantities."""
    main = comparison(reader, codes, last)
    also = []
    while reader.take("also"):
        also.append(comparison(reader, codes, last))
    lasting = _lasting(reader)
    if summary and (lasting or also or main.scale in REFERENCES - {"baseline"}):
        reader.refuse((f"one comparison of the {summary}, with ULN, LLN, baseline, a grade or a unit",))
    if not (also or lasting or summary):
        return main
    return Measure(
        codes, main.op, main.limit, main.scale, main.apart, main.against, main.within, tuple(also), lasting, summary
    )


def comparison(reader: Reader, codes: tuple[str, ...], last: Clause | None) -> Measure:
    """One comparison."""
    if reader.take("rising"):
        return Measure(codes, ">", 1.0, "previous", within=_earlier(reader))
    if reader.take("falling"):
        return Measure(codes, "<", 1.0, "previous", within=_earlier(reader))
    if reader.take("grade"):
        return _grade(reader, codes)
    verb = reader.take(*VERBS)
    if verb:
        op, limit = VERBS[verb]
        scale, reader.compared = reader.compared or "before", None
        return Measure(codes, op, limit, scale)
    op = COMPARISONS[reader.take(*COMPARISONS) or reader.refuse((*OPS.values(), *VERBS, "grade v5 at least"))]
    if not any(code in ANALYTES for code in codes) and (below_zero := reader.negative()) is not None:
        return Measure(codes, op, below_zero, "unit")  # of a score, such as ALBI
    limit = reader.number(after=OPS[op])
    if reader.take("x", "times"):
        return _multiple(reader, codes, op, limit, last)
    return _in_unit(reader, codes, op, limit)


def _grade(reader: Reader, codes: tuple[str, ...]) -> Measure:
    _only_analytes(reader, codes)
    version: Scale = "grade 6.0" if reader.take("v6", "v6.0") else "grade 5.0"
    reader.take("v5", "v5.0")
    op = COMPARISONS[reader.need(*COMPARISONS)]
    return Measure(codes, op, reader.number(after="grade"), version)


def _multiple(reader: Reader, codes: tuple[str, ...], op: Op, limit: float, last: Clause | None) -> Measure:
    at = reader.at
    other = reader.phrase(analyte_phrases())
    if other is not None:
        if other in codes or len({ANALYTES[a].unit for a in (other, *codes) if a in ANALYTES}) > 1:
            reader.at = at
            reader.refuse(("another analyte of the same unit",))
        return Measure(codes, op, limit, "analyte", against=other)
    scale = _scale_of_multiple(reader, last)
    if scale in ("uln", "lln", "baseline"):
        _only_analytes(reader, codes)
    return Measure(codes, op, limit, scale, within=_earlier(reader) if scale in RECENT else None)


def _only_analytes(reader: Reader, codes: tuple[str, ...]) -> None:
    if not all(code in ANALYTES for code in codes):
        reader.refuse(("a number, as a score has no limits of normal, baseline or grade",))


def _earlier(reader: Reader) -> int | None:
    """ "less than 30 days earlier", read; None where it does not come next."""
    at = reader.at
    if not reader.take("less than", "<"):
        return None
    number = reader.number(after="less than")
    if (unit := reader.take(*DAYS)) is None or not reader.take("earlier", "apart"):
        reader.at = at
        return None
    return round(number * DAYS[unit])


def _lasting(reader: Reader) -> Lasting | None:
    if reader.take("for"):
        longer = reader.need("more than", "at least", "longer than", ">", ">=") in ("more than", "longer than", ">")
        number = reader.number(after="for at least")
        return Lasting(days=round(number * DAYS[reader.need(*DAYS)]), longer=longer)
    if reader.take("in"):
        number = int(reader.number(after="in"))
        reader.need("results in row", "in row")  # the lexer leaves "a" out
        return Lasting(results=number)
    return None


def _scale_of_multiple(reader: Reader, last: Clause | None) -> Scale:
    """What a multiple is of; the scale of the clause before where none is named."""
    compared, reader.compared = reader.compared, None
    at = reader.at
    found = None if compared and not _scale_ahead(reader) else scale(reader)
    if compared and found not in (None, compared):
        reader.at = at
        reader.refuse((f"nothing here, or {compared}, as it is compared with {compared}",))
    if named := compared or found:
        return named
    if last is not None and isinstance(last.what, Measure) and last.what.scale in ("uln", "lln", "baseline", "before"):
        return last.what.scale
    reader.refuse(("ULN", "LLN", "baseline", "before", "lowest", "highest", "previous", "another analyte"))


def _scale_ahead(reader: Reader) -> bool:
    """A scale is named next; a "before" that begins a window is none."""
    at = reader.at
    word = reader.take(*SCALE_WORDS)
    reader.at = at
    return word is not None and word != "before"


def scale(reader: Reader) -> Scale | None:
    """A scale, and what a value "before the stent" was before; None and nothing read where none is named."""
    word = reader.take(*_LONGEST_FIRST)
    if word is None:
        return None
    token = reader.peek()
    if SCALE_WORDS[word] == "before" and token is not None and token.low not in ("it", "that", "this"):
        at = reader.at
        try:
            reader.reference = anchor(reader)
        except QuestionError:  # a window begins here, or nothing does
            reader.at = at
    return SCALE_WORDS[word]


def _in_unit(reader: Reader, codes: tuple[str, ...], op: Op, limit: float) -> Measure:
    """A limit in a unit, or that far above or below an earlier value; a score has no unit."""
    factor = 1.0 if not any(code in ANALYTES for code in codes) else _unit(reader, codes)
    at = reader.at
    side = reader.take("above", "below")
    reference = scale(reader) if side else None
    if side and reference not in REFERENCES:
        reader.at = at
        reader.refuse(tuple(sorted(REFERENCES)))
    if reference is None:
        return Measure(codes, op, limit * factor, "unit")
    if reference == "baseline":
        _only_analytes(reader, codes)
    apart: Apart = "above" if side == "above" else "below"
    within = _earlier(reader) if reference in RECENT else None
    return Measure(codes, op, limit * factor, reference, apart, within=within)


def _unit(reader: Reader, codes: tuple[str, ...]) -> float:
    """Factor of the named unit to the canonical one."""
    if not all(code in ANALYTES for code in codes):
        reader.refuse(("x previous or another multiple, as a score has no unit",))
    known = {unit.casefold(): f for unit, f in ANALYTES[codes[0]].conversions.items()}
    known |= {unit.replace("umol", "µmol").replace("ukat", "µkat").casefold(): f for unit, f in known.items()}
    token = reader.peek()
    if token is None or token.low not in known:
        reader.refuse(("x ULN", "x baseline", "x before", *ANALYTES[codes[0]].conversions))
    if len({ANALYTES[a].unit for a in codes}) > 1:
        reader.refuse(("x ULN or another multiple, as the analytes have different units",))
    reader.at += 1
    return known[token.low]
