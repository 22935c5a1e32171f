"""``hepatrend serve``: the dashboard over one store."""

from __future__ import annotations

import click

from dashboard.commands._options import store_option


@click.command()
@store_option
@click.option("--host", default=None, help="Address to serve on; default 127.0.0.1. Any other needs sign-in.")
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="Port; default 8050. 0 takes a free one.")
@click.option("--workers", type=click.IntRange(1, 32), default=None, help="Processes that answer; default 1.")
def COMMAND(store_url: str | None, host: str | None, port: int | None, workers: int | None) -> None:  # noqa: N802  the name that cli.py looks for
    """Serve the dashboard. Options: environment HEPATREND_* or hepatrend.toml; see docs/dashboard.md."""
    from analytics.store.database.location import Place
    from dashboard.application.server import serve
    from dashboard.config import config_from
    from dashboard.deployment import logs
    from dashboard.security.start import check_start
    from dashboard.study import bind

    config = config_from(store=store_url, host=host, port=port, workers=workers)
    logs.set_up(config)
    check_start(config)
    if not Place.of(config.store).exists():
        click.echo(f"hepatrend: there was no store in {config.store}; a new and empty one is made and served", err=True)
    study = bind(config, create=True)
    study.record("command", key="serve")
    serve(study)
