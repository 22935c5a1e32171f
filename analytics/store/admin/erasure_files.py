"""The part of a purge that is files: published reports with their memories, results of jobs, uploads that wait.

A report that holds the person is removed whole, in whatever form it is: no one can take one person out of a PDF.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from analytics.errors import HepatrendError
from analytics.report_changes import from_bytes
from analytics.store.admin.erasure_names import Names
from analytics.store.database.location import Place

NOTE, MEMORY = ".note.json", ".memory"
"""Beside each published report: what a mail says and which files it has; what the next report compares with."""
RESULTS, UPLOADS = "exports", "incoming"
"""Results of jobs and uploads that wait, in the store's folder: they can be made, or brought, anew."""
_PLAIN = (".html", ".txt", ".csv", ".json")


def purge_files(place: Place, reports: Path, words: Collection[str], key: str) -> list[str]:
    """Remove every published report that holds the person, all results of jobs and all uploads.

    Args:
        place: the store.
        reports: folder of published reports.
        words: every name of the person: ids and pseudonyms.
        key: the opaque key, which names the file of a report of this patient alone.

    Returns:
        What was removed, in words, without any name.
    """
    removed = [*_reports(reports, words, key)]
    for name, says in ((RESULTS, "result of a job"), (UPLOADS, "upload")):
        folder = place.folder / name
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            removed.append(says)
    return removed


def replaced_stores(place: Place) -> list[Path]:
    """Former stores that a restore has kept beside this one."""
    return sorted(p for p in place.folder.parent.glob(f"{place.folder.name}.replaced-*") if (p / "store.db").is_file())


def _reports(reports: Path, words: Collection[str], key: str) -> Iterator[str]:
    """Each published report with all its files; those of one patient each lie in one folder with an index."""
    if not reports.is_dir():
        return
    for note in sorted(reports.rglob(f".*{NOTE}")):
        if not note.is_file():
            continue
        base = note.parent
        told = json.loads(note.read_text("utf-8"))
        shelf = next(p for p in (base, *base.parents) if p.parent == reports or p == reports)
        files = [shelf / name for name in told["files"]]
        memory = note.with_name(note.name.removesuffix(NOTE) + MEMORY)
        if _holds(told, files, memory, words, key):
            for path in (*files, memory, note):
                path.unlink(missing_ok=True)
            for folder in {path.parent for path in files} - {shelf}:
                shutil.rmtree(folder, ignore_errors=True)
            yield "published report"


def _holds(told: dict[str, object], files: list[Path], memory: Path, words: Collection[str], key: str) -> bool:
    """Whether a report holds the person: its text says so in every form, also where the file itself is packed."""
    names = Names((*words, key))
    if any(names.loosely_in(text) for text in (str(told.get("text", "")), *(path.name for path in files))):
        return True
    if memory.is_file() and _remembers(memory, words):
        return True
    plain = [p for p in files if p.suffix in _PLAIN and p.is_file()]
    return any(names.loosely_in(path.read_text("utf-8", "surrogateescape")) for path in plain)


def _remembers(memory: Path, words: Collection[str]) -> bool:
    try:
        return bool(set(from_bytes(memory.read_bytes()).patients) & set(words))
    except HepatrendError:
        return True  # unreadable: no one can say that it does not
