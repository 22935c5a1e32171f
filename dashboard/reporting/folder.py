"""A folder of reports, one file a patient and an index: in constant memory, by as many processes as are asked for.

What a command writes to a folder and what a schedule publishes are the same files: both take them from
:func:`each_report` and :func:`index_of`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics import executors
from analytics.errors import ReportRefused
from analytics.executors import Progress
from analytics.store.database.atomic_files import write_whole
from dashboard.config import Config
from dashboard.reporting.archive import stem
from dashboard.reporting.formats import SUFFIX, render
from dashboard.reporting.report_input import Order, by_bucket, in_buckets, reader
from dashboard.reports import Content, report
from dashboard.reports._folder import index_page
from dashboard.reports._html import to_html
from dashboard.reports._report_input import ReportInput
from dashboard.study import Study, bind

if TYPE_CHECKING:
    from analytics.store import Store

Entry = tuple[str, str, dict[str, int]]
"""File name, name of the patient, counts of findings."""
SHARE = 50
"""Patients of one share: few enough that two processes end together, enough that a share is worth its start."""


@dataclass(frozen=True)
class Shelving:
    """How the reports of a folder look and where they lie.

    Attributes:
        kind: name of a report of one patient.
        form: html, text or pdf.
        assets: where scripts are: inline, shared or none.
        made_at: UTC time of the run.
        folder: where the files are written, where they are.
        at: UTC time that names the files; that of the run where none is given.
    """

    kind: str
    form: Any
    assets: Any
    made_at: datetime
    folder: Path = Path()
    at: datetime | None = None


@dataclass(frozen=True)
class _Share:
    """Patients of one process; names the store, so that it can be sent."""

    config: Config
    order: Order
    how: Shelving


def write_folder(
    study: Study, order: Order, how: Shelving, *, workers: int = 1, told: Progress | None = None
) -> list[str]:
    """Write one report a patient and ``index.html``, the index last.

    Args:
        study: where the patients are.
        order: who, and how to show them; at least one.
        how: looks and place.
        workers: processes.
        told: is told after each share how many are done, and of how many.

    Returns:
        Warnings about the input.

    Raises:
        ReportRefused: the list is empty, nothing was imported, or the analysis failed.
        ClusterError: processes end again and again.
    """
    if not order.patients:
        raise ReportRefused("the patient list is empty; no report was made")
    groups = list(in_buckets(study.store, order.patients, SHARE if workers > 1 else 1_000_000))
    shares = [_Share(study.config, replace(order, patients=ids), how) for ids in groups]
    if workers > 1:
        made = executors.run(_write_share, shares, "processes", workers=workers, told=told)
    else:
        made = executors.run(lambda share: _write(study.store, share.order, how), shares, told=told)
    entries = [entry for part, _ in made for entry in part]
    one = _any_edition(study.store, order, groups[-1][-1:], how)
    write_whole(how.folder / "index.html", to_html(index_of(entries, one, how), "none").encode())
    return made[-1][1]


@dataclass(frozen=True)
class OfPatient:
    """The report of one patient: its entry in the index, its file, and what it was made from."""

    entry: Entry
    body: bytes
    warnings: Sequence[str]
    made_from: ReportInput


def each_report(store: Store, order: Order, how: Shelving) -> Iterator[OfPatient]:
    """The report of each patient of the order, one after the other; nothing of the former one is kept."""
    view, kind = reader(store, order), report(how.kind)
    for one in by_bucket(store, order, how.made_at):
        content = kind.build(one)
        patient_id, shown = next(iter(one.names.items()))
        name = f"{stem(kind.name, view.key_of(patient_id), how.at or how.made_at)}.{SUFFIX[how.form]}"
        body = render(content, how.form, how.assets)
        yield OfPatient((name, shown, dict(content.counts)), body, content.warnings, one)


def index_of(entries: Sequence[Entry], one: ReportInput, how: Shelving) -> Content:
    """The index beside the reports; ``one`` is any of their inputs."""
    return index_page(entries, one, report(how.kind).title)


def _write_share(share: _Share) -> tuple[list[Entry], list[str]]:
    return _write(bind(share.config).store, share.order, share.how)


def _write(store: Store, order: Order, how: Shelving) -> tuple[list[Entry], list[str]]:
    """Entries of the index and the warnings that stand in every report."""
    entries: list[Entry] = []
    warnings: list[str] = []
    for made in each_report(store, order, how):
        # one sync of the folder at the end of the run is enough: the index is written last
        write_whole(how.folder / made.entry[0], made.body, sync_folder=False)
        entries.append(made.entry)
        warnings = list(made.warnings)
    return entries, warnings


def _any_edition(store: Store, order: Order, patients: list[str], how: Shelving) -> ReportInput:
    """What the index says of the run, which is the same in every report."""
    return next(by_bucket(store, replace(order, patients=patients), how.made_at))
