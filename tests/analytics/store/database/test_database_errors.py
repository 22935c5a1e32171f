"""What databases say of a full disk, in words that say what to do."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa

from analytics.store.database.database_errors import of_database


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("database or disk is full", "the disk is full; nothing was stored"),
        ('could not extend file "base/5/16384": No space left on device', "the disk is full; nothing was stored"),
        ('could not write to file "base/pgsql_tmp": Disk quota exceeded', "the disk is full; nothing was stored"),
        ("disk I/O error", "a quota or a limit on the size of files may be used up"),
        ("something else", "the database refused: something else; nothing was stored"),
    ],
)
def test_a_disk_that_takes_no_more_is_named(said, told):
    for error in (
        sqlite3.OperationalError(said),
        sa.exc.OperationalError("INSERT", {}, sqlite3.OperationalError(said)),
    ):
        assert told in str(of_database(error))
