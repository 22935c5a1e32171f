"""Behind the import page: waiting files, profiles as text, jobs."""

from __future__ import annotations

import errno
import io
import itertools
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.errors import InputError, ProfileError
from analytics.store import open_store
from analytics.store.database import atomic_files
from analytics.store.working_state import jobs
from dashboard.application.app import create_app
from dashboard.cohorts import worker
from dashboard.components import import_summary
from dashboard.config import Config
from dashboard.importing import progress, service
from dashboard.importing.profiles import Profiles, with_column, with_option
from dashboard.importing.uploads import Uploads, plain_name
from dashboard.web.context import Context


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(store=str(tmp_path / "store"), import_folder=tmp_path / "in")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("labs.csv", "labs.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\labs.csv", "labs.csv"),
        ("a<b>.csv", "a_b_.csv"),
        ("..", "upload.csv"),
        ("", "upload.csv"),
        ("x" * 300 + ".csv", "x" * 96 + ".csv"),
    ],
)
def test_a_file_keeps_the_harmless_part_of_its_name(given, kept):
    assert plain_name(given) == kept


def test_an_upload_is_found_by_its_id_alone(config):
    uploads = Uploads(config)
    identity = uploads.keep("labs.csv", io.BytesIO(b"a,b\n1,2\n"))
    assert uploads.path(identity).read_bytes() == b"a,b\n1,2\n"
    for other in ("labs.csv", "../" + identity, identity[:-1], "", "0" * 16, "../../keys"):
        with pytest.raises(InputError):
            uploads.path(other)
    uploads.drop(identity)
    with pytest.raises(InputError):
        uploads.path(identity)


def test_only_files_of_the_configured_folder_are_offered(config):
    config.import_folder.mkdir()
    for name in ("labs.csv", "notes.doc", "secret.key"):
        (config.import_folder / name).write_text("x")
    uploads = Uploads(config)
    assert uploads.offered() == ["labs.csv"]
    assert uploads.path("labs.csv").name == "labs.csv"
    with pytest.raises(InputError):
        uploads.path("secret.key")


def test_a_transfer_that_breaks_off_leaves_nothing(config):
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("gone")

    uploads = Uploads(config)
    with pytest.raises(OSError, match="gone"):
        uploads.keep("labs.csv", Broken())  # type: ignore[arg-type]
    assert not list(uploads.folder.iterdir())


def test_a_too_large_upload_is_refused(tmp_path, shared_store):
    client = create_app(shared_store, Config(store=str(tmp_path / "s"), max_upload_mb=1)).server.test_client()
    assert client.post("/upload?name=a.csv", data=b"x" * 1000).status_code == 200
    assert client.post("/upload?name=a.csv", data=b"x" * (2 << 20)).status_code == 413


def test_a_profile_is_saved_whole_and_checked(config):
    profiles = Profiles(config)
    profiles.save("northgate", 'dates = ["%d.%m.%Y"]\n[columns]\npatient_id = "who"\n')
    assert "northgate" in profiles.names()
    assert "%d.%m.%Y" in profiles.text("northgate")
    with pytest.raises(ProfileError):
        profiles.save("northgate", "clock = 'moon'")
    assert "%d.%m.%Y" in profiles.text("northgate")
    for name in ("../x", "", "A B", "pbcseq", "x" * 41):
        with pytest.raises(InputError):
            profiles.save(name, "")


def test_a_profile_whose_saving_fails_anywhere_is_the_old_one_or_the_new_one(config, monkeypatch):
    profiles, old, new = Profiles(config), 'lab = "old"\n', 'lab = "new"\n'
    profiles.save("northgate", old)
    for n in itertools.count():
        steps = itertools.count()

        def fail(kind: str, name: str, at: int = n, steps: Iterator[int] = steps) -> None:
            if next(steps) == at:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patch:
            patch.setattr(atomic_files, "hook", fail)
            try:
                profiles.save("northgate", new)
                break
            except InputError as error:
                assert "No space left" in str(error)
        assert profiles.text("northgate") in (old, new)
        assert [p.name for p in profiles.folder.iterdir()] == ["northgate.toml"]
        profiles.save("northgate", old)
    assert n == 4
    assert profiles.text("northgate") == new
    assert (profiles.folder / "northgate.toml").stat().st_mode & 0o777 == 0o600


def test_a_column_has_one_meaning_at_a_time():
    text = with_column("", "who", "patient_id")
    text = with_column(text, "alt", "result:ALT")
    text = with_column(text, "note", "ignored")
    assert tomllib.loads(text) == {"ignore": ["note"], "columns": {"patient_id": "who"}, "analytes": {"alt": "ALT"}}
    text = with_column(text, "note", "patient_id")
    text = with_column(text, "alt", "")
    assert tomllib.loads(text) == {"ignore": [], "columns": {"patient_id": "note"}, "analytes": {}}


