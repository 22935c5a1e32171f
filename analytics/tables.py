"""The canonical tables: every column that files, exports and code share, with its type, unit and meaning.

Times are the wall time of the source, ``datetime64[us]`` without zone; ``utc_offset_min`` keeps the zone where
the source gave one. A source without dates (study days, minutes) is laid from :data:`RELATIVE_ORIGIN`; the patient's
``clock`` says so, and nothing may then be shown as a calendar date (see :func:`analytics.panel.show_time`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd

from analytics.answer_states import CERTAINTIES, QUESTIONS, STATE_CODES
from analytics.errors import TableError
from analytics.event_kinds import KIND_CODES, MODALITIES, RESPONSES

Kind = Literal["text", "number", "whole", "time", "flag", "json"]

_DTYPES: Mapping[Kind, str] = MappingProxyType(
    {
        "text": "str",
        "number": "float64",
        "whole": "Int64",
        "time": "datetime64[us]",
        "flag": "boolean",
        "json": "str",
    }
)

RELATIVE_ORIGIN = pd.Timestamp("2000-01-01")
"""Where day 0 of a relative clock lies. Never shown."""

CLOCKS: Mapping[str, str] = MappingProxyType(
    {
        "date": "calendar dates",
        "study_day": "days since the source's own day 0",
        "minutes": "minutes since the source's own minute 0",
    }
)

STATUSES: Mapping[str, int] = MappingProxyType(
    {
        "preliminary": 1,
        "": 2,
        "final": 2,
        "corrected": 3,
        "amended": 3,
        "cancelled": 4,
        "entered_in_error": 4,
    }
)
"""Rank of a result's status: a higher rank replaces a lower one, whatever the order in the file (HL7 table 0085)."""


