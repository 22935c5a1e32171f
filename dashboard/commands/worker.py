"""``hepatrend worker``: does long work that pages ask for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dashboard.commands._options import json_option, store_option, tell

if TYPE_CHECKING:
    from dashboard.study import Study


@click.command()
@click.option("--until-idle", is_flag=True, help="Stop when nothing waits, instead of waiting for more.")
@click.option("--settings", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Thresholds, TOML.")
@click.option(
    "--nice",
    type=click.IntRange(0, 19),
    default=0,
    show_default=True,
    help="How far it gives way to others on the processors; a page starts it with 10.",
)
@store_option
@json_option({"jobs": "integer"})
def COMMAND(  # noqa: N802  the name that cli.py looks for
    store_url: str | None, until_idle: bool, settings: Path | None, nice: int, as_json: bool
) -> None:
    """Run background jobs, such as imports and large exports that pages request.

    The page starts one itself where none runs.
    """
    from dashboard.deployment import logs, priority
    from dashboard.study import open_study

    study = open_study(store_url, settings=settings)
    logs.set_up(study.config)
    priority.give_way(nice)
    done = do_jobs(study, until_idle=until_idle)
    tell({"jobs": done}, f"{done} jobs done", as_json)


def do_jobs(study: Study, *, until_idle: bool) -> int:
    """All kinds of work that pages ask for, as it comes.

    Args:
        study: whose jobs they are.
        until_idle: stop when nothing waits.

    Returns:
        How many were done.
    """
    from dashboard.cohorts import worker
    from dashboard.deployment import signs
    from dashboard.importing import progress, service
    from dashboard.reporting.cohort_job import cohort_report

    more = {"cohort_report": cohort_report(study.config), progress.KIND: service.import_job(study.config)}

    def forget() -> None:
        service.forget_uploads(study.store, study.config)

    with signs.sign_of(study.store.place.folder, "worker"):
        return worker.serve(study.store, study.config, until_idle=until_idle, more=more, after=forget)
