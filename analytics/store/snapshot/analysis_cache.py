"""Stored analyses: the result tables of a bucket, kept under the name of everything they follow from.

That name is made of the bucket's content, the thresholds, the code of the science and, for the parts that look back
from the data cut-off, the cut-off itself. So a stored part is right or it is not found: nothing is ever invalidated,
and a new generation computes only what has changed.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

import analytics
from analytics.analysis import PARTS, Analysis
from analytics.answers.glance import at_a_glance
from analytics.panel import Panel
from analytics.settings import Settings
from analytics.store.database.arrow import coded, to_arrow, to_frame
from analytics.store.database.atomic_files import (
    TEMP,
    fsync_folder,
    make_folder,
    publish_file,
    temp_beside,
    write_whole,
)
from analytics.store.database.database_errors import whole_file
from analytics.store.database.location import Place
from analytics.store.snapshot import reader
from analytics.store.snapshot.buckets import parquet_bytes
from analytics.store.snapshot.held_parts import HELD_MARK, held_bytes, held_frame, held_mark
from analytics.store.snapshot.manifest import Bucket, Manifest
from analytics.store.snapshot.turns import WAIT_SECONDS, my_turn
from analytics.tables import CLOSED_STATES, TABLES

AT_CUT_OFF = ("findings", "near", "answers")
"""Parts that may change when the cut-off moves, even where a patient has no new data."""

TIMELESS = tuple(p for p in PARTS if p not in AT_CUT_OFF)

READERS = 2
"""Threads that read the files of many buckets."""

_NO_TIMES = "no-times"
_OPEN = "open"
_OPEN_COLUMNS = ["patient_id", "finding_id", "level", "state", "onset", "says", "severity"]
"""A file beside the findings with what the worklist shows of those that are not resolved."""

_AT_A_GLANCE = "headlines"
"""A file beside the answers: one row a patient, as lists show them (analytics.answers.at_a_glance)."""

_NOT_SCIENCE = ("store", "ingest", "cohort", "executors.py", "synthetic")


@dataclass(frozen=True)
class Task:
    """One bucket to analyse; names files, so that it can be sent to another machine that sees the same folder."""

    place: Place
    manifest: Manifest
    number: int
    settings: Settings
    held: bytes = b""
    """Rows quarantined of these patients (analytics.store.snapshot.held_parts); rules of today's parts look at them."""

    @property
    def bucket(self) -> Bucket:
        """The bucket."""
        return self.manifest.buckets[self.number]

    @cached_property
    def folder(self) -> Path:
        """Where its parts lie."""
        return self.place.analyses / f"{self.settings.digest}-{method()}" / self.bucket.mark

    def folder_of(self, part: str) -> Path:
        """Where one part lies."""
        if part not in AT_CUT_OFF:
            return self.folder / "always"
        return self.folder / f"{cut_off(self.manifest, self.bucket)}{held_mark(self.held)}"

    def panel(self) -> Panel:
        """All patients of the bucket, with what is quarantined of them."""
        return reader.bucket_panel(self.place, self.manifest, [self.number], held_frame(self.held))

    def missing(self) -> list[str]:
        """Parts that are not stored yet."""
        return [p for p in PARTS if not self.folder_of(p).is_dir()]


def tasks_of(
    place: Place, manifest: Manifest, settings: Settings, held: Mapping[int, bytes] | None = None
) -> list[Task]:
    """One task for each bucket that has patients; ``held``: rows quarantined by number of the bucket."""
    mine = held or {}
    filled = [i for i, b in enumerate(manifest.buckets) if b.rows.get("patients")]
    return [Task(place, manifest, i, settings, mine.get(i, b"")) for i in filled]


def held_by_bucket(manifest: Manifest, held: pd.DataFrame) -> dict[int, bytes]:
    """Rows quarantined of named patients (present ids), by number of their bucket."""
    named = held[held["patient_id"].notna()]
    if named.empty:
        return {}
    number = named["patient_id"].map({p: manifest.bucket_of(p) for p in named["patient_id"].unique()})
    return {int(n): held_bytes(rows) for n, rows in named.groupby(number)}


def compute(task: Task, wait: float = WAIT_SECONDS) -> int:
    """Compute and store what is missing of one bucket; returns how many parts that were.

    Where another thread or process is at it, this waits and finds it done.

    Raises:
        BusyStore: it was not done within the seconds of ``wait``.
    """
    if not task.missing():
        return 0
    with my_turn(task.place, task.bucket.mark, wait):
        return _computed(task, task.missing())


