"""Run every benchmark beside its baseline and write docs/benchmarks.md.

``python -m tests.benchmarks [NAME ...]``. Each bench_*.py prints its own table and runs in a process of its own;
ratios within one run are what counts, the machine is noisy.
"""

from __future__ import annotations

import ast
import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"


def section(path: Path) -> str:
    """One benchmark's title and table."""
    title = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or path.stem).splitlines()[0].rstrip(".")
    done = subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{path.stem}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    failed = f"\ndid not finish: {done.stderr.strip().splitlines()[-1:]}" if done.returncode else ""
    return f"\n## {title}\n\n```\n{done.stdout.rstrip()}{failed}\n```\n"


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all and write the page."""
    parts = [
        "# Benchmarks\n\nWritten by `make benchmark`: product and baseline in one run. Read the ratios; the machine is "
        f"shared.\n\n{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}.\n"
    ]
    for path in sorted(HERE.glob("bench_*.py")):
        if not names or path.stem.removeprefix("bench_") in names:
            parts.append(section(path))
            sys.stdout.write(parts[-1])
            if not names:
                PAGE.write_text("".join(parts), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
