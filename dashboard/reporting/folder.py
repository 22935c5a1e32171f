"""A folder of reports, one file a patient and an index: in constant memory, by processes of this machine or a cluster.

What a command writes to a folder and what a schedule publishes are the same files: both take them from
:func:`each_report` and :func:`index_of`.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from analytics import executors
from analytics.errors import ReportRefused
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
    study: Study, order: Order, how: Shelving, executor: executors.Executor = "serial", **spread: Unpack[executors.How]
) -> list[str]:
    """Write one report a patient and ``index.html``, the index last.

    Args:
        study: where the patients are.
        order: who, and how to show them; at least one.
        how: looks and place.
        executor: serial, processes, or dask, whose workers see the store's folder and need not see that of the reports.
        spread: workers, address and who is told, as for analytics.executors.run.

    Returns:
        Warnings about the input.

    Raises:
        ReportRefused: the list is empty, nothing was imported, or the analysis failed.
        ClusterError: the scheduler or its workers are away, or processes end again and again.
    """
    if not order.patients:
        raise ReportRefused("the patient list is empty; no report was made")
    groups = list(in_buckets(study.store, order.patients, 1_000_000 if executor == "serial" else SHARE))
    shares = [_Share(study.config, replace(order, patients=ids), how) for ids in groups]
    ways: dict[str, Callable[[_Share], _Part]] = {
        "serial": partial(_write_here, study.store),
        "processes": _write_share,
        "dask": _made_share,
    }
    entries, warnings = list[Entry](), list[str]()
    for part in executors.each(ways[executor], shares, executor, version=executors.code, **spread):
        for name, body in part.files:
            write_whole(how.folder / name, body, sync_folder=False)
        entries += part.entries
        warnings = part.warnings
    one = _any_edition(study.store, order, groups[-1][-1:], how)
    write_whole(how.folder / "index.html", to_html(index_of(entries, one, how), "none").encode())
    return warnings


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


@dataclass(frozen=True)
class _Part:
    """What was made of one share: entries of the index, the warnings of every report, and files still to be written."""

    entries: list[Entry]
    warnings: list[str]
    files: list[tuple[str, bytes]]


def _write_here(store: Store, share: _Share) -> _Part:
    return _part(store, share, keep=False)


def _write_share(share: _Share) -> _Part:
    return _part(bind(share.config).store, share, keep=False)


def _made_share(share: _Share) -> _Part:
    return _part(bind(share.config).store, share, keep=True)


def _part(store: Store, share: _Share, *, keep: bool) -> _Part:
    """The reports of a share, written where they are made, or kept for whoever writes them."""
    part = _Part([], [], [])
    with _libraries_out_of_sight():
        for made in each_report(store, share.order, share.how):
            if keep:
                part.files.append((made.entry[0], made.body))
            else:  # one sync of the folder at the end of the run is enough: the index is written last
                write_whole(share.how.folder / made.entry[0], made.body, sync_folder=False)
            part.entries.append(made.entry)
            part.warnings[:] = made.warnings
    return part


@contextmanager
def _libraries_out_of_sight() -> Iterator[None]:
    """What is loaded by now is not searched, again with every few reports, for objects that only hold each other."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _any_edition(store: Store, order: Order, patients: list[str], how: Shelving) -> ReportInput:
    """What the index says of the run, which is the same in every report."""
    return next(by_bucket(store, replace(order, patients=patients), how.made_at))
