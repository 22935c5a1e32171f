"""Blocks of text to records: header, dialect, quotes, field counts, lines that are no data. Exact, line by line.

This is the slow and exact path; :mod:`analytics.ingest.reading.csv_fast` takes the blocks in which nothing is odd
and must give the same (a property test holds them together).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from analytics.errors import RefusedFile
from analytics.ingest import heads
from analytics.ingest.dictionary import BLANKS, Coded
from analytics.ingest.reading.source import MAX_COLUMNS, MAX_FIELD, MAX_LINE

EARLY, HOPELESS = 1_000, 0.9
"""A file is refused without reading on, where after so many broken rows more than this share of all is broken."""
DELIMITERS = (",", ";", "\t", "|")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_FOOTER = re.compile(
    r"^[\s\"'#*(=-]*(total\b|rows?\b|records?\b|count\b|end of\b|end\b|eof\b|\d+ rows?\b|\d+ records?\b|generated\b|"
    r"exported\b|printed\b|page \d|source:|note:|report\b|===|---|\*\*\*)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Held:
    """A line that could not become a record."""

    line: int
    reason: str
    message: str
    hint: str
    raw_line: str
    cell: str = ""


@dataclass
class Chunk:
    """Records of one stretch of a file.

    Attributes:
        columns: one text column a header name.
        line: shape (n,), physical line on which each record starts.
        raw: text of the line of a record, by its position.
        held: lines that could not become records.
        ignored: lines that are no data, by cause.
        bytes_read: position in the file afterwards.
        open_column: name of the last column where the file ends without a line end, so that its last cell may be cut.
        make_columns: makes the columns that were asked for in earlier chunks, where that is not done yet.
    """

    columns: Sequence[Coded]
    line: npt.NDArray[np.int64]
    raw: Callable[[int], str]
    held: list[Held] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    bytes_read: int = 0
    open_column: str = ""
    make_columns: Callable[[], None] = lambda: None

    def __len__(self) -> int:
        """How many records."""
        return len(self.line)


@dataclass(frozen=True)
class Header:
    """The header of a file: names as written, trimmed; delimiter; its own line and text.

    ``comment`` is what a line that is no data begins with, where the profile says so; ``before`` are the lines above
    the header that are not read, by number; ``nameless`` are the columns without a name, under the names given to them.
    """

    names: tuple[str, ...]
    delimiter: str
    line: int
    text: str
    comment: str = ""
    before: Mapping[int, str] = field(default_factory=dict)
    nameless: tuple[str, ...] = ()


def split(line: str, delimiter: str) -> list[str] | None:
    """Fields of one line; None where a quotation mark is opened and not closed, or stands inside a field.

    A quoted field begins and ends at a delimiter or at an end of the line; a doubled mark inside is one mark.
    """
    if '"' not in line:
        return line.split(delimiter)
    fields: list[str] = []
    at, end = 0, len(line)
    while True:
        start = at
        while start < end and line[start] in " \u00a0" and line[start] != delimiter:
            start += 1
        if start < end and line[start] == '"':
            text, at = _quoted(line, start)
            if at < 0:
                return None
            while at < end and line[at] in " \u00a0" and line[at] != delimiter:
                at += 1
            if at < end and line[at] != delimiter:
                return None
            fields.append(text)
        else:
            stop = line.find(delimiter, at)
            stop = end if stop < 0 else stop
            if '"' in line[at:stop]:
                return None
            fields.append(line[at:stop])
            at = stop
        if at >= end:
            return fields
        at += 1


def _quoted(line: str, start: int) -> tuple[str, int]:
    """Text of the quoted field that begins at ``start`` and the place after it; -1 where it does not end."""
    at = start + 1
    while True:
        close = line.find('"', at)
        if close < 0:
            return "", -1
        if line[close + 1 : close + 2] != '"':
            return line[start + 1 : close].replace('""', '"'), close + 1
        at = close + 2


def find_header(lines: Sequence[str], skip: int, delimiter: str, file: str, comment: str = "") -> Header:
    """The header: the first line that can be one, after the lines that the profile skips.

    Lines above it that are no data are known by what they are: blank, begun with ``#`` or with the profile's sign of a
    comment, or Excel's ``sep=;``; and titles, where it is certain that they are (:func:`_below_titles`).

    Raises:
        RefusedFile: no delimiter fits, a name is blank or given twice, or there are too many columns.
    """
    numbered = [(n, t.rstrip("\r")) for n, t in enumerate(lines, start=1) if t.strip(BLANKS + "\r")]
    before = {n: t for n, t in numbered if n <= skip}  # declared to be no data, so told and not counted
    filled = numbered[len(before) :]
    if filled and (told := _SEPARATOR.fullmatch(filled[0][1])):
        before[filled[0][0]] = filled[0][1]
        delimiter = delimiter or told[1].replace("\\t", "\t")
        filled = filled[1:]
    at = heads.first_head([t for _, t in filled[:LOOKED_AT]], delimiter, comment) if filled else None
    if at is None:
        raise RefusedFile("there is no header", file=file)
    at = _below_titles([t for _, t in filled[:LOOKED_AT]], at, delimiter) if not skip else at
    before |= dict(filled[:at])
    number, line = filled[at]
    sign = delimiter or _sniff(line, lines[number : number + 20], file, number)
    names = split(line, sign)
    if names is None:
        raise RefusedFile("the header has a quotation mark that is not closed", file=file, line=number)
    named, nameless = _named(names, file, number)
    return Header(named, sign, number, line, comment, before, nameless)


def _below_titles(lines: Sequence[str], first: int, delimiter: str) -> int:
    """Position of the header below lines of titles; ``first`` where it is not certain that there are any.

    It is certain where a line below names known columns and the first one does not, every line below it has as many
    fields, and no line above has as many that are filled.
    """
    at = heads.below(lines, first, delimiter)
    if at is None:
        return first
    sign = delimiter or max(DELIMITERS, key=lines[at].count)
    width = len(split(lines[at].rstrip("\r"), sign) or ())
    rows = [split(line.rstrip("\r"), sign) for line in lines[at + 1 :]]
    above = [split(line.rstrip("\r"), sign) for line in lines[:at]]
    filled = [sum(bool(cell.strip(BLANKS)) for cell in row or [""] * width) for row in above]
    same = bool(rows) and all(row is not None and len(row) == width for row in rows)
    return at if same and max(filled, default=0) < min(width, 3) else first


LOOKED_AT = 50
"""Filled lines at the beginning of a file among which its header is."""
_SEPARATOR = re.compile(r'"?sep=(\\t|[,;|\t])"?[,;|\t]*', re.IGNORECASE)
"""Excel's own first line that names the delimiter."""


