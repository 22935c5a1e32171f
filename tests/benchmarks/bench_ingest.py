"""Ingest: a clean long CSV to validated, harmonised, settled canonical columns, beside raw readers of the same file.

``python -m tests.benchmarks.bench_ingest [ROWS]``; 2,000,000 rows unless told otherwise.
"""

from __future__ import annotations

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
import pyarrow.csv as pa_csv

from analytics.errors import RefusedFile
from analytics.ingest import stream
from analytics.ingest.settle import settle

ROWS, RUNS, PIECE = 2_000_000, 5, 250_000
CODES = np.array(["ALT", "AST", "ALP", "GGT", "BILI", "ALB", "INR", "PLAT"])
UNITS = np.array(["U/L", "U/L", "U/L", "U/L", "mg/dL", "g/dL", "", "10*9/L"])
MIDDLE = np.array([30, 30, 90, 40, 0.8, 4, 1.1, 220])
LOW, HIGH = np.array([1, 1, 1, 1, 0.1, 1, 0.5, 10]), np.array([900, 900, 900, 900, 30, 6, 9, 900])
LLN, ULN = np.array([5, 5, 35, 5, 0.2, 3.5, 0.8, 150]), np.array([40, 40, 120, 60, 1.2, 5, 1.2, 400])


def write(path: Path, rows: int) -> None:
    """A clean file: 500 results a patient, times to the minute, limits in each row."""
    rng = np.random.default_rng(20260101)
    with open(path, "w", encoding="utf-8") as handle:
        handle.write("patient_id,analyte,collected_at,value,unit,lln,uln\n")
        for first in range(0, rows, PIECE):
            n = min(PIECE, rows - first)
            test, person = rng.integers(0, 8, n), rng.integers(0, max(rows // 500, 1), n)
            minute = rng.integers(0, 6 * 365 * 24 * 60, n).astype("timedelta64[m]")
            at = np.datetime_as_string(np.datetime64("2018-01-01T00:00") + minute, unit="m")
            value = np.clip(np.round(rng.lognormal(0, 0.5, n) * MIDDLE[test], 1), LOW[test], HIGH[test])
            lines = zip(person, CODES[test], at, value, UNITS[test], LLN[test], ULN[test], strict=True)
            handle.write("".join(f"P{p:06d},{c},{t},{v:g},{u},{a:g},{b:g}\n" for p, c, t, v, u, a, b in lines))


def timed(action: Callable[[], Any]) -> tuple[float, float]:
    """Median seconds on the clock, and of the processor over all threads (which others on the machine disturb less)."""
    wall, cpu = [], []
    for _ in range(RUNS):
        began, used = time.perf_counter(), time.process_time()
        action()
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    return statistics.median(wall), statistics.median(cpu)


def whole_job(path: Path) -> tuple[int, int]:
    """Rows stored and held: read, validate, harmonise, settle, batch by batch."""
    stored = held = 0
    for batch in stream(path).batches():
        stored += settle(batch.labs).count("stored")
        held += len(batch.quarantine)
    return stored, held


def peak_mib(path: Path) -> float:
    """Peak memory of a process that does the whole job, imports included."""
    code = (
        "import sys, resource; from pathlib import Path; from tests.benchmarks.bench_ingest import whole_job; "
        "whole_job(Path(sys.argv[1])); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def refused_seconds(path: Path) -> tuple[float, float]:
    """Time until a file without the fields of its header is refused."""
    with open(path, "w", encoding="utf-8") as handle:
        handle.write("patient_id,analyte,collected_at,value,unit,lln,uln\n")
        handle.writelines("1,2\n" for _ in range(5_000_000))

    def attempt() -> None:
        try:
            whole_job(path)
        except RefusedFile:
            return
        raise AssertionError("it was taken")

    return timed(attempt)


def run(rows: int = ROWS) -> dict[str, Any]:
    """Seconds of each way on one file, in one run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labs.csv"
        write(path, rows)
        return {
            "rows": rows,
            "mib": path.stat().st_size / 2**20,
            "pandas C": timed(lambda: pd.read_csv(path)),
            "pyarrow": timed(lambda: pa_csv.read_csv(path)),
            "hepatrend": timed(lambda: whole_job(path)),
            "peak": peak_mib(path),
            "refused": refused_seconds(Path(folder) / "broken.csv"),
        }


def main() -> None:
    """Print the table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else ROWS
    got = run(rows)
    fastest = [min(got["pandas C"][k], got["pyarrow"][k]) for k in (0, 1)]
    print(f"{got['rows']:,} rows, {got['mib']:.0f} MiB; medians of {RUNS}")
    print(f"{'way':26}{'s':>8}{'x fastest':>11}{'cpu s':>8}{'x fastest':>11}{'rows/s':>12}")
    for way in ("pandas C", "pyarrow", "hepatrend"):
        name = f"{way} (whole job)" if way == "hepatrend" else f"{way} (raw read)"
        wall, cpu = got[way]
        ratios = f"{wall:8.2f}{wall / fastest[0]:11.1f}{cpu:8.2f}{cpu / fastest[1]:11.1f}"
        print(f"{name:26}{ratios}{got['rows'] / wall:12,.0f}")
    print(f"peak memory of the whole job {got['peak']:.0f} MiB; a broken file is refused in {got['refused'][0]:.2f} s")


if __name__ == "__main__":
    main()
