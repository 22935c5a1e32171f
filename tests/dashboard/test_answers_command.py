"""``hepatrend answers``: one patient's five answers, or one line a patient in the order of the worklist."""

from __future__ import annotations

import json

from click.testing import CliRunner

from analytics.answer_states import QUESTIONS
from analytics.errors import UnknownPatient
from dashboard.commands.answers import COMMAND


def run(store, *words):
    return CliRunner().invoke(COMMAND, [*words, "--store", str(store.place.folder)], catch_exceptions=True)


def test_one_patient_is_told_by_a_headline_and_five_answers(sample_store):
    done = run(sample_store, "HT-032")
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert lines[0].startswith("HT-032  Cholangitis criteria met since 2026-05-26")
    for label in QUESTIONS.values():
        assert any(line.startswith(f"{label}:") for line in lines)


def test_everyone_is_one_line_each_worst_first(sample_store):
    lines = run(sample_store).output.splitlines()
    assert len(lines) == len(sample_store.patient_ids)
    assert "Liver failing" in lines[0] and "at rest" in lines[-1]


def test_json_has_the_same_with_states_dates_and_evidence(sample_store):
    found = json.loads(run(sample_store, "HT-032", "--json").output)
    assert [p["patient_id"] for p in found] == ["HT-032"]
    ducts = found[0]["answers"]["ducts"]
    assert (ducts["state"], ducts["since"]) == ("cholangitis", "2026-05-26T00:00:00")
    findings = sample_store.analysis(["HT-032"]).findings["finding_id"].tolist()
    assert ducts["basis"] and set(ducts["basis"]) <= set(findings)


def test_who_is_not_there_is_refused(sample_store):
    assert isinstance(run(sample_store, "HT-999").exception, UnknownPatient)


def test_asking_is_written_to_the_audit_log(sample_store):
    before = len(sample_store.log.entries(action="export"))
    run(sample_store, "HT-021")
    entries = sample_store.log.entries(action="export")
    assert len(entries) == before + 1
    assert entries.iloc[0]["detail"] == "answers"
