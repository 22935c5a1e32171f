"""Run every benchmark beside its baseline and write docs/benchmarks.md.

Each bench_*.py offers ``main()`` and prints its own table; ratios within one run are what counts, the machine is noisy.
"""

from __future__ import annotations

import contextlib
import io
import os
import platform
import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "benchmarks.md"


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all, and write the page."""
    found = sorted(p.stem for p in HERE.glob("bench_*.py"))
    parts = [
        "# Benchmarks\n\nWritten by `make benchmark`: product and baseline in one run. Read the ratios; the machine is "
        f"shared.\n\n{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}.\n"
    ]
    for name in [n for n in found if not names or n.removeprefix("bench_") in names]:
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            module = import_module(f"tests.benchmarks.{name}")
            module.main()
        title = (module.__doc__ or name).strip().splitlines()[0]
        parts.append(f"\n## {title}\n\n```\n{text.getvalue().rstrip()}\n```\n")
        sys.stdout.write(parts[-1])
    if not names:
        PAGE.write_text("".join(parts), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