@dataclass(frozen=True)
class Column:
    """One column: name, type, meaning; ``needed`` columns are never missing."""

    name: str
    kind: Kind
    says: str
    unit: str = ""
    needed: bool = False
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One canonical table."""

    name: str
    says: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [c.name for c in self.columns]

    def empty(self) -> pd.DataFrame:
        """A frame of no rows with every column in its type."""
        return self._blank.copy(deep=False)  # what is written into it is copied first

    @cached_property
    def _dtypes(self) -> list[Any]:
        return list(self._blank.dtypes)

    @cached_property
    def _blank(self) -> pd.DataFrame:
        return pd.DataFrame({c.name: pd.Series(dtype=_DTYPES[c.kind]) for c in self.columns})

    def conform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with every column of this table in order and type; absent columns become missing.

        Raises:
            TableError: a needed column is absent or a type cannot be had.
        """
        if frame.columns.equals(self._blank.columns) and list(frame.dtypes) == self._dtypes:
            return frame
        absent = [c.name for c in self.columns if c.needed and c.name not in frame.columns]
        if absent:
            raise TableError(f"{self.name}: needs the columns {', '.join(absent)}; found {', '.join(frame.columns)}")
        if not frame.columns.is_unique and (
            twice := sorted(set(frame.columns[frame.columns.duplicated()]) & set(self.names))
        ):
            raise TableError(f"{self.name}: more than one column is called {', '.join(twice)}")
        ordered = self._ordered(frame)
        return self._converted(frame) if ordered is None else ordered

    def _ordered(self, frame: pd.DataFrame) -> pd.DataFrame | None:
        """The frame's own columns in order; None where one is absent or of another type."""
        at = frame.columns.get_indexer(self._blank.columns) if frame.columns.is_unique else np.array([-1])
        if (at < 0).any():
            return None
        ordered = frame.take(at, axis=1)
        if list(ordered.dtypes) != self._dtypes:
            return None
        ordered.columns = self._blank.columns
        return ordered

    def _converted(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame of its columns, each in its type."""
        columns, given, nowhere = {}, dict(frame.items()), np.full(len(frame), -1)
        for c, wanted in zip(self.columns, self._dtypes, strict=True):
            have = given.get(c.name)
            if have is None:
                columns[c.name] = self._blank[c.name].array.take(nowhere, allow_fill=True)
                continue
            try:
                columns[c.name] = (have if have.dtype == wanted else have.astype(wanted)).array
            except (TypeError, ValueError) as error:
                raise TableError(f"{self.name}: column {c.name} cannot be read as {c.kind}: {error}") from error
        return pd.DataFrame(columns, index=frame.index)

    def check(self, frame: pd.DataFrame) -> None:
        """Raise TableError unless the frame is exactly of this table: names, types, needed values, closed sets."""
        if list(frame.columns) != self.names:
            raise TableError(f"{self.name}: columns are {list(frame.columns)}, should be {self.names}")
        for c in self.columns:
            have = frame[c.name]
            if str(have.dtype) != _DTYPES[c.kind]:
                raise TableError(f"{self.name}: column {c.name} is {have.dtype}, should be {_DTYPES[c.kind]}")
            if c.needed and have.isna().any():
                raise TableError(f"{self.name}: column {c.name} has missing values")
            if c.one_of and not have.dropna().isin(c.one_of).all():
                strange = sorted(set(have.dropna()) - set(c.one_of))
                raise TableError(f"{self.name}: column {c.name} has {strange}; known: {', '.join(c.one_of)}")


def _c(
    name: str, kind: Kind, says: str, unit: str = "", *, needed: bool = False, one_of: tuple[str, ...] = ()
) -> Column:
    return Column(name, kind, says, unit, needed, one_of)


COMPARATORS = ("<", "", ">", "<>")
"""Before a number that rests on results given as limits: at most it, the number itself, at least it, neither known."""


def _limit_of(name: str, of: str) -> Column:
    """Column with the sign that belongs before the number of another column."""
    return _c(name, "text", f"whether {of} is at most (<) or at least (>) that; empty for a number", one_of=COMPARATORS)


LABS = Table(
    "labs",
    "one laboratory result a row, current view",
    ("patient_id", "analyte", "collected_at", "specimen_id"),
    (
        _c("patient_id", "text", "the person, exact text of the source", needed=True),
        _c("analyte", "text", "code of analytics.analytes", needed=True),
        _c("collected_at", "time", "wall time of collection in the source's zone", needed=True),
        _c("value", "number", "number in the canonical unit; missing where the result is not a number", "canonical"),
        _c(
            "comparator",
            "text",
            "< below or > above a limit of detection; empty for an exact number",
            one_of=("<", ">", ""),
        ),
        _c("unit", "text", "canonical UCUM unit"),
        _c("lln", "number", "lower limit of normal of this very result", "canonical"),
        _c("uln", "number", "upper limit of normal of this very result", "canonical"),
        _c("lab", "text", "laboratory that reported it"),
        _c("status", "text", "status given by the source", one_of=tuple(STATUSES)),
        _c("specimen_id", "text", "specimen, where the source names it"),
        _c("raw_value", "text", "the result as written in the source"),
        _c("raw_unit", "text", "the unit as written in the source"),
        _c("source_file", "text", "file it came from"),
        _c("source_line", "whole", "physical line in that file, 1-based"),
        _c("method", "text", "method or device, where the source names it"),
        _c("precision", "text", "how exact collected_at is", one_of=("minute", "day", "month", "year")),
        _c("utc_offset_min", "whole", "zone of the source at that time", "min"),
        _c("version", "whole", "number of this version, where the source counts them"),
        _c("issued_at", "time", "when this version was reported, where the source says; in UTC where it names a zone"),
        _c("replaced", "text", "earlier value that this one corrects, as shown then; empty if none"),
        _c("result_id", "whole", "number of the row in the store"),
    ),
)

EVENTS = Table(
    "events",
    "one treatment event, symptom or adverse event a row",
    ("patient_id", "kind", "name", "start_date"),
    (
        _c("patient_id", "text", "the person", needed=True),
        _c("kind", "text", "code of analytics.event_kinds", needed=True, one_of=KIND_CODES),
        _c("name", "text", "agent, procedure or symptom in the source's words"),
        _c("start_date", "time", "start", needed=True),
        _c("end_date", "time", "end; missing while it goes on or for events of one moment"),
        _c("line", "whole", "line of therapy, where the source says"),
        _c("dose", "number", "dose"),
        _c("unit", "text", "unit of the dose"),
        _c("detail", "text", "free text"),
        _c("grade", "whole", "grade of an adverse event, where given"),
        _c("start_precision", "text", "how exact the start is", one_of=("minute", "day", "month", "year")),
        _c("end_precision", "text", "how exact the end is", one_of=("minute", "day", "month", "year")),
        _c("source_file", "text", "file it came from"),
        _c("source_line", "whole", "physical line in that file"),
    ),
)

IMAGING = Table(
    "imaging",
    "one imaging report a row",
    ("patient_id", "date", "modality"),
    (
        _c("patient_id", "text", "the person", needed=True),
        _c("date", "time", "date of the scan", needed=True),
        _c("modality", "text", "kind of scan", one_of=tuple(MODALITIES)),
        _c("response", "text", "response as reported", one_of=tuple(RESPONSES)),
        _c("target_sum_mm", "number", "sum of target lesions (RECIST 1.1)", "mm"),
        _c("new_lesion", "flag", "a new lesion is reported"),
        _c("liver_lesions", "whole", "number of liver lesions reported"),
        _c("detail", "text", "free text"),
        _c("source_file", "text", "file it came from"),
        _c("source_line", "whole", "physical line in that file"),
    ),
)

PATIENTS = Table(
    "patients",
    "one person a row",
    ("patient_id",),
    (
        _c("patient_id", "text", "the person", needed=True),
        _c("sex", "text", "F or M where known", one_of=("F", "M", "")),
        _c("birth_date", "time", "date of birth"),
        _c("age", "number", "age at the first result, where the source gives age only", "years"),
        _c("primary_site", "text", "primary tumour"),
        _c("metastases_date", "time", "date on which liver metastases were found"),
        _c("site", "text", "centre or clinic"),
        _c("on_anticoagulant", "flag", "takes an anticoagulant that raises INR"),
        _c("clock", "text", "what the times of this patient are", one_of=tuple(CLOCKS), needed=True),
        _c("source_file", "text", "file it came from"),
        _c("source_line", "whole", "physical line in that file"),
    ),
)

ORDERING = ("version", "issued_at")
"""Columns of LABS that tell which of several versions of one result is the newest."""

POINTS = Table(
    "points",
    "one number result a row with what follows from it",
    LABS.key,
    (
        *(c for c in LABS.columns if c.name not in ORDERING),
        _c("day", "number", "days since the patient's first treatment; else since the first result", "d"),
        _c("x_uln", "number", "value / uln of this result", "x ULN"),
        _c("baseline", "number", "baseline of the treatment line that the result belongs to", "canonical"),
        _limit_of("baseline_comparator", "the baseline"),
        _c("baseline_n", "whole", "results behind the baseline"),
        _c("x_baseline", "number", "value / baseline; missing where limits leave open where it lies", "x baseline"),
        _limit_of("x_baseline_comparator", "that multiple"),
        _c("line", "whole", "treatment line at the time; 0 before the first"),
        _c("segment", "whole", "segment of the series, counted from 0, between breaking events"),
        _c("grade_v5", "whole", "CTCAE 5.0 grade; missing where not gradable"),
        _c("grade_v6", "whole", "CTCAE 6.0 grade; missing where not gradable"),
        _c("unexpected", "number", "how surprising the result was given all before it, in standard deviations", "SD"),
    ),
)

VERDICTS: Mapping[str, str] = MappingProxyType(
    {
        "rising": "rising",
        "falling": "falling",
        "stable": "stable",
        "unclear": "no clear trend",
        "not_enough_data": "too few results",
    }
)

NOWS: Mapping[str, str] = MappingProxyType(
    {
        "rising": "rising",
        "falling": "falling",
        "steady": "steady",
        "higher": "higher than before or baseline",
        "lower": "lower than before or baseline",
        "unclear": "no clear change",
        "one_result": "one result only",
    }
)
"""What the last results of a test do (column ``now``); only ``rising`` and ``falling`` are movements."""

NOW_THAN = ("", "before", "baseline", "before and baseline", "before, not baseline")
"""What the last results are higher or lower than (column ``now_than``); the last one: on the other side of baseline."""

NOW_FROM = ("", "lowest", "peak", "about")
"""What the value is that a movement began from (column ``now_from_is``)."""

NOW_LIMITS = ("", "from", "last", "both")
"""Which of ``now_from`` and the last result is given only as < or > (column ``now_limits``)."""

SERIES = Table(
    "series",
    "one patient x analyte x segment a row",
    ("patient_id", "analyte", "segment"),
    (
        _c("patient_id", "text", "the person", needed=True),
        _c("analyte", "text", "code of analytics.analytes", needed=True),
        _c("segment", "whole", "segment, counted from 0 in time order", needed=True),
        _c(
            "began_with",
            "text",
            "what began it: an event kind, lab change, limits change, long gap, or empty for the first",
        ),
        _c("is_last", "flag", "the patient's latest segment of this analyte", needed=True),
        _c("n", "whole", "number results", needed=True),
        _c("n_days", "whole", "distinct days", needed=True),
        _c("n_censored", "whole", "results below or above a limit of detection"),
        _c("first", "time", "first result"),
        _c("last", "time", "last result"),
        _c("last_value", "number", "last value", "canonical"),
        _limit_of("last_comparator", "the last value"),
        _c("baseline", "number", "baseline of the line", "canonical"),
        _limit_of("baseline_comparator", "the baseline"),
        _c("nadir", "number", "lowest value", "canonical"),
        _limit_of("nadir_comparator", "the lowest value"),
        _c("nadir_at", "time", "when"),
        _c("peak", "number", "highest value", "canonical"),
        _limit_of("peak_comparator", "the highest value"),
        _c("peak_at", "time", "when"),
        _c(
            "slope_pct_per_week",
            "number",
            "Theil-Sen slope; of the logarithm where the analyte is log-like; missing where a week would go "
            "beyond what was observed",
            "% / week",
        ),
        _c("slope_low", "number", "lower end of the exact 95 % interval; missing for 4 days or fewer", "% / week"),
        _c("slope_high", "number", "upper end", "% / week"),
        _c("slope_per_day", "number", "slope on the analyte's own scale (ln or linear)", "1/d or unit/d"),
        _c("p_exact", "number", "two-sided exact Mann-Kendall"),
        _c("p_method", "text", "exact, exact with ties, or normal approximation"),
        _c("doubling_days", "number", "doubling time if positive, halving time if negative", "d"),
        _c("change_pct", "number", "fitted change over the span, against where the line begins", "%"),
        _c("rcv_up_pct", "number", "reference change value upwards", "%"),
        _c("rcv_down_pct", "number", "reference change value downwards", "%"),
        _c("now", "text", "what the last results do, over treatment events", one_of=tuple(NOWS), needed=True),
        _c(
            "now_since",
            "time",
            "rising, falling: date of the lowest or highest result, or of the last of a level, from which it moves; "
            "steady, higher, lower: first result of this level; one_result: its date; missing where unclear",
        ),
        _c("now_from", "number", "that lowest or highest result, or the median of the level", "canonical"),
        _c(
            "now_from_is",
            "text",
            "rising, falling: whether now_from is the lowest or highest (peak) result, or about the level before",
            one_of=NOW_FROM,
        ),
        _c("now_change_pct", "number", "last result against now_from", "%"),
        _c(
            "now_limit_pct",
            "number",
            "reference change value between two results of this patient that way; missing where a rule or the exact "
            "test told it",
            "%",
        ),
        _c(
            "now_confirmed",
            "flag",
            "rising, falling: confirmed by a second result; false: to be confirmed; missing where nothing moves",
        ),
        _c("now_than", "text", "higher, lower: than what", one_of=NOW_THAN),
        _c(
            "now_limits",
            "text",
            "what is given only as < or >: now_from, the last result or both; the change is at least now_change_pct",
            one_of=NOW_LIMITS,
        ),
        _c("now_n", "whole", "distinct days with results from now_since on; of an unclear one in the whole course"),
        _c("now_days", "number", "days from now_since to the last result", "d"),
        _c("verdict", "text", "what the whole segment allows to say", one_of=tuple(VERDICTS), needed=True),
        _c("still_needed", "whole", "further result days needed before a verdict is possible; 0 if none"),
        _c("why", "text", "the deciding condition in words"),
        _c("noise_pct", "number", "variation of one result: table and own scatter pooled", "%"),
        _c("alarm", "text", "the running sum of deviations is beyond its limit", one_of=("rising", "falling", "")),
        _c("alarm_at", "time", "since when"),
        _c("change_at", "time", "first result of the new level, where a change of level is told; of two the first"),
        _c("change_p", "number", "exact p of Pettitt's test for one change of level"),
        _c("level_change_pct", "number", "new level against the old one", "%"),
        _c("second_change_at", "time", "first result of the level after that one, where two changes are told"),
        _c(
            "second_change_p",
            "number",
            "p of two changes of level rather than one or none; missing where a size is within the reference change",
        ),
        _c("second_level_change_pct", "number", "that level against the one before it", "%"),
        _c("against_nadir_pct", "number", "last value against the lowest so far in the segment", "%"),
        _c("against_nadir", "text", "beyond chance of the whole series", one_of=("", "unconfirmed", "confirmed")),
        _c("personal_low", "number", "lower personal limit, from stable results", "canonical"),
        _c("personal_high", "number", "upper personal limit", "canonical"),
        _c("personal_n", "whole", "stable days behind the personal limits"),
    ),
)

RESPONSE_VERDICTS = (
    "on_course",
    "slow",
    "rising_again",
    "recovered",
    "not_recovered",
    "no_expectation",
    "not_enough_data",
)

RESPONSES_TABLE = Table(
    "responses",
    "one event x analyte a row: before and after",
    ("patient_id", "kind", "start_date", "analyte"),
    (
        _c("patient_id", "text", "the person", needed=True),
        _c("kind", "text", "event kind", needed=True),
        _c("name", "text", "event in the source's words"),
        _c("start_date", "time", "start of the event", needed=True),
        _c("analyte", "text", "code of analytics.analytes", needed=True),
        _c(
            "before",
            "number",
            "value before the event (median of the last steady ones of the window; of a stent or drain the last)",
            "canonical",
        ),
        _limit_of("before_comparator", "the value before"),
        _c("before_n", "whole", "days with results that the value before is made of"),
        _c("day_before", "number", "day of the last of them, relative to the event", "d"),
        _c("n_after", "whole", "days with results after the event and before the next breaking event"),
        _c("nadir", "number", "lowest result after", "canonical"),
        _limit_of("nadir_comparator", "the lowest value"),
        _c("day_nadir", "number", "its day", "d"),
        _c("peak", "number", "highest result after", "canonical"),
        _limit_of("peak_comparator", "the highest value"),
        _c("day_peak", "number", "its day", "d"),
        _c("day_half", "number", "first day, not before the extreme, at or below half of the value before", "d"),
        _c("target", "number", "target of this kind of event, where one is published", "canonical"),
        _c("day_target", "number", "first day, not before the extreme, at the target", "d"),
        _c(
            "day_recovery",
            "number",
            "first day after the extreme back: after a stent or drain in range, else at the value before",
            "d",
        ),
        _c("rebound_day", "number", "first day risen again beyond the nadir by the rule", "d"),
        _c("can_move", "flag", "an event of this kind is known to move this test"),
        _c("moved", "flag", "a result after is beyond the reference change value from the value before"),
        _c(
            "level_change_pct",
            "number",
            "geometric mean of the first results after (3 at most) against that of the last steady ones before",
            "%",
        ),
        _c("level_low", "number", "lower end of its interval", "%"),
        _c("level_high", "number", "upper end", "%"),
        _c("slope_change_pct_per_week", "number", "change of slope, where points suffice", "% / week"),
        _c("slope_change_low", "number", "lower end", "% / week"),
        _c("slope_change_high", "number", "upper end", "% / week"),
        _c("method", "text", "how level and slope change were had"),
        _c("verdict", "text", "against the expected course", one_of=RESPONSE_VERDICTS, needed=True),
        _c("why", "text", "the deciding condition in words"),
    ),
)

LEVELS: Mapping[str, int] = MappingProxyType({"urgent": 3, "attention": 2, "information": 1, "good": 0})
"""Finding levels, worst first by number."""

STATES: Mapping[str, str] = MappingProxyType(
    {
        "new": "met at the last result, for the first time",
        "ongoing": "met, and nothing says that it ended",
        "not_seen": "met, nothing says that it ended, and no result for weeks",
        "resolved": "no longer met, and a value came down",
        "window_over": "the time of the rule ran out while it was met",
        "superseded": "judged by another yardstick since: a new baseline, a new line, the next stent",
    }
)
"""States of a finding."""
OPEN_STATES = ("new", "ongoing", "not_seen")
CLOSED_STATES = ("resolved", "window_over", "superseded")
"""States of a finding that is over."""

FINDINGS = Table(
    "findings",
    "one episode of one rule a row",
    ("finding_id",),
    (
        _c("finding_id", "text", "stable across runs: same patient, rule and onset", needed=True),
        _c("patient_id", "text", "the person", needed=True),
        _c("rule", "text", "code of the rule", needed=True),
        _c("level", "text", "how much it matters", one_of=tuple(LEVELS), needed=True),
        _c(
            "state",
            "text",
            "new, ongoing, not seen since; or how it ended: resolved, window over, superseded",
            one_of=tuple(STATES),
            needed=True,
        ),
        _c("onset", "time", "first time at which the rule held", needed=True),
        _c("last_seen", "time", "last time at which it held", needed=True),
        _c("resolved_at", "time", "when it ended; missing while it is open and for facts of one moment"),
        _c("analytes", "json", "codes it rests on", needed=True),
        _c("says", "text", "the sentence: facts, numbers, dates", needed=True),
        _c("numbers", "json", "the numbers behind the sentence, by name", needed=True),
        _c("evidence", "json", "result_id of the lab rows it rests on", needed=True),
        _c("reference", "text", "published source", needed=True),
        _c("rule_version", "text", "version of the rule", needed=True),
        _c("severity", "number", "orders findings of one rule; larger is worse", needed=True),
        _c("end_why", "text", "why it ended or which yardstick judges it since; empty where a value came down"),
        _c("headline", "flag", "carries its episode: other findings of the same episode are its criteria"),
        _c("headline_id", "text", "the finding that carries the episode of this one; its own where it does"),
    ),
)

SCORES = Table(
    "scores",
    "one score of one day a row",
    ("patient_id", "score", "date"),
    (
        _c("patient_id", "text", "the person", needed=True),
        _c("score", "text", "code of the score", needed=True),
        _c("date", "time", "day of the inputs", needed=True),
        _c("value", "number", "the score"),
        _c("band", "text", "published grade or class of the value"),
        _c("inputs", "json", "the inputs with values, units and dates"),
        _c("note", "text", "what limits its validity here"),
    ),
)

NEAR = Table(
    "near",
    "nearest miss of a rule for a patient",
    ("patient_id", "rule"),
    (
        _c("patient_id", "text", "the person", needed=True),
        _c("rule", "text", "code of the rule", needed=True),
        _c("at", "time", "when it came nearest"),
        _c("says", "text", "which condition failed, with its number and the limit", needed=True),
        _c("closeness", "number", "share of the limit that was reached, 0 to 1"),
    ),
)

READING_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "tumour": "tumour growth in the liver",
        "injury": "drug or immune injury",
        "obstruction": "biliary obstruction",
        "procedure": "effect of surgery, ablation, embolisation or radiation",
        "blood_or_bone": "haemolysis, muscle or bone",
        "method": "change of laboratory, method or limits",
        "unclear": "unclear",
    }
)
"""What a change of liver tests may be read as."""

READINGS = Table(
    "readings",
    "one episode of changed liver tests x one way to read it a row, with the facts for and against",
    ("finding_id", "reading"),
    (
        _c("finding_id", "text", "the episode: a finding of the rule 'changed'", needed=True),
        _c("patient_id", "text", "the person", needed=True),
        _c("onset", "time", "begin of the episode", needed=True),
        _c("last_seen", "time", "last time at which it held", needed=True),
        _c("reading", "text", "what it may be read as", one_of=tuple(READING_LABELS), needed=True),
        _c("fits", "flag", "the facts fit this reading best; one an episode, 'unclear' where none does", needed=True),
        _c("n_for", "whole", "facts for it", needed=True),
        _c("n_against", "whole", "facts against it", needed=True),
        _c("facts_for", "json", "sentences with dates and values", needed=True),
        _c("facts_against", "json", "sentences with dates and values", needed=True),
    ),
)

ANSWERS = Table(
    "answers",
    "one question a patient a row: what the data say at the patient's own last contact",
    ("patient_id", "question"),
    (
        _c("patient_id", "text", "the person", needed=True),
        _c("question", "text", "what is asked", one_of=tuple(QUESTIONS), needed=True),
        _c("state", "text", "the answer", one_of=STATE_CODES, needed=True),
        _c("since", "time", "first day of the evidence that carries the state"),
        _c("as_of", "time", "newest datum used"),
        _c("certainty", "text", "how well it is supported", one_of=tuple(CERTAINTIES), needed=True),
        _c("says", "text", "the answer in a sentence: facts, numbers, dates", needed=True),
        _c("brief", "text", "the same in a few words, for a headline", needed=True),
        _c("basis", "json", "finding_id of the open findings that it rests on", needed=True),
        _c("results", "json", "result_id of the results that it rests on", needed=True),
        _c("missing", "text", "what would settle it; empty where nothing is missing", needed=True),
        _c("rank", "whole", "place in the order of a worklist, 1 first", needed=True),
        _c("version", "text", "version of the answers", needed=True),
    ),
)

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "PATIENT_FORMAT": "the patient id is blank, a null word or changed by a spreadsheet",
        "FIELD_COUNT": "the row has more or fewer fields than the header",
        "QUOTE_UNBALANCED": "a quotation mark is opened and not closed",
        "VALUE_TEXT": "the result is not a number that is known here",
        "VALUE_DECIMAL_COMMA": "a comma as decimal sign, and the profile does not declare it",
        "VALUE_SEPARATOR": "a thousands separator",
        "VALUE_IMPLAUSIBLE": "outside the plausible limits of the analyte",
        "UNIT_MISSING": "no unit, and the profile does not declare one",
        "UNIT_UNKNOWN": "the unit is not known for this analyte",
        "UNIT_SUSPECT": "the number fits another unit better than the one given",
        "ANALYTE_UNKNOWN": "the test name is not known",
        "ANALYTE_CONFLICT": "the code and the name of the test are of different tests",
        "DATE_FORMAT": "the date is not in the declared form",
        "DATE_AMBIGUOUS": "day and month cannot be told apart, and the profile does not declare the order",
        "DATE_2DIGIT": "a year of two digits",
        "DATE_RANGE": "before 1990 or in the future",
        "DATE_MISSING": "no date",
        "CONFLICT": "another value for the same patient, analyte, time and specimen",
        "ENC_INVALID": "bytes that are not text in the file's encoding",
        "CONTROL_CHAR": "control characters in the row",
        "EVENT_KIND": "the kind of event is not known",
        "STATUS_UNKNOWN": "the status of the result is not known",
        "COMPARATOR_UNKNOWN": "the comparator in its own column is not known, or the value's own sign is another",
        "SPECIMEN_UNKNOWN": "it is not known whether the specimen is blood",
        "RANGE_TEXT": "the reference range cannot be read",
        "TRUNCATED": "the file ends without a line end right after the result, which may be cut off",
        "CLOCK": "times of this patient are counted from another start elsewhere",
        "PART_REFUSED": "a file of an archive, or a sheet of a workbook, that cannot be taken in",
    }
)

QUARANTINE = Table(
    "quarantine",
    "one result or row quarantined, with its reason",
    ("quarantine_id",),
    (
        _c("quarantine_id", "whole", "number of the row in the store"),
        _c("import_id", "whole", "import it came with"),
        _c("file", "text", "file", needed=True),
        _c("file_sha256", "text", "hash of the file"),
        _c("line", "whole", "physical line, 1-based", needed=True),
        _c("column", "text", "column to blame"),
        _c("raw_cell", "text", "the cell as written"),
        _c("raw_line", "text", "the whole line as written"),
        _c("reason_code", "text", "code of the reason", one_of=tuple(REASONS), needed=True),
        _c("message", "text", "what was found and what is accepted", needed=True),
        _c("hint", "text", "what would make it acceptable"),
        _c("patient_id", "text", "the person, where it could be read"),
        _c("analyte", "text", "the analyte, where it could be read"),
        _c("collected_at", "time", "the time, where it could be read"),
        _c("created_utc", "time", "when it was quarantined"),
        _c("resolved_by", "text", "who resolved or dismissed it"),
        _c("resolved_utc", "time", "when"),
        _c("resolution", "text", "how; empty while it is open"),
        _c("result_id", "whole", "the stored result that is kept out of view; empty for what was never stored"),
        _c("specimen_id", "text", "of a conflict, the specimen; missing where it was quarantined before version 0003"),
    ),
)

LEDGER = Table(
    "ledger",
    "one import of one file a row; the sums add up",
    ("import_id",),
    (
        _c("import_id", "whole", "number of the import"),
        _c("file", "text", "file", needed=True),
        _c("sha256", "text", "hash of what was read", needed=True),
        _c("profile", "text", "profile used", needed=True),
        _c("table", "text", "what the file held: labs, events, imaging or patients", needed=True),
        _c("rows_in", "whole", "data rows in the file", needed=True),
        _c("results_in", "whole", "results in the file (cells of a wide file)", needed=True),
        _c("stored", "whole", "accepted", needed=True),
        _c("quarantined", "whole", "quarantined", needed=True),
        _c("duplicate", "whole", "already there", needed=True),
        _c("superseded", "whole", "replaced by a correction", needed=True),
        _c("ignored", "whole", "declared not to be read (headers, blanks, analytes outside)", needed=True),
        _c("reasons", "json", "quarantined by reason", needed=True),
        _c("ignored_why", "json", "ignored by cause; missing for imports before version 0004"),
        _c("notes", "json", "sentences on the file as a whole; missing for imports before version 0004"),
        _c("seconds", "number", "time taken", "s"),
        _c("generation", "whole", "generation of the store that shows it"),
        _c("imported_utc", "time", "when"),
        _c("imported_by", "text", "who"),
    ),
)

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        t.name: t
        for t in (
            LABS,
            EVENTS,
            IMAGING,
            PATIENTS,
            POINTS,
            SERIES,
            RESPONSES_TABLE,
            FINDINGS,
            SCORES,
            NEAR,
            READINGS,
            ANSWERS,
            QUARANTINE,
            LEDGER,
        )
    }
)
