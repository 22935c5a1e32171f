"""Many files read beside each other by processes or a cluster, and stored in their order by the one writer.

Reading is the larger part of an import. A worker reads a whole file and sends what it understood; nothing is sent of a
larger file than :data:`MOST_BYTES`, which the writer streams itself, so that memory stays bounded.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Unpack

from analytics import executors
from analytics.errors import HepatrendError
from analytics.executors import Executor, How
from analytics.ingest import importer
from analytics.ingest.importer import STANDARD_INPUT, Options, Outcome, Publisher
from analytics.ingest.outcome import Ingest
from analytics.ingest.profile import load
from analytics.ingest.reader import stream, whole_of
from analytics.ingest.reading.source import MAX_BYTES

MOST_BYTES = 64 * 2**20
"""Of a file that a worker reads whole: some half a gibibyte of its memory (house)."""


@dataclass(frozen=True)
class _Read:
    """A file as a worker understood it, and what it was taken for."""

    whole: Ingest
    taken: str


def import_spread(
    paths: Iterable[str | Path], store: Publisher, options: Options, executor: Executor, **how: Unpack[How]
) -> list[Outcome]:
    """As analytics.ingest.importer.import_all, with the files read by an executor; the outcomes are the same.

    Args:
        paths: files and folders.
        store: takes the files in, one after the other, each in its own transaction.
        options: how files are read; a profile that is a file must be seen by every worker.
        executor: see analytics.executors.each, as ``how``.

    Raises:
        ProfileError: the profile cannot be used; nothing is imported then.
        ClusterError: the scheduler or its workers are away; files before the one that was asked for are stored.
    """
    load(options.profile)
    named = importer.files_of([p for p in paths if str(p) != STANDARD_INPUT])
    small = [path for path in named if _is_small(path)]
    read = executors.each(partial(_read, options), small, executor, version=executors.code, **how)
    outcomes = []
    for path in named:
        outcomes.append(_stored(path, next(read), store, options) if path in small else _here(path, store, options))
    return outcomes


def _here(path: Path, store: Publisher, options: Options) -> Outcome:
    return importer.import_one(path, store, options)


def _is_small(path: Path) -> bool:
    with suppress(OSError, ValueError):
        return path.stat().st_size <= MOST_BYTES
    return False


def _read(options: Options, path: Path) -> _Read | Outcome:
    """What a worker understood of a file, or why it is refused."""
    began = time.monotonic()
    try:
        importer.refuse_pipes(path)
        reading = stream(path, options.profile, encoding=options.encoding, max_bytes=options.max_bytes or MAX_BYTES)
        try:
            return _Read(whole_of(reading, began), reading.taken)
        finally:
            reading.close()
    except (OSError, HepatrendError) as error:
        return importer.refused_as(path, error)


def _stored(path: Path, read: _Read | Outcome, store: Publisher, options: Options) -> Outcome:
    if isinstance(read, Outcome):
        return read
    try:
        how = {"dry": True} if options.dry else {}
        receipt = store.publish([read.whole], by=options.by, **how)[0].to_dict()
    except (OSError, HepatrendError) as error:
        return importer.refused_as(path, error)
    return Outcome(path.name, receipt | ({"dry_run": True} if options.dry else {}), read.whole.notes, read.taken)
