"""The sample data, loaded by the code of ``hepatrend import`` and analysed by that of ``hepatrend analyse``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import dashboard
from analytics.errors import InputError
from dashboard.study import Study

if TYPE_CHECKING:
    from analytics.store import Store

NAMES = ("patients.csv", "events.csv", "imaging.csv", "labs.csv")
"""Files of the sample data that are imported; truth.csv and hard_cases are for tests and for trying things out."""
TRUTH = "truth.csv"


def load(study: Study, data: Path | None, say: Callable[[str], None]) -> None:
    """Import what the store does not have yet, analyse what is not analysed.

    Raises:
        InputError: the folder of sample data is not there, or one of its files is refused.
    """
    from analytics.ingest import importer

    with _sample(data) as folder:
        files = [folder / name for name in NAMES if (folder / name).is_file()]
        if not files:
            raise InputError(f"no sample data in {folder}; write them: hepatrend demo --files-to DIR")
        outcomes = importer.import_all(files, study.store, importer.Options(by="demo"))
    for outcome in outcomes:
        if outcome.refused:
            raise InputError(outcome.refused)
    if any(not outcome.receipt.get("already") for outcome in outcomes):
        say(importer.as_text(outcomes))
    study.store.analyse()


@contextmanager
def _sample(data: Path | None) -> Iterator[Path]:
    """The folder that was given, else that of the checkout, else one made for now: an installed wheel has none."""
    folder = data or Path(dashboard.__file__).parent.parent / "sample_data"
    if data is not None or folder.is_dir():
        yield folder
        return
    with TemporaryDirectory(prefix="hepatrend-demo-") as made:
        write_files(Path(made))
        yield Path(made)


def write_files(folder: Path) -> None:
    """Write the sample files that can be imported, and the awkward ones, the same bytes each time.

    Raises:
        InputError: there is something in the folder already.
    """
    from analytics.synthetic import write

    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty; the sample data are written to a new or an empty folder")
    write(folder)
    (folder / TRUTH).unlink()


def loaded(store: Store) -> dict[str, int]:
    """What the store holds, in numbers."""
    worklist = store.worklist()
    return {
        "patients": len(worklist),
        "results": int(worklist["n_results"].sum()),
        "quarantined": int(store.held_count()),
        "patients_with_new_findings": int((worklist["n_new"] > 0).sum()),
    }


def loaded_as_text(said: Mapping[str, int]) -> str:
    """The same in one line."""
    return (
        "{patients:,} patients, {results:,} results, {quarantined:,} quarantined, "
        "{patients_with_new_findings:,} with new findings".format(**said)
    )
