"""Files that wait to be imported: uploaded ones under opaque ids, and those of the folder that the site configured.

What somebody sends together is a batch. Files of one folder of theirs lie together here too, as some are read with
another beside them (a list of tests beside its results).
"""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from analytics.errors import InputError
from analytics.ingest.importer import SUFFIXES
from analytics.ingest.reading import opening, packed, workbooks
from analytics.ingest.reading.source import MAX_BYTES, ZIP
from analytics.store.admin.erasure_files import UPLOADS
from dashboard.config import Config
from dashboard.security.named import is_among

_BATCH = re.compile(r"[0-9a-f]{16}")
_PLACE = re.compile(r"[0-9a-f]{8}(-[0-9]{1,4})?")
_BLOCK = 1 << 20
_OLD_SECONDS = 24 * 3600
_LONGEST = 100
MOST = packed.MAX_PARTS
"""Files of one batch, as in an archive."""


@dataclass(frozen=True)
class Uploads:
    """The folder of waiting files of one store, readable by its owner alone."""

    config: Config

    @property
    def folder(self) -> Path:
        """Where uploads wait; ``incoming`` inside the store's folder."""
        return self.config.folder / UPLOADS

    def keep(self, name: str, stream: IO[bytes], batch: str = "") -> str:
        """Store what was uploaded and give its id. Nothing of a transfer that breaks off stays.

        Args:
            name: as the browser says it, with the folders that it lay in.
            stream: the bytes.
            batch: that of an id of before, for a file that came with it; one that is not known begins a new one.

        Raises:
            InputError: the batch is full.
        """
        self.clear_old()
        place = self._place(batch, name)
        path = place / plain_name(name)
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with path.open("xb") as file:
                while block := stream.read(_BLOCK):
                    file.write(block)
        except BaseException:
            self._remove(path)
            raise
        return _identity(path)

    def _place(self, batch: str, name: str) -> Path:
        """The folder for a file of this name: files of one folder in one, two of the same name apart."""
        known = is_among(batch, self._batches())
        folder = self.folder / (known or secrets.token_hex(8))
        if known and sum(1 for _ in folder.glob("*/*")) >= MOST:
            raise InputError(f"at most {MOST} files are taken at once")
        before = re.split(r"[\\/]", name)[:-1]
        digest = hashlib.sha256("/".join(before).encode("utf-8", "replace")).hexdigest()[:8]
        names = (digest, *(f"{digest}-{n}" for n in range(2, MOST + 3)))
        return next(folder / n for n in names if not (folder / n / plain_name(name)).exists())

    def path(self, identity: str) -> Path:
        """The file behind an id of :meth:`keep` or :meth:`offered`.

        Raises:
            InputError: there is none (any more).
        """
        waiting = self._waiting()
        if known := is_among(identity, waiting):
            return waiting[known]
        if known := is_among(identity, self.offered()):
            assert self.config.import_folder is not None
            return self.config.import_folder / known
        raise InputError("this file is not here any more; choose it again")

    def identity(self, path: Path) -> str:
        """The id behind which :meth:`path` finds this file."""
        return _identity(path) if path.parents[2:3] == (self.folder,) else path.name

    def unpacked(self, identity: str) -> tuple[list[str], list[str]]:
        """The files of a zip archive in its place, within the limits of ``hepatrend import``; of any other file itself.

        Returns:
            Ids of the files, and the names of those in an archive that are not read.

        Raises:
            RefusedFile: it cannot be unpacked whole; nothing of it stays.
        """
        path = self.path(identity)
        if not _is_archive(path):
            return [identity], []
        kept: list[str] = []
        try:
            archive = packed.opened(path, opening.beginning(path, None)[0], MAX_BYTES)
            if len(archive.members) == 1:
                return [identity], list(archive.passed_over)
            for member in archive.members:
                inside = member.name.removeprefix(f"{path.name}/")
                unpacked = member.unpack()
                with unpacked.handle as handle:
                    kept.append(self.keep(f"{identity}/{inside}", handle, identity.partition("/")[0]))
        except BaseException:
            for one in (identity, *kept):
                self.drop(one)
            raise
        self.drop(identity)
        return kept, list(archive.passed_over)

    def named(self, name: str) -> list[Path]:
        """Waiting files of this name, the newest first, then that of the site's folder."""
        mine = [p for p in self._waiting().values() if p.name == name]
        mine.sort(key=lambda p: p.stat().st_mtime, reverse=True)
        return [*mine, *(self.path(n) for n in self.offered() if n == name)]

    def beside(self, identity: str) -> list[str]:
        """Ids of the uploads that lie in one folder with this one."""
        place = identity.rpartition("/")[0]
        return [i for i in self._waiting() if place and i != identity and i.rpartition("/")[0] == place]

    def drop(self, identity: str) -> None:
        """Forget an upload; files of the site's folder stay."""
        waiting = self._waiting()
        if known := is_among(identity, waiting):
            self._remove(waiting[known])

    def _remove(self, path: Path) -> None:
        """A file of ours, and its folders where nothing else is in them."""
        path.unlink(missing_ok=True)
        for folder in (path.parent, path.parent.parent):
            with suppress(OSError):
                folder.rmdir()

    def _batches(self) -> list[str]:
        found = self.folder.iterdir() if self.folder.is_dir() else ()
        return [p.name for p in found if _BATCH.fullmatch(p.name) and not p.is_symlink()]

    def _waiting(self) -> dict[str, Path]:
        """Uploaded files by their id."""
        return {_identity(path): path for batch in self._batches() for path in _files(self.folder / batch)}

    def offered(self) -> list[str]:
        """Names in the folder that the site configured, those that may hold data; no link that leads out of it."""
        folder = self.config.import_folder
        if folder is None or not folder.is_dir():
            return []
        here = folder.resolve()
        data = [p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file()]
        return sorted(p.name for p in data if p.resolve().is_relative_to(here))

    def clear_old(self) -> None:
        """Forget uploads that wait since yesterday."""
        if self.folder.is_dir():
            for folder in self.folder.iterdir():
                if time.time() - folder.stat().st_mtime > _OLD_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)


def _identity(path: Path) -> str:
    return "/".join(path.parts[-3:])


def _files(batch: Path) -> Iterator[Path]:
    for place in batch.iterdir():
        if _PLACE.fullmatch(place.name) and not place.is_symlink():
            yield from (p for p in place.iterdir() if p.is_file() and not p.is_symlink())


def _is_archive(path: Path) -> bool:
    """Whether a file is a zip archive and no workbook, by its first bytes."""
    head = opening.beginning(path, None)[0]
    if not head.startswith((ZIP, b"PK\x05\x06")):
        return False
    with path.open("rb") as handle:
        return not workbooks.is_workbook(head, handle)


def plain_name(name: str) -> str:
    """The last part of a file name with harmless signs only."""
    last = re.split(r"[\\/]", name)[-1]
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", last).strip(" .")[-_LONGEST:]
    return plain or "upload.csv"