def _sniff(header: str, following: Sequence[str], file: str, number: int) -> str:
    """The delimiter with most fields in the header whose count most of the next lines share; never a guess by name."""
    scores = {}
    for sign in DELIMITERS:
        fields = split(header, sign)
        if fields is None or len(fields) < 2:
            continue
        rows = [split(line.rstrip("\r"), sign) for line in following if line.strip(BLANKS + "\r")]
        same = sum(r is not None and len(r) == len(fields) for r in rows)
        scores[sign] = (same / len(rows) if rows else 1.0, len(fields))
    if not scores:
        raise RefusedFile(
            "this line is no header: no comma, semicolon, tab or bar separates columns; lines before the header are "
            "declared in the profile: skip_lines",
            file=file,
            line=number,
        )
    return max(scores, key=lambda sign: (round(scores[sign][0], 2), scores[sign][1]))


def _named(names: Sequence[str], file: str, number: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names, and those among them that were given to columns without one.

    Only the first column (row numbers of a program) and those behind the last name may be without a name.
    """
    clean = [n.strip(BLANKS) for n in names]
    if len(clean) > MAX_COLUMNS:
        raise RefusedFile(f"has {len(clean):,} columns; at most {MAX_COLUMNS} are read", file=file, line=number)
    last = max((i for i, n in enumerate(clean) if n), default=-1)
    nameless = [i for i, n in enumerate(clean) if not n and (i == 0 or i > last)]
    if len(clean) - len(nameless) < 2 and nameless:
        raise RefusedFile(
            "most columns have no name; lines before the header are declared in the profile: skip_lines",
            file=file,
            line=number,
        )
    for i in nameless:
        clean[i] = f"column {i + 1} without a name"
    folded = [n.casefold() for n in clean]
    for i, name in enumerate(folded):
        if not name:
            raise RefusedFile(f"column {i + 1} has no name", file=file, line=number)
        if "\ufffd" in name:
            said = "has letters that are not UTF-8; name the encoding with --encoding, for example cp1252"
            raise RefusedFile(f"the name of column {i + 1} {said}", file=file, line=number)
        if CONTROL.search(name):
            raise RefusedFile(f"the name of column {i + 1} has control characters", file=file, line=number)
        first = folded.index(name)
        if first < i:
            raise RefusedFile(
                f"columns {first + 1} and {i + 1} have the same name {clean[i]!r}",
                file=file,
                line=number,
                column=clean[i],
            )
    return tuple(clean), tuple(clean[i] for i in nameless)


class Splitter:
    """Splits the lines after the header into records and keeps count of physical lines."""

    def __init__(self, header: Header, file: str, skip: int):
        self.header, self.file, self.skip = header, file, skip
        self.line = 0
        self.bad_bytes = 0
        self._good = self._broken = 0
        self._open: list[tuple[int, str]] = []

    def chunk(self, block: bytes, bytes_read: int, *, last: bool) -> Chunk:
        """The records of one block; ``last`` says that the file ends with it."""
        lines = _lines(block)
        first = self.line + 1
        self.line += len(lines)
        chunk = self._chunk(enumerate(lines, start=first), last=last)
        chunk.bytes_read = bytes_read
        self._mark_end(chunk, block, last=last)
        return chunk

    def _watch(self, fault: tuple[str, str, str] | None) -> None:
        """Refuse a hopeless file at once, without taking all its lines apart."""
        if fault is None:
            self._good += 1
        elif fault[0] in ("FIELD_COUNT", "QUOTE_UNBALANCED"):
            self._broken += 1
            if self._broken > EARLY:
                seen = self._good + self._broken
                refuse_if_broken(self._broken, seen, HOPELESS, self.file, len(self.header.names))

    def _mark_end(self, chunk: Chunk, block: bytes, *, last: bool) -> None:
        """Note the last column where the file ends without a line end, so that its last cell may be cut."""
        if last and len(chunk) and not block.endswith((b"\n", b'"')) and chunk.line[-1] == self.line:
            chunk.open_column = self.header.names[-1]

    def _chunk(self, lines: Iterable[tuple[int, bytes]], *, last: bool) -> Chunk:
        """Lines with their numbers as records."""
        rows: list[list[str]] = []
        numbers: list[int] = []
        raws: list[str] = []
        chunk = Chunk([], np.zeros(0, np.int64), raws.__getitem__)
        for number, text in self._records(lines, chunk, last=last):
            fields = split(text, self.header.delimiter)
            fault = self._fault(text, fields)
            self._watch(fault)
            if fault is None and fields is not None:
                rows.append(fields)
                numbers.append(number)
                raws.append(text)
            elif fault is not None:
                self._set_aside(chunk, number, text, fields, fault)
        width = len(self.header.names)
        sheet = list(zip(*rows, strict=True)) if rows else [()] * width
        chunk.columns = [Coded.of(np.array(column, dtype=object)) for column in sheet]
        chunk.line = np.array(numbers, dtype=np.int64)
        return chunk

    def _records(self, lines: Iterable[tuple[int, bytes]], chunk: Chunk, *, last: bool) -> Iterator[tuple[int, str]]:
        """(line, text) of each record; a quoted field may span lines as long as no inner line looks like a record."""
        for number, raw in lines:
            if number <= max(self.skip, self.header.line):
                continue
            if len(raw) > MAX_LINE:
                raise RefusedFile(f"the line is longer than {MAX_LINE:,} bytes", file=self.file, line=number)
            text = self._text(number, raw, chunk)
            if text is None:
                continue
            if self._open:
                yield from self._continued(number, text)
            elif text.count('"') % 2 and _opens(text, self.header.delimiter):
                self._open = [(number, text)]
            else:
                yield number, text
        if last and self._open:
            pending, self._open = self._open, []
            yield from pending

    def _continued(self, number: int, text: str) -> Iterator[tuple[int, str]]:
        """One more line while a quotation mark is open."""
        delimiter, width = self.header.delimiter, len(self.header.names)
        like_a_record = text.count(delimiter) >= max(width - 1, 1)
        joined = "\n".join(t for _, t in [*self._open, (number, text)])
        if joined.count('"') % 2 == 0 and not like_a_record:
            first = self._open[0][0]
            self._open = []
            yield first, joined
        elif like_a_record or len(joined) > MAX_FIELD:
            pending, self._open = self._open, []
            yield from pending
            if text.count('"') % 2 and _opens(text, delimiter):
                self._open = [(number, text)]
            else:
                yield number, text
        else:
            self._open.append((number, text))

    def _text(self, number: int, raw: bytes, chunk: Chunk) -> str | None:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            self.bad_bytes += 1
            if self.bad_bytes > 3:
                raise RefusedFile(
                    "more than three lines are not UTF-8 text; name the encoding with --encoding (for example latin-1 "
                    "or cp1252)",
                    file=self.file,
                    line=number,
                ) from error
            shown = raw.decode("utf-8", "backslashreplace")
            chunk.held.append(
                Held(number, "ENC_INVALID", f"byte {error.start + 1} of the line is not UTF-8", "--encoding", shown)
            )
            return None
        return text.removesuffix("\r")

    def _fault(self, text: str, fields: list[str] | None) -> tuple[str, str, str] | None:
        """Reason, message and hint of a line that is no record; None where it is one."""
        if fields is None:
            return "QUOTE_UNBALANCED", "a quotation mark is opened and not closed, or stands inside a field", ""
        width = len(self.header.names)
        if len(fields) != width:
            return "FIELD_COUNT", f"{len(fields)} fields; the header has {width}", ""
        if "\ufffd" in text:
            return "ENC_INVALID", "a character was lost before the file came here (U+FFFD)", "export the file again"
        if CONTROL.search(text.replace("\n", "") if "\n" in text else text):
            return "CONTROL_CHAR", "the row has control characters", ""
        if max(map(len, fields)) > MAX_FIELD:
            return "FIELD_COUNT", f"a field is longer than {MAX_FIELD:,} characters", ""
        if not any(f.strip(BLANKS) for f in fields) or text == self.header.text or self._is_comment(text):
            return "", "", ""
        return None

    def _is_comment(self, text: str) -> bool:
        return bool(self.header.comment) and text.startswith(self.header.comment)

    def _set_aside(
        self, chunk: Chunk, number: int, text: str, fields: list[str] | None, fault: tuple[str, str, str]
    ) -> None:
        if not text.strip(BLANKS + self.header.delimiter + '"'):
            chunk.ignored["blank line"] += 1
        elif self._is_comment(text):
            chunk.ignored["comment"] += 1
        elif text == self.header.text or _same_names(fields, self.header.names):
            chunk.ignored["repeated header"] += 1
        elif fault[0] == "FIELD_COUNT" and _is_footer(text, fields, self.header.names):
            chunk.ignored["footer"] += 1
        else:
            chunk.held.append(Held(number, *fault, text[:MAX_FIELD]))


def refuse_if_broken(broken: int, rows: int, share: float, file: str, width: int) -> None:
    """Refuse a file in which more than this share of the rows has not the fields of the header."""
    if broken > 1 and broken > share * rows:
        raise RefusedFile(f"{broken:,} of {rows:,} rows have not {width} fields like the header", file=file)


def _same_names(fields: list[str] | None, names: tuple[str, ...]) -> bool:
    return fields is not None and tuple(f.strip(BLANKS).casefold() for f in fields) == tuple(
        n.casefold() for n in names
    )


def _is_footer(text: str, fields: list[str] | None, names: tuple[str, ...]) -> bool:
    """A closing remark: nothing behind its first field or two, and it begins as such remarks do."""
    filled = [f for f in fields or [] if f.strip(BLANKS)]
    return len(filled) <= 2 < len(names) and bool(_FOOTER.match(text))


def _opens(text: str, delimiter: str) -> bool:
    """Whether an unclosed quoted field begins at a field's start, so that it may go on in the next line."""
    at = text.rfind('"')
    while at >= 0:
        before = text[:at].rstrip(" ")
        if not before or before.endswith(delimiter):
            return True
        at = text.rfind('"', 0, at)
    return False


def _lines(block: bytes) -> list[bytes]:
    lines = block.split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    return lines
