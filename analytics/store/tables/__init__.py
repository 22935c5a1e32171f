"""The database tables: one module a subject, found by folder. A new table is one file here and one migration.

``TRUTH`` holds what was imported and is written only under the writer's lock; ``DESK`` holds small working state.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

import sqlalchemy as sa

TRUTH = sa.MetaData()
WORKING_STATE = sa.MetaData()


def load() -> None:
    """Import every module of this folder, so that both MetaData are complete."""
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
