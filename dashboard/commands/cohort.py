"""``hepatrend cohort``: ask a question; run, compare and export a cohort that a small text file describes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dashboard.commands._options import WholeLines, buckets_done, executor_options, json_option, store_option, tell

if TYPE_CHECKING:
    from analytics.analysis import Analysis
    from analytics.cohort.query.definition import Definition
    from analytics.cohort.query.run import Result
    from analytics.executors import Executor
    from dashboard.study import Study

_PROVENANCE = {
    "generation": "integer", "data_up_to": "time or null", "settings": "text", "definition": "text",
    "format": "integer",
}  # fmt: skip
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(cls=WholeLines)
def COMMAND() -> None:  # noqa: N802  the name that cli.py looks for
    """Query, compare or export a cohort. The text form is explained in docs/cohort.md."""


@COMMAND.command()
@click.argument("file", type=_FILE)
@click.option("--keep", type=click.Path(dir_okay=False, path_type=Path), help="Write the run here for a later diff.")
@executor_options
@store_option
@json_option(
    {
        "definition": "object",
        "provenance": _PROVENANCE,
        "steps": [{"says": "text", "patients": "integer", "occurrences": "integer"}],
        "patients": "list",
        "rows": "list",
    }
)
def run(
    file: Path,
    keep: Path | None,
    executor: str | None,
    workers: int | None,
    scheduler: str,
    store_url: str | None,
    as_json: bool,
) -> None:
    """Run the cohort of FILE (text, or .json) and print who, values, dates and the number left at each step.

    One bucket of the store is in memory at a time, so that a store may be larger than that.
    """
    from analytics.store.admin.outgoing import target, write_out
    from dashboard.cohorts import export as exports
    from dashboard.cohorts.in_buckets import run_in_buckets
    from dashboard.cohorts.text import run_text
    from dashboard.study import open_study

    if keep:
        target(keep)
    definition, study = exports.definition_of(file), open_study(store_url)
    with buckets_done(len(study.store.bucket_tasks()), executor, workers, scheduler) as (chosen, how):
        result = run_in_buckets(definition, study.store, chosen, **how)
    study.record("view_cohort", key=definition.digest, rows=len(result.patient_ids))
    document = json.dumps(result.to_json(), indent=2, ensure_ascii=False)
    if keep:
        write_out(keep, f"{document}\n".encode())
    click.echo(document if as_json else run_text(result))


@COMMAND.command()
@click.argument("kept", type=_FILE)
@store_option
@json_option(
    {
        "entered": "list",
        "left": "list",
        "stayed": "integer",
        "changed": "list",
        "same_question": "yes/no",
        "old": _PROVENANCE,
        "new": _PROVENANCE,
    }
)
def diff(kept: Path, store_url: str | None, as_json: bool) -> None:
    """Run the cohort of a KEPT run again on today's data: who entered, who left, whose past values changed."""
    from analytics.cohort.query.definition import from_json
    from analytics.cohort.query.diff import diff as difference
    from analytics.errors import QuestionError
    from dashboard.cohorts import export as exports
    from dashboard.cohorts.text import diff_text
    from dashboard.study import open_study

    old = exports.json_of(kept.read_text("utf-8"), kept.name)
    definition = old.get("definition")
    if not isinstance(definition, dict):
        raise QuestionError(f"{kept.name} is not a kept run: write one with hepatrend cohort run FILE --keep OUT")
    study = open_study(store_url)
    found = difference(old, _run(from_json(definition), study, _all_patients(study, "serial", {})))
    click.echo(json.dumps(found.to_json(), indent=2, ensure_ascii=False) if as_json else diff_text(found))


