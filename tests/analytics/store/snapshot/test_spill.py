"""What waits comes back as it was, from memory and from files; what was taken is gone."""

import pyarrow as pa
import pytest

from analytics.store.snapshot import spill

SCHEMA = pa.schema(
    [
        ("patient_id", pa.large_string()),
        ("analyte", pa.dictionary(pa.int32(), pa.large_string())),
        ("value", pa.float64()),
        ("version", pa.int64()),
        ("lab", pa.dictionary(pa.int32(), pa.large_string())),
    ]
)


def some(*patients, analyte="ALT", version=None, lab=None):
    n = len(patients)
    rows = {
        "patient_id": pa.array(patients, pa.large_string()),
        "analyte": pa.array([analyte] * n, pa.large_string()).dictionary_encode(),
        "value": pa.array([float(i) if i else None for i in range(n)]),
        "version": pa.array([version] * n, pa.int64()),
        "lab": pa.array([lab] * n, pa.large_string()).dictionary_encode(),
    }
    return pa.table(rows).cast(SCHEMA)


@pytest.fixture(params=[pytest.param(0, id="in files"), pytest.param(10**9, id="in memory")])
def waiting(request, tmp_path, monkeypatch):
    monkeypatch.setattr(spill, "MEMORY_BYTES", request.param)
    return spill.Spill(tmp_path / "spill")


def rows_of(parts):
    return sorted((row for part in parts for row in part.to_pylist()), key=str)


def test_rows_come_back_as_they_were_whatever_was_told_in_which_of_them(waiting):
    sent = [some("a", "b", "a"), some("c", "a", version=3), some("b", analyte="AST", lab="north"), some("d", lab="")]
    for data in sent:
        waiting.add("labs", data)
    parts = waiting.take("labs", range(spill.DRAWERS))
    assert {part.schema for part in parts} == {SCHEMA}
    assert rows_of(parts) == rows_of(sent)
    assert waiting.rows["labs"] == 7


def test_all_rows_of_a_patient_lie_in_one_drawer_oldest_first(waiting):
    for version in range(5):
        waiting.add("labs", some("a", "b", "c", version=version))
    mine = [pa.concat_tables(waiting.take("labs", [drawer])).to_pylist() for drawer in waiting.touched()]
    for rows in mine:
        for patient in {row["patient_id"] for row in rows}:
            assert [row["version"] for row in rows if row["patient_id"] == patient] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("alone", [True, False])
def test_what_was_taken_out_is_gone_and_the_rest_stays(waiting, alone):
    waiting.add("labs", some("a"))
    [drawer] = waiting.touched()
    waiting.add("labs", some("a", version=2))
    waiting.add("events", some("a", "b"))
    assert rows_of(waiting.pop("labs", [drawer], alone=alone)) == rows_of([some("a"), some("a", version=2)])
    assert waiting.take("labs", range(spill.DRAWERS)) == []
    waiting.add("labs", some("a", version=3))
    assert rows_of(waiting.take("labs", [drawer])) == rows_of([some("a", version=3)])
    assert rows_of(waiting.take("events", range(spill.DRAWERS))) == rows_of([some("a", "b")])


def test_columns_in_which_nothing_is_told_take_no_memory(tmp_path):
    bare, told = spill.Spill(tmp_path / "bare"), spill.Spill(tmp_path / "told")
    many = [f"P{i}" for i in range(1000)]
    bare.add("labs", some(*many))
    told.add("labs", some(*many, version=1, lab="north"))
    assert told._bytes - bare._bytes >= 1000 * (8 + 4)


def test_however_many_drawers_there_are_they_go_into_one_file_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(spill, "MEMORY_BYTES", 0)
    waiting = spill.Spill(tmp_path / "spill")
    waiting.add("labs", some(*(f"P{i}" for i in range(50))))
    assert len(waiting.touched()) > 20
    assert len(list((tmp_path / "spill").iterdir())) == 1
    waiting.clear()
    assert not (tmp_path / "spill").exists()
