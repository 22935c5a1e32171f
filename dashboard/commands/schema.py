"""``hepatrend schema``: the JSON Schema of a canonical table, for programs that write or read our files."""

from __future__ import annotations

import click

from dashboard.commands._options import json_option, tell


@click.command()
@click.argument("table", required=False)
@json_option('JSON Schema; without a name [{"name": text, "says": text}]')
def COMMAND(table: str | None, as_json: bool) -> None:  # noqa: N802  the name that cli.py looks for
    """JSON Schema of a canonical table; without a name, the names of all tables."""
    import json

    from analytics.table_schema import schema_of
    from analytics.tables import TABLES

    if table is None:
        rows = [{"name": name, "says": t.says} for name, t in TABLES.items()]
        tell(rows, "\n".join("{name:12} {says}".format(**row) for row in rows), as_json)
        return
    if table not in TABLES:
        raise click.UsageError(f"unknown table {table!r}. Available: {', '.join(TABLES)}")
    click.echo(json.dumps(schema_of(TABLES[table]), indent=2, ensure_ascii=False))
