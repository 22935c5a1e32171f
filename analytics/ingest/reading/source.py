"""One file, opened once, read front to back in blocks of whole lines of UTF-8, hashed, and watched for change.

What the file is, is decided by its first bytes, never by its name. Other encodings than UTF-8 are decoded strictly on
the way; nothing is ever replaced.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import re
import stat
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from analytics.errors import RefusedFile

BLOCK = 8 << 20
MAX_LINE = 1 << 20
MAX_FIELD = 64 << 10
MAX_COLUMNS = 512
MAX_BYTES = 20 << 30

_KINDS = (
    (b"\x1f\x8b", "compressed with gzip"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ\x00", "compressed with xz"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Office file"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"HEADER RECORD*******", "a SAS transport file"),
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x80\x05", "a Python pickle"),
    (b"\x7fELF", "a program"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"version https://git-lfs", "a pointer of git-lfs, not the data"),
)
_XDT = re.compile(rb"(?:\xef\xbb\xbf)?\s*0\d\d8000[0-9A-Za-z]{4,40}\s*[\r\n]+\d{7}")
"""The first two lines of a file of the German family xDT: length of the line, field 8000 (what kind of record), and
the next line with a length and a number of field."""
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class Unpacked:
    """What lay inside a container: readable bytes that no name on the disk leads to.

    Attributes:
        handle: the bytes, from their beginning.
        name: how it is called, with the container.
        sha256: of the container as it lies there; empty where the hash is that of the bytes themselves.
        above: lines above a table that are no part of its text.
        archive: the zip archive that it lay in; None for any other container.
    """

    handle: BinaryIO
    name: str
    sha256: str = ""
    above: tuple[str, ...] = ()
    archive: Path | None = None


class Source:
    """A file while it is read.

    Args:
        path: a file of this machine; never an address.
        encoding: declared by the user or the profile; empty to let the byte order mark decide, else UTF-8.
        max_bytes: larger files are refused.
        inner: what is read in place of the file itself, where it is a container.

    Raises:
        RefusedFile: not a plain file, too large, empty, or not text.
    """

    def __init__(
        self,
        path: str | Path,
        encoding: str = "",
        max_bytes: int = MAX_BYTES,
        inner: Unpacked | None = None,
    ):
        self.path = Path(path)
        self.name = inner.name if inner else self.path.name
        self._inner = inner
        if "://" in str(path):
            raise RefusedFile("an address is not read; give a path to a file", file=str(path))
        try:
            self._handle: BinaryIO = inner.handle if inner else open(self.path, "rb")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise RefusedFile(f"cannot be opened: {reason}", file=self.name) from error
        try:
            self._at_start = _about(self._handle)
            self._refuse_unless_plain(max_bytes)
            self.head = self._handle.read(64 << 10)
            self._handle.seek(0)
            self.encoding, self._bom = self._decide(encoding)
        except BaseException:
            self._handle.close()
            raise
        self.position = 0
        self._hash = hashlib.sha256()
        self._finished = False

    @property
    def inner(self) -> Unpacked | None:
        """What is read in place of the file itself."""
        return self._inner

    @property
    def size(self) -> int:
        """Bytes in the file when it was opened."""
        return self._at_start.st_size

    @property
    def above(self) -> tuple[str, ...]:
        """Lines above the table that are no part of its text."""
        return self._inner.above if self._inner else ()

    @property
    def sha256(self) -> str:
        """Hash of the bytes that were read; empty until the last block was read."""
        if not self._finished:
            return ""
        return self._inner.sha256 if self._inner and self._inner.sha256 else self._hash.hexdigest()

    def close(self) -> None:
        """Give the file back."""
        self._handle.close()

    def raw(self) -> Iterator[bytes]:
        """The bytes as they are, hashed on the way by a thread; at the end the file must still be the same."""
        with ThreadPoolExecutor(1, thread_name_prefix="hash") as thread:
            hashed: Future[None] | None = None
            while block := self._handle.read(BLOCK):
                if hashed is not None:
                    hashed.result()
                hashed = thread.submit(self._hash.update, block)
                self.position += len(block)
                yield block
        self._refuse_if_changed()
        self._finished = True

    def blocks(self) -> Iterator[bytes]:
        """UTF-8 text in blocks that end with a line feed (the very last may not), without byte order mark.

        Line ends of carriage returns alone are turned into line feeds.
        """
        rest, cr_only = b"", None
        for block in self._decoded():
            if cr_only is None:
                cr_only = b"\r" in block and b"\n" not in block
            if cr_only:
                block = block.replace(b"\r", b"\n")
            cut = block.rfind(b"\n") + 1
            if not cut:
                rest += block
                if len(rest) > MAX_LINE:
                    raise RefusedFile(f"a line is longer than {MAX_LINE:,} bytes", file=self.name)
                continue
            yield b"".join((rest, memoryview(block)[:cut]))
            rest = block[cut:]
        if rest:
            yield rest

    def _decoded(self) -> Iterator[bytes]:
        if self.encoding == "utf-8":
            first = True
            for block in self.raw():
                yield block[len(self._bom) :] if first else block
                first = False
            return
        decoder = codecs.getincrementaldecoder(self.encoding)(errors="strict")
        try:
            for block in self.raw():
                yield decoder.decode(block).encode("utf-8")
            yield decoder.decode(b"", final=True).encode("utf-8")
        except UnicodeError as error:
            raise RefusedFile(
                f"the bytes are not {self.encoding} text ({error}); name the right one with --encoding", file=self.name
            ) from error

    def _decide(self, declared: str) -> tuple[str, bytes]:
        """Encoding and byte order mark; refuses what is no text."""
        head = self.head
        if not head.strip():
            raise RefusedFile("the file is empty", file=self.name)
        if head.startswith(ZIP):
            raise RefusedFile("is a zip archive or an Excel workbook", file=self.name)
        self._refuse_other_kinds()
        for bom, encoding in _BOMS:
            if head.startswith(bom):
                return encoding, bom
        encoding = codecs.lookup(declared).name if declared else "utf-8"
        if encoding == "utf-8":
            zeros = head.count(b"\x00")
            if zeros > len(head) // 8:
                raise RefusedFile("holds bytes that are no text; name the encoding with --encoding", file=self.name)
        return encoding, b""

    def _refuse_other_kinds(self) -> None:
        """What is known by its first bytes and is no text with records."""
        head = self.head
        for magic, what in _KINDS:
            if head.startswith(magic):
                raise RefusedFile(f"is {what}; text with separated columns or FHIR NDJSON is read", file=self.name)
        if head.lstrip()[:15].lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
            raise RefusedFile("is a web page or XML, perhaps an error page saved in place of data", file=self.name)
        if _XDT.match(head):
            raise RefusedFile(
                "is xDT (LDT of a laboratory, BDT or GDT of a practice's system): lines of a length and a number of "
                "field. It is not read; export the results from that system as a table (CSV, Excel), HL7 v2 or FHIR",
                file=self.name,
            )

    def _refuse_unless_plain(self, max_bytes: int) -> None:
        if not stat.S_ISREG(self._at_start.st_mode):
            raise RefusedFile("is not a plain file", file=self.name)
        if self.size > max_bytes:
            raise RefusedFile(f"has {self.size:,} bytes; at most {max_bytes:,} are read (--max-bytes)", file=self.name)

    def _refuse_if_changed(self) -> None:
        if self._inner:
            return
        now = os.fstat(self._handle.fileno())
        there = self._there()
        before = (self._at_start.st_dev, self._at_start.st_ino, self._at_start.st_size, self._at_start.st_mtime_ns)
        for after in (now, there):
            if after is None or (after.st_dev, after.st_ino, after.st_size, after.st_mtime_ns) != before:
                raise RefusedFile("changed while being read", file=self.name)
        if self.position != self._at_start.st_size:
            raise RefusedFile("changed while being read", file=self.name)

    def _there(self) -> os.stat_result | None:
        try:
            return os.stat(self.path)
        except OSError:
            return None


def _about(handle: BinaryIO) -> os.stat_result:
    """Kind, size and time of what is read; bytes that lie in memory alone have no file."""
    if isinstance(handle, io.BytesIO):
        return os.stat_result((stat.S_IFREG | 0o600, 0, 0, 1, 0, 0, handle.getbuffer().nbytes, 0, 0, 0))
    return os.fstat(handle.fileno())


def fingerprint(path: str | Path) -> str:
    """sha256 of a file as it is now."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
