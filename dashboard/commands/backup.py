"""``hepatrend backup``: a copy of everything that cannot be made anew, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import click

from dashboard.commands._options import json_option, store_option, tell
from dashboard.commands._sealing import passphrase_option, recipients


@click.command()
@click.option("--to", "into", type=click.Path(file_okay=False, path_type=Path), default=None, help="Folder of backups.")
@click.option("--keep", type=click.IntRange(1), default=14, show_default=True, help="How many to keep there.")
@click.option("--encrypt", is_flag=True, help="One encrypted file (age), by a passphrase.")
@passphrase_option
@click.option(
    "--recipient",
    "keys",
    multiple=True,
    help="Encrypt for a public key instead: age1..., or a PEM file of openssl (X25519, RSA). May be said again.",
)
@store_option
@json_option({"backup": "text"})
def COMMAND(  # noqa: N802  the name that cli.py looks for
    into: Path | None,
    keep: int,
    encrypt: bool,
    passphrase_file: Path | None,
    keys: tuple[str, ...],
    store_url: str | None,
    as_json: bool,
) -> None:
    """Write a backup of everything that cannot be made anew: data, audit log, working state, keys and accounts,
    profiles, published reports, options and thresholds. Keep it as safe as the store, or encrypt it."""
    from dashboard.study import belongings_of, open_study

    sealed_for = recipients(encrypt, passphrase_file, keys)
    study = open_study(store_url)
    made = study.store.backup(into, keep, belongings_of(study.config), sealed_for)
    study.record("backup", key=made.name, detail="encrypted" if sealed_for else "")
    tell({"backup": str(made)}, f"backup written: {made}", as_json)
