"""The same tables on a real PostgreSQL server: same numbers, same refusals, same digests as the embedded store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
import sqlalchemy as sa

from analytics.errors import NewerStore, RefusedFile
from analytics.ingest import stream
from analytics.store import open_store
from analytics.store.admin.verify import snapshot_digest
from analytics.store.database import engines
from tests.analytics.store.made import cohort, ingest_of, lab, labs_frame
from tests.builders import events_of
from tests.conftest import ROOT

pytestmark = pytest.mark.postgres


@pytest.fixture
def store(postgres_url):
    return open_store(postgres_url)


def test_the_sample_data_gives_the_same_store_as_the_embedded_one(store, tmp_path):
    embedded = open_store(str(tmp_path / "store"))
    for each in (store, embedded):
        for name in ("patients", "events", "imaging", "labs"):
            receipt = each.publish(stream(ROOT / "sample_data" / f"{name}.csv"))[0]
            assert receipt.adds_up
            assert receipt.stored > 0
    assert snapshot_digest(store.place, store.manifest) == snapshot_digest(embedded.place, embedded.manifest)
    assert store.imports()["stored"].tolist() == embedded.imports()["stored"].tolist()
    assert store.verify().problems == []
    again = store.publish(stream(ROOT / "sample_data" / "labs.csv"))[0]
    assert (again.already, again.stored) == (True, 0)


def test_corrections_conflicts_and_events_are_settled(store):
    for value, status in ((40, "preliminary"), (55, "corrected"), (44, "final"), (45, "final")):
        store.publish(ingest_of(labs_frame(lab("P1", "2024-01-01", "ALT", value, status))))
    store.publish(ingest_of(labs_frame(lab("P1", "2024-01-01", "ALT", 56, "corrected"))))
    labs = store.table("labs")
    assert labs[["value", "replaced"]].iloc[0].tolist()[0] == 55.0
    assert store.quarantine()["reason_code"].tolist() == ["CONFLICT"]
    store.publish(ingest_of(events=events_of([("2024-01-05", "biliary_stent", "metal stent")])))
    store.publish(ingest_of(events=events_of([("2024-01-05", "biliary_stent", "metal stent", "2024-03-01")])))
    assert store.table("events")["end_date"].tolist() == [pd.Timestamp("2024-03-01")]
    assert store.verify().problems == []


def test_a_refused_file_leaves_nothing(store):
    with pytest.raises(RefusedFile):
        store.publish(ingest_of(cohort(2), results_in=1))
    with engines.truth(store.place).connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM results")) == 0
    assert store.generation == 0


def test_merge_dismiss_seen_analyse_and_purge_work(store):
    store.publish(ingest_of(cohort(6)))
    digest = snapshot_digest(store.place, store.manifest)
    store.merge("P00001", "P00002", by="me", why="same person")
    assert len(store.panel(["P00002"]).labs) == 20
    store.unmerge("P00001", by="me", why="no")
    assert snapshot_digest(store.place, store.manifest) == digest
    store.seen("finding", by="dr")
    store.seen("finding", by="dr", note="again")
    assert store.seen_findings()["note"].tolist() == ["again"]
    assert store.analyse() == 1
    assert len(store.worklist()) == 6
    assert store.purge("P00003", reason="request") == 10
    assert store.verify().problems == []
    assert len(store.worklist()) == 5


def test_two_importers_at_once_both_get_in(store, postgres_url):
    files = [ingest_of(labs_frame(lab(f"P{i}", "2024-01-01", "ALT", 40 + i))) for i in range(8)]
    with ThreadPoolExecutor(4) as pool:
        receipts = list(pool.map(lambda f: open_store(postgres_url).publish(f)[0], files))
    assert sorted(r.generation for r in receipts) == list(range(1, 9))
    assert len(store.table("labs")) == 8
    assert store.verify().problems == []


def test_a_store_of_a_newer_hepatrend_is_refused(store, postgres_url):
    with engines.truth_writer(store.place).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerStore):
        open_store(postgres_url)


def bili(*rows, patient="P1"):
    return ingest_of(labs_frame(*(lab(patient, day, "BILI", value, "") for day, value in rows)))


def test_a_unit_in_doubt_is_held_listed_accepted_and_dismissed(store):
    assert store.publish(bili(("2024-01-01", 0.8), ("2024-02-01", 13.7)))[0].unit_suspects == 1
    assert store.table("labs")["value"].tolist() == [0.8]
    held = store.quarantine(reason="UNIT_SUSPECT")
    assert held[["patient_id", "analyte"]].to_numpy().tolist() == [["P1", "BILI"]]
    assert store.verify().problems == []
    assert store.accept(held["quarantine_id"].tolist(), "me", "phoned the laboratory") == 1
    assert store.table("labs")["value"].tolist() == [0.8, 13.7]
    store.publish(bili(("2024-03-01", 0.9), ("2024-04-01", 14.5)))
    assert store.table("labs")["value"].tolist() == [0.8, 13.7, 0.9, 14.5]
    store.rebuild()
    assert store.table("labs")["value"].tolist() == [0.8, 13.7, 0.9, 14.5]
    assert store.quarantine(include_resolved=True)["resolved_by"].tolist() == ["me"]
    assert store.verify().problems == []


def test_a_held_result_comes_back_by_a_later_one_or_stays_out_by_a_person(store):
    store.publish(bili(("2024-01-01", 0.8), ("2024-02-01", 13.7)))
    store.publish(bili(("2024-02-10", 6.0)))
    assert store.table("labs")["value"].tolist() == [0.8, 13.7, 6.0]
    store.publish(bili(("2024-01-01", 0.8), ("2024-02-01", 13.7), patient="P2"))
    store.dismiss(store.quarantine()["quarantine_id"].tolist(), "me", "was umol/L")
    store.rebuild()
    assert store.table("labs")["value"].tolist() == [0.8, 13.7, 6.0, 0.8]
    assert store.verify().problems == []


def test_two_results_of_the_hour_that_came_twice_stay_two(store):
    rows = [lab("P1", "2026-10-25 02:30", "ALT", v, utc_offset_min=o) for v, o in ((50, 60), (40, 120))]
    store.publish(ingest_of(labs_frame(rows[0])))
    store.publish(ingest_of(labs_frame(rows[1])))
    assert store.panel(["P1"]).labs["value"].tolist() == [40, 50]
    assert store.verify().problems == []
