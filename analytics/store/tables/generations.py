"""Generations of the published snapshot. The row of a generation is written last, in the import's own transaction."""

from __future__ import annotations

import sqlalchemy as sa

from analytics.store.tables import TRUTH
from analytics.store.tables.rows import WIDE_ID

GENERATIONS = sa.Table(
    "generations",
    TRUTH,
    sa.Column("generation", WIDE_ID, primary_key=True, autoincrement=False),
    sa.Column("created_utc", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("manifest", sa.Text, nullable=False),
)
