"""Run benchmarks beside their baselines and write docs/benchmarks.md.

``python -m tests.benchmarks`` runs all but those of LONG; ``python -m tests.benchmarks NAME ...`` runs these alone.
Each bench_*.py prints its own table and runs in a process of its own. The page gets the sections that were run, each
with its day, and keeps the others as they were. Ratios within one run are what counts, the machine is noisy.
"""

from __future__ import annotations

import ast
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
LONG: Mapping[str, str] = {"cohort_scale": "100,000 patients are made, analysed and asked: some ten minutes"}
"""Benchmarks that are run only when they are named, and why."""
_SECTION = "\n## "


def section(path: Path) -> str:
    """One benchmark's title, day and table."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{path.stem}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    failed = f"\ndid not finish: {done.stderr.strip().splitlines()[-1:]}" if done.returncode else ""
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    return f"{_SECTION}{title_of(path)}\n\nRun on {day}.\n\n```\n{done.stdout.rstrip()}{failed}\n```\n"


def title_of(path: Path) -> str:
    """First line of the benchmark's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or path.stem).splitlines()[0].rstrip(".")


def page_of(old: str, fresh: Mapping[str, str]) -> str:
    """The page with these sections, by name of the benchmark, in place of those that it had; the others stay.

    Args:
        old: text of the page as it is; empty where there is none.
        fresh: sections that were run.
    """
    had = {text.splitlines()[0]: f"{_SECTION}{text.rstrip()}\n" for text in old.split(_SECTION)[1:]}
    parts, said, lacking = [], [], list[str]()
    for path in sorted(HERE.glob("bench_*.py")):
        name = _name(path)
        text = fresh.get(name) or had.get(title_of(path), "")
        parts.append(text)
        if not text and name not in LONG:
            lacking.append(f"`make benchmark ONLY={name}`")
        if name in LONG:
            where = "its section is of the day it says" if text else "it has no section here yet"
            said.append(
                f"`{name}` is run only by `make benchmark ONLY={name}` ({LONG[name]}); {where}, "
                "and `make benchmark` leaves it as it is."
            )
    if lacking:
        said.append(f"Not run here yet: {', '.join(lacking)}.")
    head = (
        "# Benchmarks\n\nWritten by `make benchmark`: product and baseline in one run. Read the ratios; the machine is "
        f"shared.\n{' '.join(said)}\n\n"
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}.\n"
    )
    return head + "".join(parts)


def _name(path: Path) -> str:
    return path.stem.removeprefix("bench_")


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all but the long ones, and write the page after each."""
    for path in sorted(HERE.glob("bench_*.py")):
        name = _name(path)
        if name in names or (not names and name not in LONG):
            made = section(path)
            sys.stdout.write(made)
            PAGE.write_text(page_of(PAGE.read_text("utf-8") if PAGE.exists() else "", {name: made}), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
