"""Take files into a store one after the other, and say what became of each; ``hepatrend import`` and ``watch``."""

from __future__ import annotations

import contextlib
import getpass
import json
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from analytics.errors import HepatrendError, RefusedFile, StoreError
from analytics.ingest import checksum_sidecar, patient_ids
from analytics.ingest.one_table import SHOWN
from analytics.ingest.outcome import LIST_OF_TESTS
from analytics.ingest.profile import load
from analytics.ingest.reader import stream
from analytics.ingest.reading.packed import TAKEN
from analytics.ingest.reading.source import MAX_BYTES
from analytics.tables import LABS, REASONS

SUFFIXES = (*sorted(TAKEN), ".gz", ".zip")
"""Files of a folder that are taken; a file named by itself is taken whatever it is called."""
ALL, SOME_HELD, REFUSED = 0, 3, 1
"""Exit codes of an import."""


class Publisher(Protocol):
    """What is needed of a store."""

    def publish(self, ingests: Any, by: str = "", *, dry: bool = False) -> Sequence[Any]:
        """Take in files; one receipt each, and nothing but that where it is dry."""
        ...


@dataclass(frozen=True)
class Options:
    """How files are read: profile, encoding, largest size, who imports, and whether nothing is to be stored."""

    profile: str | None = None
    encoding: str | None = None
    max_bytes: int | None = None
    by: str = ""
    dry: bool = False


@dataclass(frozen=True)
class Outcome:
    """One file: its receipt, or why it was refused."""

    file: str
    receipt: dict[str, Any]
    notes: tuple[str, ...] = ()
    taken: str = ""
    """What the file was taken for, and by which of its columns."""
    refused: str = ""
    later: bool = False
    """It is not the file's fault (a busy store, a full disk): it may be tried again."""

    @property
    def document(self) -> dict[str, Any]:
        """For JSON."""
        if self.refused:
            return {"file": self.file, "refused": self.refused, "stored": 0}
        return {**self.receipt, "notes": list(self.notes), "taken_as": self.taken}


Progress = Callable[[str, str, int, int], None]
"""File, what is being done (READ, STORED), how much of how much: bytes read, then results stored."""
READ, STORED = "read", "stored"


def import_all(
    paths: Iterable[str | Path], store: Publisher, options: Options, progress: Progress | None = None
) -> list[Outcome]:
    """Import every file, each in its own transaction; a refused file does not keep the others out.

    Raises:
        ProfileError: the profile cannot be used; nothing is imported then.
    """
    load(options.profile)
    with contextlib.ExitStack() as stack:
        named = [stack.enter_context(_standard_input()) if str(p) == STANDARD_INPUT else p for p in paths]
        return [import_one(path, store, options, progress) for path in files_of(named)]


STANDARD_INPUT = "-"


@contextlib.contextmanager
def _standard_input() -> Iterator[Path]:
    """What comes in by standard input as a file, which is needed because its hash and its end must be known."""
    with tempfile.TemporaryDirectory(prefix="hepatrend-") as folder:
        path = Path(folder) / "standard-input"
        with path.open("wb") as handle:
            shutil.copyfileobj(sys.stdin.buffer, handle)
        yield path


def import_one(path: Path, store: Publisher, options: Options, progress: Progress | None = None) -> Outcome:
    """Import one file."""
    try:
        refuse_pipes(path)
        reading = stream(path, options.profile, encoding=options.encoding, max_bytes=options.max_bytes or MAX_BYTES)
        if progress:
            reading.on_progress = lambda done, size: progress(path.name, READ, done, size)
            reading.on_stored = lambda done, total: progress(path.name, STORED, done, total)
        try:
            how = {"dry": True} if options.dry else {}
            receipt = store.publish([reading], by=options.by, **how)[0].to_dict()
        finally:
            reading.close()
        receipt |= {"dry_run": True} if options.dry else {}
        return Outcome(path.name, receipt, tuple(reading.notes), reading.taken)
    except (OSError, HepatrendError) as error:
        return refused_as(path, error)


def refused_as(path: Path, error: OSError | HepatrendError) -> Outcome:
    """The outcome of a file that met this error."""
    if isinstance(error, OSError):
        said = f"{path.name[:80]}: cannot be read or stored: {error.strerror or error}"
        return Outcome(path.name, {}, refused=said, later=True)
    return Outcome(path.name, {}, refused=str(error), later=isinstance(error, StoreError))


def refuse_pipes(path: Path) -> None:
    """A pipe or a device would be waited for; what cannot be looked at is told when it is opened."""
    with contextlib.suppress(OSError, ValueError):
        if not stat.S_ISREG(path.stat().st_mode):
            raise RefusedFile("is not a plain file", file=path.name)


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """1 where a file was refused, 3 where something was quarantined or nothing of a file was used, else 0."""
    if any(o.refused for o in outcomes):
        return REFUSED
    return SOME_HELD if any(_some_held(o.receipt) or nothing_used(o.receipt) for o in outcomes) else ALL


