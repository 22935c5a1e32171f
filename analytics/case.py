"""Case: a Panel as sorted arrays, with everything that follows from it computed once and only when asked.

Rules, grades, scores and trends take a Case and work on all patients at once. Integer codes: a patient is its
position in ``panel.patient_ids``, an analyte its position in ``analytics.analytes.CODES``, an event kind its
position in ``analytics.event_kinds.KIND_CODES``. Times are float days since 1970-01-01 on the patient's own clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.analytes import CODES
from analytics.event_kinds import KIND_CODES
from analytics.panel import Panel
from analytics.settings import Settings

if TYPE_CHECKING:
    from analytics.agents import Recognised
    from analytics.derive.baseline import Baselines
    from analytics.derive.segments import Breaks, Segments
    from analytics.derive.steady import Steady
    from analytics.derive.visits import Larger, Visits
    from analytics.grades.ctcae import Inputs
    from analytics.rules._images import Images
    from analytics.rules._markers import Markers
    from analytics.rules._masks import Masks
    from analytics.rules._rule import Judged
    from analytics.rules._sums import Sums
    from analytics.trends.agreed import Trend
    from analytics.trends.daily import Daily
    from analytics.trends.fit import Fit

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.integer[Any]]
Bools: TypeAlias = npt.NDArray[np.bool_]

_SPAN = 1_000_000.0
"""Days set aside for one patient in a joint (patient, time) key; larger than any time in days."""


def days_of(times: pd.Series) -> Floats:
    """Float days since 1970-01-01; NaN where missing."""
    whole = times.to_numpy("datetime64[us]")
    days = whole.astype("int64") / 86_400_000_000
    days[np.isnat(whole)] = np.nan
    return np.asarray(days, dtype=np.float64)


@lru_cache(maxsize=256)
def among(known: tuple[str, ...], chosen: tuple[str, ...]) -> Bools:
    """Which of the known codes are among the chosen ones, by position in ``known``: a table to look codes up in."""
    return np.isin(known, chosen)


def key(patient: Ints, day: Floats) -> Floats:
    """One number that sorts by patient, then time. Exact to a minute for a hundred thousand patients."""
    return patient * _SPAN + day


@dataclass(frozen=True)
class Points:
    """All number results, one position a result, sorted by patient, analyte, time, source line.

    Attributes: each of shape (n,). ``comparator`` is -1 for below (<), 1 for above (>), 0 for exact;
    ``row`` is the position in ``panel.labs``; ``lab`` is a code of the laboratory and method, -1 where not named.
    """

    patient: Ints
    analyte: Ints
    day: Floats
    value: Floats
    comparator: Ints
    lln: Floats
    uln: Floats
    lab: Ints
    row: Ints

    def __len__(self) -> int:
        """How many results."""
        return len(self.value)

    @cached_property
    def x_uln(self) -> Floats:
        """Multiples of the row's own upper limit; NaN where it has none."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.uln > 0, self.value / self.uln, np.nan)

    @cached_property
    def starts(self) -> Ints:
        """Offsets of the series (patient x analyte), shape (m + 1,)."""
        change = np.flatnonzero((np.diff(self.patient) != 0) | (np.diff(self.analyte) != 0)) + 1
        return np.concatenate([[0], change, [len(self)]]) if len(self) else np.zeros(1, np.int64)

    @cached_property
    def series(self) -> Ints:
        """Series number of each point, shape (n,)."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def take(self, at: Ints) -> Points:
        """Only these results; positions must increase."""
        return Points(**{f.name: getattr(self, f.name)[at] for f in fields(self)})

    def of(self, *codes: str) -> Ints:
        """Positions of the results of these analytes, sorted by patient, then time.

        With several analytes the positions are interleaved in time.
        """
        found = np.flatnonzero(among(CODES, codes)[self.analyte])
        return found if len(codes) == 1 else found[np.lexsort((self.day[found], self.patient[found]))]


@dataclass(frozen=True)
class Happenings:
    """Events or images as arrays, one position each, sorted by patient, then start. ``end`` is +inf while it goes on,
    and equal to ``start`` for events of one moment; ``row`` is the position in the panel's frame."""

    patient: Ints
    kind: Ints
    start: Floats
    end: Floats
    row: Ints
    _of: dict[tuple[str, ...], Ints] = field(default_factory=dict, repr=False, compare=False)

    def of(self, *kinds: str) -> Ints:
        """Positions of these kinds of event, rising."""
        if kinds not in self._of:
            self._of[kinds] = np.flatnonzero(among(KIND_CODES, kinds)[self.kind])
        return self._of[kinds]


