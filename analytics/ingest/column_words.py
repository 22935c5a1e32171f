"""Names of columns by their role in a long file, as exports write them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from analytics import letters

# behind the empty word stand names that are only looked for where none of the first is there
SYNONYMS: Mapping[str, Sequence[str]] = {
    "patient_id": (
        "patient_id", "patient", "pat_id", "subject", "subject_id", "usubjid", "mrn", "pid", "person_id", "case_id",
        "id", "", "patient_num", "patient_number", "patient_no", "record_id", "subjid", "study_id",
        "medical_record_number",
        "patient_mrn", "pat_mrn_id", "unit_number", "unit_no", "hospital_number", "hospital_no", "med_rec_no",
        "medical_record_no", "chart_number", "chart_no", "mr_number", "mrno", "patient_identifier", "patient_uid",
        "patient_key", "mrn_no", "nhs_number", "nhs_no", "subject_no", "id_no",
        "person_number", "study_subject_id", "participant_id", "participant", "pt_id",
    ),
    "analyte": (
        "analyte", "test", "test_name", "test_code", "lab_test", "component", "parameter", "loinc", "loinc_code",
        "observation", "labname", "lab_name", "test_description", "", "testcode", "testcd", "component_name",
        "result_name",
        "analyte_name", "lab_component", "event_display", "event_cd_disp", "loinc_num", "loinc_number", "loinc_cd",
        "lab_loinc", "test_loinc", "measurement_source_value",
    ),
    "analyte_code": (
        "loinc", "loinc_code", "loinc_num", "loinc_number", "loinc_cd", "loinc_id", "test_loinc", "lab_loinc",
        "result_loinc", "component_loinc", "", "test_code", "testcode", "testcd",
    ),
    "collected_at": (
        "collected_at", "collected", "collection_date", "collection_time", "collection_datetime", "date", "datetime",
        "date_time", "sample_date", "specimen_date", "drawn_at", "draw_date", "time", "timestamp", "visit_date", "",
        "collection_date_time", "coll_date", "collected_date", "date_collected", "specimen_collection_date", "dt",
        "dtc",
        "adt", "adtm", "lab_date", "sampling_date", "sample_datetime", "specimen_taken_time", "collected_datetime",
        "event_end_dt_tm", "drawn_dt_tm", "collection_dt", "collection_dt_tm", "measurement_date", "date_of_collection",
        "collect_date", "collect_dt", "collect_date_time", "collect_datetime", "colldt", "coll_dt", "coll_dttm",
        "visit_dt", "lab_dt", "lab_draw_date", "lab_collection_date", "blood_draw_date", "date_of_blood_draw",
        "specimn_taken_time", "specimn_taken_date", "specimen_dt", "specimen_date_time", "observation_date",
        "observation_datetime", "observed_at", "date_of_labs", "date_of_lab", "test_date", "date_of_test",
        "measurement_datetime", "sample_collected", "sample_collection_date", "date_sampled", "date_drawn",
    ),
    "collected_time": (
        "time", "collection_time", "coll_time", "collected_time", "time_collected", "draw_time", "sample_time",
        "specimen_time", "time_of_collection", "sampling_time", "measurement_time", "uhrzeit", "heure", "hora", "ora",
        "tm", "clock_time", "collection_tm", "collect_time", "lab_time", "time_drawn", "drawn_time", "blood_draw_time",
    ),
    "value": (
        "value", "result", "result_value", "numeric_value", "test_result", "lab_result", "", "result_val", "stresn",
        "orres", "value_as_number", "valuenum", "result_num", "value_num", "lab_value", "ord_value", "test_value",
        "result_numeric", "numeric_result", "measurement_value",
        "observation_value", "measured_value", "reported_result", "res_value",
    ),
    "told": ("stresc", "avalc", "result_text", "value_text", "text_result", "value_source_value"),
    "unit": (
        "unit", "units", "result_unit", "uom", "unit_of_measure", "", "result_units", "stresu", "orresu", "valueuom",
        "reference_unit", "result_units_disp", "value_unit", "unit_source_value", "lab_unit", "lab_units",
        "test_unit", "test_units",
        "unit_name", "units_of_measure",
        "measurement_unit", "uom_code", "value_units", "ucum",
    ),
    "comparator": ("comparator", "operator", "qualifier", "", "value_operator", "result_operator", "value_comparator"),
    "lln": (
        "lln", "low", "ref_low", "range_low", "lower_limit", "normal_low", "reference_low", "low_limit", "", "ref_lo",
        "reference_min", "ref_min", "lower_ref", "ref_lower", "lower_reference", "reference_lower", "range_min",
        "normal_min", "min_normal", "ref_range_low", "ref_range_lower", "reference_range_low", "low_normal", "nrlo",
        "stnrlo", "ornrlo", "anrlo", "lower_limit_of_normal", "normal_range_low", "range_lower", "lower_bound",
        "reference_range_lower", "lower_reference_limit", "ref_range_min", "low_ref", "lower_normal", "lab_lln",
        "lower", "lower_range", "normal_lower", "ref_range_lo", "low_range", "reference_lo",
    ),
    "uln": (
        "uln", "high", "ref_high", "range_high", "upper_limit", "normal_high", "reference_high", "high_limit", "",
        "ref_hi",
        "reference_max", "ref_max", "upper_ref", "ref_upper", "upper_reference", "reference_upper", "range_max",
        "normal_max", "max_normal", "ref_range_high", "ref_range_upper", "reference_range_high", "high_normal", "nrhi",
        "stnrhi", "ornrhi", "anrhi", "upper_limit_of_normal", "normal_range_high", "range_upper", "upper_bound",
        "reference_range_upper", "upper_reference_limit", "ref_range_max", "high_ref", "upper_normal", "lab_uln",
        "upper", "upper_range", "normal_upper", "ref_range_hi", "high_range", "reference_hi",
    ),
    "range": ("range", "reference_range", "ref_range", "normal_range", "", "reference", "reference_interval",
              "ref_interval", "ref_range_units", "reference_range_units", "normal_values", "reference_values",
        "normal", "reference_limits", "normal_limits", "ref_values"),
    "lab": ("lab", "laboratory", "performing_lab", "lab_site"),
    "status": ("status", "result_status", "", "result_status_disp", "resultstatus", "observation_status",
               "result_status_cd_disp", "result_status_display", "test_status", "report_status", "verification_status"),
    "fluid": (
        "specimen_type", "sample_type", "specimen_source", "fluid", "matrix", "spec", "lbspec", "specimen_description",
        "sample_material", "specimen_desc", "body_fluid", "specimen_name", "specimen_source_value", "sample_source",
    ),
    "category": ("category", "lbcat", "test_category", "lab_category"),
    "version": (
        "version", "result_version", "version_number", "version_no", "revision", "revision_number", "correction_number",
    ),
    "issued_at": (
        "issued_at", "issued", "reported_at", "reported", "report_date", "report_time", "report_datetime",
        "reported_date", "reported_time", "reporting_date", "resulted_at", "result_date", "result_time",
        "result_datetime", "released_at", "verified_at", "validated_at", "updated_at", "last_updated",
    ),
    "visit": ("visit", "visit_name", "visitnum", "visit_number", "visit_num", "redcap_repeat_instance"),
    "sequence": ("lbseq",),
    "specimen_id": ("specimen_id", "specimen", "sample_id", "accession", "accession_number", "specimen_number",
                    "specimen_no", "sample_no", "accession_no"),
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


@lru_cache(maxsize=4096)
def squeezed(name: str) -> str:
    """A column name as letters and digits only, lower case; ``UNIT #`` is a number of a unit, not a unit."""
    said = re.sub(r"#\s*$", " no", letters.plain(name).casefold())
    return re.sub(r"[^a-z0-9]+", "", said)


_STATUS = re.compile(r"(^|[^a-z])(stat|status|result ?state|estado|etat|état|stato)([^a-z]|$)")
_OTHER_STATUS = re.compile(
    r"order|patient|vital|marital|smok|employ|visit|encounter|admission|pregnan|fasting|insur|abn|normal|flag|civil|"
    r"alive|death|disease|performance|menopaus|tobacco|alcohol|study|enrol"
)


def status_like(name: str) -> bool:
    """Whether a column's name sounds like the status of a result, and of nothing else."""
    key = re.sub(r"[\s_\-]+", " ", name.strip()).casefold()
    return bool(_STATUS.search(key)) and not _OTHER_STATUS.search(key)
