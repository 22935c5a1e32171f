"""``hepatrend analyse``: compute what the newest generation lacks and keep it beside the snapshot."""

from __future__ import annotations

from pathlib import Path

import click

from dashboard.commands._options import json_option, store_option


@click.command()
@click.option("--executor", type=click.Choice(["serial", "processes", "dask"]), default="serial", show_default=True)
@click.option("--workers", type=click.IntRange(1), default=None, help="Default: as many as processors.")
@click.option("--scheduler", default="", help="Address of a Dask scheduler that sees the store's folder.")
@click.option("--settings", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Thresholds, TOML.")
@store_option
@json_option
def COMMAND(  # noqa: N802  the name that cli.py looks for
    executor: str, workers: int | None, scheduler: str, settings: Path | None, store_url: str, as_json: bool
) -> None:
    """Analyse what is new. Pages and reports then read results instead of computing them."""
    import json
    import time

    from analytics import settings as thresholds
    from analytics.store import open_store

    chosen = thresholds.load(settings) if settings else thresholds.Settings()
    store, began = open_store(store_url, create=False), time.monotonic()
    buckets = store.analyse(chosen, executor, workers=workers, address=scheduler)  # type: ignore[arg-type]
    said = {
        "generation": store.generation,
        "patients": len(store.summary()),
        "buckets_computed": buckets,
        "buckets": len(store.manifest.buckets),
        "settings": chosen.digest,
        "seconds": round(time.monotonic() - began, 3),
    }
    text = "{patients:,} patients, generation {generation}: {buckets_computed} of {buckets} buckets computed"
    click.echo(json.dumps(said) if as_json else f"{text.format(**said)} in {said['seconds']:.1f} s")
