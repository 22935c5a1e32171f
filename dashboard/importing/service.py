"""Taking a file in from a page: its profile kept beside the store, the import beside the pages, then the analysis."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from analytics.errors import HepatrendError
from analytics.ingest import importer
from analytics.ingest.profile import from_toml
from analytics.store import Admin
from analytics.store.database.atomic_files import make_folder, write_whole
from analytics.store.working_state import jobs as stored
from dashboard.cohorts import worker
from dashboard.config import Config
from dashboard.importing.profiles import check_form
from dashboard.importing.progress import Job, Told
from dashboard.web.context import Context

log = logging.getLogger(__name__)
USED = "profiles-used"


def keep_profile(config: Config, name: str, text: str | None) -> Path | None:
    """The profile's text as a file, under its digest: importers take profiles by path, and a file that is read again
    must find the very one that it was read with. None where nothing is declared.

    Args:
        config: says where.
        name: as the import names it; letters, digits, _ and - alone, as it becomes a file's name.
        text: TOML.

    Raises:
        ProfileError: the text is no profile; InputError: the name is out of form.
    """
    if not (text or "").strip():
        return None
    check_form(name)
    kept = used(config, from_toml(str(text), name).digest) / f"{name}.toml"
    make_folder(kept.parent)
    write_whole(kept, str(text).encode("utf-8"))
    return kept


def used(config: Config, digest: str) -> Path:
    """Folder of the profile of this digest, where a page imported with it."""
    return config.folder / USED / digest


def importing(
    context: Context, path: Path, profile: Path | None, by: str, then: Callable[[], object] | None = None
) -> Any:
    """Work for dashboard.importing.progress: the code of ``hepatrend import``; then a worker is asked for
    the analysis.

    Args:
        context: store and options.
        path: the file.
        profile: its profile, as a file.
        by: who imports.
        then: done where the file was not refused.
    """
    store = Admin.of(context.whole_store)

    def work(tell: Told) -> dict[str, Any]:
        tell(stage="reading")
        options = importer.Options(profile=str(profile) if profile else None, by=by)
        outcome = importer.import_one(path, store, options, lambda _file, *far: tell(**_stage(*far)))
        document = dict(outcome.document)
        if outcome.refused:
            return document
        document["trouble"] = []
        _tried(document, "the profile was not saved", then or (lambda: None))
        _tried(document, "the analysis could not be asked for", lambda: _ask(context, document, by))
        return document

    return work


def _ask(context: Context, document: dict[str, Any], by: str) -> None:
    if context.whole_store.unanalysed():
        document["analysis"] = worker.ask_for_analysis(context.whole_store, context.config, by)


def _tried(document: dict[str, Any], otherwise: str, do: Callable[[], object]) -> None:
    """Do what follows an import. The file is in whatever comes of it, and its receipt must say so."""
    try:
        do()
    except (HepatrendError, OSError, SQLAlchemyError) as error:
        log.exception("after an import: %s", otherwise)
        why = f": {error}" if isinstance(error, HepatrendError) else "; the server's log says why"
        document["trouble"].append(otherwise + why)


def analysis_after(context: Context, done: Job | None) -> stored.Job | None:
    """The analysis that goes on after an import; a worker that died is followed by another."""
    if done is None or "analysis" not in done.result:
        return None
    worker.revive(context.whole_store, context.config)
    return stored.get(context.whole_store, done.result["analysis"], done.owner)


def _stage(doing: str, done: int, whole: int) -> dict[str, Any]:
    """How far an import is: of its time about a third is reading."""
    first, share = (0.0, 0.3) if doing == importer.READ else (0.3, 0.6)
    return {"stage": "reading" if doing == importer.READ else "storing", "share": first + share * done / max(whole, 1)}
