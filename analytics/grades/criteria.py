"""CTCAE criteria as rows: what a grade asks of value, limits and baseline. No ``if`` holds a cut point.

A row's tests are joined by ``any`` or ``all`` and answered in three values: yes, no, or not known because an input is
missing. Cut points are in canonical units (g/dL for albumin and haemoglobin). The upper limit of a printed range
belongs to the lower grade: exactly 3.0 x ULN of ALT is grade 1.

Sources: NCI, Common Terminology Criteria for Adverse Events v4, v5.0 and v6.0 (2025; year recalled).
The rows agree with the transcription of the pharmaverse project ``admiral``, except where a comment says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from analytics.compare import Op

Of = Literal["x_uln", "x_baseline", "value", "x_lln"]
Branch = Literal["normal", "high", "low", "anticoagulated"]
"""Which criteria apply: by baseline (normal or unknown, above its ULN, below its LLN), or by anticoagulant use."""

VERSIONS = ("4.0", "5.0", "6.0")


@dataclass(frozen=True)
class Test:
    """One comparison."""

    of: Of
    op: Op
    limit: float


@dataclass(frozen=True)
class Criterion:
    """One grade of one analyte in one version and branch."""

    version: str
    analyte: str
    branch: Branch
    grade: int
    tests: tuple[Test, ...]
    join: Literal["any", "all"] = "any"

    @property
    def says(self) -> str:
        """The criterion in words, as the methods page and the grade's explanation print it."""
        joint = " or " if self.join == "any" else " and "
        return joint.join(_WORDS[t.of].format(op=_SIGNS[t.op], limit=t.limit) for t in self.tests)


_SIGNS = {">": ">", ">=": "≥", "<": "<", "<=": "≤"}
_WORDS = {
    "x_uln": "{op} {limit:g} × ULN",
    "x_baseline": "{op} {limit:g} × baseline",
    "value": "{op} {limit:g}",
    "x_lln": "{op} {limit:g} × LLN",
}


def _above(
    version: str, analyte: str, branch: Branch, of: Of, cuts: tuple[float, ...], first: Op = ">"
) -> list[Criterion]:
    """Grades 1, 2, ... above rising cut points; ``first`` is the comparison of grade 1."""
    return [
        Criterion(version, analyte, branch, grade, (Test(of, first if grade == 1 else ">", cut),))
        for grade, cut in enumerate(cuts, start=1)
    ]


def _below(version: str, analyte: str, cuts: tuple[float, ...]) -> list[Criterion]:
    """Grade 1 below the lower limit of normal, grades 2, 3, ... below falling cut points."""
    rows = [Criterion(version, analyte, "normal", 1, (Test("x_lln", "<", 1.0),))]
    return rows + [
        Criterion(version, analyte, "normal", grade, (Test("value", "<", cut),))
        for grade, cut in enumerate(cuts, start=2)
    ]


def _either(version: str, analyte: str, branch: Branch, rows: dict[int, tuple[Test, ...]]) -> list[Criterion]:
    return [Criterion(version, analyte, branch, grade, tests) for grade, tests in rows.items()]


def _rows() -> Iterator[Criterion]:
    for version in VERSIONS:
        yield from _enzymes_normal(version)
        yield from _common(version)
        yield from _creatinine(version)
        yield from _inr(version)
    yield from _enzymes_abnormal_v5()
    yield from _enzymes_abnormal_v6()


def _enzymes_normal(version: str) -> Iterator[Criterion]:
    for analyte, cuts in (
        ("ALT", (1.0, 3.0, 5.0, 20.0)),
        ("AST", (1.0, 3.0, 5.0, 20.0)),
        ("GGT", (1.0, 2.5, 5.0, 20.0)),
        ("BILI", (1.0, 1.5, 3.0, 10.0)),
    ):
        yield from _above(version, analyte, "normal", "x_uln", cuts)
    if version == "6.0":  # one grade only, whatever the baseline
        both = (Test("x_baseline", ">", 1.0), Test("x_uln", ">", 1.0))
        yield Criterion(version, "ALP", "normal", 1, both, "all")
    else:
        yield from _above(version, "ALP", "normal", "x_uln", (1.0, 2.5, 5.0, 20.0))


