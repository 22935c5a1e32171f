"""One run of ``hepatrend report``: who, which report, which form, written where."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.errors import SettingsError
from analytics.report_changes import Memory, from_bytes, remember, to_bytes
from analytics.store.admin.outgoing import STANDARD_OUTPUT, target
from analytics.store.database.atomic_files import make_folder, write_whole
from dashboard.reporting.archive import stem
from dashboard.reporting.folder import Shelving, write_folder
from dashboard.reporting.formats import SUFFIX, render, with_tables
from dashboard.reporting.patient_lists import known, patients_of
from dashboard.reporting.report_input import Order, edition, ordered
from dashboard.reports import Report, report
from dashboard.reports._edition import versions_of_rules
from dashboard.reports._html import shared_files
from dashboard.study import Study

if TYPE_CHECKING:
    from analytics.store import Store

DONE, WARNED = 0, 3
Echo = Callable[..., Any]


@dataclass(frozen=True)
class Wish:
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
    workers: int = 1
    as_json: bool = False


def run(study: Study, wish: Wish, echo: Echo, now: datetime | None = None) -> int:
    """Make the report; returns the exit status.

    Raises:
        ReportRefused: none was made.
        SettingsError: no report, list or option of this name.
    """
    kind = report(wish.name)
    store, patients = study.store, _patients(study.store, kind, wish)
    order = ordered(study.config, patients, wish.listed or "", identified=not wish.keys)
    now = now or datetime.now(UTC)
    if wish.memory is not None:
        target(Path(wish.memory))
    key = store.key_of(patients[0]) if len(patients) == 1 else kind.name
    study.record("report", key=key, rows=len(patients), detail=f"{kind.name} {_told(order)}")
    if kind.of == "patient" and (wish.listed or len(order.patients) > 1):
        return _folder(study, kind, order, wish, now, echo)
    return _file(store, kind, order, wish, now, echo)


def _told(order: Order) -> str:
    return "identified" if order.identified else "pseudonymised"


def _patients(store: Store, kind: Report, wish: Wish) -> list[str]:
    if wish.listed and wish.patients:
        raise SettingsError("name patients or a list, not both")
    if wish.patients:
        return known(store, wish.patients)
    if wish.listed is None and kind.of == "patient":
        raise SettingsError("name a patient, or a list with --list")
    return patients_of(store, wish.listed or "all")


def _file(store: Store, kind: Report, order: Order, wish: Wish, now: datetime, echo: Echo) -> int:
    before = _remembered(wish)
    one = edition(store, order, now, before, since=wish.memory is not None or kind.of == "list")
    content = kind.build(next(one.each()) if kind.of == "patient" else one)
    if wish.out == STANDARD_OUTPUT.name:
        body = render(content, wish.form, "none" if wish.assets == "shared" else wish.assets)
        sys.stdout.buffer.write(body)
        if wish.as_json:
            echo(json.dumps(_said(wish, 1, content.warnings)), err=True)
        return WARNED if content.warnings else DONE
    path = target(_target(store, kind, order, wish, now))
    files = with_tables(content, path.stem, wish.form, wish.assets) if wish.tables else {}
    files |= {path.name: render(content, wish.form, wish.assets)}
    _shared(path.parent, wish)
    for name, body in files.items():
        write_whole(target(path.parent / name), body)
    if wish.memory is not None:
        write_whole(Path(wish.memory).absolute(), to_bytes(remember(one.analysis, versions_of_rules())))
    said = _said(wish, 1, content.warnings) | {"out": str(path)}
    return _tell(wish, said, f"{path} ({len(files[path.name]) / 1000:.0f} KB)", echo)


def _remembered(wish: Wish) -> Memory | None:
    path = Path(wish.memory) if wish.memory else None
    return from_bytes(path.read_bytes()) if path is not None and path.is_file() else None


def _target(store: Store, kind: Report, order: Order, wish: Wish, now: datetime) -> Path:
    """The named file; in a named folder a file with an opaque name."""
    out = Path(wish.out).absolute()
    if out.suffix and not out.is_dir():
        make_folder(out.parent)
        return out
    key = store.key_of(order.patients[0]) if kind.of == "patient" else store.key_of(f"list {order.of}")
    return make_folder(out) / f"{stem(kind.name, key, now)}.{SUFFIX[wish.form]}"


def _shared(folder: Path, wish: Wish) -> None:
    if wish.assets == "shared" and wish.form == "html":
        for name, text in shared_files().items():
            path = folder / name
            make_folder(path.parent)
            if not path.is_file():
                write_whole(path, text.encode())


def _folder(study: Study, kind: Report, order: Order, wish: Wish, now: datetime, echo: Echo) -> int:
    """One file a patient and an index, in constant memory."""
    import click

    folder = make_folder(Path(wish.out).absolute())
    _shared(folder, wish)
    how = Shelving(kind.name, wish.form, wish.assets, folder, now)
    with click.progressbar(length=1_000, label="reports", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        warnings = write_folder(
            study, order, how, workers=wish.workers, told=lambda done, of: bar.update(1_000 * done // of - bar.pos)
        )
    said = _said(wish, len(order.patients), warnings) | {"out": str(folder)}
    return _tell(wish, said, f"{folder} ({len(order.patients)} reports and index.html)", echo)


def _said(wish: Wish, reports: int, warnings: Iterable[str]) -> dict[str, Any]:
    return {"report": wish.name, "out": wish.out, "reports": reports, "warnings": list(warnings)}


def _tell(wish: Wish, said: dict[str, Any], made: str, echo: Echo) -> int:
    echo(json.dumps(said, ensure_ascii=False) if wish.as_json else made)
    for warning in () if wish.as_json else said["warnings"]:
        echo(f"warning: {warning}", err=True)
    return WARNED if said["warnings"] else DONE
