"""Test files that take longest begin first, so that no worker waits at the end for a long one that began last.

What files took is in ``seconds.txt`` beside this file; ``make slow`` measures and writes it anew. A file that is not
in it counts as :data:`USUAL` seconds a test.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

TABLE = Path(__file__).with_name("seconds.txt")
USUAL = 0.1
"""Seconds of a test that nobody has measured."""
LEAST = 3
"""Files that take fewer seconds are not written down: the table would change with each run."""


def table(path: Path = TABLE) -> dict[str, float]:
    """Seconds by file, as they were measured."""
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    return {name: float(seconds) for seconds, name in (line.split(maxsplit=1) for line in lines)}


def in_order(files: Iterable[str], known: Mapping[str, float]) -> list[int]:
    """Places of tests in the order in which they shall run; those of a file stay together, and in their order.

    Args:
        files: the file of each test.
        known: seconds by file.

    >>> in_order(["short", "unknown", "long", "long"], {"short": 1.0, "long": 60.0})
    [2, 3, 0, 1]
    """
    files = list(files)
    count = Counter(files)
    first = {name: i for i, name in reversed(list(enumerate(files)))}
    weight = {name: (-known.get(name, USUAL * n), first[name]) for name, n in count.items()}
    return sorted(range(len(files)), key=lambda i: weight[files[i]])


def file_of(nodeid: str) -> str:
    """The file of a test."""
    return nodeid.partition("::")[0]


class Measured:
    """Notes what each file took, set-up and clearing up included, and writes the table at the end."""

    def __init__(self, path: Path = TABLE):
        self._path = path
        self._took: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One phase of one test."""
        self._took[file_of(report.nodeid)] += report.duration

    def pytest_sessionfinish(self) -> None:
        """Files that did not run keep what they took before."""
        seconds = table(self._path) | self._took
        ordered = sorted(((s, name) for name, s in seconds.items() if s >= LEAST), key=lambda x: (-round(x[0]), x[1]))
        self._path.write_text("".join(f"{s:.0f} {name}\n" for s, name in ordered), "utf-8")
