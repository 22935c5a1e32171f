"""``hepatrend purge``: erase one person."""

from __future__ import annotations

import click

from dashboard.commands._options import json_option, store_option


@click.command()
@click.argument("patient")
@click.option("--reason", required=True, help="Why; kept in the audit log with the opaque key.")
@click.confirmation_option(prompt="This cannot be undone. Erase every row of this person?")
@store_option
@json_option({"key": "text", "rows_removed": "integer", "removed": "list", "backups": "list", "files": "list"})
def COMMAND(patient: str, reason: str, store_url: str | None, as_json: bool) -> None:  # noqa: N802
    """Permanently erase one patient, named by patient id or opaque key, from tables, snapshot, analyses, working state,
    published reports, results of jobs and uploads; name the backups that still hold them."""
    import json

    from dashboard.reporting.erasing import erase
    from dashboard.study import open_study

    study = open_study(store_url)
    done = erase(study, patient, reason)
    if as_json:
        click.echo(json.dumps(vars(done)))
        return
    click.echo(f"{done.rows_removed:,} rows erased; generation {study.store.generation}")
    for says in sorted(set(done.removed)):
        click.echo(f"{done.removed.count(says)} x {says} removed")
    for path in done.backups:
        click.echo(f"this backup still holds rows of the person: {path}")
    for path in done.files:
        click.echo(f"this file still names the person: {path}")
    click.echo("Files outside the store's folder (exports, delivered reports) are not known here.")
