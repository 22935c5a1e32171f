"""eICU lab.csv: one row a result, minutes from unit admission; text results beside the numbers.

The patient is the unit stay. The unit is the one that was sent (interface), else the house's own.
"""

from __future__ import annotations

import numpy as np

from analytics.ingest.claims import Columns, Context, Format, Parts, Stateless, pick
from analytics.ingest.dictionary import Coded
from analytics.ingest.formats.long import results
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.reading.csv_exact import Chunk

ROLES = {
    "patient_id": "patientunitstayid",
    "analyte": "labname",
    "collected_at": "labresultoffset",
    "value": "labresult",
    "raw_value": "labresulttext",
    "unit": "labmeasurenameinterface",
}


class Eicu(Stateless):
    """eICU lab.csv."""

    def __init__(self, context: Context):
        from dataclasses import replace

        super().__init__(replace(context, rule=replace(context.rule, clock="minutes")))

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk: the text is read where there is no number."""
        get = pick(chunk, self.context.columns, ROLES)
        get["value"] = _either(get["value"], get["raw_value"])
        if "labmeasurenamesystem" in self.context.columns:
            system = chunk.columns[self.context.columns.index("labmeasurenamesystem")]
            get["raw_unit"], get["unit"] = get["unit"], _either(get["unit"], system)
        return results(get, ROLES, chunk, self.context, held)


def _either(first: Coded, second: Coded) -> Coded:
    """The first text, or the second where the first is blank."""
    blank = first.spread(np.array([w == "" for w in first.list()], bool))
    texts = np.array([*first.list(), *second.list()], dtype=object)
    return Coded.of(texts[np.where(blank, second.codes + len(first.words), first.codes)])


def fits(columns: Columns, profile: Profile) -> bool:
    """Whether the header is of eICU's lab.csv."""
    return columns.has(*ROLES.values())


FORMATS = (Format("eicu", "labs", "eICU lab.csv, minutes from unit admission", 20, fits, Eicu),)
