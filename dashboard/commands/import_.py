"""``hepatrend import``: files into the store, each in one transaction, with a receipt."""

from __future__ import annotations

import sys

import click

from dashboard.commands._options import json_option, store_option


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option("--profile", default=None, help="Name or .toml of the source's profile; see hepatrend profile list.")
@click.option("--encoding", default=None, help="Encoding of files that are not UTF-8, for example latin-1.")
@click.option("--max-bytes", type=click.IntRange(1), default=None, help="Refuse larger files; default 20 GiB.")
@click.option("--by", default=None, help="Who imports; default the name of the machine's user.")
@store_option
@json_option
def COMMAND(  # noqa: N802  the name that cli.py looks for
    paths: tuple[str, ...],
    profile: str | None,
    encoding: str | None,
    max_bytes: int | None,
    by: str | None,
    store_url: str | None,
    as_json: bool,
) -> None:
    """Import files or the files of a folder. Exit: 0 all accepted, 3 some held back, 1 a file refused, 2 usage."""
    from analytics.ingest import take
    from dashboard.study import open_study

    options = take.Options(profile=profile, encoding=encoding, max_bytes=max_bytes, by=by or take.user())
    store = open_study(store_url, create=True).store
    outcomes = take.import_all(paths, store, options, progress=take.told_every(5, _say))
    click.echo(take.as_json(outcomes) if as_json else take.as_text(outcomes))
    sys.exit(take.exit_code(outcomes))


def _say(text: str) -> None:
    click.echo(text, err=True)
