"""Panels from the snapshot: one patient from one or two row groups, many from whole buckets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analytics.arrow import empty_frame, schema_of, to_frame
from analytics.errors import UnknownPatient
from analytics.panel import Panel
from analytics.store.database.database_errors import readable
from analytics.store.database.location import Place
from analytics.store.snapshot.manifest import Bucket, Manifest
from analytics.tables import EVENTS, IMAGING, LABS, PATIENTS, QUARANTINE, Table

_FEW = 16
"""Up to so many patients of one bucket are picked by row group; more are filtered from the whole file."""

_HIGHEST = "\U0010ffff"


@dataclass(frozen=True)
class _Opened:
    """A Parquet file with the range of patient ids in each row group."""

    file: pq.ParquetFile
    low: list[str]
    high: list[str]

    def groups_of(self, patient_id: str) -> list[int]:
        return [i for i, (a, b) in enumerate(zip(self.low, self.high, strict=True)) if a <= patient_id <= b]


def panel_of(place: Place, manifest: Manifest, patient_ids: Sequence[str], held: pd.DataFrame | None = None) -> Panel:
    """A Panel of these patients, under their present ids.

    Raises:
        UnknownPatient: one of them is not in this generation.
    """
    wanted = sorted(set(patient_ids))
    by_bucket: dict[int, list[str]] = {}
    for patient_id in wanted:
        by_bucket.setdefault(manifest.bucket_of(patient_id), []).append(patient_id)
    frames = {
        table.name: _joined(
            table, [_rows_of(place, manifest.buckets[i], table, ids) for i, ids in sorted(by_bucket.items())]
        )
        for table in (LABS, EVENTS, IMAGING, PATIENTS)
    }
    if len(frames["patients"]) != len(wanted):
        raise UnknownPatient("no such patient")
    return _panel(frames, manifest, held)


def bucket_panel(place: Place, manifest: Manifest, numbers: Iterable[int], held: pd.DataFrame | None = None) -> Panel:
    """A Panel of all patients in these buckets."""
    wanted = list(numbers)
    frames = {t.name: joined(place, manifest, t, wanted) for t in (LABS, EVENTS, IMAGING, PATIENTS)}
    return _panel(frames, manifest, held)


def joined(place: Place, manifest: Manifest, table: Table, numbers: Iterable[int] | None = None) -> pd.DataFrame:
    """One table of all patients in these buckets (in all where None), sorted by patient."""
    buckets = manifest.buckets if numbers is None else [manifest.buckets[i] for i in numbers]
    return _joined(table, [whole(place, b, table) for b in buckets if table.name in b.files])


def rows_of_part(path: Path, patient_ids: Sequence[str], columns: Sequence[str] | None = None) -> pa.Table:
    """Rows of some patients from a Parquet file that is sorted by patient_id."""
    names = None if columns is None else list(columns)
    with readable(path):
        opened = _open(path)
        if len(patient_ids) <= _FEW:
            groups = sorted({g for p in patient_ids for g in opened.groups_of(p)})
            data = opened.file.read_row_groups(groups, columns=names, use_threads=False)
        else:
            data = opened.file.read(columns=names)
    mine = data.column("patient_id")
    if len(patient_ids) == 1:
        return data.filter(pc.equal(mine, patient_ids[0]))
    return data.filter(pc.is_in(mine, value_set=pa.array(patient_ids, pa.large_string())))


def _rows_of(place: Place, bucket: Bucket, table: Table, patient_ids: Sequence[str]) -> pa.Table | None:
    if table.name not in bucket.files:
        return None
    return rows_of_part(place.snapshot / bucket.files[table.name], patient_ids, table.names)


def whole(place: Place, bucket: Bucket, table: Table) -> pa.Table:
    """One table of a bucket, in the columns of its table; nothing in it where the bucket has none."""
    if table.name not in bucket.files:
        return schema_of(table).empty_table()
    path = place.snapshot / bucket.files[table.name]
    with readable(path):
        return _open(path).file.read(columns=table.names)


def _joined(table: Table, parts: list[pa.Table | None]) -> pd.DataFrame:
    """One frame, sorted by patient: each part is sorted, so only whole patients have to move."""
    filled = [p for p in parts if p is not None and p.num_rows]
    if not filled:
        return empty_frame(table)
    data = pa.concat_tables(filled)
    if len(filled) > 1:
        codes = data.column("patient_id").combine_chunks()
        codes = (pa.concat_arrays(codes.chunks) if isinstance(codes, pa.ChunkedArray) else codes).dictionary_encode()
        words = np.array(codes.dictionary.to_pylist(), dtype=object)
        rank = np.empty(len(words), dtype=np.int64)
        rank[np.argsort(words)] = np.arange(len(words))
        data = data.take(pa.array(np.argsort(rank[codes.indices.to_numpy()], kind="stable")))
    return to_frame(data)


def _panel(frames: dict[str, pd.DataFrame], manifest: Manifest, held: pd.DataFrame | None) -> Panel:
    """The frames are canonical and sorted already, so that Panel.of need not do it again."""
    return Panel(
        labs=frames["labs"],
        events=frames["events"],
        imaging=frames["imaging"],
        patients=frames["patients"],
        held=empty_frame(QUARANTINE) if held is None else held,
        as_of=manifest.as_of(frames["patients"]["clock"].unique()),
        generation=manifest.generation,
    )


def _open(path: Path) -> _Opened:
    """A fresh reader (they are not safe to share between threads) with metadata that is read once a file."""
    about = path.stat()
    metadata, low, high = _metadata(path, about.st_mtime_ns, about.st_size)
    return _Opened(pq.ParquetFile(path, metadata=metadata, memory_map=True, page_checksum_verification=True), low, high)


@lru_cache(maxsize=512)
def _metadata(path: Path, _mtime: int, _size: int) -> tuple[pq.FileMetaData, list[str], list[str]]:
    metadata = pq.read_metadata(path)
    # not metadata.schema: the two would hold each other, and a file's metadata can be large
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    names = [groups[0].column(i).path_in_schema for i in range(metadata.num_columns)] if groups else []
    stats = [group.column(names.index("patient_id")).statistics for group in groups]
    known = [s is not None and s.has_min_max for s in stats]
    low = [s.min if k else "" for s, k in zip(stats, known, strict=True)]
    return metadata, low, [s.max if k else _HIGHEST for s, k in zip(stats, known, strict=True)]
