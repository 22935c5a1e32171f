"""Schedules of reports, their runs, what was delivered, and what the next report compares with.

A run is claimed by inserting its row: the primary key (schedule, time) lets exactly one scheduler win. Times are whole
microseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

import sqlalchemy as sa

from analytics.store.tables import WORKING_STATE

SCHEDULES = sa.Table(
    "schedules",
    WORKING_STATE,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("paused", sa.Boolean, nullable=False),
    sa.Column("since_utc", sa.BigInteger, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
)
"""``body`` is the JSON of analytics.store.working_state.schedules.Schedule;
scheduled runs before ``since_utc`` were never due."""

RUNS = sa.Table(
    "schedule_runs",
    WORKING_STATE,
    sa.Column("schedule", sa.Text, primary_key=True),
    sa.Column("slot_utc", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("asked", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("worker", sa.Text, nullable=False),
    sa.Column("lease_utc", sa.BigInteger, nullable=False),
    sa.Column("next_utc", sa.BigInteger, nullable=False),
    sa.Column("started_utc", sa.BigInteger, nullable=False),
    sa.Column("finished_utc", sa.BigInteger),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("counts", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
)

DELIVERIES = sa.Table(
    "schedule_deliveries",
    WORKING_STATE,
    sa.Column("schedule", sa.Text, primary_key=True),
    sa.Column("slot_utc", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("utc", sa.BigInteger, nullable=False),
)
"""What has arrived; a retry leaves these targets out."""

MEMORIES = sa.Table(
    "schedule_memories",
    WORKING_STATE,
    sa.Column("schedule", sa.Text, primary_key=True),
    sa.Column("slot_utc", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
"""What the next report of a schedule compares with: analytics.report_changes.to_bytes."""
