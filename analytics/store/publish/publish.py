"""Publish files: one transaction each, all or nothing; the generation that shows the rows is written last."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Protocol

import pandas as pd
import sqlalchemy as sa

from analytics.errors import RefusedFile, StoreError
from analytics.ingest.outcome import Batch
from analytics.ingest.versions import DUPLICATE, STORED, SUPERSEDED
from analytics.store.database import engines
from analytics.store.database.atomic_files import step
from analytics.store.database.clock import microseconds, utc_now
from analytics.store.database.location import Place
from analytics.store.publish import rebuild, retention, unit_suspects
from analytics.store.publish.import_transaction import Landing
from analytics.store.publish.receipt import Receipt
from analytics.store.snapshot import buckets
from analytics.store.snapshot.generations import write_generation
from analytics.store.snapshot.spill import Spill
from analytics.store.tables.rows import IMPORTS, QUARANTINED, ROW_ID, ROWS


class Source(Protocol):
    """A file that is understood: an Ingest, or a stream of batches whose hash is known once it was read."""

    @property
    def file(self) -> str:
        """Its name."""
        ...

    @property
    def sha256(self) -> str:
        """Hash of what was read; empty before its end."""
        ...

    @property
    def profile(self) -> str:
        """Name of the profile."""
        ...

    @property
    def profile_digest(self) -> str:
        """Digest of the profile."""
        ...

    @property
    def table(self) -> str:
        """What it mainly holds."""
        ...

    def batches(self) -> Iterator[Batch]:
        """Stretches of the file in order."""
        ...


def publish(
    place: Place,
    source: Source,
    by: str,
    engine: sa.Engine,
    noted: Callable[[Receipt], object] = bool,
    *,
    dry: bool = False,
) -> Receipt:
    """Take in one file. Call under the writer's lock. Where it is ``dry``, the receipt is all that comes of it.

    ``noted`` writes the receipt into the audit log right before the commit: without its entry nothing is stored.

    Raises:
        RefusedFile: nothing of the file was stored.
        StoreError: the sums do not add up, or the disk is full; nothing was stored.
    """
    began, now = time.monotonic(), utc_now()
    with engine.connect() as connection, ExitStack() as stack:
        if done := _earlier(connection, source):
            return done
        import_id = int(connection.scalar(sa.select(sa.func.max(IMPORTS.c.import_id))) or 0) + 1
        old = retention.latest_here(place, connection)
        change = unit_suspects.change_of(connection, place.spill / f"import-{import_id}")
        waiting = Spill(place.spill / f"import-{import_id}-read")
        landing = Landing(connection, import_id, source.file, change, waiting, now)
        try:
            for batch in source.batches():
                landing.take(batch)
            if done := _earlier(landing.connection, source):
                return done
            merged = rebuild.merged_among(change, landing.patients)
            coming = 0 if merged or dry else waiting.rows["labs"]
            building = buckets.Building(place, old, change, old.generation + 1, coming)
            stack.callback(building.close)
            landing.settle(getattr(source, "on_stored", _nobody), building)
            waiting.clear()
            if merged:
                rebuild.show_again(landing.connection, change, merged)
            receipt = receipt_for(landing, source, by, now, old.generation + 1)
            if dry:
                landing.finish()
                reconcile(connection, landing, receipt)
                held = len(buckets.suspects_of(place, old, change) - unit_suspects.noted(connection))
                return replace(
                    receipt, unit_suspects=held, alike=landing.alike(), seconds=round(time.monotonic() - began, 3)
                )
            manifest = building.finished()  # while the last rows are inserted
            landing.finish()
            reconcile(connection, landing, receipt)
            _resolve_reread(connection, source.sha256, import_id, by, now)
            held = unit_suspects.note(connection, place, manifest, now)
            receipt = replace(
                receipt, unit_suspects=held, alike=landing.alike(), seconds=round(time.monotonic() - began, 3)
            )
            write_import(connection, receipt, landing, source)
            write_generation(place, connection, manifest, f"import {import_id}", now)
            retention.forget_manifests(connection, now)
            noted(receipt)
            step("commit", "store")
            connection.commit()
            retention.clear_old(place, connection, now)
        finally:
            landing.close()
            waiting.clear()
            change.spill.clear()
    engines.checkpoint(engine)
    return receipt


def _nobody(done: int, total: int) -> None:
    """Progress that is told to no one."""


def receipt_of(row: Any, *, already: bool = False) -> Receipt:
    """A row of the ledger as a receipt."""
    values = {name: getattr(row, name) for name in Receipt.__dataclass_fields__ if hasattr(row, name)}
    values["reasons"] = json.loads(row.reasons)
    values["ignored_why"] = json.loads(row.ignored_why or "{}")
    values["imported_utc"] = str(pd.Timestamp(row.imported_utc, unit="us").floor("s").isoformat()) + "Z"
    if already:
        values |= {"stored": 0, "superseded": 0, "duplicate": row.stored + row.superseded + row.duplicate}
    return Receipt(**values, already=already)


def _earlier(connection: sa.Connection, source: Source) -> Receipt | None:
    """The receipt of the same bytes under the same profile: everything in them is a duplicate now."""
    if not source.sha256:
        return None
    same = sa.select(IMPORTS).where(IMPORTS.c.sha256 == source.sha256, IMPORTS.c.stamp == _stamp(source))
    row = connection.execute(same.limit(1)).first()
    return receipt_of(row, already=True) if row else None


def _stamp(source: Source) -> str:
    return str(source.profile_digest or source.profile)


def receipt_for(landing: Landing, source: Source, by: str, now: pd.Timestamp, generation: int) -> Receipt:
    """What became of a file whose results are settled."""
    counts = landing.counts
    return Receipt(
        import_id=landing.import_id,
        file=source.file,
        sha256=source.sha256,
        profile=source.profile,
        table=source.table,
        rows_in=counts["rows_in"],
        results_in=counts["results_in"],
        stored=counts[STORED],
        quarantined=landing.reasons.total(),
        duplicate=counts[DUPLICATE],
        superseded=counts[SUPERSEDED],
        ignored=counts["ignored"],
        reasons=dict(sorted(landing.reasons.items())),
        ignored_why={why: n for why, n in sorted(landing.ignored_why.items()) if n},
        generation=generation,
        imported_utc=now.floor("s").isoformat() + "Z",
        imported_by=by,
    )


def reconcile(connection: sa.Connection, landing: Landing, receipt: Receipt) -> None:
    """The accounting identity, and the counts once more as the database sees them.

    Raises:
        RefusedFile: the sums do not add up; StoreError: the database holds another number of rows.
    """
    if not receipt.sha256:
        raise StoreError(f"{receipt.file}: the hash of what was read is not known; nothing was stored")
    if not receipt.adds_up:
        raise RefusedFile(
            f"{receipt.results_in} results came in, but stored {receipt.stored}, quarantined {receipt.quarantined}, "
            f"duplicate {receipt.duplicate}, superseded {receipt.superseded} and ignored {receipt.ignored} "
            "do not add up to them; nothing was stored",
            file=receipt.file,
        )
    for name, (first, last, _) in landing.ranges.items():
        number = QUARANTINED.c.quarantine_id if name == "quarantine" else ROWS[name].c[ROW_ID]
        query = sa.select(sa.func.count()).where(number.between(first, last))
        if connection.scalar(query) != last - first + 1:
            raise StoreError(f"{receipt.file}: the database holds another number of rows of {name} than were sent")
    mine = (QUARANTINED.c.import_id == landing.import_id, QUARANTINED.c.result_id.is_(None))
    held = sa.select(sa.func.count()).where(*mine)
    if connection.scalar(held) != receipt.quarantined:
        raise StoreError(f"{receipt.file}: the database holds another number of held-back rows than were sent")


def _resolve_reread(connection: sa.Connection, sha256: str, import_id: int, by: str, now: pd.Timestamp) -> None:
    """Rows that an earlier reading of the same bytes quarantined: this reading speaks for them now."""
    earlier = sa.and_(
        QUARANTINED.c.import_id.in_(sa.select(IMPORTS.c.import_id).where(IMPORTS.c.sha256 == sha256)),
        QUARANTINED.c.import_id != import_id,
        QUARANTINED.c.resolution.is_(None),
        QUARANTINED.c.result_id.is_(None),
    )
    connection.execute(
        sa.update(QUARANTINED)
        .where(earlier)
        .values(resolved_by=by, resolved_utc=microseconds(now), resolution=f"read again by import {import_id}")
    )


def write_import(connection: sa.Connection, receipt: Receipt, landing: Landing, source: Source) -> None:
    """The row of the ledger."""
    values = {k: v for k, v in receipt.to_dict().items() if k in IMPORTS.c}
    values |= {
        "reasons": json.dumps(receipt.reasons),
        "ignored_why": json.dumps(receipt.ignored_why),
        "notes": json.dumps(list(getattr(source, "notes", ())), ensure_ascii=False),
        "imported_utc": microseconds(landing.now),
        "stamp": _stamp(source),
        "row_ranges": json.dumps(landing.ranges),
    }
    connection.execute(sa.insert(IMPORTS).values(**values, digest=import_digest(values)))


TOLD_LATER = ("ignored_why", "notes")
"""Columns of the ledger that came with version 0004."""
_NOTHING = (None, "{}", "[]")


def import_digest(values: Mapping[str, Any]) -> str:
    """Digest of a row of the ledger; what came with a later version counts only where it is told."""
    told = {k: v for k, v in values.items() if k != "digest" and (k not in TOLD_LATER or v not in _NOTHING)}
    text = json.dumps(told, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
