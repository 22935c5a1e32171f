"""Long CSV: one row a result. Our own export of labs is of this form too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analytics.ingest import synonyms
from analytics.ingest.claims import (
    Columns,
    Context,
    Format,
    Parts,
    Stateless,
    changed,
    every,
    paired,
    pick,
    tell_unread,
)
from analytics.ingest.column_words import SYNONYMS, status_like
from analytics.ingest.demographics import side_rows
from analytics.ingest.dictionary import Coded
from analytics.ingest.labs import Claims, understand
from analytics.ingest.named_twice import agreed
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.ranges import printed
from analytics.ingest.reading.csv_exact import Chunk
from analytics.ingest.whose import one_person, refuse_if_of_another

NEEDED = ("patient_id", "analyte", "collected_at", "value")


def needed(profile: Profile) -> list[str]:
    """Roles that columns must play; the profile may declare the one person of a file."""
    return [r for r in NEEDED if r != "patient_id" or not profile.patient]


class Long(Stateless):
    """Long CSV."""

    def __init__(self, context: Context):
        super().__init__(context)
        self.roles = context.columns.roles(SYNONYMS, context.profile)
        require(self.roles, needed(context.profile), context)
        self._find_status()
        if "patient_id" not in self.roles:
            refuse_if_of_another(context)
        tell_unread(context, self.roles)

    def _find_status(self) -> None:
        """A column that is named like a status and has known ones in it: a result in error is none, however told."""
        columns, profile = self.context.columns, self.context.profile
        if "status" in self.roles or "status" in profile.columns:
            return
        for name in columns.names:
            entries = columns.entries(name)
            known = [synonyms.status_of(w, profile.nulls, profile.status_names) for w in entries]
            free = name not in self.roles.values() and name.casefold() not in map(str.casefold, profile.ignore)
            if free and entries and None not in known and status_like(name):
                self.roles["status"] = name
                return

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        get = pick(chunk, self.context.columns, self.roles)
        one_person(get, chunk, self.context)
        unit_in_range(get, self.roles)
        if "analyte_code" in get:
            code, profile = get.pop("analyte_code"), self.context.profile
            get["analyte"] = paired(code, get["analyte"], lambda c, n: agreed(c, n, profile))
        return results(get, self.roles, chunk, self.context, held)


def unit_in_range(get: dict[str, Coded], roles: Mapping[str, str]) -> None:
    """Take the units from a column like ``Ref Range & Units``, where no other holds them."""
    if "unit" not in get and "range" in get and "unit" in roles["range"].casefold():
        get["unit"] = changed(get["range"], lambda w: printed(w).unit)


def results(get: dict[str, Coded], sources: Mapping[str, str], chunk: Chunk, context: Context, held: HeldRows) -> Parts:
    """Every record of a chunk as one laboratory result."""
    understood = understand(Claims(every(chunk), get, sources), chunk, context.profile, context.rule, held)
    people = side_rows(get, understood.clocks, context.profile, context.rule, context.file)
    return Parts(
        labs=[understood.labs],
        patients=[people],
        uncounted=len(people),
        results=len(chunk),
        ignored=understood.ignored,
    )


def require(roles: Mapping[str, str], names: Sequence[str], context: Context) -> None:
    """Refuse a file in which a role is not played."""
    from analytics.errors import RefusedFile

    absent = [r for r in names if r not in roles]
    if absent:
        raise RefusedFile(
            f"no column is the {' nor the '.join(absent)}; found {', '.join(map(repr, context.columns.names[:20]))}",
            file=context.file,
        )


def fits(columns: Columns, profile: Profile) -> bool:
    """Whether a header has a patient, a test, a time and a value."""
    roles = columns.roles(SYNONYMS, profile)
    return all(r in roles for r in needed(profile))


FORMATS = (Format("long", "labs", "long CSV, one row a result", 60, fits, Long),)
