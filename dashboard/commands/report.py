"""``hepatrend report NAME``: one report, now."""

from __future__ import annotations

import click

from dashboard.commands._options import executor_options, json_option, store_option


@click.command()
@click.argument("name")
@click.argument("patients", nargs=-1)
@store_option
@click.option("--list", "listed", help="A list of patients: all, a site's name, or file:PATH with one id a line.")
@click.option(
    "--question", type=click.Path(exists=True, dir_okay=False), help="Patients of this cohort file; for cohort."
)
@click.option(
    "--out", required=True, type=click.Path(), help="A file, - for the standard output, or a folder for many patients."
)
@click.option("--form", type=click.Choice(["html", "text", "pdf"]), default="html", show_default=True)
@click.option(
    "--assets",
    type=click.Choice(["inline", "shared", "none"]),
    default="inline",
    show_default=True,
    help="Scripts inside each file, in one folder beside all files, or none.",
)
@click.option(
    "--pseudonymised",
    "--keys",
    "keys",
    is_flag=True,
    help="Pseudonyms, dates moved by whole weeks, no file names, no free text.",
)
@click.option("--tables", is_flag=True, help="Write the report's tables as CSV beside it too.")
@executor_options
@click.option("--since", "memory", type=click.Path(), help="File that keeps what the next report compares with.")
@json_option({"report": "text", "out": "text", "reports": "integer", "warnings": "list"})
def COMMAND(  # noqa: N802, PLR0913  the name that cli.py looks for; one parameter an option
    name: str,
    patients: tuple[str, ...],
    store_url: str | None,
    listed: str | None,
    question: str | None,
    out: str,
    form: str,
    assets: str,
    keys: bool,
    tables: bool,
    memory: str | None,
    executor: str | None,
    workers: int | None,
    scheduler: str,
    as_json: bool,
) -> None:
    """Generate a report: patient, digest or cohort. Those of many patients can be made by processes or a cluster.

    Exit status: 0 made; 3 made, with a warning about the input at its top; 1 none made.
    """
    from dashboard.reporting.run import ReportRequest, run
    from dashboard.study import open_study

    request = ReportRequest(
        name, patients, listed, out, form, assets, keys=keys, tables=tables, memory=memory, executor=executor,
        workers=workers, scheduler=scheduler, as_json=as_json, question=question,
    )  # fmt: skip
    raise SystemExit(run(open_study(store_url), request, click.echo))
