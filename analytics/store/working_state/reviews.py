"""The part of a Store with what people have looked at: marks on findings, kept in the working state."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from analytics.store.database.clock import microseconds, utc_now
from analytics.store.snapshot.cache import Cache
from analytics.store.snapshot.request_scope import at_one_moment
from analytics.store.tables.seen import SEEN


class Marking:
    """Findings marked as seen, with who, when and a note; a mark again replaces the one before."""

    desk: sa.Engine
    _cache: Cache

    def seen(self, finding_id: str, by: str, note: str = "", *, of: str = "") -> None:
        """Note that somebody has looked at a finding; ``of`` is its patient, for views that know it by another name."""
        values = {"by": by, "utc": microseconds(utc_now()), "note": note}
        with self.desk.begin() as connection:
            if not connection.execute(sa.update(SEEN).where(SEEN.c.finding_id == finding_id).values(values)).rowcount:
                connection.execute(sa.insert(SEEN).values(finding_id=finding_id, **values))

    def seen_state(self) -> tuple[int, int | None]:
        """Number and newest time of the marks: another whenever a finding was marked."""

        def ask() -> tuple[int, int | None]:
            with self.desk.connect() as connection:
                count, last = connection.execute(sa.select(sa.func.count(), sa.func.max(SEEN.c.utc))).one()
            return int(count), last

        return at_one_moment((id(self), "seen"), ask)

    def seen_findings(self) -> pd.DataFrame:
        """Findings that were looked at: finding_id, by, utc, note."""
        return self._cache.get(("seen", self.seen_state()), self._seen_findings)

    def _seen_findings(self) -> pd.DataFrame:
        with self.desk.connect() as connection:
            rows = connection.execute(sa.select(SEEN)).all()
        frame = pd.DataFrame(rows, columns=[c.name for c in SEEN.c])
        return frame.assign(utc=pd.to_datetime(frame["utc"].astype("int64"), unit="us"))
