"""Held-back rows tell the specimen, so that of two results of one moment the right one is marked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from analytics.store.migrations import on

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """A column; it stays empty for the rows that are there."""
    if on("truth"):
        op.add_column("quarantine", sa.Column("specimen_id", sa.Text))
