"""FHIR R4 resources, one a line (NDJSON), to records of fixed columns; results of one resource share its line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from analytics.errors import RefusedFile
from analytics.ingest import synonyms
from analytics.ingest.dictionary import Coded
from analytics.ingest.reading.csv_exact import CONTROL, Chunk, Header, Held
from analytics.ingest.reading.source import MAX_LINE

COLUMNS = (
    "resource", "patient_id", "test", "time", "value", "comparator", "unit", "lln", "uln", "status", "specimen_id",
    "lab", "method", "name", "end", "dose", "dose_unit", "sex", "birth_date", "modality", "detail",
)  # fmt: skip
HEADER = Header(COLUMNS, "", 0, "")
_LOINC, _UCUM = "http://loinc.org", "http://unitsofmeasure.org"
_NOT_HAPPENED = ("not-done", "entered-in-error", "preparation", "unknown", "cancelled", "stopped-before-start")

Record = dict[str, str]


class FhirSplitter:
    """Lines of JSON to records, with the same promises as the splitter of separated text."""

    def __init__(self, file: str):
        self.file, self.line = file, 0

    def chunk(self, block: bytes, bytes_read: int, *, last: bool) -> Chunk:
        """The records of one block."""
        rows: list[Record] = []
        numbers: list[int] = []
        raws: list[str] = []
        held: list[Held] = []
        ignored: Counter[str] = Counter()
        lines = block.split(b"\n")
        if not lines[-1]:
            lines.pop()
        for raw in lines:
            self.line += 1
            made = self._line(raw, held, ignored)
            rows += made
            numbers += [self.line] * len(made)
            raws += [raw[:4096].decode("utf-8", "replace")] * len(made)
        columns = [Coded.of(np.array([r.get(c, "") for r in rows], dtype=object)) for c in COLUMNS]
        return Chunk(columns, np.array(numbers, np.int64), raws.__getitem__, held, ignored, bytes_read)

    def _line(self, raw: bytes, held: list[Held], ignored: Counter[str]) -> list[Record]:
        if len(raw) > MAX_LINE:
            raise RefusedFile(f"the line is longer than {MAX_LINE:,} bytes", file=self.file, line=self.line)
        if not raw.strip():
            ignored["blank line"] += 1
            return []
        try:
            text = raw.decode("utf-8")
            resource = json.loads(text, parse_float=str, parse_int=str)
            records = list(_records(resource)) if isinstance(resource, dict) else None
        except UnicodeDecodeError:
            held.append(
                Held(self.line, "ENC_INVALID", "the line is not UTF-8", "", raw.decode("utf-8", "backslashreplace"))
            )
            return []
        except (ValueError, RecursionError, AttributeError, TypeError, KeyError, IndexError) as error:
            held.append(Held(self.line, "FIELD_COUNT", f"the line is no FHIR resource: {error}", "", text[:4096]))
            return []
        if records is None:
            held.append(Held(self.line, "FIELD_COUNT", "the line is no FHIR resource", "", text[:4096]))
            return []
        if any(CONTROL.search(v) for r in records for v in r.values()):
            held.append(Held(self.line, "CONTROL_CHAR", "the resource has control characters", "", text[:4096]))
            return []
        if not records:
            ignored[f"resource {str(resource.get('resourceType', 'without type'))[:40]} is not read"] += 1
        return records


def refuse_unless_ndjson(block: bytes, file: str) -> None:
    """Refuse JSON that goes over several lines."""
    try:
        json.loads(block.lstrip().split(b"\n", 1)[0])
    except ValueError as error:
        raise RefusedFile(
            "is JSON over several lines; FHIR is read as NDJSON, one resource a line", file=file
        ) from error


def _records(resource: Mapping[str, Any]) -> Iterator[Record]:
    """Records of one resource; none for types that are not read."""
    kind = resource.get("resourceType")
    if kind == "Observation":
        yield from _observation(resource)
    elif kind == "Patient":
        yield {
            "resource": "Patient",
            "patient_id": str(resource.get("id", "")),
            "sex": str(resource.get("gender", "")),
            "birth_date": str(resource.get("birthDate", "")),
        }
    elif kind in ("Procedure", "MedicationAdministration"):
        yield from _event(str(kind), resource)
    elif kind == "ImagingStudy":
        yield _imaging(resource)


def _observation(o: Mapping[str, Any]) -> Iterator[Record]:
    """One record a result: the observation's own, and one a component."""
    categories = {c.get("code") for group in o.get("category", ()) for c in group.get("coding", ())}
    if categories and "laboratory" not in categories:
        return
    common = {
        "resource": "Observation",
        "patient_id": _id(o.get("subject")),
        "time": _time(o),
        "status": str(o.get("status", "")),
        "specimen_id": _id(o.get("specimen")),
        "lab": next((str(p["display"]) for p in o.get("performer", ()) if p.get("display")), ""),
        "method": _text(o.get("method")),
    }
    components = o.get("component", ())
    if any(k.startswith("value") for k in o) or not components:
        yield {**common, "test": _test(o.get("code")), **_value(o), **_range(o)}
    for part in components:
        yield {**common, "test": _test(part.get("code")), **_value(part), **_range(part)}


