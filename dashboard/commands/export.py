"""``hepatrend export``: one canonical table as a file."""

from __future__ import annotations

from pathlib import Path

import click

from dashboard.commands._options import json_option, store_option

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
    "--format", "form", type=click.Choice(["csv", "parquet", "xlsx", "fhir", "omop"]), default="csv", show_default=True
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write.")
@click.option("--raw", is_flag=True, help="Leave text that a spreadsheet would run as a formula as it is.")
@click.option("--settings", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Thresholds, TOML.")
@store_option
@json_option
def COMMAND(  # noqa: N802  the name that cli.py looks for
    table: str, form: str, out: Path, raw: bool, settings: Path | None, store_url: str, as_json: bool
) -> None:
    """Write TABLE with true patient ids, atomically and for its owner alone. Text is made safe for spreadsheets.

    fhir (Observations, one a line) and omop (table measurement) are forms of labs.
    """
    import json
    from collections import Counter

    from analytics import settings as thresholds
    from analytics.store import open_store
    from analytics.store.exporting import write_table

    chosen = thresholds.load(settings) if settings else thresholds.Settings()
    store = open_store(store_url, create=False)
    left = Counter[str]()
    rows = write_table(
        table,
        store.pieces(table, chosen),
        form,  # type: ignore[arg-type]
        out,
        clocks=store.relative_clocks(),
        raw=raw,
        left_out=left,
    )
    store.audit("export", user=_user(), rows=rows, detail=table)
    said = {"table": table, "rows": rows, "file": str(out), "generation": store.generation, "left_out": dict(left)}
    click.echo(json.dumps(said) if as_json else f"{rows:,} rows of {table} to {out}")
    if left and not as_json:
        click.echo("\n".join(f"left out {n:,}: {why}" for why, n in left.items()))


def _user() -> str:
    from analytics.ingest.take import user

    return user()
