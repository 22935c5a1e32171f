"""``hepatrend alias``: two ids that are one person, and undoing that."""

from __future__ import annotations

import click

from dashboard.commands._options import WholeLines, json_option, store_option, tell

_DONE = {"old": "text", "new?": "text", "shown_under": "text", "generation": "integer"}


@click.group(cls=WholeLines)
def COMMAND() -> None:  # noqa: N802  the name that cli.py looks for
    """Merge two patient IDs (reversible)."""


@COMMAND.command()
@click.argument("old")
@click.argument("new")
@click.option("--why", required=True, help="Reason, for the record.")
@click.option("--although", default="", help="Why they are one person, where sex or birth date differ.")
@store_option
@json_option(_DONE)
def add(old: str, new: str, why: str, although: str, store_url: str | None, as_json: bool) -> None:
    """Show results of OLD under NEW. Two ids that differ in sex or birth date need --although."""
    from dashboard.study import open_study

    study = open_study(store_url)
    store = study.store
    store.merge(old, new, by=_user(), why=why, although=although)
    study.record("merge", key=store.key_of(old), detail=f"into {store.key_of(new)}: {why}; {although}".rstrip("; "))
    said = {"old": old, "new": new, "shown_under": new, "generation": store.generation}
    tell(said, f"merged; generation {store.generation}", as_json)


@COMMAND.command()
@click.argument("old")
@click.option("--why", required=True, help="Reason, for the record.")
@store_option
@json_option(_DONE)
def remove(old: str, why: str, store_url: str | None, as_json: bool) -> None:
    """Show results of OLD under its own id again."""
    from dashboard.study import open_study

    study = open_study(store_url)
    store = study.store
    store.unmerge(old, by=_user(), why=why)
    study.record("unmerge", key=store.key_of(old), detail=why)
    said = {"old": old, "shown_under": old, "generation": store.generation}
    tell(said, f"un-merged; generation {store.generation}", as_json)


@COMMAND.command("list")
@store_option
@json_option(
    [
        {
            "alias_id": "integer",
            "action": "text",
            "old_id": "text",
            "new_id": "text",
            "by": "text",
            "why": "text",
            "utc": "time",
        }
    ]
)
def list_(store_url: str | None, as_json: bool) -> None:
    """Every merge and un-merge, oldest first."""
    from dashboard.study import open_study

    frame = open_study(store_url).store.aliases()
    if as_json:
        click.echo(frame.to_json(orient="records", date_format="iso"))
        return
    for row in frame.to_dict("records"):
        click.echo(f"{row['utc']:%Y-%m-%d %H:%M} {row['action']} {row['old_id']} -> {row['new_id']}: {row['why']}")


def _user() -> str:
    from analytics.ingest.importer import user

    return user()
