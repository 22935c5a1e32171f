"""Parquet, Feather, SAS transport and Dataset-JSON come out as the same rows of a CSV do."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from analytics.errors import MissingExtra, RefusedFile
from analytics.ingest import Ingest, Profile, preview, read
from tests.analytics.ingest.reading.expected import CASES, stored, wanted

FORMS = ("parquet", "feather", "xpt", "json", "ndjson")
LB = [
    ("S", "LB", "S-1", 1.0, "ALT", "38", "U/L", 38.0, "U/L", 5.0, 40.0, "2024-01-22T08:15"),
    ("S", "LB", "S-1", 2.0, "BILI", "<0.2", "mg/dL", None, "umol/L", None, None, "2024-01-22"),
    ("S", "LB", "S-2", 1.0, "ALB", '3,9 "x"', "g/dL", 39.5, "g/L", 35.0, 52.0, "2024-01-23"),
    ("S", "LB", "", 2.0, "ALB", "3.9", "g/dL", 39.0, "g/L", 35.0, 52.0, "2024-01-23"),
]
NAMES = ("STUDYID", "DOMAIN", "USUBJID", "LBSEQ", "LBTESTCD", "LBORRES", "LBORRESU", "LBSTRESN", "LBSTRESU", "LBSTNRLO",
         "LBSTNRHI", "LBDTC")  # fmt: skip


def dataset(rows: list[Any], **more: Any) -> dict[str, Any]:
    kinds = ["decimal" if isinstance(v, float) else "string" for v in LB[0]]
    columns = [{"itemOID": f"IT.{n}", "name": n, "dataType": k} for n, k in zip(NAMES, kinds, strict=True)]
    return {"datasetJSONCreationDateTime": "2024-06-01", "datasetJSONVersion": "1.1.0", "records": len(rows),
            "itemGroupOID": "IG.LB", "name": "LB", "label": "L", "columns": columns, "rows": rows, **more}  # fmt: skip


def written(folder: Path, form: str, rows: list[Any] = LB) -> Path:
    path, frame = folder / f"lb.{form}", pd.DataFrame(rows, columns=list(NAMES))
    if form == "csv":
        frame.to_csv(path, index=False)
    elif form == "parquet":
        pq.write_table(pa.Table.from_pandas(frame), path)
    elif form == "feather":
        feather.write_feather(frame, str(path))
    elif form == "xpt":
        pyreadstat = pytest.importorskip("pyreadstat")
        pyreadstat.write_xport(frame, str(path), file_format_version=5, table_name="LB")
    elif form == "json":
        path.write_text(json.dumps(dataset([[None if v is None else v for v in r] for r in rows]), indent=1))
    else:
        whole = dataset([list(r) for r in rows])
        lines = [{k: v for k, v in whole.items() if k != "rows"}, *whole["rows"]]
        path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    return path


def rows_of(got: Ingest) -> list[list[Any]]:
    names = [n for n in got.labs.columns if n not in ("source_file", "result_id")]
    return got.labs[names].astype(str).to_numpy().tolist()


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_what_the_same_rows_give_as_csv(tmp_path, form):
    csv, other = read(written(tmp_path, "csv")), read(written(tmp_path, form))
    assert csv.format == other.format == "sdtm_lb"
    assert len(csv.labs) == 3 and rows_of(other) == rows_of(csv)
    assert (other.rows_in, other.results_in, other.ignored, other.reasons) == (4, 4, 0, {"PATIENT_FORMAT": 1})
    assert other.quarantine["line"].tolist() == csv.quarantine["line"].tolist()


def test_a_transport_file_of_a_trial_comes_out_as_expected(tmp_path):
    pytest.importorskip("pyreadstat")
    rows, outcome = stored(CASES / "13_sdtm_lb_xpt" / "lb.xpt", tmp_path)
    assert rows == wanted("13_sdtm_lb_xpt")
    assert outcome.receipt["results_in"] == 9


@pytest.mark.parametrize("version", [5, 8])
def test_both_versions_of_transport_files_and_their_dates_are_read(tmp_path, version):
    pyreadstat = pytest.importorskip("pyreadstat")
    frame = pd.DataFrame({"USUBJID": ["S-1"], "PARAMCD": ["ALT"], "PARAM": ["ALT (U/L)"], "AVAL": [45.0],
                          "ADT": [date(2024, 1, 22)]})  # fmt: skip
    path = tmp_path / "adlb.xpt"
    pyreadstat.write_xport(frame, str(path), file_format_version=version, table_name="ADLB")
    got = read(path)
    assert (got.format, str(got.labs["collected_at"].iloc[0])[:10]) == ("adam_adlb", "2024-01-22")


def test_a_transport_file_with_two_data_sets_is_refused(tmp_path):
    pytest.importorskip("pyreadstat")
    data = written(tmp_path, "xpt").read_bytes()
    member = data[data.index(b"HEADER RECORD*******MEMBER") :]
    (tmp_path / "two.xpt").write_bytes(data + member)
    with pytest.raises(RefusedFile, match="holds 2 data sets"):
        read(tmp_path / "two.xpt")


def test_without_the_extra_it_is_said_what_is_needed(tmp_path, monkeypatch):
    path = written(tmp_path, "xpt")
    monkeypatch.setitem(sys.modules, "pyreadstat", None)
    with pytest.raises(MissingExtra, match=r"hepatrend\[sas\]"):
        read(path)
    assert "hepatrend[sas]" in preview(path).refused


def typed(**more: Any) -> pa.Table:
    berlin = datetime(2024, 3, 5, 8, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    columns = {
        "patient_id": pa.array(["P1", "P2", "P3"]).dictionary_encode(),
        "test": pa.array(["ALT", "ALT", "BILI"], pa.large_string()),
        "date": pa.array([berlin] * 3, pa.timestamp("ns", "Europe/Berlin")),
        "result": pa.array([45.0, np.nan, 3.9], pa.float32()),
        "unit": ["U/L", "U/L", "mg/dL"],
        **more,
    }
    return pa.table(columns)


@pytest.mark.parametrize("form", ["parquet", "feather"])
def test_typed_columns_are_read_as_they_were_meant(tmp_path, form):
    path = tmp_path / f"t.{form}"
    whole = typed(uln=pa.array([40, None, 1]), more=pa.array([[1], [2], None]))
    pq.write_table(whole, path) if form == "parquet" else feather.write_feather(whole, str(path))
    got = read(path)
    assert got.labs[["value", "raw_value"]].to_numpy().tolist() == [
        [pytest.approx(45), "45"],
        [pytest.approx(3.9), "3.9"],
    ]
    assert got.labs["utc_offset_min"].tolist() == [60, 60]
    assert got.ignored_why["no result entered"] == 1
    assert any("lists or records are not read: 'more'" in n for n in got.notes)


def test_dates_and_decimals_are_read_whatever_the_profile_declares_for_texts(tmp_path):
    when = pa.array([datetime(2024, 3, 5, 8, 30), datetime(2024, 3, 6), datetime(2024, 3, 7)], pa.timestamp("us"))
    pq.write_table(typed(date=when, result=pa.array([4.5, 5.5, 1.25])), tmp_path / "t.parquet")
    own = Profile(name="de", decimal=",", delimiter=";", skip_lines=2, dates=("%d.%m.%Y %H:%M", "%d.%m.%Y"))
    got = read(tmp_path / "t.parquet", own)
    assert got.labs["value"].tolist() == [4.5, 5.5, 1.25]
    assert got.labs["precision"].tolist() == ["minute", "day", "day"]


def test_breaks_commas_and_quotation_marks_in_texts_do_no_harm(tmp_path):
    pq.write_table(typed(note=["a\nb", 'c,"d"', "#e"]), tmp_path / "t.parquet")
    got = read(tmp_path / "t.parquet")
    assert len(got.labs) == 2 and not len(got.quarantine)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cut", [30, -10])
def test_a_table_that_is_cut_off_is_refused(tmp_path, form, cut):
    path = written(tmp_path, form)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(RefusedFile):
        read(path)


def test_a_data_set_that_misses_records_is_refused(tmp_path):
    path = tmp_path / "lb.json"
    path.write_text(json.dumps(dataset([list(r) for r in LB], records=5)))
    with pytest.raises(RefusedFile, match="has 4 records and says that it has 5"):
        read(path)


def test_other_versions_of_dataset_json_are_named(tmp_path):
    path = tmp_path / "lb.json"
    path.write_text(json.dumps({"creationDateTime": "x", "datasetJSONVersion": "1.0.0", "clinicalData": {}}))
    with pytest.raises(RefusedFile, match=r"1\.1 is read"):
        read(path)


def test_columns_may_stand_behind_the_rows_and_rows_of_another_length_are_held(tmp_path):
    whole = dataset([list(LB[0]), list(LB[1])[:-1], list(LB[2])])
    path = tmp_path / "lb.json"
    path.write_text(json.dumps({"datasetJSONVersion": "1.1.0", "rows": whole["rows"], "columns": whole["columns"]}))
    got = read(path)
    assert (len(got.labs), got.reasons) == (2, {"FIELD_COUNT": 1})


def test_a_preview_of_a_table_shows_its_columns(tmp_path):
    seen = preview(written(tmp_path, "parquet"))
    assert seen.accepted == 3 and [c.name for c in seen.columns] == list(NAMES)
