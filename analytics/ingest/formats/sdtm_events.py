"""CDISC SDTM EX (doses), PR (procedures), AE (adverse events) and DM (people)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa

from analytics.event_kinds import EVENT_KINDS
from analytics.ingest import synonyms
from analytics.ingest.claims import Columns, Context, Format, Parts, Reading, Stateless, every, pick
from analytics.ingest.demographics import own_rows
from analytics.ingest.dictionary import Coded
from analytics.ingest.events import events
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.reading.csv_exact import Chunk

EX = {
    "patient_id": "USUBJID",
    "name": "EXTRT",
    "start_date": "EXSTDTC",
    "end_date": "EXENDTC",
    "dose": "EXDOSE",
    "unit": "EXDOSU",
    "detail": "EXDOSFRQ",
}
AE = {"patient_id": "USUBJID", "name": "AETERM", "start_date": "AESTDTC", "end_date": "AEENDTC", "detail": "AESEV"}
PR = {"patient_id": "USUBJID", "name": "PRTRT", "start_date": "PRSTDTC", "end_date": "PRENDTC", "detail": "PRLOC"}
HISTORY = 1901
"""Adverse events and conditions may have begun long before treatment."""
DM = {"patient_id": "USUBJID", "sex": "SEX", "age": "AGE", "site": "SITEID"}


class _Domain(Stateless):
    """A domain of events whose kind is fixed or read from its words."""

    def __init__(self, context: Context, roles: Mapping[str, str], kind: Callable[[str], str]):
        super().__init__(context)
        self.roles = {r: c for r, c in roles.items() if c in context.columns}
        self.kind = kind

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        get = pick(chunk, self.context.columns, self.roles)
        if self.roles["name"] == "AETERM":
            self.context = replace(self.context, rule=replace(self.context.rule, earliest_year=HISTORY))
        words = [self.kind(w) for w in get["name"].list()]
        get["kind"] = Coded(get["name"].codes, pa.array(words, pa.string()))
        if self.roles["name"] == "PRTRT" and "end_date" in get:
            get["end_date"] = _ends(get)
        if "AETOXGR" in self.context.columns and "AETERM" in self.context.columns:
            get["grade"] = chunk.columns[self.context.columns.index("AETOXGR")]
        return events(get, self.roles, every(chunk), chunk, self.context, held)


def _ends(get: Mapping[str, Coded]) -> Coded:
    """Ends of procedures; the end of placing a stent or a drain is not the end of the stent, so it is left open."""
    lasts = np.array([EVENT_KINDS[k].lasts if k in EVENT_KINDS else False for k in get["kind"].list()], bool)
    ends = np.array(get["end_date"].list(), dtype=object)[get["end_date"].codes]
    ends[get["kind"].spread(lasts)] = ""
    return Coded.of(ends)


class People(Stateless):
    """DM: one person a row. Screen failures are people too; the note says how many."""

    def __init__(self, context: Context):
        super().__init__(context)
        self.context = replace(context, notes=context.notes)
        self.roles = {r: c for r, c in DM.items() if c in context.columns}
        self._failures = 0

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        columns = self.context.columns
        rows = own_rows(pick(chunk, columns, self.roles), chunk, self.context.profile, self.context.rule, held)
        if "ARMCD" in columns:
            arm = chunk.columns[columns.index("ARMCD")]
            failed = np.array([synonyms.folded(w) in ("scrnfail", "screen failure") for w in arm.list()], bool)
            self._failures += int(arm.spread(failed).sum())
        return Parts(patients=[rows], results=len(chunk))

    def end(self, held: HeldRows) -> Parts:
        """Say how many were never treated."""
        if self._failures:
            self.context.notes.append(f"{self._failures} of these people are screen failures without treatment")
        return Parts()


def procedure_kind(name: str) -> str:
    """Kind of a procedure by the words in its name; other where none says more."""
    text = f" {synonyms.folded(name)} "
    for kind, words in _PROCEDURES.items():
        if any(w in text for w in words):
            return kind
    return synonyms.kind_of(name) or "other"


_PROCEDURES: Mapping[str, tuple[str, ...]] = {
    "radioembolisation": ("radioemboli", " sirt ", " y90 ", "yttrium", " tare "),
    "embolisation": ("chemoemboli", " tace ", "embolization", "embolisation"),
    "biliary_stent": ("stent", " ercp "),
    "drainage": ("drainage", " ptbd ", " ptcd "),
    "ablation": ("ablation", " rfa ", " mwa "),
    "hepatectomy": ("hepatectomy", "liver resection", "hepatic resection", "segmentectomy of liver"),
    "transplant": ("liver transplant",),
    "radiation": ("radiotherapy", "radiation", " sbrt "),
}


def _domain(roles: Mapping[str, str], kind: Callable[[str], str]) -> Callable[[Context], Reading]:
    return lambda context: _Domain(context, roles, kind)


def _has(*needed: str) -> Callable[[Columns, Profile], bool]:
    return lambda columns, profile: columns.has(*needed)


FORMATS = (
    Format(
        "sdtm_ex", "events", "CDISC SDTM EX, doses", 11, _has("USUBJID", "EXTRT", "EXSTDTC"),
        _domain(EX, lambda _: "systemic"),
    ),
    Format(
        "sdtm_ae", "events", "CDISC SDTM AE, adverse events", 12, _has("USUBJID", "AETERM", "AESTDTC"),
        _domain(AE, lambda _: "adverse_event"),
    ),
    Format(
        "sdtm_pr", "events", "CDISC SDTM PR, procedures", 13, _has("USUBJID", "PRTRT", "PRSTDTC"),
        _domain(PR, procedure_kind),
    ),
    Format("sdtm_dm", "patients", "CDISC SDTM DM, people", 14, _has("USUBJID", "SEX", "RFSTDTC"), People),
)  # fmt: skip
