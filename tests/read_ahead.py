"""Every module of this code base, imported before a process is forked: a fork that imports them pays for each anew."""

from __future__ import annotations

import importlib
import multiprocessing
import pkgutil
from functools import cache
from multiprocessing import forkserver

import dask

import analytics
import dashboard
from analytics import executors

RUN_WHEN_IMPORTED = ("analytics.store.migrations.env", "dashboard.__main__")


def names() -> list[str]:
    """All modules but those that run when they are imported."""
    packages = (analytics, dashboard)
    found = [m.name for p in packages for m in pkgutil.walk_packages(p.__path__, f"{p.__name__}.")]
    return [name for name in found if name not in RUN_WHEN_IMPORTED]


def read_ahead() -> None:
    """Import them."""
    for name in names():
        importlib.import_module(name)


@cache
def read_for_processes() -> None:
    """Processes and workers of Dask that do work for tests (analytics.executors) are forked of one that has read all.

    Once in a process of tests, which asks for it before the first work is given away.
    """
    if "forkserver" in multiprocessing.get_all_start_methods():
        forkserver.set_forkserver_preload(["tests.all_is_read"])
        with executors._environment(executors._ONE_THREAD):
            forkserver.ensure_running()
        dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})
