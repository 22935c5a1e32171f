"""The tests of what changed since the last commit, slow ones and the browser left out: ``python -m tests.quick``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.longest_first import LEAST, TABLE, table

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("analytics", "dashboard", "hepatrend")
ALWAYS = "tests/test_house.py"
SECONDS = 25.0
"""What the test files of one run may take together, by ``seconds.txt``: more would not end within a minute."""
MOST = 12
"""Test files of one run: reading one takes its time, too."""


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
    """Test files that changed or mirror these files, then those that import them, as far as a minute goes."""
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
    near = [name for name in dict.fromkeys([*own, *mirrored]) if _runs(root, name)]
    known = table(root / "tests" / TABLE.name)
    far = _within_a_minute([name for name in importing if name not in near and _runs(root, name)], known)
    if not far:  # of a module that a package hands on under its own name: what is tested in the same folder
        beside = [p for name in code for p in sorted((root / "tests" / name).parent.glob("test_*.py"))]
        far = _within_a_minute(
            [str(p.relative_to(root)) for p in beside if str(p.relative_to(root)) not in near], known
        )
    return [*near, *far][:MOST]


def _runs(root: Path, name: str) -> bool:
    return (root / name).is_file() and not name.startswith("tests/browser/") and name != ALWAYS


def _within_a_minute(names: list[str], seconds: dict[str, float]) -> list[str]:
    """The quickest first, so that many files are looked at; one that is not in the table is quick."""
    left, kept = SECONDS, []
    for name in sorted(names, key=lambda n: seconds.get(n, LEAST)):
        left -= seconds.get(name, LEAST)
        if left < 0:
            break
        kept.append(name)
    return kept


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
