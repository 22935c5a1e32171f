"""Taking a file in from a page: its profile kept beside the store, the import beside the pages, then the analysis."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from analytics.errors import HepatrendError
from analytics.ingest import importer
from analytics.ingest.outcome import LIST_OF_TESTS
from analytics.ingest.profile import from_toml
from analytics.store import Admin, Store
from analytics.store.database.atomic_files import make_folder, write_whole
from analytics.store.working_state import jobs as stored
from dashboard.cohorts import worker
from dashboard.config import Config
from dashboard.importing.profiles import Profiles, check_form
from dashboard.importing.progress import KIND, Job
from dashboard.importing.uploads import Uploads
from dashboard.security.named import among
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


@dataclass(frozen=True)
class Wanted:
    """One file that is to be taken in.

    Attributes:
        path: a file that waits, of :meth:`Uploads.path`.
        profile: its profile, of :func:`keep_profile`.
        save: name under which the profile is saved where the file was not refused.
    """

    path: Path
    profile: Path | None = None
    save: str = ""


def ask(context: Context, wanted: Sequence[Wanted], by: str) -> list[str]:
    """Have files taken in beside the pages; gives the jobs' ids. They go on when the server stops.

    Args:
        context: store and options.
        wanted: the files.
        by: who imports.
    """
    uploads, jobs = Uploads(context.config), []
    for one in wanted:
        said = {"digest": one.profile.parent.name, "profile": one.profile.stem} if one.profile else {}
        body = {"file": uploads.identity(one.path), "name": one.path.name, "save": one.save, **said}
        jobs.append(stored.submit(context.whole_store, KIND, by, body))
    try:
        worker.start(context.config)
    except OSError:
        log.exception("no worker could be started; the import waits for the next one")
    return jobs


def import_job(config: Config) -> stored.Work:
    """Work for dashboard.cohorts.worker: the code of ``hepatrend import``, then the analysis is asked for.

    A file that is in already, because a worker died between its last steps, is not taken in a second time.
    """

    def work(store: Store, job: stored.Job, tell: stored.Tell) -> dict[str, Any]:
        tell("reading", 0.0)
        path, profile = Uploads(config).path(str(job.body["file"])), _kept(config, job.body)
        options = importer.Options(profile=str(profile) if profile else None, by=job.owner)
        outcome = importer.import_one(path, Admin.of(store), options, lambda _file, *far: tell(*_stage(*far)))
        document: dict[str, Any] = json.loads(json.dumps(outcome.document, default=str))
        if outcome.refused:
            return document
        document["trouble"] = []
        _tried(document, "the profile was not saved", lambda: _save(config, str(job.body.get("save", "")), profile))
        _tried(document, "the analysis could not be asked for", lambda: _ask(store, document, job.owner))
        return document

    return work


def forget_uploads(store: Store, config: Config) -> None:
    """Remove uploads of which nothing is left to be read: everything of them went in, or they wait since yesterday.

    A file of which rows are quarantined is kept for that day: rules of a profile may make them readable.
    """
    uploads = Uploads(config)
    done = [j for j in stored.recent(store) if j.kind == KIND and j.state == "done"]
    whole = {str(j.body["file"]): d for j in done if _is_whole(d := json.loads(j.result))}
    for identity in sorted(whole, key=lambda i: _is_list(whole[i])):
        if not (_is_list(whole[identity]) and uploads.beside(identity)):
            uploads.drop(identity)
    uploads.clear_old()


def _is_whole(document: Mapping[str, Any]) -> bool:
    """Whether a file was taken in and nothing of it is quarantined."""
    return not document.get("refused") and not document.get("quarantined")


def _is_list(document: Mapping[str, Any]) -> bool:
    """Whether a file is a list of tests, which is needed as long as a file of results waits beside it."""
    return set(document.get("ignored_why") or ()) == {LIST_OF_TESTS}


def _kept(config: Config, body: Mapping[str, Any]) -> Path | None:
    """The profile that a job names, among those that were kept.

    Raises:
        InputError: it is not there any more.
    """
    if "digest" not in body:
        return None
    folders = {p.name: p for p in (config.folder / USED).glob("*")}
    files = {p.stem: p for p in folders[among(str(body["digest"]), folders, "profile")].glob("*.toml")}
    return files[among(str(body["profile"]), files, "profile")]


def _save(config: Config, name: str, profile: Path | None) -> None:
    if name and profile:
        Profiles(config).save(name, profile.read_text("utf-8"))


def _ask(store: Store, document: dict[str, Any], by: str) -> None:
    """One analysis after all imports that wait; the worker that is at this job comes to it by itself."""
    if store.unanalysed():
        waiting = [j.job_id for j in stored.recent(store, by) if (j.kind, j.state) == ("analysis", "waiting")]
        document["analysis"] = waiting[0] if waiting else stored.submit(store, "analysis", by, {})


def _tried(document: dict[str, Any], otherwise: str, do: Callable[[], object]) -> None:
    """Do what follows an import. The file is in whatever comes of it, and its receipt must say so."""
    try:
        do()
    except (HepatrendError, OSError, SQLAlchemyError) as error:
        log.exception("after an import: %s", otherwise)
        why = f": {error}" if isinstance(error, HepatrendError) else "; the server's log says why"
        document["trouble"].append(otherwise + why)


def analysis_after(context: Context, done: Sequence[Job]) -> stored.Job | None:
    """The analysis that goes on after imports; a worker that died is followed by another."""
    if all(job.failed or (job.over and "analysis" not in job.result) for job in done):
        return None
    worker.revive(context.whole_store, context.config)
    if not all(job.over for job in done):
        return None
    last = [job for job in done if "analysis" in job.result][-1]
    return stored.get(context.whole_store, last.result["analysis"], last.owner)


def _stage(doing: str, done: int, whole: int) -> tuple[str, float]:
    """How far an import is: of its time about a third is reading."""
    first, share = (0.0, 0.3) if doing == importer.READ else (0.3, 0.6)
    return ("reading" if doing == importer.READ else "storing"), first + share * done / max(whole, 1)
