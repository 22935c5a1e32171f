"""Ingest: a clean long CSV to validated, harmonised, settled canonical columns, beside raw readers of the same file.

``python -m tests.benchmarks.bench_ingest [ROWS ...] [--job]``; 2 and 10 million rows unless told otherwise, ``--job``
for the whole job alone, without imports and refusals. Each table ends with the load of the machine, and with a loaded
one it says that it is no result. The job goes from
the file to one table LABS in memory, texts as codes into words, every row of it settled against all others; the line
below has a pandas frame of it made besides. End to end is ``import``:
a process that reads the first of the files into a new store (SQLite, digests, Parquet).
"""

from __future__ import annotations

import argparse
import gc
import importlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from analytics.errors import RefusedFile
from analytics.ingest import read, stream
from analytics.ingest.versions import settle
from tests.benchmarks.quiet import Watch

ROWS, ROUNDS, RUNS, PIECE = (2_000_000, 10_000_000), 5, 3, 250_000
GOAL_RATIO, GOAL_CPU, GOAL_RATE, GOAL_MIB, GOAL_REFUSED = 2.5, 2.3, 300_000, 1_024, 2.0
"""Whole job against the fastest raw reader at 10 million rows, by the clock and by processor; rows/s and peak of an
import; seconds of a refusal."""
CODES = np.array(["ALT", "AST", "ALP", "GGT", "BILI", "ALB", "INR", "PLAT"])
UNITS = np.array(["U/L", "U/L", "U/L", "U/L", "mg/dL", "g/dL", "", "10*9/L"])
MIDDLE = np.array([30, 30, 90, 40, 0.8, 4, 1.1, 220])
LOW, HIGH = np.array([1, 1, 1, 1, 0.1, 1, 0.5, 10]), np.array([900, 900, 900, 900, 30, 6, 9, 900])
LLN, ULN = np.array([5, 5, 35, 5, 0.2, 3.5, 0.8, 150]), np.array([40, 40, 120, 60, 1.2, 5, 1.2, 400])


HEADER = "patient_id,analyte,collected_at,value,unit,lln,uln\n"


