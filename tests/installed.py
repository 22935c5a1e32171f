"""The installed command as a process of its own, quick: a process that has read the libraries is forked for each run.

What runs in the fork is the installed script itself, from its first line to its exit status; only the reading of
pandas, pyarrow and the like, which takes most of the time of a start, is done once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = Path(sys.executable).parent / "hepatrend"

_HOST = r"""
import json, os, runpy, sys
from tests.read_ahead import read_ahead
read_ahead()
for line in sys.stdin:
    told = json.loads(line)
    child = os.fork()
    if child == 0:
        for number, name, flags in ((0, told["stdin"], os.O_RDONLY), (1, told["stdout"], os.O_WRONLY),
                                    (2, told["stderr"], os.O_WRONLY)):
            os.dup2(os.open(name, flags), number)
        os.chdir(told["cwd"])
        os.environ.clear()
        os.environ.update(told["env"])
        sys.argv = told["argv"]
        sys.stdin = open(0, closefd=False)
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)
        status = 0
        try:
            runpy.run_path(told["argv"][0], run_name="__main__")
        except SystemExit as stop:
            if isinstance(stop.code, str):
                print(stop.code, file=sys.stderr)
            status = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
        except BaseException:
            import traceback
            traceback.print_exc()
            status = 99
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    print(told["number"], os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
os._exit(0)
"""


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What it printed with --json."""
        return json.loads(self.out)


class Installed:
    """Runs ``hepatrend ...``; see the module's docstring. Close it with ``stop``."""

    def __init__(self, folder: Path):
        self._folder, self._number = folder, 0
        self._host = subprocess.Popen(
            [sys.executable, "-c", _HOST],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"},
        )

    def __call__(
        self, *words: object, cwd: Path | None = None, env: Mapping[str, str] | None = None, stdin: str = ""
    ) -> Done:
        """Run it with these words; ``env`` is added to the environment, from which HEPATREND_* is taken out."""
        self._number += 1
        given, out, err = (self._folder / name for name in ("stdin", "stdout", "stderr"))
        given.write_text(stdin)
        out.write_text("")
        err.write_text("")
        told = {
            "argv": [str(SCRIPT), *map(str, words)],
            "cwd": str(cwd or self._folder),
            "env": {**environment(), **(env or {})},
            "number": self._number,
            "stdin": str(given),
            "stdout": str(out),
            "stderr": str(err),
        }
        assert self._host.stdin is not None
        assert self._host.stdout is not None
        self._host.stdin.write(json.dumps(told) + "\n")
        self._host.stdin.flush()
        answered = -1
        while answered != self._number:  # an earlier test may have run out of time and left its answer behind
            answered, status = map(int, self._host.stdout.readline().split())
        return Done(status, out.read_text(), err.read_text())

    def stop(self) -> None:
        """End the process that is forked."""
        assert self._host.stdin is not None
        assert self._host.stdout is not None
        self._host.stdin.close()
        self._host.wait(10)
        self._host.stdout.close()


def environment() -> dict[str, str]:
    """This environment without what would configure hepatrend, with this checkout first on the path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEPATREND_")}
    return kept | {"PYTHONPATH": str(ROOT)}


def started_anew(*words: object, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Done:
    """The same without any preparation: a new interpreter that runs the installed script."""
    command: Sequence[str] = [sys.executable, str(SCRIPT), *map(str, words)]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env={**environment(), **(env or {})}, timeout=120, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)
