"""What each FHIR resource becomes: records of fixed columns, or a reason why it is not read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from analytics.ingest import agents, fluids, synonyms
from analytics.ingest.reading.fhir_known import DELETED, Known, version_number
from analytics.ingest.reading.fhir_values import (
    Record,
    Resource,
    codings,
    first,
    limits_of,
    not_laboratory,
    periods,
    test,
    text,
    value,
    words,
)  # fmt: skip
from analytics.ingest.reading.range_texts import Unread

_NOT_HAPPENED = (
    "not-done", "entered-in-error", "preparation", "unknown", "cancelled", "stopped-before-start", "intended",
    "not-taken", "draft", "declined",
)  # fmt: skip
OLDER = "older version of the same resource"
CORRECTED_AGAIN = "corrected result that was corrected again later"
_LIVER_METASTASES = frozenset(("C78.7", "C787", "94381002", "197.7"))
_ROUTES = {
    "MedicationRequest": "an order is no treatment given",
    "MedicationKnowledge": "it says nothing of a person",
    "ServiceRequest": "an order is no result",
}


@dataclass
class Reader:
    """Makes records of resources and counts what it leaves out.

    Attributes:
        known: what the file says of medicines, specimens, people and versions.
        unread: ranges that could not be read.
        unnamed: medicines of which nothing says that they are cancer treatment.
        metastases: conditions that may date liver metastases.
    """

    known: Known
    unread: Unread = field(default_factory=Unread)
    unnamed: Counter[str] = field(default_factory=Counter)
    metastases: int = 0

    def records(self, resource: Resource, address: str, ignored: Counter[str]) -> list[Record]:
        """Records of one resource; where there are none, the reason is counted."""
        if not resource or resource.get("resourceType") == DELETED:
            ignored["entry without a resource"] += 1
            return []
        if self.known.is_deleted(resource):
            ignored["deleted by another entry of this file"] += 1
            return []
        if self.known.is_outdated(resource):
            ignored[OLDER] += 1
            return []
        if self.known.is_corrected_again(resource):
            ignored[CORRECTED_AGAIN] += 1
            return []
        own: list[Record] = []
        for made in self._records(resource, address):
            if isinstance(made, str):
                ignored[made] += 1
            else:
                own.append(made)
        return own

    def notes(self) -> list[str]:
        """Sentences on the file as a whole."""
        said = [self.unread.note()]
        if self.unnamed:
            few = ", ".join(list(self.unnamed)[:5])
            said.append(
                f"{self.unnamed.total()} entries of medicines are kept as other, because nothing says that they are "
                f'cancer treatment: {few}; a profile can: kinds."NAME" = "systemic"'
            )
        if self.metastases:
            said.append(
                f"{self.metastases} Conditions name liver metastases; their dates are not taken over: who knows the "
                "patient confirms them in a patients table (metastases_date)"
            )
        return [s for s in said if s]

    def _records(self, resource: Resource, address: str) -> Iterator[Record | str]:
        kind = str(resource.get("resourceType", ""))
        makers: Mapping[str, Callable[[Resource], Iterator[Record | str]]] = {
            "Observation": self._observation,
            "Procedure": self._procedure,
            "MedicationAdministration": self._medicine,
            "MedicationStatement": self._medicine,
            "MedicationUsage": self._medicine,
            "MedicationDispense": self._medicine,
            "ImagingStudy": self._imaging,
            "DiagnosticReport": self._report,
            "Condition": self._condition,
        }
        if kind == "Patient":
            yield from self._person(resource, address)
        elif kind in makers:
            yield from makers[kind](resource)
        elif kind in _ROUTES:
            yield f"{kind}: {_ROUTES[kind]}"
        elif kind in ("Medication", "Specimen"):
            yield f"{kind}: read with the resources that refer to it"
        else:
            yield f"resource {kind[:40] or 'without type'} is not read"

    # -- results ---------------------------------------------------------------------------------------------------

    def _observation(self, o: Resource) -> Iterator[Record | str]:
        """One record a result: the observation's own, and one a component."""
        fluid_words, number, collected = self.known.specimen(o.get("specimen"), o)
        fluid = fluids.other_than_blood(*fluid_words)
        common = {
            "resource": "Observation",
            "patient_id": self.known.patient(o.get("subject")),
            "time": _time(o) or collected,
            "status": str(o.get("status", "")),
            "specimen_id": number,
            "lab": next((str(p["display"]) for p in o.get("performer", ()) if p.get("display")), ""),
            "method": text(o.get("method")),
            "version": version_number(o),
            "issued": str(o.get("issued") or (o.get("meta") or {}).get("lastUpdated") or ""),
        }
        components = o.get("component", ())
        parts = list(components)
        if any(k.startswith("value") for k in o) or not components:
            parts.insert(0, o)
        for part in parts:
            name = test(part.get("code"))
            analyte = synonyms.analyte_of(name)
            reason = about_another(o) or not_laboratory(o, bool(analyte)) or (fluids.left_out(fluid) if fluid else "")
            if reason:
                yield reason
                continue
            own = value(part, analyte)
            yield {**common, "test": name, **own, **limits_of(part, own.get("unit", ""), analyte, self.unread)}

    # -- events ----------------------------------------------------------------------------------------------------

    def _procedure(self, e: Resource) -> Iterator[Record | str]:
        if e.get("status") in _NOT_HAPPENED:
            yield "Procedure that did not happen"
            return
        start, _ = periods(e)  # the end of a procedure is not the end of its stent, so it is not taken
        yield {
            "resource": "Procedure",
            "patient_id": self.known.patient(e.get("subject")),
            "name": text(e.get("code")),
            "time": start,
            "detail": text(first(e.get("bodySite", ()))),
        }

    def _medicine(self, e: Resource) -> Iterator[Record | str]:
        kind = str(e["resourceType"])
        if e.get("status") in _NOT_HAPPENED or (kind == "MedicationDispense" and e.get("status") == "on-hold"):
            yield f"{kind} that did not happen"
            return
        name, own = self.known.medicine(e)
        start, end = periods(e)
        if kind == "MedicationDispense":
            start = end = str(e.get("whenHandedOver") or e.get("whenPrepared") or "")
        kept = agents.kind_of(name, own) or agents.OTHER
        if kept == agents.OTHER:
            self.unnamed[name] += 1
        amount, unit, said = _dose(kind, e)
        yield {
            "resource": kind,
            "patient_id": self.known.patient(e.get("subject")),
            "kind": kept,
            "name": name,
            "time": start,
            "end": end,
            "dose": amount,
            "dose_unit": unit,
            "detail": said,
        }

    # -- scans -----------------------------------------------------------------------------------------------------

    def _imaging(self, s: Resource) -> Iterator[Record | str]:
        if s.get("status") in _NOT_HAPPENED:
            yield "ImagingStudy that did not happen"
            return
        said = [_code(m) for m in s.get("modality", ())]
        said += [_code(series.get("modality") or {}) for series in s.get("series", ())]
        known = [m for m in said if synonyms.modality_of(m)]
        yield {
            "resource": "ImagingStudy",
            "patient_id": self.known.patient(s.get("subject")),
            "time": str(s.get("started", "")),
            "modality": (known or said or [""])[0],
            "detail": str(s.get("description", "")),
        }

    def _report(self, r: Resource) -> Iterator[Record | str]:
        """The conclusion of an imaging report; results of laboratory reports are Observations of their own."""
        within = [
            c for c in r.get("contained", ()) if isinstance(c, Mapping) and c.get("resourceType") == "Observation"
        ]
        for one in within:
            inherited = {k: r[k] for k in ("subject", "effectiveDateTime", "effectivePeriod", "specimen") if k in r}
            if isinstance(inherited.get("specimen"), list):
                inherited["specimen"] = first(inherited["specimen"]) if len(inherited["specimen"]) == 1 else None
            if any(k.startswith("effective") for k in one):
                inherited = {k: v for k, v in inherited.items() if not k.startswith("effective")}
            yield from self._observation({**inherited, **one, "contained": r["contained"]})
        modality = _modality(r)
        conclusion = str(r.get("conclusion") or "")
        if r.get("status") in _NOT_HAPPENED:
            yield "DiagnosticReport that did not happen"
        elif not modality:
            yield (
                "DiagnosticReport of a laboratory: its results are read as Observations"
                if not conclusion
                else ("DiagnosticReport: a conclusion of no imaging is not read")
            )
        elif not conclusion:
            yield "DiagnosticReport of imaging without a conclusion"
        else:
            yield {
                "resource": "ImagingStudy",
                "patient_id": self.known.patient(r.get("subject")),
                "time": _time(r),
                "modality": synonyms.modality_of(modality) and modality,
                "detail": " ".join(conclusion.split()),
            }

    # -- people ----------------------------------------------------------------------------------------------------

    def _condition(self, c: Resource) -> Iterator[Record | str]:
        said = {str(coding.get("code", "")) for coding in codings(c.get("code"))}
        self.metastases += bool(said & _LIVER_METASTASES)
        yield "Condition: a diagnosis is no event here"

    def _person(self, p: Resource, address: str) -> Iterator[Record | str]:
        own = str(p.get("id", "")) or address.rsplit("/", 1)[-1].removeprefix("urn:uuid:")
        yield {
            "resource": "Patient",
            "patient_id": own,
            "sex": str(p.get("gender", "")),
            "birth_date": str(p.get("birthDate", "")),
        }
        if died := str(p.get("deceasedDateTime") or ""):
            yield {
                "resource": "Death",
                "patient_id": own,
                "kind": agents.OTHER,
                "name": "death, as recorded",
                "time": died,
                "end": died,
            }
        elif p.get("deceasedBoolean") is True:
            yield "Patient: deceased, without a date"


