"""Reports of schedules as they were published: one folder a schedule, one report a scheduled run, never replaced.

Beside each report lie what a mail says (``.note.json``) and what the next report compares with (``.memory``). The
report itself is written last: where it is, the run is published, and a scheduler that takes over only delivers.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from analytics.store.admin.erasure_files import MEMORY, NOTE
from analytics.store.database.atomic_files import make_folder, write_whole
from dashboard.reports._report_input import patient_title

if TYPE_CHECKING:
    from analytics.store import ReadStore, Store

_LONGEST_WORD = 40
_HEAD = 4096
"""Bytes of a report in which its title stands."""


@dataclass(frozen=True)
class Published:
    """A report that is ready to go out.

    Attributes:
        files: name -> bytes; the first one is the report itself, names may have one folder before them.
        headline: subject of a mail; identifies no one.
        text: the report as text, without identified data unless the schedule allows them.
        counts: numbers for the history.
        warnings: what is wrong with the input.
        generation: generation of the store that was read.
        memory: what the next report compares with.
    """

    files: Mapping[str, bytes]
    headline: str
    text: str
    counts: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    generation: int = 0
    memory: bytes | None = None

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(len(body) for body in self.files.values())

    @property
    def name(self) -> str:
        """Name of the report's own file."""
        return next(iter(self.files))


def stem(report: str, key: str, at: datetime) -> str:
    """File name without suffix: report, opaque key, UTC time; never a patient's id or a list's name."""
    part = f".{at:%f}" if at.microsecond else ""
    return f"{report}-{key}-{at:%Y%m%dT%H%M%S}{part}Z"


def schedule_stem(report: str, schedule: str, key: str, at: datetime) -> str:
    """File name without suffix of a report that a schedule made: report, name of the schedule, opaque key, UTC time.

    Args:
        report: name of the report.
        schedule: name of the schedule, of which letters and digits are kept.
        key: opaque key of the schedule, since two names may come out alike.
        at: of the scheduled run.
    """
    plain = unicodedata.normalize("NFKD", schedule).encode("ascii", "ignore").decode()
    word = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:_LONGEST_WORD].strip("-")
    return stem(f"{report}-{word}" if word else report, key, at)


def beside(folder: Path, names: Mapping[str, str], store: ReadStore) -> dict[str, str]:
    """The newest report of each patient in a folder, where it shows the patient under the same name.

    Args:
        folder: where the other report will lie.
        names: patient_id -> name under which it shows the patient.
        store: knows the keys of these ids.

    Returns:
        patient_id -> file name.
    """
    by_key: dict[str, str] = {}
    for path in sorted(folder.glob("patient-*-*.html")) if folder.is_dir() else []:
        by_key[path.name.split("-")[1]] = path.name
    found = {}
    for patient_id, name in names.items() if by_key else ():
        file = by_key.get(store.key_of(patient_id), "")
        # an opaque key is the same for a name and its pseudonym: they must not be brought together
        if file and _is_titled(folder / file, patient_title(name)):
            found[patient_id] = file
    return found


def _is_titled(path: Path, title: str) -> bool:
    with path.open("rb") as file:
        return f"<title>{escape(title)}</title>".encode() in file.read(_HEAD)


@dataclass(frozen=True)
class Shelf:
    """The published reports of one schedule."""

    folder: Path

    @classmethod
    def of(cls, store: Store, reports: Path, schedule: str) -> Shelf:
        """The shelf of a schedule: a folder with an opaque name."""
        return cls(reports / store.key_of(f"schedule {schedule}"))

    def take(self, name: str) -> Published | None:
        """What was published under this name; None where nothing was."""
        path = self._path(name)
        if not path.is_file():
            return None
        note = json.loads(self._beside(name, NOTE).read_text("utf-8"))
        memory = self._beside(name, MEMORY)
        files = {n: self._path(n).read_bytes() for n in note.pop("files")}
        note["warnings"] = tuple(note["warnings"])
        return Published(files, memory=memory.read_bytes() if memory.is_file() else None, **note)

    def put(self, published: Published) -> None:
        """Publish: the report's own file comes last and makes the rest valid."""
        name = published.name
        note = {
            "files": list(published.files),
            "headline": published.headline,
            "text": published.text,
            "counts": dict(published.counts),
            "warnings": list(published.warnings),
            "generation": published.generation,
        }
        make_folder(self._path(name).parent)
        if published.memory is not None:
            write_whole(self._beside(name, MEMORY), published.memory)
        write_whole(self._beside(name, NOTE), json.dumps(note, sort_keys=True).encode())
        for other in reversed(list(published.files)):
            make_folder(self._path(other).parent)
            write_whole(self._path(other), published.files[other], sync_folder=other == name)

    def _path(self, name: str) -> Path:
        return self.folder.joinpath(*PurePosixPath(name).parts)

    def _beside(self, name: str, suffix: str) -> Path:
        path = self._path(name)
        return path.with_name(f".{path.stem}{suffix}")
