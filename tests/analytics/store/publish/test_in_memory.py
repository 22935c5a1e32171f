"""A file that is taken in in memory alone is what an import of it would show, and nothing of it is left."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest

from analytics.errors import RefusedFile
from analytics.ingest.reader import stream, stream_of
from analytics.store import open_store
from analytics.store.publish.in_memory import taken_in

HEAD = "patient_id,analyte,collected_at,value,unit,uln,status,specimen_id\n"
AWKWARD = HEAD + "".join(
    f"P{i % 3},{test},2026-0{1 + i % 9}-1{i % 7},{value},{unit},{uln},{status},{i // 2}\n"
    for i, (test, value, unit, uln, status) in enumerate(
        [
            ("ALT", "31", "U/L", "40", "final"),
            ("ALT", "64", "U/L", "40", "preliminary"),
            ("ALT", "66", "U/L", "40", "corrected"),
            ("BILI", "<5", "umol/L", "21", "final"),
            ("BILI", "1.1", "mg/dL", "1.2", "final"),
            ("BILI", "18", "mg/dL", "1.2", "final"),
            ("ALB", "41", "g/L", "", ""),
            ("ALB", "41", "g/L", "", ""),
            ("ALB", "hemolyzed", "g/L", "", ""),
            ("CEA", "1,5", "ug/L", "5", "final"),
        ]
        * 4
    )
)
RESULT = """{"resource": {"resourceType": "Observation", "id": "o@", "status": "final",
 "subject": {"reference": "Patient/f1"}, "code": {"coding": [{"system": "http://loinc.org", "code": "1742-6"}]},
 "effectiveDateTime": "2026-02-@T08:00:00+01:00",
 "valueQuantity": {"value": @.50, "unit": "U/L", "code": "U/L", "system": "http://unitsofmeasure.org"}}}"""
OTHERS = (
    '{"resource": {"resourceType": "Patient", "id": "f1", "gender": "female", "birthDate": "1950-05-17"}}',
    '{"resource": {"resourceType": "MedicationRequest", "id": "m1", "subject": {"reference": "Patient/f1"}}}',
)
ENTRIES = ",".join([*OTHERS, *(RESULT.replace("@", str(i)) for i in range(10, 29))])
BUNDLE = f'{{"resourceType": "Bundle", "entry": [{ENTRIES}]}}'


@pytest.mark.parametrize(("name", "text"), [("awkward.csv", AWKWARD), ("record.json", BUNDLE)])
def test_it_is_what_an_import_shows_to_the_last_row_and_count(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    store = open_store(str(tmp_path / "store"))
    imported = store.publish(stream(path), by="ada")[0]
    there = store.panel()
    store.close()
    here = taken_in(stream_of(text.encode(), name), by="ada")
    for field in fields(there):
        one, other = getattr(here.panel, field.name), getattr(there, field.name)
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one.drop(columns="created_utc", errors="ignore"),
                                          other.drop(columns="created_utc", errors="ignore"))  # fmt: skip
        else:
            assert one == other, field.name
    told, other = here.receipt.to_dict(), imported.to_dict()
    for differs in ("seconds", "imported_utc"):
        told.pop(differs), other.pop(differs)
    assert told == other
    assert here.receipt.quarantined or name == "record.json"


def test_nothing_is_written_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    written: list[str] = []
    monkeypatch.setattr("pathlib.Path.mkdir", lambda self, *_a, **_k: written.append(str(self)))
    real = os.open
    monkeypatch.setattr(
        os, "open", lambda path, flags, *a, **k: written.append(str(path)) or real(path, flags, *a, **k)
    )
    taken_in(stream_of(BUNDLE.encode(), "record.json"))
    assert written == []
    assert list(tmp_path.iterdir()) == []


def test_a_sidecar_of_that_name_in_the_folder_is_not_looked_at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("record.json.sha256").write_text("0" * 64)
    assert len(taken_in(stream_of(BUNDLE.encode(), "record.json")).panel.labs) == 19


def test_what_is_no_data_is_refused_as_a_file_of_it_is():
    with pytest.raises(RefusedFile, match="empty"):
        stream_of(b"", "record.json")
    with pytest.raises(RefusedFile, match="web page"):
        stream_of(b"<html>an error</html>", "record.json")
    with pytest.raises(RefusedFile, match="no complete JSON"):
        taken_in(stream_of(BUNDLE[:-30].encode(), "record.json"))
