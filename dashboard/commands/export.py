"""``hepatrend export``: one canonical table as a file."""

from __future__ import annotations

from pathlib import Path

import click

from dashboard.commands._options import buckets_done, executor_options, json_option, store_option, tell

TABLES = (
    "labs",
    "events",
    "imaging",
    "patients",
    "points",
    "series",
    "responses",
    "scores",
    "findings",
    "near",
    "answers",
    "quarantine",
    "ledger",
)


@click.command()
@click.argument("table", type=click.Choice(TABLES))
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "parquet", "xlsx", "fhir", "omop"]),
    default=None,
    help="Default: as --out says.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write; - for the standard output.")
@click.option("--raw", is_flag=True, help="Leave text that a spreadsheet would run as a formula as it is.")
@click.option("--excel", is_flag=True, help="CSV as Excel wants it: with a byte order mark, lines ended by CR LF.")
@click.option("--settings", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Thresholds, TOML.")
@executor_options
@store_option
@json_option({"table": "text", "rows": "integer", "file": "text", "generation": "integer", "left_out": "object"})
def COMMAND(  # noqa: N802, PLR0913  the name that cli.py looks for; one parameter an option
    table: str,
    form: str | None,
    out: Path,
    raw: bool,
    excel: bool,
    settings: Path | None,
    executor: str | None,
    workers: int | None,
    scheduler: str,
    store_url: str | None,
    as_json: bool,
) -> None:
    """Write TABLE with true patient ids, atomically and for its owner alone. Text is made safe for spreadsheets.

    fhir (Observations, one a line) and omop (table measurement) are forms of labs.
    """
    import sys
    from collections import Counter

    from analytics.store.admin.export import Form, form_of, stream_table, write_table
    from analytics.store.admin.outgoing import STANDARD_OUTPUT, target
    from dashboard.study import open_study

    chosen = form_of(out, form)  # type: ignore[arg-type]
    to_output = out == STANDARD_OUTPUT
    if not to_output:
        target(out)
    study = open_study(store_url, settings=settings)
    left = Counter[str]()
    store = study.store
    made = Form(table, chosen, store.relative_clocks(), raw, excel)
    with buckets_done(len(store.bucket_tasks()), executor, workers, scheduler) as (engine, how):
        pieces = store.pieces(table, made.piece, engine, **how)
        if to_output:
            rows = stream_table(pieces, made, sys.stdout.buffer, left)
        else:
            rows = write_table(pieces, made, out, left)
    study.record("export", key=table, rows=rows, detail=table)
    said = {"table": table, "rows": rows, "file": str(out), "generation": store.generation, "left_out": dict(left)}
    tell(said, f"{rows:,} rows of {table} to {out}", as_json, err=to_output)
    if left and not as_json:
        click.echo("\n".join(f"left out {n:,}: {why}" for why, n in left.items()), err=to_output)
