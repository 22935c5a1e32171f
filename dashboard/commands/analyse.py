"""``hepatrend analyse``: compute what the newest generation lacks and keep it beside the snapshot."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from dashboard.commands._options import json_option, store_option, tell


@click.command()
@click.option(
    "--executor",
    type=click.Choice(["serial", "processes", "dask"]),
    default=None,
    help="Default: serial; dask where a scheduler is named.",
)
@click.option("--workers", type=click.IntRange(1), default=None, help="Default: as many as processors.")
@click.option(
    "--scheduler",
    default="",
    envvar="HEPATREND_SCHEDULER",
    show_envvar=True,
    help="tcp://HOST:PORT of a Dask scheduler whose workers see the store's folder.",
)
@click.option("--settings", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Thresholds, TOML.")
@store_option
@json_option(
    {
        "generation": "integer",
        "patients": "integer",
        "buckets_computed": "integer",
        "buckets": "integer",
        "settings": "text",
        "seconds": "number",
    }
)
def COMMAND(  # noqa: N802  the name that cli.py looks for
    executor: str | None,
    workers: int | None,
    scheduler: str,
    settings: Path | None,
    store_url: str | None,
    as_json: bool,
) -> None:
    """Analyse new results. Pages and reports then read results instead of computing them."""
    import time

    from dashboard.study import open_study

    study, began = open_study(store_url, settings=settings), time.monotonic()
    store = study.store
    chosen: Any = executor or ("dask" if scheduler else "serial")
    waiting, hidden = len(store.unanalysed()), not sys.stderr.isatty()
    with click.progressbar(length=max(waiting, 1), label="buckets", file=sys.stderr, hidden=hidden) as bar:
        buckets = store.analyse(
            chosen, workers=workers, address=scheduler if chosen == "dask" else "", told=lambda *_: bar.update(1)
        )
    study.record("analyse", key=f"generation {store.generation}", rows=buckets, detail=store.settings.digest)
    said = {
        "generation": store.generation,
        "patients": len(store.summary()),
        "buckets_computed": buckets,
        "buckets": len(store.manifest.buckets),
        "settings": store.settings.digest,
        "seconds": round(time.monotonic() - began, 3),
    }
    text = "{patients:,} patients, generation {generation}: {buckets_computed} of {buckets} buckets computed"
    tell(said, f"{text.format(**said)} in {said['seconds']:.1f} s", as_json)
