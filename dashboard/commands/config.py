"""``hepatrend config``: every option of the site with its value and where that came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dashboard.commands._options import json_option, store_option

if TYPE_CHECKING:
    from dashboard.config_origin import Setting


@click.group()
def COMMAND() -> None:  # noqa: N802  the name that cli.py looks for
    """Options of this site: show, check."""


@COMMAND.command()
@store_option
@json_option
def show(store_url: str, as_json: bool) -> None:
    """Every option, its value, and where it came from: command, environment, file or default. Secrets are not shown."""
    import orjson

    settings = _settings(store_url)
    if as_json:
        rows = [{"option": s.name, "value": s.value, "from": s.origin} for s in settings]
        return click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
    for s in settings:
        click.echo(f"{s.name:24}  {s.value:32}  {s.origin}")
    return None


@COMMAND.command()
@store_option
def check(store_url: str) -> None:
    """Whether the options can be read and a start with them would be safe. Starts nothing."""
    from analytics import settings as thresholds
    from dashboard.config import config_from
    from dashboard.security.start import check_start

    config = config_from(store=_given(store_url))
    check_start(config)
    if config.settings:
        thresholds.load(config.settings)
    changed = sum(s.origin != "default" for s in _settings(store_url))
    click.echo(f"good: {changed} options are set, the others are at their default")


def _settings(store_url: str) -> list[Setting]:
    from dashboard.config import config_from
    from dashboard.config_origin import settings_of

    given = _given(store_url)
    return settings_of(config_from(store=given), {"store"} if given else set())


def _given(store_url: str) -> str | None:
    """The store where the command named it: else file and environment say which."""
    source = click.get_current_context().get_parameter_source("store_url")
    return store_url if source is click.core.ParameterSource.COMMANDLINE else None
