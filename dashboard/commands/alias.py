"""``hepatrend alias``: two ids that are one person, and undoing that."""

from __future__ import annotations

import click

from dashboard.commands._options import json_option, store_option


@click.group()
def COMMAND() -> None:  # noqa: N802  the name that cli.py looks for
    """Show the results of one patient id under another. Nothing imported is changed; it can be undone."""


@COMMAND.command()
@click.argument("old")
@click.argument("new")
@click.option("--why", required=True, help="Reason, for the record.")
@store_option
def add(old: str, new: str, why: str, store_url: str) -> None:
    """Show results of OLD under NEW."""
    store = _store(store_url)
    store.merge(old, new, by=_user(), why=why)
    store.audit("merge", user=_user(), key=store.key_of(old), detail=f"into {store.key_of(new)}: {why}")
    click.echo(f"merged; generation {store.generation}")


@COMMAND.command()
@click.argument("old")
@click.option("--why", required=True, help="Reason, for the record.")
@store_option
def remove(old: str, why: str, store_url: str) -> None:
    """Show results of OLD under its own id again."""
    store = _store(store_url)
    store.unmerge(old, by=_user(), why=why)
    store.audit("unmerge", user=_user(), key=store.key_of(old), detail=why)
    click.echo(f"un-merged; generation {store.generation}")


@COMMAND.command("list")
@store_option
@json_option
def list_(store_url: str, as_json: bool) -> None:
    """Every merge and un-merge, oldest first."""
    frame = _store(store_url).aliases()
    if as_json:
        click.echo(frame.to_json(orient="records", date_format="iso"))
        return
    for row in frame.to_dict("records"):
        click.echo(f"{row['utc']:%Y-%m-%d %H:%M} {row['action']} {row['old_id']} -> {row['new_id']}: {row['why']}")


def _store(url: str):  # type: ignore[no-untyped-def]
    from analytics.store import open_store

    return open_store(url, create=False)


def _user() -> str:
    from analytics.ingest.importer import user

    return user()
