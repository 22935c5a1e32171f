"""Wide CSV: one row a visit, a column an analyte; a profile may name columns that say what was done or seen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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
from analytics.ingest.ranges import printed
from analytics.ingest.reading.csv_exact import Chunk
from analytics.ingest.unit_in_name import limit_of, named_with_unit, plain, split
from analytics.ingest.whose import one_person, refuse_if_of_another
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


@dataclass
class Measured:
    """One analyte's columns: value, unit and limits in the heads, and columns of limits or unit."""

    analyte: str
    column: str
    unit: str = ""
    beside: dict[str, str] | None = None
    limits: dict[str, str] = field(default_factory=dict)

    @property
    def said(self) -> dict[str, str]:
        """Role to text of what stands in the heads: the unit and the limits of all results."""
        return {"unit": self.unit, **self.limits} if self.unit else self.limits


def measured(columns: Columns, profile: Profile) -> list[Measured]:
    """The analyte columns of a header.

    Raises:
        RefusedFile: two columns are the same analyte.
    """
    found: dict[str, Measured] = {}
    taken = {c.casefold() for c in profile.columns.values()}
    for column in columns.names:
        if column.casefold() in taken or synonyms.folded(column) in profile.ignored_names or beside(column, profile):
            continue
        name, unit = _name_and_unit(column, profile)
        code = synonyms.analyte_of(name, profile.analyte_names)
        if not code and profile.units_in_names and not _beside_bare(columns, column, profile):
            code, unit = named_with_unit(column, profile.analyte_names)
        if not code:
            continue
        if code in found:
            raise RefusedFile(f"columns {found[code].column!r} and {column!r} are both {code}", file=columns.file)
        found[code] = Measured(code, column, unit, {})
    for column in columns.names:
        name, role = limit_of(column)
        code = synonyms.analyte_of(name, profile.analyte_names) if name else ""
        if name and not code:
            code = next((m.analyte for m in found.values() if _same_stem(m.column, name)), "")
        if code in found and column != found[code].column:
            found[code].beside = {role: column, **(found[code].beside or {})}
    return list(found.values())


def beside(column: str, profile: Profile) -> bool:
    """Whether a column is named as the limit or the unit of a known test, and as no test itself."""
    name, _ = limit_of(column)
    known = profile.analyte_names
    return bool(name and synonyms.analyte_of(name, known)) and not synonyms.analyte_of(column, known)


def _beside_bare(columns: Columns, column: str, profile: Profile) -> bool:
    """Whether the name without what may be a unit is a column too: ALT beside ALT_UL, which may be its upper limit."""
    stem, _, _ = split(column, lambda name: synonyms.analyte_of(name, profile.analyte_names))
    return bool(stem) and synonyms.folded(stem) in map(synonyms.folded, columns.names)


