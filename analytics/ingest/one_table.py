"""One table, front to back: source, records, format, batches. One pass, bounded memory, counts that must add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import pandas as pd
import pyarrow as pa

from analytics.arrow import coded_schema_of
from analytics.errors import RefusedFile
from analytics.ingest import checksum_sidecar, formats, patient_ids
from analytics.ingest.claims import Columns, Context, Parts
from analytics.ingest.dictionary import BLANKS, distinct, used_words
from analytics.ingest.outcome import Batch, joined
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows, Remark
from analytics.ingest.reading import opening, packed
from analytics.ingest.reading.csv_exact import Chunk, Splitter, find_header, refuse_if_broken, split
from analytics.ingest.reading.csv_fast import FastSplitter
from analytics.ingest.reading.fhir_ndjson import FhirSplitter
from analytics.ingest.reading.hl7v2 import Hl7Splitter
from analytics.ingest.reading.source import Source
from analytics.ingest.times import TimeRule
from analytics.tables import EVENTS, IMAGING, LABS, PATIENTS, Table

Item = TypeVar("Item")
SHOWN = 20
"""Notes of one sort on a file."""
SAMPLED, SAMPLED_BYTES = 200, 256 << 10
"""Rows, and bytes, at the beginning of a file by which its format may be told."""
TOO_MANY = 0.5
"""A file is refused when more than this share of its rows has a wrong number of fields."""


class Stream:
    """A file being read: iterate :meth:`batches` once, to the end.

    Attributes:
        file: name without folders.
        profile, profile_digest: what was declared.
        table: what the file mainly holds.
        format: how it was recognised.
        notes: sentences on the file as a whole; complete at the end.
        size: bytes.
        on_progress: called after each batch with the bytes read and the size.
        on_stored: called while a store takes the results in, with how many of how many are stored.
    """

    def __init__(self, source: Source, profile: Profile, now: datetime | None = None):
        self._source, self._profile = source, profile
        self.file, self.profile, self.profile_digest = source.name, profile.name, profile.digest
        self.size = source.size
        self.notes: list[str] = []
        self.rows_in = self.results_in = 0
        self._chunk: Chunk | None = None
        self.on_progress: Callable[[int, int], None] = lambda done, size: None
        self.on_stored: Callable[[int, int], None] = lambda done, total: None
        self._blocks = source.blocks()
        self._wrong: Counter[str] = Counter()
        self._people = patient_ids.Named()
        self._remarks: dict[str, Remark] = {}
        try:
            self._first = next(self._blocks, b"")
            self._begin(_latest(now, profile.latest_year))
        except BaseException:
            source.close()
            raise

    def _begin(self, latest: int) -> None:
        profile = self._profile
        self._splitter: Splitter | FhirSplitter | Hl7Splitter
        structured = opening.splitter(self._source, self._first, self.notes)
        if structured is not None:
            self._header, self._splitter = structured
        else:
            lines = self._first[: 256 << 10].decode("utf-8", "replace").split("\n")[:400]
            self._header = find_header(lines, profile.skip_lines, profile.delimiter, self.file, profile.comment)
            self._splitter = FastSplitter(self._header, self.file, profile.skip_lines)
        columns = self._columns()
        rule = TimeRule(
            profile.dates,
            profile.clock,
            profile.zone,
            profile.partial_dates,
            profile.nulls,
            latest,
            profile.earliest_year,
        )
        beside = partial(packed.beside, self._source.path, self._source.inner)
        self._context = Context(columns, profile, rule, self.file, self.notes, beside)
        chosen = formats.recognise(columns, profile)
        self.format, self.table, self.says = chosen.name, chosen.table, chosen.says
        remarks = ("#", profile.comment or "#")
        above = [text for n, text in self._header.before.items() if n > profile.skip_lines]
        self._before = sum(not text.startswith(remarks) for text in above)
        self._note_head()
        self._reading = chosen.read(self._context)

    def _columns(self) -> Columns:
        """The header with the first entries below it."""
        names, sign = self._header.names, self._header.delimiter
        if not self._header.line:
            return Columns(names, self.file)
        text = self._first[:SAMPLED_BYTES].decode("utf-8", "replace").split("\n")
        lines, above = text[self._header.line : -1][:SAMPLED], text[: self._header.line - 1]
        rows = [r for t in lines if (r := split(t.rstrip("\r"), sign)) is not None and len(r) == len(names)]
        sample = tuple(tuple(cell.strip(BLANKS) for cell in column) for column in zip(*rows, strict=True))
        return Columns(names, self.file, sample, (*self._source.above, *filter(str.strip, above)))

    @property
    def names(self) -> tuple[str, ...]:
        """Columns of the file."""
        return self._header.names

    @property
    def roles(self) -> dict[str, str]:
        """Role to column, as far as the format tells."""
        return dict(getattr(self._reading, "roles", {}))

    @property
    def taken(self) -> str:
        """What the file was taken for, and by which of its columns."""
        shown = [f"{r.replace('_', ' ')} in {c!r}" for r, c in self.roles.items() if not r.startswith("result:")]
        tests = sum(r.startswith("result:") for r in self.roles)
        return ": ".join(
            filter(None, [self.says, ", ".join([*shown, *([f"{tests} columns of tests"] if tests else [])])])
        )

    def beginning(self, rows: int) -> Batch:
        """The first rows only, for a preview; the stream cannot be used afterwards."""
        lines = self._first.split(b"\n")
        whole = len(lines) <= rows + self._header.line
        few = self._first if whole else b"\n".join(lines[: rows + self._header.line]) + b"\n"
        self._chunk = self._splitter.chunk(few, 0, last=whole)
        batch = self._batch(self._chunk)
        return joined([batch, self._rest()])

    def examples(self, name: str, n: int = 4) -> tuple[str, ...]:
        """The first different entries of a column, after :meth:`beginning`."""
        index = self._header.names.index(name)
        if self._chunk is None or not len(self._chunk):
            return ()
        return tuple(w for w in self._chunk.columns[index].list() if w)[:n]

    def close(self) -> None:
        """Give the file back without reading on."""
        self._source.close()

    @property
    def sha256(self) -> str:
        """Hash of what was read; empty until the last batch was taken."""
        return self._source.sha256

    def batches(self) -> Iterator[Batch]:
        """Batches in file order; raises RefusedFile at any point, and then nothing may be kept of the file."""
        try:
            for chunk in one_ahead(self._made()):
                yield self._batch(chunk)
                self.on_progress(chunk.bytes_read, self.size)
            rest = self._rest()
            if rest.results_in or len(rest.quarantine):
                yield rest
            self._finish()
        finally:
            self._source.close()

    def _made(self) -> Iterator[Chunk]:
        """Chunks with the columns that will be asked for; the next lines are split in another thread meanwhile."""
        for chunk in one_ahead(self._chunks()):
            chunk.make_columns()
            yield chunk

    def _rest(self) -> Batch:
        """What a format tells only once it has seen all rows (of one scan, of one person)."""
        last = HeldRows(self.file)
        ended = _batch(self._reading.end(last), last, Counter(), 0, 0, self._source.position)
        self._remark(last)
        return ended

    def _chunks(self) -> Iterator[Chunk]:
        block: bytes | None = self._first
        while block is not None:
            following = next(self._blocks, None)
            yield self._splitter.chunk(block, self._source.position, last=following is None)
            block = following

    def _batch(self, chunk: Chunk) -> Batch:
        held = HeldRows(self.file)
        held.lines_of(chunk)
        if self._before:
            chunk.ignored["line above the header"] += self._before
            self._before = 0
        parts = self._reading.take(chunk, held)
        batch = _batch(parts, held, chunk.ignored, len(chunk), len(chunk.held), chunk.bytes_read)
        self.rows_in += batch.rows_in
        self.results_in += batch.results_in
        self._remark(held)
        self._wrong.update(h.reason for h in chunk.held)
        self._wrong["rows"] += len(chunk) + len(chunk.held)
        self._wrong["open end"] += bool(chunk.open_column)
        self._wrong["dates"] += held.count("DATE_AMBIGUOUS")
        self._wrong["accepted"] += batch.accepted
        self._people.take(used_words(batch.coded_labs.column("patient_id")))
        for frame in (batch.events, batch.imaging, batch.patients):
            if len(frame):
                self._people.take(distinct(frame["patient_id"]))
        return batch

    def _remark(self, held: HeldRows) -> None:
        for kind, said in held.remarks.items():
            known = self._remarks.get(kind)
            self._remarks[kind] = Remark(known.count + said.count, known.example, known.line) if known else said

    def _note_head(self) -> None:
        """What above the header, and which of its columns, is not read."""
        if self._header.before:
            shown = "; ".join(f"line {n}: {t.strip()[:80]}" for n, t in list(self._header.before.items())[:SHOWN])
            self.notes.append(f"lines above the header are not read: {shown}")
        for name in self._header.nameless:
            entries = [w for w in self._context.columns.entries(name)][:3]
            said = (
                f"it begins with {', '.join(map(repr, entries))}" if entries else "it is empty where it was looked at"
            )
            self.notes.append(f"{name} is not read; {said}")

    def _refuse_if_broken(self) -> None:
        broken = self._wrong["FIELD_COUNT"] + self._wrong["QUOTE_UNBALANCED"]
        refuse_if_broken(broken, self._wrong["rows"], TOO_MANY, self.file, len(self._header.names))

    def _finish(self) -> None:
        self._refuse_if_broken()
        if self._wrong["dates"] and not self._wrong["accepted"]:
            raise RefusedFile(
                "no date can be read for certain as day/month or as month/day; declare the form in a profile, "
                'for example dates = ["%d/%m/%Y"]',
                file=self.file,
            )
        if self._wrong["open end"]:
            self.notes.append("the file ends without a line end; its last record is complete")
        for kind, said in sorted(self._remarks.items()):
            self.notes.append(f"{kind}: {said.count:,}, the first in line {said.line}: {said.example!r}")
        if not self._wrong["rows"]:
            self.notes.append("the file has a header and no rows")
        for group in patient_ids.alike(self._people.words())[:SHOWN]:
            self.notes.append(f"{patient_ids.ALIKE} are kept apart: {', '.join(group)}")
        checksum_sidecar.check(self._source.path, self._source.sha256, self._wrong["rows"])


def _batch(parts: Parts, held: HeldRows, ignored_lines: Counter[str], rows: int, broken: int, position: int) -> Batch:
    """Parts as a Batch; a result that is not accounted for is an error of ours and stops the import."""
    skipped = ignored_lines.total()
    patients, uncounted = _one(parts.patients, PATIENTS), parts.uncounted
    if uncounted and uncounted == len(patients):
        patients = patients.drop_duplicates(["patient_id", "sex", "birth_date"], ignore_index=True)
        uncounted = len(patients)
    ignored = parts.ignored + ignored_lines
    batch = Batch(
        labs=pa.concat_tables(parts.labs) if parts.labs else coded_schema_of(LABS).empty_table(),
        events=_one(parts.events, EVENTS),
        imaging=_one(parts.imaging, IMAGING),
        patients=patients,
        quarantine=held.frame(),
        rows_in=rows + broken + skipped,
        results_in=parts.results + broken + skipped,
        ignored=ignored.total(),
        ignored_why=dict(ignored),
        uncounted=uncounted,
        bytes_read=position,
    )
    assert batch.adds_up, (
        f"{held.file}: {batch.results_in} results came in, {batch.accepted} + {len(held)} + {batch.ignored} out"
    )
    return batch


def _one(frames: list[pd.DataFrame], table: Table) -> pd.DataFrame:
    filled = [f for f in frames if len(f)]
    if not filled:
        return table.empty()
    return filled[0] if len(filled) == 1 else pd.concat(filled, ignore_index=True)


def one_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items; the next one is made in a thread while the last is used."""
    with ThreadPoolExecutor(1, thread_name_prefix="read") as thread:
        waiting = thread.submit(next, items, None)
        while (item := waiting.result()) is not None:
            waiting = thread.submit(next, items, None)
            try:
                yield item
            except GeneratorExit:
                waiting.result()
                raise


def _latest(now: datetime | None, year: int = 0) -> int:
    """The last moment that is believed: tomorrow, or the end of a declared year; in microseconds since 1970."""
    moment = (now or datetime.now(UTC)).replace(tzinfo=None) + timedelta(days=1)
    moment = max(moment, datetime(year, 12, 31, 23, 59, 59)) if year else moment
    return int((moment - datetime(1970, 1, 1)) / timedelta(microseconds=1))
