"""The tests of what changed since the last commit, slow ones and the browser left out: ``python -m tests.quick``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("analytics", "dashboard", "hepatrend")
ALWAYS = "tests/test_house.py"
MOST = 12
"""Test files of one run, the mirrored ones first: more would not end within a minute."""


def changed(root: Path = ROOT) -> list[str]:
    """Python files that differ from the last commit; those of the last commit where none do."""
    for command in (["diff", "--name-only", "HEAD"], ["diff", "--name-only", "HEAD~1", "HEAD"]):
        names = _git(root, *command)
        if command[-1] == "HEAD" and len(command) == 3:
            names += _git(root, "ls-files", "--others", "--exclude-standard")
        if found := [name for name in names if name.endswith(".py")]:
            return found
    return []


def tests_of(names: list[str], root: Path = ROOT) -> list[str]:
    """Test files that mirror these files, then those that import them directly."""
    own = [name for name in names if name.startswith("tests/") and Path(name).name.startswith("test_")]
    code = [name for name in names if name.split("/")[0] in PACKAGES]
    mirrored = [str(Path("tests", name).with_name(f"test_{Path(name).name}")) for name in code]
    modules = [".".join(Path(name).with_suffix("").parts).removesuffix(".__init__") for name in code]
    importing = []
    for path in sorted((root / "tests").rglob("test_*.py")):
        text = path.read_text("utf-8")
        if any(f"from {m} import" in text or f"from {m.rpartition('.')[0]} import {m.rpartition('.')[2]}" in text
               for m in modules):  # fmt: skip
            importing.append(str(path.relative_to(root)))
    ordered = dict.fromkeys([*own, *mirrored, *importing])
    kept = [name for name in ordered if (root / name).is_file() and not name.startswith("tests/browser/")]
    return [name for name in kept if name != ALWAYS][:MOST]


def _git(root: Path, *words: str) -> list[str]:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


def main() -> int:
    """Run them; returns the exit code."""
    files = [ALWAYS, *tests_of(changed())]
    print("\n".join(files))
    words = ["-q", "-x", "-n", "2", "--dist", "loadfile", "-m", "not slow and not browser and not postgres", *files]
    return subprocess.run([sys.executable, "-m", "pytest", *words], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
