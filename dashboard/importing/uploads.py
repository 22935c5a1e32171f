"""Files that wait to be imported: uploaded ones under opaque ids, and those of the folder that the site configured."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from analytics.errors import InputError
from analytics.ingest.importer import SUFFIXES
from dashboard.config import Config

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
        return self.config.folder / "incoming"

    def keep(self, name: str, stream: BinaryIO) -> str:
        """Store what was uploaded and give its id. Nothing of a transfer that breaks off stays."""
        self._clear_old()
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
        if _ID.fullmatch(identity):
            found = [p for p in (self.folder / identity).glob("*") if p.suffix != ".draft"]
            if len(found) == 1:
                return found[0]
        if identity in self.offered():
            assert self.config.import_folder is not None
            return self.config.import_folder / identity
        raise InputError("this file is not here any more; choose it again")

    def named(self, name: str) -> list[Path]:
        """Waiting files of this name, the newest first, then that of the site's folder."""
        mine = [p for p in self.folder.glob("*/*") if p.is_file() and p.name == name]
        mine.sort(key=lambda p: p.stat().st_mtime, reverse=True)
        return [*mine, *(self.path(n) for n in self.offered() if n == name)]

    def drop(self, identity: str) -> None:
        """Forget an upload; files of the site's folder stay."""
        if _ID.fullmatch(identity):
            shutil.rmtree(self.folder / identity, ignore_errors=True)

    def offered(self) -> list[str]:
        """Names in the folder that the site configured, those that may hold data."""
        folder = self.config.import_folder
        if folder is None or not folder.is_dir():
            return []
        return sorted(p.name for p in folder.iterdir() if p.is_file() and p.suffix.lower() in SUFFIXES)

    def _clear_old(self) -> None:
        if self.folder.is_dir():
            for folder in self.folder.iterdir():
                if time.time() - folder.stat().st_mtime > _OLD_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)


def plain_name(name: str) -> str:
    """The last part of a file name with harmless signs only."""
    last = re.split(r"[\\/]", name)[-1]
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", last).strip(" .")[-_LONGEST:]
    return plain or "upload.csv"
