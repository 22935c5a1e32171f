"""The report of a cohort that its page asks for, as a job of the worker: that of ``hepatrend report cohort``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from analytics.cohort.query.definition import parse
from analytics.cohort.query.run import run
from analytics.errors import ReportRefused
from analytics.store import Store
from analytics.store.working_state import jobs
from dashboard.cohorts import worker
from dashboard.config import Config
from dashboard.reporting.formats import render
from dashboard.reporting.patient_lists import worded_name
from dashboard.reporting.report_input import ordered, report_input
from dashboard.reports import report
from dashboard.wording import whole


def cohort_report(config: Config) -> jobs.Work:
    """One self-contained HTML file of the people of a question; identified only where the one who asked may see them.

    The job's body: ``text`` of the question, ``identified``.
    """

    def work(store: Store, job: jobs.Job, tell: jobs.Tell) -> Mapping[str, Any]:
        tell("reading", 0.05)
        definition = parse(str(job.body["text"]))
        order = ordered(config, (), worded_name(definition), identified=job.body.get("identified") is True)
        found = run(definition, store.all_patients()).patient_ids
        worker.enough(job, len(found))
        if len(found) > worker.MOST_REPORTED:
            raise ReportRefused(worker.too_many(len(found)))
        tell(f"analysing {whole(len(found))} patients", 0.3)
        order = replace(order, patients=found, group_by=definition.group_by)
        made = report_input(store, order, datetime.now(UTC), since=False)
        tell("writing", 0.7)
        body = render(report("cohort").build(made))
        path = worker.file_of(store, job.job_id, job.kind)
        with worker.private(path) as file:
            file.write(body)
        return {"patients": len(found), "bytes": len(body)}

    return work
