"""ADaM ADLB: one analysis value a row; a sign in AVALC goes before the number in AVAL.

Derived rows (DTYPE) are left out; the unit stands in PARAM or in a column.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa

from analytics.ingest.claims import Columns, Context, Format, Parts, Stateless, paired, pick, tell_unread
from analytics.ingest.dictionary import Coded
from analytics.ingest.labs import Claims, understand
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.reading.csv_exact import Chunk

_UNIT = re.compile(r".*\(([^()]*)\)\s*")
_SOMETIMES = {
    "lln": ("ANRLO", "A1LO"), "uln": ("ANRHI", "A1HI"), "lab": ("LBNAM",), "unit": ("AVALU", "LBSTRESU"),
    "told": ("AVALC", "LBSTRESC", "LBORRES"), "fluid": ("LBSPEC",), "category": ("LBCAT", "PARCAT1"),
    "visit": ("AVISIT", "VISIT"), "sequence": ("LBSEQ", "ASEQ"),
}  # fmt: skip


class Adlb(Stateless):
    """ADaM ADLB."""

    def __init__(self, context: Context):
        super().__init__(context)
        columns = context.columns
        self.roles = {"patient_id": "USUBJID", "analyte": "PARAMCD", "value": "AVAL"}
        self.times = [c for c in ("ADTM", "ADT", "LBDTC") if c in columns]
        self.roles["collected_at"] = self.times[0]
        for role, names in _SOMETIMES.items():
            found = next((n for n in names if n in columns), None)
            if found:
                self.roles[role] = found
        tell_unread(context, self.roles, ("PARAM", "DTYPE", *self.times))

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        columns, profile = self.context.columns, self.context.profile
        get = pick(chunk, columns, self.roles)
        for other in self.times[1:]:  # a day without a time stands in ADT alone
            day = chunk.columns[columns.index(other)]
            get["collected_at"] = paired(get["collected_at"], day, lambda t, d: d if t in profile.nulls else t)
        if "unit" not in get and "PARAM" in columns:
            param = chunk.columns[columns.index("PARAM")]
            words = [m[1] if (m := _UNIT.fullmatch(w)) else "" for w in param.list()]
            get["unit"] = Coded(param.codes, pa.array(words, pa.string()))
        rows = np.arange(len(chunk))
        if "DTYPE" in columns:
            dtype = chunk.columns[columns.index("DTYPE")]
            rows = np.flatnonzero(dtype.spread(np.array([w in profile.nulls for w in dtype.list()], bool)))
        own = {role: column.take(rows) for role, column in get.items()}
        understood = understand(Claims(rows, own, self.roles), chunk, profile, self.context.rule, held)
        understood.ignored["derived row"] += len(chunk) - len(rows)
        return Parts(labs=[understood.labs], results=len(chunk), ignored=understood.ignored)


def fits(columns: Columns, profile: Profile) -> bool:
    """Whether the header is of ADLB."""
    return columns.has("USUBJID", "PARAMCD", "AVAL") and any(c in columns for c in ("ADTM", "ADT", "LBDTC"))


FORMATS = (Format("adam_adlb", "labs", "ADaM ADLB, one analysis value a row", 9, fits, Adlb),)
