"""``hepatrend doctor``: is the store in good health?"""

from __future__ import annotations

import click

from dashboard.commands._options import json_option, store_option


@click.command()
@click.option("--accept", multiple=True, help="A key or database that is gone or another: go on so.")
@click.option("--rebuild", is_flag=True, help="Make the snapshot anew from the rows first.")
@store_option
@json_option([{"name": "text", "state": "text", "says": "text"}])
def COMMAND(accept: tuple[str, ...], rebuild: bool, store_url: str | None, as_json: bool) -> None:  # noqa: N802  the name that cli.py looks for
    """Check versions, place, disk, modes, clock, databases, keys, snapshot, audit log and backups.
    Exit 1 on a fault."""
    import json

    from analytics.errors import InputError
    from analytics.store.admin.doctor import checks
    from analytics.store.database import made_once
    from analytics.store.database.location import Place
    from dashboard.study import config_of, open_study

    config = config_of(store_url)
    place = Place.of(config.store)
    for name in accept:
        if not made_once.forget(place.folder, name):
            raise InputError(f"{name} is none of {', '.join(made_once.noted(place.folder)) or 'what was made here'}")
    if accept:
        open_study(store_url).record("settings", key="doctor", detail=" ".join(accept))
    if rebuild:
        study = open_study(store_url)
        click.echo(f"rebuilt as generation {study.store.rebuild()}", err=as_json)
        study.record("rebuild", key=f"generation {study.store.generation}")
    found = list(checks(place, config.beside_store(config.keys, "keys")))
    if as_json:
        click.echo(json.dumps([vars(c) for c in found]))
    else:
        for check in found:
            click.echo(f"{check.state:5}  {check.name:10}  {check.says}")
    raise click.exceptions.Exit(1 if any(c.state == "fault" for c in found) else 0)
