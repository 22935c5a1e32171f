"""Files that wait to be imported: uploaded ones under opaque ids, and those of the folder that the site configured."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from analytics.errors import InputError
from analytics.ingest.importer import SUFFIXES
from analytics.store.admin.erasure_files import UPLOADS
from dashboard.config import Config
from dashboard.security.named import is_among

_ID = re.compile(r"[0-9a-f]{16}")
_BLOCK = 1 << 20
_OLD_SECONDS = 24 * 3600
_LONGEST = 100


@dataclass(frozen=True)
class Uploads:
    """The folder of waiting files of one store, readable by its owner alone."""

    config: Config

    @property
    def folder(self) -> Path:
        """Where uploads wait; ``incoming`` inside the store's folder."""
        return self.config.folder / UPLOADS

    def keep(self, name: str, stream: IO[bytes]) -> str:
        """Store what was uploaded and give its id. Nothing of a transfer that breaks off stays."""
        self.clear_old()
        identity = secrets.token_hex(8)
        folder = self.folder / identity
        folder.mkdir(mode=0o700, parents=True)
        try:
            with (folder / plain_name(name)).open("xb") as file:
                while block := stream.read(_BLOCK):
                    file.write(block)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return identity

    def path(self, identity: str) -> Path:
        """The file behind an id of :meth:`keep` or :meth:`offered`.

        Raises:
            InputError: there is none (any more).
        """
        waiting = self._waiting()
        if known := is_among(identity, waiting):
            found = [p for p in waiting[known].glob("*") if p.suffix != ".draft"]
            if len(found) == 1:
                return found[0]
        if known := is_among(identity, self.offered()):
            assert self.config.import_folder is not None
            return self.config.import_folder / known
        raise InputError("this file is not here any more; choose it again")

    def identity(self, path: Path) -> str:
        """The id behind which :meth:`path` finds this file."""
        return path.parent.name if path.parent.parent == self.folder else path.name

    def named(self, name: str) -> list[Path]:
        """Waiting files of this name, the newest first, then that of the site's folder."""
        mine = [p for p in self.folder.glob("*/*") if p.is_file() and p.name == name]
        mine.sort(key=lambda p: p.stat().st_mtime, reverse=True)
        return [*mine, *(self.path(n) for n in self.offered() if n == name)]

    def drop(self, identity: str) -> None:
        """Forget an upload; files of the site's folder stay."""
        waiting = self._waiting()
        if known := is_among(identity, waiting):
            shutil.rmtree(waiting[known], ignore_errors=True)

    def _waiting(self) -> dict[str, Path]:
        """Folders of uploads by their id."""
        found = self.folder.iterdir() if self.folder.is_dir() else ()
        return {p.name: p for p in found if _ID.fullmatch(p.name) and not p.is_symlink()}

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


def plain_name(name: str) -> str:
    """The last part of a file name with harmless signs only."""
    last = re.split(r"[\\/]", name)[-1]
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", last).strip(" .")[-_LONGEST:]
    return plain or "upload.csv"
