"""Is follow-up kept? The one answer that looks from the data cut-off: what is due, and since when."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analytics.analytes import CODES, shown
from analytics.answers._draft import Draft, Line, Words, decide, joined, ranks, write
from analytics.answers._facts import Facts, taken
from analytics.answers._marker_now import Newest
from analytics.answers.tumour import Scans
from analytics.arrays import Bools, Floats, Ints
from analytics.derive.around import active
from analytics.derive.events import event_names_of, events_of
from analytics.rules._images import images_of
from analytics.rules._markers import markers_of

_PANEL = ("ALT", "AST", "ALP", "BILI")
_ENDED = re.compile(
    r"\b(?:death|died|deceased|end of follow-?up|follow-?up ended|lost to follow-?up|study (?:end|completed)|off study)"
    r"\b"
)


@dataclass(frozen=True)
class Due:
    """Newest panel, scan and marker of each patient against their limits, at the data cut-off."""

    facts: Facts
    scans: Scans
    marker: Newest

    @cached_property
    def today(self) -> Floats:
        """The cut-off; of clocks without a calendar the patient's own last contact."""
        dated = np.array([clock == "date" for clock in self.facts.case.clocks], dtype=bool)
        return np.where(dated, np.floor(self.facts.case.as_of), self.facts.contact)

    @cached_property
    def treated(self) -> Bools:
        """Systemic therapy goes on, or ended within ``injury.after_dose_days``."""
        return self.facts.given(self.today)

    @cached_property
    def ongoing(self) -> Bools:
        """Systemic therapy goes on."""
        f = self.facts
        return active(f.case, events_of(f.case).of("systemic"), f.everyone, np.nan_to_num(self.today))

    @cached_property
    def panel(self) -> Floats:
        """Day of the newest result of the liver panel, NaN where none."""
        return np.asarray(np.fmax.reduce([self.facts.day(c) for c in _PANEL]))

    @cached_property
    def scan(self) -> Floats:
        """Day of the newest scan."""
        return taken(images_of(self.facts.case).day, self.scans.any)

    @cached_property
    def followed(self) -> Bools:
        """A marker is followed: it has at least two results."""
        return (self.marker.at >= 0) & (self.marker.before >= 0)

    @cached_property
    def limits(self) -> tuple[tuple[str, Floats, int], ...]:
        """What is to be repeated on treatment: name, newest day, limit in days."""
        s = self.facts.settings
        marker = np.where(self.followed, self.marker.day, np.nan)
        return (
            ("panel", np.where(self.ongoing, self.panel, np.nan), self.facts.case.settings.follow.overdue_days),
            ("imaging", self.scan, s.imaging_days),
            ("marker", marker, s.marker_days),
        )

    def over(self, ahead: int) -> list[Bools]:
        """Which of them are over their limit in so many days from the cut-off."""
        with np.errstate(invalid="ignore"):
            return [self.treated & (self.today - day > limit - ahead) for _, day, limit in self.limits]

    @cached_property
    def end(self) -> Ints:
        """Newest event that records death or the end of follow-up, -1 where none."""
        events, f = events_of(self.facts.case), self.facts
        rows = events.of("other", "symptom", "adverse_event")
        found = np.full(len(f), -1, dtype=np.int64)
        if len(rows):
            code, names = event_names_of(f.case)
            match = np.array([bool(_ENDED.search(n)) for n in names], dtype=bool)
            rows = rows[match[code[events.row[rows]]]]
            rows = rows[np.floor(events.start[rows]) <= self.today[events.patient[rows]]]
            found[events.patient[rows]] = rows
        return found


