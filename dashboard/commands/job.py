"""``hepatrend job``: long work as rows of the store: start, see, cancel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dashboard.commands._options import WholeLines, json_option, store_option, tell

if TYPE_CHECKING:
    from analytics.store.working_state.jobs import Job


_JOBS = [
    {
        "job": "text", "kind": "text", "owner": "text", "state": "text", "stage": "text", "percent": "integer",
        "attempt": "integer", "result": "text",
    }
]  # fmt: skip


@click.group(cls=WholeLines)
def COMMAND() -> None:  # noqa: N802  the name that cli.py looks for
    """Start, list or cancel background jobs. They continue when the server stops."""


@COMMAND.command()
@click.argument("what", type=click.Choice(["analysis", "export"]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@store_option
@json_option(_JOBS)
def start(what: str, file: Path | None, store_url: str | None, as_json: bool) -> None:
    """Ask for a full analysis, or for the pseudonymised export of the cohort of FILE, unless it is of too few."""
    from analytics.store.working_state import jobs
    from dashboard.cohorts import export, worker
    from dashboard.study import open_study

    if (what == "export") != (file is not None):
        raise click.UsageError("export takes the FILE of a cohort, analysis takes none")
    study = open_study(store_url)
    store = study.store
    least = study.settings.cohort.small_cell  # the data set is pseudonymised
    body = {"text": export.definition_of(file).text, "least": least} if file else {}
    job_id = jobs.submit(store, "cohort_export" if file else "analysis", _user(), body)
    worker.start(study.config)
    _tell([job for job in jobs.recent(store) if job.job_id == job_id], as_json)


@COMMAND.command("list")
@store_option
@json_option(_JOBS)
def list_(store_url: str | None, as_json: bool) -> None:
    """Show jobs of the last week, the newest first; a worker is started where one waits and none is at work."""
    from analytics.store.working_state import jobs
    from dashboard.cohorts import worker
    from dashboard.study import open_study

    study = open_study(store_url)
    worker.revive(study.store, study.config)
    _tell(jobs.recent(study.store), as_json)


@COMMAND.command()
@click.argument("job_id")
@store_option
@json_option({"job": "text", "state": "text"})
def cancel(job_id: str, store_url: str | None, as_json: bool) -> None:
    """Take back a job that is not over; its worker stops at its next step."""
    from analytics.errors import InputError
    from analytics.store.working_state import jobs
    from dashboard.study import open_study

    store = open_study(store_url).store
    owner = next((job.owner for job in jobs.recent(store) if job.job_id == job_id), "")
    if not jobs.cancel(store, job_id, owner):
        raise InputError(f"no job {job_id} that waits or runs")
    tell({"job": job_id, "state": "cancelled"}, f"{job_id} cancelled", as_json)


def _tell(found: list[Job], as_json: bool) -> None:
    import json

    rows: list[dict[str, Any]] = [
        {
            "job": job.job_id, "kind": job.kind, "owner": job.owner, "state": job.state, "stage": job.stage,
            "percent": round(100 * job.share), "attempt": job.attempt, "result": job.result,
        }
        for job in found
    ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        click.echo("{job}  {kind}  {state}  {percent}%  {stage}  {result}".format(**row).rstrip())
    if not rows:
        click.echo("no jobs")


def _user() -> str:
    from analytics.ingest.importer import user

    return user()
