"""Findings that somebody has looked at: who, when, with which note."""

from __future__ import annotations

import sqlalchemy as sa

from analytics.store.tables import DESK

SEEN = sa.Table(
    "seen_findings",
    DESK,
    sa.Column("finding_id", sa.Text, primary_key=True),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("utc", sa.BigInteger, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
