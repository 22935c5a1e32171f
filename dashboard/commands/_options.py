"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def store_option(command: Command) -> Command:
    """``--store URL``: a folder, or postgresql+psycopg://...; where it is not said, dashboard.config knows."""
    return click.option(
        "--store",
        "store_url",
        default=None,
        help="Folder of the embedded store, or a postgresql+psycopg:// address. Without it: HEPATREND_STORE, then "
        "store in hepatrend.toml, then ./hepatrend-data.",
    )(command)


def json_option(command: Command) -> Command:
    """``--json``: print one JSON document instead of text."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")(command)
