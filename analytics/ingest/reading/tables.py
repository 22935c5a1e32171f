"""Tables that are no text (sheets, Parquet, Feather, SAS transport) as text with commas, for the formats of CSV."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from analytics.errors import MissingExtra, RefusedFile
from analytics.ingest.profile import Profile
from analytics.ingest.reading.csv_exact import Header, find_header
from analytics.ingest.reading.csv_fast import FastSplitter
from analytics.ingest.reading.excel import moment_text
from analytics.ingest.reading.packed import MAX_UNPACKED
from analytics.ingest.reading.source import MAX_FIELD, Source

PARQUET, FEATHER, SAS = b"PAR1", b"ARROW1", b"HEADER RECORD*******"
ROWS_AT_ONCE = 16_384
_SAS_MEMBER = (b"HEADER RECORD*******MEMBER  HEADER RECORD", b"HEADER RECORD*******MEMBV8  HEADER RECORD")


class TableSource(Source):
    """Text of one table, with commas whatever the profile says of the source's own text.

    Attributes:
        profile: how dates and decimals of the source's texts are written; typed ones are written the same.
        said: sentences on the table.
    """

    profile = Profile()

    def splitter(self, first: bytes, notes: list[str]) -> tuple[Header, FastSplitter]:
        """Header and splitter."""
        lines = first.decode("utf-8", "replace").split("\n")[:400]
        header = find_header(lines, 0, ",", self.name)
        notes += self.said
        return header, FastSplitter(header, self.name, 0)

    @property
    def said(self) -> list[str]:
        """Sentences on the table."""
        own: list[str] = self.__dict__.setdefault("_said", [])
        return own


class BinarySource(TableSource):
    """A table that a library reads from the bytes, some rows at once."""

    what = "a table"

    def blocks(self) -> Iterator[bytes]:
        """Header, then rows, as UTF-8 text."""
        for _ in self.raw():
            pass
        self._handle.seek(0)
        try:
            head: bytes | None = b""
            for rows in self._tables():
                head = head if head is None else self._head(rows.schema)
                for at in range(0, len(rows), ROWS_AT_ONCE):
                    yield (head or b"") + self._text(rows.slice(at, ROWS_AT_ONCE))
                    head = None
            if head:
                yield head
        except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError, MemoryError, TypeError) as error:
            raise RefusedFile(f"is {self.what} that cannot be read: {error}", file=self.name) from error
        self._refuse_if_changed()

    def _tables(self) -> Iterator[pa.Table]:
        """The rows in stretches, all of one schema; one stretch at least."""
        raise NotImplementedError

    def _decide(self, declared: str) -> tuple[str, bytes]:
        return "utf-8", b""

    def _text(self, rows: pa.Table) -> bytes:
        out = io.BytesIO()
        columns = [self._words(name, rows.column(name)) for name in rows.schema.names]
        texts = pa.table(columns, names=[str(i) for i in range(len(columns))])
        pacsv.write_csv(texts, out, pacsv.WriteOptions(include_header=False))
        return out.getvalue()

    def _words(self, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """A column as texts; missing ones are empty."""
        kind = column.type
        if pa.types.is_dictionary(kind):
            words = pa.chunked_array([c.dictionary for c in column.chunks], kind.value_type)
            _refuse_long(words.cast(pa.string()), name, self.name)
            column = column.cast(kind.value_type)
            kind = column.type
        if pa.types.is_floating(kind):
            missing = pc.is_nan(column)
            column = pc.if_else(pc.fill_null(missing, True), None, column).cast(pa.string())
            column = self._signed(column)
        elif pa.types.is_decimal(kind):
            column = self._signed(column.cast(pa.string()))
        elif pa.types.is_timestamp(kind) or pa.types.is_date(kind):
            column = self._moments(column)
        elif pa.types.is_nested(kind):
            column = pa.chunked_array([pa.nulls(len(column), pa.string())])
        else:
            column = column.cast(pa.string())
            _refuse_long(column, name, self.name)
            column = pc.replace_substring_regex(column, r"[\r\n\v\f]+", " ")
        return pc.fill_null(column, "")

    def _signed(self, texts: pa.ChunkedArray) -> pa.ChunkedArray:
        return pc.replace_substring(texts, ".", ",") if self.profile.decimal == "," else texts

    def _moments(self, column: pa.ChunkedArray) -> pa.ChunkedArray:
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
        chunks = []
        for chunk in column.chunks:
            coded = chunk.dictionary_encode()
            words = [None if w is None else moment_text(w, self.profile) for w in coded.dictionary.to_pylist()]
            chunks.append(pa.array(words, pa.string()).take(coded.indices))
        return pa.chunked_array(chunks, pa.string())

    def _head(self, schema: pa.Schema) -> bytes:
        if not schema.names:
            raise RefusedFile("has no columns", file=self.name)
        nested = [f.name for f in schema if pa.types.is_nested(f.type) and not pa.types.is_dictionary(f.type)]
        note = f"columns that hold lists or records are not read: {', '.join(map(repr, nested))}"
        if nested and note not in self.said:
            self.said.append(note)
        quoted = ['"' + " ".join(n.split()).replace('"', '""') + '"' for n in schema.names]
        return (",".join(quoted) + "\n").encode("utf-8")


def _refuse_long(texts: pa.ChunkedArray, name: str, file: str) -> None:
    longest = pc.max(pc.binary_length(texts)).as_py()
    if (longest or 0) > MAX_FIELD:
        raise RefusedFile(f"a text is longer than {MAX_FIELD:,} bytes", file=file, column=name)


class ParquetSource(BinarySource):
    """A Parquet file."""

    what = "a Parquet file"

    def _tables(self) -> Iterator[pa.Table]:
        file = pq.ParquetFile(self._handle)
        groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
        if sum(g.total_byte_size for g in groups) > MAX_UNPACKED:
            raise RefusedFile(f"becomes larger than {MAX_UNPACKED:,} bytes when it is read", file=self.name)
        texts = [f.name for f in file.schema_arrow if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
        self._handle.seek(0)
        file = pq.ParquetFile(self._handle, read_dictionary=texts)
        yield file.schema_arrow.empty_table()
        for batch in file.iter_batches(ROWS_AT_ONCE):
            batch.validate(full=True)
            yield pa.Table.from_batches([batch])


class FeatherSource(BinarySource):
    """A Feather file of version 2 (an Arrow file)."""

    what = "a Feather file"

    def _tables(self) -> Iterator[pa.Table]:
        file = pa.ipc.open_file(self._handle)
        yield file.schema.empty_table()
        for i in range(file.num_record_batches):
            batch = file.get_batch(i)
            batch.validate(full=True)  # bytes of strangers: offsets and codes must lie inside
            yield pa.Table.from_batches([batch])


class SasSource(BinarySource):
    """A SAS transport file of version 5 or 8 with one data set; needs the extra "sas"."""

    what = "a SAS transport file"

    def _tables(self) -> Iterator[pa.Table]:
        try:
            import pyreadstat
        except ImportError as error:
            raise MissingExtra("sas", "reading a SAS transport file") from error
        if self.size % _SAS_RECORD:
            raise RefusedFile("is a SAS transport file that is cut off", file=self.name)
        if (sets := self._members()) != 1:
            raise RefusedFile(f"holds {sets} data sets; one in a file is read", file=self.name)
        at, handle = 0, cast(Any, self._handle)
        while True:
            try:
                handle.seek(0)
                frame, _ = pyreadstat.read_xport(
                    handle, row_offset=at, row_limit=_SAS_ROWS, encoding=self._letters or None
                )
            except pyreadstat.ReadstatError as error:
                raise RefusedFile(f"is {self.what} that cannot be read: {error}", file=self.name) from error
            except UnicodeDecodeError as error:
                raise RefusedFile(
                    "has letters that are not UTF-8; name them with --encoding", file=self.name
                ) from error
            yield pa.table({str(n): _column(frame[n].tolist()) for n in frame.columns})
            at += len(frame)
            if len(frame) < _SAS_ROWS:
                return

    def _decide(self, declared: str) -> tuple[str, bytes]:
        self._letters = declared
        return "utf-8", b""

    def _members(self) -> int:
        self._handle.seek(0)
        count, rest = 0, b""
        while block := self._handle.read(1 << 20):
            both = rest + block
            count += sum(both.count(m) for m in _SAS_MEMBER)
            rest = both[-len(_SAS_MEMBER[0]) + 1 :]
        return count


_SAS_ROWS = 200_000
_SAS_RECORD = 80
"""Bytes of a record of a transport file: every such file is a whole number of them."""


def _column(cells: list[Any]) -> pa.Array:
    """Cells of one SAS variable; blanks and missing numbers are missing."""
    return pa.array([None if c is None or c == "" or c != c else c for c in cells], from_pandas=True)
