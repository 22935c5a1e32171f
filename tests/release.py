"""``python -m tests.release``: what a release must hold. Says each in a line; exits 1 where one does not hold.

Builds are made without isolation and without a network, from a clean copy of what git has.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("analytics", "dashboard", "hepatrend")
NOT_CODE = {".pyc", ".ipynb"}
WHEN = "1767225600"
"""Time stamp of files in a build: 2026-01-01."""


def version() -> str:
    """The version that pyproject.toml says."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])


MAN_PAGE = "share/man/man1/hepatrend.1"


def other_versions() -> Iterator[tuple[str, str]]:
    """Where else the version stands."""
    citation = re.search(r"^version: *[\"']?([\w.]+)", (ROOT / "CITATION.cff").read_text("utf-8"), re.M)
    yield "CITATION.cff", citation.group(1) if citation else "none"
    locked = re.search(r'name = "hepatrend"\nversion = "([^"]+)"', (ROOT / "uv.lock").read_text("utf-8"))
    yield "uv.lock", locked.group(1) if locked else "none"


def in_changelog(wanted: str) -> bool:
    """Whether the changelog has a section of this version."""
    return bool(re.search(rf"^## \[?{re.escape(wanted)}\]?\b", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M))


def source_tree(folder: Path) -> Path:
    """A copy of what git has, without anything that lies about."""
    tree = folder / "tree"
    tree.mkdir()
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(folder / "tree.tar", "w") as tar:
        for name in filter(None, listed.decode().split("\0")):
            if (ROOT / name).is_file() and not (ROOT / name).is_symlink():
                tar.add(ROOT / name, name)
    with tarfile.open(folder / "tree.tar") as tar:
        tar.extractall(tree, filter="data")
    return tree


def build(tree: Path, out: Path, *, wheel_only: bool = False) -> list[Path]:
    """Wheel (and source distribution) of a tree."""
    kinds = ["--wheel"] if wheel_only else ["--wheel", "--sdist"]
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", *kinds, "--outdir", str(out), str(tree)],
        env=os.environ | {"SOURCE_DATE_EPOCH": WHEN}, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return sorted(out.iterdir())


def wheel_faults(wheel: Path) -> list[str]:
    """What a wheel has too much, or lacks."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    folders = {name.split("/")[0] for name in names}
    shared = f"hepatrend-{version()}.data"
    allowed = {*PACKAGES, f"hepatrend-{version()}.dist-info", shared}
    faults = [] if f"{shared}/data/{MAN_PAGE}" in names else [f"{wheel.name} lacks {MAN_PAGE}"]
    faults += [f"{wheel.name} has {folder}" for folder in sorted(folders - allowed)]
    faults += [f"{wheel.name} has {name}" for name in names if Path(name).suffix in NOT_CODE]
    wanted = [p.relative_to(ROOT).as_posix() for package in PACKAGES for p in (ROOT / package).rglob("*")
              if p.is_file() and "__pycache__" not in p.parts]  # fmt: skip
    return faults + [f"{wheel.name} lacks {name}" for name in sorted(set(wanted) - set(names))]


def bill_of_materials(out: Path) -> None:
    """CycloneDX list of what an installation brings, from the lock file."""
    subprocess.run(
        [sys.executable, "-m", "cyclonedx_py", "requirements", str(ROOT / "requirements.lock"), "--pyproject",
         str(ROOT / "pyproject.toml"), "--output-reproducible", "--of", "JSON", "-o", str(out)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip


def main() -> int:
    """Check, build twice, write dist/."""
    faults = [
        f"{place} says version {v}, pyproject.toml {version()}" for place, v in other_versions() if v != version()
    ]
    if not in_changelog(version()):
        faults.append(f"CHANGELOG.md has no section {version()}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tree = source_tree(folder)
        first, second = build(tree, folder / "one"), build(tree, folder / "two")
        for one, other in zip(first, second, strict=True):
            if digest(one) != digest(other):
                faults.append(f"two builds of {one.name} differ")
        faults += [fault for built in first if built.suffix == ".whl" for fault in wheel_faults(built)]
        dist = ROOT / "dist"
        dist.mkdir(exist_ok=True)
        for built in first:
            (dist / built.name).write_bytes(built.read_bytes())
            sys.stdout.write(f"{digest(built)}  dist/{built.name}\n")
        bill_of_materials(dist / f"hepatrend-{version()}.cdx.json")
        sys.stdout.write(f"dist/hepatrend-{version()}.cdx.json\n")
    sys.stdout.writelines(f"not ready: {fault}\n" for fault in faults)
    sys.stdout.write(f"release {version()}: {'not ready' if faults else 'ready'}\n")
    return int(bool(faults))


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
