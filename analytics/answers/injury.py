"""Is the liver being harmed? Open episodes and their interpretation, else newest values against limits and baseline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from analytics.analytes import CODES, INDEX, MARKERS, shown
from analytics.answer_states import HYS_LAW_RANK, STATES
from analytics.answers._draft import Draft, Line, Words, decide, joined, lower, number, ranks, write
from analytics.answers._facts import Facts, taken, window
from analytics.case import Bools, Floats, Ints
from analytics.compare import compare, exceeds
from analytics.derive.expected import MASKS, masked
from analytics.event_kinds import EVENT_KINDS, KIND_CODES
from analytics.rules import rules
from analytics.rules.reading import RULE_OF_EPISODES
from analytics.tables import NOWS, READING_LABELS

TESTS = ("ALT", "AST", "ALP", "GGT", "BILI")
"""What the answer looks at, in the order in which it is told."""

CRITERIA = (
    "hys_law",
    "parks",
    "mdish",
    "temple",
    "checkpoint_label",
    "iq_dili_oncology",
    "fda_limits",
)
"""Rules of injury whose open finding is an episode of injury, also where the episode of changed tests is not open."""

_MARKER_NAMES = {shown(code) for code in MARKERS}
_PHASES = ("rising", "at_peak", "recovering")
_CODE_OF = np.array([INDEX[c] for c in TESTS])
_NOW = {code: n for n, code in enumerate(NOWS)}


@dataclass(frozen=True)
class Values:
    """Newest values of the five tests against limits and baseline, shape (tests, patients); NaN where not recent."""

    facts: Facts

    @cached_property
    def x(self) -> Floats:
        """Multiples of the upper limit."""
        return np.stack([np.where(self.facts.recent(c), self.facts.x_uln(c), np.nan) for c in TESTS])

    @cached_property
    def raised(self) -> Bools:
        """Above ``answers.raised``."""
        return exceeds(self.x, self.facts.settings.raised)

    @cached_property
    def steady(self) -> Bools:
        """Within ``answers.steady`` of the patient's own baseline."""
        over = np.stack([self.facts.x_baseline(c) for c in TESTS])
        return compare(over, "<=", self.facts.settings.steady)

    @cached_property
    def lead(self) -> Ints:
        """Position in TESTS of the test with the highest multiple; 0 where none is known."""
        return np.asarray(np.where(np.isnan(self.x), -1.0, self.x).argmax(axis=0))


@dataclass(frozen=True)
class Episodes:
    """The open episode of each patient, one position a patient."""

    facts: Facts
    values: Values

    @cached_property
    def changed(self) -> Ints:
        """Open finding of changed liver tests, -1 where none; an episode of a tumour marker alone is not one."""
        f, v = self.facts, self.values
        found = f.first_of(RULE_OF_EPISODES).copy()
        now = (v.raised & ~v.steady).any(axis=0)
        who = np.flatnonzero((found >= 0) & ~now)
        leads = [str(f.open.numbers(int(a)).get("lead", "")) for a in found[who]]
        found[who[[name in _MARKER_NAMES for name in leads]]] = -1
        return found

    @cached_property
    def criteria(self) -> Ints:
        """Worst open finding of the rules of injury, -1 where none."""
        return self.facts.first_of(*CRITERIA)

    @cached_property
    def reading(self) -> tuple[list[str], list[int], list[int]]:
        """Interpretation that leads each episode ("" where there is no episode), facts for and against it."""
        told, changed = self.facts.readings, self.changed
        names, n_for, n_against = [""] * len(changed), [0] * len(changed), [0] * len(changed)
        who = np.flatnonzero(changed >= 0)
        if len(who):
            rows = np.flatnonzero(told["fits"].to_numpy(bool))
            ids = pd.Index(told["finding_id"].array.take(rows))
            at = ids.get_indexer(pd.Index([self.facts.open.ids[a] for a in changed[who]]))
            best, counts = told["reading"].array, [told[c].to_numpy(np.int64) for c in ("n_for", "n_against")]
            for i, place in zip(who.tolist(), at.tolist(), strict=True):
                row = rows[place]
                names[i] = "unclear" if place < 0 else str(best[row])
                n_for[i], n_against[i] = (0, 0) if place < 0 else (int(counts[0][row]), int(counts[1][row]))
        return names, n_for, n_against

    @cached_property
    def best(self) -> np.ndarray[Any, np.dtype[np.object_]]:
        """The leading interpretation as an array."""
        return np.array(self.reading[0], dtype=object)

    @cached_property
    def injured(self) -> Bools:
        """An episode that is most consistent with injury, or open criteria of injury without another episode."""
        return np.asarray((self.best == "injury") | ((self.changed < 0) & (self.criteria >= 0)))

    @cached_property
    def onset(self) -> Floats:
        """First day of the episode."""
        f = self.facts
        return np.where(self.changed >= 0, f.onset(self.changed), f.onset(self.criteria))

    @cached_property
    def course(self) -> Course:
        """Leading test of each episode with its peak and newest values."""
        return _course(self)


