"""kill -9 at random moments of a publication, a backup, a restore and a watch: nothing partial, corrupt or lost.

24 kills in ``make test``, 400 in ``make fuzz`` (HEPATREND_FUZZ=full).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

FULL = os.environ.get("HEPATREND_FUZZ") == "full"
MANY, FEW = (
    {"publish": 120, "backup": 40, "restore": 40, "watch": 200},
    {"publish": 12, "backup": 4, "restore": 4, "watch": 4},
)
KILLS = MANY if FULL else FEW


@pytest.mark.slow
@pytest.mark.timeout(3600 if FULL else 280)
@pytest.mark.parametrize("mode", list(KILLS))
def test_a_writer_killed_at_any_moment_leaves_the_state_before_or_after(mode, tmp_path):
    command = [sys.executable, "-m", "tests.fuzz.killer", mode, str(tmp_path), str(KILLS[mode]), "20260101"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    runs = json.loads(done.stdout)
    assert len(runs) == KILLS[mode]
    assert [run["said"] for run in runs if not run["ok"]] == []
    if FULL:
        assert {run["got_in"] for run in runs} == {True, False}, "the kills must fall on both sides of the commit"