def draft(facts: Facts, scans: Scans, marker: Newest) -> Draft:
    """The answers of all patients."""
    due = Due(facts, scans, marker)
    overdue = facts.first_of("overdue_panel")
    late, soon = due.over(0), due.over(facts.settings.due_days + 1)
    late[0] |= overdue >= 0  # the rule looks from the patient's own last contact, the answer from the data cut-off
    state = decide(
        "follow_up",
        {
            "ended": due.end >= 0,
            "overdue": late[0] | late[1] | late[2],
            "due": soon[0] | soon[1] | soon[2],
            "on_schedule": due.treated,
        },
    )
    days = np.stack([day for _, day, _ in due.limits])
    limits = np.array([limit for _, _, limit in due.limits], dtype=np.float64)[:, None]
    passed = np.where(np.stack(late), days + limits, np.inf).min(axis=0)
    told = _Told(facts, Words(facts), due, overdue, late, soon)
    newest = np.fmax.reduce([due.panel, due.scan, np.where(marker.at >= 0, marker.day, np.nan)])
    return Draft(
        question="follow_up",
        state=state,
        since=np.select([state == 0, (state == 1) & np.isfinite(passed)], [facts.start(due.end), passed], newest),
        as_of=newest,
        firm=np.ones(len(facts), dtype=bool),
        rank=ranks("follow_up", state),
        basis=(overdue,),
        lines=write("follow_up", state, told.writers()),
    )


@dataclass(frozen=True)
class _Told:
    """The sentences."""

    facts: Facts
    words: Words
    due: Due
    overdue: Ints
    late: list[Bools]
    soon: list[Bools]

    def writers(self) -> dict[str, Callable[[int], Line]]:
        """By state."""
        return {
            "ended": self.ended,
            "overdue": lambda i: self.listed(i, self.late, "overdue"),
            "due": lambda i: self.listed(i, self.soon, "due"),
            "on_schedule": self.kept,
            "no_plan": self.no_plan,
        }

    def names(self, i: int) -> tuple[str, str, str]:
        """The three as people name them."""
        at = int(self.due.marker.at[i])
        name = shown(CODES[int(markers_of(self.facts.case).code[at])]) if at >= 0 else "marker"
        return "liver panel", "imaging", name

    def last(self, i: int) -> str:
        """When panel and imaging were last done."""
        day, at = float(self.due.panel[i]), int(self.due.scans.any[i])
        panel = f"last liver panel {self.words.day(i, day)}" if day == day else "no liver panel on record"
        scan = float(self.due.scan[i])
        return joined(panel, f"last imaging {self.words.day(i, scan)}" if at >= 0 else "no imaging on record")

    def listed(self, i: int, which: list[Bools], word: str) -> Line:
        said, first = [], ""
        for name, (_, days, limit), hit in zip(self.names(i), self.due.limits, which, strict=True):
            if not hit[i]:
                continue
            day = float(days[i]) if days[i] == days[i] else float(self.due.panel[i])
            age = float(self.due.today[i]) - day
            said.append(
                f"{name} {word}, last {self.words.day(i, day)} ({age:.0f} days before the cut-off, limit {limit})"
            )
            first = first or f"{name} {word}, last {self.words.day(i, day)}"
        return Line(joined(*said, self.last(i)), first, results=self.words.results(i, *_PANEL))

    def kept(self, i: int) -> Line:
        said = []
        for name, (_, days, limit) in zip(self.names(i), self.due.limits, strict=True):
            day = float(days[i])
            if day == day:
                said.append(f"{name} within {limit} days until {self.words.day(i, day + limit)}")
        return Line(
            joined(", ".join(said), self.last(i)), "follow-up on schedule", results=self.words.results(i, *_PANEL)
        )

    def ended(self, i: int) -> Line:
        at = int(self.due.end[i])
        day = self.words.day(i, float(events_of(self.facts.case).start[at]))
        return Line(f"death or end of follow-up recorded {day}; {self.last(i)}", f"follow-up ended {day}")

    def no_plan(self, i: int) -> Line:
        end = self._last_end[i]
        past = "no systemic therapy on record"
        if end > -np.inf:
            past = f"systemic therapy ended {self.words.day(i, end)}"
        return Line(f"{past}; {self.last(i)}", "no follow-up plan on record")

    @cached_property
    def _last_end(self) -> list[float]:
        """Last day of systemic therapy of each patient, -inf where there was none."""
        events, found = events_of(self.facts.case), np.full(len(self.facts), -np.inf)
        mine = events.of("systemic")
        np.maximum.at(found, events.patient[mine], events.end[mine])
        return [float(end) for end in found]
