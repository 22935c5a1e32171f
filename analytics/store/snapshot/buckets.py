"""The published snapshot: Parquet files by bucket. Only buckets that change are written anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analytics.analytes import INDEX
from analytics.arrow import plain
from analytics.store.database.arrow import moments, schema_of, to_arrow, to_frame, words_of
from analytics.store.database.atomic_files import fsync_folder, write_whole
from analytics.store.database.database_errors import whole_file
from analytics.store.database.location import Place
from analytics.store.snapshot.change import ROW_ID, Change
from analytics.store.snapshot.demographics import merged, with_named
from analytics.store.snapshot.manifest import Bucket, Manifest, buckets_for, numbers_of
from analytics.store.snapshot.spill import DRAWERS
from analytics.store.snapshot.summary import SUMMARY, positions, summary_of
from analytics.store.snapshot.unit_suspects_split import STORED_SUSPECTS, parted
from analytics.tables import LABS, PATIENTS, TABLES

ROW_GROUP = 4_096
"""One patient is read by one or two of these. Half of it would make whole files a fifth slower to read (measured)."""
_ORDER = {"events": ["patient_id", "start_date"], "imaging": ["patient_id", "date"]}
_TIME = {"labs": "collected_at", "events": "start_date", "imaging": "date"}

_COMING = ("labs", "events", "imaging", "patients")

Parts = dict[str, pa.Table]


def build(place: Place, old: Manifest, change: Change, generation: int) -> Manifest:
    """Write the buckets that change and say what the new generation consists of. Nothing is published yet."""
    n_new = _how_many(old, change)
    buckets = list(old.buckets) if n_new == len(old.buckets) else [Bucket()] * n_new
    for number, parts in _all_changed(place, old, change):
        buckets[number] = write_bucket(place, generation, number, parts)
    fsync_folder(place.snapshot)
    return Manifest(generation, tuple(buckets))


def all_shown(change: Change) -> tuple[Parts, Manifest]:
    """All that a change shows where there was nothing before, and how far it reaches; nothing is written."""
    parts = _changed(_OldBuckets(Place(Path()), Manifest(0)), change, 0, 1)
    return parts, Manifest(1, (Bucket(as_of=_as_of(parts, to_frame(parts["patients"]))),))


def suspects_of(place: Place, old: Manifest, change: Change) -> set[int]:
    """Results that the buckets that change would keep out of view; nothing is written."""
    ids = (parts["suspects"].column("result_id").to_pylist() for _, parts in _all_changed(place, old, change))
    return {int(number) for some in ids for number in some}


def _how_many(old: Manifest, change: Change) -> int:
    return buckets_for(old.n_results + change.spill.rows["labs"], len(old.buckets))


def _all_changed(place: Place, old: Manifest, change: Change) -> Iterator[tuple[int, Parts]]:
    """Every bucket that changes, by number, with what it holds then."""
    n_old, n_new = len(old.buckets), _how_many(old, change)
    told_apart = min(n_new, DRAWERS)
    touched = {drawer % told_apart for drawer in change.touched()}
    reader = _OldBuckets(place, old)
    for number in sorted(range(n_new), key=lambda i: (i % n_old, i)):
        if n_new > n_old or number % told_apart in touched:
            yield number, _changed(reader, change, number, n_new)


def write_bucket(place: Place, generation: int, number: int, parts: Parts) -> Bucket:
    """Write the files of one bucket from sorted tables."""
    frames = {name: to_frame(parts[name]) for name in ("events", "imaging", "patients")}
    summary = summary_of(parts["labs"], frames["events"], frames["imaging"], frames["patients"])
    files, digests, rows = {}, {}, {}
    for name, data in (*parts.items(), ("summary", to_arrow(SUMMARY, summary))):
        rows[name] = data.num_rows
        if not data.num_rows:
            continue
        files[name] = f"{name}-{generation:08d}-{number:05d}.parquet"
        content = parquet_bytes(data)
        digests[name] = hashlib.blake2b(content, digest_size=16).hexdigest()
        write_whole(place.snapshot / files[name], content, sync_folder=False)
    return Bucket(files, digests, rows, _as_of(parts, frames["patients"]))


def parquet_bytes(data: pa.Table) -> memoryview:
    """A table as a Parquet file."""
    sink = pa.BufferOutputStream()
    texts = [f.name for f in data.schema if pa.types.is_large_string(f.type)]
    pq.write_table(
        data,
        sink,
        compression="lz4",
        row_group_size=ROW_GROUP,
        use_dictionary=texts,
        write_statistics=["patient_id"],
        write_page_checksum=True,  # a byte that flips on the disk is an error when it is read, not a wrong value
    )
    return memoryview(sink.getvalue())


def read_part(place: Place, bucket: Bucket, name: str) -> pa.Table:
    """One part of one bucket; tables other than labs and patients keep their column row_id."""
    if name not in bucket.files:
        return stored_part(name).empty_table()
    return whole_file(place.snapshot / bucket.files[name])


def stored_part(name: str) -> pa.Schema:
    """Arrow schema of a part's files."""
    if name == "suspects":
        return STORED_SUSPECTS
    schema = schema_of(SUMMARY if name == "summary" else TABLES[name])
    return schema.append(pa.field(ROW_ID, pa.int64())) if name in _ORDER else schema


