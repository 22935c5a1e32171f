"""Tables as files: bucket by bucket, so that a store of any size is written in bounded memory; whole or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO, Literal

import pandas as pd
import pyarrow.parquet as pq

from analytics.conflicts import EXPORTED
from analytics.errors import InputError
from analytics.panel import show_time
from analytics.safe_csv import csv_text
from analytics.store.admin import exchange
from analytics.store.admin.outgoing import STANDARD_OUTPUT, target
from analytics.store.database.arrow import to_arrow
from analytics.store.database.atomic_files import step, writing_whole

Form = Literal["csv", "parquet", "fhir", "omop", "xlsx"]
_SUFFIXES: dict[str, Form] = {
    ".csv": "csv", ".parquet": "parquet", ".xlsx": "xlsx", ".ndjson": "fhir", ".jsonl": "fhir",
}  # fmt: skip
_WRITTEN_AS: dict[Form, Form] = {"omop": "csv"}
"""Forms whose files are named as those of another form: table measurement is a CSV."""


def write_table(
    name: str,
    pieces: Iterable[pd.DataFrame],
    form: Form,
    path: Path,
    *,
    clocks: Mapping[str, str] | None = None,
    raw: bool = False,
    excel: bool = False,
    left_out: Counter[str] | None = None,
) -> int:
    """Write one canonical table; returns how many rows.

    Args:
        name: a table of analytics.conflicts.EXPORTED.
        pieces: its rows; none may be missing a column.
        form: csv (UTF-8, text safe for spreadsheets), parquet, or one of
            analytics.store.admin.exchange.
        path: appears with all rows, or stays as it was.
        clocks: clock of each patient that is not on calendar dates; in CSV their times read ``day 192``.
        raw: leave text as it is, even where a spreadsheet would run it.
        excel: CSV with a byte order mark and lines ended by CR LF, as Excel wants it; else neither.
        left_out: rows that the form cannot say are counted here, by cause.

    Raises:
        InputError: no file can take this name.
    """
    with writing_whole(target(path)) as out:
        rows = stream_table(name, pieces, form, out, clocks=clocks, raw=raw, excel=excel, left_out=left_out)
    return rows


def stream_table(
    name: str,
    pieces: Iterable[pd.DataFrame],
    form: Form,
    out: BinaryIO,
    *,
    clocks: Mapping[str, str] | None = None,
    raw: bool = False,
    excel: bool = False,
    left_out: Counter[str] | None = None,
) -> int:
    """The same into something that is open, which may be a pipe; returns how many rows."""
    if form in exchange.FORMS:
        timed = pieces if form != "xlsx" else (with_told_times(piece, clocks or {}) for piece in pieces)
        return exchange.write(form, name, timed, out, clocks or {}, Counter() if left_out is None else left_out)
    if form == "parquet":
        return _parquet(name, pieces, out)
    return _csv(name, (with_told_times(piece, clocks or {}) for piece in pieces), out, raw, excel)


def form_of(path: Path, asked: Form | None) -> Form:
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


def _csv(name: str, pieces: Iterable[pd.DataFrame], out: BinaryIO, raw: bool, excel: bool) -> int:
    rows, header, end = 0, True, "\r\n" if excel else "\n"
    out.write(b"\xef\xbb\xbf" if excel else b"")
    for piece in pieces:
        step("write", name)
        out.write(csv_text(piece, header=header, raw=raw, end=end).encode("utf-8", "surrogatepass"))
        rows, header = rows + len(piece), False
    if header:
        out.write(csv_text(EXPORTED[name].empty(), end=end).encode())
    return rows


def _parquet(name: str, pieces: Iterable[pd.DataFrame], out: BinaryIO) -> int:
    rows = 0
    empty = to_arrow(EXPORTED[name], EXPORTED[name].empty())
    with pq.ParquetWriter(out, empty.schema, compression="zstd") as writer:
        for piece in pieces:
            step("write", name)
            writer.write_table(to_arrow(EXPORTED[name], piece))
            rows += len(piece)
    return rows
