"""``hepatrend backup``: a copy of everything that cannot be made anew, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import click

from dashboard.commands._options import json_option, store_option, tell


@click.command()
@click.option("--to", "into", type=click.Path(file_okay=False, path_type=Path), default=None, help="Folder of backups.")
@click.option("--keep", type=click.IntRange(1), default=14, show_default=True, help="How many to keep there.")
@store_option
@json_option({"backup": "text"})
def COMMAND(into: Path | None, keep: int, store_url: str | None, as_json: bool) -> None:  # noqa: N802
    """Write a backup of everything that cannot be made anew: data, audit log, working state, keys and accounts,
    profiles, published reports, options and thresholds. Keep it as safe as the store."""
    from dashboard.study import belongings_of, open_study

    study = open_study(store_url)
    made = study.store.backup(into, keep, belongings_of(study.config))
    study.record("backup", key=made.name)
    tell({"backup": str(made)}, f"backup written: {made}", as_json)
