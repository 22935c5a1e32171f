"""cBioPortal timeline files: days since the source's own day 0; treatments, surgery, status and laboratory tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.ingest import synonyms
from analytics.ingest.claims import Columns, Context, Format, Parts, Rows, Stateless
from analytics.ingest.demographics import side_rows
from analytics.ingest.dictionary import Coded
from analytics.ingest.events import events
from analytics.ingest.formats.sdtm_events import procedure_kind
from analytics.ingest.labs import Claims, understand
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.reading.csv_exact import Chunk

_NAMES = (
    "AGENT",
    "TREATMENT",
    "PROCEDURE_TYPE",
    "SURGERY_TYPE",
    "SUBTYPE",
    "TREATMENT_SUBTYPE",
    "TREATMENT_TYPE",
    "STATUS",
)
_UNITS = ("LR_UNIT_MEASURE", "UNIT", "UNITS")


class Timeline(Stateless):
    """One timeline file; the event type says what a row is."""

    def __init__(self, context: Context):
        super().__init__(replace(context, rule=replace(context.rule, clock="study_day")))
        self.roles = {"patient_id": "PATIENT_ID", "start_date": "START_DATE", "kind": "EVENT_TYPE"}
        context.notes.append("times are days since the source's own day 0")

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        event_type = self._column(chunk, "EVENT_TYPE")
        folded = [synonyms.folded(w) for w in event_type.list()]
        is_test = event_type.spread(np.array([w in ("lab test", "labtest", "lab") for w in folded], bool))
        parts = Parts(results=len(chunk))
        if is_test.any():
            self._tests(np.flatnonzero(is_test), chunk, held, parts)
        if not is_test.all():
            self._events(np.flatnonzero(~is_test), chunk, held, parts)
        return parts

    def _tests(self, rows: Rows, chunk: Chunk, held: HeldRows, parts: Parts) -> None:
        sources = {"patient_id": "PATIENT_ID", "analyte": "TEST", "collected_at": "START_DATE", "value": "RESULT"}
        unit = next((u for u in _UNITS if u in self.context.columns), None)
        if unit:
            sources["unit"] = unit
        absent = Coded.constant("", len(rows))
        get = {
            role: self._column(chunk, name).take(rows) if name in self.context.columns else absent
            for role, name in sources.items()
        }
        understood = understand(Claims(rows, get, sources), chunk, self.context.profile, self.context.rule, held)
        people = side_rows(get, understood.clocks, self.context.profile, self.context.rule, self.context.file)
        parts.labs.append(understood.labs)
        parts.patients.append(people)
        parts.uncounted += len(people)
        parts.ignored += understood.ignored

    def _events(self, rows: Rows, chunk: Chunk, held: HeldRows, parts: Parts) -> None:
        texts = {n: self._column(chunk, n).take(rows) for n in _NAMES if n in self.context.columns}
        nulls = self.context.profile.nulls
        types = self._column(chunk, "EVENT_TYPE").take(rows)
        name, kind = [], []
        for i in range(len(rows)):
            said = [t for c in texts.values() if (t := c.at(i)) not in nulls]
            name.append(said[0] if said else types.at(i))
            kind.append(self._kind(types.at(i), [*said, name[-1]]))
        get = {
            "patient_id": self._column(chunk, "PATIENT_ID").take(rows),
            "start_date": self._column(chunk, "START_DATE").take(rows),
            "end_date": self._column(chunk, "STOP_DATE").take(rows) if "STOP_DATE" in self.context.columns else None,
            "kind": Coded.of(kind),
            "name": Coded.of(name),
        }
        made = events(
            {r: c for r, c in get.items() if c is not None},
            {"patient_id": "PATIENT_ID", "start_date": "START_DATE", "end_date": "STOP_DATE", "kind": "EVENT_TYPE"},
            rows,
            chunk,
            self.context,
            held,
        )
        parts.events += made.events
        parts.patients += made.patients
        parts.uncounted += made.uncounted

    def _kind(self, event_type: str, said: list[str]) -> str:
        """Kind of an event from its type and the words beside."""
        words = [synonyms.folded(w) for w in (event_type, *said)]
        if words[0] == "treatment":
            radiation = any("radiation" in w for w in words)
            return "radiation" if radiation else next((k for w in said if (k := self._exact(w))), "systemic")
        if words[0] in ("surgery", "procedure"):
            return next((k for w in said if (k := procedure_kind(w)) != "other"), "other")
        return self._exact(event_type) or "other"

    def _exact(self, word: str) -> str:
        return synonyms.kind_of(word, self.context.profile.kind_names)

    def _column(self, chunk: Chunk, name: str) -> Coded:
        return chunk.columns[self.context.columns.index(name)]


def fits(columns: Columns, profile: Profile) -> bool:
    """Whether the header is of a timeline file."""
    return columns.has("PATIENT_ID", "START_DATE", "EVENT_TYPE") and ("STOP_DATE" in columns or "TEST" in columns)


FORMATS = (Format("cbioportal", "events", "cBioPortal timeline, days since day 0", 15, fits, Timeline),)
