"""A cohort's data set on disk: formula-safe CSV or Parquet, texts beside; readable by its owner alone."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, BinaryIO, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analytics.cohort.export import Bundle
from analytics.cohort.meds import MedsSet
from analytics.cohort.query.definition import Definition, from_json, parse
from analytics.errors import QuestionError, RefusedFile
from analytics.safe_csv import csv_text

Format = Literal["csv", "parquet"]
FORMS = ("csv", "parquet", "meds")
"""Of a data set; "meds" is one of its own (analytics/cohort/meds.py), the others are the same tables."""
Progress = Callable[[str, float], None]


def definition_of(path: Path) -> Definition:
    """Read a cohort from a file: .json, or its text.

    Raises:
        RefusedFile: it cannot be read; QuestionError: it says something else.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedFile(f"cannot be read as text: {error}", file=path.name) from error
    if path.suffix != ".json":
        return parse(text)
    return from_json(json_of(text, path.name))


def json_of(text: str, name: str) -> dict[str, object]:
    """A JSON object.

    Raises:
        QuestionError: it is none.
    """
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise QuestionError(f"{name} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise QuestionError(f"{name} is not a JSON object")
    return found


def contents(bundle: Bundle, form: Format) -> dict[str, bytes]:
    """File name -> bytes, in memory. The dictionary is always CSV, for the code that reads by it."""
    files = {name: text.encode() for name, text in bundle.texts.items()}
    for name in bundle.pieces:
        buffer = BytesIO()
        _stream(bundle, name, form, buffer)
        files[_file(name, form)] = buffer.getvalue()
    return files


def write(bundle: Bundle, folder: Path, form: Format) -> list[Path]:
    """Write all files into a new or empty folder, a piece of each table at a time.

    Raises:
        RefusedFile: the folder has something in it.
    """
    _made_empty(folder)
    written = []
    for name, text in bundle.texts.items():
        with _private(folder / name) as file:
            file.write(text.encode())
        written.append(folder / name)
    for name in bundle.pieces:
        path = folder / _file(name, form)
        with _private(path) as file:
            _stream(bundle, name, form, file)
        written.append(path)
    return written


def _made_empty(folder: Path) -> None:
    """A folder for its owner alone, with nothing in it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise RefusedFile("the folder is not empty; name a new one", file=str(folder))


def zip_into(out: BinaryIO, bundle: Bundle, form: Format, told: Progress = lambda name, share: None) -> None:
    """All files as one archive for a download, a piece of each table at a time.

    Args:
        out: an open file.
        bundle: what is written.
        form: csv or parquet.
        told: told the table and the share of tables that is done, before each piece.
    """
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in bundle.texts.items():
            archive.writestr(name, text)
        for i, name in enumerate(bundle.pieces):
            with archive.open(_file(name, form), "w", force_zip64=True) as file:
                _stream(bundle, name, form, file, partial(told, name, i / len(bundle.pieces)))


def write_meds(made: MedsSet, folder: Path) -> list[Path]:
    """A data set of MEDS into a new or empty folder, a shard at a time.

    Raises:
        RefusedFile: the folder has something in it.
    """
    _made_empty(folder)
    written = []
    for name, body in _files_of(made):
        path = folder / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with _private(path) as file:
            file.write(body)
        written.append(path)
    return written


def zip_meds(out: BinaryIO, made: MedsSet, told: Progress = lambda name, share: None) -> None:
    """The same as one archive for a download; ``told`` the file and the share of the people that is made."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, body in _files_of(made):
            told(name, made.share)
            archive.writestr(name, body)


def _files_of(made: MedsSet) -> Iterator[tuple[str, bytes]]:
    """(path, bytes): the shards, and then what describes them."""
    for name, table in made.shards():
        yield name, _parquet_bytes(table)
    yield "metadata/codes.parquet", _parquet_bytes(made.codes)
    yield "metadata/subjects.parquet", _parquet_bytes(made.subjects)
    for name, text in made.texts.items():
        yield name, text.encode()


def _parquet_bytes(table: pa.Table) -> bytes:
    buffer = BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _file(name: str, form: Format) -> str:
    return f"{name}.{'csv' if name == 'dictionary' else form}"


def _private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _stream(bundle: Bundle, name: str, form: Format, out: IO[bytes], told: Callable[[], None] = lambda: None) -> None:
    """One table, piece after piece; the first one says the columns and their types."""
    write_piece = _parquet if form == "parquet" and name != "dictionary" else _csv
    with write_piece(out) as put:
        for piece in bundle.pieces[name]():
            told()
            put(piece)


@contextmanager
def _csv(out: IO[bytes]) -> Iterator[Callable[[pd.DataFrame], None]]:
    header = True

    def put(piece: pd.DataFrame) -> None:
        nonlocal header
        text = csv_text(piece, header=header)
        out.write((("\ufeff" if header else "") + text).encode())
        header = False

    yield put


@contextmanager
def _parquet(out: IO[bytes]) -> Iterator[Callable[[pd.DataFrame], None]]:
    with ExitStack() as stack:
        writer: pq.ParquetWriter | None = None

        def put(piece: pd.DataFrame) -> None:
            nonlocal writer
            table = pa.Table.from_pandas(piece, schema=writer.schema if writer else None, preserve_index=False)
            writer = writer or stack.enter_context(pq.ParquetWriter(out, table.schema, compression="zstd"))
            writer.write_table(table)

        yield put
