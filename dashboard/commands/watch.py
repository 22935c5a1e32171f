"""``hepatrend watch``: import the files that arrive in a folder."""

from __future__ import annotations

import time
from pathlib import Path

import click

from dashboard.commands._options import store_option


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--profile", default=None, help="Name or .toml of the source's profile.")
@click.option("--encoding", default=None, help="Encoding of files that are not UTF-8.")
@click.option("--settle", type=float, default=10.0, show_default=True, help="Seconds that a file must not change.")
@click.option("--every", type=click.FloatRange(0.1), default=2.0, show_default=True, help="Seconds between two looks.")
@click.option("--once", is_flag=True, help="Wait for the files that are there to settle, take them, and stop.")
@store_option
def COMMAND(  # noqa: N802  the name that cli.py looks for
    folder: Path, profile: str | None, encoding: str | None, settle: float, every: float, once: bool, store_url: str
) -> None:
    """Import files once they are complete; they move to done/ or refused/ with a receipt. Ends with Ctrl-C."""
    from analytics.ingest import importer
    from analytics.ingest import profile as profiles
    from analytics.ingest.watch import Watch
    from dashboard.study import open_study

    profiles.load(profile)
    watch, store = Watch(folder, settled=settle), open_study(store_url, create=True).store
    options = importer.Options(profile=profile, encoding=encoding, by=f"watch ({importer.user()})")
    click.echo(f"watching {folder} with profile {profile or 'plain'}", err=True)
    ends = time.monotonic() + settle + every
    while True:
        for outcome in watch.take(store, options):
            click.echo(importer.as_text([outcome]))
        if once and time.monotonic() > ends:
            return
        time.sleep(every)
