"""What costs much to make is made once in a run of tests, by the worker that needs it first, and copied by all."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

VARIABLE = "TESTS_MOULDS"
"""Of the environment: the folder, for the workers of a run."""


def begin() -> Path:
    """The folder; the process that first asks makes it, tells it to all that it starts, and clears up when it ends."""
    if VARIABLE not in os.environ:
        folder = os.environ[VARIABLE] = tempfile.mkdtemp(prefix="hepatrend-moulds-")
        atexit.register(_clear_up, folder, os.getpid())
    return Path(os.environ[VARIABLE])


def _clear_up(folder: str, whose: int) -> None:
    if os.getpid() == whose:  # not a process that was forked from it
        shutil.rmtree(folder, ignore_errors=True)


@cache
def made_once(fill: Callable[[Path], object]) -> Path:
    """The folder that ``fill``, a function of a module, has filled, now or earlier in this run; only to be read."""
    name = f"{fill.__module__}.{fill.__qualname__}"
    folder, whole = begin() / name, begin() / f"{name}.whole"
    with (begin() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():  # or begun by a worker that ended on the way
            shutil.rmtree(folder, ignore_errors=True)
            fill(folder)
            whole.touch()
    return folder
