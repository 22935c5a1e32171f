"""Excel workbooks by calamine, looked through before it opens them: what would not fit in memory is refused early."""

from __future__ import annotations

import hashlib
import io
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from analytics.errors import MissingExtra, RefusedFile
from analytics.ingest.profile import Profile
from analytics.ingest.reading.excel import MAX_CELL, Sheet, as_text
from analytics.ingest.reading.packed import MAX_RATIO, RATIO_FROM, UNREADABLE
from analytics.ingest.reading.source import ZIP, Unpacked

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_WORKBOOK = 128 << 20
"""Bytes of a workbook (house)."""
MAX_PARTS_BYTES = 1 << 30
"""Bytes of all parts of a workbook, unpacked (house)."""
MAX_CELLS = 20_000_000
"""Cells between the first and the last used one of a sheet (house): so many are made in memory."""
MAX_TEXT = 1 << 30
"""Letters of all texts of a workbook, each counted as often as it may be shown (house)."""
_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br=[\"']([A-Z]{1,3})([0-9]{1,7})[\"']")
_BLOCK = 1 << 20
_NOT_READ = ("xl/workbook.bin", "content.xml")


def is_workbook(head: bytes, handle: BinaryIO) -> bool:
    """Whether a file is a workbook, by its first bytes and, of a zip, by the names in it."""
    if head.startswith(OLE):
        return True
    if not head.startswith(ZIP):
        return False
    try:
        with zipfile.ZipFile(handle) as archive:
            listed = archive.namelist()
    except UNREADABLE:
        return False
    return any(n.startswith("xl/") or n in ("[Content_Types].xml", "content.xml") for n in listed)


def sheets(handle: BinaryIO, file: str, profile: Profile, notes: list[str]) -> list[Unpacked]:
    """The sheets that hold tables, as text; what is said of the workbook goes to ``notes``.

    Raises:
        RefusedFile: it cannot be read, is too large, or holds no table.
    """
    data = _data(handle, file)
    found = [s for s in _sheets(data, file, profile, notes) if s]
    if not found:
        raise RefusedFile("is a workbook without a table: no heads above rows with numbers or dates", file=file)
    digest = hashlib.sha256(data).hexdigest()
    for sheet in found:
        notes += [f"sheet {sheet.name!r}: {note}" for note in sheet.notes]
    return [_kept(s, file if len(found) == 1 else f"{file}/{s.name}", digest) for s in found]


def names(handle: BinaryIO, file: str) -> list[str]:
    """Names of all sheets of a workbook, hidden ones too; within the same limits.

    Raises:
        RefusedFile: it cannot be read or is too large.
    """
    data = _data(handle, file)
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError as error:
        raise MissingExtra("excel", "reading a workbook") from error
    try:
        return list(CalamineWorkbook.from_filelike(io.BytesIO(data)).sheet_names)
    except (CalamineError, ValueError, IndexError, OverflowError) as error:
        raise RefusedFile(f"is no workbook that can be read: {error}", file=file) from error


def _data(handle: BinaryIO, file: str) -> bytes:
    data = handle.read(MAX_WORKBOOK + 1)
    if len(data) > MAX_WORKBOOK:
        raise RefusedFile(f"is a workbook of more than {MAX_WORKBOOK >> 20} MiB; save the sheet as CSV", file=file)
    if data.startswith(ZIP):
        _refuse_bomb(data, file)
    return data


def _kept(sheet: Sheet, name: str, sha256: str) -> Unpacked:
    out: BinaryIO = tempfile.TemporaryFile()
    out.write(sheet.text.encode("utf-8", "replace"))
    out.seek(0)
    return Unpacked(out, name, sha256, tuple(sheet.above))


