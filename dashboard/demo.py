"""The sample data, loaded by the code of ``hepatrend import`` and analysed by that of ``hepatrend analyse``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import dashboard
from analytics.errors import InputError
from dashboard.study import Study
from dashboard.wording import count_of, whole

if TYPE_CHECKING:
    from analytics.store import Store

NAMES = ("patients.csv", "events.csv", "imaging.csv", "labs.csv")
"""Files of the sample data that are imported; truth.csv and hard_cases are for tests and for trying things out."""


def load(study: Study, data: Path | None, say: Callable[[str], None]) -> None:
    """Import what the store does not have yet, analyse what is not analysed.

    Raises:
        InputError: the folder of sample data is not there, or one of its files is refused.
    """
    from analytics.ingest import importer

    folder = data or Path(dashboard.__file__).parent.parent / "sample_data"
    files = [folder / name for name in NAMES if (folder / name).is_file()]
    if not files:
        raise InputError(
            f"no sample data in {folder}; give --data DIR, or write them: python -m analytics.synthetic DIR"
        )
    outcomes = importer.import_all(files, study.store, importer.Options(by="demo"))
    for outcome in outcomes:
        if outcome.refused:
            raise InputError(outcome.refused)
    if any(not outcome.receipt.get("already") for outcome in outcomes):
        say(importer.as_text(outcomes))
    study.store.analyse()


def loaded_as_text(store: Store) -> str:
    """One line: what the store holds."""
    worklist = store.worklist()
    results, new = int(worklist["n_results"].sum()), int((worklist["n_new"] > 0).sum())
    return (
        f"{count_of(len(worklist), 'patient')}, {count_of(results, 'result')}, {whole(store.held_count())} quarantined"
        f", {count_of(new, 'patient')} with new findings"
    )
