"""A folder that is watched: settled files are imported and moved to done/ or refused/, with the receipt beside.

Nothing is kept in memory that matters: after kill -9 at any point the next start finds the file where it was, imports
it once more (the store says that it has it already) and moves it. The receipt is written before the file is moved.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from analytics.errors import RefusedFile
from analytics.ingest import checksum_sidecar
from analytics.ingest.importer import Options, Outcome, Publisher, import_one
from analytics.ingest.reading.source import fingerprint

SETTLED_SECONDS = 10.0
"""A file is taken when its size and time of change have stayed the same for so long."""
DONE, REFUSED = "done", "refused"
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart", ".swp")


@dataclass
class Watch:
    """One watched folder.

    Attributes:
        folder: where files arrive.
        settled: seconds for which a file must not change.
        clock: seconds that only go forward.
    """

    folder: Path
    settled: float = SETTLED_SECONDS
    clock: Callable[[], float] = time.monotonic
    _seen: dict[Path, tuple[tuple[int, int], float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.folder.is_dir():
            raise RefusedFile("is no folder", file=str(self.folder))
        for name in (DONE, REFUSED):
            (self.folder / name).mkdir(exist_ok=True)

    def ready(self) -> list[Path]:
        """Files that have settled, oldest first."""
        now, found = self.clock(), {}
        for path in self._arrived():
            try:
                stat = path.stat()
            except OSError:
                continue
            state = (stat.st_size, stat.st_mtime_ns)
            before = self._seen.get(path)
            found[path] = before if before and before[0] == state else (state, now)
        self._seen = found
        settled = [p for p, (_, since) in found.items() if now - since >= self.settled]
        return sorted(settled, key=lambda p: (found[p][0][1], p.name))

    def _arrived(self) -> list[Path]:
        """Plain files that are no hidden or half-written ones."""
        left_alone = (*_UNFINISHED, *checksum_sidecar.SUFFIXES)
        plain = [p for p in self.folder.iterdir() if p.is_file() and not p.is_symlink()]
        return [p for p in plain if not p.name.startswith(".") and p.suffix.lower() not in left_alone]

    def take(self, store: Publisher, options: Options) -> Iterator[Outcome]:
        """Import what has settled and put it away. What could not be tried (a busy store) stays for the next time."""
        for path in self.ready():
            outcome = import_one(path, store, options)
            if not outcome.later:
                self._seen.pop(path, None)
                try:
                    put_away(path, outcome)
                except OSError as error:  # it stays here, and is put away after it has settled once more
                    said = f"cannot be put away yet: {error.strerror or error}; it is tried again"
                    outcome = replace(outcome, notes=(*outcome.notes, said))
            yield outcome


def put_away(path: Path, outcome: Outcome) -> Path:
    """Write the receipt, move what lies beside the file, then the file; returns where it is now.

    The file goes last: a sidecar that stayed behind would speak for the next file of that name. But a refused file goes
    first: without its sidecar it might be accepted after a crash. A receipt that was written before a crash is kept,
    because it says what was stored and the second one only that it was there already.

    Raises:
        OSError: the disk is full or cannot be written; the file is still here or already there, and whole.
    """
    folder = path.parent / (REFUSED if outcome.refused else DONE)
    target = folder / path.name
    if target.exists() and fingerprint(target) != fingerprint(path):
        target = folder / f"{path.stem}-{fingerprint(path)[:12]}{path.suffix}"
    receipt = target.with_name(target.name + ".receipt.json")
    if not (outcome.receipt.get("already") and _speaks_of(receipt, outcome.receipt["sha256"])):
        _write(receipt, json.dumps(outcome.document, indent=2, default=str))
    beside = [(sidecar, target.with_name(target.name + sidecar.suffix)) for sidecar in checksum_sidecar.beside(path)]
    for old, new in [(path, target), *beside] if outcome.refused else [*beside, (path, target)]:
        os.replace(old, new)
    _sync(folder)
    return target


def _speaks_of(receipt: Path, sha256: str) -> bool:
    """Whether there is a receipt of these bytes."""
    try:
        return bool(json.loads(receipt.read_text("utf-8")).get("sha256") == sha256)
    except (OSError, ValueError):
        return False


def _write(path: Path, text: str) -> None:
    """The whole text or none of it."""
    temp = path.with_name(f".{path.name}.tmp")
    try:
        with open(temp, "w", encoding="utf-8") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(temp, path)
    except BaseException:
        with suppress(OSError):
            temp.unlink()
        raise


def _sync(folder: Path) -> None:
    if os.name != "nt":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