def nothing_used(receipt: dict[str, Any]) -> bool:
    """Whether no result of a file is in the store or in quarantine: it may be another file than was meant."""
    used = sum(receipt.get(n, 0) for n in ("stored", "duplicate", "superseded", "quarantined"))
    companion = set(receipt.get("ignored_why", {})) == {LIST_OF_TESTS}
    return not receipt.get("already") and not used and not companion


def _some_held(receipt: dict[str, Any]) -> bool:
    return not receipt.get("already") and bool(receipt["quarantined"] or receipt.get("unit_suspects"))


def as_json(outcomes: Sequence[Outcome]) -> str:
    """One JSON document: a list of receipts."""
    return json.dumps([o.document for o in outcomes], indent=2, default=str)


def as_text(outcomes: Sequence[Outcome]) -> str:
    """Receipts for people."""
    return "\n".join(_told(o) for o in outcomes)


def apart(outcomes: Sequence[Outcome]) -> tuple[str, str]:
    """Receipts, and refusals, each as text for people."""
    taken, refused = [o for o in outcomes if not o.refused], [o for o in outcomes if o.refused]
    return as_text(taken), as_text(refused)


def _told(outcome: Outcome) -> str:
    if outcome.refused:
        lines = [f"refused  {outcome.refused}", "         nothing of it was stored"]
        return "\n".join(lines + [f"         {note}" for note in outcome.notes])
    r = outcome.receipt
    if r.get("already"):
        said = f"already  {r['file']}: imported before with the same bytes and profile; nothing was added"
        return "\n".join([said, *(f"         {note}" for note in outcome.notes)])
    held = "results" if r.get("table", LABS.name) == LABS.name else "entries"
    lines = [
        f"{'dry run ' if r.get('dry_run') else 'imported'} {r['file']}  {r['rows_in']:,} rows, "
        f"{r['results_in']:,} {held} in {r['seconds']:.1f} s "
        f"(generation {r['generation']})",
        f"         stored {r['stored']:,}, duplicate {r['duplicate']:,}, superseded {r['superseded']:,}, "
        f"ignored {r['ignored']:,}, quarantined {r['quarantined']:,}",
    ]
    if outcome.taken:
        lines.insert(1, f"         taken as {outcome.taken}")
    lines += [f"         ignored {n:,}: {why}" for why, n in sorted(r.get("ignored_why", {}).items())]
    lines += [f"         quarantined {n:,}: {reason}" for reason, n in sorted(r["reasons"].items())]
    if r.get("dry_run"):
        lines.append("         a dry run: nothing was stored")
    if nothing_used(r):
        lines.append("         nothing of this file was used: no result of it is stored and none is quarantined")
    if suspects := r.get("unit_suspects", 0):
        lines.append(
            f"         quarantined (unit in doubt) {suspects:,}: {REASONS['UNIT_SUSPECT']}; see: quarantine list"
        )
    if alike := r.get("alike", ()):
        lines.append(f"         {patient_ids.ALIKE} are new here and kept apart: {', '.join(alike[:SHOWN])}")
    lines += [f"         {note}" for note in outcome.notes]
    return "\n".join(lines)


def told_every(seconds: float, say: Callable[[str], None]) -> Progress:
    """A progress that speaks at most every so many seconds, and not before that."""
    last = time.monotonic()

    def progress(file: str, doing: str, done: int, whole: int) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            size = f"{whole / 1e6:,.0f} MB" if doing == READ else f"{whole:,} results"
            say(f"{file}: {doing} {done / max(whole, 1):.0%} of {size}")

    return progress


def user() -> str:
    """Name of the machine's user, for the ledger."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def passed_over(paths: Iterable[str | Path]) -> list[str]:
    """What of the named folders is not read: folders inside, and files of other suffixes but for sidecars and hidden
    ones."""
    folders = [Path(p) for p in paths if str(p) and str(p) != STANDARD_INPUT and _is_folder(Path(p))]
    inside = sorted(p for folder in folders for p in folder.iterdir() if not p.name.startswith("."))
    names = [f"{p.name}/" if p.is_dir() else p.name for p in inside]
    return [n for n in names if not n.lower().endswith((*SUFFIXES, *checksum_sidecar.SUFFIXES))]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise RefusedFile(f"cannot be opened: {reason}", file=f"{path.name[:80]}...") from error


def files_of(paths: Iterable[str | Path]) -> list[Path]:
    """Files as named; a folder stands for the files in it that may hold data, by name."""
    found: list[Path] = []
    for named in paths:
        path = Path(named)
        if not str(named):
            raise RefusedFile("an empty name is no file; name a file or a folder")
        if _is_folder(path):
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
            if not inside:
                raise RefusedFile(f"no file in this folder ends with {', '.join(SUFFIXES)}", file=str(named))
            found += inside
        else:
            found.append(path)
    return found
