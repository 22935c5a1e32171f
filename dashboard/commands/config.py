"""``hepatrend config``: the options of this site, where each came from, and whether they fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dashboard.commands._options import WholeLines, json_option, tell

if TYPE_CHECKING:
    from dashboard.config import Config

_store = click.option("--store", "store_url", default=None, help="As of the other commands.")


@click.group(cls=WholeLines)
def COMMAND() -> None:  # noqa: N802  the name that cli.py looks for
    """Options of this site: show them with where each came from, check whether they fit."""


@COMMAND.command()
@_store
@json_option([{"name": "text", "value": "text", "origin": "text"}])
def show(store_url: str | None, as_json: bool) -> None:
    """Print every option, its value and where it came from: flag, environment, file or default. Secrets are hidden."""
    import json
    import os
    from pathlib import Path

    from dashboard.config import config_from
    from dashboard.deployment.options import shown

    file = Path(os.environ.get("HEPATREND_CONFIG", "hepatrend.toml"))
    rows = shown(config_from(store=store_url), file, {"store": store_url})
    if as_json:
        click.echo(json.dumps([vars(row) for row in rows]))
        return
    for row in rows:
        click.echo(f"{row.name} = {row.value}  ({row.origin})")


@COMMAND.command()
@_store
@json_option({"options": "integer", "auth": "text", "host": "text", "port": "integer"})
def check(store_url: str | None, as_json: bool) -> None:
    """Say whether a server would start with these options. Exit 0 it would, 1 or 2 with the reason in one line."""
    from analytics import settings as thresholds
    from dashboard.config import config_from
    from dashboard.deployment.options import options
    from dashboard.security.start import check_start

    config = config_from(store=store_url)
    check_start(config)
    if config.settings:
        thresholds.load(config.settings)
    _check_parts(config)
    said = {"options": len(list(options())), "auth": config.auth, "host": config.host, "port": config.port}
    tell(said, "{options} options fit; sign-in {auth}, {host}:{port}".format(**said), as_json)


def _check_parts(config: Config) -> None:
    """What is only noticed when it is used: packages, networks, folders of keys.

    Raises:
        HepatrendError: with one line that says what to do.
    """
    from ipaddress import ip_network

    from analytics.errors import SettingsError
    from dashboard.security import keys
    from dashboard.security.oidc import Provider

    for text in config.proxy.networks:
        try:
            ip_network(text)
        except ValueError as error:
            raise SettingsError(f"HEPATREND_PROXY__NETWORKS: {error}") from error
    if config.auth == "oidc":
        Provider(config.oidc, lambda: 0.0)
    if config.beside_store(config.keys, "keys").exists():
        keys.folder(config)