@COMMAND.command()
@click.argument("file", type=_FILE)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="New or empty folder.")
@click.option("--format", "form", type=click.Choice(["csv", "parquet", "meds"]), default="csv", show_default=True)
@click.option("--extras", is_flag=True, help="P_ALT and percentiles too, in a table of their own; not for meds.")
@click.option("--study", default=None, help="Name of the study that pseudonyms and dates are made for.")
@click.option("--identified", is_flag=True, help="Real ids, dates and texts. Without it everything is pseudonymised.")
@executor_options
@store_option
@json_option({"folder": "text", "files": "list", "patients": "integer", "identified": "yes/no"})
def export(  # noqa: PLR0913  one parameter an option
    file: Path,
    out: Path,
    form: str,
    extras: bool,
    study: str | None,
    identified: bool,
    executor: str | None,
    workers: int | None,
    scheduler: str,
    store_url: str | None,
    as_json: bool,
) -> None:
    """Write the data of the cohort of FILE: tables, dictionary, and code that reads them in pandas and R.

    meds is the Medical Event Data Standard 0.4, which ehrdata and others read. Of fewer patients than
    cohort.small_cell no pseudonymised data set is made, as on the page. One bucket of the store is in memory at a time.
    """
    from dataclasses import replace
    from datetime import UTC, datetime

    from analytics.cohort.export import bundle
    from analytics.cohort.meds import MedsSet
    from analytics.cohort.small_cells import refuse_few
    from dashboard.cohorts import export as exports
    from dashboard.security.keys import pseudonyms_of
    from dashboard.study import open_study

    bound = open_study(store_url)
    definition = exports.definition_of(file)
    with buckets_done(len(bound.store.bucket_tasks()), executor, workers, scheduler) as (chosen, how):
        result = _run(definition, bound, _all_patients(bound, chosen, how))
        if chosen != "serial":  # the question was spread; what the tables need beside it takes less than new processes
            result = replace(result, analysis=_all_patients(bound, "serial", {}))
        if not identified:
            refuse_few(len(result.patient_ids), bound.settings.cohort.small_cell)
        names = None if identified else pseudonyms_of(bound.config, study)
        bound.record("export", key="cohort", rows=len(result.patient_ids), detail=_told(identified))
        if form == "meds":
            written = exports.write_meds(MedsSet(result, names, datetime.now(UTC)), out)
        else:
            written = exports.write(bundle(result, names, more=extras), out, "parquet" if form == "parquet" else "csv")
    files = [str(path.relative_to(out)) for path in written]
    said = {"folder": str(out), "files": files, "patients": len(result.patient_ids)}
    text = f"{len(written)} files in {out}, {_told(identified)}"
    tell(said | {"identified": identified}, text, as_json)


def _told(identified: bool) -> str:
    return "identified" if identified else "pseudonymised"


@COMMAND.command()
@click.argument("question")
@click.option("--explain", is_flag=True, help="Every word that was not used, and whether it could matter.")
@store_option
@json_option(
    {
        "understood": "text or null",
        "choices": [{"sentence": "text", "patients": "integer or null"}],
        "unused": "list",
        "patients": "integer or null",
        "refused": "text or null",
        "nearest": "text or null",
    }
)
@click.pass_context
def ask(context: click.Context, question: str, explain: bool, store_url: str | None, as_json: bool) -> None:
    """Answer a QUESTION in your own words: first the exact sentence it was understood as, then steps and patients.

    Ends with 0 where it was answered, 3 where there are sentences to choose from, 1 where it was refused.
    """
    from analytics.cohort.query.interpreter import interpret
    from dashboard.cohorts.text import asked_text
    from dashboard.study import open_study

    study = open_study(store_url)
    analysis = study.store.all_patients()
    found = interpret(question, analysis)
    study.record("view_cohort", key="ask", rows=found.understood.patients if found.understood else None)
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=2, ensure_ascii=False))
    else:
        click.echo(asked_text(found, analysis, explain=explain))
    context.exit(0 if found.understood else 3 if found.choices else 1)


def _all_patients(study: Study, executor: Executor, how: dict[str, Any]) -> Analysis:
    """All patients, asked a bucket at a time; of a store without patients, none."""
    store = study.store
    return store.scattered(executor=executor, **how) if store.bucket_tasks() else store.analysis()


def _run(definition: Definition, study: Study, analysis: Analysis) -> Result:
    from analytics.cohort.query.run import run as run_cohort

    result = run_cohort(definition, analysis)
    study.record("view_cohort", key=definition.digest, rows=len(result.patient_ids))
    return result
