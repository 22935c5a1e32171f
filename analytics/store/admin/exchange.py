"""Results in the forms of others: FHIR Observations, OMOP CDM measurement, Excel. What they cannot say is counted."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta, timezone
from typing import Any, BinaryIO

import pandas as pd

from analytics.analytes import ANALYTES
from analytics.errors import InputError, MissingExtra
from analytics.tables import LABS
from analytics.wall_time import NO_OFFSET, offsets_of

FORMS = ("fhir", "omop", "xlsx")
RELATIVE = "results of people whose times are counted in days or minutes: this form needs dates"
_LOINC, _UCUM = "http://loinc.org", "http://unitsofmeasure.org"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_STATUS = {"": "unknown", "entered_in_error": "entered-in-error"}
_OPERATORS = {"": 4172703, "<": 4171756, ">": 4172704}
"""OMOP standard concepts of =, < and >."""
_EHR = 32817
"""OMOP type concept: from the record of a hospital."""
_UNMAPPED = 0
"""OMOP: no concept is claimed; source values carry LOINC and UCUM, which the vocabularies of the CDM map."""
OMOP_COLUMNS = (
    "measurement_id", "person_id", "measurement_concept_id", "measurement_date", "measurement_datetime",
    "measurement_time", "measurement_type_concept_id", "operator_concept_id", "value_as_number", "value_as_concept_id",
    "unit_concept_id", "range_low", "range_high", "provider_id", "visit_occurrence_id", "visit_detail_id",
    "measurement_source_value", "measurement_source_concept_id", "unit_source_value", "unit_source_concept_id",
    "value_source_value", "measurement_event_id", "meas_event_field_concept_id",
)  # fmt: skip
"""Table measurement of the OMOP CDM, version 5.4."""
MAX_SHEET_ROWS = 1_048_575
"""Rows of a sheet below its heads, as Excel has it; more go to further sheets."""


def write(
    form: str,
    name: str,
    pieces: Iterable[pd.DataFrame],
    out: BinaryIO,
    clocks: Mapping[str, str],
    left_out: Counter[str],
) -> int:
    """Write one table; returns how many rows.

    Args:
        form: of FORMS; all but xlsx are of results only.
        name: of the table.
        pieces: its rows.
        out: what is written into.
        clocks: clock of each patient that is not on calendar dates.
        left_out: what the form cannot say is counted here, by cause.

    Raises:
        InputError: the form is not one of this table.
    """
    if form == "xlsx":
        return _xlsx(name, pieces, out)
    if name != LABS.name:
        raise InputError(f"{form} is a form of labs, not of {name}; csv, parquet and xlsx are forms of every table")
    dated = (_dated(piece, clocks, left_out) for piece in pieces)
    return _fhir(dated, out) if form == "fhir" else _omop(dated, out)


def _dated(piece: pd.DataFrame, clocks: Mapping[str, str], left_out: Counter[str]) -> pd.DataFrame:
    relative = piece["patient_id"].isin(list(clocks))
    if relative.any():
        left_out[RELATIVE] += int(relative.sum())
    return piece[~relative]


def _results(piece: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Rows as dictionaries, missing entries as None, with ``when``: the time with its offset where it has one."""
    offset = offsets_of(piece["utc_offset_min"])
    plain = piece.astype(object).where(piece.notna(), None)
    for row, minutes in zip(plain.to_dict("records"), offset, strict=True):
        when = row["collected_at"]
        if minutes != NO_OFFSET:
            when = when.replace(tzinfo=timezone(timedelta(minutes=int(minutes))))
        yield {**{str(k): v for k, v in row.items()}, "when": when}


def _fhir(pieces: Iterable[pd.DataFrame], out: BinaryIO) -> int:
    """One Observation of FHIR R4 a line."""
    rows = 0
    for piece in pieces:
        for row in _results(piece):
            out.write(json.dumps(observation(row), ensure_ascii=False).encode("utf-8", "replace") + b"\n")
            rows += 1
    return rows


