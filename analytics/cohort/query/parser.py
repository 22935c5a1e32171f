"""From words to a Question. Every refusal says where reading stopped and what could stand there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analytics.analytes import ANALYTES
from analytics.cohort.query.lexer import analyte_phrases, event_phrases, response_phrases
from analytics.cohort.query.question import OPS, Anchor, Clause, Measure, Question, Scale, Side, Which, Window
from analytics.cohort.query.tokens import Reader
from analytics.compare import Op
from analytics.errors import QuestionError
from analytics.event_kinds import EVENT_KINDS

_COMPARISONS: dict[str, Op] = {
    "at least": ">=", "reaches": ">=", ">=": ">=",
    "above": ">", "over": ">", "more than": ">", ">": ">",
    "at most": "<=", "<=": "<=",
    "below": "<", "under": "<", "less than": "<", "<": "<",
}  # fmt: skip
_VERBS: dict[str, tuple[Op, float]] = {"doubled": (">=", 2.0), "tripled": (">=", 3.0), "halved": ("<=", 0.5)}
_SCALE_WORDS: dict[str, Scale] = {
    "uln": "uln", "upper limit": "uln", "upper limit of normal": "uln",
    "lln": "lln", "lower limit": "lln", "lower limit of normal": "lln",
    "baseline": "baseline", "before": "before", "last before": "before", "lowest": "lowest", "nadir": "lowest",
}  # fmt: skip
_DAYS = {"day": 1, "days": 1, "d": 1, "week": 7, "weeks": 7, "month": 30, "months": 30}


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
    analytes = _analytes(reader)
    if not analytes and last is not None and isinstance(last.what, Measure) and _comparison_ahead(reader):
        analytes = last.what.analytes
    if analytes:
        what: Measure | Anchor = _measure(reader, analytes, last)
    else:
        what = happening(reader) or reader.refuse(
            ("an analyte such as ALT or bilirubin", *EVENT_KINDS, 'agent "name"', "progression")
        )
    if reader.compared:
        reader.refuse(("a multiple such as at least 2 x, where something is compared with",))
    reference = reader.reference
    window = _window(reader, last)
    if reference and window and not _same_moment(reference, window.anchor):
        reader.refuse((f"a window counted from {reference.text}, whose earlier value is compared",))
    meanwhile = None
    if reader.earlier and last is None and reader.take("while"):
        reader.refuse(("the later measure after an and",))
    if reader.take("while"):
        others = _analytes(reader) or reader.refuse(("an analyte",))
        meanwhile = _measure(reader, others, None)
        if meanwhile.scale in ("before", "lowest"):
            reader.refuse(("a limit in x ULN, x LLN, x baseline, a unit or a grade",))
    return Clause(what, window, absent, meanwhile)


def _lift_comparison(reader: Reader) -> None:
    """Take "compared with ..." out of the clause, where it may stand before or after the multiple or the window."""
    reader.reference = reader.compared = None
    start = reader.at
    ahead = [t.low for t in reader.tokens[start:]]
    ends = [ahead.index(word) for word in ("and", "while") if word in ahead]
    if "compared" not in ahead[: min(ends, default=len(ahead))]:
        return
    first = reader.at = start + ahead.index("compared")
    reader.take("compared")
    reader.need("with", "to")
    reader.compared = _scale(reader) or reader.refuse(tuple(_SCALE_WORDS))
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


def _analytes(reader: Reader) -> tuple[str, ...]:
    found: list[str] = []
    while (code := reader.phrase(analyte_phrases())) is not None:
        found.append(code)
        if not reader.take("or", "comma"):
            break
    return tuple(found)


def _comparison_ahead(reader: Reader) -> bool:
    at = reader.at
    ahead = reader.take(*_COMPARISONS, *_VERBS) is not None
    reader.at = at
    return ahead


def _measure(reader: Reader, analytes: tuple[str, ...], last: Clause | None) -> Measure:
    if reader.take("grade"):
        version: Scale = "grade 6.0" if reader.take("v6", "v6.0") else "grade 5.0"
        reader.take("v5", "v5.0")
        op = _COMPARISONS[reader.need(*_COMPARISONS)]
        return Measure(analytes, op, reader.number(after="grade"), version)
    verb = reader.take(*_VERBS)
    if verb:
        op, limit = _VERBS[verb]
        scale, reader.compared = reader.compared or "before", None
        return Measure(analytes, op, limit, scale)
    op = _COMPARISONS[reader.take(*_COMPARISONS) or reader.refuse((*OPS.values(), *_VERBS, "grade v5 at least"))]
    limit = reader.number(after=OPS[op])
    if reader.take("x", "times"):
        return Measure(analytes, op, limit, _multiple(reader, last))
    return Measure(analytes, op, limit * _unit(reader, analytes), "unit")


def _multiple(reader: Reader, last: Clause | None) -> Scale:
    """What a multiple is of; the scale of the clause before where none is named."""
    compared, reader.compared = reader.compared, None
    at = reader.at
    scale = None if compared and not _scale_ahead(reader) else _scale(reader)
    if compared and scale not in (None, compared):
        reader.at = at
        reader.refuse((f"nothing here, or {compared}, as it is compared with {compared}",))
    if found := compared or scale:
        return found
    if last is not None and isinstance(last.what, Measure) and last.what.scale in ("uln", "lln", "baseline", "before"):
        return last.what.scale
    reader.refuse(("ULN", "LLN", "baseline", "before", "lowest"))


def _scale_ahead(reader: Reader) -> bool:
    """A scale is named next; a "before" that begins a window is none."""
    at = reader.at
    word = reader.take(*_SCALE_WORDS)
    reader.at = at
    return word is not None and word != "before"


def _scale(reader: Reader) -> Scale | None:
    """A scale, and what a value "before the stent" was before; None and nothing read where none is named."""
    word = reader.take(*sorted(_SCALE_WORDS, key=len, reverse=True))
    if word is None:
        return None
    token = reader.peek()
    if _SCALE_WORDS[word] == "before" and token is not None and token.low not in ("it", "that", "this"):
        at = reader.at
        try:
            reader.reference = anchor(reader)
        except QuestionError:  # a window begins here, or nothing does
            reader.at = at
    return _SCALE_WORDS[word]


def _unit(reader: Reader, analytes: tuple[str, ...]) -> float:
    """Factor of the named unit to the canonical one."""
    known = {unit.casefold(): f for unit, f in ANALYTES[analytes[0]].conversions.items()}
    known |= {unit.replace("umol", "µmol").replace("ukat", "µkat").casefold(): f for unit, f in known.items()}
    token = reader.peek()
    if token is None or token.low not in known:
        reader.refuse(("x ULN", "x baseline", "x before", *ANALYTES[analytes[0]].conversions))
    if len({ANALYTES[a].unit for a in analytes}) > 1:
        reader.refuse(("x ULN or another multiple, as the analytes have different units",))
    reader.at += 1
    return known[token.low]


def happening(reader: Reader) -> Anchor | None:
    """An event kind, an agent or an imaging response, with first or last before it; None and nothing read otherwise."""
    at = reader.at
    which: Which = "each"
    if word := reader.take("each", "every", "first", "last"):
        which = "each" if word == "every" else word  # type: ignore[assignment]
    if reader.take("agent", "drug"):
        token = reader.peek() or reader.refuse(('the agent\'s name, for example "oxaliplatin"',))
        reader.at += 1
        return Anchor("agent", token.low, which)
    reader.take("imaging", "scan with")
    for kind, phrases in (("imaging", response_phrases()), ("event", event_phrases())):
        if (code := reader.phrase(phrases)) is not None:
            return Anchor(kind, code, which)  # type: ignore[arg-type]
    reader.at = at
    return None


def anchor(reader: Reader) -> Anchor:
    """What a window is counted from."""
    if reader.take("it", "that", "this"):
        return reader.reference or Anchor("it")
    if reader.take("first dose", "first treatment", "treatment start"):
        return Anchor("first dose")
    if reader.take("metastases", "metastases date"):
        return Anchor("metastases")
    if reader.take("end", "cut-off", "cutoff"):
        return Anchor("end")
    if reader.take("first abnormal"):
        return Anchor("abnormal", reader.phrase(analyte_phrases()) or reader.refuse(("an analyte",)))
    at = reader.at
    reader.take("start of")
    if reader.take("line"):
        return Anchor("line", f"{reader.number(after='line'):g}")
    reader.at = at
    return happening(reader) or reader.refuse(
        ("it", "first dose", "line 2", "metastases", "the end", *EVENT_KINDS, 'agent "name"', "progression")
    )


def _window(reader: Reader, last: Clause | None) -> Window | None:
    word = reader.take("within", "after", "before", "during")
    if word is None:
        return (
            Window("after", reader.reference) if reader.reference else (Window("after", Anchor("it")) if last else None)
        )
    if word != "within":
        return Window(word, _since(reader, last, word))  # type: ignore[arg-type]
    low, high = None, reader.number(after="within")
    if reader.take("to"):
        low, high = high, reader.number(after="to")
    factor = _DAYS[reader.need(*_DAYS)]
    side = reader.take("after", "before", "of", "following")
    if side is None:
        if last is None and reader.reference is None:
            reader.refuse(("after biliary_stent", "before the end", "after it"))
        since: Anchor = reader.reference or Anchor("it")
    else:
        since = _since(reader, last, side)
    where: Side = "before" if side == "before" else "after"
    return Window(where, since, None if low is None else int(low * factor), int(high * factor))


def _since(reader: Reader, last: Clause | None, side: str) -> Anchor:
    """What the window of a clause is counted from; a measure there becomes a clause of its own before this one."""
    start = reader.at
    analytes = _analytes(reader) if side != "during" else ()
    if not analytes:
        return anchor(reader)
    if last is not None:
        reader.at = start
        reader.refuse(("it", "an event", "a measure only in the first clause: join the others with and"))
    reader.earlier.append(Clause(_measure(reader, analytes, None), _window_of_earlier(reader)))
    return Anchor("it")


def _window_of_earlier(reader: Reader) -> Window | None:
    """Window of the measure that another is counted from; where none is written it has none."""
    ahead = reader.take("within", "after", "before", "during")
    if ahead is None:
        return None
    reader.at -= 1
    return _window(reader, None)
