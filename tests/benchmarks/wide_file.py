"""A file of any size as a hospital's warehouse exports it: long lines with free text, hardly two results alike."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.benchmarks.bench_ingest import GOAL_MIB, imported

Bytes = npt.NDArray[np.uint8]
PIECE, A_PATIENT, GOAL_RATE = 50_000, 200, 100_000
HEADER = b"patient_id,analyte,collected_at,value,unit,lln,uln,lab,ordered_by,specimen_id,comment\n"
TESTS = (
    (b"ALT", b"U/L,5,40", b"40.0"), (b"AST", b"U/L,5,40", b"30.0"), (b"ALP", b"U/L,35,120", b"90.0"),
    (b"BILI", b"mg/dL,0.2,1.2", b"1.40"), (b"INR", b",0.8,1.2", b"1.00"),
)  # fmt: skip
"""Test, its unit and limits, and a value whose two last digits vary."""
WORDS = (
    "sample received by courier after the morning round reviewed again on request of the ward serum slightly turbid "
    "repeated from the primary tube result confirmed no further comment reference limits of the adult population apply "
    "drawn from the port before infusion fasting state not recorded"
).split()


def write_wide(path: Path, size: int, comment: int = 600) -> int:
    """Write lines until the file has ``size`` bytes; returns the rows.

    A patient has about 200 results, anywhere in the file; ``comment`` is the length of the free text.
    """
    rng = np.random.default_rng(7)
    sheet, places = _template(rng, 120 + comment)
    people, rows = max(size // sheet.shape[1] // A_PATIENT, 1), 0
    with open(path, "wb") as handle:
        handle.write(HEADER)
        while handle.tell() < size:
            for value, begin, mine in places:
                _fill(sheet[mine], rng, rows + mine.start, people, value, begin)
            handle.write(sheet.data)
            rows += PIECE
    return rows


def _template(rng: np.random.Generator, width: int) -> tuple[Bytes, list[tuple[bytes, int, slice]]]:
    """PIECE lines of one length, the tests one after the other; for each its value, where its time begins, its rows."""
    talk = np.frombuffer(" ".join(rng.choice(WORDS, 200_000)).encode(), np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(talk, width)
    sheet: Bytes = windows[rng.integers(0, len(windows), PIECE)]
    sheet[:, -1] = ord("\n")
    places, a_test = [], PIECE // len(TESTS)
    for i, (name, limits, value) in enumerate(TESTS):
        line = b"P0000000,%s,YYYY-MM-DDTHH:MM,%s,%s,LAB1,ward 7,S000000000," % (name, value, limits)
        mine = slice(i * a_test, (i + 1) * a_test)
        sheet[mine, : len(line)] = np.frombuffer(line, np.uint8)
        places.append((value, 10 + len(name), mine))
    return sheet, places


def _fill(lines: Bytes, rng: np.random.Generator, first: int, people: int, value: bytes, begin: int) -> None:
    """Another patient, time, value and specimen in each of these lines."""
    n, last = len(lines), begin + 17 + len(value) - 1
    minute = rng.integers(0, 6 * 365 * 24 * 60, n).astype("timedelta64[m]")
    at = np.datetime_as_string(np.datetime64("2018-01-01T00:00") + minute, unit="m").astype("S16")
    lines[:, begin : begin + 16] = at.view(np.uint8).reshape(-1, 16)
    _digits(lines, 1, rng.integers(0, people, n), 7)
    _digits(lines, last, rng.integers(0, 10, n), 1)
    _digits(lines, last - 1 - (value[-2] == ord(".")), rng.integers(0, 10, n), 1)
    specimen = bytes(lines[0]).index(b",S") + 2
    _digits(lines, specimen, first + np.arange(n), 9)


def _digits(lines: Bytes, column: int, numbers: npt.NDArray[np.int64], n: int) -> None:
    """Numbers as n digits with leading zeros, from this column on."""
    for i in range(n):
        lines[:, column + n - 1 - i] = ord("0") + numbers // 10**i % 10


def main() -> None:
    """``python -m tests.benchmarks.wide_file [BYTES] [FOLDER]``: write such a file (1 GiB) and import it.

    Not part of ``make benchmark``: a file of 10 GB needs 40 GB of disk and some minutes.
    """
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1 << 30
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as folder:
        path = Path(folder) / "wide.csv"
        rows = write_wide(path, size)
        seconds, peak = imported(path)
        print(f"{rows:,} rows, {path.stat().st_size / 2**20:,.0f} MiB into a new store: {seconds:,.1f} s, ", end="")
        print(f"{rows / seconds:,.0f} rows/s (goal {GOAL_RATE:,}), peak memory {peak:,.0f} MiB (goal {GOAL_MIB:,})")


if __name__ == "__main__":
    main()
