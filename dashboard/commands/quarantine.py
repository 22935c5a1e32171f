"""``hepatrend quarantine``: see, write out, dismiss and read again what was held back."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dashboard.commands._options import json_option, store_option


@click.group()
def COMMAND() -> None:  # noqa: N802  the name that cli.py looks for
    """Results held back at import, each with file, line, column, cell and reason."""


@COMMAND.command("list")
@click.option("--reason", default=None, help="Only rows of this reason.")
@click.option("--file", default=None, help="Only rows of this file.")
@click.option("--rows", type=click.IntRange(0), default=20, show_default=True, help="Rows to show below the counts.")
@store_option
@json_option
def list_(reason: str | None, file: str | None, rows: int, store_url: str, as_json: bool) -> None:
    """Open rows: how many by file and reason, then the first of them."""
    from analytics.ingest import quarantine_summary
    from analytics.store import open_store

    held = open_store(store_url, create=False).quarantine(reason=reason, file=file)
    click.echo(quarantine_summary.as_json(held) if as_json else quarantine_summary.as_text(held, rows))


@COMMAND.command()
@click.option("--reason", default=None)
@click.option("--file", default=None)
@click.option("--all", "everything", is_flag=True, help="Resolved and dismissed rows too.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@store_option
def export(reason: str | None, file: str | None, everything: bool, out: Path, store_url: str) -> None:
    """Write rows with their reasons as CSV."""
    from analytics.ingest import quarantine_summary
    from analytics.store import open_store

    held = open_store(store_url, create=False).quarantine(reason=reason, file=file, include_resolved=everything)
    quarantine_summary.write_csv(held, out)
    click.echo(f"{len(held):,} rows to {out}")


@COMMAND.command()
@click.argument("ids", nargs=-1, type=int)
@click.option("--reason", default=None, help="All open rows of this reason.")
@click.option("--file", default=None, help="All open rows of this file.")
@click.option("--why", required=True, help="Why they are dismissed; kept for good.")
@store_option
def dismiss(ids: tuple[int, ...], reason: str | None, file: str | None, why: str, store_url: str) -> None:
    """Close rows by number, or all of a reason and file. They stay on record with who, when and why."""
    from analytics.ingest import importer
    from analytics.store import open_store

    store = open_store(store_url, create=False)
    if not ids and not (reason or file):
        raise click.UsageError("give numbers of rows, --reason or --file")
    chosen = list(ids) or store.quarantine(reason=reason, file=file)["quarantine_id"].astype(int).tolist()
    click.echo(f"{store.dismiss(chosen, importer.user(), why):,} rows dismissed")


@COMMAND.command()
@click.argument("ids", nargs=-1, type=int, required=True)
@click.option("--why", required=True, help="Why the values are right; kept for good.")
@store_option
def accept(ids: tuple[int, ...], why: str, store_url: str) -> None:
    """Show stored results that are kept out of view for their unit (UNIT_SUSPECT): their values are right."""
    from analytics.ingest import importer
    from analytics.store import open_store

    click.echo(f"{open_store(store_url, create=False).accept(ids, importer.user(), why):,} results are shown again")


@COMMAND.command()
@click.argument("path", type=click.Path())
@click.option("--profile", required=True, help="The profile with the rule that was added.")
@click.option("--encoding", default=None)
@store_option
def retry(path: str, profile: str, encoding: str | None, store_url: str) -> None:
    """Read a file again with a better profile: rows understood now are stored; the old ones keep their trace."""
    from analytics.ingest import importer
    from analytics.store import open_store

    options = importer.Options(profile=profile, encoding=encoding, by=importer.user())
    outcomes = importer.import_all([path], open_store(store_url, create=False), options)
    click.echo(importer.as_text(outcomes))
    sys.exit(importer.exit_code(outcomes))
