"""An encrypted backup: the folder of a backup as one file (tar in the age format), written and read as a stream."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

from analytics.errors import DamagedStore, HepatrendError, InputError
from analytics.store.admin.age_format import Identity, Opened, Recipient, Sealed, is_sealed
from analytics.store.admin.belongings import files_in
from analytics.store.database.atomic_files import (
    PRIVATE_FILE,
    make_folder,
    step,
    temp_beside,
    writing_whole,
)


def looks_sealed(path: Path) -> bool:
    """Whether a file is an encrypted backup, by how it begins."""
    with path.open("rb") as file:
        return is_sealed(file.read(64))


def seal_folder(folder: Path, path: Path, recipients: Sequence[Recipient]) -> None:
    """Write all files of a folder into one encrypted file, whole or not at all; nothing of it is plain on that disk."""
    with writing_whole(path) as out:
        sealed = Sealed(out, recipients)
        with tarfile.open(fileobj=cast(IO[bytes], sealed), mode="w|", format=tarfile.PAX_FORMAT) as archive:
            for file in files_in(folder):
                step("write", file.name)
                archive.add(file, file.relative_to(folder).as_posix(), recursive=False, filter=_nameless)
        sealed.close()


@contextmanager
def unsealed(path: Path, beside: Path, identities: Sequence[Identity]) -> Iterator[Path]:
    """The folder of an encrypted backup, decrypted for as long as it is looked at.

    Args:
        path: the file.
        beside: the store; the folder is made next to it, and removed.
        identities: who opens it.

    Raises:
        InputError: none of them can, or it is no encrypted backup.
        DamagedStore: it is cut off or not as it was written.
    """
    temp = make_folder(temp_beside(beside.with_name(f"restore-{path.stem}")))
    try:
        folder = make_folder(temp / path.stem)
        try:
            with path.open("rb") as source:
                _take_out(Opened(source, identities), folder)
        except (tarfile.TarError, EOFError, OSError) as error:
            if isinstance(error, OSError) and not isinstance(error, tarfile.TarError):
                raise
            raise DamagedStore(f"{path.name}: what is in it is no backup") from error
        except HepatrendError as error:
            raise type(error)(f"{path.name}: {error}; nothing was changed") from error
        yield folder
    finally:
        shutil.rmtree(temp, ignore_errors=True)


def _take_out(opened: Opened, folder: Path) -> None:
    """Every file of the archive into the folder; then to its end, which must be there."""
    with tarfile.open(fileobj=cast(IO[bytes], opened), mode="r|") as archive:
        for member in archive:
            name = PurePosixPath(member.name)
            if not member.isreg() or name.is_absolute() or ".." in name.parts or "\\" in member.name:
                raise InputError("it holds something else than the files of a backup")
            target = folder / name
            make_folder(target.parent)
            source = archive.extractfile(member)
            assert source is not None
            with source, os.fdopen(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_EXCL, PRIVATE_FILE), "wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)
    while opened.read(1 << 20):
        pass


def _nameless(about: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without who owns it here."""
    about.uid = about.gid = 0
    about.uname = about.gname = ""
    about.mode = PRIVATE_FILE
    return about
