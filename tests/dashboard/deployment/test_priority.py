"""Long work gives way to pages: a worker that a server starts waits for the processors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dashboard.cohorts import worker
from dashboard.config import Config
from tests.conftest import ROOT

DEPLOY = ROOT / "docs" / "deploy"
GIVES_WAY = """
import os, sys
from pathlib import Path
from dashboard.deployment.priority import give_way
print(os.nice(0), *(give_way(int(word), Path(sys.argv[1])) for word in sys.argv[2:]))
"""


def gives_way(group: Path, *niceness: int) -> list[int]:
    """What a process of its own session says after each of these."""
    words = [sys.executable, "-c", GIVES_WAY, str(group), *map(str, niceness)]
    said = subprocess.run(words, capture_output=True, text=True, check=True, start_new_session=True)
    return [int(word) for word in said.stdout.split()]


def test_a_process_gives_way_as_far_as_it_is_told_and_never_less_than_before(tmp_path):
    group = tmp_path / "autogroup"
    group.write_text("0")
    before, *after = gives_way(group, 10, 5, 0)
    assert after == [max(10, before)] * 3
    assert group.read_text() == str(after[0]), "its session too: Linux shares time between sessions first"


def test_where_the_system_shares_no_time_between_sessions_nothing_is_written(tmp_path):
    gives_way(tmp_path / "none", 10)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="sessions share no time here")
def test_a_session_that_another_process_began_keeps_its_share():
    before = Path("/proc/self/autogroup").read_text()
    subprocess.run(
        [sys.executable, "-c", GIVES_WAY, "/proc/self/autogroup", "10"], check=True, stdout=subprocess.DEVNULL
    )
    assert Path("/proc/self/autogroup").read_text() == before


def test_the_worker_that_a_server_starts_is_told_to_give_way_in_a_session_of_its_own(monkeypatch, tmp_path):
    begun = []

    class Process:
        def __init__(self, command, **options):
            begun.append((command, options))

        def wait(self):
            return 0

    monkeypatch.setattr(worker.subprocess, "Popen", Process)
    worker.start(Config(store=str(tmp_path)))
    command, options = begun[0]
    assert command[command.index("--nice") + 1] == str(worker.NICENESS)
    assert options["start_new_session"]


def test_the_command_gives_way_as_told(own_store):
    watched = (
        "import os, sys; from dashboard.cohorts import worker; "
        "worker.serve = lambda *a, **k: print('nice', os.nice(0)) or 0; "
        "from dashboard.cli import main; main()"
    )
    command = [sys.executable, "-c", watched, "worker", "--until-idle", "--store", str(own_store.place.folder)]
    for words, least in (([], 0), (["--nice", "7"], 7)):
        said = subprocess.run([*command, *words], capture_output=True, text=True, check=True)
        assert f"nice {max(least, os.nice(0))}\n" in said.stdout


@pytest.mark.parametrize("name", ["worker", "scheduler"])
def test_the_samples_let_pages_go_first(name):
    unit = (DEPLOY / f"hepatrend-{name}.service").read_text("utf-8")
    assert "\nCPUWeight=20\n" in unit
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    assert compose[name]["cpu_shares"] < 1024 / 4
    assert "cpu_shares" not in compose["server"]
