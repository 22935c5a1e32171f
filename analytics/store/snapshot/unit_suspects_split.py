"""Results of a bucket parted: those that are shown, and those kept out of view because their unit is in doubt."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from analytics.analytes import INDEX
from analytics.ingest.unit_suspects import Results, unit_suspects
from analytics.store.database.arrow import moments, schema_of, words_of
from analytics.tables import LABS

STORED_SUSPECTS = pa.schema(
    [*schema_of(LABS), ("fits", pa.large_string()), ("converted", pa.float64()), ("before", pa.float64())]
)
"""Part ``suspects`` of a bucket: the result, the unit that explains it, its value then, and the value before it."""


def parted(labs: pa.Table, judged: Mapping[int, bool]) -> tuple[pa.Table, pa.Table]:
    """Results to show, and results to hold; ``labs`` is sorted by patient and analyte.

    Args:
        labs: table LABS, whole patients.
        judged: decisions of people, by result_id: True, the result is right; False, it is wrong.
    """
    found = unit_suspects(_results(labs), judged)
    if not found:
        return labs, STORED_SUSPECTS.empty_table()
    at = np.array([suspect.row for suspect in found])
    shown = np.ones(labs.num_rows, bool)
    shown[at] = False
    held = labs.take(pa.array(at))
    held = held.append_column("fits", pa.array([suspect.unit for suspect in found], pa.large_string()))
    for name in ("converted", "before"):
        held = held.append_column(name, pa.array([getattr(suspect, name) for suspect in found], pa.float64()))
    return labs.filter(pa.array(shown)), held.cast(STORED_SUSPECTS)


def _results(labs: pa.Table) -> Results:
    person, _ = words_of(labs.column("patient_id"))
    code, names = words_of(labs.column("analyte"))
    analyte = np.array([INDEX[n] for n in names if n is not None], dtype=np.int64)[code]
    sign, signs = words_of(labs.column("comparator"))
    series = person * len(INDEX) + analyte
    exact = np.array([not s for s in signs], dtype=bool)[sign]
    value = labs.column("value").to_numpy()
    return Results(
        series=series,
        analyte=analyte,
        time=moments(labs, series),
        value=np.where(exact, value, np.nan),
        row_id=labs.column("result_id").to_numpy(),
        uln=labs.column("uln").to_numpy(),
        texts=tuple(_Text(labs, name) for name in ("specimen_id", "raw_value", "raw_unit")),
    )


class _Text:
    """A text column, read only where it is asked."""

    def __init__(self, labs: pa.Table, name: str):
        self._column = labs.column(name)

    def __getitem__(self, row: int) -> str:
        return self._column[row].as_py() or ""
