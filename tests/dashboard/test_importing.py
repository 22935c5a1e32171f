"""Behind the import page: waiting files, profiles as text, jobs."""

from __future__ import annotations

import errno
import io
import itertools
import os
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.errors import InputError, ProfileError
from analytics.store import open_store
from analytics.store.database import atomic_files
from analytics.store.working_state import jobs as stored
from dashboard.application.app import create_app
from dashboard.cohorts import worker
from dashboard.components import importing
from dashboard.config import Config
from dashboard.importing import service
from dashboard.importing.profiles import Profiles, with_column, with_option
from dashboard.importing.progress import Jobs
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


def wait(jobs: Jobs, identity: str, owner: str) -> object:
    """The job when it is over."""
    for _ in range(1500):
        job = jobs.get(identity, owner)
        if job is None or job.over:
            return job
        time.sleep(0.02)
    raise AssertionError("still running")


def test_a_job_is_told_to_its_owner_only_and_fails_in_words():
    jobs = Jobs()
    good = jobs.start("ada", "a.csv", lambda tell: {"stored": 3})
    assert wait(jobs, good, "ada").result == {"stored": 3}  # type: ignore[attr-defined]
    assert jobs.get(good, "eve") is None

    def refuse(tell: object) -> dict[str, object]:
        raise InputError("no such column")

    assert wait(jobs, jobs.start("ada", "b.csv", refuse), "ada").failed == "no such column"  # type: ignore[attr-defined]
    broken = wait(jobs, jobs.start("ada", "c.csv", lambda tell: 1 / 0), "ada")  # type: ignore[arg-type,return-value]
    assert "division" not in broken.failed  # type: ignore[attr-defined]
    assert "the server's log" in broken.failed  # type: ignore[attr-defined]


LABS = "patient_id,analyte,collected_at,value,unit,uln\nP1,ALT,2026-01-05,50,U/L,40\nP1,ALT,2026-02-05,60,U/L,40\n"


@pytest.fixture
def context(tmp_path: Path) -> Context:
    store = open_store(str(tmp_path / "store"))
    return Context(store, Config(store=str(store.place.folder)))


def test_an_import_asks_a_worker_for_the_analysis_and_waits_for_nothing(context, tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(worker, "start", started.append)
    monkeypatch.setattr(type(context.whole_store), "analyse", lambda *_: pytest.fail("in the server's thread"))
    path = tmp_path / "labs.csv"
    path.write_text(LABS)
    jobs = Jobs()
    done = wait(jobs, jobs.start("ada", path.name, service.importing(context, path, None, "ada")), "ada")
    assert done.result["stored"] == 2  # type: ignore[attr-defined]
    assert len(started) == 1
    left = service.analysis_after(context, done)  # type: ignore[arg-type]
    assert left is not None and (left.state, left.owner) == ("waiting", "ada")
    assert "Findings are computed beside" in str(importing.progress_of(done, left))  # type: ignore[arg-type]
    monkeypatch.undo()
    assert worker.serve(context.whole_store, context.config, until_idle=True) == 1
    assert context.whole_store.unanalysed() == []
    left = service.analysis_after(context, done)  # type: ignore[arg-type]
    assert left is not None and left.over
    said = str(importing.progress_of(done, left))  # type: ignore[arg-type]
    assert "up to date" in said and "labs.csv was imported" in said
    again = wait(jobs, jobs.start("ada", path.name, service.importing(context, path, None, "ada")), "ada")
    assert service.analysis_after(context, again) is None, "nothing is left to compute"  # type: ignore[arg-type]


def test_a_receipt_is_shown_though_no_worker_could_be_started(context, tmp_path, monkeypatch):
    def refuse(_: Config) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(worker, "start", refuse)
    path = tmp_path / "labs.csv"
    path.write_text(LABS)
    jobs = Jobs()
    done = wait(jobs, jobs.start("ada", path.name, service.importing(context, path, None, "ada")), "ada")
    said = str(importing.progress_of(done, service.analysis_after(context, done)))  # type: ignore[arg-type]
    assert "labs.csv was imported" in said and "Nothing of it was stored" not in said
    assert "The file is in, but the analysis could not be asked for; the server's log says why." in said
    assert [job.state for job in stored.recent(context.whole_store)] == ["waiting"]


def test_a_profile_that_could_not_be_saved_is_said_on_the_receipt(context, tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "start", lambda config: None)
    path = tmp_path / "labs.csv"
    path.write_text(LABS)

    def then() -> None:
        raise InputError("the profile could not be saved: the disk is full")

    jobs = Jobs()
    done = wait(jobs, jobs.start("ada", path.name, service.importing(context, path, None, "ada", then)), "ada")
    assert done.result["stored"] == 2 and "analysis" in done.result  # type: ignore[attr-defined]
    said = str(importing.progress_of(done))  # type: ignore[arg-type]
    assert "The file is in, but the profile was not saved: the profile could not be saved: the disk is full." in said


def test_an_analysis_that_fails_is_said_beside_the_receipt(context):
    job = stored.Job("1", "analysis", "ada", {}, "failed", "", 0.5, "the disk is full", 1)
    assert "The analysis did not end well: " in str(importing._analysed(job))
    assert "the disk is full" in str(importing._analysed(job))
