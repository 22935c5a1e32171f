"""FHIR: what each kind of record becomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from analytics.ingest import synonyms
from analytics.ingest.claims import Columns, Format, Parts, Rows, Stateless
from analytics.ingest.demographics import own_rows
from analytics.ingest.dictionary import Coded
from analytics.ingest.events import events, imaging
from analytics.ingest.formats.sdtm_events import procedure_kind
from analytics.ingest.labs import Claims, understand
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.reading.csv_exact import Chunk
from analytics.ingest.reading.fhir_ndjson import COLUMNS

_LAB = {
    "patient_id": "patient_id", "analyte": "test", "collected_at": "time", "value": "value", "unit": "unit",
    "raw_value": "raw_value", "lln": "lln", "uln": "uln", "status": "status", "specimen_id": "specimen_id",
    "lab": "lab", "method": "method", "version": "version", "issued_at": "issued",
}  # fmt: skip
_EVENT = {
    "patient_id": "patient_id", "kind": "kind", "name": "name", "start_date": "time", "end_date": "end", "dose": "dose",
    "unit": "dose_unit", "detail": "detail",
}  # fmt: skip
_EVENTS = (
    "Procedure", "MedicationAdministration", "MedicationStatement", "MedicationUsage", "MedicationDispense", "Death",
)  # fmt: skip
_SCAN = {"patient_id": "patient_id", "date": "time", "modality": "modality", "detail": "detail"}
_PERSON = {"patient_id": "patient_id", "sex": "sex", "birth_date": "birth_date"}


class Fhir(Stateless):
    """Records made by analytics.ingest.reading.fhir_ndjson."""

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        parts = Parts(results=len(chunk))
        kinds = chunk.columns[0]
        words = kinds.list()
        for kind in dict.fromkeys(words):
            rows = np.flatnonzero(kinds.spread(np.array([w == kind for w in words], bool)))
            if kind == "Observation":
                self._labs(rows, chunk, held, parts)
            elif kind in _EVENTS:
                self._events(kind, rows, chunk, held, parts)
            elif kind == "ImagingStudy":
                get = _pick(chunk, _SCAN, rows)
                parts.imaging += imaging(get, _SCAN, rows, chunk, self.context, held).imaging
            elif kind == "Patient":
                own = Chunk([], chunk.line[rows], _raw(chunk, rows))
                parts.patients.append(
                    own_rows(_pick(chunk, _PERSON, rows), own, self.context.profile, self.context.rule, held)
                )
            else:
                parts.ignored[kind] += len(rows)
        return parts

    def _labs(self, rows: Rows, chunk: Chunk, held: HeldRows, parts: Parts) -> None:
        claims = Claims(rows, _pick(chunk, _LAB, rows), _LAB)
        understood = understand(claims, chunk, self.context.profile, self.context.rule, held)
        parts.labs.append(understood.labs)
        parts.ignored += Counter(understood.ignored)

    def _events(self, kind: str, rows: Rows, chunk: Chunk, held: HeldRows, parts: Parts) -> None:
        get = _pick(chunk, _EVENT, rows)
        own = self.context.profile.kind_names
        if kind == "Procedure":
            said = [own.get(synonyms.folded(w)) or procedure_kind(w) for w in get["name"].list()]
            get["kind"] = Coded(get["name"].codes, pa.array(said, pa.string()))
        else:
            pairs = [
                own.get(synonyms.folded(n)) or k for n, k in zip(_texts(get["name"]), _texts(get["kind"]), strict=True)
            ]
            get["kind"] = Coded.of(np.array(pairs, dtype=object))
        parts.events += events(get, _EVENT, rows, chunk, self.context, held).events


def _texts(column: Coded) -> list[str]:
    words = column.list()
    return [words[c] for c in column.codes]


def _pick(chunk: Chunk, roles: dict[str, str], rows: Rows) -> dict[str, Coded]:
    return {role: chunk.columns[COLUMNS.index(name)].take(rows) for role, name in roles.items()}


def _raw(chunk: Chunk, rows: Rows) -> Callable[[int], str]:
    return lambda i: chunk.raw(int(rows[i]))


def fits(columns: Columns, profile: Profile) -> bool:
    """Whether the records were made from FHIR resources."""
    return columns.names == COLUMNS


FORMATS = (Format("fhir", "labs", "FHIR resources", 1, fits, Fhir),)
