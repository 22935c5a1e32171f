"""Files packed with gzip or zip: unpacked into a nameless file of this machine, within limits, and read as what they
are. Nothing is ever written under a name that an archive gives."""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from analytics.errors import RefusedFile
from analytics.ingest.reading.source import ZIP, Unpacked

GZIP = b"\x1f\x8b"
MAX_RATIO = 200
"""How many times larger than packed a file may become (house; tables of results become 5 to 50 times larger)."""
RATIO_FROM = 16 << 20
"""The ratio counts from so many unpacked bytes (house): small files of one repeated line are no bombs."""
MAX_UNPACKED = 8 << 30
"""Bytes of all files of one archive, unpacked (house)."""
MAX_PARTS = 500
"""Files in one archive (house)."""
TAKEN = frozenset(
    ".csv .tsv .txt .tab .psv .dat .json .ndjson .jsonl .xlsx .xlsm .xls .xpt .parquet .pq .feather .arrow .hl7".split()
)
"""Suffixes of files in an archive that are read; where none has one of them, all are looked at."""
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, EOFError, OSError, RuntimeError, ValueError,
    KeyError,
)  # fmt: skip
"""What the reader of zip archives raises on bytes that are none."""
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Member:
    """One file in an archive: its name, and how it is unpacked."""

    name: str
    unpack: Callable[[], Unpacked]


@dataclass(frozen=True)
class Archive:
    """What a packed file holds.

    Attributes:
        members: files to be read.
        passed_over: names of others.
        sha256: of the archive.
    """

    members: tuple[Member, ...]
    passed_over: tuple[str, ...]
    sha256: str


def is_packed(head: bytes) -> bool:
    """Whether the first bytes are those of gzip or zip."""
    return head.startswith((GZIP, ZIP, b"PK\x05\x06"))


def opened(path: Path, head: bytes, max_bytes: int) -> Archive:
    """What a packed file holds.

    Raises:
        RefusedFile: it cannot be read, is locked, or would become too large.
    """
    most = min(max_bytes, MAX_UNPACKED)
    if head.startswith(GZIP):
        handle, digest = _gunzipped(path, most)
        return Archive((Member(path.name, lambda: Unpacked(handle, path.name, digest)),), (), digest)
    return _zip(path, most)


class _Limits:
    """Bytes that come out, counted against what went in."""

    def __init__(self, file: str, most: int, whole: int = 0):
        """``whole``: bytes that all comes from, where what goes in is itself unpacked from them."""
        self.file, self.most, self.came_in, self.went_out = file, most, whole, 0
        self._inner = bool(whole)

    def count(self, came_in: int, went_out: int) -> None:
        """Refuse as soon as it is too much."""
        self.came_in += 0 if self._inner else came_in
        self.went_out += went_out
        if self.went_out > self.most:
            raise RefusedFile(f"becomes larger than {self.most:,} bytes when it is unpacked", file=self.file)
        if self.went_out > RATIO_FROM and self.went_out > MAX_RATIO * max(self.came_in, 1):
            raise RefusedFile(
                f"becomes more than {MAX_RATIO} times larger when it is unpacked; unpack it yourself if that is right",
                file=self.file,
            )


def _gunzipped(path: Path, most: int) -> tuple[BinaryIO, str]:
    limits, digest = _Limits(path.name, most), hashlib.sha256()
    out: BinaryIO = tempfile.TemporaryFile()
    try:
        with open(path, "rb") as packed:
            before = os.fstat(packed.fileno())
            for piece in _inflated(packed, digest.update, limits):
                out.write(piece)
            refuse_if_changed(path, before, packed)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return out, digest.hexdigest()


def _inflated(packed: BinaryIO, hashed: Callable[[bytes], None], limits: _Limits) -> Iterator[bytes]:
    """The bytes of all members of a gzip file; at most a block at once, whatever the packed bytes say."""
    stream, waiting, begun = zlib.decompressobj(31), b"", False
    try:
        while data := packed.read(_BLOCK):
            hashed(data)
            waiting += data
            while waiting:
                if stream.eof:
                    waiting = waiting.lstrip(b"\x00")
                    if not waiting:
                        break
                    stream = zlib.decompressobj(31)
                piece, before = stream.decompress(waiting, _BLOCK), len(waiting)
                begun = True
                waiting = stream.unconsumed_tail or (stream.unused_data if stream.eof else b"")
                limits.count(before - len(waiting), len(piece))
                yield piece
    except zlib.error as error:
        raise RefusedFile(f"is packed with gzip and damaged: {error}", file=limits.file) from error
    if not begun or not stream.eof:
        raise RefusedFile("is packed with gzip and cut off", file=limits.file)


def refuse_if_changed(path: Path, before: os.stat_result, handle: BinaryIO) -> None:
    """Refuse a file that is not as it was when it was opened."""
    try:
        there: os.stat_result | None = os.stat(path)
    except OSError:
        there = None
    for after in (os.fstat(handle.fileno()), there):
        if after is None or (after.st_ino, after.st_size, after.st_mtime_ns) != (
            before.st_ino,
            before.st_size,
            before.st_mtime_ns,
        ):
            raise RefusedFile("changed while being read", file=path.name)


