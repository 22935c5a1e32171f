"""Admin: a store that may be written. What changes results for all patients or destroys them is here, nowhere else."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.errors import InputError, StoreError
from analytics.settings import Settings
from analytics.store.admin import backup, curation, erasure, upgrade
from analytics.store.admin.belongings import Belongings
from analytics.store.admin.erasure_working_state import purge_working_state
from analytics.store.database import engines, made_once, schema
from analytics.store.database import patient_keys as keys
from analytics.store.database.database_errors import told
from analytics.store.database.location import Place
from analytics.store.database.lock import writing
from analytics.store.publish import publish as publishing
from analytics.store.publish import rebuild
from analytics.store.publish.receipt import Receipt
from analytics.store.snapshot import shared_files
from analytics.store.store import Store

if TYPE_CHECKING:
    from analytics.store.admin.age_format import Recipient

HOUSE = Settings()  # where a site has no thresholds of its own


class Admin(Store):
    """A Store that is also written: for commands, the worker and the import. Pages and reports are given a Store."""

    @classmethod
    def of(cls, store: Store) -> Admin:
        """The same store, to be written: for the import, which is asked for on a page and done beside it."""
        return store if isinstance(store, Admin) else cls(store.place, store.settings)

    def publish(
        self,
        ingests: publishing.Source | Iterable[publishing.Source],
        by: str = "",
        *,
        wait: float = 30.0,
        dry: bool = False,
    ) -> list[Receipt]:
        """Take in files, one transaction each, all or nothing.

        Args:
            ingests: one or more of ``analytics.ingest.read`` or ``stream``.
            by: who imports.
            wait: seconds to wait for another writer.
            dry: nothing is stored; the receipts say what would be.

        Raises:
            RefusedFile: a file was refused; those before it stay.
            BusyStore: another writer holds the store.
        """
        sources = list(ingests) if isinstance(ingests, Iterable) else [ingests]
        with writing(self.place.lock, wait), told():
            engine = engines.truth_writer(self.place)
            log = self.log.noted
            return [publishing.publish(self.place, source, by, engine, log, dry=dry) for source in sources]

    def purge(self, patient_id: str, reason: str, *, pseudonyms: Sequence[str] = ()) -> int:
        """Erase a person from tables, snapshot, analyses and working state; returns how many rows were removed.

        ``pseudonyms`` are the other names under which reports know the person.
        """
        if not reason.strip():
            raise InputError("say why")
        found = self.analysis([patient_id]).findings["finding_id"].tolist()
        with self._writing() as connection:
            ids = erasure.ids_of(connection, patient_id)
            # the rows last: a purge that was cut short can be asked for again, as long as they tell who it is
            purge_working_state(self.working_state, [*ids, *pseudonyms], self.key_of(patient_id), found)
            removed = erasure.purge(self.place, connection, patient_id, reason)
        for kept in (self._cache, self._contents, self._population):
            kept.clear()
        return removed

    def backup(
        self,
        into: Path | None = None,
        keep: int = backup.KEEP,
        belongings: Belongings = backup.INSIDE,
        recipients: Sequence[Recipient] = (),
    ) -> Path:
        """Write a backup; see analytics.store.admin.backup."""
        with writing(self.place.lock), told():
            return backup.back_up(self.place, into or self.place.backups, keep, belongings, recipients)

    def rebuild(self) -> int:
        """Make the snapshot anew from the rows, and forget what was computed from it; returns the new generation."""
        with writing(self.place.lock), told():
            shutil.rmtree(self.place.analyses, ignore_errors=True)
            return rebuild.rebuild(self.place, "rebuilt")

    def merge(self, old: str, new: str, by: str, why: str, although: str = "") -> None:
        """Show the results of patient ``old`` under ``new``; see :meth:`unmerge`. Where the two differ in sex or birth
        date, ``although`` says why they are one person."""
        with self._writing() as connection:
            curation.merge(self.place, connection, (old, new), by, why, although)

    def unmerge(self, old: str, by: str, why: str) -> None:
        """Undo a merge: the store shows exactly what it showed before."""
        with self._writing() as connection:
            curation.unmerge(self.place, connection, old, by, why)


def open_store(url: str, *, create: bool = True, settings: Settings = HOUSE) -> Admin:
    """Open the store at an address, and make it where there is none.

    Args:
        url: a folder, or ``postgresql+psycopg://user@host/name?folder=...``.
        create: make a store that does not exist.
        settings: thresholds of everything that is computed through it (a site's own: ``dashboard.study``).

    Raises:
        StoreError: there is none and it must not be made, or it cannot be used.
        NewerStore: it was written by a newer version.
        DamagedStore: a database of it is not sound, or one or a key is gone that was made before.
    """
    place = Place.of(url)
    if not create and not place.exists():
        raise StoreError(f"no store in {url}; import a file first, or run: hepatrend demo")
    with told():
        embedded = () if place.is_server else (place.truth, place.working_state)
        for path in embedded:
            made_once.refuse_lost(place.folder, path.name, path)
        place.make()
        shared_files.refuse_other_key(place)
        if not schema.is_current(place) and not place.read_only:
            with writing(place.lock):
                upgrade.make(place)
                keys.secret_of(place.secret)
            shared_files.refuse_other_key(place)
        for path in embedded:
            made_once.remember(place.folder, path.name)
        return Admin(place, settings)
