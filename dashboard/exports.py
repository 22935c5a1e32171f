"""A cohort's data set on disk: formula-safe CSV or Parquet, texts beside; readable by its owner alone."""

from __future__ import annotations

import json
import os
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Literal

from analytics.cohort.definition import Definition, from_json, parse
from analytics.cohort.export import Bundle
from analytics.errors import QuestionError, RefusedFile
from analytics.pseudonyms import Pseudonyms
from dashboard.components.downloads import csv_text, parquet_bytes
from dashboard.config import Config
from dashboard.security import keys

Format = Literal["csv", "parquet"]


def pseudonyms_of(config: Config, study: str | None = None) -> Pseudonyms:
    """The pseudonyms of a study, under this installation's keys."""
    name = study or config.study
    return Pseudonyms(name, keys.secret(config, "pseudonym"), keys.secret(config, "dates"))


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
    """File name -> bytes. The dictionary is always CSV, for the code that reads by it."""
    files = {name: text.encode() for name, text in bundle.texts.items()}
    for name, frame in bundle.frames.items():
        if form == "parquet" and name != "dictionary":
            files[f"{name}.parquet"] = parquet_bytes(frame)
        else:
            files[f"{name}.csv"] = ("\ufeff" + csv_text(frame)).encode()
    return files


def write(bundle: Bundle, folder: Path, form: Format) -> list[Path]:
    """Write all files into a new or empty folder.

    Raises:
        RefusedFile: the folder has something in it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise RefusedFile("the folder is not empty; name a new one", file=str(folder))
    written = []
    for name, content in contents(bundle, form).items():
        path = folder / name
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        written.append(path)
    return written


def zipped(bundle: Bundle, form: Format) -> bytes:
    """All files as one archive, for a download."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents(bundle, form).items():
            archive.writestr(name, content)
    return buffer.getvalue()
