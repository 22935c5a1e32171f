"""Our own tables of events, imaging and patients, and files written in the same plain way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analytics.ingest import agents, profile_draft_words, synonyms
from analytics.ingest.claims import Columns, Context, Format, Parts, Stateless, changed, every, pick
from analytics.ingest.column_words import SYNONYMS as LONG
from analytics.ingest.demographics import own_rows
from analytics.ingest.events import events, imaging
from analytics.ingest.formats.long import require
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.reading.csv_exact import Chunk

EVENTS: Mapping[str, Sequence[str]] = {
    "patient_id": LONG["patient_id"],
    "kind": ("kind", "event_kind", "event_type", "type", "event", "category"),
    "name": ("name", "event_name", "agent", "drug", "procedure", "treatment", "regimen"),
    "start_date": ("start_date", "start", "started", "event_date", "date"),
    "end_date": ("end_date", "end", "stop_date", "ended", "stop"),
    "line": ("line", "line_of_therapy"),
    "dose": ("dose",),
    "unit": ("unit", "dose_unit"),
    "detail": ("detail", "details", "comment", "note", "notes"),
    "grade": ("grade", "ctcae_grade"),
    "start_precision": ("start_precision",),
    "end_precision": ("end_precision",),
}
IMAGING: Mapping[str, Sequence[str]] = {
    "patient_id": LONG["patient_id"],
    "date": ("date", "scan_date", "imaging_date", "study_date"),
    "modality": ("modality", "imaging_modality", "scan"),
    "response": ("response", "recist", "overall_response"),
    "target_sum_mm": ("target_sum_mm", "target_sum", "sum_of_target_lesions_mm", "sld_mm"),
    "new_lesion": ("new_lesion", "new_lesions"),
    "liver_lesions": ("liver_lesions", "n_liver_lesions"),
    "detail": ("detail", "details", "comment", "note", "notes"),
}
PATIENTS: Mapping[str, Sequence[str]] = {
    "patient_id": LONG["patient_id"],
    "sex": ("sex", "gender"),
    "birth_date": ("birth_date", "dob", "date_of_birth"),
    "age": ("age",),
    "primary_site": ("primary_site", "primary", "primary_tumour", "primary_tumor"),
    "metastases_date": ("metastases_date", "liver_metastases_date"),
    "site": ("site", "centre", "center", "clinic"),
    "on_anticoagulant": ("on_anticoagulant", "anticoagulant"),
    "clock": ("clock",),
}


class Events(Stateless):
    """One event a row."""

    def __init__(self, context: Context):
        super().__init__(context)
        self.roles = context.columns.roles(EVENTS, context.profile)
        require(self.roles, ("patient_id", "kind" if "kind" in self.roles else "name", "start_date"), context)

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        get = pick(chunk, self.context.columns, self.roles)
        if "kind" not in get:
            own = self.context.profile.kind_names
            get["kind"] = changed(get["name"], lambda w: synonyms.kind_of(w, own) or agents.kind_of(w))
        return events(get, self.roles, every(chunk), chunk, self.context, held)


class Imaging(Stateless):
    """One imaging report a row."""

    def __init__(self, context: Context):
        super().__init__(context)
        self.roles = context.columns.roles(IMAGING, context.profile)
        require(self.roles, ("patient_id", "date"), context)

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        get = pick(chunk, self.context.columns, self.roles)
        return imaging(get, self.roles, every(chunk), chunk, self.context, held)


class Patients(Stateless):
    """One person a row."""

    def __init__(self, context: Context):
        super().__init__(context)
        self.roles = context.columns.roles(PATIENTS, context.profile)
        require(self.roles, ("patient_id",), context)

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        get = pick(chunk, self.context.columns, self.roles)
        rows = own_rows(get, chunk, self.context.profile, self.context.rule, held)
        return Parts(patients=[rows], results=len(chunk))


def _events(columns: Columns, profile: Profile) -> bool:
    declared = profile.format == "events" or "start_date" in profile.columns
    if not (declared or columns.has("start_date") or columns.has("start")):
        return False
    roles = columns.roles(EVENTS, profile)
    named = "kind" in roles or (declared and "name" in roles)
    return named and all(r in roles for r in ("patient_id", "start_date"))


def _imaging(columns: Columns, profile: Profile) -> bool:
    declared = profile.format == "imaging" or bool({"modality", "response", "target_sum_mm"} & set(profile.columns))
    if not declared and not any(n in columns for n in ("modality", "response", "target_sum_mm")):
        return False
    roles = columns.roles(IMAGING, profile)
    return "patient_id" in roles and "date" in roles and ("modality" in roles or "response" in roles)


def _patients(columns: Columns, profile: Profile) -> bool:
    """People, and nothing that a result of a test would have: no test, value, unit or limit by name or by entries."""
    if any(synonyms.analyte_of(n) or profile_draft_words.like_result(n) for n in columns.names):
        return False
    about = sum(n in columns for n in ("sex", "gender", "birth_date", "dob", "age", "primary_site", "metastases_date"))
    if not about or "patient_id" not in columns.roles({"patient_id": LONG["patient_id"]}, profile):
        return False
    return not any(_names_tests(columns.entries(n)) for n in columns.names)


def _names_tests(entries: Sequence[str]) -> bool:
    """Whether a column holds names of tests."""
    return bool(entries) and sum(bool(synonyms.analyte_of(w)) for w in entries) * 2 > len(entries)


FORMATS = (
    Format("events", "events", "events CSV, one treatment event a row", 40, _events, Events),
    Format("imaging", "imaging", "imaging CSV, one report a row", 45, _imaging, Imaging),
    Format("patients", "patients", "patients CSV, one person a row", 90, _patients, Patients),
)
