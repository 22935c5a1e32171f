"""The newest of any number of corrections stands in the store, whatever the order of the files and over upgrades."""

from __future__ import annotations

import itertools
import json
import sqlite3

import pytest

from analytics.ingest import read
from analytics.store import open_store
from analytics.store.admin.verify import verify
from analytics.store.database import engines

HEAD = "patient_id,test,date,value,unit,status,reported_at\n"
ROWS = ("40,U/L,final,2024-03-05 10:00", "44,U/L,final,2024-03-05 12:30", "48,U/L,final,2024-03-06T08:00+01:00")


def published(store, folder, name, text):
    (folder / name).write_text(text)
    (receipt,) = store.publish(read(folder / name))
    return receipt


def sound(store):
    with engines.truth(store.place).connect() as connection:
        return verify(store.place, connection).problems == []


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_last_report_is_shown_after_files_in_any_order_and_after_a_rebuild(tmp_path, order):
    store = open_store(str(tmp_path / "store"))
    for i in order:
        receipt = published(store, tmp_path, f"{i}.csv", f"{HEAD}P1,ALT,2024-03-05 08:00,{ROWS[i]}\n")
        assert receipt.reasons == {}
    labs = store.table("labs")
    assert labs[["value", "replaced"]].to_numpy().tolist() == [[48.0, "44 U/L"]]
    assert str(labs["issued_at"].iloc[0]) == "2024-03-06 07:00:00"
    store.rebuild()
    assert store.table("labs")[["value", "replaced"]].to_numpy().tolist() == [[48.0, "44 U/L"]]
    assert sound(store)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_versions_of_fhir_over_several_files_are_ordered_by_when_they_were_issued_or_by_number(tmp_path, order):
    store = open_store(str(tmp_path / "store"))
    for i in order:
        told = {"issued": f"2024-03-0{5 + i}T10:00:00+01:00"}
        said = {"resourceType": "Observation", "id": f"o{i}", "status": "corrected",
                "subject": {"reference": "Patient/P1"}, "effectiveDateTime": "2024-03-05T08:00:00+01:00",
                "code": {"coding": [{"system": "http://loinc.org", "code": "1742-6"}]},
                "valueQuantity": {"value": 40 + i, "unit": "U/L"}, **told}  # fmt: skip
        assert published(store, tmp_path, f"{i}.ndjson", json.dumps(said) + "\n").reasons == {}
    assert store.table("labs")["value"].tolist() == [42.0]
    assert sound(store)


def test_a_column_of_versions_that_cannot_be_read_is_told_with_its_line(tmp_path):
    (tmp_path / "f.csv").write_text("patient_id,test,date,value,unit,version\nP1,ALT,2024-03-05,40,U/L,second\n")
    assert any("numbers of versions that could not be read: 1, the first in line 2" in n for n in
               read(tmp_path / "f.csv").notes)  # fmt: skip


def test_a_time_of_reporting_changed_behind_its_back_is_found(tmp_path):
    store = open_store(str(tmp_path / "store"))
    published(store, tmp_path, "f.csv", f"{HEAD}P1,ALT,2024-03-05 08:00,{ROWS[0]}\n")
    with sqlite3.connect(store.place.truth) as connection:
        assert connection.execute("UPDATE results SET issued_at = issued_at + 1").rowcount == 1
    connection.close()
    assert not sound(store)
