"""JSON documents over one line or many: FHIR Bundles and resources as lines, one an entry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from analytics.errors import RefusedFile
from analytics.ingest.reading.fhir_known import Known, look_through
from analytics.ingest.reading.source import BLOCK, MAX_LINE, Source

MAX_DOCUMENT = 256 << 20
"""Bytes of a JSON document, which is read as a whole (house); lines of JSON may be longer together."""
_BLANK = " \t\r\n\ufeff"
_READ = 4 << 20
DATASET_KEYS = ("datasetJSONVersion", "datasetJSONCreationDateTime", "itemGroupOID")


def is_json(head: bytes) -> bool:
    """Whether the first sign says that it is JSON."""
    return head.decode("utf-8", "ignore").lstrip(_BLANK)[:1] in ("{", "[")


def is_document(beginning: str, *, whole: bool) -> bool:
    """Whether a text is a JSON document rather than lines of JSON.

    Args:
        beginning: of the file.
        whole: whether that is all of it.
    """
    first, _, rest = beginning.lstrip(_BLANK).partition("\n")
    try:
        said = json.loads(first)
    except (ValueError, RecursionError):
        return bool(rest.strip(_BLANK)) or len(first) >= MAX_LINE or whole
    if rest.strip(_BLANK) or not whole:
        return False
    return isinstance(said, list) or said.get("resourceType") == "Bundle" or any(k in said for k in DATASET_KEYS)


def is_dataset(beginning: str) -> bool:
    """Whether the first object of a text is that of CDISC Dataset-JSON."""
    text = beginning.lstrip(_BLANK)[:20_000]
    return text.startswith("{") and '"resourceType"' not in text and any(f'"{k}"' in text for k in DATASET_KEYS)


class LinesSource(Source):
    """Lines of JSON, of which it is known beforehand what they say of each other."""

    known = Known()
    places: tuple[int, ...] | list[int] = ()

    def blocks(self) -> Iterator[bytes]:
        """The lines as they are."""
        if self.encoding == "utf-8":
            self.known = look_through(partial(_lines_of, self._handle), small=self.size < MAX_DOCUMENT)
            self._handle.seek(0)
        yield from super().blocks()


def _lines_of(handle: BinaryIO) -> Iterator[bytes]:
    """Lines of an open file from its beginning; what is too long for a line is passed over."""
    handle.seek(0)
    rest = b""
    while data := handle.read(_READ):
        *lines, rest = (rest + data).split(b"\n")
        yield from lines
        rest = rest if len(rest) < 2 * BLOCK else b""
    yield rest


class DocumentSource(Source):
    """One JSON document, or several one after the other, as lines: one an entry of a Bundle.

    Attributes:
        known: what its resources say of each other.
        places: line in the file on which each entry begins.
    """

    known = Known()
    places: tuple[int, ...] | list[int] = ()

    def blocks(self) -> Iterator[bytes]:
        """The entries as lines; a break inside an entry is a blank."""
        if self.size > MAX_DOCUMENT:
            raise RefusedFile(
                f"is one JSON document of {self.size:,} bytes; at most {MAX_DOCUMENT:,} are read; larger ones as "
                "lines, one resource a line (NDJSON)",
                file=self.name,
            )
        text = b"".join(self._decoded()).decode("utf-8", "surrogateescape")
        self.places = []
        lines, at, line = [], 0, 1
        try:
            for start, end in entries(text):
                line += text.count("\n", at, start)
                at = start
                self.places.append(line)
                flat = text[start:end].replace("\r", " ").replace("\n", " ")
                lines.append(flat.encode("utf-8", "surrogateescape"))
        except (json.JSONDecodeError, RecursionError) as error:
            where = error.lineno if isinstance(error, json.JSONDecodeError) else None
            said = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep"
            raise RefusedFile(f"is no complete JSON: {said}", file=self.name, line=where) from error
        del text
        self.known = look_through(lambda: lines, small=True)
        yield from _joined(lines)


def _joined(lines: list[bytes]) -> Iterator[bytes]:
    """Lines in blocks of about the usual size."""
    block, size = [], 0
    for line in lines:
        block.append(line)
        size += len(line)
        if size > BLOCK:
            yield b"\n".join(block) + b"\n"
            block, size = [], 0
    if block or not lines:
        yield b"\n".join(block) + b"\n"


def entries(text: str) -> Iterator[tuple[int, int]]:
    """Where each entry of the documents in a text begins and ends; a document without entries is one itself.

    Raises:
        json.JSONDecodeError: it is no JSON, or ends before its end.
    """
    decoder, at = json.JSONDecoder(), after(text, 0)
    while at < len(text):
        if text[at] == "[":
            found = list(elements(decoder, text, at))
            yield from found
            at = after(text, text.index("]", found[-1][1] if found else at) + 1)
        else:
            end, own = _document(decoder, text, at)
            yield from own if own is not None else [(at, end)]
            at = after(text, end)


def after(text: str, at: int) -> int:
    """The place of the next sign that is no blank."""
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at


def elements(decoder: json.JSONDecoder, text: str, at: int) -> Iterator[tuple[int, int]]:
    """Where each element of the list that begins here begins and ends."""
    at = after(text, at + 1)
    while text[at : at + 1] != "]":
        _, end = decoder.raw_decode(text, at)
        yield at, end
        at = after(text, end)
        if text[at : at + 1] == ",":
            at = after(text, at + 1)
        elif text[at : at + 1] != "]":
            raise json.JSONDecodeError("a list that does not end", text, min(at, len(text)))


def members(decoder: json.JSONDecoder, text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Name, beginning and end of each value of the object that begins here; last, "" with the object's own end."""
    at = after(text, at + 1)
    while text[at : at + 1] != "}":
        name, end = decoder.raw_decode(text, at)
        at = after(text, end)
        if not isinstance(name, str) or text[at : at + 1] != ":":
            raise json.JSONDecodeError("a name and a colon are expected", text, min(at, len(text)))
        start = after(text, at + 1)
        _, end = decoder.raw_decode(text, start)
        yield name, start, end
        at = after(text, end)
        if text[at : at + 1] == ",":
            at = after(text, at + 1)
        elif text[at : at + 1] != "}":
            raise json.JSONDecodeError("an object that does not end", text, min(at, len(text)))
    yield "", at, at + 1


def _document(decoder: json.JSONDecoder, text: str, at: int) -> tuple[int, list[tuple[int, int]] | None]:
    """End of the document that begins here, and its entries where it is a Bundle."""
    bundle, own, end = False, list[tuple[int, int]](), at
    for name, start, stop in members(decoder, text, at):
        end = stop
        if name == "resourceType":
            bundle = text[start:stop] == '"Bundle"'
        elif name == "entry" and text[start] == "[":
            own += elements(decoder, text, start)
    return end, own if bundle else None
