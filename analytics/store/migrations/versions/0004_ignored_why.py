"""The ledger tells why results were ignored, and what else was said of the file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from analytics.store.migrations import on

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Two columns; they stay empty for the imports that are there."""
    if on("truth"):
        op.add_column("imports", sa.Column("ignored_why", sa.Text))
        op.add_column("imports", sa.Column("notes", sa.Text))
