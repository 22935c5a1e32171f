"""Saved things of users: views, questions, cohorts. The body is JSON that its owner alone understands."""

from __future__ import annotations

import sqlalchemy as sa

from analytics.store.tables import WORKING_STATE

SAVED = sa.Table(
    "saved",
    WORKING_STATE,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("utc", sa.BigInteger, nullable=False),
)
