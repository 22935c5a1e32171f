"""Imported rows: one database table a canonical table, derived from analytics.tables. Append-only.

Times are whole microseconds since 1970-01-01 of the source's wall time, never shifted to another zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from analytics.store.tables import TRUTH
from analytics.tables import EVENTS, IMAGING, LABS, LEDGER, ORDERING, PATIENTS, QUARANTINE, Table

_TYPES: Mapping[str, Any] = MappingProxyType(
    {
        "text": sa.Text,
        "number": sa.Double,
        "whole": sa.BigInteger,
        "time": sa.BigInteger,
        "flag": sa.Boolean,
        "json": sa.Text,
    }
)

ROW_ID = "row_id"
WIDE_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""A 64-bit key; SQLite makes it its own row number."""

NOT_STORED = ("replaced", "result_id")
"""Columns of LABS that follow from other rows or are the key itself."""

CANONICAL: Mapping[str, Table] = MappingProxyType({t.name: t for t in (LABS, EVENTS, IMAGING, PATIENTS)})


def _columns(table: Table, leave_out: tuple[str, ...] = ()) -> list[sa.Column[Any]]:
    return [sa.Column(c.name, _TYPES[c.kind], nullable=not c.needed) for c in table.columns if c.name not in leave_out]


def _rows_of(table: Table) -> sa.Table:
    return sa.Table(
        "results" if table is LABS else table.name,
        TRUTH,
        sa.Column(ROW_ID, WIDE_ID, primary_key=True, autoincrement=False),
        *_columns(table, NOT_STORED),
        sa.Column("import_id", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.BigInteger, nullable=False),
        sa.Index(f"ix_{table.name}_patient", "patient_id", *(table.key[1:3])),
    )


ROWS: Mapping[str, sa.Table] = MappingProxyType({name: _rows_of(table) for name, table in CANONICAL.items()})
"""Database table of each canonical table, by its name there."""

REPLACEMENTS = sa.Table(
    "replacements",
    TRUTH,
    sa.Column("table", sa.Text, primary_key=True),
    sa.Column("old_id", WIDE_ID, primary_key=True, autoincrement=False),
    sa.Column("new_id", sa.BigInteger, nullable=False),
    sa.Column("import_id", sa.BigInteger, nullable=False),
)
"""Which row a later or higher-ranked row took the place of. The old row stays as it was."""

NOT_DIGESTED = ("quarantine_id", "import_id", "resolved_by", "resolved_utc", "resolution", "result_id")
"""Columns of a held-back row that are not part of its digest: they are set, or set later, by the store."""

RESULTS_DIGESTED_IF_TOLD = ORDERING
"""Columns of a result that came with a later version; where missing, the digest is that of the earlier one."""

DIGESTED_IF_TOLD = ("specimen_id",)
"""Columns of a held-back row that came with a later version; where missing, the digest is that of the earlier one."""

QUARANTINED = sa.Table(
    "quarantine",
    TRUTH,
    sa.Column("quarantine_id", WIDE_ID, primary_key=True, autoincrement=False),
    *_columns(QUARANTINE, ("quarantine_id",)),
    sa.Column("digest", sa.BigInteger, nullable=False),
    sa.Index("ix_quarantine_patient", "patient_id"),
    sa.Index("ix_quarantine_file", "file_sha256"),
)

IMPORTS = sa.Table(
    "imports",
    TRUTH,
    sa.Column("import_id", WIDE_ID, primary_key=True, autoincrement=False),
    *_columns(LEDGER, ("import_id",)),
    sa.Column("stamp", sa.Text, nullable=False),
    sa.Column("row_ranges", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Index("ix_imports_sha256", "sha256"),
)
"""The ledger. ``row_ranges`` is JSON: table -> [first id, last id, sum of digests]."""
