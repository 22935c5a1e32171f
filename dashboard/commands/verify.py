"""``hepatrend verify``: does the store still say what was imported?"""

from __future__ import annotations

import click

from dashboard.commands._options import json_option, store_option, tell


@click.command()
@store_option
@json_option({"holds": "yes/no", "rows": "integer", "files": "integer", "entries": "integer", "problems": "list"})
def COMMAND(store_url: str | None, as_json: bool) -> None:  # noqa: N802  the name that cli.py looks for
    """Verify all checksums: rows, imports, snapshot and audit log. Exit 1 if anything does not hold."""
    from analytics.errors import DamagedStore
    from analytics.store.admin.soundness import every_file
    from analytics.store.admin.verify import Verdict
    from analytics.store.database import made_once
    from analytics.store.database.location import Place
    from dashboard.study import config_of, open_study
    from dashboard.wording import count_of

    config, verdict = config_of(store_url), Verdict()
    place = Place.of(config.store)
    try:
        store = open_study(store_url, told=False).store
        verdict = store.verify()
        verdict.entries = store.log.verify()
    except DamagedStore as error:
        verdict.problems += [str(error), *every_file(place)]
    found = made_once.faults(place.folder, config.beside_store(config.keys, "keys"))
    verdict.problems += [says for says in found if says not in verdict.problems]
    for problem in () if as_json else verdict.problems:
        click.echo(problem, err=True)
    counts = f"{verdict.rows:,} rows, {verdict.files:,} files, {verdict.entries:,} audit entries"
    text = f"{counts}: {'all hold' if verdict.holds else count_of(len(verdict.problems), 'problem')}"
    tell({"holds": verdict.holds, **vars(verdict)}, text, as_json)
    raise click.exceptions.Exit(0 if verdict.holds else 1)