@dataclass(frozen=True)
class Course:
    """The leading test of each patient's episode: positions in ``case.points``, -1 where there is none.

    ``lead`` is the test (position in TESTS) with the highest multiple of its limit in the episode; ``n`` its results.
    """

    lead: Ints
    peak: Ints
    last: Ints
    before: Ints
    n: Ints


def _course(episodes: Episodes) -> Course:
    f, points = episodes.facts, episodes.facts.case.points
    who = np.flatnonzero((episodes.changed >= 0) | (episodes.criteria >= 0))
    peak, count = np.full((len(TESTS), len(f)), -1), np.zeros((len(TESTS), len(f)), np.int64)
    for row, code in enumerate(TESTS[:4]):  # bilirubin follows an injury, it does not lead one
        mine, begin, end = window(f.case, code, who, episodes.onset[who])
        x = np.nan_to_num(points.x_uln[mine], nan=-1.0)
        for i, b, e in zip(who.tolist(), begin.tolist(), end.tolist(), strict=True):
            if e > b:
                peak[row, i], count[row, i] = mine[b + int(x[b:e].argmax())], e - b
    highest = np.stack([np.nan_to_num(taken(points.x_uln, p), nan=-1.0) for p in peak])
    lead = highest.argmax(axis=0)
    each = np.arange(len(f))
    last = np.where(peak[lead, each] >= 0, f.lasts[each, _CODE_OF[lead]], -1)
    earlier = np.stack([f.before(c) for c in TESTS])[lead, each]
    return Course(lead, peak[lead, each], last, np.where(last >= 0, earlier, -1), count[lead, each])


def phases(facts: Facts, course: Course) -> Ints:
    """Phase of each episode by its leading test: 0 rising, 1 near its peak, 2 recovering.

    The one place that says where an episode stands: *now* of the series (analytics.trends.now), and where it cannot
    tell, the last two results. Recovering is at most ``answers.recovering_share`` of the peak and not rising; a rise
    whose last result is lower than the one before is over.
    """
    points = facts.case.points
    peak, last, before = (taken(points.value, at) for at in (course.peak, course.last, course.before))
    now = np.append(facts.now.ravel(), -1)[
        np.where(course.last >= 0, facts.everyone * len(CODES) + _CODE_OF[course.lead], -1)
    ]
    silent = ~np.isin(now, [_NOW[n] for n in ("rising", "falling", "steady", "lower")])
    higher = exceeds(last, before) | np.isnan(before)
    up = ((now == _NOW["rising"]) | silent) & higher
    low = compare(last, "<=", facts.settings.recovering_share * peak)
    return np.select([up, low], [0, 2], 1)


_LIFTING = ("isgls", "fifty_fifty", "peak_bilirubin", "hepatic_decompensation", "reild", "cholangitis_labs")


@dataclass(frozen=True)
class Masks:
    """What a procedure explains at the last contact."""

    facts: Facts

    @cached_property
    def covers(self) -> Bools:
        """Tests within the time of a procedure that raises them, shape (tests, patients); where it is not lifted."""
        f = self.facts
        days = [np.nan_to_num(f.day(code), nan=-1.0) for code in TESTS]
        covers = np.stack([masked(f.case, code, f.everyone, day) for code, day in zip(TESTS, days, strict=True)])
        return covers & ~self.lifted

    @cached_property
    def event(self) -> Ints:
        """The newest procedure of each patient, -1 where none."""
        return self.facts.last_of(*dict.fromkeys(kind for mask in MASKS for kind in mask.kinds))

    @cached_property
    def lifted(self) -> Bools:
        """Something since the procedure that it does not explain: jaundice after the first days, INR, failure criteria,
        ascites, encephalopathy or fever, ALT and AST higher again than in its first days."""
        f, s = self.facts, self.facts.case.settings
        start = f.start(self.event)
        with np.errstate(invalid="ignore"):
            late = f.day("BILI") - start >= s.surgery.isgls_day
            jaundice = late & exceeds(f.x_uln("BILI"), s.injury.hys_bili)
            clotting = (f.day("INR") - start >= s.surgery.isgls_day) & exceeds(f.value("INR"), s.injury.fda_inr)
            signs = f.start(f.recorded("ascites", "encephalopathy", "fever", "pyrexia")) >= start
        return jaundice | clotting | signs | (f.first_of(*_LIFTING) >= 0)


