"""``hepatrend demo``: what ``make run`` calls; sample data in, analysed, served. Safe to repeat."""

from __future__ import annotations

from pathlib import Path

import click

from dashboard.commands._options import json_option, store_option, tell


@click.command()
@store_option
@click.option("--host", default=None, help="Address to serve on; default 127.0.0.1. Any other needs sign-in.")
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="Port; default 8050. 0 takes a free one.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), default=None, help="Default: the sample.")
@click.option("--no-serve", is_flag=True, help="Load and analyse only.")
@click.option("--files-to", type=click.Path(file_okay=False, path_type=Path), help="Only write the files there.")
@json_option(
    {
        "patients?": "integer",
        "results?": "integer",
        "quarantined?": "integer",
        "patients_with_new_findings?": "integer",
        "files?": "list",
    }
)
def COMMAND(  # noqa: N802  the name that cli.py looks for
    store_url: str | None,
    host: str | None,
    port: int | None,
    data: Path | None,
    no_serve: bool,
    files_to: Path | None,
    as_json: bool,
) -> None:
    """Load the sample data into a store, analyse it, and serve the dashboard. A second start loads nothing twice."""
    import functools

    from dashboard.application.server import serve
    from dashboard.config import config_from
    from dashboard.demo import load, loaded, loaded_as_text, write_files
    from dashboard.security.start import check_start
    from dashboard.study import bind

    if files_to:
        write_files(files_to)
        if as_json:
            tell({"files": sorted(p.name for p in files_to.rglob("*") if p.is_file())}, "", as_json)
        return
    config = config_from(store=store_url, host=host, port=port)
    check_start(config)
    study = bind(config, create=True)
    load(study, data, functools.partial(click.echo, err=as_json))
    study.record("command", key="demo")
    said = loaded(study.store)
    tell(said, loaded_as_text(said), as_json)
    if not no_serve:
        serve(study)
