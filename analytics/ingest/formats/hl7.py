"""HL7 v2 results: one record an OBX."""

from __future__ import annotations

from analytics.ingest.claims import Columns, Context, Format, Parts, Stateless, pick
from analytics.ingest.formats.long import results
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.reading.csv_exact import Chunk
from analytics.ingest.reading.hl7v2 import HEADER

ROLES = {
    "patient_id": "patient_id", "analyte": "test", "collected_at": "time", "value": "value", "raw_value": "raw_value",
    "unit": "unit", "lln": "lln", "uln": "uln", "status": "status", "specimen_id": "specimen_id", "lab": "lab",
    "method": "method", "sex": "sex", "birth_date": "birth_date", "issued_at": "issued_at",
}  # fmt: skip
SOURCES = {
    "patient_id": "PID-3", "analyte": "OBX-3", "collected_at": "OBX-14", "value": "OBX-5", "raw_value": "OBX-5",
    "unit": "OBX-6", "lln": "OBX-7", "uln": "OBX-7", "status": "OBX-11",
}  # fmt: skip
"""Where a cell comes from, for messages."""


class Hl7(Stateless):
    """Records made by analytics.ingest.reading.hl7v2."""

    def __init__(self, context: Context):
        super().__init__(context)
        self.roles = ROLES

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        get = pick(chunk, self.context.columns, self.roles)
        return results(get, {**ROLES, **SOURCES}, chunk, self.context, held)


def fits(columns: Columns, profile: Profile) -> bool:
    """Whether the records were made from HL7 v2 segments."""
    return columns.names == HEADER.names


FORMATS = (Format("hl7", "labs", "HL7 v2 results, one an OBX segment", 2, fits, Hl7),)
