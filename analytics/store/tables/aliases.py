"""Merged patients. A row is never changed: an un-merge is a further row that closes the first."""

from __future__ import annotations

import sqlalchemy as sa

from analytics.store.tables import TRUTH
from analytics.store.tables.rows import WIDE_ID

ALIASES = sa.Table(
    "aliases",
    TRUTH,
    sa.Column("alias_id", WIDE_ID, primary_key=True, autoincrement=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("old_id", sa.Text, nullable=False),
    sa.Column("new_id", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("utc", sa.BigInteger, nullable=False),
)
