"""A folder of reports: the same bytes by one process and by two."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from analytics.errors import ReportRefused
from analytics.executors import meant
from analytics.store import Store
from analytics.store.working_state.schedules import Schedule
from dashboard.config import Config
from dashboard.reporting.build import make
from dashboard.reporting.folder import Shelving, write_folder
from dashboard.reporting.report_input import ordered
from dashboard.study import Study
from tests.read_ahead import read_for_processes

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def study(sample_store: Store) -> Study:
    read_for_processes()
    return Study(Config(store=str(sample_store.place.folder)), sample_store)


def written(study: Study, folder: Path, *, workers: int, identified: bool = True) -> dict[str, bytes]:
    folder.mkdir()
    order = ordered(study.config, study.store.patient_ids, "all", identified=identified)
    write_folder(
        study, order, Shelving("patient", "html", "none", NOON, folder), meant(None, workers, ""), workers=workers
    )
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def by_one(study, tmp_path_factory) -> dict[bool, dict[str, bytes]]:
    """What one process writes, identified and not."""
    folder = tmp_path_factory.mktemp("by-one")
    return {i: written(study, folder / str(i), workers=1, identified=i) for i in (True, False)}


@pytest.mark.parametrize("identified", [True, False])
def test_two_processes_write_what_one_writes(study, by_one, tmp_path, identified):
    one = by_one[identified]
    assert len(one) == len(study.store.patient_ids) + 1
    assert written(study, tmp_path / "two", workers=2, identified=identified) == one


def test_an_empty_list_is_refused_before_a_file_is_written(study, tmp_path):
    with pytest.raises(ReportRefused, match="empty"):
        write_folder(
            study,
            ordered(study.config, [], "nobody", identified=True),
            Shelving("patient", "html", "none", NOON, tmp_path),
        )
    assert not list(tmp_path.iterdir())


def test_a_schedule_publishes_the_files_that_a_command_writes(study, by_one):
    by_command = by_one[True]
    kept = Schedule("all", "patient", "all", "Mon 06:00", "UTC", (), assets="none", identified=True)
    at = pd.Timestamp(NOON).tz_localize(None)
    published = make(study.store, kept, at, at, study.config)
    by_schedule = {name.rpartition("/")[2]: body for name, body in published.files.items()}
    assert published.name.endswith("/index.html")
    assert by_schedule == by_command
