"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def store_option(command: Command) -> Command:
    """``--store URL``: a folder, or postgresql+psycopg://...; HEPATREND_STORE; default ./hepatrend-data."""
    return click.option(
        "--store",
        "store_url",
        envvar="HEPATREND_STORE",
        default="hepatrend-data",
        show_default=True,
        help="Folder of the embedded store, or a postgresql+psycopg:// address.",
    )(command)


def json_option(command: Command) -> Command:
    """``--json``: print one JSON document instead of text."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")(command)
