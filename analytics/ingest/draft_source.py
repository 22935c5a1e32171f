"""The beginning of a file as a draft of a profile sees it: text with columns, a sheet or another table, by itself or in
a packed file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from analytics import letters
from analytics.errors import RefusedFile
from analytics.ingest import draft_roles, heads
from analytics.ingest.claims import Columns
from analytics.ingest.draft_roles import Seen
from analytics.ingest.profile import Profile
from analytics.ingest.reading import csv_exact, opening, packed, workbooks
from analytics.ingest.reading.source import BLOCK, MAX_BYTES, ZIP, Source, Unpacked
from analytics.ingest.reading.tables import TableSource

LOOKED_AT = 5_000
"""Lines at the beginning of a file that a draft is made from."""
FEW_PARTS = 20
"""Files of an archive that a draft looks into."""


@dataclass(frozen=True)
class _Part:
    """One table to look at: its name, its first bytes as UTF-8 where a program wrote them, and what is told of it."""

    name: str
    table: bytes | None = None
    inner: Unpacked | None = None
    header: csv_exact.Header | None = None
    above: tuple[str, ...] = ()


def looked_at(path: str | Path, also: Sequence[str | Path] = ()) -> tuple[Seen, list[str]]:
    """What a file shows of itself, and questions on its parts (files of an archive, sheets); those of one shape are
    seen together, and of several shapes the one with tests in it that most parts have.

    Args:
        path: the file.
        also: further files of its source, seen together with it where they have its columns.

    Raises:
        RefusedFile: the file, or every part of it, is no table.
    """
    seen: dict[tuple[str, ...], Seen] = {}
    names: dict[tuple[str, ...], list[str]] = {}
    refused: list[RefusedFile] = []
    asked: list[str] = []
    for whole, part in ((one, part) for one in (path, *also) for part in _parts(one, refused, asked)):
        try:
            found = _look(whole, part)
        except RefusedFile as error:
            refused.append(error)
            continue
        shape = found.columns.names
        names.setdefault(shape, []).append(part.name)
        seen[shape] = _joined(seen[shape], found) if shape in seen else found
    if not seen:
        raise refused[0]
    most = max(seen, key=lambda shape: (_with_tests(seen[shape]), len(names[shape])))
    others = [n for shape in names if shape != most for n in names[shape]]
    if len(names[most]) + len(others) > 1:
        asked.append(f"drafted from {', '.join(names[most][:6])}")
    if others:
        asked.append(
            f"other columns in {', '.join(others[:6])}: these need a draft of their own, in a file of their own"
        )
    return seen[most], asked + [f"not looked at: {error}" for error in refused[:6]]


def _with_tests(seen: Seen) -> bool:
    """Whether known tests stand in a column or name some."""
    names = [n for n in seen.columns.names if draft_roles.is_test(n)]
    return len(names) > 1 or any(seen.share(n, draft_roles.is_test) >= draft_roles.MOST for n in seen.columns.names)


def _joined(first: Seen, more: Seen) -> Seen:
    """Entries of one more part of the same shape, so that a date of any of them tells the form of all."""
    for column, cells in more.cells.items():
        first.cells[column].update(cells)
    first.rows.extend(more.rows)
    first.above, first.below = first.above + more.above, first.below + more.below
    return first


def _parts(path: str | Path, refused: list[RefusedFile], asked: list[str]) -> Iterator[_Part]:
    """The tables in a file: files of an archive, sheets of a workbook, or the file itself."""
    head = opening.beginning(path, None)[0]
    if not packed.is_packed(head) or _is_workbook(path, head, None):
        yield from _tables(path, None, asked)
        return
    for member in packed.opened(Path(path), head, MAX_BYTES).members[:FEW_PARTS]:
        try:
            yield from _tables(path, member.unpack(), asked)
        except RefusedFile as error:
            refused.append(error)


def _is_workbook(path: str | Path, head: bytes, inner: Unpacked | None) -> bool:
    if not head.startswith((workbooks.OLE, ZIP)):
        return False
    handle = workbooks.handle_of(path, inner)
    try:
        return workbooks.is_workbook(head, handle)
    finally:
        _give_back(handle, inner)


def _give_back(handle: BinaryIO, inner: Unpacked | None) -> None:
    if inner:
        handle.seek(0)
    else:
        handle.close()


def _tables(path: str | Path, inner: Unpacked | None, asked: list[str]) -> Iterator[_Part]:
    """One file as the tables that it holds."""
    name = inner.name if inner else Path(path).name
    head = opening.beginning(path, inner)[0]
    if _is_workbook(path, head, inner):
        handle = workbooks.handle_of(path, inner)
        with handle:
            found = workbooks.sheets(handle, name, Profile(), asked)
        for sheet in found[:FEW_PARTS]:
            with sheet.handle as text:
                yield _Part(sheet.name, text.read(BLOCK), above=sheet.above)
    elif inner and packed.is_packed(head):
        inner.handle.close()
        raise RefusedFile("is packed inside a packed file; unpack the outer one first", file=name)
    else:
        yield _typed(path, inner, name)


def _typed(path: str | Path, inner: Unpacked | None, name: str) -> _Part:
    """A table with types as the text that it is read as, a file of messages by its kind, and plain text as it lies."""
    kind = opening.kind_of(path, inner, "")
    if kind is Source:
        return _Part(name, inner=inner)
    source = opening.opened(path, Profile(), "", MAX_BYTES, inner)
    try:
        first = next(source.blocks(), b"")
        if isinstance(source, TableSource):
            return _Part(name, first)
        structured = opening.splitter(source, first, [])
        return _Part(name, header=structured[0] if structured else None)
    finally:
        source.close()


def _look(path: str | Path, part: _Part) -> Seen:
    if part.header:
        return Seen(Columns(part.header.names, part.name), {})
    if part.table is not None:
        lines = part.table.decode("utf-8", "replace").split("\n")[:LOOKED_AT]
        header = csv_exact.find_header(lines, 0, ",", part.name)
        seen = _seen(lines, header, part.name)
        seen.above, seen.below = part.above or tuple(lines[: header.line - 1]), tuple(lines[header.line :])
        return seen
    encoding = ""
    source = Source(path, inner=part.inner)
    try:
        head = source.head if source.encoding == "utf-8" else source.head.decode(source.encoding, "ignore").encode()
    finally:
        source.close()
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        cut = error.start >= len(head) - 3
        encoding = "" if cut else _encoding_of(head)
        text = head[: error.start].decode("utf-8-sig") if cut else head.decode(encoding, "replace")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:LOOKED_AT]
    skip = _preamble(lines)
    header = csv_exact.find_header(lines, skip, "", source.name)
    seen = _seen(lines, header, source.name)
    seen.encoding, seen.skip, seen.above = encoding, skip, tuple(lines[: header.line - 1])
    seen.below = tuple(lines[header.line :])
    return seen


_JAPANESE = re.compile(r"[\u3041-\u30fe\u4e00-\u9fff]{2,}")


def _encoding_of(head: bytes) -> str:
    """Of a text that is not UTF-8: that of Japan where it gives words of its letters, else that of western Europe."""
    whole = head[: head.rfind(b"\n") + 1] or head
    try:
        words = _JAPANESE.findall(whole.decode("cp932"))
    except UnicodeDecodeError:
        words = []
    return "cp932" if len(words) >= FEW_WORDS else "cp1252"


FEW_WORDS = 3
"""So many words of Japanese letters are no chance."""


def _seen(lines: Sequence[str], header: csv_exact.Header, name: str) -> Seen:
    """Entries of the columns below a header."""
    cells: dict[str, Counter[str]] = {n: Counter() for n in header.names}
    rows = []
    for line in lines[header.line : -1] if len(lines) > header.line + 1 else lines[header.line :]:
        fields = csv_exact.split(line.rstrip("\r"), header.delimiter)
        if fields and len(fields) == len(header.names) and sum(map(bool, map(str.strip, fields))) > 1:
            rows.append(fields)
            for column, cell in zip(header.names, fields, strict=True):
                cells[column][letters.number(cell.strip())] += 1
    sample = tuple(tuple(c.strip() for c in column) for column in zip(*rows[:200], strict=True))
    return Seen(Columns(header.names, name, sample), cells, delimiter=header.delimiter, rows=rows)


def _preamble(lines: list[str]) -> int:
    """Lines before the header: those above the first line that names known columns, where the first one does not;
    else above the first with as many fields as most lines, none of them blank."""
    filled = [(i, t) for i, t in enumerate(lines[:60]) if t.strip()]
    if not filled:
        raise RefusedFile("the file is empty")
    texts = [t for _, t in filled]
    if re.fullmatch(r'"?sep=.*', texts[0], re.IGNORECASE):
        return 0
    first = heads.first_head(texts, "")
    if first is not None and heads.known_in(texts[first]) >= heads.FEW:
        return filled[first][0] if not all(t.startswith("#") for t in texts[:first]) else 0
    lower = heads.below(texts, first, "") if first is not None else None
    if lower is not None:
        return filled[lower][0]
    counts = [max(line.count(d) for d in csv_exact.DELIMITERS) for line in lines[:200] if line.strip()]
    usual = Counter(counts).most_common(1)[0][0]
    alike = [i for i, line in enumerate(lines[:50]) if max(line.count(d) for d in csv_exact.DELIMITERS) == usual]
    return next((i for i in alike if _names_all(lines[i])), alike[0] if alike else 0)


def _names_all(line: str) -> bool:
    """Whether every field has something in it that is no number, as the names of columns have."""
    sign = max(csv_exact.DELIMITERS, key=line.count)
    fields = [f.strip() for f in csv_exact.split(line.rstrip("\r"), sign) or [""]]
    return all(fields) and not any(draft_roles.is_number(f) for f in fields)
