"""``hepatrend purge``: erase one person."""

from __future__ import annotations

import click

from dashboard.commands._options import json_option, store_option


@click.command()
@click.argument("key")
@click.option("--reason", required=True, help="Why; kept in the audit log with the opaque key.")
@click.confirmation_option(prompt="This cannot be undone. Erase every row of this person?")
@store_option
@json_option
def COMMAND(key: str, reason: str, store_url: str | None, as_json: bool) -> None:  # noqa: N802
    """Erase the person behind an opaque patient KEY from tables, snapshot and analyses; name backups that remain."""
    import json

    from analytics.store.purging import backups_with
    from analytics.store.purging_desk import files_with
    from dashboard.study import open_study

    study = open_study(store_url)
    store = study.store
    patient_id = store.patient_of(key)
    ids = [patient_id, *store.former_ids(patient_id)]
    study.record("purge", key=key, detail=reason)
    removed = store.purge(patient_id, reason)
    backups = [str(path) for path in backups_with(store.place, ids)]
    files = [str(path) for path in files_with(store.place, ids)]
    if as_json:
        click.echo(json.dumps({"key": key, "rows_removed": removed, "backups": backups, "files": files}))
        return
    click.echo(f"{removed:,} rows erased; generation {store.generation}")
    for path in backups:
        click.echo(f"this backup still holds rows of the person: {path}")
    for path in files:
        click.echo(f"this file still names the person: {path}")
    click.echo("Files outside the store's folder (exports, delivered reports) are not known here.")
