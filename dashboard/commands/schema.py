"""``hepatrend schema``: the JSON Schema of a canonical table, for programs that write or read our files."""

from __future__ import annotations

import click


@click.command()
@click.argument("table", required=False)
def COMMAND(table: str | None) -> None:  # noqa: N802  the name that cli.py looks for
    """JSON Schema of a canonical table; without a name, the names of all tables."""
    import json

    from analytics.table_schema import schema_of
    from analytics.tables import TABLES

    if table is None:
        click.echo("\n".join(f"{name:12} {t.says}" for name, t in TABLES.items()))
        return
    if table not in TABLES:
        raise click.UsageError(f"unknown table {table!r}. Available: {', '.join(TABLES)}")
    click.echo(json.dumps(schema_of(TABLES[table]), indent=2, ensure_ascii=False))
