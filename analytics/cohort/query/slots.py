"""What may be said of one measure: its parts as they are read, before they become a sentence."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Limit:
    """A number as it was said: ``how`` is plain, x, percent, other (times another analyte) or grade."""

    op: str
    number: float
    how: str
    scale: str = ""
    unit: str = ""
    counts: bool = False
    other: str = ""
    word: str = ""
    """The comparison as it was said: "dropped under 75" is no difference, "dropped more than 5" may be one."""
    beside: Limit | None = None
    """The other end of a range: one unit is meant for both."""
    ahead: bool = False
    """It stood before its analyte without a unit: "at least 5 CEA" may count results."""


@dataclass
class Slots:
    """What was said of one measure."""

    codes: tuple[str, ...] = ()
    own: bool = False
    every: bool = False
    summary: str = ""
    limits: list[Limit] = field(default_factory=list)
    change: str = ""
    by: bool = False
    to: bool = False
    verb: float | None = None
    state: str = ""
    scale: str = ""
    lasting: str = ""
    grade: bool = False
    log2: bool = False
    same_day: bool = False
    isolated: bool = False
    still: bool = False
    never: bool = False
    earlier: int | None = None
    pairwise: bool = False
    lately: int | None = None
    """Days within which it changed: "doubled within 14 days"."""
    twice: bool = False
    """Asked of two results: "ALT twice above 3 ULN"."""
    per: str = ""
    """The scale of a quantity that is said as a quotient: "ALT / ULN > 3"."""
    other: str = ""
    """The analyte that a quantity is divided by: "ALT / AST > 2"."""
    unit: str = ""
    counts: bool = False
    """A unit that is said before the limit: "CEA in ug/L > 10"."""
    risen: bool = False
    """From normal: "bilirubin from normal to above 3 x ULN"."""
    left: float | None = None
    """The grade that a change starts from: "ALBI grade from 1 to 2"."""
    signed: bool = False
    """A change with its sign: "percent change from baseline at most -50 %"."""
    clash: bool = False
    """Of its limits one is none of its result: a count of results, or a distance from a limit of normal."""

    @property
    def says(self) -> bool:
        """It has a condition."""
        return bool(self.limits or self.change or self.verb or self.state or self.lasting)