def test_an_option_goes_before_the_tables_and_comments_stay():
    text = '# of the Northgate laboratory\n[columns]\npatient_id = "who"\n'
    text = with_option(with_option(text, "dates", "%d.%m.%Y"), "decimal", ",")
    dates = ["%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y"]
    assert tomllib.loads(text) == {"dates": dates, "decimal": ",", "columns": {"patient_id": "who"}}
    assert "# of the Northgate laboratory" in text
    assert "decimal" not in tomllib.loads(with_option(text, "decimal", ""))
    with pytest.raises(InputError):
        with_option(text, "encoding", "x")
    with pytest.raises(InputError):
        with_column("[", "a", "patient_id")


def identity_of(context: Context, path: Path) -> str:
    return Uploads(context.config).identity(path)


def ask(context: Context, path: Path, profile: Path | None = None, save: str = "") -> str:
    """Have one file taken in; gives the job's id."""
    return service.ask(context, [service.Wanted(path, profile, save)], "ada")[0]


def finished(context: Context, identity: str, owner: str) -> progress.Job:
    """The import when a worker of this process has done it, and what waited before it."""
    kinds = {progress.KIND: service.import_job(context.config), "analysis": worker.analysis}
    while (job := progress.found(context.whole_store, identity, owner)) is not None and not job.over:
        assert jobs.work(context.whole_store, kinds)
    assert job is not None
    return job


LABS = "patient_id,analyte,collected_at,value,unit,uln\nP1,ALT,2026-01-05,50,U/L,40\nP1,ALT,2026-02-05,60,U/L,40\n"


@pytest.fixture
def context(tmp_path: Path) -> Context:
    store = open_store(str(tmp_path / "store"))
    return Context(store, Config(store=str(store.place.folder)))


@pytest.fixture
def labs(context: Context, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(worker, "start", lambda config: None)
    uploads = Uploads(context.config)
    return uploads.path(uploads.keep("labs.csv", io.BytesIO(LABS.encode())))


def test_an_import_is_told_to_its_owner_only_and_fails_in_words(context, labs):
    good = ask(context, labs)
    assert progress.found(context.whole_store, good, "ada").stage == "waiting"  # type: ignore[union-attr]
    assert progress.found(context.whole_store, good, "eve") is None
    assert finished(context, good, "ada").result["stored"] == 2
    gone = ask(context, labs)
    Uploads(context.config).drop(identity_of(context, labs))
    assert "not here any more" in finished(context, gone, "ada").failed
    other = jobs.submit(context.whole_store, "analysis", "ada", {})
    assert progress.found(context.whole_store, other, "ada") is None


def test_an_import_asks_for_the_analysis_and_waits_for_nothing(context, labs, monkeypatch):
    monkeypatch.setattr(type(context.whole_store), "analyse", lambda *_: pytest.fail("in the server's thread"))
    done = finished(context, ask(context, labs), "ada")
    left = service.analysis_after(context, [done])
    assert left is not None and (left.state, left.owner) == ("waiting", "ada")
    assert "Import complete. Analysis is running in the background" in str(import_summary.progress_of([done], left))
    monkeypatch.undo()
    assert worker.serve(context.whole_store, context.config, until_idle=True) == 1
    assert context.whole_store.unanalysed() == []
    left = service.analysis_after(context, [done])
    assert left is not None and left.over
    said = str(import_summary.progress_of([done], left))
    assert "up to date" in said and "labs.csv was imported" in said
    monkeypatch.setattr(worker, "start", lambda config: None)
    again = finished(context, ask(context, labs), "ada")
    assert service.analysis_after(context, [again]) is None, "nothing is left to compute"


def test_an_import_waits_where_no_worker_could_be_started(context, labs, monkeypatch):
    def refuse(_: Config) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(worker, "start", refuse)
    identity = ask(context, labs)
    assert [job.state for job in jobs.recent(context.whole_store)] == ["waiting"]
    assert finished(context, identity, "ada").result["stored"] == 2


def test_a_profile_is_saved_after_the_import_and_it_is_said_where_that_fails(context, labs, monkeypatch):
    kept = service.keep_profile(context.config, "north", 'lab = "North"\n')
    done = finished(context, ask(context, labs, kept, save="north"), "ada")
    assert (done.result["trouble"], Profiles(context.config).text("north")) == ([], 'lab = "North"\n')

    def full(*_: object) -> None:
        raise InputError("the profile could not be saved: the disk is full")

    monkeypatch.setattr(Profiles, "save", full)
    kept = service.keep_profile(context.config, "north", 'lab = "South"\n')
    done = finished(context, ask(context, labs, kept, save="north"), "ada")
    said = str(import_summary.progress_of([done]))
    assert "labs.csv is in, but the profile was not saved: the profile could not be saved: the disk is full." in said


def test_a_job_that_names_what_is_no_waiting_file_or_kept_profile_fails(context, labs):
    kept = service.keep_profile(context.config, "north", 'lab = "North"\n')
    assert kept is not None
    good = {"file": identity_of(context, labs), "name": "labs.csv", "digest": kept.parent.name, "profile": "north"}
    for wrong in ({"file": "../../keys"}, {"digest": "../../profiles"}, {"profile": "../north"}):
        identity = jobs.submit(context.whole_store, progress.KIND, "ada", good | wrong)
        assert finished(context, identity, "ada").failed
    assert len(context.whole_store.imports()) == 0


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_import_whose_worker_died_is_finished_by_the_next_one_once(context, labs, monkeypatch, when):
    identity = ask(context, labs)
    job = jobs.claim(context.whole_store)
    assert job is not None
    if when == "after":  # it is in, and the worker died before it could say so
        service.import_job(context.config)(context.whole_store, job, lambda stage, share: None)
    monkeypatch.setattr(jobs, "STALE_SECONDS", -1)
    done = finished(context, identity, "ada")
    assert (bool(done.failed), done.result.get("already", False)) == (False, when == "after")
    assert len(context.whole_store.imports()) == 1
    assert context.whole_store.panel(["P1"]).labs["value"].tolist() == [50.0, 60.0]


def test_an_upload_is_gone_when_all_of_it_is_in_and_kept_for_a_day_where_rows_are_quarantined(
    context, labs, monkeypatch
):
    uploads, store = Uploads(context.config), context.whole_store
    odd = uploads.path(uploads.keep("odd.csv", io.BytesIO(LABS.replace("50,U/L", "50,furlong").encode())))
    waits = uploads.path(uploads.keep("waits.csv", io.BytesIO(LABS.encode())))
    for path in (labs, odd):
        ask(context, path)
    kinds = {progress.KIND: service.import_job(context.config)}

    def forget() -> None:
        service.forget_uploads(store, context.config)

    worker.serve(store, context.config, until_idle=True, more=kinds, after=forget)
    assert [p.exists() for p in (labs, odd, waits)] == [False, True, True]
    late = time.time() - 25 * 3600
    os.utime(odd.parents[1], (late, late))
    worker.serve(store, context.config, until_idle=True, after=forget)
    assert [p.exists() for p in (odd, waits)] == [False, True]


def test_an_import_goes_on_when_the_server_is_killed_in_the_middle(tmp_path):
    rows = "".join(f"P{i},ALT,2026-01-05,{i % 90 + 10},U/L,40\n" for i in range(20_000))
    (tmp_path / "labs.csv").write_text(LABS.splitlines()[0] + "\n" + rows)
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, start_new_session=True, text=True
    )
    assert server.stdout is not None
    identity = server.stdout.readline().strip()
    server.kill()
    server.communicate()
    again = open_store(str(tmp_path / "store"))
    ends = time.monotonic() + 120
    while (job := progress.found(again, identity, "ada")) is None or not job.over:
        worker.revive(again, Config(store=str(tmp_path / "store")))
        assert time.monotonic() < ends
        time.sleep(0.2)
    assert (job.failed, job.result["stored"]) == ("", 20_000)
    again = open_store(str(tmp_path / "store"))
    assert len(again.imports()) == 1


