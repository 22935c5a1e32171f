"""The whole analysis of a country's patients: every table, in buckets, in one process and in two.

10,000 patients x 8 analytes x 25 results lie as Parquet files, a folder a bucket, as the store keeps them. Every worker
reads a bucket, analyses it (trends, responses, scores, grades, findings, nearest misses, readings) and writes all
tables as Parquet. Time and memory hold all of it, start of the processes too. Memory is the sum over all processes,
pages that they share counted in each. The exponent says how time grows with rows (1 is linear).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.analysis import PARTS, analyse
from analytics.executors import run
from analytics.panel import Panel
from analytics.synthetic.many import make

FRAMES = ("labs", "events", "imaging", "patients")
A_BUCKET = 625
"""Patients of one bucket: 125,000 results."""
BUDGET_SECONDS, BUDGET_MIB = 15.0, 2048.0


def write(patients: int, folder: Path) -> None:
    """Made-up patients as Parquet, a folder a bucket."""
    panel, _ = make(patients)
    ids = panel.patient_ids
    for number, begin in enumerate(range(0, patients, A_BUCKET)):
        bucket = folder / f"{number:03d}"
        bucket.mkdir(parents=True)
        part = panel.select(ids[begin : begin + A_BUCKET].tolist())
        for name in FRAMES:
            getattr(part, name).to_parquet(bucket / f"{name}.parquet", index=False)
        (bucket / "as_of").write_text(panel.as_of.isoformat(), "utf-8")


def analyse_bucket(bucket: Path) -> tuple[int, float]:
    """Read, analyse and write one bucket; rows of all tables, and processor seconds."""
    began = time.process_time()
    labs, events, imaging, patients = (pd.read_parquet(bucket / f"{name}.parquet") for name in FRAMES)
    as_of = pd.Timestamp((bucket / "as_of").read_text("utf-8"))
    analysis = analyse(Panel.of(labs, events, imaging, patients, as_of=as_of))
    rows = 0
    for name in PARTS:
        frame = getattr(analysis, name)
        frame.to_parquet(bucket / f"out_{name}.parquet", index=False)
        rows += len(frame)
    return rows, time.process_time() - began


class Memory:
    """Most memory of this process and all its children, sampled. [MiB]"""

    def __init__(self) -> None:
        self.most, self._stop = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            self.most = max(self.most, sum(map(_resident, _family(os.getpid()))))


def _family(pid: int) -> list[int]:
    """A process and everything that it started."""
    found = [pid]
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in thread.read_text("ascii").split():
            found += _family(int(child))
    return found


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except OSError:  # it has just ended
        return 0.0


def measured(folder: Path, workers: int) -> dict[str, float]:
    """Wall and processor seconds, most memory and rows of one run over all buckets."""
    buckets = sorted(path for path in folder.iterdir() if path.is_dir())
    with Memory() as memory:
        began = time.perf_counter()
        done = run(analyse_bucket, buckets, "serial" if workers == 1 else "processes", workers=workers)
        took = time.perf_counter() - began
    return {
        "seconds": took,
        "cpu": sum(cpu for _, cpu in done),
        "mib": memory.most,
        "rows": float(sum(rows for rows, _ in done)),
    }


def apart(*arguments: str) -> list[str]:
    """Run this file in a fresh process, so that what was made before is not counted; its words."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_whole", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def main(sizes: tuple[int, ...] = (2_500, 5_000, 10_000)) -> None:
    """Print the table."""
    heads = ("patients", "results", "processes", "s", "cpu s", "MiB", "rows out")
    print("".join(f"{name:>12}" for name in heads))
    cpu = []
    for patients in sizes:
        with tempfile.TemporaryDirectory() as temp:
            apart("write", str(patients), temp)
            for workers in (1, 2):
                seconds, processor, mib, rows = map(float, apart("run", temp, str(workers)))
                cells = (f"{patients:,}", f"{patients * 200:,}", workers, f"{seconds:.1f}", f"{processor:.1f}")
                print("".join(f"{cell:>12}" for cell in (*cells, f"{mib:,.0f}", f"{rows:,.0f}")))
                if workers == 1:
                    cpu.append(processor)
    slope = np.polyfit(np.log(sizes), np.log(cpu), 1)[0]
    print(f"\nprocessor time grows as rows to the power {slope:.2f}")
    print(f"largest on two: {seconds:.1f} s and {mib:,.0f} MiB; goal {BUDGET_SECONDS:.0f} s and {BUDGET_MIB:,.0f} MiB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write(int(sys.argv[2]), Path(sys.argv[3]))
    elif sys.argv[1:2] == ["run"]:
        print(*measured(Path(sys.argv[2]), int(sys.argv[3])).values())
    else:
        main()
