"""The public face: what a notebook writes works as it stands, by the same code as an import."""

from __future__ import annotations

import gc
import subprocess
import sys
import warnings
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

import hepatrend
from analytics.errors import RefusedFile, SettingsError, UnknownPatient
from dashboard.figures._figure import figures

ROOT = Path(__file__).resolve().parents[2]
DAYS = [f"2026-0{m}-05" for m in range(1, 7)]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    alt = pd.DataFrame({"analyte": "ALT", "value": ["31", "30", "55", "71", "98", "140"], "unit": "U/L", "uln": 40})
    bili = pd.DataFrame(
        {"analyte": "BILI", "value": ["9", "<5", "11", "12", "17", "40"], "unit": "umol/L", "uln": "21"}
    )
    alb = pd.DataFrame({"analyte": "ALB", "value": ["41", "40", "40", "39", "38", "38"], "unit": "g/L", "uln": 50})
    return pd.concat([part.assign(collected_at=DAYS) for part in (alt, bili, alb)]).assign(patient_id="P1")


def test_a_frame_is_read_as_a_file_is(frame):
    panel = hepatrend.read(frame)
    last = panel.labs.groupby("analyte").last()
    assert last.loc["BILI", "value"] == pytest.approx(40 / 17.104, abs=1e-4)
    assert last.loc["ALB", "value"] == 3.8
    below = panel.labs[panel.labs["comparator"] == "<"]
    assert below[["analyte", "value"]].round(4).to_numpy().tolist() == [["BILI", 0.2923]]


def test_a_result_that_stands_twice_counts_once(frame):
    assert len(hepatrend.read(pd.concat([frame, frame])).labs) == len(frame)


def test_what_is_not_accepted_is_held_with_its_reason(frame):
    odd = frame.assign(unit=frame["unit"].where(frame["analyte"] != "ALT", "furlong"))
    panel = hepatrend.read(odd)
    assert set(panel.held["reason_code"]) == {"UNIT_UNKNOWN"}
    assert len(panel.held) == 6 and "ALT" not in set(panel.labs["analyte"])


def test_what_is_no_data_at_all_is_refused():
    with pytest.raises(RefusedFile):
        hepatrend.read(pd.DataFrame({"colour": ["red"], "taste": ["sweet"]}))


def test_albi_of_a_frame_in_si_units(frame):
    scores = hepatrend.analyse(hepatrend.read(frame)).scores
    albi = scores[scores["score"] == "albi"]["value"].iloc[-1]
    assert albi == pytest.approx(-2.17264, abs=1e-4)


def test_a_picture_and_a_report_of_one_patient(frame):
    analysis = hepatrend.analyse(hepatrend.read(frame))
    drawn = hepatrend.figure(analysis, "lab_timeline", scale="x_uln")
    assert {"data", "layout"} <= drawn.keys() and len(drawn["data"]) > 3
    page, text = hepatrend.report(analysis), hepatrend.report(analysis, form="text")
    assert page.startswith("<!doctype html>") and "P1" in text and "ALT" in text


@pytest.mark.parametrize("name", ["patient", "cohort", "digest"])
def test_every_report_is_made_of_an_analysis_alone(frame, name):
    text = hepatrend.report(hepatrend.analyse(hepatrend.read(frame)), name, form="text")
    assert "5 Jun 2026" in text and "cohort cohort" not in text


def test_every_picture_of_a_patient_is_drawn_by_the_name_of_its_file(frame, tmp_path):
    lines = pd.DataFrame({"patient_id": "P1", "kind": "systemic", "line": [1, 2], "name": ["FOLFOX", "FOLFIRI"]})
    lines["start_date"] = ["2026-01-06", "2026-03-06"]
    lines.to_csv(tmp_path / "events.csv", index=False)
    analysis = hepatrend.analyse(hepatrend.read(frame, tmp_path / "events.csv"))
    assert len(analysis.panel.events) == 2
    besides = {"event_course": {"event": 1}, "line_compare": {"pair": (1, 2)}}
    for figure in figures("patient").values():
        name = figure.draw.__module__.rpartition(".")[2]
        assert "data" in hepatrend.figure(analysis, name, **besides.get(name, {}))


def test_a_name_that_there_is_not_is_refused_with_those_that_there_are(frame):
    analysis = hepatrend.analyse(hepatrend.read(frame))
    with pytest.raises(SettingsError, match=r"'pie'\. Available: .*lab_timeline"):
        hepatrend.figure(analysis, "pie")
    for of_another_kind in ("sparkline", "cohort_curves", "clock", "_figure"):
        with pytest.raises(SettingsError, match="unknown figure"):
            hepatrend.figure(analysis, of_another_kind)
    with pytest.raises(SettingsError, match=r"'pie'\. Available: .*x_baseline"):
        hepatrend.figure(analysis, scale="pie")
    with pytest.raises(SettingsError, match=r"'pie'\. Available: .*digest"):
        hepatrend.report(analysis, "pie")
    with pytest.raises(UnknownPatient):
        hepatrend.report(analysis, patient_id="P9")


def test_it_is_small_typed_and_the_command(tmp_path):
    lines = (ROOT / "hepatrend" / "__init__.py").read_text("utf-8").splitlines()
    assert len(lines) <= 150
    assert (ROOT / "hepatrend" / "py.typed").is_file()
    done = subprocess.run(
        [sys.executable, "-m", "hepatrend", "--version"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and "hepatrend" in done.stdout


def test_a_package_that_another_distribution_has_overwritten_is_told(tmp_path):
    other = tmp_path / "analytics"
    other.mkdir()
    (other / "__init__.py").write_text("'''Somebody else's analytics.'''\n")
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.path.insert(0, {str(tmp_path)!r}); import hepatrend"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "is not hepatrend's" in done.stderr and "pipx install hepatrend" in done.stderr


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are told by Linux")
def test_what_was_read_leaves_no_file_open_and_no_warning(frame, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    gc.disable()  # so that nothing is closed by chance
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ResourceWarning)
            panel = hepatrend.read(frame)
            left = [str(one) for one in open_files() if str(one).startswith(str(tmp_path))]
            assert hepatrend.report(hepatrend.analyse(panel), form="text")
            gc.collect()
    finally:
        gc.enable()
    assert left == []


def open_files() -> list[Path]:
    """What this process has open."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(descriptor.readlink())
    return found
