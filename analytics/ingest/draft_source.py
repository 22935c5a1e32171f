"""The beginning of a file as a draft of a profile sees it: text with columns, by itself or in a packed file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from analytics.errors import RefusedFile
from analytics.ingest import draft_roles, heads
from analytics.ingest.claims import Columns
from analytics.ingest.draft_roles import Seen
from analytics.ingest.reading import csv_exact, opening, packed, workbooks
from analytics.ingest.reading.source import MAX_BYTES, Source, Unpacked

LOOKED_AT = 5_000
"""Lines at the beginning of a file that a draft is made from."""
FEW_PARTS = 20
"""Files of an archive that a draft looks into."""


def looked_at(path: str | Path, also: Sequence[str | Path] = ()) -> tuple[Seen, list[str]]:
    """What a file shows of itself, and questions on the parts of an archive; parts of one shape are seen together.

    Args:
        path: the file.
        also: further files of its source, seen together with it where they have its columns.

    Raises:
        RefusedFile: the file, or every part of it, is no text with columns.
    """
    seen: dict[tuple[str, ...], Seen] = {}
    names: dict[tuple[str, ...], list[str]] = {}
    refused: list[RefusedFile] = []
    for whole, inner in ((one, inner) for one in (path, *also) for inner in _parts(one)):
        name = inner.name if inner else Path(whole).name
        try:
            part = _look(whole, inner)
        except RefusedFile as error:
            refused.append(error)
            continue
        shape = part.columns.names
        names.setdefault(shape, []).append(name)
        seen[shape] = _joined(seen[shape], part) if shape in seen else part
    if not seen:
        raise refused[0]
    most = max(seen, key=lambda shape: len(names[shape]))
    others = [n for shape in names if shape != most for n in names[shape]]
    asked = [f"drafted from {', '.join(names[most][:6])}"] if len(names[most]) + len(others) > 1 else []
    if others:
        asked.append(f"other columns in {', '.join(others[:6])}: these need a draft of their own, unpacked")
    return seen[most], asked + [f"not looked at: {error}" for error in refused[:6]]


def _joined(first: Seen, more: Seen) -> Seen:
    """Entries of one more part of the same shape, so that a date of any of them tells the form of all."""
    for column, cells in more.cells.items():
        first.cells[column].update(cells)
    first.rows.extend(more.rows)
    return first


def _parts(path: str | Path) -> Iterator[Unpacked | None]:
    """The files in a packed one; of any other the file itself, told by None."""
    head = opening.beginning(path, None)[0]
    if not packed.is_packed(head) or _is_workbook(path, head):
        yield None
        return
    for member in packed.opened(Path(path), head, MAX_BYTES).members[:FEW_PARTS]:
        yield member.unpack()


def _is_workbook(path: str | Path, head: bytes) -> bool:
    with workbooks.handle_of(path, None) as handle:
        return workbooks.is_workbook(head, handle)


def _look(path: str | Path, inner: Unpacked | None) -> Seen:
    encoding = ""
    source = Source(path, inner=inner)
    try:
        head = source.head if source.encoding == "utf-8" else source.head.decode(source.encoding, "ignore").encode()
    finally:
        source.close()
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        cut = error.start >= len(head) - 3
        text = head[: error.start].decode("utf-8-sig") if cut else head.decode("cp1252", "replace")
        encoding = "" if cut else "cp1252"
    lines = text.replace("\r\n", "\n").split("\n")[:LOOKED_AT]
    skip = _preamble(lines)
    header = csv_exact.find_header(lines, skip, "", source.name)
    cells: dict[str, Counter[str]] = {n: Counter() for n in header.names}
    rows = []
    for line in lines[header.line : -1] if len(lines) > header.line + 1 else lines[header.line :]:
        fields = csv_exact.split(line.rstrip("\r"), header.delimiter)
        if fields and len(fields) == len(header.names) and sum(map(bool, map(str.strip, fields))) > 1:
            rows.append(fields)
            for column, cell in zip(header.names, fields, strict=True):
                cells[column][cell.strip()] += 1
    sample = tuple(tuple(c.strip() for c in column) for column in zip(*rows[:200], strict=True))
    columns = Columns(header.names, source.name, sample)
    return Seen(columns, cells, encoding, skip, header.delimiter, tuple(lines[: header.line - 1]), rows)


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
