"""One question has one answer at every door: thresholds and store of a site are bound once, from flag, environment
or file. Each door is asked as it is in use: the installed command as a process, or a real request."""

from __future__ import annotations

import json
import socket
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from flask import Flask, g

from analytics.store import open_store
from analytics.store.working_state import jobs
from dashboard.cohorts import worker
from dashboard.cohorts.service import Cohorts
from dashboard.config import config_from
from dashboard.security.roles import LOCAL
from dashboard.study import bind
from dashboard.web.context import Context
from tests.installed import Installed

LABS = """patient_id,analyte,collected_at,value,unit,lln,uln,lab,status,specimen_id
P1,ALT,2023-07-20 08:00,30,U/L,5,40,Northgate,final,A1
P1,ALT,2024-03-20 08:00,100,U/L,5,40,Northgate,final,A2
P2,ALT,2024-02-25 08:00,30,U/L,5,40,Northgate,final,B1
P2,ALT,2024-03-20 08:00,33,U/L,5,40,Northgate,final,B2
"""
EVENTS = """patient_id,kind,name,start_date,end_date,line,dose,unit,grade,detail
P1,systemic,capecitabine,2024-03-01,2024-05-01,1,,,,
P2,systemic,capecitabine,2024-03-01,2024-05-01,1,,,,
"""
ASK = "find ALT above 2 x baseline within 60 days after first dose"
"""P1 only, and only where a result 225 days before the first dose counts as baseline; in the house 180 days at most."""