def _time(o: Resource) -> str:
    if isinstance(o.get("effectivePeriod"), Mapping):
        return str(o["effectivePeriod"].get("start", ""))
    return str(o.get("effectiveDateTime") or o.get("effectiveInstant") or "")


def _code(m: Resource) -> str:
    """Code of a Coding, or of a CodeableConcept as in R5."""
    return str(m.get("code") or next((c.get("code") for c in codings(m)), "") or "")


_RADIOLOGY = frozenset(
    ("rad", "imaging", "radiology", "lp29684-5", "lp29708-2", "394914008", "rus", "nmr", "nms", "cus")
)
_IN_NAMES = ("PET", "CT", "MRI", "MR", "US", "ultrasound", "X-ray")


def _modality(r: Resource) -> str:
    """Kind of scan of an imaging report; "imaging" where it is one of no kind that is told; else empty."""
    own = [w for group in r.get("category", ()) for w in words(group)]
    known = [w for w in own if synonyms.modality_of(w)]
    said = [w for part in words(r.get("code")) for w in part.replace("/", " ").replace("-", " ").split()]
    known += [w for w in said if w in _IN_NAMES and synonyms.modality_of(w)]
    if known:
        return known[0]
    return "imaging" if any(w.casefold() in _RADIOLOGY for w in own) else ""


