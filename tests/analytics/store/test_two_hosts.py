"""Two hosts with a folder each, one PostgreSQL database, and the snapshot's files in an object store or a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from analytics.errors import DamagedStore, StoreError
from analytics.store import open_store
from analytics.store.admin.doctor import checks
from analytics.store.admin.verify import snapshot_digest
from analytics.store.database.location import Place
from analytics.store.snapshot.shared_files import digests_of
from analytics.store.working_state import jobs
from tests.analytics.store.made import cohort, ingest_of, lab, labs_frame
from tests.object_server import empty_bucket

pytestmark = pytest.mark.postgres


@pytest.fixture(params=["folder", "s3"])
def shared(request, tmp_path):
    """Where all hosts find the snapshot's files."""
    return str(tmp_path / "seen-by-all") if request.param == "folder" else f"{empty_bucket()}/snapshot"


@pytest.fixture
def hosts(postgres_url, shared, tmp_path):
    """Addresses of one store on two hosts; the second has the first one's key, as the docs say."""
    base = postgres_url.partition("&folder=")[0]
    one, two = (f"{base}&folder={tmp_path / name}&snapshot={shared}&hostname={name}" for name in ("one", "two"))
    open_store(one)
    (tmp_path / "two").mkdir(mode=0o700)
    shutil.copy2(tmp_path / "one" / "secret.key", tmp_path / "two" / "secret.key")
    return one, two


def test_what_one_host_imports_the_other_reads_to_the_last_digit(hosts):
    one, two = (open_store(address) for address in hosts)
    one.publish(ingest_of(cohort(6)))
    assert two.generation == 1
    assert snapshot_digest(two.place, two.manifest) == snapshot_digest(one.place, one.manifest)
    assert two.worklist().drop(columns="key").equals(one.worklist().drop(columns="key"))
    assert two.keys() == one.keys()
    assert two.verify().problems == one.verify().problems == []


def test_a_host_that_has_fetched_nothing_yet_is_sound(hosts):
    one, two = (open_store(address) for address in hosts)
    one.publish(ingest_of(cohort(3)))
    assert two.verify().problems == []
    shutil.rmtree(two.place.snapshot)
    two.place.make()
    assert [check for check in checks(two.place) if check.state == "fault"] == []
    assert set(digests_of(one.manifest)) == {path.name for path in two.place.snapshot.glob("*.parquet")}


def test_doctor_says_that_the_folder_of_a_server_is_not_there(postgres_url, tmp_path):
    found = list(checks(Place.of(postgres_url)))
    assert [(check.name, check.state) for check in found] == [("place", "fault")] and "no folder" in found[0].says
    assert not (tmp_path / "pg").exists()


def test_each_host_goes_on_from_what_the_other_has_published(hosts):
    one, two = (open_store(address) for address in hosts)
    for number, host in enumerate((one, two, one, two)):
        host.publish(ingest_of(labs_frame(lab("P1", f"2024-01-0{number + 1}", "ALT", 40 + number))))
    for host in (one, two):
        assert host.panel(["P1"]).labs["value"].tolist() == [40.0, 41.0, 42.0, 43.0]
        assert host.verify().problems == []


def test_a_purge_on_one_host_leaves_no_file_of_the_person_in_the_shared_place_or_after_the_next_look_on_the_other(
    hosts,
):
    one, two = (open_store(address) for address in hosts)
    one.publish(ingest_of(cohort(6)))
    assert two.analyse() == 1
    before = {path.name for path in two.place.snapshot.glob("*.parquet")}
    one.purge("P00003", reason="request")
    assert "P00003" not in two.patient_ids
    left = {path.name for path in two.place.snapshot.glob("*.parquet")}
    assert left == set(digests_of(two.manifest)) and not left & before
    assert not any(two.place.analyses.rglob("*.parquet"))
    assert shared_names(two.place) == left


