"""``hepatrend audit``: read the audit log and follow its chain."""

from __future__ import annotations

import click

from dashboard.commands._options import WholeLines, json_option, store_option, tell


@click.group(cls=WholeLines)
def COMMAND() -> None:  # noqa: N802  the name that cli.py looks for
    """The append-only log of who did what."""


@COMMAND.command("list")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@click.option("--action", default="", help="Only this action.")
@click.option("--user", default="", help="Only this user.")
@click.option("--key", default="", help="Only this patient key or object.")
@store_option
@json_option(
    [
        {
            "seq": "integer",
            "utc": "time",
            "user": "text",
            "role": "text",
            "action": "text",
            "key": "text or null",
            "rows": "number or null",
            "ip": "text or null",
            "request_id": "text or null",
            "detail": "text or null",
            "prev_hash": "text",
            "hash": "text",
        }
    ]
)
def list_(limit: int, action: str, user: str, key: str, store_url: str | None, as_json: bool) -> None:
    """The newest entries."""
    from dashboard.study import open_study

    frame = open_study(store_url, told=False).store.log.entries(limit, action, user, key)
    if as_json:
        click.echo(frame.to_json(orient="records"))
        return
    for row in frame.fillna("").to_dict("records"):
        said = (row["utc"][:19], row["user"], row["action"], row["key"], str(row["rows"]), row["detail"])
        click.echo("  ".join(part for part in said if part))


@COMMAND.command()
@store_option
@json_option({"entries": "integer", "holds": "yes/no"})
def verify(store_url: str | None, as_json: bool) -> None:
    """Follow the chain of hashes from the first entry to the last."""
    from dashboard.study import open_study

    entries = open_study(store_url, told=False).store.log.verify()
    tell({"entries": entries, "holds": True}, f"{entries:,} entries hold", as_json)
