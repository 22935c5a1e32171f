"""Changes of the tables since the first release, run by alembic: one file in versions/ a change, named NNNN_what.py.

A new store is made at the newest version at once; an older one is backed up and brought forward in one transaction.
"""

from __future__ import annotations

from typing import Literal

from alembic import context

Part = Literal["truth", "working_state"]


def on(part: Part) -> bool:
    """Whether the database at hand holds this part of the store (on a server it holds both)."""
    parts: frozenset[str] = context.config.attributes["parts"]
    return part in parts
