"""The way in: any file of this machine, streamed in batches or read as a whole."""

from __future__ import annotations

import io
import os
import time
from datetime import datetime
from pathlib import Path

from analytics.ingest.one_table import Stream
from analytics.ingest.outcome import Batch, Ingest, joined
from analytics.ingest.profile import Profile
from analytics.ingest.profile import load as load_profile
from analytics.ingest.reading.source import MAX_BYTES, Unpacked
from analytics.ingest.together import begin


def stream(
    path: str | Path,
    profile: str | Path | Profile | None = None,
    *,
    encoding: str | None = None,
    max_bytes: int = MAX_BYTES,
    now: datetime | None = None,
) -> Stream:
    """Begin to read a file of any size.

    Args:
        path: a file of this machine.
        profile: name, path or profile of the source.
        encoding: where the file has no byte order mark and is not UTF-8.
        max_bytes: larger files are refused.
        now: the present, for dates in the future; the machine's clock by default.

    Raises:
        RefusedFile: the file cannot be taken in.
        ProfileError: the profile cannot be used.
    """
    declared = load_profile(profile)
    return begin(path, declared, encoding or declared.encoding, max_bytes, now)


def stream_of(content: bytes, name: str, profile: str | Path | Profile | None = None) -> Stream:
    """Begin to read what lies in memory alone, as a file of these bytes would be read.

    Args:
        content: the bytes.
        name: what stands for the file's name.
        profile: as for :func:`stream`.

    Raises:
        RefusedFile: it cannot be taken in.
        ProfileError: the profile cannot be used.
    """
    declared = load_profile(profile)
    nowhere = Path(os.devnull) / name  # nothing lies beside it
    inner = Unpacked(io.BytesIO(content), name)
    return begin(nowhere, declared, declared.encoding, MAX_BYTES, None, inner)


def read(
    path: str | Path,
    profile: str | Path | Profile | None = None,
    *,
    encoding: str | None = None,
    max_bytes: int = MAX_BYTES,
    now: datetime | None = None,
) -> Ingest:
    """Read a whole file into memory; see :func:`stream`."""
    began = time.monotonic()
    reading = stream(path, profile, encoding=encoding, max_bytes=max_bytes, now=now)
    return whole_of(reading, began)


def whole_of(reading: Stream, began: float) -> Ingest:
    """All that is left to read of a stream, in memory; ``began`` is when reading began (time.monotonic)."""
    whole = joined(list(reading.batches()))
    return Ingest(
        **{name: getattr(whole, name) for name in Batch.__dataclass_fields__ if name != "labs"},
        labs=whole.coded_labs,
        file=reading.file,
        sha256=reading.sha256,
        profile=reading.profile,
        profile_digest=reading.profile_digest,
        table=reading.table,
        format=reading.format,
        notes=tuple(reading.notes),
        seconds=time.monotonic() - began,
    )
