"""OMOP CDM: measurement as results; drug_exposure and procedure_occurrence as events where they treat the tumour.

The test is what the source calls it where that is known, else the standard concept. Only concepts are listed of which
the number is certain; where both are known and differ, the row is quarantined.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa

from analytics.analytes import ANALYTES
from analytics.ingest import agents, synonyms
from analytics.ingest.claims import Columns, Context, Format, Parts, Stateless, paired, pick, tell_unread
from analytics.ingest.dictionary import Coded
from analytics.ingest.events import events
from analytics.ingest.formats.long import results
from analytics.ingest.formats.sdtm_events import procedure_kind
from analytics.ingest.named_twice import CONTRADICTS
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.reading.csv_exact import Chunk
from analytics.units import unit_of

_CONCEPTS: Mapping[str, str] = {
    "3006923": "ALT", "3013721": "AST", "3035995": "ALP", "3024128": "BILI", "3024561": "ALB", "3022217": "INR",
    "3024929": "PLAT", "3026910": "GGT", "3016723": "CREAT", "3019550": "SODIUM", "3023103": "K", "3000963": "HGB",
    "3000905": "WBC", "3004501": "GLUC", "3013682": "UREAN", "3020630": "PROT",
}  # fmt: skip
"""Standard concepts of tests that are followed here (OHDSI vocabularies, recalled; the source's word goes before)."""
_UNITS: Mapping[str, str] = {
    "8645": "U/L", "8840": "mg/dL", "8713": "g/dL", "8842": "ng/mL", "8848": "10*3/uL", "8753": "mmol/L",
    "8749": "umol/L", "8636": "g/L", "9444": "10*9/L", "8554": "%", "8555": "s", "8923": "[IU]/L",
}  # fmt: skip
"""Standard concepts of units (OHDSI vocabularies, recalled)."""
_LAB = {
    "patient_id": "person_id", "value": "value_as_number", "told": "value_source_value",
    "comparator": "operator_concept_id", "lln": "range_low", "uln": "range_high",
}  # fmt: skip
_TEST, _CONCEPT = "measurement_source_value", "measurement_concept_id"


class Measurement(Stateless):
    """Table measurement."""

    def __init__(self, context: Context):
        super().__init__(replace(context, profile=replace(context.profile, ignore_unknown=True)))
        columns = context.columns
        self.roles = {r: c for r, c in _LAB.items() if c in columns}
        self.roles |= {"analyte": _TEST if _TEST in columns else _CONCEPT}
        date = [c for c in ("measurement_datetime", "measurement_date") if c in columns]
        self.roles["collected_at"] = date[0]
        if "unit_source_value" in columns or "unit_concept_id" in columns:
            self.roles["unit"] = "unit_source_value" if "unit_source_value" in columns else "unit_concept_id"
        read = (_CONCEPT, "measurement_date", "measurement_time", "unit_concept_id")
        tell_unread(context, self.roles, read)

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        columns, nulls = self.context.columns, self.context.profile.nulls
        get = pick(chunk, columns, self.roles)
        own = self.context.profile.analyte_names
        concept = chunk.columns[columns.index(_CONCEPT)]
        get["analyte"] = paired(get["analyte"], concept, lambda word, number: _test(word, number, own))
        if "unit" in get and "unit_concept_id" in columns:
            number = chunk.columns[columns.index("unit_concept_id")]
            get["raw_unit"] = get["unit"]
            get["unit"] = paired(get["unit"], number, lambda w, n: _unit(w, n, nulls))
        if "measurement_date" in columns and self.roles["collected_at"] != "measurement_date":
            day = chunk.columns[columns.index("measurement_date")]
            get["collected_at"] = paired(get["collected_at"], day, lambda t, d: d if t in nulls else t)
        return results(get, self.roles, chunk, self.context, held)


def _test(word: str, number: str, own: Mapping[str, str]) -> str:
    """Name of a test from the source's word and the concept; both, and so none that is known, where they differ."""
    said, meant = synonyms.analyte_of(word, own), _CONCEPTS.get(number, "")
    if said and meant and said != meant:
        return f"concept {number}{CONTRADICTS}{word}"
    return word if said or not meant else meant


def _unit(word: str, number: str, nulls: frozenset[str]) -> str:
    """The source's unit where some test has it, else the concept's."""
    known = word not in nulls and any(not unit_of(code, word).reason for code in ANALYTES)
    return word if known else _UNITS.get(number, word)


class Drugs(Stateless):
    """Table drug_exposure: what is known to treat the tumour; all other drugs are left out, counted."""

    roles: Mapping[str, str] = {
        "patient_id": "person_id", "name": "drug_source_value", "start_date": "drug_exposure_start_date",
        "end_date": "drug_exposure_end_date",
    }  # fmt: skip
    left_out = "drug not known as a treatment of the tumour"

    def kind(self, word: str) -> str:
        """Kind of event; empty where the row is left out."""
        return synonyms.kind_of(word, self.context.profile.kind_names) or agents.kind_of(word)

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        get = pick(chunk, self.context.columns, {r: c for r, c in self.roles.items() if c in self.context.columns})
        kinds = [self.kind(w) for w in get["name"].list()]
        kept = np.flatnonzero(get["name"].spread(np.array([bool(k) for k in kinds], bool)))
        own = {r: c.take(kept) for r, c in get.items()}
        own["kind"] = Coded(own["name"].codes, pa.array(kinds, pa.string()))
        parts = events(own, self.roles, kept, chunk, self.context, held)
        parts.results = len(chunk)
        parts.ignored[self.left_out] += len(chunk) - len(kept)
        return parts


class Procedures(Drugs):
    """Table procedure_occurrence."""

    roles: Mapping[str, str] = {
        "patient_id": "person_id", "name": "procedure_source_value", "start_date": "procedure_date",
    }  # fmt: skip
    left_out = "procedure not known as a treatment of the liver"

    def kind(self, word: str) -> str:
        """Kind of procedure; empty where the row is left out."""
        own = synonyms.kind_of(word, self.context.profile.kind_names)
        found = own or procedure_kind(word)
        return found if own or found != "other" else ""


def _measurement(columns: Columns, profile: Profile) -> bool:
    dated = "measurement_datetime" in columns or "measurement_date" in columns
    return dated and columns.has("person_id", _CONCEPT, "value_as_number") and not profile.columns


def _drugs(columns: Columns, profile: Profile) -> bool:
    return columns.has("person_id", "drug_exposure_start_date", "drug_source_value")


def _procedures(columns: Columns, profile: Profile) -> bool:
    return columns.has("person_id", "procedure_date", "procedure_source_value")


FORMATS = (
    Format("omop_measurement", "labs", "OMOP CDM measurement, one row a result", 21, _measurement, Measurement),
    Format("omop_drug_exposure", "events", "OMOP CDM drug_exposure, one drug a row", 22, _drugs, Drugs),
    Format("omop_procedure", "events", "OMOP CDM procedure_occurrence, one a row", 23, _procedures, Procedures),
)
