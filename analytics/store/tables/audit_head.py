"""How far the audit log was last seen to be, kept apart from it: a log that was deleted or begun anew is noticed."""

from __future__ import annotations

import sqlalchemy as sa

from analytics.store.tables import WORKING_STATE

AUDIT_HEAD = sa.Table(
    "audit_head",
    WORKING_STATE,
    sa.Column("one", sa.Integer, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)
"""One row, numbered 1; where several hosts have a folder each, one for the
log of each host (``Place.log_number``). It never goes back, and goes on only where the log still has the entry that it
names."""
