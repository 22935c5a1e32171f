"""A file that holds several tables (an archive, a workbook with sheets) as one stream: one transaction, one receipt."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from analytics.errors import HepatrendError, MissingExtra, RefusedFile
from analytics.ingest import checksum_sidecar
from analytics.ingest.one_table import SHOWN, Stream
from analytics.ingest.outcome import Batch, joined
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.reading import opening, packed, workbooks
from analytics.ingest.reading.source import MAX_BYTES, ZIP, Unpacked
from analytics.ingest.reading.tables import TableSource

PART_REFUSED = "PART_REFUSED"
"""Reason of the one row that stands for a part that could not be taken in."""


@dataclass(frozen=True)
class Part:
    """One table in a file: its name, and how it is begun."""

    name: str
    begin: Callable[[], Stream]


class Together(Stream):
    """Several parts of one file, one after the other, as one stream.

    A part that cannot be taken in is quarantined as one row with the reason; a file of which no part can is refused.
    """

    def __init__(self, path: Path, parts: list[Part], profile: Profile, sha256: str, notes: list[str]):
        self._path, self._parts, self._sha256 = path, parts, sha256
        self.file, self.profile, self.profile_digest = path.name, profile.name, profile.digest
        self.size = path.stat().st_size
        self.notes = notes
        self.rows_in = self.results_in = 0
        self.format, self.table, self.says = "", "labs", f"{len(parts)} tables in one file"
        self.on_progress = lambda done, size: None
        self.on_stored = lambda done, total: None
        self._read: list[Stream] = []
        self._refused: list[str] = []

    @property
    def names(self) -> tuple[str, ...]:
        """Columns of the first part that could be read."""
        return self._read[0].names if self._read else ()

    @property
    def roles(self) -> dict[str, str]:
        """Role to column of the first part that could be read."""
        return self._read[0].roles if self._read else {}

    @property
    def sha256(self) -> str:
        """Hash of the whole file."""
        return self._sha256

    def examples(self, name: str, n: int = 4) -> tuple[str, ...]:
        """The first different entries of a column of the first part that could be read."""
        return self._read[0].examples(name, n) if self._read else ()

    def beginning(self, rows: int) -> Batch:
        """The first rows of every part, and a sentence on each."""
        batches = []
        for part in self._parts:
            batch, reading = self._begun(part, lambda r: r.beginning(rows))
            batches.append(batch)
            if reading is not None:
                reading.close()
                said = f"{batch.accepted:,} of the first {batch.results_in:,} results would be accepted"
                self.notes.append(f"{part.name}: {reading.says}; {said}")
                self._note(reading)
        self._finish()
        return joined(batches)

    def batches(self) -> Iterator[Batch]:
        """Batches of one part after the other; raises RefusedFile at any point, and then nothing may be kept."""
        for at, part in enumerate(self._parts, start=1):
            first, reading = self._begun(part, lambda r: r.batches())
            if reading is None:
                yield first
                continue
            try:
                for batch in first:
                    yield self._counted(batch)
            finally:
                reading.close()
            self._note(reading)
            self.on_progress(self.size * at // len(self._parts), self.size)
        self._finish()

    def close(self) -> None:
        """Give all parts back."""
        for reading in self._read:
            with suppress(ValueError):
                reading.close()

    def _begun(self, part: Part, use: Callable[[Stream], Batch | Iterator[Batch]]) -> tuple[Any, Stream | None]:
        """What ``use`` makes of a part and its stream; or its one held-back row and nothing."""
        try:
            reading = part.begin()
        except (RefusedFile, MissingExtra) as error:
            return self._counted(self._held(part, error)), None
        self._read.append(reading)
        if not self.format:
            self.format, self.table = reading.format, reading.table
        if reading.table == "labs":
            self.table = "labs"
        return use(reading), reading

    def _held(self, part: Part, error: HepatrendError) -> Batch:
        self._refused.append(str(error))
        held = HeldRows(part.name)
        held.add(line=1, reason=PART_REFUSED, message=str(error), raw=part.name)
        return Batch(quarantine=held.frame(), rows_in=1, results_in=1)

    def _counted(self, batch: Batch) -> Batch:
        self.rows_in += batch.rows_in
        self.results_in += batch.results_in
        return batch

    def _note(self, reading: Stream) -> None:
        self.notes += [f"{reading.file}: {note}" for note in reading.notes]

    def _finish(self) -> None:
        if not self._read:
            raise RefusedFile(f"no part of it can be read: {'; '.join(self._refused[:SHOWN])}", file=self.file)
        checksum_sidecar.check(self._path, self._sha256, self.rows_in)


def begin(
    path: str | Path,
    profile: Profile,
    encoding: str,
    max_bytes: int,
    now: datetime | None,
    inner: Unpacked | None = None,
) -> Stream:
    """Begin to read a file, whatever it is packed in.

    Raises:
        RefusedFile: the file cannot be taken in.
    """
    head = opening.beginning(path, inner)[0]
    book = _book(path, head, inner, profile, max_bytes)
    if book is not None:
        tables, said = book
        if inner:
            inner.handle.close()
        parts = [Part(t.name, partial(_table, path, t, profile, now)) for t in tables]
        return _one_or_many(Path(path), parts, profile, tables[0].sha256, said)
    if profile.excel:
        raise RefusedFile("the profile says that it is a workbook, and it is none", file=Path(path).name)
    if not packed.is_packed(head):
        return Stream(opening.opened(path, profile, encoding, max_bytes, inner), profile, now)
    if inner:
        inner.handle.close()
        raise RefusedFile("is packed inside a packed file; unpack the outer one first", file=inner.name)
    whole = Path(path)
    if whole.stat().st_size > max_bytes:
        raise RefusedFile(f"is larger than {max_bytes:,} bytes (--max-bytes)", file=whole.name)
    archive = packed.opened(whole, head, max_bytes)

    def part(member: packed.Member) -> Part:
        return Part(member.name, lambda: begin(path, profile, encoding, max_bytes, now, member.unpack()))

    left = [f"not read: {', '.join(archive.passed_over[:SHOWN])}"] if archive.passed_over else []
    return _one_or_many(whole, [part(member) for member in archive.members], profile, archive.sha256, left)


def _one_or_many(path: Path, parts: list[Part], profile: Profile, sha256: str, notes: list[str]) -> Stream:
    if len(parts) > 1:
        return Together(path, parts, profile, sha256, notes)
    reading = parts[0].begin()
    reading.notes += notes
    return reading


def _table(path: str | Path, table: Unpacked, profile: Profile, now: datetime | None) -> Stream:
    return Stream(TableSource(path, "utf-8", MAX_BYTES, table), profile, now)


def _book(
    path: str | Path, head: bytes, inner: Unpacked | None, profile: Profile, max_bytes: int
) -> tuple[list[Unpacked], list[str]] | None:
    """The sheets of a workbook that hold tables, with what is to be said of it; None where it is no workbook."""
    if not head.startswith((workbooks.OLE, ZIP)):
        return None
    handle = workbooks.handle_of(path, inner)
    try:
        if not workbooks.is_workbook(head, handle):
            return None
        handle.seek(0, os.SEEK_END)
        file = inner.name if inner else Path(path).name
        if handle.tell() > max_bytes:
            raise RefusedFile(f"is larger than {max_bytes:,} bytes (--max-bytes)", file=file)
        handle.seek(0)
        notes: list[str] = []
        before = os.fstat(handle.fileno())
        tables = workbooks.sheets(handle, file, profile, notes)
        if not inner:
            packed.refuse_if_changed(Path(path), before, handle)
        return tables, notes
    finally:
        if inner:
            handle.seek(0)
        else:
            handle.close()
