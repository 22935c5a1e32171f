"""Which reader a file needs, by its first bytes."""

from __future__ import annotations

import codecs
from pathlib import Path

from analytics.ingest.profile import Profile
from analytics.ingest.reading.csv_exact import Header, Splitter
from analytics.ingest.reading.datasets import DatasetDocument, DatasetLines, DatasetSource
from analytics.ingest.reading.documents import DocumentSource, LinesSource, is_dataset, is_document, is_json
from analytics.ingest.reading.fhir_ndjson import HEADER, FhirSplitter
from analytics.ingest.reading.hl7v2 import HEADER as HL7_HEADER
from analytics.ingest.reading.hl7v2 import Hl7Source, Hl7Splitter, is_hl7
from analytics.ingest.reading.source import MAX_LINE, Source, Unpacked
from analytics.ingest.reading.tables import (
    FEATHER,
    PARQUET,
    SAS,
    FeatherSource,
    ParquetSource,
    SasSource,
    TableSource,
)  # fmt: skip

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

_TABLES: tuple[tuple[bytes, type[Source]], ...] = (
    (PARQUET, ParquetSource), (FEATHER, FeatherSource), (SAS, SasSource),
)  # fmt: skip


def opened(path: str | Path, profile: Profile, encoding: str, max_bytes: int, inner: Unpacked | None = None) -> Source:
    """The source of a file, of the kind that its first bytes say."""
    source = kind_of(path, inner, encoding)(path, encoding, max_bytes, inner)
    if isinstance(source, (TableSource, DatasetSource)):
        source.profile = profile
    return source


def kind_of(path: str | Path, inner: Unpacked | None, encoding: str) -> type[Source]:
    """The kind of source that a file needs, by its first bytes."""
    first, whole = beginning(path, inner)
    return _kind(first, whole, encoding)


def _kind(first: bytes, whole: bool, encoding: str) -> type[Source]:
    for magic, source in _TABLES:
        if first.startswith(magic):
            return source
    if is_hl7(first):
        return Hl7Source
    text = _text(first, encoding)
    if is_json(text.encode("utf-8", "ignore")[:100]):
        document = is_document(text, whole=whole)
        if is_dataset(text):
            return DatasetDocument if document else DatasetLines
        return DocumentSource if document else LinesSource
    return Source


def beginning(path: str | Path, inner: Unpacked | None) -> tuple[bytes, bool]:
    """The first bytes, and whether they are all; nothing where the file cannot be read, which its source will tell."""
    try:
        if inner:
            data = inner.handle.read(2 * MAX_LINE)
            inner.handle.seek(0)
        else:
            if not Path(path).is_file():
                return b"", True
            with open(path, "rb") as handle:
                data = handle.read(2 * MAX_LINE)
    except (OSError, ValueError):
        return b"", True
    return data, len(data) < 2 * MAX_LINE


def _text(data: bytes, encoding: str) -> str:
    for mark, own in _BOMS:
        if data.startswith(mark):
            return data.decode(own, "ignore")
    try:
        return data.decode(encoding or "utf-8", "ignore")
    except LookupError:
        return ""


def splitter(
    source: Source, first: bytes, notes: list[str]
) -> tuple[Header, Splitter | FhirSplitter | Hl7Splitter] | None:
    """Header and splitter of a source that is no plain text with columns; None where it is."""
    if isinstance(source, (LinesSource, DocumentSource)):
        return HEADER, FhirSplitter(source.name, source.known, notes, source.places)
    if isinstance(source, Hl7Source):
        return HL7_HEADER, Hl7Splitter(source.name, notes, source.newest)
    if isinstance(source, TableSource):
        return source.splitter(first, notes)
    return None