def _computed(task: Task, missing: list[str]) -> int:
    if not missing:
        return 0
    panel = task.panel()
    given = {p: read_part(task, p) for p in PARTS if p not in missing}
    frames = analysed(panel, task.manifest, task.settings, given)
    for parts in (TIMELESS, AT_CUT_OFF):
        if parts[0] in missing:
            data = {p: to_arrow(TABLES[p], frames[p]) for p in parts}
            if "findings" in data:
                data[_OPEN] = _still_open(data["findings"])
                glance = at_a_glance(frames["answers"], panel.patients, task.settings.answers)
                data[_AT_A_GLANCE] = pa.Table.from_pandas(glance, preserve_index=False)
            _write(task.folder_of(parts[0]), data)
    return len(missing)


def analysed(
    panel: Panel, manifest: Manifest, settings: Settings, given: Mapping[str, pd.DataFrame] | None = None
) -> dict[str, pd.DataFrame]:
    """All parts of a panel, sorted by patient. Each clock is analysed against its own cut-off."""
    found: dict[str, list[pd.DataFrame]] = {p: [] for p in PARTS}
    clocks = panel.patients["clock"]
    for clock in clocks.unique():
        ids = panel.patients["patient_id"][clocks == clock]
        mine = panel if len(ids) == len(panel) else _of_clock(panel, ids, manifest, str(clock))
        known = {p: f[f["patient_id"].isin(ids)].reset_index(drop=True) for p, f in (given or {}).items()}
        for part, frame in Analysis(mine, settings, known).tables().items():
            found[part].append(frame)
    return {p: by_patient(p, frames) for p, frames in found.items()}


