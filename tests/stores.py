"""Stores for tests, filled by the same code as any other: filled once in a run, and copied for whoever asks.

A test that asks for ``small_store(folder)`` or ``sample_store_in(folder)`` gets a folder of its own, that it may write
into; only the first in a run, whichever worker it is in, waits until the results are imported.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from analytics.ingest import Ingest, read
from analytics.store import Store, open_store
from analytics.tables import LABS, PATIENTS
from tests.builders import labs_of
from tests.moulds import made_once

SAMPLE = Path(__file__).resolve().parent.parent / "sample_data"
IDS = ("MRN-1", "MRN-2")


def small_store(folder: Path) -> Store:
    """Two people: MRN-1 (F, Harbour) and MRN-2 (M, Valley), seven results each."""
    return copied(_small, folder)


def small_store_now(folder: Path) -> Store:
    """The same, imported at this very moment: for tests of the clock, as a copy has the time of its mould."""
    _small(folder)
    return open_store(str(folder))


def sample_store_in(folder: Path) -> Store:
    """The sample data as ``hepatrend demo`` loads it, analysed."""
    return copied(_sample, folder)


def copied(fill: Callable[[Path], object], folder: Path) -> Store:
    """A store of one's own in ``folder``, as ``fill``, a function of a module, makes it; it is called once in a run."""
    shutil.copytree(made_once(fill), folder, dirs_exist_ok=True)
    return open_store(str(folder))


def _small(folder: Path) -> None:
    days = pd.date_range("2024-01-01", periods=7, freq="14D")
    rows = [(day, "ALT", 30 + 40 * i) for i, day in enumerate(days)]
    labs = pd.concat([LABS.conform(labs_of(rows, name).drop(columns="result_id")) for name in IDS], ignore_index=True)
    people = PATIENTS.conform(
        pd.DataFrame(
            {
                "patient_id": IDS,
                "sex": ["F", "M"],
                "birth_date": pd.to_datetime(["1950-05-17", "1961-11-03"]),
                "primary_site": ["colorectal", "breast"],
                "site": ["Harbour", "Valley"],
                "clock": ["date", "date"],
                "source_file": "people.csv",
            }
        )
    )
    store = open_store(str(folder))
    for name, frames, n in (("people.csv", {"patients": people}, 2), ("case.csv", {"labs": labs}, 14)):
        table = "patients" if name == "people.csv" else "labs"
        store.publish(
            Ingest(
                **frames, rows_in=n, results_in=n, file=name, sha256=name.ljust(64, "0"), profile="canonical",
                profile_digest="0", table=table,
            ),
            by="test",
        )  # fmt: skip


def _sample(folder: Path) -> None:
    store = open_store(str(folder))
    files = [SAMPLE / f"{name}.csv" for name in ("patients", "events", "imaging", "labs")]
    store.publish([read(path) for path in files], by="test")
    store.analyse()
