"""Why a laboratory result is quarantined: what was found, what is accepted, and what would make it acceptable."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from analytics.analytes import ANALYTES, CODES
from analytics.ingest import patient_ids, times
from analytics.ingest.dictionary import Coded
from analytics.ingest.named_twice import CONTRADICTS
from analytics.ingest.profile import THOUSANDS, Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.reading.csv_exact import Chunk
from analytics.ingest.times import TimeRule, Times
from analytics.ingest.value_parts import number_and_unit, without_flag
from analytics.tables import STATUSES
from analytics.units import known, unit_of

Said = tuple[str, str, str]
"""Role to blame, what was found, what would make it acceptable."""


@dataclass(frozen=True)
class Blamed:
    """One claim that is quarantined.

    Attributes:
        columns, sources: of the claims.
        at: position of the claim in them.
        analyte: house position, negative where it is not known.
        better: position of the unit that fits better, -1 if none.
        when: times of the column of dates.
    """

    columns: Mapping[str, Coded]
    sources: Mapping[str, str]
    at: int
    analyte: int
    better: int
    when: Times

    def cell(self, role: str) -> str:
        """Text in a role, empty where no column plays it."""
        return self.columns[role].at(self.at) if role in self.columns else ""

    @property
    def code(self) -> str:
        """Code of the analyte, empty if not known."""
        return CODES[self.analyte] if self.analyte >= 0 else ""


def hold(b: Blamed, reason: str, row: int, chunk: Chunk, profile: Profile, rule: TimeRule, held: HeldRows) -> None:
    """Put one claim into quarantine."""
    says = _SAYS.get(reason)
    role, message, hint = says(b, profile) if says else _date(b, reason, rule)
    k, person = int(b.columns["collected_at"].codes[b.at]), b.cell("patient_id")
    readable = b.when.reason[k] == times.OK
    held.add(
        line=int(chunk.line[row]),
        reason=reason,
        message=message,
        hint=hint,
        column=b.sources.get(role, role),
        cell=b.cell(role),
        raw=chunk.raw(row),
        patient_id=None if patient_ids.fault(person) else person,
        analyte=b.code or None,
        collected_at=pd.Timestamp(int(b.when.at[k]), unit="us") if readable else pd.NaT,
    )


def _date(b: Blamed, reason: str, rule: TimeRule) -> Said:
    return ("collected_at", *times.explain(b.cell("collected_at"), times.REASONS.index(reason), rule))


def _analyte(b: Blamed, profile: Profile) -> Said:
    name = b.cell("analyte")
    return "analyte", f"{name!r} is no test that is known here", f'profile: analytes."{name}" = "CODE", or ignore'


def _contradictory(b: Blamed, profile: Profile) -> Said:
    code, _, name = b.cell("analyte").partition(CONTRADICTS)
    return (
        "analyte",
        f"the code {code!r} and the name {name!r} are not of one test",
        "ask the laboratory which is right",
    )


def _patient(b: Blamed, profile: Profile) -> Said:
    return "patient_id", patient_ids.fault(b.cell("patient_id")), "export the id as text"


def _status(b: Blamed, profile: Profile) -> Said:
    accepted = ", ".join(repr(s) for s in STATUSES if s)
    return "status", f"{b.cell('status')!r} is no status known here: {accepted}", "profile: statuses"


def _unit_missing(b: Blamed, profile: Profile) -> Said:
    hint = f'profile: units.{b.code} = "{ANALYTES[b.code].unit}"'
    return "unit" if "unit" in b.columns else "value", f"no unit; {b.code} is read in {known(b.code)}", hint


def _unit_unknown(b: Blamed, profile: Profile) -> Said:
    unit = b.cell("unit")
    return "unit", f"{unit!r} is no unit of {b.code}; known: {known(b.code)}", f'profile: unit_words."{unit}" = "UNIT"'


def _unit_suspect(b: Blamed, profile: Profile) -> Said:
    other = list(ANALYTES[b.code].conversions)[b.better]
    said = b.cell("unit") or profile.units.get(b.code, "no unit")
    message = f"{b.cell('value')} {said} for {b.code}: the number or its limits fit {other}"
    return "value", message, f"ask the laboratory whether the unit is {other}"


def _implausible(b: Blamed, profile: Profile) -> Said:
    row = ANALYTES[b.code]
    said = f"{b.cell('value')} {b.cell('unit')}".strip()
    return "value", f"{said} is outside {row.low:g} to {row.high:g} {row.unit}, the plausible range of {b.code}", ""


def _comma(b: Blamed, profile: Profile) -> Said:
    return "value", f"{b.cell('value')!r} has a comma", 'profile: decimal = ","'


def _separator(b: Blamed, profile: Profile) -> Said:
    value = b.cell("value")
    sign = next((m[1] for m in re.finditer(r"\d(\D)(?=\d{3}(?!\d))", value)), "")
    can_be_said = not profile.thousands and sign in THOUSANDS and sign != profile.decimal
    hint = f'export plain numbers, or profile: thousands = "{sign}"' if can_be_said else "export plain numbers"
    return "value", f"{value!r} has a thousands separator or can be read in two ways", hint


def _text(b: Blamed, profile: Profile) -> Said:
    value = b.cell("value")
    hint = f'profile: text_results = ["{value}"]'
    if without_flag(value) != value:
        hint = "profile: values_with_flags = true"
    elif b.code and not unit_of(b.code, number_and_unit(value)[1] or "?", profile.unit_spellings).reason:
        hint = "profile: values_with_units = true"
    return "value", f"{value!r} is no number and no known remark", hint


def _comparator(b: Blamed, profile: Profile) -> Said:
    word = b.cell("comparator")
    message = f"{word!r} beside {b.cell('value')!r}: not known as below, above or exact, or not what the value says"
    return "comparator", message, f'profile: comparators."{word}" = "<", ">" or ""'


def _specimen(b: Blamed, profile: Profile) -> Said:
    word = b.cell("fluid")
    return "fluid", f"{word!r} is not known as blood or as another fluid", f'profile: specimens."{word}" = "blood"'


def _truncated(b: Blamed, profile: Profile) -> Said:
    return "value", "the file ends without a line end right after this record, which may be cut off", "export it again"


_SAYS: Mapping[str, Callable[[Blamed, Profile], Said]] = {
    "ANALYTE_UNKNOWN": _analyte,
    "ANALYTE_CONFLICT": _contradictory,
    "PATIENT_FORMAT": _patient,
    "STATUS_UNKNOWN": _status,
    "UNIT_MISSING": _unit_missing,
    "UNIT_UNKNOWN": _unit_unknown,
    "UNIT_SUSPECT": _unit_suspect,
    "VALUE_IMPLAUSIBLE": _implausible,
    "COMPARATOR_UNKNOWN": _comparator,
    "SPECIMEN_UNKNOWN": _specimen,
    "VALUE_DECIMAL_COMMA": _comma,
    "VALUE_SEPARATOR": _separator,
    "VALUE_TEXT": _text,
    "TRUNCATED": _truncated,
}
