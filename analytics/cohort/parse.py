"""From words to a Question. Every refusal says where reading stopped and what could stand there."""

from __future__ import annotations

from typing import NoReturn

from analytics.analytes import ANALYTES
from analytics.cohort.question import OPS, Anchor, Clause, Measure, Question, Scale, Side, Which, Window
from analytics.cohort.words import Token, analyte_phrases, event_phrases, longest, response_phrases, tokens_of
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
    "baseline": "baseline", "before": "before", "lowest": "lowest", "nadir": "lowest",
}  # fmt: skip
_DAYS = {"day": 1, "days": 1, "d": 1, "week": 7, "weeks": 7, "month": 30, "months": 30}


def parse_question(line: str) -> Question:
    """Read one question.

    Raises:
        QuestionError: with the position and what is accepted there.
    """
    reader = Reader(line)
    clauses = [_clause(reader, None)]
    while reader.take("and") or reader.take("comma"):
        clauses.append(_clause(reader, clauses[-1]))
    if not reader.done:
        reader.refuse(("and", "within", "after", "before", "during", "while", "the end of the line"))
    return Question(tuple(clauses))


class Reader:
    """Tokens of one line and how far they were read."""

    def __init__(self, line: str):
        self.line = line
        self.tokens = tokens_of(line)
        self.at = 0
        self.reference: Anchor | None = None
        """Anchor that a value "before the stent" named; "it" in the same clause is that one."""

    @property
    def done(self) -> bool:
        """Nothing is left."""
        return self.at >= len(self.tokens)

    def peek(self) -> Token | None:
        """Next token."""
        return None if self.done else self.tokens[self.at]

    def take(self, *words: str) -> str | None:
        """The first of these phrases that comes next, read; None and nothing read otherwise."""
        for phrase in words:
            parts = phrase.split()
            ahead = self.tokens[self.at : self.at + len(parts)]
            if len(ahead) == len(parts) and all(
                t.low == p or t.kind == p == "comma" for t, p in zip(ahead, parts, strict=True)
            ):
                self.at += len(parts)
                return phrase
        return None

    def need(self, *words: str) -> str:
        """One of these phrases."""
        return self.take(*words) or self.refuse(words)

    def number(self, *, after: str) -> float:
        """A number."""
        token = self.peek()
        if token is None or token.kind != "number":
            self.refuse((f"a number after {after}",))
        self.at += 1
        return float(token.text)

    def phrase(self, phrases: object) -> str | None:
        """Code of the longest known phrase that comes next."""
        found = longest(self.tokens, self.at, phrases)  # type: ignore[arg-type]
        if found is None:
            return None
        self.at += found[1]
        return found[0]

    def refuse(self, accepted: tuple[str, ...]) -> NoReturn:
        """Stop here."""
        token = self.peek()
        position = len(self.line.rstrip()) if token is None else token.at
        what = "the line ends" if token is None else f"{token.text!r} cannot stand here"
        raise QuestionError(what, text=self.line, position=position, accepted=accepted)


def _clause(reader: Reader, last: Clause | None) -> Clause:
    reader.reference = None
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
    window = _window(reader, last)
    meanwhile = None
    if reader.take("while"):
        others = _analytes(reader) or reader.refuse(("an analyte",))
        meanwhile = _measure(reader, others, None)
        if meanwhile.scale in ("before", "lowest"):
            reader.refuse(("a limit in x ULN, x LLN, x baseline, a unit or a grade",))
    return Clause(what, window, absent, meanwhile)


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
        return Measure(analytes, op, limit, "before")
    op = _COMPARISONS[reader.take(*_COMPARISONS) or reader.refuse((*OPS.values(), *_VERBS, "grade v5 at least"))]
    limit = reader.number(after=OPS[op])
    if reader.take("x", "times"):
        return Measure(analytes, op, limit, _multiple(reader, last))
    return Measure(analytes, op, limit * _unit(reader, analytes), "unit")


def _multiple(reader: Reader, last: Clause | None) -> Scale:
    """What a multiple is of; the scale of the clause before where none is named."""
    word = reader.take(*sorted(_SCALE_WORDS, key=len, reverse=True))
    if word is not None:
        if word == "before":
            at = reader.at
            reader.reference = happening(reader)
            if reader.reference is None:
                reader.at = at
        return _SCALE_WORDS[word]
    if last is not None and isinstance(last.what, Measure) and last.what.scale in ("uln", "lln", "baseline", "before"):
        return last.what.scale
    reader.refuse(("ULN", "LLN", "baseline", "before", "lowest"))


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
        return Window(word, anchor(reader))  # type: ignore[arg-type]
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
        since = anchor(reader)
    where: Side = "before" if side == "before" else "after"
    return Window(where, since, None if low is None else int(low * factor), int(high * factor))
