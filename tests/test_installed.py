"""A command that is forked ends as one that is started anew, and with whoever started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.installed import command_line

WAITS = "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)\n"


@pytest.mark.parametrize(
    "text",
    [
        "import sys\nprint(sys.argv[1:], __name__, sys.stdin.read())\nsys.exit(3)",
        "import sys\nsys.exit('words')",
        "import sys, threading\nthreading.Timer(0.1, print, ['late']).start()",
        "import atexit\natexit.register(print, 'at the end')",
        "print(open('here.txt').read())",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    ],
)
def test_a_script_does_in_a_fork_what_it_does_in_a_new_interpreter(tmp_path: Path, text: str):
    script = tmp_path / "script.py"
    script.write_text(text)
    (tmp_path / "here.txt").write_text("of this folder")
    forked, anew = (
        subprocess.run(
            [*how, "ä", "two words"], input="given", capture_output=True, text=True, cwd=tmp_path, check=False
        )
        for how in (command_line(script), [sys.executable, str(script)])
    )
    assert (forked.returncode, forked.stdout, forked.stderr) == (anew.returncode, anew.stdout, anew.stderr)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_command_ends_with_what_stands_for_it(tmp_path: Path, how: signal.Signals):
    script = tmp_path / "waits.py"
    script.write_text(WAITS)
    with subprocess.Popen(command_line(script), stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        command = int(running.stdout.readline())
        assert command != running.pid and Path(f"/proc/{command}").exists()
        os.kill(running.pid, how)
        assert running.wait(60) == -how
    ends = time.monotonic() + 60
    while Path(f"/proc/{command}").exists():
        assert time.monotonic() < ends
        time.sleep(0.05)
