"""From files to a real store: receipts, exit codes, and held-back rows that a better profile resolves."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from analytics.ingest import importer
from analytics.store import Store, open_store
from tests.installed import Done, Installed

TEXT = "patient_id,test,date,value,unit\nP1,ALT,05.03.2024,45,U/L\nP1,AST,2024-03-05,45,U/L\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


def imported(path: Path, store: Store, **options: str) -> dict[str, object]:
    (outcome,) = importer.import_all([path], store, importer.Options(by="test", **options))
    return outcome.document


def test_a_rule_added_to_the_profile_resolves_what_was_held_back_and_keeps_its_trace(store, tmp_path):
    path, profile = tmp_path / "labs.csv", tmp_path / "lab.toml"
    path.write_text(TEXT)
    first = imported(path, store)
    assert (first["stored"], first["quarantined"], first["reasons"]) == (1, 1, {"DATE_AMBIGUOUS": 1})
    profile.write_text('dates = ["%d.%m.%Y", "%Y-%m-%d"]')
    second = imported(path, store, profile=str(profile))
    assert (second["stored"], second["duplicate"], second["quarantined"]) == (1, 1, 0)
    assert not len(store.quarantine())
    trace = store.quarantine(include_resolved=True)
    assert trace["resolution"].tolist() == ["read again by import 2"]
    assert store.table("labs")["collected_at"].astype(str).tolist() == ["2024-03-05", "2024-03-05"]


def test_the_same_file_again_adds_nothing_and_is_no_error(store, tmp_path):
    path = tmp_path / "labs.csv"
    path.write_text(TEXT)
    imported(path, store)
    again = imported(path, store)
    assert (again["stored"], again["already"]) == (0, True)
    assert len(store.imports()) == 1


def test_a_refused_file_stores_nothing_and_does_not_keep_the_others_out(store, tmp_path):
    (tmp_path / "bad.csv").write_text("<html>")
    (tmp_path / "good.csv").write_text(TEXT.replace("05.03.2024", "2024-03-05"))
    outcomes = importer.import_all([tmp_path / "bad.csv", tmp_path / "good.csv"], store, importer.Options())
    assert [bool(o.refused) for o in outcomes] == [True, False]
    assert importer.exit_code(outcomes) == importer.REFUSED
    assert importer.exit_code(outcomes[1:]) == importer.ALL


def test_the_command_says_by_its_exit_code_what_became_of_the_files(tmp_path, hepatrend):
    labs = tmp_path / "labs.csv"
    labs.write_text(TEXT)
    said = run_in(tmp_path, hepatrend, "labs.csv", "--json")
    (receipt,) = said.document
    assert (said.status, receipt["stored"], receipt["reasons"]) == (3, 1, {"DATE_AMBIGUOUS": 1})
    keys = {"file", "sha256", "rows_in", "results_in", "stored", "quarantined", "duplicate", "superseded", "ignored"}
    assert keys | {"seconds", "generation"} <= set(receipt)
    assert run_in(tmp_path, hepatrend, "labs.csv").status == 0
    labs.write_text("nothing\n")
    assert run_in(tmp_path, hepatrend, "labs.csv").status == 1
    assert run_in(tmp_path, hepatrend).status == 2


@pytest.mark.external
@pytest.mark.parametrize("order", [("rs", "tr"), ("tr", "rs")])
def test_the_response_and_the_size_of_lesions_of_one_scan_stand_side_by_side(store, shared_data, order):
    files = [shared_data / "cdiscpilot" / f"{name}_onco_recist.csv" for name in order]
    importer.import_all(files, store, importer.Options())
    imaging = store.table("imaging")
    assert (imaging["response"].notna().sum(), imaging["target_sum_mm"].notna().sum()) == (21, 24)


@pytest.mark.external
def test_real_files_end_in_the_store_with_the_sums_of_their_ledger(store, shared_data):
    pilot = shared_data / "cdiscpilot"
    outcomes = importer.import_all([pilot / "lb.csv", pilot / "ex.csv", pilot / "dm.csv"], store, importer.Options())
    outcomes += importer.import_all([shared_data / "pbcseq" / "pbcseq.csv"], store, importer.Options(profile="pbcseq"))
    assert [o.receipt["stored"] for o in outcomes] == [23613, 591, 306, 12660]
    assert len(store.patient_ids) == 306 + 312
    ledger = store.imports()
    parts = ["stored", "quarantined", "duplicate", "superseded", "ignored"]
    assert (ledger[parts].sum(axis=1) == ledger["results_in"]).all()


def run_in(folder: Path, hepatrend: Installed, *arguments: str, given: str = "") -> Done:
    """The installed command in a folder, as a process."""
    return hepatrend("import", *arguments, "--store", folder / "store", cwd=folder, stdin=given)


FLUIDS = "patient_id,test,date,value,unit,specimen\nP1,ALB,2024-03-05,38,g/L,Serum\nP1,ALB,2024-03-05,11,g/L,Ascites\n"


def test_a_dry_run_gives_the_receipt_and_stores_nothing(tmp_path, hepatrend):
    (tmp_path / "labs.csv").write_text(FLUIDS)
    said = run_in(tmp_path, hepatrend, "labs.csv", "--dry-run", "--json")
    receipt = said.document[0]
    assert (said.status, receipt["stored"], receipt["dry_run"]) == (0, 1, True)
    assert not (tmp_path / "store").exists()
    assert run_in(tmp_path, hepatrend, "labs.csv").status == 0
    (tmp_path / "more.csv").write_text(FLUIDS + "P1,ALT,2024-03-05,45,U/L,Serum\n")
    receipt = run_in(tmp_path, hepatrend, "more.csv", "--dry-run", "--json").document[0]
    assert (receipt["stored"], receipt["duplicate"]) == (1, 1)
    assert len(open_store(str(tmp_path / "store")).imports()) == 1


def test_a_dry_run_counts_the_results_that_would_be_kept_out_of_view_for_their_unit(tmp_path, hepatrend):
    head = "patient_id,test,date,value,unit\n"
    (tmp_path / "first.csv").write_text(head + "P1,BILI,2024-01-01,0.8,mg/dL\n")
    (tmp_path / "second.csv").write_text(head + "P1,BILI,2024-02-01,13.7,mg/dL\n")
    assert run_in(tmp_path, hepatrend, "first.csv").status == 0
    dry = run_in(tmp_path, hepatrend, "second.csv", "--dry-run", "--json").document[0]
    assert open_store(str(tmp_path / "store"), create=False).verify().problems == []
    real = run_in(tmp_path, hepatrend, "second.csv", "--json").document[0]
    assert dry["unit_suspects"] == real["unit_suspects"] == 1


def test_what_was_ignored_and_what_the_file_was_taken_for_stand_in_text_json_and_ledger(tmp_path, hepatrend):
    (tmp_path / "labs.csv").write_text(FLUIDS)
    said = run_in(tmp_path, hepatrend, "labs.csv")
    assert "ignored 1: not of blood: Ascites" in said.out
    assert "taken as long CSV, one row a result: patient id in 'patient_id', analyte in 'test'" in said.out
    ledger = open_store(str(tmp_path / "store")).imports().iloc[0]
    assert json.loads(ledger["ignored_why"]) == {"not of blood: Ascites": 1}
    assert open_store(str(tmp_path / "store"), create=False).verify().problems == []


def test_columns_not_read_stand_in_text_json_and_ledger(tmp_path, hepatrend):
    (tmp_path / "labs.csv").write_text("patient_id,test,date,value,unit,ward\nP1,ALT,2024-03-05,45,U/L,7b\n")
    said = run_in(tmp_path, hepatrend, "labs.csv", "--json").document[0]
    assert said["notes"] == ["columns not read: ward"]
    assert json.loads(open_store(str(tmp_path / "store")).imports().iloc[0]["notes"]) == ["columns not read: ward"]


@pytest.mark.parametrize(
    "text",
    [
        "patient_id,test,date,value,unit\n",
        "patient_id,test,date,value,unit,specimen\nP1,ALB,2024-03-05,11,g/L,Urine\n",
        "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,VALUE,UNITS\n2024-03-05T08:00:00Z,P1,e,8867-4,Heart rate,70,/min\n",
    ],
)
def test_a_file_of_which_nothing_was_used_never_ends_with_exit_code_0(tmp_path, hepatrend, text):
    (tmp_path / "labs.csv").write_text(text)
    said = run_in(tmp_path, hepatrend, "labs.csv")
    assert said.status == importer.SOME_HELD
    assert "nothing of this file was used" in said.out


def test_standard_input_is_read_and_refusals_are_told_aside(tmp_path, hepatrend):
    said = run_in(tmp_path, hepatrend, "-", given=TEXT.replace("05.03.2024", "2024-03-05"))
    assert (said.status, "stored 2" in said.out) == (0, True)
    said = run_in(tmp_path, hepatrend, "absent.csv")
    assert (said.status, said.out) == (1, "")
    assert "refused  absent.csv: cannot be opened" in said.err


def test_what_is_no_plain_file_is_one_clear_line(tmp_path, hepatrend):
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, why in {"": "an empty name", "empty": "no file in this folder", "pipe": "not a plain file",
                      "/dev/null": "not a plain file", "a" * 300: "cannot be opened"}.items():  # fmt: skip
        said = run_in(tmp_path, hepatrend, name)
        assert (said.status, said.out) == (1, "")
        assert why in said.err
