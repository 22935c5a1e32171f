"""From a store to what a report is made of, saying at once what is wrong with the input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd

from analytics.analysis import Analysis, analyse
from analytics.errors import HepatrendError, ReportRefused, SettingsError
from analytics.panel import Panel
from analytics.pseudonyms import Pseudonyms
from analytics.report_changes import Memory, compare
from analytics.tables import LABS, RELATIVE_ORIGIN
from dashboard.config import Config
from dashboard.reports._report_input import OLD_DAYS, ReportInput, end_of_week, sources_of, versions_of_rules, week_of
from dashboard.security.keys import pseudonyms_of
from dashboard.security.pseudonymised import PseudonymisedStore
from dashboard.wording import count_of, day_in_prose

if TYPE_CHECKING:
    from analytics.store import ReadStore, Store

STALE_DAYS = 7
GROUP = 200
"""Patients of a folder of reports that are analysed in one run: enough that the run is fast, few enough for memory."""
_MUCH_HELD = 0.2
"""Share of the results of a file beyond which the report says how many were quarantined."""


@dataclass(frozen=True)
class Order:
    """What is asked of one run.

    Attributes:
        patients: ids, sorted.
        of: name of the list.
        identified: whether ids, true dates, file names and free text may be shown.
        stale_days: an input older than this is said to be stale.
        old_days: a report says so where the newest data are older than this.
        group_by: what the patients of a cohort are grouped by.
        pseudonyms: names and shifts of dates for who may not see the true ones; needed unless ``identified``.
    """

    patients: Sequence[str]
    of: str = ""
    identified: bool = False
    stale_days: int = STALE_DAYS
    old_days: int = OLD_DAYS
    pseudonyms: Pseudonyms | None = None
    group_by: str = "none"

    def shown(self, patient_id: str) -> str:
        """What the report calls a patient: the id, or the pseudonym where one is needed."""
        return patient_id if self.pseudonyms is None else self.pseudonyms.name(patient_id)


def ordered(config: Config, patients: Sequence[str], of: str, *, identified: bool) -> Order:
    """The order of these patients with, where they are needed, the pseudonyms of a site."""
    return Order(
        patients=patients,
        of=of,
        identified=identified,
        stale_days=config.stale_days,
        old_days=config.old_data_days,
        pseudonyms=None if identified else pseudonyms_of(config),
    )


def reader(store: ReadStore, order: Order) -> ReadStore:
    """The store as the reader of this order may see it; what is a view already stays as it is.

    Raises:
        SettingsError: a whole store, a reader who may not see who is who, and no pseudonyms.
    """
    from analytics.store import Store

    if order.identified or not isinstance(store, Store):
        return store
    if order.pseudonyms is None:
        raise SettingsError("a report without identified data needs the pseudonyms of this installation")
    return PseudonymisedStore(store, order.pseudonyms)


def report_input(
    store: Store,
    order: Order,
    made_at: datetime,
    before: Memory | None = None,
    *,
    since: bool,
    of_nobody: bool = False,
) -> ReportInput:
    """One ReportInput of all patients of the order.

    Args:
        store: where they are.
        order: who, and how to show them.
        made_at: UTC time of the run.
        before: what was kept of the last report.
        since: whether to compare with it.
        of_nobody: whether the list or the store may be empty, which the report then says.

    Raises:
        ReportRefused: the list is empty or nothing was ever imported, and neither may be; or the analysis failed.
    """
    imports = store.imports() if of_nobody else _imports(store, order)
    view = reader(store, order)
    ids = order.patients if view is store else [order.shown(p) for p in order.patients]
    analysis = computed(lambda: view.analysis(list(ids)))
    if before is not None and not order.identified and set(before.patients) & set(order.patients):
        before = None  # kept of a report that named people: pseudonyms have nothing in common with it
    changes = compare(before, analysis, versions_of_rules()) if since else None
    return replace(
        _empty(store, order, imports, made_at),
        analysis=analysis,
        names=_names(analysis),
        changes=changes,
        seen=_seen(view, order),
        merges=view.merges(),
    )


def _empty(store: ReadStore, order: Order, imports: pd.DataFrame, made_at: datetime) -> ReportInput:
    """What all report_inputs of one run have in common."""
    return ReportInput(
        analysis=Analysis(Panel.of(LABS.empty()), store.settings),
        names={},
        made_at=made_at,
        sources=sources_of(imports),
        of=order.of,
        identified=order.identified,
        problems=problems_of(imports, made_at, order.stale_days),
        old_days=order.old_days,
        group_by=order.group_by,
        up_to=None if order.identified else _week(store),
        week_end=None if order.identified else _week_end(store),
    )


def _week(store: ReadStore) -> str:
    """All that is told of the true cut-off where dates are moved: its week, to who may know it at all."""
    from analytics.store import Store

    return week_of(store.panel([]).as_of) if isinstance(store, Store) else "not told, as dates are moved"


def _week_end(store: ReadStore) -> pd.Timestamp | None:
    """The last day of that week, to the same readers."""
    from analytics.store import Store

    as_of = store.panel([]).as_of if isinstance(store, Store) else RELATIVE_ORIGIN
    return None if as_of == RELATIVE_ORIGIN else end_of_week(as_of)


def _names(analysis: Analysis) -> dict[str, str]:
    """Each patient under the id of the panel, which is a pseudonym where it must be."""
    return {p: p for p in analysis.panel.patient_ids.tolist()}


def _seen(store: ReadStore, order: Order) -> dict[str, str]:
    return {
        str(r["finding_id"]): f"reviewed by {r['by']} on {day_in_prose(r['utc'])}" if order.identified else "reviewed"
        for r in store.seen_findings().to_dict("records")
    }


def by_bucket(store: Store, order: Order, made_at: datetime) -> Iterator[ReportInput]:
    """One ReportInput a patient, analysed a group at a time: one vectorised run each, and memory for one group only."""
    view = reader(store, order)
    common = replace(_empty(store, order, _imports(store, order), made_at), merges=view.merges())
    for ids in in_buckets(store, order.patients):
        yield from _of_group(store, view, order, common, ids)


def _of_group(
    store: Store, view: ReadStore, order: Order, common: ReportInput, ids: list[str]
) -> Iterator[ReportInput]:
    # a function of its own, so that nothing of a group is held while the next one is computed
    raw = computed(lambda: analyse(store.panel(ids), store.settings))
    analysis = view.disguised(raw) if isinstance(view, PseudonymisedStore) else raw
    yield from replace(common, analysis=analysis, names=_names(analysis)).each()


def in_buckets(store: Store, patients: Sequence[str], most: int = GROUP) -> Iterator[list[str]]:
    """The patients in groups that lie together in the snapshot, at most ``most`` each."""
    manifest = store.manifest
    groups: dict[int, list[str]] = {}
    for patient_id in patients:
        groups.setdefault(manifest.bucket_of(patient_id), []).append(patient_id)
    for _, ids in sorted(groups.items()):
        for i in range(0, len(ids), most):
            yield ids[i : i + most]


def computed(make: Callable[[], Analysis]) -> Analysis:
    """The analysis with every table computed, so that an error shows before anything is written.

    Raises:
        ReportRefused: a rule or a fit failed; names the kind of error and never a value.
    """
    try:
        analysis = make()
        analysis.tables()
    except HepatrendError:
        raise
    except Exception as error:
        raise ReportRefused(f"the analysis failed ({error.__class__.__name__}); no report was made") from error
    return analysis


def _imports(store: Store, order: Order) -> pd.DataFrame:
    if not order.patients:
        raise ReportRefused(f"the patient list {order.of!r} is empty; no report was made")
    imports = store.imports()
    if imports.empty:
        raise ReportRefused("nothing was imported into this store; no report was made")
    return imports


def problems_of(imports: pd.DataFrame, made_at: datetime, stale_days: int) -> list[str]:
    """What is wrong with the input, in words."""
    if imports.empty:
        return ["Nothing was imported into this store."]
    said = []
    last = imports["imported_utc"].max()
    age = (pd.Timestamp(made_at).tz_localize(None) - last).days if not pd.isna(last) else 0
    if age >= stale_days:
        said.append(
            f"Stale input: nothing was imported for {count_of(age, 'day')} (last on {day_in_prose(last)}). "
            "Newer results are not in this report."
        )
    newest = imports.sort_values("import_id").drop_duplicates("file", keep="last")
    for row in newest.to_dict("records"):
        results, held = int(row["results_in"]), int(row["quarantined"])
        if results and held == results:
            said.append(f"Failed input: all {count_of(held, 'result')} of import {row['import_id']} were quarantined.")
        elif results and held / results > _MUCH_HELD:
            said.append(f"Import {row['import_id']}: {held} of {count_of(results, 'result')} were quarantined.")
    return said
