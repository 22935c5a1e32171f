"""FHIR resources as lines of JSON (NDJSON, or made of a Bundle) to records of fixed columns."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np

from analytics.errors import RefusedFile
from analytics.ingest.dictionary import Coded
from analytics.ingest.reading.csv_exact import CONTROL, Chunk, Header, Held
from analytics.ingest.reading.fhir_known import Known, resources
from analytics.ingest.reading.fhir_records import Reader
from analytics.ingest.reading.fhir_values import Record

COLUMNS = (
    "resource", "patient_id", "test", "time", "value", "raw_value", "unit", "lln", "uln", "status", "specimen_id",
    "lab", "method", "kind", "name", "end", "dose", "dose_unit", "sex", "birth_date", "modality", "detail",
    "version", "issued",
)  # fmt: skip
HEADER = Header(COLUMNS, "", 0, "")
MAX_JSON = 8 << 20
"""Bytes of one line or entry; a longer one (a picture, a document) is quarantined."""


class FhirSplitter:
    """Lines of JSON to records, with the same promises as the splitter of separated text.

    Args:
        file: for messages.
        known: what the file says of medicines, specimens, people and versions.
        notes: sentences on the file, added at its end.
        places: line in the file of each line that comes, where the lines were made of a document.
    """

    def __init__(
        self, file: str, known: Known | None = None, notes: list[str] | None = None, places: Sequence[int] = ()
    ):
        self.file, self.line = file, 0
        self._reader = Reader(known or Known())
        self._notes = notes if notes is not None else []
        self._places = places
        self._used = False
        self._ignored: Counter[str] = Counter()

    def chunk(self, block: bytes, bytes_read: int, *, last: bool) -> Chunk:
        """The records of one block."""
        rows: list[Record] = []
        numbers: list[int] = []
        raws: list[str] = []
        held: list[Held] = []
        ignored: Counter[str] = Counter()
        lines = block.split(b"\n")
        if not lines[-1]:
            lines.pop()
        for raw in lines:
            place = self._places[self.line] if self.line < len(self._places) else self.line + 1
            self.line += 1
            made = self._line(raw, place, held, ignored)
            rows += made
            numbers += [place] * len(made)
            raws += [raw[:4096].decode("utf-8", "replace")] * len(made)
        self._count(rows, held, ignored, last=last)
        columns = [Coded.of(np.array([r.get(c, "") for r in rows], dtype=object)) for c in COLUMNS]
        return Chunk(columns, np.array(numbers, np.int64), raws.__getitem__, held, ignored, bytes_read)

    def _count(self, rows: list[Record], held: list[Held], ignored: Counter[str], *, last: bool) -> None:
        """Refuse a file of which nothing was used, and say at the end what is to be said of it."""
        self._used = self._used or bool(rows or held)
        self._ignored.update(ignored)
        if not last:
            return
        if not self._used:
            why = "; ".join(f"{n:,} {reason}" for reason, n in self._ignored.most_common(8))
            raise RefusedFile(f"nothing in it is read: {why or 'it holds no resources'}", file=self.file)
        self._notes += self._reader.notes()

    def _line(self, raw: bytes, place: int, held: list[Held], ignored: Counter[str]) -> list[Record]:
        if not raw.strip():
            ignored["blank line"] += 1
            return []
        if len(raw) > MAX_JSON:
            said = f"the resource is longer than {MAX_JSON:,} bytes"
            held.append(Held(place, "FIELD_COUNT", said, "", raw[:4096].decode("utf-8", "replace")))
            return []
        fresh: Counter[str] = Counter()
        try:
            text = raw.decode("utf-8")
            said = json.loads(text, parse_float=str, parse_int=str)
            records = [r for one, at in resources(said) for r in self._reader.records(one, at, fresh)]
        except UnicodeDecodeError:
            held.append(
                Held(place, "ENC_INVALID", "the line is not UTF-8", "", raw.decode("utf-8", "backslashreplace"))
            )
            return []
        except (ValueError, RecursionError, AttributeError, TypeError, KeyError, IndexError) as error:
            held.append(Held(place, "FIELD_COUNT", f"the line is no FHIR resource: {error}", "", text[:4096]))
            return []
        if any(CONTROL.search(v) for r in records for v in r.values()):
            held.append(Held(place, "CONTROL_CHAR", "the resource has control characters", "", text[:4096]))
            return []
        ignored.update(fresh)
        return records