def _value(o: Mapping[str, Any]) -> Record:
    quantity = o.get("valueQuantity")
    if quantity is not None:
        unit = quantity.get("code") if quantity.get("system") == _UCUM else None
        return {
            "value": str(quantity.get("value", "")),
            "comparator": str(quantity.get("comparator", "")),
            "unit": str(unit or quantity.get("unit") or quantity.get("code") or ""),
        }
    for key in ("valueString", "valueInteger", "valueDecimal"):
        if key in o:
            return {"value": str(o[key])}
    if "valueCodeableConcept" in o:
        return {"value": _text(o["valueCodeableConcept"])}
    return {"value": _text(o.get("dataAbsentReason"))}


def _range(o: Mapping[str, Any]) -> Record:
    """Limits of the first range that is of normal and for everybody."""
    for r in o.get("referenceRange", ()):
        types = {c.get("code") for c in (r.get("type") or {}).get("coding", ())}
        if r.get("appliesTo") or (types and "normal" not in types):
            continue
        return {"lln": str((r.get("low") or {}).get("value", "")), "uln": str((r.get("high") or {}).get("value", ""))}
    return {}


def _event(kind: str, e: Mapping[str, Any]) -> Iterator[Record]:
    start, end = _period(e)  # the end of a procedure is not the end of its stent, so it is not taken
    dose = ((e.get("dosage") or {}).get("dose") or {}) if kind == "MedicationAdministration" else {}
    name = _text(e.get("code") if kind == "Procedure" else e.get("medicationCodeableConcept"))
    yield {
        "resource": kind if e.get("status") not in _NOT_HAPPENED else f"{kind} that did not happen",
        "patient_id": _id(e.get("subject")),
        "name": name,
        "time": start,
        "end": end if kind == "MedicationAdministration" else "",
        "dose": str(dose.get("value", "")),
        "dose_unit": str(dose.get("unit") or dose.get("code") or ""),
        "detail": _text(next(iter(e.get("bodySite", ())), None)) if kind == "Procedure" else "",
    }


def _imaging(s: Mapping[str, Any]) -> Record:
    modalities = [str(m.get("code", "")) for m in s.get("modality", ())]
    modalities += [str((series.get("modality") or {}).get("code", "")) for series in s.get("series", ())]
    known = [m for m in modalities if synonyms.modality_of(m)]
    return {
        "resource": "ImagingStudy" if s.get("status") not in _NOT_HAPPENED else "ImagingStudy that did not happen",
        "patient_id": _id(s.get("subject")),
        "time": str(s.get("started", "")),
        "modality": (known or modalities or [""])[0],
        "detail": str(s.get("description", "")),
    }


def _period(e: Mapping[str, Any]) -> tuple[str, str]:
    """Start and end; what happened at one moment ends when it begins."""
    for key in ("performedPeriod", "effectivePeriod", "occurrencePeriod"):
        if key in e:
            return str(e[key].get("start", "")), str(e[key].get("end", ""))
    for key in ("performedDateTime", "effectiveDateTime", "occurrenceDateTime"):
        if key in e:
            return str(e[key]), str(e[key])
    return "", ""


def _time(o: Mapping[str, Any]) -> str:
    if "effectivePeriod" in o:
        return str(o["effectivePeriod"].get("start", ""))
    return str(o.get("effectiveDateTime") or o.get("effectiveInstant") or "")


def _test(concept: Any) -> str:
    """The LOINC code that is known, else the first name that is, else whatever is said."""
    codings: Iterable[Mapping[str, Any]] = (concept or {}).get("coding", ())
    loinc = [str(c.get("code", "")) for c in codings if c.get("system") == _LOINC]
    known = [code for code in loinc if synonyms.analyte_of(code)]
    if loinc:
        return (known or loinc)[0]
    said = [_text(concept), *(str(c.get("display", "")) for c in codings), *(str(c.get("code", "")) for c in codings)]
    return next((w for w in said if synonyms.analyte_of(w)), next((w for w in said if w), ""))


def _text(concept: Any) -> str:
    if not concept:
        return ""
    said = [concept.get("text"), *(c.get("display") or c.get("code") for c in concept.get("coding", ()))]
    return str(next((w for w in said if w), ""))


def _id(reference: Any) -> str:
    """``Patient/123`` as ``123``; an address keeps its last part."""
    return str((reference or {}).get("reference", "")).rsplit("/", 1)[-1].removeprefix("urn:uuid:")
