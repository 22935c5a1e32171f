"""A temporal question as data: what happened, how long after what, compared with what. Text and JSON say the same.

``BILI at least 2 x before within 14 days after biliary_stent``
``ALT above 5 x baseline during line 2 and ALT below 1.5 x baseline within 30 days after it``

Grammar (docs/cohort.md explains it by examples)::

    question = clause { "and" clause }
    clause   = ["no"] ( measure | happening ) [ window ] [ "while" measure ]
    measure  = analyte { "or" analyte } comparison
    comparison = ("at least" | "above" | "at most" | "below") number scale
    scale    = "x ULN" | "x LLN" | "x baseline" | "x before" | "x lowest" | unit | "grade" ["v5" | "v6"]
    window   = "within" [number "to"] number "days" ("after" | "before") anchor
             | ("after" | "before" | "during") anchor
    anchor   = ["each" | "first" | "last"] happening | "first dose" | "line" number | "metastases"
             | "first abnormal" analyte | "the end" | "it"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from analytics.analytes import ANALYTES
from analytics.compare import Op

Scale: TypeAlias = Literal["uln", "lln", "baseline", "before", "lowest", "unit", "grade 5.0", "grade 6.0"]
Side: TypeAlias = Literal["after", "before", "during"]
Which: TypeAlias = Literal["each", "first", "last"]
AnchorKind: TypeAlias = Literal[
    "event", "agent", "imaging", "first dose", "line", "metastases", "abnormal", "end", "it"
]

OPS: Mapping[Op, str] = MappingProxyType({">=": "at least", ">": "above", "<=": "at most", "<": "below"})
SCALES: Mapping[Scale, str] = MappingProxyType(
    {
        "uln": "x ULN",
        "lln": "x LLN",
        "baseline": "x baseline",
        "before": "x before",
        "lowest": "x lowest",
        "unit": "",
        "grade 5.0": "grade v5",
        "grade 6.0": "grade v6",
    }
)


@dataclass(frozen=True)
class Measure:
    """A result of one of some analytes compared with a limit on a scale."""

    analytes: tuple[str, ...]
    op: Op
    limit: float
    scale: Scale

    @property
    def text(self) -> str:
        """In words that the parser reads back."""
        names = " or ".join(self.analytes)
        if self.scale.startswith("grade"):
            return f"{names} {SCALES[self.scale]} {OPS[self.op]} {self.limit:g}"
        unit = ANALYTES[self.analytes[0]].unit if self.scale == "unit" else SCALES[self.scale]
        return f"{names} {OPS[self.op]} {self.limit:g} {unit}"


@dataclass(frozen=True)
class Anchor:
    """A moment of a patient that a window is counted from.

    ``code`` is an event kind, an agent's name, an imaging response, an analyte or a line number as text; ``it`` is the
    match of the clause before.
    """

    kind: AnchorKind
    code: str = ""
    which: Which = "each"

    @property
    def text(self) -> str:
        """In words that the parser reads back."""
        which = "" if self.which == "each" else f"{self.which} "
        return {
            "event": f"{which}{self.code}",
            "agent": f'{which}agent "{self.code}"',
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
    """One step of a question: a measure or a happening, in a window, perhaps while something else holds that day."""

    what: Measure | Anchor
    window: Window | None = None
    absent: bool = False
    meanwhile: Measure | None = None

    @property
    def text(self) -> str:
        """In words that the parser reads back."""
        parts = ["no" if self.absent else "", self.what.text, self.window.text if self.window else ""]
        parts.append(f"while {self.meanwhile.text}" if self.meanwhile else "")
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
