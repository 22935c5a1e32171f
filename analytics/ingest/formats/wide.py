"""Wide CSV: one row a visit, a column an analyte; a profile may name columns that say what was done or seen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics.errors import RefusedFile
from analytics.ingest import synonyms
from analytics.ingest.claims import Columns, Context, Format, Parts, Rows, Stateless, every, pick, tell_unread
from analytics.ingest.column_words import SYNONYMS as LONG
from analytics.ingest.demographics import side_rows
from analytics.ingest.dictionary import Coded
from analytics.ingest.events import flags, wide_imaging
from analytics.ingest.labs import Claims, understand
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.reading.csv_exact import Chunk
from analytics.ingest.unit_in_name import WITH_UNIT, named_with_unit
from analytics.units import unit_of

SYNONYMS: Mapping[str, Sequence[str]] = {
    role: LONG[role]
    for role in (
        "patient_id",
        "collected_at",
        "collected_time",
        "fluid",
        "visit",
        "lab",
        "specimen_id",
        "status",
        "sex",
        "age",
        "birth_date",
        "primary_site",
    )
}
# both take a time that grows with the length of a column's name, whatever is in it
_WITH_UNIT = re.compile(r"(?P<name>(?:.*[\])])?[^\[(\])]*)[\[(](?P<unit>[^\])]*)[\])]\s*")
_LIMIT = re.compile(
    r"(?P<name>.*[^\s_.\-])[\s_.\-]+(?P<limit>uln|lln|upper limit|lower limit|unit|units)", re.IGNORECASE
)


@dataclass
class Measured:
    """One analyte's columns: value, unit in the header, and columns of limits or unit."""

    analyte: str
    column: str
    unit: str = ""
    beside: dict[str, str] | None = None


def measured(columns: Columns, profile: Profile) -> list[Measured]:
    """The analyte columns of a header.

    Raises:
        RefusedFile: two columns are the same analyte.
    """
    found: dict[str, Measured] = {}
    taken = {c.casefold() for c in profile.columns.values()}
    for column in columns.names:
        if column.casefold() in taken or synonyms.folded(column) in profile.ignored_names:
            continue
        name, unit = _name_and_unit(column, profile)
        code = synonyms.analyte_of(name, profile.analyte_names)
        if not code and profile.units_in_names and not _beside_bare(columns, column):
            code, unit = named_with_unit(column, profile.analyte_names)
        if not code:
            continue
        if code in found:
            raise RefusedFile(f"columns {found[code].column!r} and {column!r} are both {code}", file=columns.file)
        found[code] = Measured(code, column, unit, {})
    for column in columns.names:
        match = _LIMIT.fullmatch(column)
        code = synonyms.analyte_of(match["name"], profile.analyte_names) if match else ""
        if match and not code:
            code = next((m.analyte for m in found.values() if _same_stem(m.column, match["name"])), "")
        if match and code in found and column != found[code].column:
            role = {"u": "uln", "l": "lln"}[match["limit"][0].casefold()] if "nit" not in match["limit"] else "unit"
            found[code].beside = {**(found[code].beside or {}), role: column}
    return list(found.values())


def _beside_bare(columns: Columns, column: str) -> bool:
    """Whether the name without what may be a unit is a column too: ALT beside ALT_UL, which may be its upper limit."""
    match = WITH_UNIT.fullmatch(column)
    return bool(match) and synonyms.folded(match["name"] if match else "") in map(synonyms.folded, columns.names)


def _same_stem(column: str, name: str) -> bool:
    """Whether a column of a test is a name with a unit behind it: ``bili_mgdl`` beside the ``bili`` of ``bili_uln``."""
    return synonyms.folded(column).startswith(synonyms.folded(name) + " ")


