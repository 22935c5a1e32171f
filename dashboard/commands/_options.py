"""Options that several commands share, and what a command prints for other programs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, TypeVar

import click

from analytics.executors import meant

Command = TypeVar("Command", bound=Callable[..., Any])
Shape = Any
"""What ``--json`` prints: texts that name types, in mappings and in lists of one entry."""
WITHOUT_JSON: Mapping[str, str] = MappingProxyType(
    {
        "completion": "prints a script for a shell",
        "man": "prints a page for man",
        "schedule daemon": "runs until it is stopped; `schedule history --json` says what it did",
        "serve": "runs until it is stopped",
        "watch": "runs until it is stopped; the receipt of each file is JSON beside it, in done/ or refused/",
    }
)
"""Commands that print nothing for other programs, each with the reason."""


class WholeLines(click.Group):
    """A group whose help has the first sentence of each command whole: broken over lines, never cut off."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each command with its first sentence."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, _first_sentence(c.help or "")) for name, c in commands if c], col_max=14)


def _first_sentence(help_text: str) -> str:
    return re.split(r"[.;:](?:\s|$)", " ".join(help_text.split()), maxsplit=1)[0]


class JsonOption(click.Option):
    """``--json``; its shape is printed in the reference of commands and compared with what is printed by a test."""

    def __init__(self, *words: Any, shape: Shape, **more: Any):
        super().__init__(*words, **more)
        self.shape = shape


def executor_options(command: Command) -> Command:
    """``--executor``, ``--workers`` and ``--scheduler``, as ``executor``, ``workers`` and ``scheduler``."""
    for option in (
        click.option(
            "--scheduler",
            default="",
            envvar="HEPATREND_SCHEDULER",
            show_envvar=True,
            help="tcp://HOST:PORT of a Dask scheduler whose workers see the store's folder.",
        ),
        click.option("--workers", type=click.IntRange(1), default=None, help="Default: as many as processors."),
        click.option(
            "--executor",
            type=click.Choice(["serial", "processes", "dask"]),
            default=None,
            help="Default: serial; processes where several workers are named, dask where a scheduler is.",
        ),
    ):
        command = option(command)
    return command


@contextmanager
def buckets_done(
    count: int, executor: str | None, workers: int | None, scheduler: str, label: str = "buckets"
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The executor that was asked for and how it runs, with progress on the terminal, for so many buckets."""
    chosen = meant(executor, workers, scheduler)
    with click.progressbar(length=max(count, 1), label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        address = scheduler if chosen == "dask" else ""
        yield chosen, {"workers": workers, "address": address, "told": lambda *_: bar.update(1)}


def store_option(command: Command) -> Command:
    """``--store URL``: a folder, or postgresql+psycopg://...; where it is not said, dashboard.config knows."""
    return click.option(
        "--store",
        "store_url",
        default=None,
        help="Folder of the embedded store, or a postgresql+psycopg:// address. Without it: HEPATREND_STORE, then "
        "store in hepatrend.toml, then ./hepatrend-data.",
    )(command)


def json_option(shape: Shape) -> Callable[[Command], Command]:
    """``--json``: print one JSON document instead of text.

    Args:
        shape: what the document is: ``{"name": type}`` or ``[{"name": type}]``, with the types text, integer, number,
            yes/no, time, object and list, `` or null`` behind them, and a name that ends with ``?`` where it may lack.
    """
    return click.option(
        "--json", "as_json", is_flag=True, cls=JsonOption, shape=shape, help="Print JSON instead of text."
    )


def tell(document: Any, text: str, as_json: bool, *, err: bool = False) -> None:
    """Print what was done, for other programs or for people."""
    click.echo(json.dumps(document, ensure_ascii=False) if as_json else text, err=err)
