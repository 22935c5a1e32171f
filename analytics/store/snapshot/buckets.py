"""The published snapshot: Parquet files by bucket. Only buckets that change are written anew."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analytics.arrow import plain
from analytics.store.database.arrow import schema_of, to_arrow, to_frame, words_of
from analytics.store.database.atomic_files import fsync_folder, write_whole
from analytics.store.database.database_errors import whole_file
from analytics.store.database.location import Place
from analytics.store.snapshot.change import ROW_ID, Change
from analytics.store.snapshot.demographics import merged, with_named
from analytics.store.snapshot.manifest import Bucket, Manifest, buckets_for, digest_of, numbers_of
from analytics.store.snapshot.row_order import sorted_labs
from analytics.store.snapshot.spill import DRAWERS, Spill
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


class Building:
    """A generation whose buckets are written while the rest of a file is still being settled.

    That is done where it is certain into how many buckets the patients are parted: where no results that may come can
    make them more, or where there are none yet. Then the buckets are made for as many results as may come, and joined
    in the end where many of them turn out to be duplicates. Else all buckets are written by :meth:`finished`, as where
    ``coming``, the number of results that may come, is 0.

    Attributes:
        early: buckets are written while others are settled.
        apart: drawers that are equal modulo this number hold the patients of one bucket, or of several whole ones.
    """

    def __init__(self, place: Place, old: Manifest, change: Change, generation: int, coming: int):
        now = len(old.buckets)
        self._place, self._old, self._change, self._generation = place, old, change, generation
        self._n = buckets_for(old.n_results + coming, now)
        self.early = coming > 0 and (not old.n_results or self._n == now)
        self._first = self._n > now
        self._reader = _OldBuckets(place, old)
        self._buckets = [Bucket()] * self._n if self._first else list(old.buckets)
        self._written: set[int] = set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="bucket")
        self._waiting: tuple[int, Future[Bucket]] | None = None
        self.apart = min(self._n, DRAWERS) if self.early else DRAWERS

    def settled(self, drawers: Collection[int]) -> None:
        """All results of the patients of these drawers are settled; no other drawer's are among what came since."""
        if not self.early:
            return
        groups = sorted({drawer % self.apart for drawer in drawers})
        alone = self._change.spill.pop("labs", drawers, alone=True) if len(groups) == 1 and self._n <= DRAWERS else None
        touched = {drawer % self.apart for drawer in self._change.touched()}
        for group in groups:
            if alone or group in touched:
                for number in range(group, self._n, self.apart):
                    self._write(number, alone)
        self._change.spill.pop("labs", drawers)

    def finished(self) -> Manifest:
        """Write what is left, and say what the new generation consists of. Nothing is published yet."""
        if not self.early:
            return build(self._place, self._old, self._change, self._generation)
        touched = {drawer % self.apart for drawer in self._change.touched()}
        for number in range(self._n):
            if number not in self._written and (self._first or number % self.apart in touched):
                self._write(number)
        self._wait()
        wanted = _how_many(self._old, self._change)
        if wanted < self._n:
            self._join(wanted)
        fsync_folder(self._place.snapshot)
        return Manifest(self._generation, tuple(self._buckets))

    def _write(self, number: int, labs: list[pa.Table] | None = None) -> None:
        """Have one bucket written while the next one is made ready."""
        parts = _changed(self._reader, self._change, number, self._n, labs)
        self._wait()
        self._waiting = number, self._thread.submit(write_bucket, self._place, self._generation, number, parts)
        self._written.add(number)

    def _wait(self) -> None:
        if self._waiting:
            number, writing = self._waiting
            self._buckets[number], self._waiting = writing.result(), None

    def close(self) -> None:
        """End the writing thread; call this whatever happened."""
        self._thread.shutdown(wait=True)

    def _join(self, wanted: int) -> None:
        """Fewer buckets, each of several whole ones; what they held is read back."""
        reader = _OldBuckets(self._place, Manifest(self._generation, tuple(self._buckets)))
        same = Change(Spill(self._place.spill), judged=self._change.judged)
        for number in range(wanted):
            parts = _changed(reader, same, number, wanted)
            self._buckets[number] = write_bucket(self._place, self._generation, number, parts)
        self._buckets = self._buckets[:wanted]


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
        digests[name] = digest_of(content)
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
        """Rows of the patients of one bucket of so many; of fewer than there were, each is several whole ones."""
        n_old = len(self._manifest.buckets)
        if buckets < n_old:
            return pa.concat_tables([read_part(self._place, b, name) for b in self._manifest.buckets[number::buckets]])
        if number % n_old != self._number:
            self._number = number % n_old
            bucket = self._manifest.buckets[self._number]
            self._parts = {n: read_part(self._place, bucket, n) for n in _PART_NAMES}
        whole = self._parts[name]
        return whole if buckets == n_old else _of_number(whole, number, buckets)


_PART_NAMES = ("labs", "suspects", "events", "imaging", "patients")


def _changed(
    reader: _OldBuckets, change: Change, number: int, buckets: int, labs: list[pa.Table] | None = None
) -> Parts:
    """All rows of one bucket of so many after the change, sorted; ``labs`` are its results that come, where known."""
    drawers = range(number % DRAWERS, DRAWERS, buckets)
    parts: Parts = {}
    for name in _COMING:
        fresh = labs if labs is not None and name == "labs" else change.spill.take(name, drawers)
        coming = [_kept(part, change, name) for part in fresh]
        coming += change.again_of(name, drawers)
        if buckets > DRAWERS:  # a drawer holds the patients of several buckets
            coming = [_of_number(part, number, buckets) for part in coming]
        was = [_kept(reader.part(name, number, buckets), change, name)]
        if name == "labs":
            out = _kept(reader.part("suspects", number, buckets).select(LABS.names), change, name)
            shown = _marked(_together([*was, *coming, out]), change)
            parts[name], parts["suspects"] = parted(shown, change.judged)
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