def _same_stem(column: str, name: str) -> bool:
    """Whether a column of a test is a name with a unit behind it: ``bili_mgdl`` beside the ``bili`` of ``bili_uln``."""
    own, stem = synonyms.folded(plain(column)), synonyms.folded(name)
    return own == stem or own.startswith(f"{stem} ")


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
        absent = [r for r in _needed(profile) if r not in self.roles]
        if absent or not self.measured:
            raise RefusedFile(
                f"a wide file needs a patient, a date and tests; absent: {absent or 'tests'}", file=context.file
            )
        if "patient_id" not in self.roles:
            refuse_if_of_another(context)
        used = {*self.roles.values(), *(m.column for m in self.measured)}
        used |= {c for m in self.measured for c in (m.beside or {}).values()}
        used |= {f.column for f in profile.flags} | set(profile.imaging.values())
        tell_unread(context, self.common, used)

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        context = self.context
        get = pick(chunk, context.columns, self.common)
        one_person(get, chunk, context)
        parts, clocks = Parts(), dict[str, str]()
        rows = self._without_heads(get, chunk, parts)
        own_get = {r: c.take(rows) for r, c in get.items()} if len(rows) < len(chunk) else get
        for m in self.measured:
            beside = pick(chunk, context.columns, {**(m.beside or {}), "value": m.column})
            own = {**own_get, **({r: c.take(rows) for r, c in beside.items()} if len(rows) < len(chunk) else beside)}
            if "collected_at" in beside:  # the test's own date; the time of the visit is of another
                own.pop("collected_time", None)
            own["analyte"] = Coded.constant(m.analyte, len(rows))
            own = {**{r: Coded.constant(text, len(rows)) for r, text in m.said.items()}, **own}
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

    def _without_heads(self, get: Mapping[str, Coded], chunk: Chunk, parts: Parts) -> Rows:
        """Rows of results; the first rows may be of nobody and say units or limits of the tests above them."""
        rows = every(chunk)
        if self._begun or not len(chunk):
            return rows
        self._begun = True
        at = 0
        while at < min(len(chunk), HEAD_ROWS) and (kind := self._head_row(get, chunk, at)):
            parts.ignored[f"row of {kind}"] += len(self.measured)
            at += 1
        return rows[at:]

    def _head_row(self, get: Mapping[str, Coded], chunk: Chunk, at: int) -> str:
        """What a row of nobody says of all tests that it has an entry for; nothing where it is a row of results."""
        profile, columns = self.context.profile, self.context.columns
        labels = [cell for r in _needed(profile) if (cell := get[r].at(at)) not in profile.nulls]
        cells = {m.analyte: chunk.columns[columns.index(m.column)].at(at) for m in self.measured}
        return head_row(labels, {c: w for c, w in cells.items() if w not in profile.nulls}, self.measured, profile)


def _needed(profile: Profile) -> tuple[str, ...]:
    """Roles that columns must play beside the tests; the profile may declare the one person of a file."""
    return ("collected_at",) if profile.patient else ("patient_id", "collected_at")


HEAD_ROWS = 4
"""So many rows below the header may say units and limits."""
_LABELS: Mapping[str, str] = {
    word: role
    for role, words in {
        "unit": "unit|units|einheit|einheiten|unité|unités|unidad|unidades|unità",
        "uln": "uln|upper limit|upper limit of normal|upper",
        "lln": "lln|lower limit|lower limit of normal|lower",
        "range": "reference range|ref range|reference|reference interval|normal range|range|normal|normal values|"
        "referenzbereich|referenz|valeurs de référence|valores de referencia|valori di riferimento",
    }.items()
    for word in words.split("|")
}
"""What a row of units or limits may be called in place of a person."""


def head_row(labels: Sequence[str], cells: Mapping[str, str], measured: Sequence[Measured], profile: Profile) -> str:
    """Take units or limits from a row of nobody into ``measured``; what they are, empty where it is no such row.

    Args:
        labels: what stands in place of the person and the date.
        cells: entry by analyte, filled ones only.
        measured: the tests, changed in place.
        profile: spellings of units.
    """
    named = {_LABELS.get(synonyms.folded(label), "") for label in labels}
    if not cells or "" in named or len(named) > 1:
        return ""
    role = named.pop() if named else ""
    if role in ("", "unit") and all(not unit_of(c, w, profile.unit_spellings).reason for c, w in cells.items()):
        for m in measured:
            m.unit = m.unit or cells.get(m.analyte, "")
        return "units"
    texts = all(printed(w).low or printed(w).high for w in cells.values())
    plain = all(re.fullmatch(r"[\d.,]+", w) for w in cells.values())
    role = "range" if role in ("", "range") and texts else role if role in ("uln", "lln") and plain else ""
    for m in measured:
        if role and m.analyte in cells:
            m.limits[role] = cells[m.analyte]
    return "limits" if role else ""


def fits(columns: Columns, profile: Profile) -> bool:
    """Whether a header has a patient, a time and at least one test as a column."""
    roles = columns.roles(SYNONYMS, profile)
    return all(r in roles for r in _needed(profile)) and bool(measured(columns, profile))


FORMATS = (Format("wide", "labs", "wide CSV, one row a visit", 80, fits, Wide),)
