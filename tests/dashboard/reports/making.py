"""Reports of a store for tests, made at a fixed time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from analytics.pseudonyms import Pseudonyms
from analytics.report_changes import Memory
from analytics.store import Store
from dashboard.reporting.report_input import Order, report_input
from dashboard.reports import Content, report
from dashboard.reports._report_input import ReportInput

NAMES = Pseudonyms("study", b"n" * 32, b"d" * 32)
NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


def edition_of(
    store: Store, patients: list[str] | None = None, *, identified: bool = True, before: Memory | None = None
) -> ReportInput:
    """ReportInput of some patients, compared with an earlier report."""
    order = Order(patients or store.patient_ids, "clinic", identified, pseudonyms=None if identified else NAMES)
    return report_input(store, order, NOON, before, since=True)


def patient_report(store: Store, patient_id: str, *, identified: bool = True, now: datetime = NOON) -> Content:
    """Report of one patient."""
    one = replace(edition_of(store, [patient_id], identified=identified), changes=None, made_at=now)
    return report("patient").build(next(one.each()))


def digest(store: Store, *, identified: bool = True, before: Memory | None = None) -> Content:
    """Digest of everybody."""
    return report("digest").build(edition_of(store, identified=identified, before=before))
