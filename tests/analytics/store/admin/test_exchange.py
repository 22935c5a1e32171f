"""What goes out as FHIR, OMOP or Excel says the same as the store, and what comes back is known."""

from __future__ import annotations

import csv
import json
from collections import Counter

import pandas as pd
import pytest
from click.testing import CliRunner
from pandas.testing import assert_frame_equal

from analytics.errors import InputError
from analytics.ingest import importer, stream
from analytics.store import open_store
from analytics.store.admin.exchange import OMOP_COLUMNS
from analytics.store.admin.export import Form, write_table
from tests.analytics.store.made import ingest_of, lab, labs_frame
from tests.conftest import ROOT

SAME = [
    "patient_id", "analyte", "collected_at", "value", "comparator", "unit", "lln", "uln", "lab", "status",
    "specimen_id", "method", "precision", "utc_offset_min",
]  # fmt: skip
OTHERS = (
    "patient_id,test,date,value,unit,lln,uln,lab,specimen_id,method,status\n"
    "P1,ALT,2024-03-05T08:30:00+01:00,45,U/L,7,40,Lab A,S-1,m,corrected\n"
    "P1,BILI,2024-03-05,<3,umol/L,,20,Lab A,,,final\n"
    "P1,AST,2024-03-05 08:30,hemolyzed,U/L,,,,,,preliminary\n"
    "P2,ALB,2024-03-06 00:00,39.123456789,g/L,35,52,,,,\n"
    "P2,ALP,2024-03-06,120,U/L,,,,,,cancelled\n"
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exchange")
    (folder / "others.csv").write_text(OTHERS)
    whole = open_store(str(folder / "store"))
    for path in (ROOT / "sample_data" / "labs.csv", folder / "others.csv"):
        whole.publish(stream(path))
    return whole


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """Some two hundred of them, for tests to which it is all the same how many there are."""
    folder = tmp_path_factory.mktemp("few")
    (folder / "others.csv").write_text(OTHERS)
    begin = (ROOT / "sample_data" / "labs.csv").read_text("utf-8").splitlines(keepends=True)[:200]
    (folder / "labs.csv").write_text("".join(begin), "utf-8")
    own = open_store(str(folder / "store"))
    own.publish([stream(folder / name) for name in ("labs.csv", "others.csv")])
    return own


def written(store, form, path, name="labs", left_out=None, **more):
    made = Form(name, form, store.relative_clocks(), **more)
    return write_table(store.pieces(name, made.piece), made, path, left_out)


def results(store):
    labs = store.table("labs")[SAME].sort_values(["patient_id", "analyte", "collected_at", "specimen_id"])
    return labs.mask(labs == "", None).convert_dtypes().reset_index(drop=True)


@pytest.mark.parametrize(
    ("form", "name"), [("fhir", "labs.ndjson"), ("xlsx", "labs.xlsx"), ("parquet", "labs.parquet")]
)
def test_what_went_out_comes_back_as_the_same_values(store, tmp_path, form, name):
    pytest.importorskip("openpyxl")
    rows = written(store, form, tmp_path / name)
    assert rows == len(store.table("labs")) > 10_000
    again = open_store(str(tmp_path / "again"))
    outcome = importer.import_one(tmp_path / name, again, importer.Options())
    assert (outcome.receipt["stored"], outcome.receipt["quarantined"], outcome.receipt["ignored"]) == (rows, 0, 0)
    assert_frame_equal(results(store), results(again))
    (receipt,) = store.publish(stream(tmp_path / name))
    assert (receipt.duplicate, receipt.stored, receipt.quarantined) == (rows, 0, 0)


def test_an_observation_says_code_unit_limits_and_time(few, tmp_path):
    written(few, "fhir", tmp_path / "labs.ndjson")
    lines = [json.loads(line) for line in (tmp_path / "labs.ndjson").read_text("utf-8").splitlines()]
    (alt,) = [
        o for o in lines if o["subject"]["reference"] == "Patient/P1" and o["code"]["coding"][0]["code"] == "1742-6"
    ]
    assert (alt["status"], alt["effectiveDateTime"]) == ("corrected", "2024-03-05T08:30:00+01:00")
    assert alt["valueQuantity"] == {"value": 45.0, "unit": "U/L", "system": "http://unitsofmeasure.org", "code": "U/L"}
    assert (alt["referenceRange"][0]["low"]["value"], alt["specimen"]) == (7.0, {"identifier": {"value": "S-1"}})


def test_measurement_has_the_columns_of_the_cdm_and_claims_no_concepts(store, tmp_path):
    rows = written(store, "omop", tmp_path / "measurement.csv")
    with (tmp_path / "measurement.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == rows and tuple(found[0]) == OMOP_COLUMNS
    mine = {r["measurement_source_value"]: r for r in found if r["person_id"] == "P1"}
    assert (mine["1742-6"]["value_as_number"], mine["1742-6"]["operator_concept_id"]) == ("45.0", "4172703")
    assert (mine["1742-6"]["range_low"], mine["1742-6"]["range_high"]) == ("7.0", "40.0")
    assert (mine["1975-2"]["operator_concept_id"], mine["1975-2"]["value_source_value"]) == ("4171756", "<3")
    assert (mine["1920-8"]["value_as_number"], mine["1920-8"]["value_source_value"]) == ("", "hemolyzed")
    assert {r["measurement_concept_id"] for r in found} == {"0"}


@pytest.mark.parametrize("form", ["fhir", "omop"])
def test_people_on_days_are_left_out_of_forms_with_dates_and_counted(tmp_path, form):
    own = open_store(str(tmp_path / "store"))
    people = pd.DataFrame({"patient_id": ["S1"], "clock": ["study_day"]})
    rows = labs_frame(lab("S1", "2000-01-08", "ALT", 40), lab("P1", "2024-01-08", "ALT", 50))
    own.publish(ingest_of(rows, patients=people, uncounted=1, results_in=2))
    left: Counter[str] = Counter()
    assert written(own, form, tmp_path / "out", left_out=left) == 1
    assert left.total() == 1 and "2000-01" not in (tmp_path / "out").read_text()


def test_a_text_of_a_workbook_never_runs(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    own = open_store(str(tmp_path / "store"))
    own.publish(ingest_of(labs_frame(lab("P1", "2024-01-08", "ALT", 40)).assign(lab='=HYPERLINK("x")'), results_in=1))
    written(own, "xlsx", tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["labs"]
    heads = [c.value for c in sheet[1]]
    cell = sheet[2][heads.index("lab")]
    assert (cell.value, cell.data_type) == ('=HYPERLINK("x")', "s")


def test_only_results_have_forms_of_others(few, tmp_path):
    with pytest.raises(InputError, match="fhir is a form of labs, not of events"):
        written(few, "fhir", tmp_path / "out", "events")
    assert not (tmp_path / "out").exists()


def test_the_command_writes_every_form(few, tmp_path):
    from dashboard.commands.export import COMMAND

    for form in ("fhir", "omop", "xlsx"):
        out = tmp_path / f"labs.{form}"
        done = CliRunner().invoke(
            COMMAND, ["labs", "--format", form, "--out", str(out), "--store", str(few.place.folder)]
        )
        assert done.exit_code == 0, done.output
        assert f"rows of labs to {out}" in done.output and out.stat().st_size > 1_000


@pytest.mark.parametrize(
    ("name", "form", "first"),
    [
        ("measurement.csv", "omop", "measurement_id,person_id"), ("labs.jsonl", None, '{"resourceType": "Observation"'),
        ("labs.ndjson", "fhir", '{"resourceType": "Observation"'),
    ],
)  # fmt: skip
def test_the_name_of_a_file_says_its_form_or_goes_with_it(few, tmp_path, name, form, first):
    from dashboard.commands.export import COMMAND

    out = tmp_path / name
    asked = ["--format", form] if form else []
    done = CliRunner().invoke(COMMAND, ["labs", "--out", str(out), *asked, "--store", str(few.place.folder)])
    assert done.exit_code == 0, done.output
    assert out.read_text("utf-8").startswith(first)


def test_a_name_of_no_form_is_refused_with_those_that_are(tmp_path):
    from analytics.errors import InputError
    from analytics.store.admin.export import form_of

    with pytest.raises(InputError, match=r"name a file \.csv, \.parquet, \.xlsx, \.ndjson, \.jsonl, or say --format"):
        form_of(tmp_path / "labs.txt", None)
    with pytest.raises(InputError, match="is a name for csv and --format says fhir"):
        form_of(tmp_path / "labs.csv", "fhir")
