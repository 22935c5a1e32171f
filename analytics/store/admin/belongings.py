"""What belongs to a store besides its databases and cannot be made anew: keys and accounts, profiles of sources,
published reports with what they remember, and the files of options and thresholds."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from analytics.store.database.atomic_files import (
    TEMP,
    copy_file,
    fsync_file,
    make_folder,
    make_private,
    step,
    write_whole,
)
from analytics.store.database.location import Place

FOLDERS = {
    "keys": "accounts and the keys of pseudonyms, moved dates and sessions",
    "profiles": "saved profiles of sources",
    "profiles-used": "profiles that files were read with",
    "reports": "published reports and what the next ones compare with",
}
"""Folders by their name in a store and in a backup, with what is in them."""
CONFIGURATION = "configuration"
"""Folder of the options and thresholds in a backup, and in a store that was restored from one."""
ABOUT = "about.json"
FORMAT = 2
_SQLITE = b"SQLite format 3\x00"


@dataclass(frozen=True)
class Belongings:
    """Where they are.

    Attributes:
        folders: by name of FOLDERS, where a site keeps them; those inside the store's folder need not be named.
        files: options and thresholds, by the name that they have in a backup.
    """

    folders: Mapping[str, Path] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)

    def folder(self, name: str, place: Place) -> Path:
        """Where one folder is."""
        return self.folders.get(name, place.folder / name)

    def outside(self, place: Place) -> dict[str, Path]:
        """Folders that do not lie at their usual place inside the store's folder."""
        return {n: p for n, p in self.folders.items() if p.absolute() != place.folder / n}


def copy_into(backup: Path, place: Place, belongings: Belongings) -> None:
    """Copies of everything in a new backup, and a note of what there was."""
    held = []
    for name in FOLDERS:
        source = belongings.folder(name, place)
        if source.is_dir():
            held.append(name)
            put_folder(source, backup / name)
    for name, path in belongings.files.items():
        if path.is_file():
            held.append(f"{CONFIGURATION}/{name}")
            make_folder(backup / CONFIGURATION)
            write_whole(backup / CONFIGURATION / name, path.read_bytes(), sync_folder=False)
    about = {"format": FORMAT, "holds": held}
    write_whole(backup / ABOUT, json.dumps(about, indent=1).encode(), sync_folder=False)


def put_back(backup: Path, folder: Path, former: Path | None = None) -> None:
    """Everything of a backup into the folder of a store that no one uses yet.

    Args:
        backup: where it comes from.
        folder: where it goes.
        former: the store that is replaced; what an earlier version's backup lacks is taken over from there.
    """
    for name in (*FOLDERS, CONFIGURATION):
        source = backup / name
        if not source.is_dir() and former is not None and not_held(backup):
            source = former / name
        if source.is_dir():
            put_folder(source, folder / name)


def not_held(backup: Path) -> list[str]:
    """What a backup cannot bring back, as an earlier version made it; in words."""
    if (backup / ABOUT).is_file():
        return []
    return [f"{name} ({says})" for name, says in FOLDERS.items()]


def held_outside(backup: Path, place: Place, belongings: Belongings) -> list[tuple[Path, Path]]:
    """Folders of a backup that a site keeps outside the store's folder: of the backup, and where it belongs."""
    return [(backup / n, p) for n, p in belongings.outside(place).items() if (backup / n).is_dir()]


def differs(one: Path, other: Path) -> bool:
    """Whether two folders of keys and the like have other files; databases are compared by name alone."""
    return _contents(one) != _contents(other)


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): b"" if is_database(p) else p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and not p.name.startswith(".")
    }


def files_in(folder: Path) -> Iterator[Path]:
    """All files below, in order, without unfinished ones."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.startswith(TEMP) for part in path.relative_to(folder).parts):
            yield path


def is_database(path: Path) -> bool:
    """Whether a file is of SQLite, which may be written at the moment."""
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def copy_database(source: Path, target: Path) -> None:
    """A whole copy of a database, also while it is written to."""
    make_private(target)
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
    fsync_file(target)


def put_folder(source: Path, target: Path) -> None:
    """A copy of a folder, for its owner alone; databases in it are copied whole."""
    make_folder(target)
    for path in files_in(source):
        if path.name.endswith(("-journal", "-wal", "-shm")):
            continue
        to = target / path.relative_to(source)
        make_folder(to.parent)
        if is_database(path):
            step("write", path.name)
            copy_database(path, to)
        else:
            copy_file(path, to)
