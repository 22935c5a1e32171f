"""From a store to what a report is made of, saying at once what is wrong with the input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd

from analytics.analysis import Analysis, analyse
from analytics.errors import HepatrendError, ReportRefused
from analytics.settings import Settings
from analytics.since import Memory, compare
from dashboard.components.values import count_of
from dashboard.reports._edition import Edition, Source, names_for, sources_of, versions_of_rules

if TYPE_CHECKING:
    from analytics.store import Store

STALE_DAYS = 7
_MUCH_HELD = 0.2
"""Share of the results of a file beyond which the report says how many were held back."""


@dataclass(frozen=True)
class Order:
    """What is asked of one run.

    Attributes:
        patients: ids, sorted.
        of: name of the list.
        identified: whether ids, file names and free text may be shown; else opaque keys.
        settings: thresholds.
        stale_days: an input older than this is said to be stale.
    """

    patients: Sequence[str]
    of: str = ""
    identified: bool = False
    settings: Settings = field(default_factory=Settings)
    stale_days: int = STALE_DAYS


def edition(store: Store, order: Order, made_at: datetime, before: Memory | None = None, *, since: bool) -> Edition:
    """One Edition of all patients of the order.

    Args:
        store: where they are.
        order: who, and how to show them.
        made_at: UTC time of the run.
        before: what was kept of the last report.
        since: whether to compare with it.

    Raises:
        ReportRefused: there is nobody on the list, nothing was ever imported, or the analysis failed.
    """
    imports = _imports(store, order)
    analysis = computed(store.analysis(list(order.patients), order.settings))
    changes = compare(before, analysis, versions_of_rules()) if since else None
    return Edition(
        analysis=analysis,
        names=names_for(store, order.patients, identified=order.identified),
        made_at=made_at,
        sources=sources_of(imports),
        of=order.of,
        identified=order.identified,
        changes=changes,
        problems=problems_of(imports, made_at, order.stale_days),
        seen=_seen(store, order),
    )


def _seen(store: Store, order: Order) -> dict[str, str]:
    return {
        str(r["finding_id"]): f"{r['by'] if order.identified else 'seen'} on {r['utc']:%Y-%m-%d}"
        for r in store.seen_findings().to_dict("records")
    }


def by_bucket(store: Store, order: Order, made_at: datetime) -> Iterator[Edition]:
    """One Edition a patient, analysed a bucket at a time: one vectorised run each, and memory for one bucket only."""
    imports = _imports(store, order)
    sources, problems = sources_of(imports), problems_of(imports, made_at, order.stale_days)
    for ids in in_buckets(store, order.patients):
        panel = store.panel(ids)
        yield from Edition(
            analysis=computed(analyse(panel, order.settings)),
            names=names_for(store, ids, identified=order.identified),
            made_at=made_at,
            sources=sources,
            of=order.of,
            identified=order.identified,
            problems=problems,
        ).each()


def in_buckets(store: Store, patients: Sequence[str], most: int = 500) -> Iterator[list[str]]:
    """The patients in groups that lie together in the snapshot, at most 500 each."""
    manifest = store.manifest
    groups: dict[int, list[str]] = {}
    for patient_id in patients:
        groups.setdefault(manifest.bucket_of(patient_id), []).append(patient_id)
    for _, ids in sorted(groups.items()):
        for i in range(0, len(ids), most):
            yield ids[i : i + most]


def computed(analysis: Analysis) -> Analysis:
    """The analysis with every table computed, so that an error shows before anything is written.

    Raises:
        ReportRefused: a rule or a fit failed; names the kind of error and never a value.
    """
    try:
        analysis.tables()
    except HepatrendError:
        raise
    except Exception as error:
        raise ReportRefused(f"the analysis failed ({error.__class__.__name__}); no report was made") from error
    return analysis


def _imports(store: Store, order: Order) -> pd.DataFrame:
    if not order.patients:
        raise ReportRefused(f"there is nobody on the list {order.of!r}; no report was made")
    imports = store.imports()
    if imports.empty:
        raise ReportRefused("nothing was imported into this store; no report was made")
    return imports


def problems_of(imports: pd.DataFrame, made_at: datetime, stale_days: int) -> list[str]:
    """What is wrong with the input, in words."""
    said = []
    last = imports["imported_utc"].max()
    age = (pd.Timestamp(made_at).tz_localize(None) - last).days if not pd.isna(last) else 0
    if age >= stale_days:
        said.append(
            f"Stale input: nothing was imported for {count_of(age, 'day')} (last on {last:%Y-%m-%d}). "
            "Newer results are not in this report."
        )
    newest = imports.sort_values("import_id").drop_duplicates("file", keep="last")
    for row in newest.to_dict("records"):
        results, held = int(row["results_in"]), int(row["quarantined"])
        if results and held == results:
            said.append(f"Failed input: all {count_of(held, 'result')} of import {row['import_id']} were held back.")
        elif results and held / results > _MUCH_HELD:
            said.append(f"Import {row['import_id']}: {held} of {count_of(results, 'result')} were held back.")
    return said


__all__ = ["Edition", "Order", "Source", "by_bucket", "edition", "in_buckets", "problems_of"]
