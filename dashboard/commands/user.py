"""``hepatrend user``: local accounts, kept on the host; the first one is made here and nowhere else."""

from __future__ import annotations

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
    """Add, list, remove local accounts; change password or role (HEPATREND_AUTH=local)."""


@COMMAND.command()
@click.argument("name")
@_role
@_stdin
@store_option
def add(name: str, role: str, password_stdin: bool, store_url: str) -> None:
    """Make an account."""
    _accounts(store_url).add(name, role, _password(password_stdin))
    click.echo(f"{name} is a {role} here")


@COMMAND.command("list")
@store_option
def list_(store_url: str) -> None:
    """List the accounts."""
    for account in _accounts(store_url).list():
        click.echo(f"{account.name}\t{account.role}\tsince {account.created_utc}")


@COMMAND.command()
@click.argument("name")
@store_option
def remove(name: str, store_url: str) -> None:
    """Delete an account and end its sessions."""
    _accounts(store_url).remove(name)
    click.echo(f"{name} has no account any more")


@COMMAND.command()
@click.argument("name")
@_stdin
@store_option
def password(name: str, password_stdin: bool, store_url: str) -> None:
    """Set another password; ends the account's sessions."""
    _accounts(store_url).set_password(name, _password(password_stdin))
    click.echo(f"{name} has another password; its sessions have ended")


@COMMAND.command()
@click.argument("name")
@_role
@store_option
def role(name: str, role: str, store_url: str) -> None:
    """Set another role; ends the account's sessions."""
    _accounts(store_url).set_role(name, role)
    click.echo(f"{name} is a {role} now; its sessions have ended")


def _accounts(store_url: str) -> Accounts:
    from dashboard.config import config_from
    from dashboard.security import keys
    from dashboard.security.accounts import Accounts

    return Accounts(keys.folder(config_from(store=store_url)) / "accounts.db")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return click.get_text_stream("stdin").readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
