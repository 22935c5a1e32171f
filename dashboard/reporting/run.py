"""One run of ``hepatrend report``: who, which report, which form, written where."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.cohort.query.run import run as run_question
from analytics.errors import SettingsError
from analytics.executors import Executor, How, meant
from analytics.report_changes import Memory, from_bytes, remember, to_bytes
from analytics.store.admin.outgoing import STANDARD_OUTPUT, target
from analytics.store.database.atomic_files import make_folder, write_whole
from dashboard.cohorts.export import definition_of
from dashboard.reporting.archive import beside, stem
from dashboard.reporting.folder import Shelving, write_folder
from dashboard.reporting.formats import SUFFIX, render, with_tables
from dashboard.reporting.patient_lists import called, known, patients_of, worded_name
from dashboard.reporting.report_input import Order, ordered, reader, report_input
from dashboard.reports import Report, report
from dashboard.reports._html import shared_files
from dashboard.reports._report_input import versions_of_rules
from dashboard.study import Study

if TYPE_CHECKING:
    from analytics.store import Store

DONE, WARNED = 0, 3
Echo = Callable[..., Any]


@dataclass(frozen=True)
class ReportRequest:
    """What the command line asks for."""

    name: str
    patients: tuple[str, ...]
    listed: str | None
    out: str
    form: Any = "html"
    assets: Any = "inline"
    keys: bool = False
    tables: bool = False
    memory: str | None = None
    executor: str | None = None
    workers: int | None = None
    scheduler: str = ""
    as_json: bool = False
    question: str | None = None

    @property
    def spread(self) -> Executor:
        """The executor that is meant."""
        return meant(self.executor, self.workers, self.scheduler)


def run(study: Study, request: ReportRequest, echo: Echo, now: datetime | None = None) -> int:
    """Make the report; returns the exit status.

    Raises:
        ReportRefused: none was made.
        SettingsError: no report, list or option of this name.
    """
    kind = report(request.name)
    store = study.store
    order = _order(study, kind, request)
    patients = order.patients
    now = now or datetime.now(UTC)
    if request.memory is not None:
        target(Path(request.memory))
    key = store.key_of(patients[0]) if len(patients) == 1 else kind.name
    study.record("report", key=key, rows=len(patients), detail=f"{kind.name} {_told(order)}")
    if kind.of == "patient" and (request.listed or len(order.patients) > 1):
        return _folder(study, kind, order, request, now, echo)
    return _file(store, kind, order, request, now, echo)


def _told(order: Order) -> str:
    return "identified" if order.identified else "pseudonymised"


def _order(study: Study, kind: Report, request: ReportRequest) -> Order:
    """Whom the report is about: named patients, a list, or the patients of a question."""
    if request.question is None:
        patients = _patients(study.store, kind, request)
        of = called(study.store, request.listed or "", named=not request.keys)
        return ordered(study.config, patients, of, identified=not request.keys)
    if kind.name != "cohort" or request.patients or request.listed:
        raise SettingsError("--question is for the report cohort, without patients or a list")
    definition = definition_of(Path(request.question))
    found = run_question(definition, study.store.all_patients()).patient_ids
    order = ordered(study.config, found, worded_name(definition, masked=request.keys), identified=not request.keys)
    return replace(order, group_by=definition.group_by)


def _patients(store: Store, kind: Report, request: ReportRequest) -> list[str]:
    if request.listed and request.patients:
        raise SettingsError("name patients or a list, not both")
    if request.patients:
        return known(store, request.patients)
    if request.listed is None and kind.of == "patient":
        raise SettingsError("name a patient, or a list with --list")
    return patients_of(store, request.listed or "all")


def _file(store: Store, kind: Report, order: Order, request: ReportRequest, now: datetime, echo: Echo) -> int:
    before = _remembered(request)
    since = request.memory is not None or kind.of == "list"
    one = report_input(store, order, now, before, since=since, of_nobody=kind.of_nobody)
    path = None if request.out == STANDARD_OUTPUT.name else target(_target(store, kind, order, request, now))
    if path is not None and kind.of == "list":
        one = replace(one, beside=beside(path.parent, one.names, reader(store, order)))
    content = kind.build(next(one.each()) if kind.of == "patient" else one)
    if path is None:
        body = render(content, request.form, "none" if request.assets == "shared" else request.assets)
        sys.stdout.buffer.write(body)
        if request.as_json:
            echo(json.dumps(_said(request, 1, content.warnings)), err=True)
        return WARNED if content.warnings else DONE
    files = with_tables(content, path.stem, request.form, request.assets) if request.tables else {}
    files |= {path.name: render(content, request.form, request.assets)}
    _shared(path.parent, request)
    for name, body in files.items():
        write_whole(target(path.parent / name), body)
    if request.memory is not None:
        write_whole(Path(request.memory).absolute(), to_bytes(remember(one.analysis, versions_of_rules())))
    said = _said(request, 1, content.warnings) | {"out": str(path)}
    return _tell(request, said, f"{path} ({len(files[path.name]) / 1000:.0f} KB)", echo)


def _remembered(request: ReportRequest) -> Memory | None:
    path = Path(request.memory) if request.memory else None
    return from_bytes(path.read_bytes()) if path is not None and path.is_file() else None


def _target(store: Store, kind: Report, order: Order, request: ReportRequest, now: datetime) -> Path:
    """The named file; in a named folder a file with an opaque name."""
    out = Path(request.out).absolute()
    if out.suffix and not out.is_dir():
        make_folder(out.parent)
        return out
    if kind.of == "patient":
        key = reader(store, order).key_of(order.shown(order.patients[0]))
    else:
        key = store.key_of(f"list {order.of}")
    return make_folder(out) / f"{stem(kind.name, key, now)}.{SUFFIX[request.form]}"


def _shared(folder: Path, request: ReportRequest) -> None:
    if request.assets == "shared" and request.form == "html":
        for name, text in shared_files().items():
            path = folder / name
            make_folder(path.parent)
            if not path.is_file():
                write_whole(path, text.encode())


def _folder(study: Study, kind: Report, order: Order, request: ReportRequest, now: datetime, echo: Echo) -> int:
    """One file a patient and an index, in constant memory."""
    import click

    folder = make_folder(Path(request.out).absolute())
    _shared(folder, request)
    how = Shelving(kind.name, request.form, request.assets, now, folder)
    with click.progressbar(length=1_000, label="reports", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        spread: How = {
            "workers": request.workers,
            "address": request.scheduler if request.spread == "dask" else "",
            "told": lambda done, of: bar.update(1_000 * done // of - bar.pos),
        }
        warnings = write_folder(study, order, how, request.spread, **spread)
    said = _said(request, len(order.patients), warnings) | {"out": str(folder)}
    return _tell(request, said, f"{folder} ({len(order.patients)} reports and index.html)", echo)


def _said(request: ReportRequest, reports: int, warnings: Iterable[str]) -> dict[str, Any]:
    return {"report": request.name, "out": request.out, "reports": reports, "warnings": list(warnings)}


def _tell(request: ReportRequest, said: dict[str, Any], made: str, echo: Echo) -> int:
    echo(json.dumps(said, ensure_ascii=False) if request.as_json else made)
    for warning in () if request.as_json else said["warnings"]:
        echo(f"warning: {warning}", err=True)
    return WARNED if said["warnings"] else DONE