@dataclass(frozen=True)
class Kept:
    """What was computed before of every number result, in small types: equal to what a Case would compute itself.

    ``points`` has codes of a few bits and times and values as they are; nothing that a threshold is compared with is
    rounded. ``grades`` by version.
    """

    points: Points
    baseline: Baselines
    grades: Mapping[str, Ints]


@dataclass(frozen=True)
class Case:
    """One panel and the settings, with what follows from them; ``kept`` where the store has it already."""

    panel: Panel
    settings: Settings
    kept: Kept | None = field(default=None, repr=False, compare=False)

    @cached_property
    def points(self) -> Points:
        """Every number result."""
        if self.kept is not None:
            return self.kept.points
        from analytics.derive.points import points_of

        return points_of(self.panel)

    @cached_property
    def events(self) -> Happenings:
        """Every event."""
        from analytics.derive.events import events_of

        return events_of(self.panel)

    @cached_property
    def event_names(self) -> tuple[Ints, list[str]]:
        """Code of the text of each event row, and the texts: name, U+001F and detail, in lower case."""
        from analytics.derive.events import names_of

        return names_of(self.panel)

    @cached_property
    def event_agents(self) -> list[Recognised]:
        """What each text of ``event_names`` says of agents (analytics.agents)."""
        from analytics.agents import recognised

        return [recognised(*text.split("\x1f", 1)) for text in self.event_names[1]]

    @cached_property
    def lines(self) -> pd.DataFrame:
        """Treatment lines: patient (code), line (1, 2, ...), start (days), sorted."""
        from analytics.derive.lines import lines_of

        return lines_of(self.panel, self.events)

    @cached_property
    def segments(self) -> Segments:
        """Segments of every series, between breaking events."""
        from analytics.derive.segments import segments_of

        return segments_of(self.points, self.breaks, self.settings.trend)

    @cached_property
    def breaks(self) -> Breaks:
        """Moments that break every series of a patient: breaking events and new lines."""
        from analytics.derive.segments import breaks_of

        return breaks_of(self.events, self.lines, self.settings.baseline.same_day_hour)

    @property
    def segment(self) -> Ints:
        """Segment of each result, counted from 0 within its patient and analyte, shape (n,)."""
        return self.segments.number

    @cached_property
    def daily(self) -> Daily:
        """One value a day of every patient, analyte and segment: what the fits see."""
        from analytics.trends.daily import daily_of

        return daily_of(self.points, self.segment)

    @cached_property
    def fitted(self) -> Fit:
        """Slope, change and verdict of every series of ``daily``."""
        from analytics.trends.fit import fit

        return fit(self.daily, self.settings.trend)

    @cached_property
    def trend(self) -> Trend:
        """What the last results of every series of ``daily`` do, with alarm and verdict that agree with it."""
        from analytics.derive.segments import is_new_course
        from analytics.rules._told import told_of
        from analytics.trends.agreed import agreed

        baseline = self.baseline.value[self.daily.point_starts[1:] - 1]
        begins = is_new_course(self.daily, self.segments.began_with)
        return agreed(self.daily, self.fitted, begins, baseline, self.settings, told_of(self))

    @cached_property
    def unexpected(self) -> Floats:
        """How surprising each result was given all days before it in its segment, in standard deviations, shape (n,);
        NaN on the first day of a segment. Results of one day share the surprise of their median."""
        from analytics.trends.smooth import surprises

        return np.repeat(surprises(self.daily), np.diff(self.daily.first_point))

    @cached_property
    def index_day(self) -> Floats:
        """Day 0 of each patient, shape (patients,): first treatment, else first result; origin of a relative clock."""
        from analytics.derive.lines import index_days

        return index_days(self.panel, self.events, self.points)

    @cached_property
    def baseline(self) -> Baselines:
        """Baseline of every result."""
        if self.kept is not None:
            return self.kept.baseline
        from analytics.derive.baseline import baselines_of

        return baselines_of(self)

    @cached_property
    def steady(self) -> Steady:
        """Which results can speak for a patient's steady state."""
        from analytics.derive.steady import steady_of

        return steady_of(self)

    @cached_property
    def visits(self) -> Visits:
        """Every patient-day with a result, as rows; analytes as columns."""
        from analytics.derive.visits import visits_of

        return visits_of(self)

    @cached_property
    def grade_inputs(self) -> Inputs:
        """What the grade of each result is made of, the same for every version of the criteria."""
        from analytics.grades.ctcae import inputs_of

        return inputs_of(self)

    def grades(self, version: str) -> Ints:
        """CTCAE grade of every result, -1 where not gradable; version "4.0", "5.0" or "6.0"."""
        if self.kept is not None and version in self.kept.grades:
            return self.kept.grades[version]
        from analytics.grades.ctcae import grades_of

        if version not in self._grades:
            self._grades[version] = grades_of(self, version)
        return self._grades[version]

    @cached_property
    def _grades(self) -> dict[str, Ints]:
        return {}

    @cached_property
    def as_of(self) -> float:
        """Data cut-off in days."""
        return float(self.panel.as_of.to_datetime64().astype("datetime64[us]").astype("int64") / 86_400_000_000)

    @cached_property
    def last_contact(self) -> Floats:
        """Last moment known of each patient, shape (patients,); NaN where nothing is."""
        from analytics.derive.contact import last_contacts

        return last_contacts(self)

    @cached_property
    def untreated(self) -> Bools:
        """Patients without any treatment event, shape (patients,)."""
        from analytics.derive.baseline import treated

        return ~treated(self)

    @cached_property
    def images(self) -> Images:
        """Every imaging report as arrays."""
        from analytics.rules._images import images_of

        return images_of(self)

    @cached_property
    def liver_progression(self) -> Bools:
        """Which imaging reports tell of progression in the liver."""
        from analytics.rules._growth_text import liver_progression

        return liver_progression(self)

    @cached_property
    def aminotransferases(self) -> Larger:
        """The larger of ALT and AST at each visit; AST of a haemolysed sample does not count."""
        from analytics.rules._samples import larger_of

        return larger_of(self)

    @cached_property
    def masks(self) -> Masks:
        """Of each visit, the procedure whose own effect it may show, and what lifts that."""
        from analytics.rules._masks import masks_of

        return masks_of(self)

    @cached_property
    def sums(self) -> Sums:
        """Target sums of every imaging report against baseline and nadir."""
        from analytics.rules._sums import sums_of

        return sums_of(self)

    @cached_property
    def markers(self) -> Markers:
        """Every tumour marker result with what rules ask of it."""
        from analytics.rules._markers import markers_of

        return markers_of(self)

    @cached_property
    def ids(self) -> npt.NDArray[np.object_]:
        """Patient ids by code."""
        return self.panel.patients["patient_id"].to_numpy(dtype=object)

    @cached_property
    def clocks(self) -> list[str]:
        """Clock of each patient."""
        return self.panel.patients["clock"].tolist()

    @cached_property
    def result_ids(self) -> Ints:
        """Number in the store of each result of ``points``, -1 where it has none."""
        ids = self.panel.labs["result_id"].to_numpy(np.int64, na_value=-1)
        return ids[self.points.row]

    @cached_property
    def has_analyte(self) -> Bools:
        """Which patient has any number result of which analyte, shape (patients, analytes)."""
        has = np.zeros((len(self.panel), len(CODES)), dtype=bool)
        has[self.points.patient, self.points.analyte] = True
        return has

    @cached_property
    def told(self) -> dict[int, str]:
        """Results in words, by position in ``points``, as far as sentences named them."""
        return {}

    @cached_property
    def last_of(self) -> Ints:
        """Position in ``points`` of the newest result of each patient and analyte, -1 where none."""
        last = np.full((len(self.panel), len(CODES)), -1, dtype=np.int64)
        ends = self.points.starts[1:] - 1
        last[self.points.patient[ends], self.points.analyte[ends]] = ends
        return last

    def judge(self, code: str) -> Judged:
        """Every moment at which one rule could be answered; computed once."""
        from analytics.rules._discover import rules

        if code not in self._judged:
            self._judged[code] = rules()[code].judge(self)
        return self._judged[code]

    @cached_property
    def _judged(self) -> dict[str, Judged]:
        return {}

    def patient_id(self, code: int) -> str:
        """Id of a patient code."""
        return str(self.panel.patients["patient_id"].iloc[code])


__all__ = ["CODES", "Bools", "Case", "Floats", "Happenings", "Ints", "Points", "among", "days_of", "key"]
