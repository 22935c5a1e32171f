"""Engines of SQLite: what is asked of each is safe, and what is asked twice is put into words once."""

from __future__ import annotations

from sqlalchemy.sql.compiler import SQLCompiler

from analytics.store import open_store
from tests.analytics.store.made import cohort, ingest_of


def test_a_second_store_has_its_statements_ready_and_gets_its_own_rows(tmp_path, monkeypatch):
    def import_into(name, people):
        store = open_store(str(tmp_path / name))
        store.publish(ingest_of(cohort(people)), by=name)
        return store

    first = import_into("first", 2)
    made = []
    monkeypatch.setattr(SQLCompiler, "__init__", _noting(SQLCompiler.__init__, made))
    second = import_into("second", 3)
    assert not [words for words in map(str, made) if words.startswith("SELECT")]
    assert [s.table("labs")["patient_id"].nunique() for s in (first, second)] == [2, 3]


def _noting(make, made):
    def init(self, *args, **more):
        make(self, *args, **more)
        made.append(self)

    return init
