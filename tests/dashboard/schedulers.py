"""Schedulers in processes of their own, for test_schedule_runner.py: killed at random moments, or many at once.

Everything is imported once; each scheduler is a fork, made before this process has a thread or an open database.
Run as ``python -m tests.dashboard.schedulers killed|together FOLDER SLOTS``, or forked of what has imported all
(tests/installed.py); prints JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable

import pandas as pd

from analytics.store import open_store
from dashboard.config import Config
from dashboard.reporting.schedule_runner import Runner
from tests.read_ahead import read_ahead

START = pd.Timestamp("2030-06-03 00:00")
DAY, HOUR = pd.Timedelta(days=1), pd.Timedelta(hours=1)
TOGETHER = 4


def forked(work: Callable[[], object]) -> int:
    """Start a process that does this and ends with 0, or with 1 where it failed."""
    child = os.fork()
    if not child:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            sys.stderr.write(f"{error!r}\n")
            os._exit(1)
    return child


def run_due(folder: str, now: pd.Timestamp) -> list[str]:
    """One scheduler looks once."""
    return [o.state for o in Runner(open_store(folder), Config(store=folder), lambda: now).run_due()]


def ended(child: int) -> int:
    """Wait for a process; its exit status, negative where a signal ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed(folder: str, scheduled_times: int) -> dict[str, int]:
    """For each scheduled run: a scheduler is killed at a random moment, and another looks an hour later."""
    rng, killed, usual = random.Random(7), 0, 0.5
    for k in range(scheduled_times):
        now = START + (k + 1) * DAY
        began = time.monotonic()
        child = forked(lambda now=now: run_due(folder, now))  # type: ignore[misc]
        wait = rng.uniform(0.0, usual) if k else None
        if wait is not None:
            time.sleep(wait)
            os.kill(child, signal.SIGKILL)
        in_time = ended(child) == -signal.SIGKILL
        killed += in_time
        # one that was done before the signal came says that signals must come earlier: the machine was busy before
        usual = time.monotonic() - began if wait is None else usual if in_time else wait
        assert ended(forked(lambda now=now: run_due(folder, now + HOUR))) == 0  # type: ignore[misc]
    return {"killed": killed}


def together(folder: str, scheduled_times: int) -> dict[str, int]:
    """Several schedulers look at the same runs at the same time; how many each of them published."""

    def work(number: int) -> None:
        done = sum(run_due(folder, START + (k + 1) * DAY).count("done") for k in range(scheduled_times))
        with open(f"{folder}/scheduler-{number}.json", "w") as out:
            json.dump(done, out)

    children = [forked(lambda number=number: work(number)) for number in range(TOGETHER)]  # type: ignore[misc]
    assert [ended(child) for child in children] == [0] * TOGETHER
    found = {}
    for number in range(TOGETHER):
        with open(f"{folder}/scheduler-{number}.json") as part:
            found[str(number)] = int(json.load(part))
    return found


if __name__ == "__main__":
    read_ahead()
    print(json.dumps({"killed": killed, "together": together}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))))