def _enzymes_abnormal_v5() -> Iterator[Criterion]:
    for analyte in ("ALT", "AST"):
        yield from _above("5.0", analyte, "high", "x_baseline", (1.5, 3.0, 5.0, 20.0), first=">=")
    # GGT at exactly 2.0 x baseline: the printed range 2.0-2.5 includes it; admiral reads "> 2.0". We follow the text.
    for analyte in ("ALP", "GGT"):
        yield from _above("5.0", analyte, "high", "x_baseline", (2.0, 2.5, 5.0, 20.0), first=">=")
    yield from _above("5.0", "BILI", "high", "x_baseline", (1.0, 1.5, 3.0, 10.0))


def _enzymes_abnormal_v6() -> Iterator[Criterion]:
    # ALT and AST grade 3 is printed for a baseline up to 5 x ULN; beyond it we grade and the explanation says so
    for analyte in ("ALT", "AST"):
        yield from _above("6.0", analyte, "high", "x_baseline", (1.0, 1.5, 2.0, 4.0), first=">=")
    yield from _above("6.0", "GGT", "high", "x_baseline", (1.0, 1.5, 3.0, 10.0), first=">=")
    yield from _above("6.0", "BILI", "high", "x_baseline", (1.0, 1.5, 2.5, 10.0), first=">=")


def _common(version: str) -> Iterator[Criterion]:
    yield from _below(version, "ALB", (3.0, 2.0))
    yield from _below(version, "HGB", (10.0, 8.0))
    yield from _below(version, "WBC", (3.0, 2.0, 1.0))
    yield from _below(version, "PLAT", (75.0, 50.0, 10.0 if version == "6.0" else 25.0))
    if version == "6.0":  # shifted one grade down, and no longer tied to the lower limit
        for grade, cut in enumerate((1.5, 1.0, 0.5, 0.1), start=1):
            yield Criterion(version, "NEUT", "normal", grade, (Test("value", "<", cut),))
    else:
        yield from _below(version, "NEUT", (1.5, 1.0, 0.5))
    yield from _above(version, "APTT", "normal", "x_uln", (1.0, 1.5, 2.5))
    if version != "4.0":
        yield from _above(version, "LDH", "normal", "x_uln", (1.0,))


def _creatinine(version: str) -> Iterator[Criterion]:
    by_uln = {1: 1.0, 2: 1.5, 3: 3.0, 4: 6.0}
    by_baseline = {1: 1.0, 2: 1.5, 3: 3.0} if version == "4.0" else {2: 1.5, 3: 3.0}
    both = {
        grade: (
            Test("x_uln", ">", cut),
            *((Test("x_baseline", ">", by_baseline[grade]),) if grade in by_baseline else ()),
        )
        for grade, cut in by_uln.items()
    }
    if version == "6.0":  # the baseline counts only where it was below the lower limit
        yield from _above(version, "CREAT", "normal", "x_uln", tuple(by_uln.values()))
        yield from _either(version, "CREAT", "low", both)
    else:
        yield from _either(version, "CREAT", "normal", both)


def _inr(version: str) -> Iterator[Criterion]:
    of: Of = "x_uln" if version == "4.0" else "value"
    cuts = {1: 1.0 if version == "4.0" else 1.2, 2: 1.5, 3: 2.5}
    times_baseline = {1: 1.0, 2: 1.5, 3: 2.5}
    yield from _either(version, "INR", "normal", {g: (Test(of, ">", cut),) for g, cut in cuts.items()})
    yield from _either(
        version,
        "INR",
        "anticoagulated",
        {g: (Test(of, ">", cut), Test("x_baseline", ">", times_baseline[g])) for g, cut in cuts.items()},
    )


CRITERIA: tuple[Criterion, ...] = tuple(_rows())
"""Every row."""


@cache
def rows_of(version: str, analyte: str, branch: str) -> tuple[Criterion, ...]:
    """Rows of one analyte in one branch, lowest grade first; the normal branch where there is no such branch."""
    have = [c for c in CRITERIA if c.version == version and c.analyte == analyte]
    named = [c for c in have if c.branch == branch]
    return tuple(named or [c for c in have if c.branch == "normal"])


@cache
def graded(version: str) -> tuple[str, ...]:
    """Codes of the analytes that this version grades."""
    return tuple(dict.fromkeys(c.analyte for c in CRITERIA if c.version == version))