def _sheets(data: bytes, file: str, profile: Profile, notes: list[str]) -> Iterator[Sheet | None]:
    try:
        from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum
    except ImportError as error:
        raise MissingExtra("excel", "reading a workbook") from error
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        wanted = [m for m in book.sheets_metadata if m.typ == SheetTypeEnum.WorkSheet]
        if profile.sheet and profile.sheet not in book.sheet_names:
            said = ", ".join(book.sheet_names)
            raise RefusedFile(f"no sheet {profile.sheet!r}; there are {said}", file=file)
        for one in wanted:
            if profile.sheet and one.name != profile.sheet:
                continue
            if one.visible != SheetVisibleEnum.Visible and not profile.sheet:
                notes.append(f"sheet {one.name!r} is hidden and not read; a profile can: sheet = {one.name!r}")
                continue
            yield _sheet(book.get_sheet_by_name(one.name), file, profile, notes)
    except (CalamineError, ValueError, IndexError, OverflowError) as error:
        raise RefusedFile(f"is no workbook that can be read: {error}", file=file) from error


def _sheet(sheet: Any, file: str, profile: Profile, notes: list[str]) -> Sheet | None:
    if sheet.total_height * sheet.total_width > MAX_CELLS:
        raise RefusedFile(f"the sheet {sheet.name!r} is larger than {MAX_CELLS:,} cells", file=file)
    rows: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    made = as_text(sheet.name, rows, sheet.merged_cell_ranges or (), profile) if rows else None
    if made is None and rows:
        notes.append(f"sheet {sheet.name!r} holds no table and is not read")
    return made


def _refuse_bomb(data: bytes, file: str) -> None:
    """Refuse a workbook whose parts, cells or texts would not fit, by going through it a block at a time."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if any(name in archive.namelist() for name in _NOT_READ):
                raise RefusedFile("is a workbook of another form; save it as .xlsx or CSV", file=file)
            if sum(i.file_size for i in archive.infolist()) > MAX_PARTS_BYTES:
                raise RefusedFile(f"becomes larger than {MAX_PARTS_BYTES:,} bytes when it is opened", file=file)
            cells, longest = 0, 0
            for info in archive.infolist():
                own, text = _gone_through(archive, info, file)
                cells, longest = cells + own, max(longest, text)
    except UNREADABLE as error:
        raise RefusedFile(f"is no workbook that can be read: {error}", file=file) from error
    if longest > 4 * MAX_CELL and longest * cells > MAX_TEXT:
        raise RefusedFile("holds a text that is repeated until it would not fit in memory", file=file)


def _gone_through(archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: str) -> tuple[int, int]:
    """Cells in a part of a workbook and bytes of its longest text."""
    is_sheet = info.filename.startswith("xl/worksheets/")
    is_text = info.filename.startswith("xl/sharedStrings")
    size, cells, longest, rest, corner = 0, 0, 0, b"", (0, 0)
    with archive.open(info) as part:
        while piece := part.read(_BLOCK):
            size += len(piece)
            if size > RATIO_FROM and size > MAX_RATIO * max(info.compress_size, 1):
                raise RefusedFile(f"becomes more than {MAX_RATIO} times larger when it is opened", file=file)
            if is_sheet:
                found = _CELL.findall(rest + piece)
                cells += len(found)
                corner = _corner(found, corner)
                if corner[0] * corner[1] > MAX_CELLS:
                    raise RefusedFile(f"a sheet is larger than {MAX_CELLS:,} cells", file=file)
                rest = piece[-256:]
            elif is_text:
                texts = (rest + piece).split(b"<si")
                longest = max(longest, *(len(t) for t in texts))
                rest = texts[-1] if len(texts[-1]) < MAX_PARTS_BYTES else b""
    return cells, longest


def _corner(found: list[tuple[bytes, bytes]], corner: tuple[int, int]) -> tuple[int, int]:
    """Row and column of the last cell, with those before."""
    if not found:
        return corner
    row = max(int(r) for _, r in found)
    column = max(found, key=lambda cell: (len(cell[0]), cell[0]))[0]
    number = 0
    for letter in column:
        number = number * 26 + letter - 64
    return max(corner[0], row), max(corner[1], number)


def handle_of(path: str | Path, inner: Unpacked | None) -> BinaryIO:
    """The bytes of a file, from their beginning."""
    if inner:
        inner.handle.seek(0)
        return inner.handle
    return open(path, "rb")
