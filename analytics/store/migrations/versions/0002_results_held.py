"""Held-back rows that speak of a stored result (a suspected unit) name it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from analytics.store.migrations import on

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """A column; it stays empty for the rows that are there."""
    if on("truth"):
        op.add_column("quarantine", sa.Column("result_id", sa.BigInteger))
