"""Making the files of one scheduled run of a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics.cohort.small_cells import refuse_few
from analytics.errors import ReportRefused
from analytics.report_changes import Memory, from_bytes, remember, to_bytes
from analytics.store.working_state.schedules import Schedule
from dashboard.config import Config
from dashboard.reporting.archive import Published, schedule_stem
from dashboard.reporting.folder import Entry, Shelving, each_report, index_of
from dashboard.reporting.formats import SUFFIX, render
from dashboard.reporting.patient_lists import called, patients_of, question_of
from dashboard.reporting.report_input import Order, ordered, report_input
from dashboard.reports import Content, Report, report
from dashboard.reports._blocks import Say, Section
from dashboard.reports._html import shared_files, to_html
from dashboard.reports._report_input import ReportInput, software_version, versions_of_rules
from dashboard.reports._text import to_text
from dashboard.wording import prose

if TYPE_CHECKING:
    from analytics.store import Store


def name_of(store: Store, schedule: Schedule, scheduled_for: pd.Timestamp) -> str:
    """Name of the report's own file: the same for every try of one scheduled run."""
    kind = report(schedule.report)
    base = _stem(store, schedule, scheduled_for)
    return f"{base}/index.html" if kind.of == "patient" else f"{base}.{SUFFIX[schedule.form]}"


def _stem(store: Store, schedule: Schedule, scheduled_for: pd.Timestamp) -> str:
    return schedule_stem(
        schedule.report, schedule.name, store.key_of(f"schedule {schedule.name}"), scheduled_for.to_pydatetime()
    )


def make(store: Store, schedule: Schedule, scheduled_for: pd.Timestamp, now: pd.Timestamp, config: Config) -> Published:
    """Make the report of one scheduled run.

    Args:
        store: where the patients are.
        schedule: what to make.
        scheduled_for: which scheduled run; names the file.
        now: UTC time of the run; told in the report.
        config: thresholds, days after which an input is stale, keys of pseudonyms.

    Raises:
        ReportRefused: no report can be made from this input.
        QuestionError: it is of a question that cannot be asked, or of too few people for a pseudonymised report.
    """
    kind = report(schedule.report)
    patients = patients_of(store, schedule.list, named=schedule.identified)
    question = question_of(store, schedule.list)
    if question is not None and not schedule.identified:
        refuse_few(len(patients), store.settings.cohort.small_cell)
    order = ordered(
        config, patients, called(store, schedule.list, named=schedule.identified), identified=schedule.identified
    )
    if kind.of == "patient":
        return _many(store, kind, order, schedule, scheduled_for, now)
    body = _memory(store, schedule)
    one = report_input(store, order, now.to_pydatetime(), body, since=True, of_nobody=kind.of_nobody)
    content = kind.build(one)
    form: Any = schedule.form
    assets: Any = schedule.assets if schedule.assets != "shared" else "inline"
    return Published(
        files={name_of(store, schedule, scheduled_for): render(content, form, assets)},
        headline=content.headline,
        text=to_text(content),
        counts=content.counts,
        warnings=tuple(content.warnings),
        generation=one.panel.generation,
        # a list that is empty today must not make everything new tomorrow
        memory=to_bytes(remember(one.analysis, versions_of_rules())) if len(one.panel) else None,
    )


def _memory(store: Store, schedule: Schedule) -> Memory | None:
    from analytics.store.working_state.schedules import Schedules

    body = Schedules(store.working_state).memory(schedule.name)
    return None if body is None else from_bytes(body)


def _many(
    store: Store, kind: Report, order: Order, schedule: Schedule, scheduled_for: pd.Timestamp, now: pd.Timestamp
) -> Published:
    """One file a patient in a folder, and an index."""
    index = name_of(store, schedule, scheduled_for)
    folder = index.rpartition("/")[0]
    form: Any = schedule.form
    assets: Any = schedule.assets
    how = Shelving(kind.name, form, assets, now.to_pydatetime(), at=scheduled_for.to_pydatetime())
    files: dict[str, bytes] = {}
    entries: list[Entry] = []
    last: ReportInput | None = None
    for made in each_report(store, order, how):
        files[f"{folder}/{made.entry[0]}"] = made.body
        entries.append(made.entry)
        last = made.made_from
    if last is None:
        raise ReportRefused(f"the patient list {order.of!r} is empty; no report was made")
    if assets == "shared":
        files |= {f"{folder}/{n}": text.encode() for n, text in shared_files().items()}
    page = index_of(entries, last, how)
    counts = {"patients": len(entries)} | {
        name: sum(n.get(name, 0) for *_, n in entries) for name in ("findings", "new")
    }
    return Published(
        files={index: to_html(page, "none").encode()} | files,
        headline=f"hepatrend: {len(entries)} patient reports, {counts['new']} new findings",
        text=to_text(page),
        counts=counts,
        warnings=tuple(last.problems),
        generation=last.panel.generation,
    )


def notice(store: Store, schedule: Schedule, scheduled_for: pd.Timestamp, now: pd.Timestamp, why: str) -> Published:
    """What is delivered where no report could be made: that there is none, and why."""
    content = Content(
        title="hepatrend · no report was made",
        subtitle=prose(f"Schedule {schedule.name}, due {scheduled_for:%Y-%m-%d %H:%M} UTC"),
        sections=[
            Section(
                "What happened",
                [
                    Say(why, "lead"),
                    Say("No report was made for this date. Do not use an earlier report instead."),
                ],
            )
        ],
        footer=[("Software", f"hepatrend {software_version()}"), ("Report", schedule.report)],
        run=prose(f"Tried on {now:%Y-%m-%d at %H:%M:%S} UTC."),
        warnings=["No report was made."],
        headline="hepatrend: no report was made",
    )
    base = _stem(store, schedule, scheduled_for)
    files = {f"{base}-failed.html": to_html(content, "none").encode()}
    return Published(files, content.headline, to_text(content), warnings=tuple(content.warnings))
