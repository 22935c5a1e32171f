"""How does the liver work? Criteria of failure and decline first, then ALBI, albumin, INR and ascites."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analytics.analytes import shown
from analytics.answers._draft import Draft, Line, Words, decide, joined, lower, ranks, write
from analytics.answers._facts import Facts, taken
from analytics.arrays import Bools, Floats, Ints
from analytics.compare import compare, reaches
from analytics.derive.anticoagulants import anticoagulated
from analytics.derive.events import events_of
from analytics.derive.points import points_of
from analytics.rules import rules
from analytics.rules._words import with_minus
from analytics.scores._score import Person
from analytics.scores.albi import SCORE

FAILURE = ("hepatic_decompensation", "isgls", "fifty_fifty", "peak_bilirubin", "reild")
"""Rules whose open finding at the highest level is failure; at a lower one it is a decline."""

DECLINE = ("albi_decline", "reserve_loss")
_SHOWN = ("ALB", "INR", "PLAT")


@dataclass(frozen=True)
class Reserve:
    """Newest albumin, bilirubin, INR and ascites of each patient; ``obstructed``: ALBI is not used."""

    facts: Facts
    obstructed: Bools

    @cached_property
    def albi(self) -> Floats:
        """ALBI of the newest albumin and bilirubin, where both are recent, close together and not in obstruction."""
        f = self.facts
        x = {"ALB": f.value("ALB"), "BILI": np.maximum(f.value("BILI"), 1e-3)}
        unknown = np.full(len(f), np.nan)
        value = SCORE.compute(x, Person(unknown, unknown))
        with np.errstate(invalid="ignore"):
            near = np.abs(f.day("ALB") - f.day("BILI")) <= f.case.settings.reserve.inputs_days
        given = (f.sign("ALB") != 0) | (f.sign("BILI") != 0)  # of limits there is no score
        return np.where(f.recent("ALB") & f.recent("BILI") & near & ~self.obstructed & ~given, value, np.nan)

    @cached_property
    def grade(self) -> Ints:
        """Place of its grade, 0 the best; -1 where there is none."""
        return SCORE.band_of(self.albi)

    @cached_property
    def low_albumin(self) -> Bools:
        """Newest albumin, recent, under its own lower limit."""
        f = self.facts
        lln = taken(points_of(f.case).lln, f.last("ALB"))
        return f.recent("ALB") & compare(f.value("ALB"), "<", lln) & (f.sign("ALB") <= 0)

    @cached_property
    def albumin_known(self) -> Bools:
        """Albumin is recent, and no limit leaves open whether it is under its lower limit."""
        f = self.facts
        lln, sign = taken(points_of(f.case).lln, f.last("ALB")), f.sign("ALB")
        is_open = ((sign > 0) & compare(f.value("ALB"), "<", lln)) | ((sign < 0) & ~self.low_albumin)
        return np.asarray(f.recent("ALB") & ~is_open)

    @cached_property
    def inr_used(self) -> Bools:
        """INR is recent and no anticoagulant was on record on its day."""
        f = self.facts
        return f.recent("INR") & ~anticoagulated(f.case, f.everyone, np.nan_to_num(f.day("INR"), nan=-1.0))

    @cached_property
    def high_inr(self) -> Bools:
        """INR above ``answers.inr`` without an anticoagulant."""
        return self.inr_used & self.facts.above("INR", self.facts.value("INR"), self.facts.settings.inr)

    @cached_property
    def ascites(self) -> Ints:
        """The newest record of ascites that has not ended, -1 where none."""
        return self.facts.recorded("ascites")


def draft(facts: Facts, ducts: Draft) -> Draft:
    """The answers of all patients; ``ducts`` says where bilirubin measures the ducts rather than the liver."""
    jaundiced = reaches(facts.value("BILI"), facts.case.settings.tumour.jaundice) & (facts.sign("BILI") >= 0)
    obstructed = ducts.is_("blocked_again", "draining_slowly", "draining", "obstruction_suspected") | (
        ducts.is_("cholangitis") & jaundiced
    )
    r = Reserve(facts, obstructed)
    failing = facts.first_of(*FAILURE, least="urgent")
    partly = facts.first_of(*FAILURE, least="attention", most="attention")
    albi, loss = (facts.first_of(code) for code in DECLINE)
    albi = np.where(obstructed, -1, albi)
    worse = np.maximum(np.maximum(partly, loss), albi)
    known = r.albumin_known & (facts.recent("BILI") | obstructed)
    reduced = (r.grade >= 1) | r.low_albumin | r.high_inr | (r.ascites >= 0)
    state = decide(
        "function",
        {
            "failing": failing >= 0,
            "declining": worse >= 0,
            "reduced": known & reduced,
            "preserved": known & ((r.grade == 0) | np.isnan(r.albi)),
        },
    )
    told = _Told(facts, Words(facts), r, failing, partly, loss, albi)
    days = [np.where(facts.last(c) >= 0, facts.day(c), np.nan) for c in ("ALB", "BILI", "INR")]
    onset = np.select([state == 0, state == 1], [facts.onset(failing), facts.onset(worse)], np.nan)
    water = np.where((state == 2) & (r.ascites >= 0), facts.start(r.ascites), np.nan)
    return Draft(
        question="function",
        state=state,
        since=np.where(
            state <= 1, onset, np.where(state == 4, np.nan, np.fmax(days[0], np.nan_to_num(water, nan=-1e9)))
        ),
        as_of=np.fmax(
            np.fmax.reduce(days), np.where(state <= 1, np.fmax(facts.seen(failing), facts.seen(worse)), np.nan)
        ),
        firm=known & np.where(state == 0, facts.seen(failing) > facts.onset(failing), True) & ~facts.doubtful("BILI"),
        rank=ranks("function", state),
        basis=(*(facts.first_of(code) for code in (*FAILURE, *DECLINE)),),
        lines=write("function", state, told.writers()),
    )


@dataclass(frozen=True)
class _Told:
    """The sentences."""

    facts: Facts
    words: Words
    reserve: Reserve
    failing: Ints
    partly: Ints
    loss: Ints
    albi: Ints

    def writers(self) -> dict[str, Callable[[int], Line]]:
        """By state."""
        return {
            "failing": lambda i: self.by_rule(i, int(self.failing[i]), "liver failing"),
            "declining": self.declining,
            "reduced": self.reduced,
            "preserved": self.preserved,
            "not_evaluable": self.unknown,
        }

    def values(self, i: int) -> str:
        """Newest albumin, INR and platelets, and ALBI or why it is not used."""
        parts = [lower(self.words.value(c, i)) for c in _SHOWN if self.words.is_recent(c, i)]
        if self.words.is_recent("INR", i) and not self.reserve.inr_used[i]:
            parts = [p + " (anticoagulant on record, not used)" if p.startswith("INR") else p for p in parts]
        return joined(", ".join(parts), self.score(i))

    def score(self, i: int) -> str:
        """ALBI with its grade."""
        value = float(self.reserve.albi[i])
        if value == value:
            return with_minus(f"ALBI {value:.2f}, {SCORE.bands[int(self.reserve.grade[i])][0]}")
        if self.reserve.obstructed[i]:
            return "ALBI not used while the ducts are obstructed"
        given = [c for c in ("ALB", "BILI") if self.reserve.facts.sign(c)[i] != 0]
        if given and self.words.is_recent("ALB", i) and self.words.is_recent("BILI", i):
            return f"ALBI not computed, {' and '.join(lower(shown(c)) for c in given)} is given only as a limit"
        if self.words.is_recent("ALB", i) and self.words.is_recent("BILI", i):
            return "ALBI not computed, albumin and bilirubin are of different weeks"
        return ""

    def on(self, i: int) -> str:
        """Day of the newest albumin."""
        return f" on {self.words.on('ALB', i)}" if self.words.has("ALB", i) else ""

    def ascites(self, i: int) -> str:
        """When ascites was recorded."""
        at = int(self.reserve.ascites[i])
        return f"ascites recorded {self.words.day(i, float(events_of(self.facts.case).start[at]))}" if at >= 0 else ""

    def by_rule(self, i: int, at: int, lead: str) -> Line:
        code, since = str(self.facts.open.rule[at]), self.words.day(i, float(self.facts.open.onset[at]))
        found = rules()
        title = found[code].title if code in found else code.replace("_", " ")
        now = [lower(self.words.with_x("BILI", i))] if self.words.has("BILI", i) else []
        text = f"criteria met since {since}: {title}"
        brief = f"{lead} since {since}: {', '.join([*now[:1], *self._albumin(i)])}"
        return Line(
            joined(text, *now, self.values(i), self.ascites(i)),
            brief if now or self._albumin(i) else f"{lead} since {since}",
            "",
            tuple(self.facts.open.results(at)[-6:]),
        )

    def _albumin(self, i: int) -> list[str]:
        return [lower(self.words.value("ALB", i))] if self.words.has("ALB", i) else []

    def declining(self, i: int) -> Line:
        at = next(int(a[i]) for a in (self.partly, self.loss, self.albi) if a[i] >= 0)
        return self.by_rule(i, at, "liver function declining")

    def reduced(self, i: int) -> Line:
        why = [self.score(i)] if self.reserve.grade[i] >= 1 else []
        why += [lower(self.words.value("ALB", i))] if self.reserve.low_albumin[i] else []
        why += [self.words.value("INR", i)] if self.reserve.high_inr[i] else []
        why += [self.ascites(i)] if self.reserve.ascites[i] >= 0 else []
        return Line(
            joined(self.values(i), f"albumin of{self.on(i)[3:]}", self.ascites(i)),
            f"liver function reduced ({why[0]})",
            self._missing(i),
            self.words.results(i, "ALB", "BILI", "INR"),
        )

    def preserved(self, i: int) -> Line:
        return Line(
            joined(self.values(i), f"albumin of{self.on(i)[3:]}"),
            "function preserved",
            self._missing(i),
            self.words.results(i, "ALB", "BILI", "INR"),
        )

    def _missing(self, i: int) -> str:
        return "" if self.words.is_recent("INR", i) else "INR"

    def unknown(self, i: int) -> Line:
        absent = [shown(c).lower() for c in ("ALB", "BILI") if not self.words.is_recent(c, i)]
        last = [f"{self.words.value(c, i)} on {self.words.on(c, i)}" for c in ("ALB", "BILI") if self.words.has(c, i)]
        text = f"no recent {' or '.join(absent)}" + (f"; last {', '.join(last)}" if last else "")
        if not absent:
            text, absent = f"{', '.join(last)}: given only as a limit, which leaves it open", ["albumin as a number"]
        return Line(joined(text, self.ascites(i)), "liver function not evaluable", " and ".join(absent))
