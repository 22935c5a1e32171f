"""Store: publish, one patient, everybody, the worklist, memory; each beside the plain pandas way."""

from __future__ import annotations

import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analytics.analytes import PANEL
from analytics.ingest import Batch
from analytics.store import Store, open_store
from tests.analytics.store.made import cohort

BATCH, RUNS, ROWS_TO_PUBLISH = 200_000, 5, 500_000


class File:
    """A laboratory's file as the reader gives it: batches of canonical rows."""

    profile = profile_digest = "bench"
    table = "labs"

    def __init__(self, patients: int, name: str = "bench.csv"):
        self.file, self.sha256, self._patients = name, f"{name}-{patients}", patients

    def batches(self) -> Iterator[Batch]:
        """A stretch of patients at a time, so that a file of any size is made in bounded memory."""
        a_time = BATCH // (25 * len(PANEL))
        for first in range(0, self._patients, a_time):
            rows = cohort(min(a_time, self._patients - first), 25, PANEL, seed=first + 1)
            ids = pd.Index([f"P{first + i:07d}" for i in range(a_time)], dtype="str")
            rows["patient_id"] = ids[rows["patient_id"].str[1:].astype("int64")].array
            yield Batch(labs=rows, rows_in=len(rows), results_in=len(rows))


class Given(File):
    """The same with batches that were made before, so that only the store is timed."""

    def __init__(self, patients: int, name: str, made: list[Batch]):
        super().__init__(patients, name)
        self._made = made

    def batches(self) -> Iterator[Batch]:
        """The batches."""
        return iter(self._made)


def timed(action: Callable[[], Any], runs: int = RUNS) -> float:
    """Median seconds."""
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def publishing(folder: Path) -> tuple[float, float]:
    """Seconds for ROWS_TO_PUBLISH rows: ours (SQLite, digests, settling, Parquet), and pandas to_sql with our index."""
    patients = ROWS_TO_PUBLISH // (25 * len(PANEL))
    made = list(File(patients).batches())
    whole = pd.concat([b.labs for b in made], ignore_index=True)
    count = iter(range(1_000))

    def ours() -> None:
        place = folder / f"publish-{next(count)}"
        open_store(str(place)).publish(Given(patients, "a.csv", made))
        shutil.rmtree(place)

    def theirs() -> None:
        path = folder / "plain.db"
        path.unlink(missing_ok=True)
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            whole.to_sql("results", connection, index=False, chunksize=100_000)
            connection.execute("CREATE INDEX i ON results (patient_id, analyte, collected_at)")
        connection.close()
        whole.to_parquet(folder / "plain.parquet")

    return timed(ours), timed(theirs)


def big_store(folder: Path) -> tuple[Store, Path]:
    """10,000 patients x 8 analytes x 25 results, and the same rows as one plain Parquet file, sorted by patient."""
    store = open_store(str(folder / "big"))
    store.publish(File(10_000))
    plain = folder / "big.parquet"
    store.table("labs").to_parquet(plain)
    return store, plain


def reading(store: Store, plain: Path) -> list[tuple[str, float, float]]:
    """Name, seconds of ours, seconds of pandas."""
    rng = np.random.default_rng(1)
    ids = iter(f"P{i:07d}" for i in rng.permutation(10_000))
    store.panel([next(ids)])
    one = timed(lambda: store.panel([next(ids)]), 25)
    plain_one = timed(lambda: pd.read_parquet(plain, filters=[("patient_id", "==", next(ids))]), 9)

    def everybody() -> None:
        store._cache.clear()
        store.panel()

    def worklist() -> None:
        store._cache.clear()
        store.worklist()

    def plain_worklist() -> None:
        frame = pd.read_parquet(plain, columns=["patient_id", "analyte", "collected_at", "value", "uln"])
        frame.sort_values("collected_at", kind="stable").groupby(["patient_id", "analyte"]).last().unstack()

    store.analyse()
    return [
        ("one patient's panel", one, plain_one),
        ("panel of everybody (2 M rows)", timed(everybody), timed(lambda: pd.read_parquet(plain))),
        ("worklist of 10,000 (with findings; pandas: last values only)", timed(worklist), timed(plain_worklist)),
    ]


def peak_memory(patients: int) -> float:
    """Peak MiB of a process that publishes so many patients from a stream."""
    code = (
        "import tempfile; from tests.benchmarks.bench_store import File; "
        "from analytics.store import open_store; folder = tempfile.mkdtemp(); "
        f"open_store(folder + '/s').publish(File({patients})); "
        "import shutil; shutil.rmtree(folder); "
        "lines = open('/proc/self/status').read().split('VmHWM:')[1]; print(int(lines.split()[0]) / 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def run() -> dict[str, Any]:
    """All figures."""
    folder = Path(tempfile.mkdtemp(prefix="hepatrend-bench-"))
    try:
        ours, theirs = publishing(folder)
        store, plain = big_store(folder)
        rows = reading(store, plain)
    finally:
        shutil.rmtree(folder)
    memory = {patients * 200: peak_memory(patients) for patients in (5_000, 20_000)}
    return {"publish": (ours, theirs), "reading": rows, "memory": memory}


def main() -> None:
    """Print the table."""
    found = run()
    ours, theirs = found["publish"]
    print(f"publish {ROWS_TO_PUBLISH:,} rows (median of {RUNS})")
    print(f"  hepatrend: settled, digested, SQLite + Parquet   {ROWS_TO_PUBLISH / ours:>9,.0f} rows/s")
    print(f"  pandas to_sql + index + to_parquet, nothing else {ROWS_TO_PUBLISH / theirs:>9,.0f} rows/s", end="")
    print(f"   ours / theirs {theirs / ours:.2f}")
    print("read (medians)                                                   hepatrend    pandas   ratio")
    for name, a, b in found["reading"]:
        print(f"  {name:<61} {a * 1e3:>8.1f} ms {b * 1e3:>8.1f} ms {b / a:>6.1f}")
    for n, peak in found["memory"].items():
        print(f"peak memory while {n:,} rows are published from a stream: {peak:,.0f} MiB")


if __name__ == "__main__":
    main()
