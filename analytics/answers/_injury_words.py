"""Sentences of the answer on liver injury, by its state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analytics.analytes import INDEX, shown
from analytics.answers._draft import Line, Words, joined, lower, number
from analytics.answers._episodes import CRITERIA, EXPLAINED, PHASES, TESTS, Episodes, Masks, Values
from analytics.answers._facts import Facts
from analytics.arrays import Floats, Ints
from analytics.compare import compare
from analytics.derive.events import events_of
from analytics.derive.points import points_of, result_ids_of
from analytics.event_kinds import EVENT_KINDS, KIND_CODES
from analytics.grades.ctcae import grades_of
from analytics.rules import rules
from analytics.rules._words import BEYOND, SIGNS
from analytics.tables import NOWS, READING_LABELS


@dataclass(frozen=True)
class InjuryWords:
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
            **dict.fromkeys((f"explained_by_{one}" for one in EXPLAINED), self.explained),
            **dict.fromkeys(PHASES, self.injured),
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
        over = self.words.over(code, i)
        more = f", {over}" if over else ""
        text = self.words.with_x(code, i)
        text = f"{text[:-1]}{more})" if text.endswith(")") else text
        return f"{text} on {self.words.on(code, i)}"

    def course_now(self, i: int, code: str) -> str:
        """Whether the newest results of a test rise or fall; empty where they do neither."""
        now = int(self.facts.now[i, INDEX[code]])
        return tuple(NOWS)[now] if now >= 0 and tuple(NOWS)[now] in ("rising", "falling") else ""

    def _is_steady(self, i: int, code: str) -> bool:
        """Whether the newest results of a test say that it stands."""
        return int(self.facts.now[i, INDEX[code]]) == tuple(NOWS).index("steady")

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
        c, points = self.episodes.course, points_of(self.facts.case)
        code, peak = TESTS[int(c.lead[i])], int(c.peak[i])
        if peak < 0:
            code = self.leading(i)
            return self.now(i, code), self.words.with_x(code, i), self.words.results(i, code)
        ids = tuple(int(r) for r in result_ids_of(self.facts.case)[[peak, int(c.last[i])]] if r >= 0)
        if peak == int(c.last[i]):
            return self.now(i, code), self.words.with_x(code, i), tuple(dict.fromkeys(ids))
        top, high = float(points.value[peak]), float(points.x_uln[peak])
        sign = int(points.comparator[peak])
        high_text = f", {BEYOND[sign]}{high:.1f} × ULN" if high == high else ""
        text = f"peak {SIGNS[sign]}{number(code, top)}{high_text} on {self.words.day(i, float(points.day[peak]))}"
        if not self.values.raised[int(c.lead[i]), i] and self.values.raised[:, i].any():
            text = f"{text}; {self.now(i, self.leading(i))}"
        short = self.words.with_x(code, i)
        brief = f"{short[:-1]}, peak {BEYOND[sign]}{high:.1f})" if short.endswith(")") and high == high else short
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
        found = int(grades_of(self.facts.case, "5.0")[at]) if at >= 0 else -1
        least = "at least " if at >= 0 and points_of(self.facts.case).comparator[at] > 0 else ""
        return f"CTCAE 5.0 {least}grade {found}" if found > 0 else ""

    def pattern(self, i: int) -> str:
        """R and its name, where ALT or ALP is high enough for it and both are of about one day."""
        s, f = self.facts.case.settings.injury, self.facts
        alt, alp = self.words.x("ALT", i), self.words.x("ALP", i)
        apart = abs(float(f.day("ALT")[i]) - float(f.day("ALP")[i]))
        given = f.sign("ALT")[i] != 0 or f.sign("ALP")[i] != 0  # of limits there is no ratio
        if given or not (apart <= s.hys_alp_days and alp > 0 and max(alt, alp) > s.r_from_x_uln):
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
        rows = [a for a in self._systemic.get(i, ()) if events_of(f.case).start[a] <= onset + 1]
        if not rows:
            return "no systemic therapy recorded before the onset"
        first = max(np.floor(events_of(f.case).start[a]) for a in rows)
        names = f.case.panel.events["name"]
        latest = [a for a in rows if np.floor(events_of(f.case).start[a]) == first]
        which = dict.fromkeys(str(names.iat[int(events_of(f.case).row[a])]) for a in latest)
        return f"onset on day {onset - first:.0f} of {', '.join(list(which)[:4])}"

    @cached_property
    def _systemic(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for at in events_of(self.facts.case).of("systemic").tolist():
            found.setdefault(int(events_of(self.facts.case).patient[at]), []).append(at)
        return found

    def expected(self, i: int) -> Line:
        raised = [c for row, c in enumerate(TESTS) if self.values.raised[row, i]]
        event = int(self.masks.event[i])
        day = events_of(self.facts.case).start[event]
        kind = EVENT_KINDS[KIND_CODES[int(events_of(self.facts.case).kind[event])]].label.lower()
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

    def explained(self, i: int) -> Line:
        text, short, results = self.course(i)
        code = self.episodes.reading[0][i]
        says = joined(text, self.case_of(i), self.met(i), EXPLAINED[code])
        return Line(says, f"liver tests explained by {READING_LABELS[code]}: {short}", "", results)

    def steady(self, i: int) -> Line:
        code = self.leading(i)
        raised = [c for row, c in enumerate(TESTS) if self.values.raised[row, i]]
        courses = {c: self.course_now(i, c) for c in raised}
        text = "; ".join(joined(self.now(i, c), course).replace("; ", ", ") for c, course in courses.items())
        near = "steady at its baseline" if all(self._is_steady(i, c) for c in raised) else "near its baseline"
        brief = f"{self.words.with_x(code, i)}, {near}"
        return Line(f"{text}: raised, and {near}", brief, "", self.words.results(i, *raised))

    def unclear(self, i: int) -> Line:
        if self.episodes.changed[i] >= 0:
            text, short, results = self.course(i)
            why = self.case_of(i)
            return Line(joined(text, why, self.met(i)), f"liver tests changed, {short}: {why}", "", results)
        raised = [c for row, c in enumerate(TESTS) if self.values.raised[row, i]]
        code = self.leading(i)
        over = self.words.x_baseline(code, i)
        where = "" if compare(over, ">", 1.0) and self.facts.over_sign(code)[i] >= 0 else "not "
        why = f"{where}above its baseline, no episode criteria met" if over == over else "no baseline to compare with"
        why = joined(self.course_now(i, code), why).replace("; ", ", ")
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
        limit = self._raised
        names = ", ".join(lower(shown(c)) for c in tests)
        text = f"{names} at most {limit}, highest {self.now(i, code)}"
        absent = [shown(c) for c in TESTS if c not in tests]
        return Line(
            text, "no liver injury", f"recent {', '.join(absent)}" if absent else "", self.words.results(i, *tests)
        )

    @property
    def _raised(self) -> str:
        return f"{self.facts.settings.raised:g} × ULN"

    def unknown(self, i: int) -> Line:
        doubt = [c for c in ("BILI", "ALT", "AST") if c in self.facts.in_doubt and self.facts.doubtful(c)[i]]
        if doubt and np.isfinite(self.values.x[:2, i]).any():
            names = ", ".join(shown(c) for c in doubt)
            day = self.words.day(i, float(self.facts.in_doubt[doubt[0]][i]))
            return Line(
                f"{names} of {day} in quarantine: it would decide", "liver injury not evaluable", f"{names} of {day}"
            )
        left = [c for row, c in enumerate(TESTS) if self.values.is_open[row, i]]
        if left and np.isfinite(self.values.x[:2, i]).any():
            text = "; ".join(self.now(i, c) for c in left)
            says = f"{text}: given only as a limit, which leaves open whether it is above {self._raised}"
            return Line(says, "liver injury not evaluable", f"{', '.join(map(shown, left))} as a number")
        old = [self.now(i, c) for c in ("ALT", "AST") if self.words.has(c, i)]
        if any(self.words.is_recent(c, i) for c in ("ALT", "AST")):
            return Line(
                f"{old[0]}: no upper limit to compare with", "liver injury not evaluable", "the limits of ALT or AST"
            )
        return Line(
            "no recent ALT or AST" + (f"; last {old[0]}" if old else ""), "liver injury not evaluable", "ALT or AST"
        )