def _zip(path: Path, most: int) -> Archive:
    try:
        with open(path, "rb") as handle:
            before = os.fstat(handle.fileno())
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
            with zipfile.ZipFile(handle) as archive:
                infos = [i for i in archive.infolist() if not i.is_dir()]
            refuse_if_changed(path, before, handle)
    except UNREADABLE as error:
        raise RefusedFile(f"is a zip archive that cannot be read: {error}", file=path.name) from error
    _refuse_bomb(infos, path.name, before.st_size, most)
    wanted = [i for i in infos if _is_data(i.filename)]
    wanted = [i for i in wanted if _suffix(i.filename) in TAKEN] or wanted
    twice = [name for name, n in Counter(i.filename for i in infos).items() if n > 1]
    if twice:
        raise RefusedFile(f"has two files of the name {twice[0][:80]!r}", file=path.name)
    if not wanted:
        raise RefusedFile("is a zip archive without files", file=path.name)
    chosen = {i.filename for i in wanted}
    alone = len(wanted) == 1
    return Archive(
        tuple(_member(path, i, most, before, digest if alone else "") for i in wanted),
        tuple(_clean(i.filename) for i in infos if i.filename not in chosen),
        digest,
    )


def _refuse_bomb(infos: list[zipfile.ZipInfo], file: str, size: int, most: int) -> None:
    """Refuse an archive by what its own list of files says, before anything is unpacked."""
    if len(infos) > MAX_PARTS:
        raise RefusedFile(f"holds {len(infos):,} files; at most {MAX_PARTS} are read", file=file)
    if any(i.flag_bits & 1 for i in infos):
        raise RefusedFile("is locked with a password; unlock it first", file=file)
    _Limits(file, most).count(size, sum(i.file_size for i in infos))


def _member(path: Path, info: zipfile.ZipInfo, most: int, before: os.stat_result, sha256: str) -> Member:
    name = path.name if sha256 else f"{path.name}/{_clean(info.filename)}"

    def unpack() -> Unpacked:
        limits = _Limits(name, most)
        out: BinaryIO = tempfile.TemporaryFile()
        try:
            with open(path, "rb") as handle, zipfile.ZipFile(handle) as archive:
                limits.count(info.compress_size, 0)
                with archive.open(info) as member:
                    while piece := member.read(_BLOCK):
                        limits.count(0, len(piece))
                        out.write(piece)
                refuse_if_changed(path, before, handle)
        except UNREADABLE as error:
            out.close()
            raise RefusedFile(f"cannot be unpacked: {error}", file=name) from error
        except BaseException:
            out.close()
            raise
        out.seek(0)
        return Unpacked(_once_more(out, name, most, info.compress_size), name, sha256, archive=path)

    return Member(name, unpack)


def _once_more(out: BinaryIO, name: str, most: int, size: int) -> BinaryIO:
    """A file of an archive that is itself packed with gzip, unpacked too; any other as it is.

    Args:
        out: the file.
        name: of it, for messages.
        most: bytes that it may become.
        size: bytes that it takes in the archive, against which it is counted.
    """
    packed = out.read(len(GZIP)) == GZIP
    out.seek(0)
    if not packed:
        return out
    inner: BinaryIO = tempfile.TemporaryFile()
    try:
        with out:
            for piece in _inflated(out, lambda _: None, _Limits(name, most, max(size, 1))):
                inner.write(piece)
    except BaseException:
        inner.close()
        raise
    inner.seek(0)
    return inner


def beside(path: Path, inner: Unpacked | None, stem: str) -> tuple[str, BinaryIO] | None:
    """A small table that belongs to a file: in its folder, or in its archive; plain or packed with gzip.

    Args:
        path: of the file, or of the archive that it is in.
        inner: the file, where it is in an archive.
        stem: name of the table without its suffix, in small letters.

    Returns:
        Its name and its bytes; None where there is none that can be read.
    """
    names = {f"{stem}.csv", f"{stem}.csv.gz"}
    try:
        if inner and inner.archive:
            own = [m for m in opened(path, ZIP, MAX_UNPACKED).members if m.name.rpartition("/")[2].lower() in names]
            folder = inner.name.rpartition("/")[0]
            own = [m for m in own if m.name.rpartition("/")[0] == folder] or own
            return (own[0].name.rpartition("/")[2], own[0].unpack().handle) if own else None
        there = sorted(p for p in path.parent.iterdir() if p.name.lower() in names and p.is_file())
        if not there:
            return None
        handle: BinaryIO = there[0].open("rb")
        packed = handle.read(len(GZIP)) == GZIP
        handle.seek(0)
        if packed:
            handle.close()
            handle = _gunzipped(there[0], MAX_UNPACKED)[0]
        return there[0].name, handle
    except (OSError, RefusedFile):
        return None


def _suffix(name: str) -> str:
    """What a file in an archive is by its name; of one that is packed with gzip, what is in it."""
    path = Path(name)
    return (Path(path.stem) if path.suffix.lower() == ".gz" else path).suffix.lower()


def _is_data(name: str) -> bool:
    """Whether a file of an archive is one that somebody put there: no hidden file, none of a program's own."""
    parts = name.replace("\\", "/").split("/")
    return not any(p.startswith((".", "__MACOSX", "~$")) for p in parts if p not in (".", ".."))


def _clean(name: str) -> str:
    """A name from an archive with printable signs only."""
    return "".join(c if c.isprintable() else "_" for c in name)[:200]
