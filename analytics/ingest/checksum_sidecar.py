"""What a sender may put beside a file to say that it is whole: its hash, and how many rows it has."""

from __future__ import annotations

from pathlib import Path

from analytics.errors import RefusedFile

HASH, ROWS = ".sha256", ".rows"
"""``labs.csv.sha256`` as sha256sum writes it; ``labs.csv.rows`` begins with the number of data rows."""
SUFFIXES = (HASH, ROWS)


def check(path: Path, sha256: str, rows: int) -> None:
    """Refuse a file that is not the one described beside it.

    Args:
        path: the file that was read.
        sha256: of the bytes that were read.
        rows: records after the header, without blank lines, comments, repeated headers and closing remarks.

    Raises:
        RefusedFile: it is another file, or it is cut off.
    """
    said = _first_word(path, HASH)
    if said is not None and said.lower() != sha256:
        raise RefusedFile(f"is not the file that {path.name}{HASH} describes", file=path.name)
    said = _first_word(path, ROWS)
    if said is None:
        return
    if not said.isascii() or not said.isdigit():
        raise RefusedFile(f"{path.name}{ROWS} does not begin with a number of rows", file=path.name)
    if int(said) != rows:
        raise RefusedFile(f"has {rows:,} data rows; {path.name}{ROWS} says {int(said):,}", file=path.name)


def beside(path: Path) -> list[Path]:
    """The sidecars that a file has."""
    return [p for p in (path.with_name(path.name + suffix) for suffix in SUFFIXES) if p.is_file()]


def _first_word(path: Path, suffix: str) -> str | None:
    sidecar = path.with_name(path.name + suffix)
    if not sidecar.is_file():
        return None
    return next(iter(sidecar.read_text("utf-8", "replace").split()), "")