def shared_names(place: Place) -> set[str]:
    """Names of the Parquet files that all hosts see."""
    import fsspec

    system, root = fsspec.core.url_to_fs(place.shared)
    system.invalidate_cache()
    return {name for path in system.ls(root, detail=False) if (name := path.rpartition("/")[2]).endswith(".parquet")}


def test_a_left_over_file_of_the_same_name_is_not_taken_for_what_was_published(hosts):
    one, two = (open_store(address) for address in hosts)
    one.publish(ingest_of(cohort(3)))
    for name in digests_of(one.manifest):
        (two.place.snapshot / name).write_bytes(b"of an import that was killed here")
    assert len(two.panel().labs) == len(one.panel().labs)


def test_a_file_that_was_changed_in_the_shared_place_is_not_read(hosts):
    one, two = (open_store(address) for address in hosts)
    one.publish(ingest_of(cohort(3)))
    import fsspec

    system, root = fsspec.core.url_to_fs(one.place.shared)
    system.pipe_file(f"{root}/{sorted(shared_names(one.place))[0]}", b"another")
    with pytest.raises(DamagedStore, match="not as it was published"):
        two.panel()


def test_without_the_shared_place_nothing_is_stored(postgres_url, tmp_path):
    place = tmp_path / "seen-by-all"
    store = open_store(f"{postgres_url}&snapshot={place}")
    shutil.rmtree(place)
    place.write_text("no folder any more")
    with pytest.raises(StoreError, match="cannot be reached"):
        store.publish(ingest_of(cohort(3)))
    assert store.generation == 0
    with store._truth.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM results")) == 0


def test_a_host_with_another_key_or_none_is_refused_and_makes_none(hosts, tmp_path):
    (tmp_path / "two" / "secret.key").unlink()
    with pytest.raises(StoreError, match=r"copy secret\.key"):
        open_store(hosts[1])
    assert not (tmp_path / "two" / "secret.key").exists()
    (tmp_path / "two" / "secret.key").write_bytes(bytes(32))
    (tmp_path / "two" / "secret.key").chmod(0o600)
    with pytest.raises(StoreError, match=r"copy secret\.key"):
        open_store(hosts[1])


def test_each_host_has_its_own_audit_log_and_a_deleted_one_is_noticed(hosts):
    one, two = (open_store(address) for address in hosts)
    one.audit("command", detail="first")
    one.audit("command", detail="second")
    two.audit("command", detail="of the other host")
    assert (one.log.verify(), two.log.verify()) == (2, 1)
    two.place.audit.unlink()
    with pytest.raises(DamagedStore, match="deleted"):
        open_store(hosts[1]).log.verify()
    assert open_store(hosts[0]).log.verify() == 2


def test_a_job_is_done_on_the_host_that_has_its_upload(hosts):
    one, two = (open_store(address) for address in hosts)
    job_id = jobs.submit(two, "import", "me", {"file": "labs.csv"})
    assert jobs.claim(one) is None and not jobs.stuck(one)
    job = jobs.claim(two)
    assert job is not None and (job.job_id, job.body) == (job_id, {"file": "labs.csv"})


@pytest.mark.parametrize("text", ["file:///x", "relative/folder", "simplecache::s3://b/x", "s3://b/../c", "http://h/x"])
def test_another_kind_of_place_is_refused(text):
    with pytest.raises(StoreError, match="absolute folder or s3://"):
        Place.of(f"postgresql+psycopg://u@h/n?folder=/x&snapshot={text}")


def test_an_address_without_one_is_a_store_of_one_folder():
    place = Place.of("postgresql+psycopg://u@h/n?folder=/x")
    assert (place.shared, place.host, place.log_number, place.folder) == ("", "", 1, Path("/x"))


def test_a_host_that_has_everything_reads_on_where_the_shared_place_is_away(postgres_url, tmp_path):
    place = tmp_path / "seen-by-all"
    address = f"{postgres_url}&snapshot={place}"
    store = open_store(address)
    store.publish(ingest_of(cohort(3)))
    shutil.rmtree(place)
    place.write_text("no folder any more")
    assert len(store.panel().labs) and store.verify().problems == []
