"""``hepatrend store move``: a store to another address."""

from __future__ import annotations

import click

from dashboard.commands._options import WholeLines, json_option, tell


@click.group(cls=WholeLines)
def COMMAND() -> None:  # noqa: N802  the name that cli.py looks for
    """Move a store between a folder and PostgreSQL."""


@COMMAND.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@json_option({"store": "text", "generation": "integer", "tables": [{"name": "text", "rows": "integer"}]})
def move(source: str, target: str, as_json: bool) -> None:
    """Copy everything of the store FROM to the address TO, where there is none yet, and compare it row by row.

    Each is a folder or a postgresql+psycopg:// address with a folder of its own. Stop server, worker and scheduler.
    FROM is only read and stays; where it is cut off, TO has no rows and it can be begun again.
    """
    from analytics.errors import InputError
    from analytics.store.admin.move import move as move_store
    from analytics.store.database.database_errors import told
    from analytics.store.database.location import Place
    from dashboard.config import config_from
    from dashboard.study import belongings_of, open_study

    place, to = Place.of(source), Place.of(target)
    if not place.exists():
        raise InputError(f"no store in {source}")
    with told():
        moved = move_store(place, to, belongings_of(config_from(store=source)))
    study = open_study(target)
    tables = [{"name": name, "rows": held.rows} for name, held in moved.items()]
    rows = sum(held.rows for held in moved.values())
    study.record("restore", key="store move", rows=rows)
    generation = study.store.generation
    text = f"{rows:,} rows of {len(tables)} tables moved and compared; generation {generation}; {source} is as it was"
    tell({"store": str(to.folder), "generation": generation, "tables": tables}, _shown(text), as_json)


def _shown(text: str) -> str:
    """Without a password that an address may hold."""
    import re

    return re.sub(r"(://[^:@/\s]*):[^@/\s]*@", r"\1:***@", text)