def _dose(kind: str, e: Resource) -> tuple[str, str, str]:
    """Dose, its unit and what else is said of it."""
    if kind == "MedicationDispense":
        quantity, days = e.get("quantity") or {}, e.get("daysSupply") or {}
        parts = [f"{q.get('value', '')} {q.get('unit') or q.get('code') or ''}".strip() for q in (quantity, days)]
        return "", "", "; ".join(filter(None, ("dispensed", parts[0], parts[1] and f"for {parts[1]}")))
    dosage = e.get("dosage") or {}
    dosage = dosage if isinstance(dosage, Mapping) else first(dosage) or {}
    rates = dosage.get("doseAndRate", ())
    dose = dosage.get("dose") or (first(rates) or {}).get("doseQuantity") or {}
    said = str(dosage.get("text") or "")
    return str(dose.get("value", "")), str(dose.get("unit") or dose.get("code") or ""), said


def about_another(o: Resource) -> str:
    """Why an Observation is not of its subject, where its focus is another person (a donor, an unborn child)."""
    said = [str(f.get("reference") or f.get("type") or "") for f in o.get("focus", ()) if isinstance(f, Mapping)]
    subject = str((o.get("subject") or {}).get("reference") or "")
    others = [f for f in said if f != subject and _PERSON.search(f)]
    return "Observation about another person than its subject (focus)" if others else ""


_PERSON = re.compile(r"(^|/)(Patient|RelatedPerson|Person|Group)(/|$)")
