"""``hepatrend restore``: a store as it was when a backup was written."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dashboard.commands._options import json_option, store_option, tell
from dashboard.commands._sealing import identities, passphrase_option

if TYPE_CHECKING:
    from analytics.store.database.location import Place


@click.command()
@click.argument("backup", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Take the place of the store that is there; it is kept beside.")
@click.option("--incomplete", is_flag=True, help="Take a backup of an earlier version that does not hold everything.")
@click.option("--drill", is_flag=True, help="Restore into a temporary folder, check everything, remove it again.")
@passphrase_option
@click.option(
    "--identity",
    "keys",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Private key that opens an encrypted backup: file of age, or PEM file of openssl.",
)
@store_option
@json_option(
    {
        "store?": "text",
        "generation?": "integer",
        "former?": "text or null",
        "rows?": "integer",
        "files?": "integer",
        "entries?": "integer",
    }
)
def COMMAND(  # noqa: N802  the name that cli.py looks for
    backup: Path,
    replace: bool,
    incomplete: bool,
    drill: bool,
    passphrase_file: Path | None,
    keys: tuple[Path, ...],
    store_url: str | None,
    as_json: bool,
) -> None:
    """Check BACKUP, make the snapshot anew, and put the store in place in one step, with keys, accounts, profiles and
    reports. Options and thresholds of then lie in its folder configuration; those in use are not touched."""
    from analytics.store.admin import restore as restoring
    from analytics.store.database.location import Place
    from dashboard.security.accounts import end_sessions
    from dashboard.study import belongings_of, config_of, open_study

    said: Mapping[str, Any]
    config = config_of(store_url, must_exist=False)
    place, own = Place.of(config.store), belongings_of(config)
    with _opened(backup, place, passphrase_file, keys) as folder:
        if drill:
            said = restoring.drill(folder)
            tell(said, "{rows:,} rows and {files} files restored and checked".format(**said), as_json)
            return
        aside = restoring.restore(folder, place, replace=replace, incomplete=incomplete, belongings=own)
    end_sessions(config)
    study = open_study(store_url)
    store = study.store
    study.record("restore", key=backup.name)
    said = {
        "store": str(place.folder),
        "generation": store.generation,
        "former": str(aside) if aside else None,
    }
    former = f"; the former store is kept in {aside}" if aside else ""
    tell(said, f"restored as generation {store.generation}{former}", as_json)


def _opened(
    backup: Path, place: Place, passphrase_file: Path | None, keys: tuple[Path, ...]
) -> AbstractContextManager[Path]:
    """The folder of a backup; of an encrypted one for as long as it is looked at."""
    if not backup.exists():
        raise click.BadParameter(f"Path '{backup}' does not exist.", param_hint="BACKUP")
    if backup.is_dir():
        return nullcontext(backup)
    from analytics.errors import InputError
    from analytics.store.admin.sealed_backup import looks_sealed, unsealed

    if not looks_sealed(backup):
        raise InputError(f"{backup} is neither the folder of a backup nor an encrypted one")
    return unsealed(backup, place.folder, identities(passphrase_file, keys))
