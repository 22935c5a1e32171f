"""A store is made, or one of an older version brought forward: a backup first, then the tables, then the snapshot."""

from __future__ import annotations

from analytics.store.admin.backup import back_up
from analytics.store.database import schema
from analytics.store.database.atomic_files import write_whole
from analytics.store.database.location import Place
from analytics.store.publish.rebuild import rebuild


def make(place: Place) -> None:
    """Make what is absent, bring an older store forward. Call under the writer's lock.

    Raises:
        NewerStore: a newer hepatrend wrote this store; nothing was changed.
    """

    def before() -> None:
        if not place.is_server:
            back_up(place, place.backups)
        write_whole(place.forward, b"")

    older = schema.make_tables(place, before)
    if older or place.forward.is_file():  # the tables may be new and the snapshot not: a process that died in between
        rebuild(place, "brought forward")
        place.forward.unlink(missing_ok=True)
