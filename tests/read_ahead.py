"""Every module of this code base, imported before a process is forked: a fork that imports them pays for each anew."""

from __future__ import annotations

import importlib
import pkgutil

import analytics
import dashboard

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
