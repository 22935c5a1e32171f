"""A temporal question as data: what happened, how long after what, compared with what. Text and JSON say the same.

``BILI at least 2 x before within 14 days after biliary_stent``
``ALT above 5 x baseline during line 2 and ALT below 1.5 x baseline within 30 days after it``

Grammar (docs/cohort.md explains it by examples)::

    question = clause { "and" clause }
    clause   = ["no"] ( measure { "or" measure } | event ) [ window ] { "while" measure }
    measure  = [summary] quantity { "or" quantity } comparison { "also" comparison } [ lasting ]
    summary  = "median" | "mean" | "first" | "last" | "highest" | "lowest"
    quantity = an analyte | a score of one day (r_value, albi, albi_grade, fib4, ...)
    comparison = ("at least" | "above" | "at most" | "below") number scale [ "less than" number "days earlier" ]
               (behind "previous", "lowest" and "highest": of results so recent)
    scale    = "x ULN" | "x LLN" | "x" reference | "x" analyte | unit [ ("above" | "below") reference ]
             | "grade" ["v5" | "v6"]
    reference = "baseline" | "before" | "lowest" | "highest" | "previous"
    lasting  = "for" ("at least" | "more than") number "days" | "in" number "results in a row"
    window   = "within" [number "to"] number "days" ("after" | "before" | "around") anchor
             | ("after" | "before" | "during" | "on") anchor
    anchor   = ["end of"] ["each" | "first" | "last"] event | "first dose" | "line" number | "metastases"
             | "first abnormal" analyte | "the end" | "it"
    event    = an event kind | "agent" name | "regimen" name | "cycle" number "of" name | "class" name | "imaging" code
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from analytics.cohort.query.quantities import unit_of
from analytics.compare import Op

Scale: TypeAlias = Literal[
    "uln", "lln", "baseline", "before", "lowest", "highest", "previous", "analyte", "unit", "grade 5.0", "grade 6.0"
]
Side: TypeAlias = Literal["after", "before", "during", "on", "around"]
Which: TypeAlias = Literal["each", "first", "last"]
Summary: TypeAlias = Literal["", "median", "mean", "first", "last", "highest", "lowest"]
Apart: TypeAlias = Literal["", "above", "below"]
AnchorKind: TypeAlias = Literal[
    "event",
    "agent",
    "regimen",
    "cycle",
    "class",
    "imaging",
    "first dose",
    "line",
    "metastases",
    "abnormal",
    "end",
    "it",
]

OPS: Mapping[Op, str] = MappingProxyType({">=": "at least", ">": "above", "<=": "at most", "<": "below"})
SCALES: Mapping[Scale, str] = MappingProxyType(
    {
        "uln": "x ULN",
        "lln": "x LLN",
        "baseline": "x baseline",
        "before": "x before",
        "lowest": "x lowest",
        "highest": "x highest",
        "previous": "x previous",
        "analyte": "x",
        "unit": "",
        "grade 5.0": "grade v5",
        "grade 6.0": "grade v6",
    }
)


REFERENCES: frozenset[Scale] = frozenset({"baseline", "before", "lowest", "highest", "previous"})
"""Scales that compare a result with an earlier one of the same quantity."""
RECENT: frozenset[Scale] = frozenset({"previous", "lowest", "highest"})
"""Of these a question can say how recent they are: "less than 14 days earlier"."""
SUMMARIES: tuple[Summary, ...] = ("median", "mean", "first", "last", "highest", "lowest")


@dataclass(frozen=True)
class Lasting:
    """How long successive results must all meet a measure: days from the first to the last, or a number of days with
    a result (``results``); one of the two is None."""

    days: int | None = None
    longer: bool = False
    """True where the days must be exceeded."""
    results: int | None = None

    @property
    def text(self) -> str:
        """In words that the parser reads back."""
        if self.results is not None:
            return f"in {self.results} results in a row"
        return f"for {'more than' if self.longer else 'at least'} {self.days} days"


@dataclass(frozen=True)
class Measure:
    """A result of one of some quantities compared with a limit on a scale.

    ``apart`` compares the difference from the reference of the scale, in the unit, rather than the multiple;
    ``against`` is the analyte of the scale "analyte"; ``within`` allows a previous, lowest or highest result less
    than so many days earlier; ``also`` are further comparisons of the same result; ``summary`` asks for one number of
    all results in the window.
    """

    analytes: tuple[str, ...]
    op: Op
    limit: float
    scale: Scale
    apart: Apart = ""
    against: str = ""
    within: int | None = None
    also: tuple[Measure, ...] = ()
    lasting: Lasting | None = None
    summary: Summary = ""

    @property
    def scales(self) -> frozenset[Scale]:
        """Scales of all its comparisons."""
        return frozenset({self.scale, *(other.scale for other in self.also)})

    @property
    def text(self) -> str:
        """In words that the parser reads back."""
        parts = [self.summary, " or ".join(self.analytes), self.comparison]
        parts += [f"also {other.comparison}" for other in self.also]
        parts += [self.lasting.text] if self.lasting else []
        return " ".join(p for p in parts if p)

    @property
    def comparison(self) -> str:
        """Operator, limit and scale in words."""
        said = f"{OPS[self.op]} {self.limit:.10g}"
        if self.scale.startswith("grade"):
            return f"{SCALES[self.scale]} {said}"
        if self.apart:
            said = f"{said} {unit_of(self.analytes[0])}".rstrip() + f" {self.apart} {self.scale}"
        elif self.scale == "unit":
            said = f"{said} {unit_of(self.analytes[0])}".rstrip()
        else:
            said = f"{said} {SCALES[self.scale]} {self.against}".rstrip()
        return said if self.within is None else f"{said} less than {self.within} days earlier"


@dataclass(frozen=True)
class Anchor:
    """A moment of a patient that a window is counted from.

    ``code`` is an event kind, an agent's or regimen's name, "3 of folfox", a class of drugs, an imaging response, an
    analyte or a line number as text; ``it`` is the match of the clause before. ``ends`` counts from the end of it.
    """

    kind: AnchorKind
    code: str = ""
    which: Which = "each"
    ends: bool = False

    @property
    def text(self) -> str:
        """In words that the parser reads back."""
        which = ("end of " if self.ends else "") + ("" if self.which == "each" else f"{self.which} ")
        number, _, regimen = self.code.partition(" of ")
        return {
            "event": f"{which}{self.code}",
            "agent": f'{which}agent "{self.code}"',
            "regimen": f'{which}regimen "{self.code}"',
            "cycle": f'{which}cycle {number} of "{regimen}"',
            "class": f'{which}class "{self.code}"',
            "imaging": f"{which}imaging {self.code}",
            "line": f"line {self.code}",
            "abnormal": f"first abnormal {self.code}",
            "end": "the end",
        }.get(self.kind, self.kind)


@dataclass(frozen=True)
class Window:
    """When: whole calendar days counted from an anchor; ``low`` None is the day after it, ``high`` None has no end."""

    side: Side
    anchor: Anchor
    low: int | None = None
    high: int | None = None

    @property
    def text(self) -> str:
        """In words that the parser reads back."""
        if self.high is None:
            return f"{self.side} {self.anchor.text}"
        low = "" if self.low is None else f"{self.low} to "
        return f"within {low}{self.high} days {self.side} {self.anchor.text}"


@dataclass(frozen=True)
class Clause:
    """One step of a question: a measure or an event, in a window, perhaps while something else holds that day."""

    what: Measure | Anchor
    window: Window | None = None
    absent: bool = False
    meanwhile: tuple[Measure, ...] = ()
    others: tuple[Measure, ...] = ()
    """Measures of which any may hold instead of the first."""

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The alternatives; empty for an event."""
        return (self.what, *self.others) if isinstance(self.what, Measure) else ()

    @property
    def text(self) -> str:
        """In words that the parser reads back."""
        what = " or ".join([self.what.text, *(other.text for other in self.others)])
        parts = ["no" if self.absent else "", what, self.window.text if self.window else ""]
        parts += [f"while {measure.text}" for measure in self.meanwhile]
        return " ".join(p for p in parts if p)


@dataclass(frozen=True)
class Question:
    """Clauses that hold one after the other."""

    clauses: tuple[Clause, ...]

    @property
    def text(self) -> str:
        """The question in its one canonical spelling."""
        return " and ".join(c.text for c in self.clauses)

    def to_json(self) -> dict[str, Any]:
        """Plain data; :func:`analytics.cohort.query.parser.from_json` reads it back."""
        return {"text": self.text, "clauses": [_plain(c) for c in self.clauses]}


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return list(value) if isinstance(value, tuple) else value
