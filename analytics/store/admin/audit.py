"""The audit log: who did what to which patient, when. Append-only, each entry chained to the one before.

A database of its own, in rollback mode, so that no import keeps an entry waiting. An entry is on the disk before the
data that it speaks of are shown: no entry, no data. The chain shows a changed, removed or reordered entry; its head is
also kept in the working state, so that a log that was deleted or begun anew is noticed. It is no proof against a user
who can rewrite both.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from analytics.errors import DamagedStore, StoreError
from analytics.store.database import engines, reserve
from analytics.store.database.atomic_files import step
from analytics.store.database.clock import utc_now
from analytics.store.database.database_errors import reason, told
from analytics.store.database.location import Place
from analytics.store.publish.receipt import Receipt
from analytics.store.tables.audit_head import AUDIT_HEAD

ACTIONS = (
    "sign_in",
    "sign_in_failed",
    "sign_out",
    "view_patient",
    "view_cohort",
    "view_report",
    "break_glass",
    "import",
    "export",
    "report",
    "resolve",
    "seen",
    "merge",
    "unmerge",
    "purge",
    "backup",
    "restore",
    "analyse",
    "settings",
    "user_admin",
    "command",
    "rebuild",
    "schedule",
    "delivery_failed",
    "job",
    "upload",
    "preview",
    "profile",
    "view_worklist",
    "view_quality",
    "view_schedules",
    "view_administration",
    "view_audit",
)

_FIELDS = ("seq", "utc", "user", "role", "action", "key", "rows", "ip", "request_id", "detail", "prev_hash")

LOG = sa.Table(
    "audit",
    sa.MetaData(),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("utc", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("rows", sa.Integer),
    sa.Column("ip", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("prev_hash", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)
_REFUSE = "CREATE TRIGGER IF NOT EXISTS audit_no_{0} BEFORE {0} ON audit BEGIN SELECT RAISE(ABORT, 'append-only'); END"


@dataclass(frozen=True)
class Entry:
    """What is recorded. ``key`` is an opaque patient key or the name of an object, never a patient id."""

    action: str
    user: str = ""
    role: str = ""
    key: str = ""
    rows: int | None = None
    ip: str = ""
    request_id: str = ""
    detail: str = ""


class AuditLog:
    """The log of one store.

    Args:
        place: where it lies.
        working_state: keeps its head; None for a copy that is never written to.
    """

    def __init__(self, place: Place, working_state: sa.Engine | None = None):
        self._engine, self._working_state, self._folder = engines.log(place), working_state, place.folder
        self._number = place.log_number
        if place.read_only:
            return
        with self._engine.begin() as connection:
            LOG.create(connection, checkfirst=True)
            for verb in ("UPDATE", "DELETE"):
                connection.exec_driver_sql(_REFUSE.format(verb))

    def record(self, entry: Entry) -> int:
        """Append an entry and wait until it is on the disk; returns its number.

        Raises:
            StoreError: it could not be written; what it speaks of must then not be shown.
        """
        if entry.action not in ACTIONS:
            raise StoreError(f"no audit action {entry.action!r}; known: {', '.join(ACTIONS)}")
        reserve.give_room(self._folder)
        try:
            with self._engine.begin() as connection:
                step("write", "audit")
                last = connection.execute(sa.select(LOG.c.seq, LOG.c.hash).order_by(LOG.c.seq.desc()).limit(1)).first()
                seq, before = (last.seq + 1, last.hash) if last else (1, "")
                values: dict[str, Any] = {"seq": seq, "utc": utc_now().isoformat() + "Z", "prev_hash": before}
                values |= vars(entry)
                digest = _hash(values)
                connection.execute(sa.insert(LOG).values(**values, hash=digest))
                step("commit", "audit")
            self._keep_head(seq, digest)
        except (sa.exc.DBAPIError, OSError) as error:
            raise StoreError(f"the audit log cannot be written ({reason(error)}); nothing is shown") from error
        return int(seq)

    def noted(self, receipt: Receipt) -> None:
        """The entry of an import; by its number, as the name of a file may name a person.

        It is written before the import is committed: one whose commit failed has an entry and no row in the ledger.
        """
        said = f"{receipt.stored} stored, {receipt.quarantined} quarantined"
        key = f"import {receipt.import_id}"
        self.record(Entry("import", user=receipt.imported_by, key=key, rows=receipt.rows_in, detail=said))

    def entries(self, limit: int = 200, action: str = "", user: str = "", key: str = "") -> pd.DataFrame:
        """The newest entries, newest first."""
        query = sa.select(LOG).order_by(LOG.c.seq.desc()).limit(limit)
        for column, value in ((LOG.c.action, action), (LOG.c.user, user), (LOG.c.key, key)):
            if value:
                query = query.where(column == value)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return pd.DataFrame(rows, columns=[c.name for c in LOG.c])

    def verify(self) -> int:
        """Follow the whole chain; returns how many entries hold.

        Raises:
            DamagedStore: an entry was changed, removed or put elsewhere; names the first.
        """
        before, expected = "", 0
        with told(), self._engine.connect() as connection:
            for row in connection.execute(sa.select(LOG).order_by(LOG.c.seq)).mappings():
                expected += 1
                if row["seq"] != expected:
                    raise DamagedStore(f"audit log: entry {expected} is missing")
                if row["prev_hash"] != before or row["hash"] != _hash(row):
                    raise DamagedStore(f"audit log: entry {expected} is not as it was written")
                before = row["hash"]
            ever = connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").scalar() or 0
        if ever != expected:
            raise DamagedStore(f"audit log: {ever} entries were written, {expected} are there")
        with told():
            there = self._has(self._head())
        if not there:
            raise DamagedStore(
                "audit log: it is not the one that this store has written: the log was deleted, begun anew or put back "
                "to an earlier state; the newest backup has it"
            )
        return expected

    def _keep_head(self, seq: int, digest: str) -> None:
        """Note how far the log is, where it is still the log that was noted before."""
        if self._working_state is None:
            return
        head = self._head()
        with self._working_state.begin() as connection:
            if head is None:
                connection.execute(sa.insert(AUDIT_HEAD).values(one=self._number, seq=seq, hash=digest))
            elif head[0] < seq and self._has(head):
                behind = (AUDIT_HEAD.c.one == self._number) & (AUDIT_HEAD.c.seq < seq)
                connection.execute(sa.update(AUDIT_HEAD).where(behind).values(seq=seq, hash=digest))

    def _head(self) -> tuple[int, str] | None:
        if self._working_state is None:
            return None
        with self._working_state.connect() as connection:
            mine = AUDIT_HEAD.c.one == self._number
            row = connection.execute(sa.select(AUDIT_HEAD.c.seq, AUDIT_HEAD.c.hash).where(mine)).first()
        return (int(row.seq), str(row.hash)) if row else None

    def _has(self, head: tuple[int, str] | None) -> bool:
        """Whether the log has the entry that was noted."""
        if head is None:
            return True
        with self._engine.connect() as connection:
            found = connection.scalar(sa.select(LOG.c.hash).where(LOG.c.seq == head[0]))
        return bool(found == head[1])


def _hash(values: Any) -> str:
    text = json.dumps([values[name] for name in _FIELDS], ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
