"""Exactly one published report a scheduled run, whatever happens to the schedulers; failures are said aloud."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pandas as pd
import pytest

from analytics.errors import BusyStore, ReportRefused
from analytics.store import Store
from analytics.store.working_state.schedules import Schedule, Schedules
from dashboard.config import Config
from dashboard.reporting import schedule_runner as scheduling
from dashboard.reporting.schedule_runner import Runner, to_run
from tests.installed import command_line
from tests.stores import small_store

START = pd.Timestamp("2030-06-03 00:00")
"""A Monday. After the imports of the test store, so that its data are old, which is said and no failure."""

DAY = pd.Timedelta(days=1)
ROOT = Path(__file__).resolve().parents[3]
FULL = os.environ.get("HEPATREND_FUZZ") == "full"
KILLS, SLOTS = (200, 200) if FULL else (10, 6)
LONGEST = 3600 if FULL else 300
"""Seconds for a test of many scheduled runs."""


class Clock:
    """A clock that the test turns."""

    def __init__(self, now: pd.Timestamp = START):
        self.now = now

    def __call__(self) -> pd.Timestamp:
        return self.now


def plan(out: Path, **more: object) -> Schedule:
    values = {"name": "monday", "report": "digest", "list": "all", "every": "daily 06:00", "zone": "UTC"}
    values |= {"to": (f"folder:{out}",), "since": START, "assets": "none"}
    return Schedule(**(values | more))  # type: ignore[arg-type]


def runner(store: Store, clock: Clock) -> Runner:
    return Runner(store, Config(store=str(store.place.folder)), clock)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return small_store(tmp_path / "store")


def reports_in(out: Path) -> list[str]:
    return sorted(p.name for p in out.rglob("*") if p.is_file()) if out.is_dir() else []


def test_a_slot_is_run_once_it_is_due_and_never_again(store: Store, tmp_path: Path):
    out, clock = tmp_path / "out", Clock()
    r = runner(store, clock)
    r.schedules.add(plan(out))
    assert r.run_due() == []
    clock.now = START + pd.Timedelta(hours=6)
    assert [o.state for o in r.run_due()] == ["done"]
    assert r.run_due() == []
    assert len(reports_in(out)) == 1
    report = out / reports_in(out)[0]
    assert report.stat().st_mode & 0o777 == 0o600
    assert "MRN" not in report.name
    assert "20300603T060000Z" in report.name


def test_turning_the_clock_back_makes_no_second_report(store: Store, tmp_path: Path):
    clock = Clock(START + pd.Timedelta(hours=7))
    r = runner(store, clock)
    r.schedules.add(plan(tmp_path / "out"))
    r.run_due()
    for hours in (-2, 1, -1, 0.5):
        clock.now += pd.Timedelta(hours=hours)
        r.run_due()
    assert len(reports_in(tmp_path / "out")) == 1


@pytest.mark.parametrize(("policy", "run"), [("latest", 1), ("all", 5), ("none", 0)])
def test_slots_that_nobody_ran_are_caught_up_by_policy_and_recorded(
    store: Store, tmp_path: Path, policy: str, run: int
):
    clock = Clock(START + 5 * DAY)
    r = runner(store, clock)
    r.schedules.add(plan(tmp_path / "out", catch_up=policy))
    assert len(r.run_due()) == run
    states = r.schedules.history()["state"].value_counts().to_dict()
    assert states == {k: n for k, n in {"done": run, "missed": 5 - run}.items() if n}
    assert r.run_due() == []


def test_the_policy_none_still_runs_a_slot_that_is_hardly_late():
    scheduled_times = [START + i * DAY for i in range(3)]
    assert to_run(scheduled_times, scheduled_times[-1] + pd.Timedelta(minutes=59), "none") == scheduled_times[-1:]
    assert to_run(scheduled_times, scheduled_times[-1] + pd.Timedelta(minutes=61), "none") == []
    assert to_run([], START, "all") == []
    assert len(to_run([START + i * DAY for i in range(50)], START + 60 * DAY, "all")) == 10


def test_two_schedulers_at_once_publish_each_slot_once(store: Store, tmp_path: Path):
    out, clock = tmp_path / "out", Clock(START + 3 * DAY)
    Schedules(store.working_state).add(plan(out, catch_up="all"))
    outcomes: list[str] = []

    def work() -> None:
        outcomes.extend(o.state for o in runner(store, clock).run_due())

    threads = [threading.Thread(target=work) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(outcomes) == ["done"] * 3
    assert len(reports_in(out)) == 3


def schedulers(how: str, folder: str, scheduled_times: int) -> dict[str, int]:
    """What schedulers.py tells of schedulers in processes of their own."""
    command = [*command_line(ROOT / "tests" / "dashboard" / "schedulers.py"), how, folder, str(scheduled_times)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=3000, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


def each_slot_has_one_report(store: Store, out: Path, scheduled_times: int) -> None:
    history = Schedules(store.working_state).history(most=10_000)
    assert set(history["state"]) == {"done"}
    assert len(history) == history["slot_utc"].nunique() == scheduled_times
    names = [n for n in reports_in(out) if not n.startswith(".")]
    assert sorted(history["file"]) == names
    assert len(names) == scheduled_times
    assert all((out / n).read_text("utf-8").rstrip().endswith("</html>") for n in names)


@pytest.mark.slow
@pytest.mark.timeout(LONGEST)
def test_a_scheduler_that_is_killed_leaves_one_report_a_slot(store: Store, tmp_path: Path):
    """kill -9 at any moment, restart at once: each run ends published, with one file, and nothing cut short."""
    out = tmp_path / "out"
    Schedules(store.working_state).add(plan(out, catch_up="all"))
    told = schedulers("killed", str(store.place.folder), KILLS)
    assert told["killed"] > KILLS / 4  # the others were done before the signal came
    each_slot_has_one_report(store, out, KILLS)


@pytest.mark.slow
@pytest.mark.timeout(LONGEST)
def test_four_schedulers_publish_each_slot_once(store: Store, tmp_path: Path):
    out = tmp_path / "out"
    Schedules(store.working_state).add(plan(out, catch_up="all"))
    told = schedulers("together", str(store.place.folder), SLOTS)
    assert sum(told.values()) == SLOTS
    each_slot_has_one_report(store, out, SLOTS)


@pytest.mark.slow
@pytest.mark.parametrize("early", [True, False], ids=["while a report is made", "while it waits"])
def test_the_daemon_publishes_what_is_due_and_ends_well_on_sigterm(store: Store, tmp_path: Path, early: bool):
    out = tmp_path / "out"
    yesterday = pd.Timestamp.now("UTC").tz_localize(None) - DAY
    Schedules(store.working_state).add(plan(out, since=yesterday, every="daily 00:00"))
    folder = str(store.place.folder)
    daemon = subprocess.Popen(
        [*command_line(), "schedule", "daemon", "--every-seconds", "5", "--store", folder],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT,
    )  # fmt: skip
    wanted = {"claimed", "done"} if early else {"done"}
    for _ in range(1200):
        if set(Schedules(store.working_state).history()["state"]) & wanted:
            break
        assert daemon.poll() is None
        time.sleep(0.1)
    daemon.send_signal(signal.SIGTERM)
    said, _ = daemon.communicate(timeout=120)
    assert daemon.returncode == 0, said
    assert "Traceback" not in said
    each_slot_has_one_report(store, out, 1)


def test_a_report_on_its_shelf_is_delivered_and_not_made_again(store: Store, tmp_path: Path, monkeypatch):
    clock = Clock(START + pd.Timedelta(hours=6))
    blocked = tmp_path / "file-in-the-way"
    blocked.write_text("x")
    r = runner(store, clock)
    r.schedules.add(plan(tmp_path / "out", to=(f"folder:{tmp_path / 'out'}", f"folder:{blocked}")))
    first = r.run_due()
    assert first[0].state == "waiting"
    assert "not delivered" in first[0].message
    made = reports_in(tmp_path / "out")
    monkeypatch.setattr(scheduling, "make", lambda *_: pytest.fail("made a second time"))
    blocked.unlink()
    clock.now += pd.Timedelta(minutes=2)
    assert [o.state for o in r.run_due()] == ["done"]
    assert reports_in(blocked) == made == reports_in(tmp_path / "out")


def test_what_never_arrives_fails_after_its_tries(store: Store, tmp_path: Path):
    clock = Clock(START + pd.Timedelta(hours=6))
    blocked = tmp_path / "file-in-the-way"
    blocked.write_text("x")
    r = runner(store, clock)
    r.schedules.add(plan(tmp_path, to=(f"folder:{blocked}",), tries=2))
    assert r.run_due()[0].state == "waiting"
    clock.now += pd.Timedelta(minutes=2)
    assert r.run_due()[0].state == "failed"
    clock.now += DAY / 8
    assert r.run_due() == []


def test_a_store_that_is_busy_is_tried_again(store: Store, tmp_path: Path, monkeypatch):
    clock = Clock(START + pd.Timedelta(hours=6))
    r = runner(store, clock)
    r.schedules.add(plan(tmp_path / "out"))
    monkeypatch.setattr(scheduling, "make", _raising(BusyStore("another writer holds the store")))
    assert [o.state for o in r.run_due()] == ["waiting"]
    assert reports_in(tmp_path / "out") == []
    monkeypatch.undo()
    clock.now += pd.Timedelta(minutes=2)
    assert [o.state for o in r.run_due()] == ["done"]


def _raising(error: Exception):
    def make(*_: object) -> None:
        raise error

    return make


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ReportRefused("the analysis failed (ValueError); no report was made"), "the analysis failed"),
        (ZeroDivisionError("patient MRN-1 has 0"), "the run failed (ZeroDivisionError)"),
    ],
)
def test_a_failure_is_delivered_in_words_and_leaves_no_report(
    store: Store, tmp_path: Path, monkeypatch, error: Exception, said: str
):
    clock = Clock(START + pd.Timedelta(hours=6))
    r = runner(store, clock)
    r.schedules.add(plan(tmp_path / "out"))
    monkeypatch.setattr(scheduling, "make", _raising(error))
    outcome = r.run_due()[0]
    assert outcome.state == "failed"
    names = reports_in(tmp_path / "out")
    assert len(names) == 1
    assert names[0].endswith("-failed.html")
    page = (tmp_path / "out" / names[0]).read_text("utf-8")
    assert said in page
    assert "No report was made" in page
    assert "MRN-1" not in page
    assert r.run_due() == []


def test_a_list_that_became_empty_is_said_at_the_top_and_does_not_make_everything_new_later(
    store: Store, tmp_path: Path
):
    ids = tmp_path / "ids.txt"
    ids.write_text("MRN-1\n")
    clock = Clock(START + pd.Timedelta(hours=6))
    r = runner(store, clock)
    r.schedules.add(plan(tmp_path / "out", list=f"file:{ids}"))
    r.run_due()
    ids.write_text("# nobody\n")
    clock.now += DAY
    outcome = r.run_due()[0]
    assert outcome.state == "done"
    assert "is empty" in outcome.warnings[0]
    assert "is empty" in (tmp_path / "out" / outcome.file).read_text("utf-8")
    ids.write_text("MRN-1\n")
    clock.now += DAY
    assert "first report of this list" not in (tmp_path / "out" / r.run_due()[0].file).read_text("utf-8")


def test_reports_of_patients_of_an_empty_list_are_a_failure_that_is_delivered(store: Store, tmp_path: Path):
    ids = tmp_path / "ids.txt"
    ids.write_text("MRN-1\n")
    clock = Clock(START + pd.Timedelta(hours=6))
    r = runner(store, clock)
    r.schedules.add(plan(tmp_path / "out", list=f"file:{ids}", report="patient"))
    ids.write_text("# nobody\n")
    assert r.run_due()[0].state == "failed"
    assert "is empty" in (tmp_path / "out" / reports_in(tmp_path / "out")[0]).read_text("utf-8")


def test_stale_input_is_said_at_the_top_of_the_report(store: Store, tmp_path: Path):
    r = runner(store, Clock(START + pd.Timedelta(hours=6)))
    r.schedules.add(plan(tmp_path / "out"))
    outcome = r.run_due()[0]
    assert outcome.state == "done"
    assert outcome.warnings
    assert outcome.warnings[0].startswith("Stale input")
    page = (tmp_path / "out" / outcome.file).read_text("utf-8")
    assert page.index("Stale input") < page.index("<main>")


def test_a_paused_schedule_does_not_run_and_a_removed_one_is_not_taken_over(store: Store, tmp_path: Path):
    clock = Clock(START + pd.Timedelta(hours=6))
    r = runner(store, clock)
    r.schedules.add(plan(tmp_path / "out"))
    r.schedules.pause("monday", paused=True)
    assert r.run_due() == []
    r.schedules.claim("monday", clock.now, "gone", now=clock.now)
    r.schedules.remove("monday")
    clock.now += DAY
    assert [o.message for o in r.run_due()] == ["the schedule was removed"]


def test_a_run_that_was_asked_for_moves_no_slot(store: Store, tmp_path: Path):
    clock = Clock(START + pd.Timedelta(hours=5))
    r = runner(store, clock)
    r.schedules.add(plan(tmp_path / "out"))
    assert r.run("monday").state == "done"
    clock.now = START + pd.Timedelta(hours=6)
    assert [o.scheduled_for for o in r.run_due()] == [clock.now]


def test_patient_reports_of_a_list_come_as_a_folder_with_an_index(store: Store, tmp_path: Path):
    r = runner(store, Clock())
    r.schedules.add(plan(tmp_path / "out", report="patient", assets="shared"))
    outcome = r.run("monday")
    assert outcome.state == "done", outcome.message
    files = [p.relative_to(tmp_path / "out") for p in (tmp_path / "out").rglob("*") if p.is_file()]
    assert sum(p.suffix == ".html" for p in files) == 3
    assert sum(p.suffix == ".js" for p in files) == 2
    index = (tmp_path / "out" / outcome.file).read_text("utf-8")
    assert all(p.name in index for p in files if p.suffix == ".html" and p.name != "index.html")


def test_a_saved_question_on_a_schedule_says_who_entered_and_who_left(store: Store, tmp_path: Path):
    question, out, clock = tmp_path / "women.txt", tmp_path / "out", Clock(START + pd.Timedelta(hours=7))
    question.write_text("name: ours\nwhere sex is F\n")
    r = runner(store, clock)
    r.schedules.add(plan(out, report="cohort", list=f"question:{question}", identified=True, form="text"))
    assert [o.state for o in r.run_due()] == ["done"]
    question.write_text("name: ours\nwhere sex is M\n")
    clock.now += DAY
    assert [o.state for o in r.run_due()] == ["done"]
    first, second = (path.read_text() for path in sorted(out.rglob("*.txt")))
    assert "ours: where sex is F" in first and "Since the last report" not in first
    assert "Since the last report 1 entered: MRN-2; 1 left: MRN-1." in " ".join(second.split())
