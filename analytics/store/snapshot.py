"""The published snapshot: Parquet files by bucket. Only buckets that change are written anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import chain

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analytics.analytes import INDEX
from analytics.store.arrow import to_arrow, to_frame
from analytics.store.change import ROW_ID, Change
from analytics.store.files import fsync_folder, write_whole
from analytics.store.manifest import Bucket, Manifest, buckets_for, numbers_of
from analytics.store.people import merged, with_named
from analytics.store.place import Place
from analytics.store.spill import DRAWERS
from analytics.store.summary import SUMMARY, summary_of
from analytics.tables import EVENTS, IMAGING, LABS, PATIENTS, TABLES

ROW_GROUP = 16_384
_ORDER = {"events": ["patient_id", "start_date"], "imaging": ["patient_id", "date"]}
_TIME = {"labs": "collected_at", "events": "start_date", "imaging": "date"}

Frames = dict[str, pd.DataFrame]


def build(place: Place, old: Manifest, change: Change, generation: int) -> Manifest:
    """Write the buckets that change and say what the new generation consists of. Nothing is published yet."""
    n_old = len(old.buckets)
    n_new = buckets_for(old.n_results + change.spill.rows["labs"], n_old)
    groups = min(n_old, DRAWERS)
    buckets: list[Bucket | None] = [None] * n_new
    touched = {drawer % groups for drawer in change.touched()}
    for group in range(groups):
        if n_new == n_old and group not in touched:
            for i in range(group, n_old, groups):
                buckets[i] = old.buckets[i]
            continue
        frames = _changed(place, [old.buckets[i] for i in range(group, n_old, groups)], change, group, groups)
        for i in range(group, n_new, groups):
            buckets[i] = write_bucket(place, generation, i, _of_bucket(frames, i, n_new))
    fsync_folder(place.snapshot)
    return Manifest(generation, tuple(b for b in buckets if b is not None))


def write_bucket(place: Place, generation: int, number: int, frames: Frames) -> Bucket:
    """Write the files of one bucket from sorted frames."""
    files, digests, rows = {}, {}, {}
    for name, frame in (*frames.items(), ("summary", _summary(frames))):
        rows[name] = len(frame)
        if not len(frame):
            continue
        files[name] = f"{name}-{generation:08d}-{number:05d}.parquet"
        data = parquet_bytes(_with_ids(name, frame))
        digests[name] = hashlib.blake2b(data, digest_size=16).hexdigest()
        write_whole(place.snapshot / files[name], data, sync_folder=False)
    return Bucket(files, digests, rows, _as_of(frames))


def parquet_bytes(data: pa.Table) -> memoryview:
    """A table as a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(data, sink, compression="lz4", row_group_size=ROW_GROUP)
    return memoryview(sink.getvalue())


def read_part(place: Place, bucket: Bucket, name: str) -> pd.DataFrame:
    """One part of one bucket as a frame; tables other than labs keep their column row_id."""
    if name not in bucket.files:
        empty = SUMMARY.empty() if name == "summary" else TABLES[name].empty()
        return empty.assign(**{ROW_ID: pd.Series(dtype="Int64")}) if name in _ORDER else empty
    return to_frame(pq.read_table(place.snapshot / bucket.files[name], partitioning=None))


def _changed(place: Place, old: Iterable[Bucket], change: Change, group: int, groups: int) -> Frames:
    """Frames of some buckets after the change, sorted."""
    drawers = range(group, DRAWERS, groups)
    frames: Frames = {}
    for table in (LABS, EVENTS, IMAGING, PATIENTS):
        kept = [_kept(read_part(place, b, table.name), change, table.name) for b in old if table.name in b.files]
        fresh = [_kept(to_frame(t), change, table.name, rebuilt=False) for t in change.spill.take(table.name, drawers)]
        parts = [p for p in chain(kept, fresh) if len(p)]
        frames[table.name] = pd.concat(parts, ignore_index=True) if parts else read_part(place, Bucket(), table.name)
    frames["labs"] = _sorted_labs(_marked(frames["labs"], change))
    for name, order in _ORDER.items():
        frames[name] = frames[name].sort_values([*order, ROW_ID], ignore_index=True)
    people = merged(frames["patients"])
    frames["patients"] = with_named(people, frames["labs"], frames["events"], frames["imaging"])
    return frames


def _kept(frame: pd.DataFrame, change: Change, name: str, *, rebuilt: bool = True) -> pd.DataFrame:
    """The rows that stay shown."""
    if rebuilt and change.rebuilt:
        frame = frame[~frame["patient_id"].isin(change.rebuilt)]
    gone = change.gone.get(name)
    if gone:
        frame = frame[~frame["result_id" if name == "labs" else ROW_ID].isin(gone)]
    return frame


def _marked(labs: pd.DataFrame, change: Change) -> pd.DataFrame:
    """With the earlier value that a result corrects."""
    if not change.replaced:
        return labs
    text = labs["result_id"].map(change.replaced).astype("str")
    return labs.assign(replaced=text.where(text.notna(), labs["replaced"]))


def _sorted_labs(labs: pd.DataFrame) -> pd.DataFrame:
    """In the order of Panel: patient, analyte (house order), time, source line; then row number."""
    patient = pd.factorize(labs["patient_id"], sort=True)[0]
    order = np.lexsort(
        (
            labs["result_id"].to_numpy("int64"),
            labs["source_line"].fillna(0).to_numpy("int64"),
            labs["collected_at"].to_numpy(),
            labs["analyte"].map(INDEX).to_numpy("int64"),
            patient,
        )
    )
    return labs.iloc[order].reset_index(drop=True)


def _of_bucket(frames: Frames, number: int, buckets: int) -> Frames:
    """The rows of the patients of one bucket."""
    ids = frames["patients"]["patient_id"]
    mine = ids[numbers_of(ids) % buckets == number]
    if len(mine) == len(ids):
        return frames
    return {name: f[f["patient_id"].isin(mine)].reset_index(drop=True) for name, f in frames.items()}


def _with_ids(name: str, frame: pd.DataFrame) -> pa.Table:
    table = SUMMARY if name == "summary" else TABLES[name]
    data = to_arrow(table, frame)
    if name not in _ORDER:
        return data
    return data.append_column(ROW_ID, pa.array(frame[ROW_ID], pa.int64()))


def _summary(frames: Frames) -> pd.DataFrame:
    return summary_of(frames["labs"], frames["events"], frames["imaging"], frames["patients"])


def _as_of(frames: Frames) -> dict[str, int]:
    """Last time by clock."""
    clock = frames["patients"].set_index("patient_id")["clock"]
    latest: dict[str, int] = {}
    for name, column in _TIME.items():
        frame = frames[name]
        if not len(frame):
            continue
        by_clock = frame[column].groupby(frame["patient_id"].map(clock).to_numpy()).max()
        for which, when in by_clock.items():
            at = int(when.to_numpy().astype("datetime64[us]").astype("int64"))
            latest[str(which)] = max(at, latest.get(str(which), at))
    return latest
