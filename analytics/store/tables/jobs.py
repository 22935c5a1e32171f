"""Long work: what was asked for, how far it is, where its result lies. Times are microseconds since 1970 UTC."""

from __future__ import annotations

import sqlalchemy as sa

from analytics.store.tables import WORKING_STATE

JOBS = sa.Table(
    "jobs",
    WORKING_STATE,
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("share", sa.Double, nullable=False),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("asked_utc", sa.BigInteger, nullable=False),
    sa.Column("beat_utc", sa.BigInteger, nullable=False),
)
"""``state`` is waiting, running, done, failed or cancelled; ``result`` is JSON, or the reason of a failure. A running
job whose ``beat_utc`` is old was left by a worker that died, and is taken up again."""