def draft(facts: Facts) -> Draft:
    """The answers of all patients."""
    values = Values(facts)
    episodes, masks = Episodes(facts, values), Masks(facts)
    phase = phases(facts, episodes.course)
    open_, injured, best = episodes.changed >= 0, episodes.injured, episodes.best
    some = values.raised.any(axis=0)
    known = np.isfinite(values.x[:2]).any(axis=0)  # ALT or AST, recent and with a limit
    doubtful = facts.doubtful("BILI") | facts.doubtful("ALT") | facts.doubtful("AST")
    state = decide(
        "injury",
        {
            "expected_after_procedure": some & ~(values.raised & ~masks.covers).any(axis=0) & ~_older(episodes, masks),
            "explained_by_obstruction": open_ & (best == "obstruction"),
            "explained_by_tumour": open_ & (best == "tumour"),
            "rising": injured & (phase == 0),
            "at_peak": injured & (phase == 1),
            "recovering": injured & (phase == 2),
            "raised_steady": some & ~open_ & known & ~(values.raised & ~values.steady).any(axis=0),
            "unclear": open_ | some,
            "none": known & ~doubtful,
        },
    )
    rank = ranks("injury", state)
    hys = facts.first_of("hys_law") >= 0
    active = np.isin(state, [3, 4, 7])
    rank = np.where(hys & (state == 3), HYS_LAW_RANK, rank)
    rank = np.where(hys & active & (state != 3), STATES["injury", "rising"].rank, rank)
    newest = np.fmax.reduce([np.where(facts.recent(c), facts.day(c), np.nan) for c in TESTS])
    at = episodes.course.last
    fallback = np.floor(taken(facts.case.points.day, at))
    told = _Told(facts, Words(facts), values, episodes, masks, phase)
    with np.errstate(invalid="ignore"):
        second = episodes.course.n >= 2
    fresh = facts.contact - np.fmax(newest, -np.inf) <= facts.blood_days
    return Draft(
        question="injury",
        state=state,
        since=np.select(
            [np.isin(state, [1, 2, 3, 4, 5]) | (open_ & (state == 7)), state == 0],
            [episodes.onset, facts.start(masks.event)],
            np.where(np.isin(state, [6, 7, 8]), told.since_value(), np.nan),
        ),
        as_of=np.where(np.isnan(newest), fallback, newest),
        firm=fresh & np.where(np.isin(state, [1, 2, 3, 4, 5, 7]), second | ~(open_ | injured), True),
        rank=rank,
        basis=(episodes.changed, *(facts.first_of(c) for c in CRITERIA), facts.first_of("procedure_effect")),
        lines=write("injury", state, told.writers()),
    )


def _older(episodes: Episodes, masks: Masks) -> Bools:
    """Criteria of injury are open, or the episode began before the procedure: it does not explain them."""
    with np.errstate(invalid="ignore"):
        before = (episodes.changed >= 0) & (episodes.onset < masks.facts.start(masks.event))
    return before | (episodes.criteria >= 0)


