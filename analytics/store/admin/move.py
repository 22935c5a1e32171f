"""A store moves: everything of it to another address, embedded or on a server, each row compared; the source stays."""

from __future__ import annotations

import shutil

from analytics.errors import DamagedStore, InputError
from analytics.store.admin.backup import fill
from analytics.store.admin.belongings import Belongings
from analytics.store.admin.restore import restore
from analytics.store.admin.rows_copy import Held, holding, tables_of
from analytics.store.admin.server_rows import rows_of
from analytics.store.database import engines
from analytics.store.database.atomic_files import make_folder, temp_beside
from analytics.store.database.location import Place
from analytics.store.database.lock import writing
from analytics.store.tables.generations import GENERATIONS


def move(source: Place, target: Place, belongings: Belongings) -> dict[str, Held]:
    """Copy everything of a store to an empty address.

    What is cut off leaves the target without rows, so that it can be begun again. The source is only read.

    Args:
        source: a store.
        target: an address where there is none; its folder is made.
        belongings: what of the source lies elsewhere.

    Returns:
        What each table of the source held, and the target holds.

    Raises:
        InputError: there is something at the target.
        DamagedStore: the two do not hold the same rows; the source was written to meanwhile, or a disk is at fault.
    """
    _refuse_full(source, target)
    temp = make_folder(temp_beside(target.folder.with_name("restore-moved")))
    try:
        copy = make_folder(temp / "moved")
        with writing(source.lock):
            before = rows_of(source)
            fill(source, copy, belongings)
            _compare(before, rows_of(Place(copy)), "while it was copied; stop server, worker and scheduler first")
        restore(copy, target)
    finally:
        shutil.rmtree(temp, ignore_errors=True)
    after = rows_of(target)
    added = after[GENERATIONS.name].rows - before[GENERATIONS.name].rows
    if added != 1:  # the one of its new snapshot
        raise DamagedStore(f"{GENERATIONS.name}: {added} rows more at the target, where one was to come")
    _compare(_without_generations(before), _without_generations(after), "on the way; the source is as it was")
    return before


def _refuse_full(source: Place, target: Place) -> None:
    if not source.exists():
        raise InputError(f"no store in {source.folder}")
    if target.folder == source.folder:
        raise InputError("name another folder for the target: snapshot, keys and audit log lie in it")
    if target.folder.exists() and not target.is_server and any(target.folder.iterdir()):
        raise InputError(f"{target.folder} is not empty; nothing was moved")
    if target.is_server:
        with engines.truth(target).connect() as connection:
            full = holding(connection, tables_of())
        if full:
            raise InputError(f"there are rows in {', '.join(full)} of that database; nothing was moved")


def _without_generations(rows: dict[str, Held]) -> dict[str, Held]:
    return {name: one for name, one in rows.items() if name != GENERATIONS.name}


def _compare(before: dict[str, Held], after: dict[str, Held], when: str) -> None:
    other = [name for name, one in before.items() if after.get(name) != one]
    if other:
        raise DamagedStore(f"{', '.join(other)}: not the same rows on both sides, changed {when}")
