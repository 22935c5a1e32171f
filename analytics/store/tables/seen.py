"""Findings that a user has looked at: who, when, with which note."""

from __future__ import annotations

import sqlalchemy as sa

from analytics.store.tables import WORKING_STATE

SEEN = sa.Table(
    "seen_findings",
    WORKING_STATE,
    sa.Column("finding_id", sa.Text, primary_key=True),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("utc", sa.BigInteger, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
