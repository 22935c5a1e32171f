"""``hepatrend import``: files into the store, each in one transaction, with a receipt."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from dashboard.commands._options import buckets_done, executor_options, json_option, store_option

RECEIPTS = [
    {
        "file": "text", "refused?": "text", "stored": "integer", "import_id?": "integer", "sha256?": "text",
        "profile?": "text", "table?": "text", "rows_in?": "integer", "results_in?": "integer",
        "quarantined?": "integer", "duplicate?": "integer", "superseded?": "integer", "ignored?": "integer",
        "reasons?": "object", "ignored_why?": "object", "seconds?": "number", "generation?": "integer",
        "imported_utc?": "time", "imported_by?": "text", "unit_suspects?": "integer", "alike?": "list",
        "already?": "yes/no", "dry_run?": "yes/no", "notes?": "list", "taken_as?": "text",
    }
]  # fmt: skip
"""A receipt a file; of a refused file only its name, the reason and that nothing was stored."""

SHOWN = 20
"""Names of files that are told in one line."""

if TYPE_CHECKING:
    from analytics.ingest.importer import Options, Outcome
    from analytics.store import Admin


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option("--profile", default=None, help="Name or .toml of the source's profile; see hepatrend profile list.")
@click.option("--encoding", default=None, help="Encoding of files that are not UTF-8, for example latin-1.")
@click.option("--max-bytes", type=click.IntRange(1), default=None, help="Refuse larger files; default 20 GiB.")
@click.option("--by", default=None, help="Who imports; default the name of the machine's user.")
@click.option("--dry-run", is_flag=True, help="Say what would become of the files; nothing is stored.")
@executor_options
@store_option
@json_option(RECEIPTS)
def COMMAND(  # noqa: N802, PLR0913  the name that cli.py looks for; one parameter an option
    paths: tuple[str, ...],
    profile: str | None,
    encoding: str | None,
    max_bytes: int | None,
    by: str | None,
    dry_run: bool,
    executor: str | None,
    workers: int | None,
    scheduler: str,
    store_url: str | None,
    as_json: bool,
) -> None:
    """Import files, the files of a folder, or standard input (-). Many files can be read by processes or a cluster.

    Exit: 0 all accepted, 3 some quarantined or nothing of a file used, 1 a file refused, 2 usage.
    """
    from analytics.ingest import importer

    options = importer.Options(profile, encoding, max_bytes, by or importer.user(), dry_run)
    with where(store_url, dry_run) as store:
        outcomes = _import(paths, store, options, (executor, workers, scheduler))
    if left := importer.passed_over(paths):
        _say(f"not read, because of their names: {', '.join(left[:SHOWN])}{' ...' if len(left) > SHOWN else ''}")
    taken, refused = importer.apart(outcomes)
    for text, aside in ((importer.as_json(outcomes) if as_json else taken, False), (refused, True)):
        if text:
            click.echo(text, err=aside)
    sys.exit(importer.exit_code(outcomes))


def _import(
    paths: tuple[str, ...], store: Admin, options: Options, spread: tuple[str | None, int | None, str]
) -> list[Outcome]:
    """One after the other, or read beside each other where that is asked for and there are several."""
    from analytics.executors import meant
    from analytics.ingest import importer

    named = [p for p in paths if p != importer.STANDARD_INPUT]
    if meant(*spread) == "serial" or len(named) < len(paths) or len(importer.files_of(named)) < 2:
        return importer.import_all(paths, store, options, progress=importer.told_every(5, _say))
    from analytics.ingest.spread import import_spread

    with buckets_done(len(importer.files_of(named)), *spread, label="files") as (chosen, how):
        return import_spread(paths, store, options, chosen, **how)


@contextlib.contextmanager
def where(store_url: str | None, dry_run: bool) -> Iterator[Admin]:
    """The store; for a dry run where there is none, one that is gone afterwards, so that nothing is made."""
    from analytics.store.database.location import Place
    from dashboard.config import config_from
    from dashboard.study import open_study

    if not dry_run or Place.of(config_from(store=store_url).store).exists():
        yield open_study(store_url, create=True).store
        return
    with tempfile.TemporaryDirectory(prefix="hepatrend-") as folder:
        yield open_study(folder, create=True, told=False).store


def _say(text: str) -> None:
    click.echo(text, err=True)
