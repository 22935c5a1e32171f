"""Processes of the executors begin quickly in tests: forked from one that has read the libraries and did nothing else.

The product begins fresh ones (``spawn``), each of which reads pandas, pyarrow and our own code for more than a second.
A process forked from the server here is as fresh: nothing of the asking process is in it but its environment and what
is pickled for it. ``tests/analytics/test_executors.py`` begins some as the product does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import context, forkserver
from pathlib import Path
from typing import Any
from unittest import mock

from analytics import executors

ROOT = Path(__file__).resolve().parent.parent
READ_AHEAD = ["analytics.store", "analytics.cohort", "distributed", "dashboard.reporting.folder"]
as_the_product_begins_them = executors.fresh_processes
_server: Any = forkserver._forkserver  # type: ignore[attr-defined]
_begin = _server.ensure_running


class _Process(context.ForkServerProcess):
    """One with the environment of whoever asks for it, now; that of the server is what it was at its start."""

    def __init__(self, *args: Any, **more: Any):
        super().__init__(*args, **more)
        self._environment = dict(os.environ)

    def run(self) -> None:
        """What it was asked for."""
        os.environ.clear()
        os.environ.update(self._environment)
        super().run()


class Quick(context.ForkServerContext):
    """In place of the context ``spawn``."""

    Process = _Process


def use() -> None:
    """Let the executors of this process, and Dask's clusters of this machine, begin their processes so."""
    executors.fresh_processes = Quick
    forkserver.set_forkserver_preload(READ_AHEAD)
    forkserver.set_forkserver_preload = lambda _names: None  # Dask has a list of its own, without us
    _server.ensure_running = _begin_here
    os.environ["DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD"] = "forkserver"


def _begin_here() -> None:
    with _this_checkout_first():
        _begin()


@contextmanager
def _this_checkout_first() -> Iterator[None]:
    """What is read ahead is read from here, not from where hepatrend happens to be installed."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    with mock.patch.dict(os.environ, PYTHONPATH=path):
        yield
