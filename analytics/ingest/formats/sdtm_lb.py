"""CDISC SDTM LB: one row a result. The number is the standard result where there is one, else the one as reported.

Both carry their own unit and limits: a result like ``<0.2`` has no standard number and keeps unit and limits of the
report. A sign in LBSTRESC or LBORRES goes before a filled LBSTRESN, which is then the limit of detection or a part of
it. Where one of the two has limits and the other has none, that one is read. ``raw_value`` and ``raw_unit`` are always
as reported. Draws of one day without a time are told apart by LBREFID, else by VISIT and LBSEQ.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from analytics.ingest.claims import Columns, Context, Format, Parts, Rows, Stateless, tell_unread
from analytics.ingest.demographics import side_rows
from analytics.ingest.dictionary import Coded
from analytics.ingest.labs import Claims, understand
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.reading.csv_exact import Chunk
from analytics.ingest.value_parts import is_signed

_ALWAYS = {"patient_id": "USUBJID", "analyte": "LBTESTCD", "collected_at": "LBDTC"}
_SOMETIMES = {
    "lab": "LBNAM", "method": "LBMETHOD", "specimen_id": "LBREFID", "fluid": "LBSPEC", "category": "LBCAT",
    "visit": "VISIT", "sequence": "LBSEQ",
}  # fmt: skip
_REPORTED = {"value": "LBORRES", "unit": "LBORRESU", "lln": "LBORNRLO", "uln": "LBORNRHI"}
_STANDARD = {"value": "LBSTRESN", "unit": "LBSTRESU", "lln": "LBSTNRLO", "uln": "LBSTNRHI"}


_STANDARD_TEXT = {**_STANDARD, "value": "LBSTRESC"}


class LB(Stateless):
    """SDTM LB."""

    def __init__(self, context: Context):
        super().__init__(context)
        roles = {**_ALWAYS, **_SOMETIMES, **_REPORTED, **_STANDARD}
        self.roles = {r: c for r, c in roles.items() if c in context.columns}
        tell_unread(context, self.roles, (*_REPORTED.values(), *_STANDARD.values(), "LBSTRESC", "LBSTAT"))

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        has_standard = np.zeros(len(chunk), bool)
        if self.context.columns.has("LBSTRESN", "LBSTRESU"):
            standard = self._column(chunk, "LBSTRESN")
            filled = np.array([w not in self.context.profile.nulls for w in standard.list()], bool)
            has_standard = standard.spread(filled)
        reported = self._signed(chunk, "LBORRES")
        text = np.zeros(len(chunk), bool)
        standard_limits = self._limited(chunk, _STANDARD) & ~self._limited(chunk, _REPORTED)
        if self.context.columns.has("LBSTRESC", "LBSTRESU"):
            text = self._signed(chunk, "LBSTRESC") & (~reported | standard_limits)
        has_standard &= ~text & ~reported & ~(self._limited(chunk, _REPORTED) & ~self._limited(chunk, _STANDARD))
        parts = Parts(results=len(chunk))
        for roles, which in ((_STANDARD, has_standard), (_STANDARD_TEXT, text), (_REPORTED, ~has_standard & ~text)):
            rows = np.flatnonzero(which)
            if len(rows):
                self._results(roles, rows, chunk, held, parts)
        return parts

    def _limited(self, chunk: Chunk, roles: dict[str, str]) -> npt.NDArray[np.bool_]:
        """Where a result has a limit of its own: as reported, or in the standard unit."""
        found = np.zeros(len(chunk), bool)
        for name in (roles["lln"], roles["uln"]):
            if name in self.context.columns:
                column = self._column(chunk, name)
                found |= column.spread(np.array([w not in self.context.profile.nulls for w in column.list()], bool))
        return found

    def _signed(self, chunk: Chunk, name: str) -> npt.NDArray[np.bool_]:
        """Where a column's text begins with a comparator."""
        if name not in self.context.columns:
            return np.zeros(len(chunk), bool)
        column = self._column(chunk, name)
        return np.asarray(column.spread(np.array([is_signed(w) for w in column.list()], bool)), dtype=bool)

    def _results(
        self,
        roles: dict[str, str],
        rows: Rows,
        chunk: Chunk,
        held: HeldRows,
        parts: Parts,
    ) -> None:
        context = self.context
        sources = {r: c for r, c in {**_ALWAYS, **_SOMETIMES, **roles}.items() if c in context.columns}
        get = {role: self._column(chunk, name).take(rows) for role, name in sources.items()}
        if "LBORRES" in context.columns:
            get["raw_value"] = self._reported(chunk).take(rows)
        if roles is _REPORTED and "raw_value" in get:
            get["value"] = get.pop("raw_value")
        if "LBORRESU" in context.columns:
            get["raw_unit"] = self._column(chunk, "LBORRESU").take(rows)
        understood = understand(Claims(rows, get, sources), chunk, context.profile, context.rule, held)
        people = side_rows(get, understood.clocks, context.profile, context.rule, context.file)
        parts.labs.append(understood.labs)
        parts.patients.append(people)
        parts.uncounted += len(people)
        parts.ignored += Counter(understood.ignored)

    def _reported(self, chunk: Chunk) -> Coded:
        """LBORRES, or why there is none (LBSTAT)."""
        reported = self._column(chunk, "LBORRES")
        if "LBSTAT" not in self.context.columns:
            return reported
        status = self._column(chunk, "LBSTAT")
        nulls = self.context.profile.nulls
        not_done = status.spread(np.array([w not in nulls for w in status.list()], bool))
        blank = reported.spread(np.array([w in nulls for w in reported.list()], bool))
        if not (not_done & blank).any():
            return reported
        codes = np.where(not_done & blank, status.codes + len(reported.words), reported.codes)
        return Coded.of(np.array([*reported.list(), *status.list()], dtype=object)[codes])

    def _column(self, chunk: Chunk, name: str) -> Coded:
        return chunk.columns[self.context.columns.index(name)]


def fits(columns: Columns, profile: Profile) -> bool:
    """Whether the header is of LB."""
    return columns.has(*_ALWAYS.values()) and ("LBORRES" in columns or "LBSTRESN" in columns)


FORMATS = (Format("sdtm_lb", "labs", "CDISC SDTM LB, one row a result", 10, fits, LB),)
