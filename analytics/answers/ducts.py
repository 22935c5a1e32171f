"""Do the bile ducts drain? Open findings first, then bilirubin against the stent or drain in place, then imaging."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analytics.analytes import shown
from analytics.answers._draft import Draft, Line, Words, decide, joined, lower, ranks, write
from analytics.answers._facts import Facts, signs_at, taken, window
from analytics.arrays import Bools, Floats, Ints
from analytics.compare import exceeds
from analytics.derive.events import events_of
from analytics.derive.points import points_of
from analytics.event_kinds import EVENT_KINDS, KIND_CODES
from analytics.rules._images import images_of
from analytics.rules._stents import result_before
from analytics.rules._words import SIGNS

STENTS = ("biliary_stent", "drainage")
CHOLANGITIS = ("cholangitis_labs", "cholangitis")
BLOCKED = ("recurrent_obstruction", "stent_early_rise")
SLOW = ("stent_no_response", "stent_late")


@dataclass(frozen=True)
class Ducts:
    """What is known of the ducts of each patient at the last contact."""

    facts: Facts

    @cached_property
    def stent(self) -> Ints:
        """The newest stent or drain, in place or not; -1 where there was none."""
        return self.facts.last_of(*STENTS)

    @cached_property
    def stent_day(self) -> Floats:
        """Its day."""
        return self.facts.start(self.stent)

    @cached_property
    def in_place(self) -> Bools:
        """It has not been removed by the last contact."""
        return (self.stent >= 0) & ~(taken(events_of(self.facts.case).end, self.stent) <= self.facts.contact)

    @cached_property
    def before_at(self) -> Ints:
        """Last bilirubin before it, as the rules on stents read it: position in ``points_of(case)``, -1 where there is
        none or it is only known to be below a limit."""
        who = np.flatnonzero(self.stent >= 0)
        found = np.full(len(self.facts), -1, dtype=np.int64)
        at = result_before(self.facts.case, "BILI", self.stent[who])
        found[who] = np.where(np.append(points_of(self.facts.case).comparator, 0)[at] >= 0, at, -1)
        return found

    @cached_property
    def before(self) -> Floats:
        """Its value in mg/dL, NaN where none."""
        return taken(points_of(self.facts.case).value, self.before_at)

    @cached_property
    def lowest(self) -> Floats:
        """Lowest bilirubin since the day after it, as low as a limit may be; mg/dL, NaN where none."""
        f = self.facts
        who = np.flatnonzero(self.stent >= 0)
        mine, begin, end = window(f.case, "BILI", who, self.stent_day[who] + 1)
        found = np.full(len(f), np.nan)
        if len(mine):
            points = points_of(f.case)
            value = np.append(np.where(points.comparator[mine] < 0, 0.0, points.value[mine]), np.inf)
            low = np.minimum.reduceat(value, np.stack([begin, end], axis=1).ravel())[::2]
            found[who] = np.where(end > begin, low, np.nan)
        return found

    @cached_property
    def low(self) -> Bools:
        """Bilirubin is recent and at most ``answers.raised`` x ULN, or at the target after a stent."""
        f = self.facts
        near = f.within("BILI", f.x_uln("BILI"), f.settings.raised)
        target = f.within("BILI", f.value("BILI"), f.case.settings.stent.target) & self.in_place
        return f.recent("BILI") & (near | target)

    @cached_property
    def image(self) -> Ints:
        """Newest report that says whether ducts are dilated, -1 where none."""
        images, found = images_of(self.facts.case), np.full(len(self.facts), -1, dtype=np.int64)
        telling = np.flatnonzero(
            (images.dilated | images.not_dilated) & (images.day <= self.facts.contact[images.patient])
        )
        found[images.patient[telling]] = telling
        return found

    @cached_property
    def dilated(self) -> Bools:
        """It is recent, says that they are, and no stent or drain came on its day or after."""
        images = images_of(self.facts.case)
        day = taken(images.day, self.image)
        wide = (self.image >= 0) & np.append(images.dilated, False)[self.image]
        with np.errstate(invalid="ignore"):
            recent = self.facts.contact - day <= self.facts.settings.imaging_days
            return np.asarray(wide & recent & ~(self.stent_day >= day))


def draft(facts: Facts) -> Draft:
    """The answers of all patients."""
    d = Ducts(facts)
    s = facts.case.settings
    cholangitis, blocked, slow = (facts.first_of(*codes) for codes in (CHOLANGITIS, BLOCKED, SLOW))
    jaundice = facts.first_of("cholestatic_jaundice")
    with np.errstate(invalid="ignore"):
        unrelieved = (jaundice >= 0) & ~(d.stent_day >= facts.onset(jaundice))
        after = (facts.day("BILI") > d.stent_day) & facts.recent("BILI")
    below = facts.recent("BILI") & facts.above("BILI", facts.value("BILI"), s.stent.target)
    never = exceeds(d.lowest, s.stent.target)
    bound = d.in_place & after & exceeds(d.before, s.stent.jaundice) & below & never & ~d.low
    early = d.in_place & ~after & exceeds(d.before, s.stent.jaundice)  # no result since the stent yet
    known = facts.recent("BILI") & np.isfinite(facts.x_uln("BILI"))
    high = known & facts.above("BILI", facts.x_uln("BILI"), facts.settings.raised)
    known &= high | facts.within("BILI", facts.x_uln("BILI"), facts.settings.raised)  # else a limit leaves it open
    state = decide(
        "ducts",
        {
            "cholangitis": cholangitis >= 0,
            "blocked_again": blocked >= 0,
            "draining_slowly": slow >= 0,
            "draining": bound & ~unrelieved,
            "obstruction_suspected": (unrelieved | d.dilated),
            "stent_open": d.in_place & d.low & ~early,
            "no_sign": known & ~early & (~high | (~d.in_place & (jaundice < 0) & facts.recent("ALP"))),
        },
    )
    told = _Told(facts, Words(facts), d, cholangitis, blocked, slow, unrelieved, known)
    first = np.select(
        [state == 0, state == 1, np.isin(state, [2, 3, 5]), unrelieved & (state == 4), state == 4],
        [
            facts.onset(cholangitis),
            facts.onset(blocked),
            d.stent_day,
            facts.onset(jaundice),
            taken(images_of(facts.case).day, d.image),
        ],
        np.where(known & (state != 7), facts.day("BILI"), np.nan),
    )
    carried = np.select([state == i for i in range(3)], [facts.seen(c) for c in (cholangitis, blocked, slow)], np.nan)
    as_of = np.fmax(np.where(facts.last("BILI") >= 0, facts.day("BILI"), np.nan), carried)
    as_of = np.where((state == 4) & ~unrelieved, np.fmax(as_of, taken(images_of(facts.case).day, d.image)), as_of)
    return Draft(
        question="ducts",
        state=state,
        since=first,
        as_of=as_of,
        firm=known & ~facts.doubtful("BILI") & told.firm(state),
        rank=ranks("ducts", state),
        basis=(
            *(facts.first_of(r) for r in (*CHOLANGITIS, *BLOCKED, *SLOW)),
            jaundice,
        ),
        lines=write("ducts", state, told.writers()),
    )


@dataclass(frozen=True)
class _Told:
    """The sentences."""

    facts: Facts
    words: Words
    ducts: Ducts
    cholangitis: Ints
    blocked: Ints
    slow: Ints
    unrelieved: Bools
    known: Bools

    def writers(self) -> dict[str, Callable[[int], Line]]:
        """By state."""
        return {
            "cholangitis": self.infected,
            "blocked_again": self.again,
            "draining_slowly": lambda i: self.draining(i, "slower than the published course"),
            "draining": lambda i: self.draining(i, "on course, not yet at its target"),
            "obstruction_suspected": self.suspected,
            "stent_open": self.open,
            "no_sign": self.nothing,
            "not_evaluable": self.unknown,
        }

    def firm(self, state: Ints) -> Bools:
        """A second result or imaging speaks for what an open finding says; imaging does not speak against it."""
        f = self.facts
        jaundice = f.first_of("cholestatic_jaundice")
        once = np.zeros(len(f), dtype=bool)
        for place, found in ((0, self.cholangitis), (1, self.blocked), (4, np.where(self.unrelieved, jaundice, -1))):
            once |= (state == place) & (found >= 0) & ~(f.seen(found) > f.onset(found))
        narrow = np.append(images_of(f.case).not_dilated, False)[self.ducts.image]
        with np.errstate(invalid="ignore"):
            narrow &= taken(images_of(f.case).day, self.ducts.image) >= f.onset(jaundice)
        single = once & ~self.ducts.dilated
        return np.asarray(~single & ~(narrow & (state == 4)))

    def bilirubin(self, i: int) -> str:
        """Newest bilirubin with its day."""
        if not self.words.has("BILI", i):
            return "no bilirubin on record"
        return lower(f"{self.words.with_x('BILI', i)} on {self.words.on('BILI', i)}")

    def device(self, i: int) -> str:
        """ "biliary stent of 2026-05-29"; its name is free text and stays where the events are."""
        at = int(self.ducts.stent[i])
        if at < 0:
            return ""
        events = events_of(self.facts.case)
        kind = EVENT_KINDS[KIND_CODES[int(events.kind[at])]].label.lower()
        return f"{kind} of {self.words.day(i, float(events.start[at]))}"

    def scan(self, i: int) -> str:
        """What imaging says of the ducts, with its day."""
        at = int(self.ducts.image[i])
        if at < 0:
            return ""
        images = images_of(self.facts.case)
        wide = "ducts dilated" if images.dilated[at] else "ducts not dilated"
        modality = self.facts.case.panel.imaging["modality"].iat[at]
        name = modality if isinstance(modality, str) and modality else "imaging"
        return f"{name} {self.words.day(i, float(images.day[at]))}: {wide}"

    def fall(self, i: int) -> str:
        """Bilirubin now, and before the stent."""
        before = float(self.ducts.before[i])
        tail = f", before it {self._before(i)} mg/dL" if before == before else ""
        return f"{self.bilirubin(i)}{tail}"

    def _before(self, i: int) -> str:
        """Bilirubin before the stent as text."""
        sign = int(signs_at(self.facts.case, self.ducts.before_at[[i]])[0])
        return f"{SIGNS[sign]}{float(self.ducts.before[i]):.1f}"

    def infected(self, i: int) -> Line:
        at = int(self.cholangitis[i])
        n = self.facts.open.numbers(at)
        text = " ".join(str(v) for k, v in n.items() if k in ("image", "parts", "certainty", "kind"))
        sure = "definite" if "definite" in text or "A, B and C" in text else "suspected"
        met = self.words.met(i, at)
        crp = f"{self.words.value('CRP', i)} on {self.words.on('CRP', i)}" if self.words.has("CRP", i) else ""
        return Line(
            joined(f"criteria of acute cholangitis met {met} ({sure})", self.bilirubin(i), crp, self.scan(i)),
            f"cholangitis criteria met {met}, {lower(self.words.value('BILI', i))}"
            if self.words.has("BILI", i)
            else f"cholangitis criteria met {met}",
            "" if sure == "definite" else "imaging of the ducts",
            tuple(self.facts.open.results(at)[-6:]),
        )

    def again(self, i: int) -> Line:
        at = int(self.blocked[i])
        since = self.words.day(i, float(self.facts.open.onset[at]))
        device = self.device(i)
        early = str(self.facts.open.rule[at]) == "stent_early_rise"
        how = "rising soon after" if early else "rising again after"
        return Line(
            joined(f"bilirubin {how} the {device}, since {since}", self.bilirubin(i), self.scan(i)),
            f"bilirubin {how} the {device} ({self.words.value('BILI', i).partition(' ')[2]})",
            "imaging of the ducts" if not self.ducts.dilated[i] else "",
            tuple(self.facts.open.results(at)[-6:]),
        )

    def draining(self, i: int, how: str) -> Line:
        slow = int(self.slow[i])
        now = self.words.value("BILI", i).partition(" ")[2]
        before = float(self.ducts.before[i])
        course = f"{self._before(i)} to {now}" if before == before else now
        day = float(self.facts.day("BILI")[i]) - float(self.ducts.stent_day[i])
        brief = "bile ducts draining slowly" if slow >= 0 else "bile ducts draining"
        return Line(
            joined(f"{self.fall(i)}, day {day:.0f} after the {self.device(i)}: {how}", self.scan(i)),
            f"{brief} after the {self.device(i)} (bilirubin {course})",
            "",
            tuple(self.facts.open.results(slow)[-6:]) if slow >= 0 else self.words.results(i, "BILI"),
        )

    def suspected(self, i: int) -> Line:
        why = "cholestatic jaundice" if self.unrelieved[i] else "dilated ducts on imaging"
        tests = [self.words.with_x(c, i) for c in ("ALP", "GGT") if self.words.is_recent(c, i)]
        missing = "" if self.ducts.dilated[i] and self.unrelieved[i] else "imaging of the ducts"
        if not self.unrelieved[i]:
            missing = "" if self.words.is_recent("BILI", i) else "bilirubin"
        return Line(
            joined(f"{why} without a stent or drain after it", self.bilirubin(i), ", ".join(tests), self.scan(i)),
            self._suspicion(i),
            missing,
            self.words.results(i, "BILI", "ALP", "GGT"),
        )

    def _suspicion(self, i: int) -> str:
        if not self.unrelieved[i]:
            return f"dilated bile ducts on {self.scan(i).partition(':')[0]}"
        onset = float(self.facts.onset(self.facts.first_of("cholestatic_jaundice"))[i])
        return f"cholestatic jaundice since {self.words.day(i, onset)}"

    def open(self, i: int) -> Line:
        return Line(
            joined(f"{self.device(i)} in place", self.bilirubin(i), self.scan(i)),
            f"stent open ({lower(self.words.value('BILI', i))})",
            self._doubt(i),
            self.words.results(i, "BILI"),
        )

    def nothing(self, i: int) -> Line:
        tests = [self.words.with_x(c, i) for c in ("ALP", "GGT") if self.words.is_recent(c, i)]
        high = self.words.x("BILI", i) > self.facts.settings.raised
        raised = "raised without a cholestatic pattern" if high else ""
        absent = [shown(c) for c in ("ALP", "GGT") if not self.words.is_recent(c, i)]
        return Line(
            joined(self.bilirubin(i), raised, ", ".join(tests), self.scan(i)),
            "no sign of obstruction",
            self._doubt(i) or (f"recent {' and '.join(absent)}" if absent else ""),
            self.words.results(i, "BILI", "ALP", "GGT"),
        )

    def _doubt(self, i: int) -> str:
        if "BILI" not in self.facts.in_doubt or not self.facts.doubtful("BILI")[i]:
            return ""
        return f"bilirubin of {self.words.day(i, float(self.facts.in_doubt['BILI'][i]))}, in quarantine"

    def unknown(self, i: int) -> Line:
        brief = "bile ducts not evaluable"
        if not self.words.is_recent("BILI", i):
            last = f"; last {self.bilirubin(i)}" if self.words.has("BILI", i) else ""
            return Line(joined(f"no recent bilirubin{last}", self.scan(i)), brief, "bilirubin")
        if self.ducts.in_place[i] and not float(self.facts.day("BILI")[i]) > float(self.ducts.stent_day[i]):
            return Line(f"no bilirubin since the {self.device(i)}; {self.bilirubin(i)}", brief, "bilirubin")
        if self.ducts.in_place[i]:
            why = (
                "no criteria of obstruction met" if float(self.ducts.before[i]) > 0 else "no value before it to compare"
            )
            return Line(
                f"{self.bilirubin(i)} with the {self.device(i)} in place: {why}",
                brief,
                "next bilirubin, ALP and GGT",
                self.words.results(i, "BILI"),
            )
        if not self.known[i] and self.facts.sign("BILI")[i] != 0:
            says = f"{self.bilirubin(i)}: given only as a limit, which leaves it open"
            return Line(says, brief, "bilirubin as a number")
        if not self.words.x("BILI", i) > 0:
            return Line(f"{self.bilirubin(i)}: no upper limit to compare with", brief, "the limits of bilirubin")
        return Line(f"{self.bilirubin(i)} without a recent ALP", brief, "ALP", self.words.results(i, "BILI"))
