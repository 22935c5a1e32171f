"""Tables as files: bucket by bucket, so that a store of any size is written in bounded memory; whole or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analytics.conflicts import EXPORTED
from analytics.errors import InputError
from analytics.panel import show_time
from analytics.safe_csv import csv_text
from analytics.store.admin import exchange
from analytics.store.admin.outgoing import STANDARD_OUTPUT, target
from analytics.store.database.arrow import to_arrow
from analytics.store.database.atomic_files import step, writing_whole

FormName = Literal["csv", "parquet", "fhir", "omop", "xlsx"]
_SUFFIXES: dict[str, FormName] = {
    ".csv": "csv", ".parquet": "parquet", ".xlsx": "xlsx", ".ndjson": "fhir", ".jsonl": "fhir",
}  # fmt: skip
_WRITTEN_AS: dict[FormName, FormName] = {"omop": "csv"}
"""Forms whose files are named as those of another form: table measurement is a CSV."""


Piece = tuple[int, "bytes | pd.DataFrame | pa.Table"]
"""How many rows, and they as the form wants them."""


@dataclass(frozen=True)
class Form:
    """How a table becomes a file. It can be sent to where the rows are read, and makes pieces of the file there.

    Attributes:
        table: of analytics.conflicts.EXPORTED.
        name: csv (UTF-8, text safe for spreadsheets), parquet, or one of analytics.store.admin.exchange.
        clocks: clock of each patient that is not on calendar dates; in CSV their times read ``day 192``.
        raw: leave text as it is, even where a spreadsheet would run it.
        excel: CSV with a byte order mark and lines ended by CR LF, as Excel wants it; else neither.
    """

    table: str
    name: FormName = "csv"
    clocks: Mapping[str, str] = field(default_factory=dict)
    raw: bool = False
    excel: bool = False

    def piece(self, rows: pd.DataFrame) -> Piece:
        """Rows as the form has them; what is to be counted over all pieces stays a frame."""
        if self.name == "parquet":
            return len(rows), to_arrow(EXPORTED[self.table], rows)
        timed = rows if self.name in ("fhir", "omop") else with_told_times(rows, self.clocks)
        if self.name != "csv":
            return len(rows), timed
        return len(rows), self._text(timed).encode("utf-8", "surrogatepass")

    def head(self) -> bytes:
        """What stands above the rows of a CSV."""
        text = csv_text(EXPORTED[self.table].empty(), raw=self.raw, end=self._end)
        return (b"\xef\xbb\xbf" if self.excel else b"") + text.encode()

    def _text(self, rows: pd.DataFrame) -> str:
        return csv_text(rows, header=False, raw=self.raw, end=self._end)

    @property
    def _end(self) -> str:
        return "\r\n" if self.excel else "\n"


def write_table(pieces: Iterable[Piece], form: Form, path: Path, left_out: Counter[str] | None = None) -> int:
    """Write one canonical table; returns how many rows.

    Args:
        pieces: made by the form, of frames none of which may be missing a column.
        form: what is written.
        path: appears with all rows, or stays as it was.
        left_out: rows that the form cannot say are counted here, by cause.

    Raises:
        InputError: no file can take this name.
    """
    with writing_whole(target(path)) as out:
        return stream_table(pieces, form, out, left_out)


def stream_table(pieces: Iterable[Piece], form: Form, out: BinaryIO, left_out: Counter[str] | None = None) -> int:
    """The same into something that is open, which may be a pipe; returns how many rows."""
    if form.name in exchange.FORMS:
        frames: Any = (rows for _, rows in pieces)
        left = Counter() if left_out is None else left_out
        return exchange.write(form.name, form.table, frames, out, form.clocks, left)
    return _parquet(pieces, form, out) if form.name == "parquet" else _csv(pieces, form, out)


def form_of(path: Path, asked: FormName | None) -> FormName:
    """The form that a file of this name has: what is asked for, else what its suffix says; CSV for the standard output.

    Raises:
        InputError: the suffix says nothing, or something else than what is asked for.
    """
    told = _SUFFIXES.get(path.suffix.lower())
    if asked and told and told not in (asked, _WRITTEN_AS.get(asked)):
        raise InputError(f"{path} is a name for {told} and --format says {asked}; leave one of them out")
    if asked or told:
        return asked or told  # type: ignore[return-value]
    if path == STANDARD_OUTPUT:
        return "csv"
    raise InputError(f"{path}: name a file {', '.join(_SUFFIXES)}, or say --format")


def with_told_times(frame: pd.DataFrame, clocks: Mapping[str, str]) -> pd.DataFrame:
    """Times of relative clocks in words that no reader takes for dates and that our own reader understands."""
    if not clocks or "patient_id" not in frame:
        return frame
    clock = frame["patient_id"].map(clocks)
    told = {}
    for name in frame.columns[frame.dtypes == "datetime64[us]"]:
        rows = frame[name].notna() & clock.notna()
        if rows.any():
            words = [show_time(t, c, "minute") for t, c in zip(frame[name][rows], clock[rows], strict=True)]
            told[name] = frame[name].astype("str").where(frame[name].notna()).astype("object")
            told[name].loc[rows] = words
    return frame.assign(**told)


def _csv(pieces: Iterable[Piece], form: Form, out: BinaryIO) -> int:
    total = 0
    out.write(form.head())
    for rows, text in pieces:
        step("write", form.table)
        out.write(text)  # type: ignore[arg-type]
        total += rows
    return total


def _parquet(pieces: Iterable[Piece], form: Form, out: BinaryIO) -> int:
    total = 0
    empty = to_arrow(EXPORTED[form.table], EXPORTED[form.table].empty())
    with pq.ParquetWriter(out, empty.schema, compression="zstd") as writer:
        for rows, table in pieces:
            step("write", form.table)
            writer.write_table(table)
            total += rows
    return total