@pytest.fixture(scope="module")
def made_site(hepatrend: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    for name, text in {
        "labs.csv": LABS,
        "events.csv": EVENTS,
        "ask.txt": ASK,
        "limits.toml": "[baseline]\nwindow_days = 300\n",
        "hepatrend.toml": 'store = "data"\nsettings = "limits.toml"\n',
    }.items():
        (folder / name).write_text(text)
    assert hepatrend("import", "labs.csv", "events.csv", cwd=folder).status == 0
    return folder


@pytest.fixture
def site(made_site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(made_site)
    return made_site


def found_by_run(hepatrend: Installed, site: Path, tmp_path: Path) -> list[str]:
    return hepatrend("cohort", "run", "ask.txt", "--json", cwd=site).document["patients"]


def found_by_diff(hepatrend: Installed, site: Path, tmp_path: Path) -> list[str]:
    run = hepatrend("cohort", "run", "ask.txt", "--keep", tmp_path / "kept.json", "--json", cwd=site)
    kept = {**json.loads((tmp_path / "kept.json").read_text()), "patients": [], "rows": []}
    (tmp_path / "kept.json").write_text(json.dumps(kept))
    assert run.status == 0
    return hepatrend("cohort", "diff", tmp_path / "kept.json", "--json", cwd=site).document["entered"]


def found_by_export(hepatrend: Installed, site: Path, tmp_path: Path) -> list[str]:
    done = hepatrend("cohort", "export", "ask.txt", "--identified", "--out", tmp_path / "out", cwd=site)
    assert done.status == 0, done
    return pd.read_csv(tmp_path / "out" / "patients.csv")["patient_id"].tolist()


def found_by_tables(hepatrend: Installed, site: Path, tmp_path: Path) -> list[str]:
    assert hepatrend("export", "points", "--out", tmp_path / "points.csv", cwd=site).status == 0
    points = pd.read_csv(tmp_path / "points.csv")
    return points.loc[points["x_baseline"] > 2, "patient_id"].unique().tolist()


def found_by_page(hepatrend: Installed, site: Path, tmp_path: Path) -> list[str]:
    study = bind(config_from())
    with Flask("test").test_request_context():
        g.user = LOCAL
        return Cohorts(Context(study.store, study.config)).result(ASK).patient_ids


def found_by_job(hepatrend: Installed, site: Path, tmp_path: Path) -> list[str]:
    """The pseudonymised export that the page asks its worker for."""
    study = bind(config_from())
    job_id = jobs.submit(study.store, "cohort_export", "ann", {"text": ASK, "form": "csv"})
    assert hepatrend("worker", "--until-idle", cwd=site).status == 0
    with zipfile.ZipFile(worker.file_of(study.store, job_id)) as archive, archive.open("labs.csv") as file:
        return {100.0: ["P1"], 33.0: ["P2"]}.get(pd.read_csv(file)["value"].max(), [])


def found_by_report_job(hepatrend: Installed, site: Path, tmp_path: Path) -> list[str]:
    study = bind(config_from())
    job_id = jobs.submit(study.store, "cohort_report", "ann", {"text": ASK, "identified": True})
    assert hepatrend("worker", "--until-idle", cwd=site).status == 0
    body = worker.file_of(study.store, job_id, "cohort_report").read_text()
    return [p for p in ("P1", "P2") if f">{p}: " in body]


DOORS = (
    found_by_run, found_by_diff, found_by_export, found_by_tables, found_by_page, found_by_job, found_by_report_job,
)  # fmt: skip


@pytest.mark.parametrize("door", DOORS, ids=lambda d: d.__name__)
def test_every_door_reads_the_sites_thresholds(door, hepatrend: Installed, site: Path, tmp_path: Path):
    assert door(hepatrend, site, tmp_path) == ["P1"]


def test_a_schedule_reads_them_too(hepatrend: Installed, site: Path, tmp_path: Path):
    words = ("add", "daily", "--report", "patient", "--list", "all", "--every", "daily 06:00", "--identified")
    assert hepatrend("schedule", *words, "--to", f"folder:{tmp_path}/out", "--form", "text", cwd=site).status == 0
    assert hepatrend("schedule", "run", "daily", cwd=site).status in (0, 3)
    said = "\n".join(p.read_text() for p in (tmp_path / "out").rglob("patient-*.txt"))
    assert "Thresholds: digest " + bind(config_from()).settings.digest in said


def test_without_the_file_the_answer_is_the_houses(hepatrend: Installed, site: Path, tmp_path: Path):
    done = hepatrend("cohort", "run", site / "ask.txt", "--store", site / "data", "--json", cwd=tmp_path)
    assert done.document["patients"] == []


def test_the_store_is_that_of_flag_then_environment_then_file_then_default(
    hepatrend: Installed, site: Path, tmp_path: Path
):
    (tmp_path / "labs.csv").write_text(LABS)
    (tmp_path / "hepatrend.toml").write_text('store = "of-file"\n')

    def made(*words: str, **env: str) -> list[str]:
        before = {p.name for p in tmp_path.iterdir()}
        assert hepatrend("import", "labs.csv", *words, cwd=tmp_path, env=env).status == 0
        return sorted({p.name for p in tmp_path.iterdir()} - before)

    assert made("--store", "of-flag", HEPATREND_STORE="of-environment") == ["of-flag"]
    assert made(HEPATREND_STORE="of-environment") == ["of-environment"]
    assert made() == ["of-file"]
    (tmp_path / "hepatrend.toml").unlink()
    assert made() == ["hepatrend-data"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('stroe = "x"', "no option 'stroe'; the nearest one is 'store'"),
        ('[smtp]\nhsot = "x"', "no option 'smtp.hsot'; the nearest one is 'smtp.host'"),
        ("[proxies]\nhops = 1", "no option 'proxies'"),
    ],
)
def test_an_unknown_option_of_the_file_is_refused_with_the_nearest(
    hepatrend: Installed, tmp_path: Path, text: str, said: str
):
    (tmp_path / "hepatrend.toml").write_text(text)
    done = hepatrend("audit", "list", cwd=tmp_path)
    assert done.status == 1
    assert said in done.err


def test_a_misspelt_variable_is_refused_and_a_strangers_is_not(hepatrend: Installed, site: Path):
    done = hepatrend("audit", "list", cwd=site, env={"HEPATREND_AUHT": "local"})
    assert (done.status, "the nearest one is HEPATREND_AUTH" in done.err) == (1, True)
    assert hepatrend("audit", "list", cwd=site, env={"HEPATREND_FUZZ": "full"}).status == 0


def test_serving_a_store_that_was_not_there_says_so(hepatrend: Installed, tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:  # so that it does not serve for long
        done = hepatrend("serve", "--store", "new", "--port", taken.getsockname()[1], cwd=tmp_path)
    assert done.status == 2
    assert "there was no store in new; a new and empty one is made" in done.err


def test_no_other_module_of_the_dashboard_opens_a_store(site: Path):
    root = Path(worker.__file__).parent
    strays = [p.name for p in root.rglob("*.py") if "open_store(" in p.read_text("utf-8") and p.name != "study.py"]
    assert strays == []
    found = [
        p.name for folder in (root, root.parent / "analytics" / "store", root.parent / "analytics" / "cohort")
        for p in folder.rglob("*.py") if "settings: Settings | None" in p.read_text("utf-8")
    ]  # fmt: skip
    assert found == []


def test_a_store_keeps_the_thresholds_it_was_opened_with(site: Path):
    assert bind(config_from()).settings.baseline.window_days == 300
    assert open_store(str(site / "data")).settings.baseline.window_days == 28
