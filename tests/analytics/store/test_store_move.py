"""A store moves between a folder and PostgreSQL, a backup of one is restored to the other: no row is another."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from analytics.errors import DamagedStore, InputError, StoreError
from analytics.store import Admin, open_store
from analytics.store.admin import rows_copy
from analytics.store.admin.belongings import Belongings
from analytics.store.admin.move import move
from analytics.store.admin.restore import restore
from analytics.store.admin.server_rows import rows_of
from analytics.store.admin.verify import snapshot_digest
from analytics.store.database import atomic_files, engines
from analytics.store.database.location import Place
from analytics.store.working_state.schedules import Schedule, Schedules
from tests.analytics.store.made import cohort, ingest_of, lab, labs_frame
from tests.installed import Installed
from tests.stores import copied

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def hepatrend(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("installed"))


def filled(store: Admin) -> Admin:
    """Something in nearly every table."""
    store.publish(ingest_of(cohort(5)))
    for value, status in ((50.0, "final"), (55.0, "corrected"), (44.0, "final"), (45.5, "final")):
        store.publish(ingest_of(labs_frame(lab("P00001", "2024-01-01", "GGT", value, status))))
    store.merge("P00003", "P00004", by="me", why="same person, ä 🙂", although="a slip")
    store.seen("finding", by="dr", note="spoken about")
    Schedules(store.working_state).add(
        Schedule("weekly", report="digest", list="all", every="Mon 06:00", zone="UTC", to=())
    )
    store.audit("view_patient", user="dr")
    return store


@pytest.fixture
def embedded(tmp_path: Path) -> Admin:
    return copied(_filled, tmp_path / "store")


def _filled(folder: Path) -> None:
    filled(open_store(str(folder)))


def shown(store: Admin) -> tuple[object, ...]:
    return (
        snapshot_digest(store.place, store.manifest), store.keys(), store.seen_findings()["note"].tolist(),
        [s.name for s in Schedules(store.working_state).all()], store.quarantine().to_csv(),
        store.aliases().to_csv(), store.log.verify() > 0,
    )  # fmt: skip


def test_there_and_back_again_through_the_command(hepatrend: Installed, embedded: Admin, postgres_url: str, tmp_path):
    before, rows = shown(embedded), rows_of(embedded.place)
    done = hepatrend("store", "move", "store", postgres_url, "--json", cwd=tmp_path)
    assert done.status == 0, done
    assert {t["name"]: t["rows"] for t in done.document["tables"]} == {n: held.rows for n, held in rows.items()}
    there = open_store(postgres_url)
    assert shown(there) == before
    assert there.log.entries(5, "restore")["key"].tolist() == ["store move"]
    for name in ("store", postgres_url):
        assert hepatrend("verify", "--store", name, cwd=tmp_path).status == 0
    assert hepatrend("store", "move", postgres_url, "back", cwd=tmp_path).status == 0
    assert shown(open_store(str(tmp_path / "back"))) == before
    assert rows_of(embedded.place) == rows  # the source is as it was
    again = hepatrend("store", "move", "store", postgres_url, cwd=tmp_path)
    assert (again.status, "nothing was moved" in again.err) == (1, True)


def test_a_backup_of_either_kind_is_restored_to_the_other(hepatrend: Installed, postgres_url: str, tmp_path: Path):
    server = filled(open_store(postgres_url))
    before = shown(server)
    made = server.backup(tmp_path / "kept")
    assert restore(made, Place(tmp_path / "own")) is None
    assert shown(open_store(str(tmp_path / "own"))) == before
    server.publish(ingest_of(labs_frame(lab("P00009", "2024-01-01", "GGT", 50.0))))
    with pytest.raises(InputError, match="--replace"):
        restore(made, server.place)
    assert "P00009" in server.patient_ids
    generation = server.generation
    done = hepatrend("restore", made, "--replace", "--store", postgres_url, "--json", cwd=tmp_path)
    assert done.status == 0, done
    assert server.generation > generation
    assert shown(open_store(postgres_url)) == before
    former = next(Path(done.document["former"]).glob("backups/*"))
    assert restore(former, Place(tmp_path / "former")) is None
    assert "P00009" in open_store(str(tmp_path / "former")).patient_ids
    assert hepatrend("verify", "--store", postgres_url, cwd=tmp_path).status == 0
    assert hepatrend("restore", made, "--drill", cwd=tmp_path).status == 0


class Cut(Exception):
    """The process ends here."""


def cut_at(monkeypatch: pytest.MonkeyPatch, at: int | str) -> None:
    """The step of this number or of this name is the last one."""
    steps: list[str] = []

    def cut(kind: str, name: str) -> None:
        steps.append(name)
        if at in (len(steps), f"{kind} {name}"):
            raise Cut

    monkeypatch.setattr(atomic_files, "hook", cut)


def test_a_move_that_is_cut_off_leaves_no_rows_and_can_be_said_again(
    embedded: Admin, postgres_url: str, monkeypatch: pytest.MonkeyPatch
):
    rows, target = rows_of(embedded.place), Place.of(postgres_url)
    for at in (3, 12, 20, "commit server"):
        cut_at(monkeypatch, at)
        with pytest.raises(Cut):
            move(embedded.place, target, Belongings())
        with engines.truth(target).connect() as connection:
            assert rows_copy.holding(connection, rows_copy.tables_of()) == []
        assert rows_of(embedded.place) == rows
        assert not list(target.folder.parent.glob(".tmp-*"))
    monkeypatch.setattr(atomic_files, "hook", None)
    move(embedded.place, target, Belongings())
    assert shown(open_store(postgres_url)) == shown(embedded)


def test_a_move_that_is_cut_off_when_all_rows_are_there_is_finished_by_who_opens_it(
    embedded: Admin, postgres_url: str, monkeypatch: pytest.MonkeyPatch
):
    cut_at(monkeypatch, "commit store")
    with pytest.raises(Cut):
        move(embedded.place, Place.of(postgres_url), Belongings())
    monkeypatch.setattr(atomic_files, "hook", None)
    store = open_store(postgres_url)
    assert shown(store) == shown(embedded)
    assert store.verify().problems == []


def test_a_row_that_arrives_as_another_is_noticed_and_nothing_stays(
    embedded: Admin, postgres_url: str, monkeypatch: pytest.MonkeyPatch
):
    insert = rows_copy.bulk.insert_tuples

    def other(connection, table, names, rows):
        insert(connection, table, names, rows)
        if table.name == "seen_findings" and connection.dialect.name == "postgresql":
            connection.execute(sa.update(table).values(note="spoken abouT"))

    monkeypatch.setattr(rows_copy.bulk, "insert_tuples", other)
    target = Place.of(postgres_url)
    with pytest.raises(DamagedStore, match="seen_findings"):
        move(embedded.place, target, Belongings())
    with engines.truth(target).connect() as connection:
        assert rows_copy.holding(connection, rows_copy.tables_of()) == []


def test_a_text_that_the_server_cannot_keep_is_refused(embedded: Admin, postgres_url: str):
    embedded.seen("other", by="dr", note="a\x00b")
    with pytest.raises(StoreError, match="seen_findings: a text has a sign"):
        move(embedded.place, Place.of(postgres_url), Belongings())


def test_a_folder_that_holds_anything_is_no_target(embedded: Admin, tmp_path: Path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").write_text("mine")
    for folder in ("full", "store"):
        with pytest.raises(InputError):
            move(embedded.place, Place(tmp_path / folder), Belongings())
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["note.txt"]