def _name_and_unit(column: str, profile: Profile) -> tuple[str, str]:
    """Name of a test and the unit in brackets behind it; of a name known as a whole, only where it is a unit of it."""
    match = _WITH_UNIT.fullmatch(column)
    match = match if match and match["name"].strip() else None
    code = synonyms.analyte_of(column, profile.analyte_names)
    if code:
        unit = match["unit"].strip() if match else ""
        return column, "" if unit_of(code, unit, profile.unit_spellings).reason else unit
    return (match["name"].rstrip(), match["unit"].strip()) if match else (column, "")


class Wide(Stateless):
    """Wide CSV."""

    def __init__(self, context: Context):
        super().__init__(context)
        columns, profile = context.columns, context.profile
        self.common = columns.roles(SYNONYMS, profile)
        self.measured = measured(columns, profile)
        self._begun = False
        self.roles = {**self.common, **{f"result:{m.analyte}": m.column for m in self.measured}}
        absent = [r for r in ("patient_id", "collected_at") if r not in self.roles]
        if absent or not self.measured:
            raise RefusedFile(
                f"a wide file needs a patient, a date and tests; absent: {absent or 'tests'}", file=context.file
            )
        used = {*self.roles.values(), *(m.column for m in self.measured)}
        used |= {c for m in self.measured for c in (m.beside or {}).values()}
        used |= {f.column for f in profile.flags} | set(profile.imaging.values())
        tell_unread(context, self.common, used)

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        context = self.context
        get = pick(chunk, context.columns, self.common)
        parts, clocks = Parts(), dict[str, str]()
        rows = self._without_units(get, chunk, parts)
        own_get = {r: c.take(rows) for r, c in get.items()} if len(rows) < len(chunk) else get
        for m in self.measured:
            beside = pick(chunk, context.columns, {**(m.beside or {}), "value": m.column})
            own = {**own_get, **({r: c.take(rows) for r, c in beside.items()} if len(rows) < len(chunk) else beside)}
            own["analyte"] = Coded.constant(m.analyte, len(rows))
            if m.unit and "unit" not in own:
                own["unit"] = Coded.constant(m.unit, len(rows))
            sources = {**self.common, **(m.beside or {}), "value": m.column, "analyte": m.column, "unit": m.column}
            understood = understand(Claims(rows, own, sources), chunk, context.profile, context.rule, held)
            parts.labs.append(understood.labs)
            parts.ignored += understood.ignored
            parts.results += len(chunk)
            clocks |= understood.clocks
        flags(parts, get, self.common, chunk, context, held)
        wide_imaging(parts, get, self.common, chunk, context, held)
        people = side_rows(own_get, clocks, context.profile, context.rule, context.file)
        parts.patients.append(people)
        parts.uncounted += len(people)
        return parts

    def _without_units(self, get: Mapping[str, Coded], chunk: Chunk, parts: Parts) -> Rows:
        """Rows of results; a row of nobody that has units below the tests says in which unit these are."""
        rows = every(chunk)
        if self._begun or not len(chunk):
            return rows
        self._begun = True
        profile, columns = self.context.profile, self.context.columns
        if get["patient_id"].at(0) not in profile.nulls or get["collected_at"].at(0) not in profile.nulls:
            return rows
        told = {m.analyte: chunk.columns[columns.index(m.column)].at(0) for m in self.measured}
        known = {code: u for code, u in told.items() if u and not unit_of(code, u, profile.unit_spellings).reason}
        if not known or len(known) < sum(bool(u) for u in told.values()):
            return rows
        for m in self.measured:
            m.unit = m.unit or known.get(m.analyte, "")
        parts.ignored["row of units"] += len(self.measured)
        return rows[1:]


def fits(columns: Columns, profile: Profile) -> bool:
    """Whether a header has a patient, a time and at least one test as a column."""
    roles = columns.roles(SYNONYMS, profile)
    return "patient_id" in roles and "collected_at" in roles and bool(measured(columns, profile))


FORMATS = (Format("wide", "labs", "wide CSV, one row a visit", 80, fits, Wide),)
