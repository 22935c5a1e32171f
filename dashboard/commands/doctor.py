"""``hepatrend doctor``: is the store in good health?"""

from __future__ import annotations

import click

from dashboard.commands._options import json_option, store_option


@click.command()
@click.option("--rebuild", is_flag=True, help="Make the snapshot anew from the rows first.")
@store_option
@json_option
def COMMAND(rebuild: bool, store_url: str, as_json: bool) -> None:  # noqa: N802  the name that cli.py looks for
    """Check versions, place, disk, modes, clock, databases, snapshot, audit log and backups. Exit 1 on a fault."""
    import json

    from analytics.errors import StoreError
    from analytics.store import open_store
    from analytics.store.admin.doctor import checks
    from analytics.store.database.location import Place

    place = Place.of(store_url)
    if not place.exists():
        raise StoreError(f"no store in {store_url}; import a file first, or run: hepatrend demo")
    if rebuild:
        click.echo(f"rebuilt as generation {open_store(store_url, create=False).rebuild()}", err=as_json)
    found = list(checks(place))
    if as_json:
        click.echo(json.dumps([vars(c) for c in found]))
    else:
        for check in found:
            click.echo(f"{check.state:5}  {check.name:10}  {check.says}")
    raise click.exceptions.Exit(1 if any(c.state == "fault" for c in found) else 0)
