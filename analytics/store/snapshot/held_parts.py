"""Rows quarantined of the patients of one bucket, as bytes: part of what a stored analysis follows from."""

from __future__ import annotations

import hashlib

import pandas as pd
import pyarrow as pa

from analytics.arrow import empty_frame
from analytics.store.database.arrow import schema_of, to_arrow, to_frame
from analytics.store.database.queries import HELD_COLUMNS
from analytics.tables import QUARANTINE

HELD_MARK = "+"
"""Before the hash of the rows quarantined, in the name of a folder."""


def held_bytes(held: pd.DataFrame) -> bytes:
    """HELD_COLUMNS of these rows in an order that follows from them alone; empty where there are none."""
    if held.empty:
        return b""
    frame = held[list(HELD_COLUMNS)].sort_values(list(HELD_COLUMNS), kind="stable", ignore_index=True)
    data = to_arrow(QUARANTINE, QUARANTINE.conform(frame.assign(file="", line=0)))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, data.schema) as writer:
        writer.write_table(data)
    return bytes(sink.getvalue())


def held_frame(held: bytes) -> pd.DataFrame:
    """Those rows as table QUARANTINE."""
    if not held:
        return empty_frame(QUARANTINE)
    with pa.ipc.open_stream(held) as reader:
        return QUARANTINE.conform(to_frame(reader.read_all().cast(schema_of(QUARANTINE))))


def held_mark(held: bytes) -> str:
    """What their hash adds to the name of a folder; nothing where there are none."""
    return f"{HELD_MARK}{hashlib.blake2b(held, digest_size=6).hexdigest()}" if held else ""
