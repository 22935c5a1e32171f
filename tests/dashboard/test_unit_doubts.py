"""A result in doubt of its unit is never invisible: believed where the row says so, else told by the last one."""

from __future__ import annotations

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from analytics.analysis import PARTS, analyse
from analytics.store import Store, open_store
from dashboard.cli import group
from dashboard.components import worklist
from dashboard.components.patient_last import last_rows
from dashboard.figures.doubts import without_results
from dashboard.security.pseudonymised import PseudonymisedStore
from tests.dashboard.reports.making import NAMES

HEAD = "patient_id,analyte,collected_at,value,unit,uln\n"
BEFORE = ("BILI,2026-01-05,0.7,mg/dL,", "ALT,2026-01-05,30,U/L,40", "ALP,2026-01-05,90,U/L,120")
RISE = "BILI,2026-02-02,12.0,mg/dL,"
ALT = "ALT,2026-02-02,164,U/L,40"
DRAW = ("ALP,2026-02-02,516,U/L,120", "GGT,2026-02-02,960,U/L,60")


def command(*words: str) -> Result:
    return CliRunner().invoke(group, words, catch_exceptions=False)


@pytest.fixture
def told(tmp_path):
    """Import rows of one person through the command, analyse, and give store and text report."""

    def run(*rows: str, patient: str = "P1") -> tuple[Store, str]:
        (tmp_path / "labs.csv").write_text(HEAD + "".join(f"{patient},{row}\n" for row in rows))
        folder, out = str(tmp_path / "store"), str(tmp_path / "report.txt")
        assert command("import", "--store", folder, str(tmp_path / "labs.csv")).exit_code in (0, 3)
        assert command("analyse", "--store", folder).exit_code == 0
        assert command("report", "patient", patient, "--store", folder, "--form", "text", "--out", out).exit_code in (
            0,
            3,
        )
        return open_store(folder), (tmp_path / "report.txt").read_text()

    return run


def bilirubins(store: Store) -> list[float]:
    labs = store.table("labs")
    return labs["value"][labs["analyte"] == "BILI"].tolist()


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ((*BEFORE, RISE + "1.2", ALT), "its own limit fits mg/dL"),
        ((*BEFORE, RISE, ALT, *DRAW), "ALP and GGT of the draw rose too"),
        ((*BEFORE, RISE, ALT, "BILDIR,2026-01-05,0.2,mg/dL,", "BILDIR,2026-02-02,8.4,mg/dL,"), "most of it is direct"),
    ],
)
def test_a_rise_that_the_row_or_its_draw_speaks_for_is_shown(told, rows, why):
    store, text = told(*rows)
    assert bilirubins(store) == [0.7, 12.0], why
    assert "without bilirubin" not in text and "in doubt" not in text


@pytest.mark.parametrize(
    "more",
    [
        (),
        ("ALP,2026-02-02,95,U/L,120", "GGT,2026-02-02,40,U/L,60"),
        ("BILDIR,2026-01-05,0.3,mg/dL,", "BILDIR,2026-02-02,5.1,mg/dL,"),
    ],
)
def test_what_nothing_speaks_for_stays_in_doubt_and_is_told_on_every_page(told, more):
    store, text = told(*BEFORE, RISE, ALT, *more)
    assert 12.0 not in bilirubins(store)
    assert "12 mg/dL on 2 Feb 2026, unit in doubt" in text
    assert "with Bilirubin 12 mg/dL (unit in doubt)" in text
    assert "without bilirubin" not in text
    row = next(r for r in last_rows(store.analysis(["P1"])) if r.analyte == "BILI")
    assert (row.value, row.doubt) == ("0.7", "‡ 12 mg/dL on 2026-02-02, unit in doubt")
    listed = store.worklist().iloc[0]
    assert (listed["last_BILI"], listed["doubt_BILI"]) == (0.7, "12 mg/dL")
    assert "12 mg/dL" in str(worklist._value(listed, "BILI", {}))


def test_a_doubt_is_a_finding_at_attention_in_the_stored_analysis_as_in_a_fresh_one(told):
    store, _ = told(*BEFORE, RISE, ALT)
    for findings in (store.analysis(["P1"]).findings, store.analysis().findings, analyse(store.panel()).findings):
        mine = findings[findings["rule"] == "held_results"]
        assert mine["level"].tolist() == ["attention"]
        assert "including bilirubin 12 mg/dL on 2026-02-02" in mine["says"].iloc[0]
    assert not store.unanalysed()


def test_stored_and_fresh_analyses_of_a_store_with_held_rows_are_the_same(told):
    told(*BEFORE, RISE, ALT)
    store, _ = told("BILI,2026-02-02,12.0,,", "ALT,2026-02-02,30,U/L,40", patient="P2")
    stored, fresh = store.analysis(), analyse(store.panel())
    for part in PARTS:
        pd.testing.assert_frame_equal(
            getattr(stored, part).reset_index(drop=True),
            getattr(fresh, part).sort_values("patient_id", kind="stable", ignore_index=True),
            check_dtype=False,
        )


def test_a_decision_on_a_held_row_reaches_the_stored_analysis(told):
    store, _ = told(*BEFORE, RISE, ALT)
    store.dismiss(store.quarantine()["quarantine_id"].tolist(), "me", "was umol/L")
    assert len(store.unanalysed()) == 1
    store.analyse()
    assert "held_results" not in set(store.analysis().findings["rule"])
    assert set(store.worklist()["doubt_BILI"]) == {""}


def test_a_test_with_nothing_but_a_result_without_a_unit_is_told(told):
    store, text = told("BILI,2026-02-02,12.0,,", "ALT,2026-02-02,30,U/L,40", patient="P2")
    assert without_results(store.analysis(["P2"])) == ["Bilirubin: ‡ a result on 2026-02-02, unit in doubt"]
    assert "Bilirubin: ‡ a result on 2 Feb 2026, unit in doubt" in text


def test_a_rule_that_was_not_met_says_that_a_result_in_doubt_was_not_used(told):
    store, _ = told(*BEFORE, RISE, ALT)
    near = store.analysis(["P1"]).near.set_index("rule")["says"]
    assert "Bilirubin 12 mg/dL on 2026-02-02 is not used (unit in doubt)" in near["hys_law"]
    assert "in doubt" not in near["marker_rise"]


def test_an_older_doubt_does_not_stand_beside_a_newer_result(told):
    store, _ = told(*BEFORE, RISE, ALT, "BILI,2026-03-02,0.8,mg/dL,")
    row = next(r for r in last_rows(store.analysis(["P1"])) if r.analyte == "BILI")
    assert (row.value, row.doubt) == ("0.8", "")


def test_who_sees_pseudonyms_sees_the_doubt_under_a_moved_date(told):
    store, _ = told(*BEFORE, RISE, ALT)
    view = PseudonymisedStore(store, NAMES)
    analysis = view.analysis([view.patient_ids[0]])
    row = next(r for r in last_rows(analysis) if r.analyte == "BILI")
    assert row.doubt.startswith("‡ 12 mg/dL on ") and "2026-02-02" not in row.doubt
    held = analysis.panel.held
    assert (held["collected_at"].iloc[0] - row.collected_at) == pd.Timedelta(days=28)