class _OldBuckets:
    """Reads the last generation, keeping the bucket read last: when buckets split, it is read once."""

    def __init__(self, place: Place, manifest: Manifest):
        self._place, self._manifest = place, manifest
        self._number, self._parts = -1, {n: stored_part(n).empty_table() for n in _PART_NAMES}

    def part(self, name: str, number: int, buckets: int) -> pa.Table:
        """Rows of the patients of one bucket of so many; never fewer than there were."""
        n_old = len(self._manifest.buckets)
        if number % n_old != self._number:
            self._number = number % n_old
            bucket = self._manifest.buckets[self._number]
            self._parts = {n: read_part(self._place, bucket, n) for n in _PART_NAMES}
        whole = self._parts[name]
        return whole if buckets == n_old else _of_number(whole, number, buckets)


_PART_NAMES = ("labs", "suspects", "events", "imaging", "patients")


def _changed(reader: _OldBuckets, change: Change, number: int, buckets: int) -> Parts:
    """All rows of one bucket of so many after the change, sorted."""
    drawers = range(number % DRAWERS, DRAWERS, buckets)
    parts: Parts = {}
    for name in _COMING:
        coming = [_kept(part, change, name) for part in change.spill.take(name, drawers)]
        coming += change.again_of(name, drawers)
        if buckets > DRAWERS:  # a drawer holds the patients of several buckets
            coming = [_of_number(part, number, buckets) for part in coming]
        was = [_kept(reader.part(name, number, buckets), change, name)]
        if name == "labs":
            out = _kept(reader.part("suspects", number, buckets).select(LABS.names), change, name)
            labs = _marked(_together([*was, *coming, out]), change)
            parts[name], parts["suspects"] = parted(labs, change.judged)
        else:
            parts[name] = pa.concat_tables([*was, *coming])
    frames = {name: to_frame(parts[name]) for name in ("events", "imaging", "patients")}
    for name, order in _ORDER.items():
        frames[name] = frames[name].sort_values([*order, ROW_ID], ignore_index=True)
        parts[name] = pa.Table.from_pandas(frames[name], schema=stored_part(name), preserve_index=False)
    people = with_named(merged(frames["patients"]), parts["labs"], frames["events"], frames["imaging"])
    parts["patients"] = to_arrow(PATIENTS, people)
    return parts


def _together(parts: list[pa.Table]) -> pa.Table:
    """Results as one sorted table of plain texts; codes are sorted as codes, where nothing else is there."""
    filled = [part for part in parts if len(part)] or parts[:1]
    alike = all(part.schema == filled[0].schema for part in filled)
    return plain(LABS, sorted_labs(pa.concat_tables(filled if alike else [plain(LABS, part) for part in filled])))


def _kept(data: pa.Table, change: Change, name: str) -> pa.Table:
    """The rows that stay shown."""
    if change.rebuilt:
        mine = pc.is_in(data.column("patient_id"), value_set=pa.array(sorted(change.rebuilt), pa.large_string()))
        data = data.filter(pc.invert(mine))
    gone = change.gone.get(name)
    if gone:
        ids = data.column("result_id" if name == "labs" else ROW_ID)
        data = data.filter(pc.invert(pc.is_in(ids, value_set=pa.array(gone, pa.int64()))))
    return data


def _marked(labs: pa.Table, change: Change) -> pa.Table:
    """With the earlier value that a result corrects."""
    if not change.replaced:
        return labs
    ids = pa.array(list(change.replaced), pa.int64())
    at = pc.index_in(labs.column("result_id"), value_set=ids)
    text = pa.array(list(change.replaced.values()), pa.large_string())
    column = pc.coalesce(text.take(at.combine_chunks()), labs.column("replaced"))
    return labs.set_column(labs.schema.get_field_index("replaced"), "replaced", column)


def sorted_labs(labs: pa.Table) -> pa.Table:
    """In the order of Panel: patient, analyte (house order), time as it happened, source line; then row number."""
    codes, words = words_of(labs.column("patient_id"))
    rank = np.empty(len(words), dtype=np.int64)
    rank[np.argsort(np.array([w for w in words if w is not None], dtype=object))] = np.arange(len(words) - 1)
    analyte, names = words_of(labs.column("analyte"))
    place = np.array([INDEX[n] for n in names if n is not None], dtype=np.int64)
    series = rank[codes] * len(INDEX) + place[analyte] if len(codes) else codes
    order = np.lexsort(
        (
            labs.column("result_id").fill_null(0).to_numpy(),
            labs.column("source_line").fill_null(0).to_numpy(),
            moments(labs, series),
            series,
        )
    )
    return labs if (np.diff(order) == 1).all() else labs.take(pa.array(order))


def _of_number(data: pa.Table, number: int, modulus: int) -> pa.Table:
    codes, words = words_of(data.column("patient_id"))
    mine = numbers_of(w for w in words[:-1] if w is not None) % modulus == number
    return data if mine.all() else data.filter(pa.array(mine[codes]))


def _as_of(parts: Mapping[str, pa.Table], people: pd.DataFrame) -> dict[str, int]:
    """Last time by clock, in microseconds."""
    ids = pd.Index(people["patient_id"])
    clock, names = pd.factorize(people["clock"])
    latest: npt.NDArray[np.int64] = np.full(len(names), np.iinfo(np.int64).min)
    for name, column in _TIME.items():
        when = parts[name].column(column).to_numpy().astype("datetime64[us]").astype("int64")
        np.maximum.at(latest, clock[positions(parts[name], ids)], when)
    return {str(n): int(t) for n, t in zip(names, latest, strict=True) if t > np.iinfo(np.int64).min}
