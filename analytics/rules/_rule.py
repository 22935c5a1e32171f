"""What a rule is: one constant a file, found by folder; the methods page, docs, reports and tests follow from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.compare import Op, compare

Level = Literal["urgent", "attention", "information", "good"]
Tag = Literal["verified", "secondary", "recalled", "house"]

TAGS: Mapping[str, str] = MappingProxyType(
    {
        "verified": "read in the source",
        "secondary": "seen in a secondary source only, to be confirmed",
        "recalled": "from memory, to be confirmed",
        "house": "our own choice",
    }
)


@dataclass(frozen=True)
class Condition:
    """One comparison of a rule at every moment, shape (n,); the nearest miss is told in its words.

    A missing value (NaN) does not meet it. ``says`` names what is compared, for people.
    """

    says: str
    value: Floats
    op: Op
    limit: Floats | float
    unit: str = ""
    decimals: int = 1
    fails: str | tuple[Ints, tuple[str, ...]] = ""
    """What to say where it is not met, for conditions that are a yes or no; or words by code, shape (n,)."""

    @cached_property
    def holds(self) -> Bools:
        """Where it is met."""
        return compare(self.value, self.op, self.limit)

    @cached_property
    def closeness(self) -> Floats:
        """Share of the limit that is reached: 1 where met, 0 where nothing is known."""
        value, cut = self.value, self.limit
        with np.errstate(divide="ignore", invalid="ignore"):
            share = value / cut if self.op in (">", ">=") else cut / value
        share = np.where(np.isfinite(share), np.minimum(np.maximum(share, 0.0), 0.999), 0.0)
        return np.asarray(np.where(self.holds, 1.0, share))


Words: TypeAlias = tuple[Ints, tuple[str, ...]]
"""Words by code: codes of shape (n,) into a tuple of texts."""


@dataclass(frozen=True)
class Assessment:
    """Every moment at which a rule can be answered: one position a moment, shape (n,), in any order.

    Attributes:
        patient, day: whose moment, when (days).
        conditions: the rule holds where all are met.
        severity: orders moments of one rule; the worst moment of an episode tells its sentence.
        numbers, days, words: what the sentence names, by field.
        optional: phrases of one number, left out where it is missing.
        evidence: positions in ``points_of(case)`` that the moment rests on, -1 for none; the first gives its
            exact time.
        group: episodes never join across groups (an analyte, an event).
        level: rank in LEVELS where it differs by moment.
        anchor: day that names the episode where that is not its first day (the event it belongs to).
        name: what tells groups apart in the name of an episode, where it is not the analyte.
        analytes: codes a moment rests on, where they differ by moment.
        measure: what the rule measures where that is no single result but a score, higher is worse: whether a finding
            is resolved is asked of it instead of the results behind it.
        ends: False for moments that do not hold but end nothing either (the rule looks away at that time).
        until: day on which the time of its group ends (the next stent), +inf or NaN where it does not.
    """

    patient: Ints
    day: Floats
    conditions: tuple[Condition, ...]
    severity: Floats
    numbers: Mapping[str, Floats] = field(default_factory=dict)
    days: Mapping[str, Floats] = field(default_factory=dict)
    words: Mapping[str, Words] = field(default_factory=dict)
    optional: Mapping[str, tuple[str, Floats]] = field(default_factory=dict)
    evidence: tuple[Ints, ...] = ()
    group: Ints | None = None
    level: Ints | None = None
    anchor: Floats | None = None
    analytes: Words | None = None
    name: Words | None = None
    until: Floats | None = None
    measure: Floats | None = None
    ends: Bools | None = None

    @cached_property
    def holds(self) -> Bools:
        """Where every condition is met, shape (n,)."""
        result = np.ones(len(self.patient), dtype=bool)
        for condition in self.conditions:
            result &= condition.holds
        return result


NOTHING = Assessment(np.zeros(0, dtype=np.int64), np.zeros(0), (), np.zeros(0))
"""No time point at all."""


@dataclass(frozen=True)
class Rule:
    """One clinical question with everything that it must say of itself.

    Attributes:
        code: file name and stable key.
        title, question: name and the question in plain words.
        level: how much a finding matters, unless a moment says otherwise.
        analytes: codes it looks at.
        needs: analytes without which it cannot be assessed; each entry is "A" or "A|B" (one of them).
        events: kinds of event that it needs; one of them.
        looks_without: True where it has time points also of patients without such an event.
        window, criteria: in which time, with which inequality; ``{group.name}`` stands for a setting.
        version: raised when results can change.
        reference: published source with year and, where known, DOI.
        tag: how well the source was confirmed: a key of TAGS.
        limitations: what it does not see.
        template: of the finding's sentence.
        settings: names of the settings it reads ("group.name" or "group").
        assess: all patients at once.
        askable: False where nobody has what a time point of it is made of: there it has none and is not assessed.
        one_off: True for facts of one moment: past after a while, rather than going on.
        carries: which finding of one episode and level carries it: the highest number.
        compares_values: False for rules that ask when and how something was measured, and not what was found.
        latest: analytes whose newest value is told at the end; those of the evidence where None, none where empty.
    """

    code: str
    title: str
    question: str
    level: Level
    analytes: tuple[str, ...]
    needs: tuple[str, ...]
    window: str
    criteria: str
    version: str
    reference: str
    tag: Tag
    limitations: str
    template: str
    settings: tuple[str, ...]
    assess: Callable[[Case], Assessment]
    askable: Callable[[Case], bool] | None = None
    events: tuple[str, ...] = ()
    looks_without: bool = False
    one_off: bool = False
    compares_values: bool = True
    latest: tuple[str, ...] | None = None
    carries: int = 0
