"""``hepatrend user``: local accounts, kept on the host; the first one is made here and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from dashboard.commands._options import WholeLines, json_option, store_option, tell

if TYPE_CHECKING:
    from dashboard.security.accounts import Accounts

ROLE_NAMES = ("clinician", "coordinator", "data_manager", "auditor", "admin")
_DONE = {"name": "text", "done": "text"}
_role = click.option("--role", type=click.Choice(ROLE_NAMES), required=True, help="What the account may do.")
_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input, first line.")


@click.group(cls=WholeLines)
def COMMAND() -> None:  # noqa: N802
    """Add, list, remove local accounts; change password or role, unlock (HEPATREND_AUTH=local)."""


@COMMAND.command()
@click.argument("name")
@_role
@_stdin
@store_option
@json_option(_DONE)
def add(name: str, role: str, password_stdin: bool, store_url: str | None, as_json: bool) -> None:
    """Make an account."""
    accounts, record = _accounts(store_url)
    accounts.add(name, role, _password(password_stdin))
    record(name, f"added as {role}")
    tell({"name": name, "done": f"added as {role}"}, f"{name} is {with_article(role)} here", as_json)


@COMMAND.command("list")
@store_option
@json_option([{"name": "text", "role": "text", "created_utc": "time"}])
def list_(store_url: str | None, as_json: bool) -> None:
    """List the accounts."""
    accounts, _ = _accounts(store_url)
    rows = [{"name": a.name, "role": a.role, "created_utc": a.created_utc} for a in accounts.list()]
    if rows or as_json:
        tell(rows, "\n".join("{name}\t{role}\tsince {created_utc}".format(**row) for row in rows), as_json)


@COMMAND.command()
@click.argument("name")
@store_option
@json_option(_DONE)
def remove(name: str, store_url: str | None, as_json: bool) -> None:
    """Delete an account and end its sessions."""
    accounts, record = _accounts(store_url)
    accounts.remove(name)
    record(name, "removed")
    tell({"name": name, "done": "removed"}, f"{name} has no account any more", as_json)


@COMMAND.command()
@click.argument("name")
@_stdin
@store_option
@json_option(_DONE)
def password(name: str, password_stdin: bool, store_url: str | None, as_json: bool) -> None:
    """Set another password; ends the account's sessions."""
    accounts, record = _accounts(store_url)
    accounts.set_password(name, _password(password_stdin))
    record(name, "another password")
    said = {"name": name, "done": "another password"}
    tell(said, f"{name} has another password; its sessions have ended", as_json)


@COMMAND.command()
@click.argument("name")
@_role
@store_option
@json_option(_DONE)
def role(name: str, role: str, store_url: str | None, as_json: bool) -> None:
    """Set another role; ends the account's sessions."""
    accounts, record = _accounts(store_url)
    accounts.set_role(name, role)
    record(name, f"now {role}")
    tell({"name": name, "done": f"now {role}"}, f"{name} is {with_article(role)} now; its sessions have ended", as_json)


@COMMAND.command()
@click.argument("name")
@store_option
@json_option({"name": "text", "done": "text", "tries": "integer"})
def unlock(name: str, store_url: str | None, as_json: bool) -> None:
    """Forget the tries to sign in to an account, so that the next try is not delayed."""
    accounts, record = _accounts(store_url)
    tries = accounts.unlock(name)
    record(name, "unlocked")
    said = {"name": name, "done": "unlocked", "tries": tries}
    tell(said, f"{name} can sign in; {tries} tries were forgotten", as_json)


def _accounts(store_url: str | None) -> tuple[Accounts, Callable[[str, str], None]]:
    """The accounts, and what writes a change of one into the audit log."""
    from dashboard.security.accounts import Accounts
    from dashboard.study import open_study

    study = open_study(store_url, create=True)

    def record(name: str, detail: str) -> None:
        study.record("user_admin", key=name, detail=detail)

    return Accounts.of(study.config), record


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def with_article(role: str) -> str:
    """A role in a sentence."""
    return f"{'an' if role[0] in 'aeiou' else 'a'} {role.replace('_', ' ')}"