def by_patient(part: str, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames of one part as one, sorted by patient; the order within a patient stays."""
    filled = [f for f in frames if len(f)]
    if not filled:
        return TABLES[part].empty()
    whole = pd.concat(filled, ignore_index=True)
    return whole.sort_values("patient_id", kind="stable", ignore_index=True)


class Stored(Mapping[str, pd.DataFrame]):
    """Stored parts of some patients (of all patients where None), each read when it is first asked for."""

    def __init__(self, tasks: Sequence[Task], patient_ids: Sequence[str] | None = None):
        self._tasks, self._ids = list(tasks), patient_ids
        self._read: dict[str, pd.DataFrame] = {}
        self._some: dict[tuple[str, ...], pd.DataFrame] = {}

    def __getitem__(self, part: str) -> pd.DataFrame:
        """One part."""
        if part not in PARTS:
            raise KeyError(part)
        if part not in self._read:
            for task in self._tasks:
                compute(task)
            frames = [read_part(t, part, self._ids) for t in self._tasks]  # each sorted by patient, as it was stored
            self._read[part] = frames[0] if len(frames) == 1 else by_patient(part, frames)
        return self._read[part]

    def some(self, part: str, columns: Sequence[str]) -> pd.DataFrame:
        """These columns of one part alone, rows in no order, texts as categories; kept: a few bytes a row."""
        asked = (part, *columns)
        if self._ids is not None or part in self._read:
            return self[part][list(columns)]
        if asked not in self._some:
            for task in self._tasks:
                compute(task)
            self._some[asked] = _columns_of(self._tasks, part, columns)
        return self._some[asked]

    def pieces(self, name: str) -> Iterator[pd.DataFrame]:
        """One part, or one table of the panel, bucket by bucket; nothing of it is kept."""
        for task in self._tasks:
            if name in PARTS:
                compute(task)
                yield read_part(task, name, self._ids)
            else:
                table = TABLES[name]
                frame = reader.joined(task.place, task.manifest, table, [task.number])
                yield frame if self._ids is None else frame[frame["patient_id"].isin(self._ids)]

    def __contains__(self, part: object) -> bool:
        """Whether there is such a part; reads nothing."""
        return part in PARTS

    def __iter__(self) -> Iterator[str]:
        """Names of the parts."""
        return iter(PARTS)

    def __len__(self) -> int:
        """How many parts."""
        return len(PARTS)


def read_part(task: Task, part: str, patient_ids: Sequence[str] | None = None) -> pd.DataFrame:
    """One stored part of a bucket."""
    path = task.folder_of(part) / f"{part}.parquet"
    data = whole_file(path) if patient_ids is None else reader.rows_of_part(path, patient_ids)
    return to_frame(data)


def findings_of_rule(tasks: Sequence[Task], code: str, columns: Sequence[str]) -> pd.DataFrame:
    """These columns of the stored findings of one rule, resolved ones too; rows in no order."""
    if not tasks:
        return TABLES["findings"].empty()[list(columns)]

    def read(task: Task) -> pa.Table:
        data = _file_of(task, "findings", [*{"rule": None, **dict.fromkeys(columns)}])
        return data.filter(pc.equal(data.column("rule"), code)).select(list(columns))

    with ThreadPoolExecutor(READERS) as readers:
        return to_frame(pa.concat_tables(readers.map(read, tasks)))


def _columns_of(tasks: Sequence[Task], part: str, columns: Sequence[str]) -> pd.DataFrame:
    """Some columns of one stored part of all patients, texts as categories."""
    if not tasks:
        return TABLES[part].empty()[list(columns)]
    texts = [c.name for c in TABLES[part].columns if c.kind == "text" and c.name in columns]

    def read(task: Task) -> pa.Table:
        return coded(_file_of(task, part, columns, read_dictionary=texts), texts)

    with ThreadPoolExecutor(READERS) as readers:
        whole = pa.concat_tables(readers.map(read, tasks)).unify_dictionaries()
    return to_frame(whole.combine_chunks())


def _file_of(task: Task, part: str, columns: Sequence[str], **options: Any) -> pa.Table:
    path = task.folder_of(part) / f"{part}.parquet"
    return whole_file(path, columns=list(columns), use_threads=False, **options)


def open_findings(tasks: Sequence[Task]) -> pd.DataFrame:
    """Stored findings that are not resolved, in the columns that a worklist shows."""
    if not tasks:
        return TABLES["findings"].empty()
    paths = [t.folder_of("findings") / f"{_OPEN}.parquet" for t in tasks]
    with ThreadPoolExecutor(READERS) as readers:
        return to_frame(pa.concat_tables(readers.map(partial(whole_file, use_threads=False), paths)))


def glances(tasks: Sequence[Task]) -> pd.DataFrame:
    """Headline, rank and states of every patient of these buckets (analytics.answers.at_a_glance)."""
    paths = [t.folder_of("answers") / f"{_AT_A_GLANCE}.parquet" for t in tasks]
    with ThreadPoolExecutor(READERS) as readers:
        found = list(readers.map(partial(whole_file, use_threads=False), paths))
    return to_frame(pa.concat_tables(found)) if found else at_a_glance(TABLES["answers"].empty())


def cut_off(manifest: Manifest, bucket: Bucket) -> str:
    """Name of the cut-off as this bucket's patients see it; never empty, also where no patient has any time at all."""
    clocks = [f"{clock}{manifest.as_of([clock]).strftime('%Y%m%dT%H%M%S%f')}" for clock in sorted(bucket.as_of)]
    return "-".join(clocks) or _NO_TIMES


@lru_cache(maxsize=1)
def method() -> str:
    """Short hash of the code of the science: results of another version are never shown as this one's."""
    root = Path(analytics.__file__).parent
    state = hashlib.blake2b(",".join(_OPEN_COLUMNS).encode(), digest_size=4)
    for path in sorted(root.rglob("*.py")):
        if path.relative_to(root).parts[0] not in _NOT_SCIENCE:
            state.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return state.hexdigest()


def clear_unused(place: Place, kept: Sequence[Manifest]) -> None:
    """Remove analyses of buckets, and of cut-offs, that no kept generation has."""
    marks = {b.mark for m in kept for b in m.buckets}
    cuts = {(b.mark, cut_off(m, b)) for m in kept for b in m.buckets}
    cuts |= {(mark, name) for mark in marks for name in ("always", "arrays")}
    for bucket in place.analyses.glob("*/*"):
        if bucket.name not in marks and not bucket.name.startswith(TEMP):
            shutil.rmtree(bucket, ignore_errors=True)
            continue
        for cut in bucket.iterdir():
            if (bucket.name, cut.name.split(HELD_MARK)[0]) not in cuts and not cut.name.startswith(TEMP):
                shutil.rmtree(cut, ignore_errors=True)


def _of_clock(panel: Panel, ids: pd.Series, manifest: Manifest, clock: str) -> Panel:
    return replace(panel.select(list(ids)), as_of=manifest.as_of([clock]))


def _still_open(findings: pa.Table) -> pa.Table:
    return findings.filter(~pc.field("state").isin(CLOSED_STATES)).select(_OPEN_COLUMNS)


def _write(folder: Path, parts: Mapping[str, pa.Table]) -> None:
    """All parts of a folder appear together. Where another process was faster, its equal result stays."""
    make_folder(folder.parent)
    temp = make_folder(temp_beside(folder))
    try:
        for part, data in parts.items():
            write_whole(temp / f"{part}.parquet", parquet_bytes(data), sync_folder=False)
        fsync_folder(temp)
        if not folder.is_dir():
            _publish(temp, folder)
    finally:
        shutil.rmtree(temp, ignore_errors=True)


def _publish(temp: Path, folder: Path) -> None:
    try:
        publish_file(temp, folder)
    except OSError:
        if not folder.is_dir():
            raise
