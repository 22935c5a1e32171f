"""CDISC SDTM TR (tumour measurements) and RS (responses): one imaging report a visit, from one reader.

Several readers judge one scan. The one whose judgement was accepted (RSACPTFL, TRACPTFL) is taken, else the
investigator, else the first by name; ``detail`` says which. The others are counted as left out, never averaged.
The sum of target lesions is the sum over lesions of the diameter that was measured (LDIAM; LPERP for nodes); a lesion
that was not measured leaves the report without a sum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.errors import RefusedFile
from analytics.ingest.claims import Columns, Context, Format, Parts
from analytics.ingest.dictionary import Coded
from analytics.ingest.events import imaging
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.reading.csv_exact import Chunk


@dataclass(frozen=True)
class Row:
    """One record by column name, with its line."""

    cells: Mapping[str, str]
    line: int
    raw: str

    def get(self, name: str) -> str:
        """Text of a column, empty where it is absent or NA."""
        text = self.cells.get(name, "")
        return "" if text == "NA" else text


class _Domain:
    """Collects all rows; the whole file is needed to choose a reader of each visit."""

    prefix = ""

    def __init__(self, context: Context):
        self.context = context
        self.rows: list[Row] = []
        self.roles = {"patient_id": "USUBJID", "date": f"{self.prefix}DTC"}

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Keep the rows."""
        for i in range(len(chunk)):
            cells = {n: c.at(i) for n, c in zip(self.context.columns.names, chunk.columns, strict=True)}
            self.rows.append(Row(cells, int(chunk.line[i]), chunk.raw(i)))
        return Parts()

    def reader(self, row: Row) -> tuple[int, str, str]:
        """How much a reader counts, smaller first."""
        accepted = row.get(f"{self.prefix}ACPTFL") == "Y"
        who = row.get(f"{self.prefix}EVAL")
        return (0 if accepted else 1 if who == "INVESTIGATOR" else 2, who, row.get(f"{self.prefix}EVALID"))

    def visit(self, row: Row) -> tuple[str, ...]:
        """What one scan is."""
        return (row.get("USUBJID"), row.get(f"{self.prefix}DTC"), row.get("VISITNUM"), row.get("VISIT"))

    def said(self, row: Row) -> str:
        """Reader and visit in words."""
        rank, who, which = self.reader(row)
        reader = " ".join(w for w in (who.lower(), which.lower()) if w) or "not named"
        return f"{row.get('VISIT')}; reader: {reader}{' (accepted)' if rank == 0 else ''}"

    def chosen(self, rows: Sequence[Row]) -> tuple[list[list[Row]], int]:
        """Rows of the reader who counts, one list a visit; and how many rows of others are left out."""
        visits: dict[tuple[str, ...], dict[tuple[int, str, str], list[Row]]] = {}
        for row in rows:
            visits.setdefault(self.visit(row), {}).setdefault(self.reader(row), []).append(row)
        best = [readers[min(readers)] for readers in visits.values()]
        return best, len(rows) - sum(map(len, best))

    def reports(
        self, rows: Sequence[Row], columns: Mapping[str, Sequence[str]], ignored: Counter[str], held: HeldRows
    ) -> Parts:
        """Imaging reports that stand for some rows; everything else of the file is in ``ignored``."""
        n = len(rows)
        get = {
            "patient_id": Coded.of([r.get("USUBJID") for r in rows]),
            "date": Coded.of([r.get(f"{self.prefix}DTC") for r in rows]),
            **{role: Coded.of(list(texts)) for role, texts in columns.items()},
        }
        chunk = Chunk([], np.array([r.line for r in rows], np.int64), lambda i: rows[i].raw)
        parts = imaging(get, self.roles, np.arange(n), chunk, self.context, held) if n else Parts()
        parts.results, parts.ignored = len(self.rows), ignored
        return parts


class Responses(_Domain):
    """RS: overall response by visit."""

    prefix = "RS"

    def end(self, held: HeldRows) -> Parts:
        """One report a visit."""
        overall = [r for r in self.rows if r.get("RSTESTCD") in ("OVRLRESP", "OVRLRES")]
        best, others = self.chosen(overall)
        rows = [group[0] for group in best]
        ignored = Counter(
            {"not the overall response": len(self.rows) - len(overall), "another reader of the same scan": others}
        )
        ignored["the same reader twice"] = sum(len(g) - 1 for g in best)
        texts = [r.get("RSSTRESC") or r.get("RSORRES") for r in rows]
        detail = [f"{self.said(r)}; reported {t}" for r, t in zip(rows, texts, strict=True)]
        return self.reports(rows, {"response": texts, "detail": detail}, ignored, held)


class Measurements(_Domain):
    """TR: sum of target lesions by visit."""

    prefix = "TR"

    def end(self, held: HeldRows) -> Parts:
        """One report a visit."""
        targets = [
            r for r in self.rows if r.get("TRGRPID").startswith("TARGET") and r.get("TRTESTCD") in ("LDIAM", "LPERP")
        ]
        best, others = self.chosen(targets)
        ignored = Counter(
            {"no size of a target lesion": len(self.rows) - len(targets), "another reader of the same scan": others}
        )
        ignored["part of a sum of target lesions"] = sum(len(g) - 1 for g in best)
        sums = [_sum(group) for group in best]
        detail = [f"{self.said(g[0])}; {len({r.get('TRLNKID') for r in g})} target lesions" for g in best]
        return self.reports([g[0] for g in best], {"target_sum_mm": sums, "detail": detail}, ignored, held)


def _sum(group: Sequence[Row]) -> str:
    """Sum of the diameters of one reader at one visit, empty where one is missing or not in mm."""
    lesions: dict[str, dict[str, Row]] = {}
    for row in group:
        lesions.setdefault(row.get("TRLNKID"), {})[row.get("TRTESTCD")] = row
    sizes = []
    for measured in lesions.values():
        row = measured.get("LDIAM") or measured["LPERP"]
        text = row.get("TRSTRESN") or row.get("TRORRES")
        if (row.get("TRSTRESU") or row.get("TRORRESU")) != "mm" or not text.replace(".", "", 1).isdigit():
            return ""
        sizes.append(float(text))
    return f"{sum(sizes):.2f}"


def _identification(context: Context) -> Responses:
    raise RefusedFile(
        "SDTM TU only names the lesions and has no dates; import TR for their sizes and RS for the response",
        file=context.file,
    )


def _fits_rs(columns: Columns, profile: Profile) -> bool:
    return columns.has("USUBJID", "RSTESTCD", "RSDTC")


def _fits_tr(columns: Columns, profile: Profile) -> bool:
    return columns.has("USUBJID", "TRTESTCD", "TRDTC", "TRGRPID")


def _fits_tu(columns: Columns, profile: Profile) -> bool:
    return columns.has("USUBJID", "TUTESTCD")


FORMATS = (
    Format("sdtm_rs", "imaging", "CDISC SDTM RS, responses", 16, _fits_rs, Responses),
    Format("sdtm_tr", "imaging", "CDISC SDTM TR, tumour measurements", 17, _fits_tr, Measurements),
    Format("sdtm_tu", "imaging", "CDISC SDTM TU, tumour identification", 18, _fits_tu, _identification),
)