def test_an_import_that_one_server_was_asked_for_is_finished_by_another(tmp_path, monkeypatch):
    (tmp_path / "labs.csv").write_text(LABS)
    ends_at_once = SERVER.replace("store = open", "worker.start = lambda config: None\nstore = open")
    asked = subprocess.run(
        [sys.executable, "-c", ends_at_once.replace("time.sleep(600)", ""), str(tmp_path)],
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    store = open_store(str(tmp_path / "store"))
    here = Context(store, Config(store=str(tmp_path / "store")))
    [job] = progress.found_all(store, progress.going_on(store, "ada"), "ada")
    assert (job.identity, job.stage) == (asked.stdout.strip(), "waiting")
    monkeypatch.setattr(jobs, "STALE_SECONDS", -1)
    ends = time.monotonic() + 120
    while not job.over:
        service.analysis_after(here, [job])  # what a page does that shows it
        monkeypatch.undo()
        assert time.monotonic() < ends
        time.sleep(0.2)
        [job] = progress.found_all(store, [job.identity], "ada")
    assert (job.failed, job.result["stored"]) == ("", 2)
    assert progress.found_all(store, [job.identity], "eve") == []


SERVER = """
import sys, time
from pathlib import Path
from analytics.store import open_store
from dashboard.cohorts import worker
from dashboard.config import Config
from dashboard.importing import progress, service
from dashboard.importing.uploads import Uploads
from dashboard.web.context import Context
folder = Path(sys.argv[1])
store = open_store(str(folder / "store"))
context = Context(store, Config(store=str(folder / "store")))
uploads = Uploads(context.config)
with (folder / "labs.csv").open("rb") as stream:
    path = uploads.path(uploads.keep("labs.csv", stream))
print(service.ask(context, [service.Wanted(path)], "ada")[0], flush=True)
time.sleep(600)
"""


def test_an_analysis_that_fails_is_said_beside_the_receipt(context):
    job = jobs.Job("1", "analysis", "ada", {}, "failed", "", 0.5, "the disk is full", 1)
    assert "Import complete; analysis failed: " in str(import_summary._analysed(job))
    assert "the disk is full" in str(import_summary._analysed(job))
