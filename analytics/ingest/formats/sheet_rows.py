"""Results in more than one column of a row: several tests a row, and flow sheets with a test a row and a day a column.

Every cell of a result is counted, empty ones too, so that the sums add up cell by cell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from analytics.errors import RefusedFile
from analytics.ingest.claims import Columns, Context, Format, Parts, Stateless, every, pick, tell_unread
from analytics.ingest.column_words import SYNONYMS, squeezed
from analytics.ingest.demographics import side_rows
from analytics.ingest.dictionary import Coded
from analytics.ingest.formats.long import unit_in_range
from analytics.ingest.labs import Claims, understand
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.reading.csv_exact import Chunk
from analytics.ingest.times import fits as fits_form
from analytics.ingest.value_parts import without_flags
from analytics.ingest.whose import one_person, refuse_if_of_another

GROUPED = ("analyte", "value", "unit", "lln", "uln", "range", "comparator", "status", "fluid")
"""Roles that may stand several times in a row, each with a number behind its name."""
COMMON = ("patient_id", "collected_at", "collected_time", "lab", "specimen_id", "visit", "sex", "age", "birth_date")
_NUMBERED = re.compile(r"(?P<name>.*?[^\W\d_])[\s_.\-]*(?P<number>\d{1,2})|(?P<first>\d{1,2})[\s_.\-]+(?P<second>.+)")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2})?)?")


def groups(columns: Columns, profile: Profile) -> list[dict[str, str]]:
    """Role to column of each group of columns of one test, by the number in their names."""
    synonyms = {squeezed(w): role for role in GROUPED for w in SYNONYMS[role] if w}
    found: dict[int, dict[str, str]] = {}
    for column in columns.names:
        match = _NUMBERED.fullmatch(column)
        role = synonyms.get(squeezed(match["name"] or match["second"])) if match else None
        if match and role:
            found.setdefault(int(match["number"] or match["first"]), {}).setdefault(role, column)
    whole = [own for _, own in sorted(found.items()) if {"analyte", "value"} <= set(own)]
    return whole if len(whole) > 1 else []


class Several(Stateless):
    """Several tests a row: test_1, result_1, unit_1, test_2, ..."""

    def __init__(self, context: Context):
        super().__init__(context)
        self.groups = groups(context.columns, context.profile)
        self.common = context.columns.roles({r: SYNONYMS[r] for r in COMMON}, context.profile)
        self.roles = {**self.common, **{f"{r} {i + 1}": c for i, own in enumerate(self.groups) for r, c in own.items()}}
        tell_unread(context, self.roles)

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        context = self.context
        get, parts, clocks = pick(chunk, context.columns, self.common), Parts(), dict[str, str]()
        for own in self.groups:
            columns = {**get, **pick(chunk, context.columns, own)}
            empty = columns["analyte"].spread(np.array([w in context.profile.nulls for w in columns["analyte"].list()]))
            empty &= columns["value"].spread(np.array([w in context.profile.nulls for w in columns["value"].list()]))
            rows = np.flatnonzero(~empty.astype(bool))
            claims = Claims(rows, {r: c.take(rows) for r, c in columns.items()}, {**self.common, **own})
            understood = understand(claims, chunk, context.profile, context.rule, held)
            parts.labs.append(understood.labs)
            parts.ignored += understood.ignored
            parts.ignored["no test entered"] += len(chunk) - len(rows)
            parts.results += len(chunk)
            clocks |= understood.clocks
        people = side_rows(get, clocks, context.profile, context.rule, context.file)
        parts.patients.append(people)
        parts.uncounted += len(people)
        return parts


def days(columns: Columns, profile: Profile) -> list[str]:
    """Columns whose names are dates."""
    forms = profile.dates
    return [n for n in columns.names if any(fits_form(n, f) for f in forms) or (not forms and _ISO_DAY.fullmatch(n))]


class FlowSheet(Stateless):
    """A flow sheet of one person: a test a row, a day a column."""

    def __init__(self, context: Context):
        super().__init__(context)
        columns, profile = context.columns, context.profile
        self.days = days(columns, profile)
        self.roles = columns.roles({r: SYNONYMS[r] for r in (*GROUPED, "lab", "patient_id") if r != "value"}, profile)
        if "patient_id" not in self.roles and not profile.patient:
            raise RefusedFile(
                "a test a row and a day a column, and nothing says whose results these are; declare it in a profile: "
                'patient = "..." (hepatrend profile suggest FILE)',
                file=context.file,
            )
        if "patient_id" not in self.roles:
            refuse_if_of_another(context)
        tell_unread(context, self.roles, self.days)

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        context, parts = self.context, Parts()
        get = pick(chunk, context.columns, self.roles)
        one_person(get, chunk, context)
        unit_in_range(get, self.roles)
        for day in self.days:
            cells = chunk.columns[context.columns.index(day)]
            own = {
                **get,
                "collected_at": Coded.constant(day, len(chunk)),
                "value": without_flags(cells),
                "raw_value": cells,
            }
            sources = {**self.roles, "value": day, "collected_at": day}
            understood = understand(Claims(every(chunk), own, sources), chunk, context.profile, context.rule, held)
            parts.labs.append(understood.labs)
            parts.ignored += understood.ignored
            parts.results += len(chunk)
        return parts


def _several(columns: Columns, profile: Profile) -> bool:
    if not groups(columns, profile):
        return False
    found: Mapping[str, str] = columns.roles({r: SYNONYMS[r] for r in COMMON}, profile)
    return "patient_id" in found and "collected_at" in found


def _flow_sheet(columns: Columns, profile: Profile) -> bool:
    if not days(columns, profile):
        return False
    return "analyte" in columns.roles({"analyte": SYNONYMS["analyte"]}, profile)


FORMATS = (
    Format("several", "labs", "several tests a row, a group of numbered columns each", 58, _several, Several),
    Format(
        "flow_sheet", "labs", "flow sheet of one person, a test a row and a day a column", 59, _flow_sheet, FlowSheet
    ),
)
