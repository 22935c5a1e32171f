"""Long CSV: one row a result. Our own export of labs is of this form too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analytics.ingest.demographics import side_rows
from analytics.ingest.dictionary import Coded
from analytics.ingest.formats import Columns, Context, Format, Parts, Stateless, every, pick
from analytics.ingest.labs import Claims, understand
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.reading.csv_exact import Chunk

SYNONYMS: Mapping[str, Sequence[str]] = {
    "patient_id": (
        "patient_id", "patient", "pat_id", "subject", "subject_id", "usubjid", "mrn", "pid", "person_id", "case_id",
        "id",
    ),
    "analyte": (
        "analyte", "test", "test_name", "test_code", "lab_test", "component", "parameter", "loinc", "loinc_code",
        "observation", "labname", "lab_name", "test_description",
    ),
    "collected_at": (
        "collected_at", "collected", "collection_date", "collection_time", "collection_datetime", "date", "datetime",
        "date_time", "sample_date", "specimen_date", "drawn_at", "draw_date", "time", "timestamp", "visit_date",
    ),
    "value": ("value", "result", "result_value", "numeric_value", "test_result", "lab_result"),
    "unit": ("unit", "units", "result_unit", "uom", "unit_of_measure"),
    "comparator": ("comparator", "operator", "qualifier"),
    "lln": ("lln", "low", "ref_low", "range_low", "lower_limit", "normal_low", "reference_low", "low_limit"),
    "uln": ("uln", "high", "ref_high", "range_high", "upper_limit", "normal_high", "reference_high", "high_limit"),
    "range": ("range", "reference_range", "ref_range", "normal_range"),
    "lab": ("lab", "laboratory", "performing_lab", "lab_site"),
    "status": ("status", "result_status"),
    "specimen_id": ("specimen_id", "specimen", "sample_id", "accession", "accession_number", "specimen_number"),
    "method": ("method", "device", "analyser", "analyzer"),
    "raw_value": ("raw_value",),
    "raw_unit": ("raw_unit",),
    "precision": ("precision",),
    "utc_offset_min": ("utc_offset_min",),
    "sex": ("sex", "gender"),
    "age": ("age",),
    "birth_date": ("birth_date", "dob", "date_of_birth"),
    "primary_site": ("primary_site", "primary", "primary_tumour", "primary_tumor"),
}  # fmt: skip
NEEDED = ("patient_id", "analyte", "collected_at", "value")


class Long(Stateless):
    """Long CSV."""

    def __init__(self, context: Context):
        super().__init__(context)
        self.roles = context.columns.roles(SYNONYMS, context.profile)
        require(self.roles, NEEDED, context)

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        get = pick(chunk, self.context.columns, self.roles)
        return results(get, self.roles, chunk, self.context, held)


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


def require(roles: Mapping[str, str], needed: Sequence[str], context: Context) -> None:
    """Refuse a file in which a role is not played."""
    from analytics.errors import RefusedFile

    absent = [r for r in needed if r not in roles]
    if absent:
        raise RefusedFile(
            f"no column is the {' nor the '.join(absent)}; found {', '.join(map(repr, context.columns.names[:20]))}",
            file=context.file,
        )


def fits(columns: Columns, profile: Profile) -> bool:
    """Whether a header has a patient, a test, a time and a value."""
    roles = columns.roles(SYNONYMS, profile)
    return all(r in roles for r in NEEDED)


FORMATS = (Format("long", "labs", "long CSV, one row a result", 60, fits, Long),)
