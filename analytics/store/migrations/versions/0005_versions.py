"""Results tell the number of their version and when it was reported, so that the newest of several stands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from analytics.store.migrations import on

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Two columns; they stay empty for the results that are there."""
    if on("truth"):
        op.add_column("results", sa.Column("version", sa.BigInteger))
        op.add_column("results", sa.Column("issued_at", sa.BigInteger))
