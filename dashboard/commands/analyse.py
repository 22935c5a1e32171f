"""``hepatrend analyse``: compute what the newest generation lacks and keep it beside the snapshot."""

from __future__ import annotations

from pathlib import Path

import click

from dashboard.commands._options import buckets_done, executor_options, json_option, store_option, tell


@click.command()
@executor_options
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
    with buckets_done(len(store.unanalysed()), executor, workers, scheduler) as (chosen, how):
        buckets = store.analyse(chosen, **how)
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
