"""``hepatrend quarantine``: see, write out, dismiss and read again what was quarantined."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dashboard.commands._options import WholeLines, json_option, store_option, tell
from dashboard.commands.import_ import RECEIPTS


@click.group(cls=WholeLines)
def COMMAND() -> None:  # noqa: N802  the name that cli.py looks for
    """List, retry, dismiss or export quarantined rows."""


@COMMAND.command("list")
@click.option("--reason", default=None, help="Only rows of this reason.")
@click.option("--file", default=None, help="Only rows of this file.")
@click.option("--rows", type=click.IntRange(0), default=20, show_default=True, help="Rows to show below the counts.")
@store_option
@json_option(["object, a row of the table quarantine"])
def list_(reason: str | None, file: str | None, rows: int, store_url: str | None, as_json: bool) -> None:
    """Open rows: how many by file and reason, then the first of them."""
    from analytics.ingest import quarantine_summary
    from dashboard.study import open_study

    held = open_study(store_url).store.quarantine(reason=reason, file=file)
    click.echo(quarantine_summary.as_json(held) if as_json else quarantine_summary.as_text(held, rows))


@COMMAND.command()
@click.option("--reason", default=None)
@click.option("--file", default=None)
@click.option("--all", "everything", is_flag=True, help="Resolved and dismissed rows too.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File; - for the standard output.")
@store_option
@json_option({"rows": "integer", "file": "text"})
def export(
    reason: str | None, file: str | None, everything: bool, out: Path, store_url: str | None, as_json: bool
) -> None:
    """Write rows with their reasons as CSV."""
    from analytics.ingest import quarantine_summary
    from analytics.store.admin.outgoing import STANDARD_OUTPUT, target, write_out
    from dashboard.study import open_study

    if out != STANDARD_OUTPUT:
        target(out)
    study = open_study(store_url)
    held = study.store.quarantine(reason=reason, file=file, include_resolved=everything)
    study.record("export", key="quarantine", rows=len(held), detail="quarantine")
    write_out(out, quarantine_summary.csv_of(held))
    said = {"rows": len(held), "file": str(out)}
    tell(said, f"{len(held):,} rows to {out}", as_json, err=out == STANDARD_OUTPUT)


@COMMAND.command()
@click.argument("ids", nargs=-1, type=int)
@click.option("--reason", default=None, help="All open rows of this reason.")
@click.option("--file", default=None, help="All open rows of this file.")
@click.option("--why", required=True, help="Why they are dismissed; kept for good.")
@store_option
@json_option({"dismissed": "integer"})
def dismiss(
    ids: tuple[int, ...], reason: str | None, file: str | None, why: str, store_url: str | None, as_json: bool
) -> None:
    """Close rows by number, or all of a reason and file. They stay on record with who, when and why."""
    from analytics.ingest import importer
    from dashboard.study import open_study

    if not ids and not (reason or file):
        raise click.UsageError("give numbers of rows, --reason or --file")
    study = open_study(store_url)
    store = study.store
    chosen = list(ids) or store.quarantine(reason=reason, file=file)["quarantine_id"].astype(int).tolist()
    done = store.dismiss(chosen, importer.user(), why)
    study.record("resolve", key="quarantine", rows=done, detail=f"dismissed: {why}")
    tell({"dismissed": done}, f"{done:,} rows dismissed", as_json)


@COMMAND.command()
@click.argument("ids", nargs=-1, type=int, required=True)
@click.option("--why", required=True, help="Why the values are right; kept for good.")
@store_option
@json_option({"restored": "integer"})
def accept(ids: tuple[int, ...], why: str, store_url: str | None, as_json: bool) -> None:
    """Restore stored results that are quarantined for their unit (UNIT_SUSPECT): their values are right."""
    from analytics.ingest import importer
    from dashboard.study import open_study

    study = open_study(store_url)
    done = study.store.accept(ids, importer.user(), why)
    study.record("resolve", key="quarantine", rows=done, detail=f"accepted: {why}")
    tell({"restored": done}, f"{done:,} results are shown again", as_json)


@COMMAND.command()
@click.argument("path", type=click.Path())
@click.option("--profile", required=True, help="The profile with the rule that was added.")
@click.option("--encoding", default=None)
@store_option
@json_option(RECEIPTS)
def retry(path: str, profile: str, encoding: str | None, store_url: str | None, as_json: bool) -> None:
    """Read a file again with a better profile: rows understood now are stored; the old ones keep their trace."""
    from analytics.ingest import importer
    from dashboard.study import open_study

    options = importer.Options(profile=profile, encoding=encoding, by=importer.user())
    outcomes = importer.import_all([path], open_study(store_url).store, options)
    click.echo(importer.as_json(outcomes) if as_json else importer.as_text(outcomes))
    sys.exit(importer.exit_code(outcomes))
