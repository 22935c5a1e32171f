"""Long CSV: one row a result. Our own export of labs is of this form too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analytics.ingest.demographics import side_rows
from analytics.ingest.dictionary import Coded
from analytics.ingest.formats import Columns, Context, Format, Parts, Stateless, changed, every, pick, tell_unread
from analytics.ingest.labs import Claims, understand
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.ranges import printed
from analytics.ingest.reading.csv_exact import Chunk

# behind the empty word stand names that are only looked for where none of the first is there
SYNONYMS: Mapping[str, Sequence[str]] = {
    "patient_id": (
        "patient_id", "patient", "pat_id", "subject", "subject_id", "usubjid", "mrn", "pid", "person_id", "case_id",
        "id", "", "patient_num", "patient_number", "patient_no", "record_id", "subjid", "study_id",
        "medical_record_number",
        "patient_mrn", "pat_mrn_id",
    ),
    "analyte": (
        "analyte", "test", "test_name", "test_code", "lab_test", "component", "parameter", "loinc", "loinc_code",
        "observation", "labname", "lab_name", "test_description", "", "testcode", "testcd", "component_name",
        "result_name",
        "analyte_name", "lab_component", "event_display", "event_cd_disp",
    ),
    "collected_at": (
        "collected_at", "collected", "collection_date", "collection_time", "collection_datetime", "date", "datetime",
        "date_time", "sample_date", "specimen_date", "drawn_at", "draw_date", "time", "timestamp", "visit_date", "",
        "collection_date_time", "coll_date", "collected_date", "date_collected", "specimen_collection_date", "dt",
        "dtc",
        "adt", "adtm", "lab_date", "sampling_date", "sample_datetime", "specimen_taken_time", "collected_datetime",
        "event_end_dt_tm", "drawn_dt_tm", "collection_dt", "collection_dt_tm", "measurement_date", "date_of_collection",
    ),
    "collected_time": (
        "time", "collection_time", "coll_time", "collected_time", "time_collected", "draw_time", "sample_time",
        "specimen_time", "time_of_collection", "sampling_time", "measurement_time", "uhrzeit", "heure", "hora", "ora",
        "tm", "clock_time", "collection_tm",
    ),
    "value": (
        "value", "result", "result_value", "numeric_value", "test_result", "lab_result", "", "result_val", "stresn",
        "orres",
    ),
    "told": ("stresc", "avalc", "result_text", "value_text", "text_result", "value_source_value"),
    "unit": (
        "unit", "units", "result_unit", "uom", "unit_of_measure", "", "result_units", "stresu", "orresu", "valueuom",
        "reference_unit", "result_units_disp", "value_unit",
    ),
    "comparator": ("comparator", "operator", "qualifier", "", "value_operator", "result_operator", "value_comparator"),
    "lln": (
        "lln", "low", "ref_low", "range_low", "lower_limit", "normal_low", "reference_low", "low_limit", "", "ref_lo",
        "reference_min", "ref_min", "lower_ref", "ref_lower", "lower_reference", "reference_lower", "range_min",
        "normal_min", "min_normal", "ref_range_low", "ref_range_lower", "reference_range_low", "low_normal", "nrlo",
        "stnrlo", "ornrlo", "anrlo", "lower_limit_of_normal", "normal_range_low", "range_lower", "lower_bound",
        "reference_range_lower", "lower_reference_limit", "ref_range_min", "low_ref", "lower_normal",
    ),
    "uln": (
        "uln", "high", "ref_high", "range_high", "upper_limit", "normal_high", "reference_high", "high_limit", "",
        "ref_hi",
        "reference_max", "ref_max", "upper_ref", "ref_upper", "upper_reference", "reference_upper", "range_max",
        "normal_max", "max_normal", "ref_range_high", "ref_range_upper", "reference_range_high", "high_normal", "nrhi",
        "stnrhi", "ornrhi", "anrhi", "upper_limit_of_normal", "normal_range_high", "range_upper", "upper_bound",
        "reference_range_upper", "upper_reference_limit", "ref_range_max", "high_ref", "upper_normal",
    ),
    "range": ("range", "reference_range", "ref_range", "normal_range", "", "reference", "reference_interval",
              "ref_interval", "ref_range_units", "reference_range_units", "normal_values", "reference_values"),
    "lab": ("lab", "laboratory", "performing_lab", "lab_site"),
    "status": ("status", "result_status", "", "result_status_disp", "resultstatus", "observation_status"),
    "fluid": (
        "specimen_type", "sample_type", "specimen_source", "fluid", "matrix", "spec", "lbspec", "specimen_description",
        "sample_material", "specimen_desc", "body_fluid", "specimen_name", "specimen_source_value", "sample_source",
    ),
    "category": ("category", "lbcat", "test_category", "lab_category"),
    "visit": ("visit", "visit_name", "visitnum", "visit_number", "visit_num", "redcap_repeat_instance"),
    "sequence": ("lbseq",),
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
        tell_unread(context, self.roles)

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        get = pick(chunk, self.context.columns, self.roles)
        unit_in_range(get, self.roles)
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
