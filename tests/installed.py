"""The installed command as a process of its own, quick: a process that has read the libraries is forked for each run.

One such process (tests/forks.py) is started by a process of tests when a command is first asked for, and ends with it.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.forked_command import ask, status_of

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = Path(sys.executable).parent / "hepatrend"


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
    """Runs ``hepatrend ...``; see the module's docstring."""

    def __init__(self, folder: Path):
        self._folder = folder

    def __call__(
        self, *words: object, cwd: Path | None = None, env: Mapping[str, str] | None = None, stdin: str = ""
    ) -> Done:
        """Run it with these words; ``env`` is added to the environment, from which HEPATREND_* is taken out."""
        return forked(*words, cwd=cwd or self._folder, env={**environment(), **(env or {})}, stdin=stdin)


def forked(*words: object, cwd: Path, env: Mapping[str, str], stdin: str = "", under: tuple[str, ...] = ()) -> Done:
    """The installed script with these words and this environment, in a fork of the process that has read all.

    ``under``: words of a command such as ``setpriv``, that the process to be forked is started by.
    """
    with ExitStack() as open_ones:
        given, out, err = (open_ones.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8")) for _ in range(3))
        given.write(stdin)
        given.seek(0)
        mask = os.umask(0o77)
        os.umask(mask)
        argv, files = [str(SCRIPT), *map(str, words)], (given.fileno(), out.fileno(), err.fileno())
        with ask(address(under), argv, str(cwd), dict(env), files, mask) as connection:
            status = status_of(connection)
        out.seek(0)
        err.seek(0)
        return Done(status, out.read(), err.read())


def completed(*words: object, cwd: Path = ROOT, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """``hepatrend`` with these words in this environment, of which HEPATREND_* is taken out, and more variables."""
    done = forked(*words, cwd=cwd, env={**environment(), **more}, stdin=stdin)
    return subprocess.CompletedProcess([*map(str, words)], done.status, done.out, done.err)


def command_line(script: Path = SCRIPT) -> list[str]:
    """What a shell, or Popen, runs for ``hepatrend`` or another script; it ends as that does and passes signals on."""
    client = Path(__file__).with_name("forked_command.py")
    return [sys.executable, "-IS", str(client), address(()), str(script)]


@cache
def address(under: tuple[str, ...]) -> str:
    """Where the process listens that is forked; it is started by the first who asks, by these words before its own."""
    folder = Path(tempfile.mkdtemp(prefix="hepatrend-forks-"))
    at = folder / "s"
    command = [*under, sys.executable, "-m", "tests.forks", str(at)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT, env=environment())

    def end() -> None:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    while not _listens(at):
        assert process.poll() is None, "the process to be forked ended"
        time.sleep(0.02)
    return str(at)


def _listens(at: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as trial:
        return at.exists() and trial.connect_ex(str(at)) == 0


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