@dataclass(frozen=True)
class _Told:
    """The sentences."""

    facts: Facts
    words: Words
    values: Values
    episodes: Episodes
    masks: Masks
    phase: Ints

    def writers(self) -> dict[str, Callable[[int], Line]]:
        """By state."""
        return {
            "expected_after_procedure": self.expected,
            "explained_by_obstruction": lambda i: self.explained(i, "see bile ducts"),
            "explained_by_tumour": lambda i: self.explained(i, "see tumour"),
            **dict.fromkeys(_PHASES, self.injured),
            "raised_steady": self.steady,
            "unclear": self.unclear,
            "none": self.nothing,
            "not_evaluable": self.unknown,
        }

    def since_value(self) -> Floats:
        """Day of the leading newest value."""
        days = np.stack([self.facts.day(c) for c in TESTS])
        return np.asarray(days[self.values.lead, np.arange(len(self.facts))])

    def leading(self, i: int) -> str:
        """Code of the test that leads now."""
        return TESTS[int(self.values.lead[i])]

    def now(self, i: int, code: str) -> str:
        """Newest value of a test: unit, × ULN, × baseline, day."""
        over = self.words.x_baseline(code, i)
        more = f", {over:.1f} × baseline" if over == over else ""
        text = self.words.with_x(code, i)
        text = f"{text[:-1]}{more})" if text.endswith(")") else text
        return f"{text} on {self.words.on(code, i)}"

    def case_of(self, i: int) -> str:
        """The leading interpretation with its counts."""
        name = self.episodes.reading[0][i]
        if not name:
            return ""
        if name == "unclear":
            return "no single explanation leads"
        n, against = self.episodes.reading[1][i], self.episodes.reading[2][i]
        return f"most consistent with {READING_LABELS[name]} ({n} for, {against} against)"

    def met(self, i: int) -> str:
        """Titles of the criteria that are open."""
        found = [r for r in CRITERIA if self._open[r][i] >= 0]
        return "criteria met: " + ", ".join(rules()[r].title for r in found) if found else ""

    @cached_property
    def _open(self) -> dict[str, Ints]:
        return {r: self.facts.first_of(r) for r in CRITERIA}

    def course(self, i: int) -> tuple[str, str, tuple[int, ...]]:
        """Newest value and peak of the leading test, in full and in few words; results."""
        c, points = self.episodes.course, self.facts.case.points
        code, peak = TESTS[int(c.lead[i])], int(c.peak[i])
        if peak < 0:
            code = self.leading(i)
            return self.now(i, code), self.words.with_x(code, i), self.words.results(i, code)
        ids = tuple(int(r) for r in self.facts.case.result_ids[[peak, int(c.last[i])]] if r >= 0)
        if peak == int(c.last[i]):
            return self.now(i, code), self.words.with_x(code, i), tuple(dict.fromkeys(ids))
        top, high = float(points.value[peak]), float(points.x_uln[peak])
        high_text = f", {high:.1f} × ULN" if high == high else ""
        text = f"peak {number(code, top)}{high_text} on {self.words.day(i, float(points.day[peak]))}"
        if not self.values.raised[int(c.lead[i]), i] and self.values.raised[:, i].any():
            text = f"{text}; {self.now(i, self.leading(i))}"
        short = self.words.with_x(code, i)
        brief = f"{short[:-1]}, peak {high:.1f})" if short.endswith(")") and high == high else short
        return f"{self.now(i, code)}; {text}", brief, ids

    def injured(self, i: int) -> Line:
        text, short, results = self.course(i)
        phase = ("rising", "near its peak", "recovering")[int(self.phase[i])]
        says = joined(text, self.grade(i), self.pattern(i), self.drug(i), self.case_of(i), self.met(i))
        hys = "; Hy's law criteria met" if self._open["hys_law"][i] >= 0 else ""
        missing = "a second result" if int(self.episodes.course.n[i]) < 2 else ""
        if "BILI" in self.facts.in_doubt and self.facts.doubtful("BILI")[i]:
            missing = joined(missing, "the bilirubin in quarantine")
        return Line(says, f"liver injury {phase}: {short}{hys}", missing, results)

    def grade(self, i: int) -> str:
        """CTCAE grade of the newest value of the leading test."""
        at = int(self.episodes.course.last[i])
        found = int(self.facts.case.grades("5.0")[at]) if at >= 0 else -1
        return f"CTCAE 5.0 grade {found}" if found > 0 else ""

    def pattern(self, i: int) -> str:
        """R and its name, where ALT or ALP is high enough for it and both are of about one day."""
        s, f = self.facts.case.settings.injury, self.facts
        alt, alp = self.words.x("ALT", i), self.words.x("ALP", i)
        apart = abs(float(f.day("ALT")[i]) - float(f.day("ALP")[i]))
        if not (apart <= s.hys_alp_days and alp > 0 and max(alt, alp) > s.r_from_x_uln):
            return ""
        r = alt / alp
        name = "mixed"
        if compare(r, ">=", s.r_hepatocellular):
            name = "hepatocellular"
        elif compare(r, "<=", s.r_cholestatic):
            name = "cholestatic"
        return f"R {r:.1f}, {name} pattern"

    def drug(self, i: int) -> str:
        """Agents that began last before the onset, and its day."""
        f = self.facts
        onset = float(self.episodes.onset[i])
        rows = [a for a in self._systemic.get(i, ()) if f.case.events.start[a] <= onset + 1]
        if not rows:
            return "no systemic therapy recorded before the onset"
        first = max(np.floor(f.case.events.start[a]) for a in rows)
        names = f.case.panel.events["name"]
        latest = [a for a in rows if np.floor(f.case.events.start[a]) == first]
        which = dict.fromkeys(str(names.iat[int(f.case.events.row[a])]) for a in latest)
        return f"onset on day {onset - first:.0f} of {', '.join(list(which)[:4])}"

    @cached_property
    def _systemic(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for at in self.facts.case.events.of("systemic").tolist():
            found.setdefault(int(self.facts.case.events.patient[at]), []).append(at)
        return found

    def expected(self, i: int) -> Line:
        raised = [c for row, c in enumerate(TESTS) if self.values.raised[row, i]]
        event = int(self.masks.event[i])
        day = self.facts.case.events.start[event]
        kind = EVENT_KINDS[KIND_CODES[int(self.facts.case.events.kind[event])]].label.lower()
        after = f"{kind} of {self.words.day(i, float(day))}"
        lead = max(raised, key=lambda c: self.words.x(c, i))
        tests = ", ".join(self.words.with_x(c, i) for c in raised)
        n = float(self.facts.day(lead)[i]) - float(np.floor(day))
        return Line(
            f"{tests} on {self.words.on(lead, i)}, day {n:.0f} after the {after}: tests that it raises itself",
            f"{self.words.with_x(lead, i)}, expected after the {after}",
            "",
            self.words.results(i, *raised),
        )

    def explained(self, i: int, see: str) -> Line:
        text, short, results = self.course(i)
        name = READING_LABELS[self.episodes.reading[0][i]]
        return Line(
            joined(text, self.case_of(i), self.met(i), see), f"liver tests explained by {name}: {short}", "", results
        )

    def steady(self, i: int) -> Line:
        code = self.leading(i)
        raised = [c for row, c in enumerate(TESTS) if self.values.raised[row, i]]
        text = "; ".join(self.now(i, c) for c in raised)
        brief = f"{self.words.with_x(code, i)}, steady at its baseline"
        return Line(f"{text}: raised, and steady at its baseline", brief, "", self.words.results(i, *raised))

    def unclear(self, i: int) -> Line:
        if self.episodes.changed[i] >= 0:
            text, short, results = self.course(i)
            why = self.case_of(i)
            return Line(joined(text, why, self.met(i)), f"liver tests changed, {short}: {why}", "", results)
        raised = [c for row, c in enumerate(TESTS) if self.values.raised[row, i]]
        code = self.leading(i)
        over = self.words.x_baseline(code, i)
        why = "above its baseline, no episode criteria met" if over == over else "no baseline to compare with"
        missing = "" if over == over else f"a baseline of {shown(code)}"
        return Line(
            "; ".join(self.now(i, c) for c in raised) + f": {why}",
            f"{self.words.with_x(code, i)}, {why}",
            missing,
            self.words.results(i, *raised),
        )

    def nothing(self, i: int) -> Line:
        code = self.leading(i)
        tests = [c for c in TESTS if self.words.is_recent(c, i)]
        limit = f"{self.facts.settings.raised:g} × ULN"
        names = ", ".join(lower(shown(c)) for c in tests)
        text = f"{names} at most {limit}, highest {self.now(i, code)}"
        absent = [shown(c) for c in TESTS if c not in tests]
        return Line(
            text, "no liver injury", f"recent {', '.join(absent)}" if absent else "", self.words.results(i, *tests)
        )

    def unknown(self, i: int) -> Line:
        doubt = [c for c in ("BILI", "ALT", "AST") if c in self.facts.in_doubt and self.facts.doubtful(c)[i]]
        if doubt and np.isfinite(self.values.x[:2, i]).any():
            names = ", ".join(shown(c) for c in doubt)
            day = self.words.day(i, float(self.facts.in_doubt[doubt[0]][i]))
            return Line(
                f"{names} of {day} in quarantine: it would decide", "liver injury not evaluable", f"{names} of {day}"
            )
        old = [self.now(i, c) for c in ("ALT", "AST") if self.words.has(c, i)]
        if any(self.words.is_recent(c, i) for c in ("ALT", "AST")):
            return Line(
                f"{old[0]}: no upper limit to compare with", "liver injury not evaluable", "the limits of ALT or AST"
            )
        return Line(
            "no recent ALT or AST" + (f"; last {old[0]}" if old else ""), "liver injury not evaluable", "ALT or AST"
        )