def write(path: Path, rows: int) -> None:
    """A clean file: 500 results a patient in no order, times to the minute, limits in each row."""
    rng = np.random.default_rng(20260101)
    plain = pa_csv.WriteOptions(include_header=False, quoting_style="none")
    with open(path, "wb") as handle:
        handle.write(HEADER.encode())
        for first in range(0, rows, PIECE):
            n = min(PIECE, rows - first)
            test, person = rng.integers(0, 8, n), rng.integers(0, max(rows // 500, 1), n)
            minute = rng.integers(0, 6 * 365 * 24 * 60, n).astype("timedelta64[m]")
            at = np.datetime_as_string(np.datetime64("2018-01-01T00:00") + minute, unit="m")
            value = np.clip(np.round(rng.lognormal(0, 0.5, n) * MIDDLE[test], 1), LOW[test], HIGH[test])
            people = pa.array([f"P{p:06d}" for p in range(max(rows // 500, 1))]).take(pa.array(person))
            columns = [people, CODES[test], at.astype("S16").astype(str), value, UNITS[test], LLN[test], ULN[test]]
            pa_csv.write_csv(pa.table([pa.array(c) for c in columns], names=list("abcdefg")), handle, plain)


def readers(path: Path) -> dict[str, Callable[[], Any]]:
    """Raw readers of the file, those that are installed."""
    found: dict[str, Callable[[], Any]] = {
        "pandas C": lambda: pd.read_csv(path),
        "pyarrow": lambda: pa_csv.read_csv(path),
    }
    for name, ask in (
        ("polars", lambda m: m.read_csv(path)),
        ("duckdb", lambda m: m.sql(f"from read_csv('{path}')").fetch_arrow_table()),
    ):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        found[name] = lambda ask=ask, module=module: ask(module)  # type: ignore[misc]
    return found


def once(action: Callable[[], Any]) -> tuple[float, float]:
    """Seconds on the clock, and of the processor over all threads (which others on the machine disturb less)."""
    gc.collect()
    began, used = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - began, time.process_time() - used


def in_turns(ways: dict[str, Callable[[], Any]], rounds: int) -> dict[str, tuple[float, float]]:
    """Medians of clock and processor of each way; each round runs every way once, so that all meet the same machine."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, action in ways.items():
            taken[name].append(once(action))
    return {name: (statistics.median(w for w, _ in t), statistics.median(c for _, c in t)) for name, t in taken.items()}


def whole_job(path: Path, *, frame: bool = False) -> tuple[int, int]:
    """Rows stored, and rows held or of the frame: read, validate, harmonise into one table, settle all of it."""
    whole = read(path)
    stored = settle(whole.coded_labs).count("stored")
    return stored, len(whole.labs) if frame else len(whole.quarantine)


def imported(path: Path) -> tuple[float, float]:
    """Seconds and peak MiB of a process that imports the file into a new store, as ``hepatrend import`` does.

    The peak is the kernel's VmHWM of that process. Its ru_maxrss would be the larger of its own peak and of what this
    process held when it started the other one.
    """
    code = (
        "import sys, time; from pathlib import Path; from analytics.ingest import importer; "
        "from analytics.store import open_store; store = open_store(sys.argv[2]); began = time.perf_counter(); "
        "done = importer.import_one(Path(sys.argv[1]), store, importer.Options()); "
        "assert done.receipt['stored'], done; "
        "took = time.perf_counter() - began; status = Path('/proc/self/status').read_text(); "
        "print(took, int(status.split('VmHWM:')[1].split()[0]) / 1024)"
    )
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        done = subprocess.run(
            [sys.executable, "-c", code, str(path), folder + "/store"], capture_output=True, text=True, check=True
        )
    seconds, peak = map(float, done.stdout.split())
    return seconds, peak


def refusals(folder: Path, whole: Path) -> dict[str, float]:
    """Seconds until files as large as ``whole`` are refused."""
    size, path = whole.stat().st_size, folder / "broken.csv"
    noise = np.random.default_rng(3).integers(0, 256, 1 << 20, np.uint8).tobytes()
    found = {}
    for name, head, body in (
        ("a header without the columns", b"a,b,c,d,e,f,g\n", b"1,ALT,2024-01-01,1,U/L,5,40\n" * 40_000),
        ("rows without the fields of the header", HEADER.encode(), b"1,2\n" * 250_000),
        ("bytes that are no text", noise, noise),
        ("bytes that are no text behind a header", HEADER.encode(), noise),
    ):
        with open(path, "wb") as handle:
            handle.write(head)
            while handle.tell() < size:
                handle.write(body)
        found[name] = in_turns({name: lambda: refused(path)}, RUNS)[name][0]
    return found


def refused(path: Path) -> None:
    """Read a file that must be refused."""
    try:
        for _ in stream(path).batches():
            pass
    except RefusedFile:
        return
    raise AssertionError("it was taken")


def side_by_side(path: Path, rows: int) -> None:
    """Raw readers and the whole job on one file, and whether the machine was quiet enough for it to count."""
    watch = Watch()
    raw = {f"{name} (raw read)": ask for name, ask in readers(path).items()}
    ours = {
        "hepatrend (whole job)": lambda: whole_job(path),
        "  and a pandas frame": lambda: whole_job(path, frame=True),
    }
    found = in_turns(raw | ours, ROUNDS)
    fastest = [min(found[name][k] for name in raw) for k in (0, 1)]
    print(f"{rows:,} rows, {path.stat().st_size / 2**20:.0f} MiB; medians of {ROUNDS} rounds, each way once a round")
    print(f"goal of the whole job at most {GOAL_RATIO:g} x the fastest raw reader, {GOAL_CPU:g} x by processor")
    print(f"{'way':26}{'s':>8}{'x fastest':>11}{'cpu s':>8}{'x fastest':>11}{'rows/s':>12}")
    for way, (wall, cpu) in found.items():
        ratios = f"{wall:8.2f}{wall / fastest[0]:11.1f}{cpu:8.2f}{cpu / fastest[1]:11.1f}"
        print(f"{way:26}{ratios}{rows / wall:12,.0f}")
    print(watch.ended(), flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("rows", nargs="*", type=int)
    parser.add_argument("--job", action="store_true", help="the whole job alone, without imports and refusals")
    asked = parser.parse_args()
    sizes = asked.rows or list(ROWS)
    with tempfile.TemporaryDirectory() as folder:
        for rows in sizes:
            path = Path(folder) / f"labs-{rows}.csv"
            write(path, rows)
            side_by_side(path, rows)
        if asked.job:
            return
        watch = Watch()
        first = Path(folder) / f"labs-{sizes[0]}.csv"
        runs = [imported(first) for _ in range(RUNS)]
        seconds, peak = statistics.median(r[0] for r in runs), max(r[1] for r in runs)
        print(f"end to end, {sizes[0]:,} rows from file to a new store (median of {RUNS}): {seconds:.1f} s, ", end="")
        print(f"{sizes[0] / seconds:,.0f} rows/s (goal {GOAL_RATE:,}), ", end="")
        print(f"peak memory {peak:,.0f} MiB (goal {GOAL_MIB:,})")
        print(f"refused (goal {GOAL_REFUSED:g} s), files of {path.stat().st_size / 2**20:.0f} MiB:")
        for name, took in refusals(Path(folder), path).items():
            print(f"  {name:42} {took:6.2f} s")
        print(watch.ended())


if __name__ == "__main__":
    main()