def observation(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of LABS, with ``when``, as an Observation of FHIR R4."""
    analyte = ANALYTES[row["analyte"]]
    codes = [{"system": _LOINC, "code": code} for code in analyte.loinc[:1]]
    made: dict[str, Any] = {
        "resourceType": "Observation",
        "status": _STATUS.get(row["status"] or "", row["status"]),
        "category": [{"coding": [{"system": _CATEGORY, "code": "laboratory"}]}],
        "code": {"coding": codes, "text": analyte.label} if codes else {"text": analyte.label},
        "subject": {"reference": f"Patient/{row['patient_id']}"},
        "effectiveDateTime": _moment(row),
        **_value(row),
    }
    if row["result_id"] is not None:
        made["id"] = str(row["result_id"])
    ends = {end: _quantity(row[name], row) for end, name in (("low", "lln"), ("high", "uln")) if row[name] is not None}
    if ends:
        made["referenceRange"] = [ends]
    if row["specimen_id"]:
        made["specimen"] = {"identifier": {"value": row["specimen_id"]}}
    if row["lab"]:
        made["performer"] = [{"display": row["lab"]}]
    if row["method"]:
        made["method"] = {"text": row["method"]}
    return made


def _moment(row: Mapping[str, Any]) -> str:
    forms = {"year": "%Y", "month": "%Y-%m", "day": "%Y-%m-%d"}
    form = forms.get(row["precision"] or "minute")
    if form:
        return str(row["when"].strftime(form))
    return str(row["when"].isoformat(timespec="seconds"))


def _quantity(number: float, row: Mapping[str, Any]) -> dict[str, Any]:
    return {"value": number, "unit": row["unit"], "system": _UCUM, "code": row["unit"]}


def _value(row: Mapping[str, Any]) -> dict[str, Any]:
    if row["value"] is None:
        text = row["raw_value"]
        return {"valueString": text} if text else {"dataAbsentReason": {"coding": [{"code": "unknown"}]}}
    quantity = _quantity(row["value"], row)
    return {"valueQuantity": {**quantity, "comparator": row["comparator"]} if row["comparator"] else quantity}


def _omop(pieces: Iterable[pd.DataFrame], out: BinaryIO) -> int:
    """Table measurement; person_id is this store's id of the person (person_source_value of the CDM)."""
    rows = 0
    text = io.StringIO()
    writer = csv.DictWriter(text, OMOP_COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    for piece in pieces:
        for row in _results(piece):
            rows += 1
            writer.writerow(measurement(row, rows))
        out.write(text.getvalue().encode("utf-8", "replace"))
        text.seek(0)
        text.truncate()
    out.write(text.getvalue().encode("utf-8", "replace"))
    return rows


def measurement(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A row of LABS, with ``when``, as a row of measurement."""
    analyte = ANALYTES[row["analyte"]]
    timed = (row["precision"] or "minute") == "minute"
    return {
        "measurement_id": row["result_id"] if row["result_id"] is not None else number,
        "person_id": row["patient_id"],
        "measurement_concept_id": _UNMAPPED,
        "measurement_date": row["collected_at"].strftime("%Y-%m-%d"),
        "measurement_datetime": row["collected_at"].strftime("%Y-%m-%d %H:%M:%S") if timed else "",
        "measurement_type_concept_id": _EHR,
        "operator_concept_id": "" if row["value"] is None else _OPERATORS[row["comparator"] or ""],
        "value_as_number": "" if row["value"] is None else repr(float(row["value"])),
        "unit_concept_id": _UNMAPPED,
        "range_low": "" if row["lln"] is None else repr(float(row["lln"])),
        "range_high": "" if row["uln"] is None else repr(float(row["uln"])),
        "measurement_source_value": next(iter(analyte.loinc), analyte.code),
        "measurement_source_concept_id": _UNMAPPED,
        "unit_source_value": row["unit"] or "",
        "value_source_value": row["raw_value"] or "",
    }


def _xlsx(name: str, pieces: Iterable[pd.DataFrame], out: BinaryIO) -> int:
    """A workbook with one sheet, further ones where it has too many rows; text never runs as a formula."""
    try:
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell
    except ImportError as error:
        raise MissingExtra("excel", "writing a workbook") from error
    book = Workbook(write_only=True)
    sheet, rows, count = None, MAX_SHEET_ROWS, 0

    def cell(value: Any) -> Any:
        made = WriteOnlyCell(sheet, _cell(value))
        if isinstance(value, str):
            made.data_type = "s"
        return made

    for piece in pieces:
        plain = piece.astype(object).where(piece.notna(), None)
        for row in plain.itertuples(index=False, name=None):
            if rows == MAX_SHEET_ROWS:
                sheet = book.create_sheet(name if not book.worksheets else f"{name} {len(book.worksheets) + 1}")
                sheet.append([str(c) for c in piece.columns])
                rows = 0
            assert sheet is not None
            sheet.append([cell(value) for value in row])
            rows, count = rows + 1, count + 1
    if sheet is None:
        book.create_sheet(name).append(_heads(name))
    book.save(out)
    return count


def _heads(name: str) -> list[str]:
    from analytics.conflicts import EXPORTED

    return list(EXPORTED[name].names)


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(c for c in value if c >= " " or c in "\t\n")
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
