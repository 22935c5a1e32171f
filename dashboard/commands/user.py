"""``hepatrend user``: local accounts, kept on the host; the first one is made here and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from dashboard.commands._options import store_option

if TYPE_CHECKING:
    from dashboard.security.accounts import Accounts

ROLE_NAMES = ("clinician", "coordinator", "data_manager", "auditor", "admin")
_role = click.option("--role", type=click.Choice(ROLE_NAMES), required=True, help="What the account may do.")
_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input, first line.")


@click.group()
def COMMAND() -> None:  # noqa: N802
    """Add, list, remove local accounts; change password or role, unlock (HEPATREND_AUTH=local)."""


@COMMAND.command()
@click.argument("name")
@_role
@_stdin
@store_option
def add(name: str, role: str, password_stdin: bool, store_url: str | None) -> None:
    """Make an account."""
    accounts, record = _accounts(store_url)
    accounts.add(name, role, _password(password_stdin))
    record(name, f"added as {role}")
    click.echo(f"{name} is a {role} here")


@COMMAND.command("list")
@store_option
def list_(store_url: str | None) -> None:
    """List the accounts."""
    accounts, _ = _accounts(store_url)
    for account in accounts.list():
        click.echo(f"{account.name}\t{account.role}\tsince {account.created_utc}")


@COMMAND.command()
@click.argument("name")
@store_option
def remove(name: str, store_url: str | None) -> None:
    """Delete an account and end its sessions."""
    accounts, record = _accounts(store_url)
    accounts.remove(name)
    record(name, "removed")
    click.echo(f"{name} has no account any more")


@COMMAND.command()
@click.argument("name")
@_stdin
@store_option
def password(name: str, password_stdin: bool, store_url: str | None) -> None:
    """Set another password; ends the account's sessions."""
    accounts, record = _accounts(store_url)
    accounts.set_password(name, _password(password_stdin))
    record(name, "another password")
    click.echo(f"{name} has another password; its sessions have ended")


@COMMAND.command()
@click.argument("name")
@_role
@store_option
def role(name: str, role: str, store_url: str | None) -> None:
    """Set another role; ends the account's sessions."""
    accounts, record = _accounts(store_url)
    accounts.set_role(name, role)
    record(name, f"now {role}")
    click.echo(f"{name} is a {role} now; its sessions have ended")


@COMMAND.command()
@click.argument("name")
@store_option
def unlock(name: str, store_url: str | None) -> None:
    """Forget the tries to sign in to an account, so that the next try is not delayed."""
    accounts, record = _accounts(store_url)
    tries = accounts.unlock(name)
    record(name, "unlocked")
    click.echo(f"{name} can sign in; {tries} tries were forgotten")


def _accounts(store_url: str | None) -> tuple[Accounts, Callable[[str, str], None]]:
    """The accounts, and what writes a change of one into the audit log."""
    from dashboard.security import keys
    from dashboard.security.accounts import Accounts
    from dashboard.study import open_study

    study = open_study(store_url, create=True)

    def record(name: str, detail: str) -> None:
        study.record("user_admin", key=name, detail=detail)

    return Accounts(keys.folder(study.config) / "accounts.db"), record


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
