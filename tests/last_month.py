"""The sample data as they were last month: one patient's results not yet there, one value before its correction."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analytics.cohort.query.definition import parse
from analytics.cohort.query.run import Result, run
from analytics.ingest import read
from analytics.store import Store, open_store
from tests.stores import SAMPLE

ASKED = "find ALT above 10 x ULN after first dose"


def last_month(folder: Path, now: Store) -> tuple[Result, str, str]:
    """(the run of ASKED on last month's data, who entered since, whose value changed since: it was twice as high)."""
    labs = pd.read_csv(SAMPLE / "labs.csv", dtype=str, keep_default_na=False)
    today = run(parse(ASKED), now.analysis())
    late, changed = today.patient_ids[:2]
    at = today.rows.set_index("patient_id").loc[changed, "at_1"]
    hit = (labs["patient_id"] == changed) & (labs["analyte"].isin(["ALT", "SGPT", "ALAT"]))
    hit &= labs["collected_at"] == at.strftime("%Y-%m-%d %H:%M")
    assert hit.sum() == 1
    was = f"{2 * float(labs.loc[hit, 'value'].iloc[0]):g}"
    older = labs[labs["patient_id"] != late].copy()
    older.loc[hit[hit].index, "value"] = was
    older.to_csv(folder / "labs.csv", index=False)
    before = open_store(str(folder / "old"))
    files = [SAMPLE / "patients.csv", SAMPLE / "events.csv", folder / "labs.csv"]
    before.publish([read(path) for path in files], by="test")
    return run(parse(ASKED), before.analysis()), late, changed
