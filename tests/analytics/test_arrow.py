"""Few rows are taken over column by column: into the same frame as many rows are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics import arrow
from analytics.tables import TABLES, Table


def filled(table: Table, rows: int) -> pd.DataFrame:
    """A frame with every second cell missing, but in the first column."""
    cells = {
        "text": "a",
        "json": "{}",
        "number": 1.5,
        "whole": 3,
        "time": pd.Timestamp("2024-02-29 07:30"),
        "flag": True,
    }
    frame = pd.DataFrame({c.name: [cells[c.kind]] * rows for c in table.columns})
    whole = table.conform(frame)
    gaps = np.arange(rows) % 2 == 1
    return whole.mask(pd.DataFrame({c: gaps & (i > 0) for i, c in enumerate(whole.columns)}))


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("rows", [0, 1, 6])
def test_few_rows_make_the_same_frame_as_many(monkeypatch: pytest.MonkeyPatch, name: str, rows: int):
    data = arrow.to_arrow(TABLES[name], filled(TABLES[name], rows))
    few = arrow.to_frame(data)
    monkeypatch.setattr(arrow, "_FEW", -1)
    many = arrow.to_frame(data)
    pd.testing.assert_frame_equal(few, many)
    assert few.dtypes.tolist() == many.dtypes.tolist()


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("rows", [0, 1, 6])
def test_few_rows_are_written_as_many_are(monkeypatch: pytest.MonkeyPatch, name: str, rows: int):
    frame = filled(TABLES[name], rows)
    few = arrow.to_arrow(TABLES[name], frame)
    monkeypatch.setattr(arrow, "_FEW", -1)
    many = arrow.to_arrow(TABLES[name], frame)
    assert few.equals(many)
    assert few.schema.equals(many.schema, check_metadata=True)


def test_an_empty_frame_is_nobody_elses():
    one = arrow.empty_frame(TABLES["labs"])
    one["more"] = 1.0
    assert "more" not in arrow.empty_frame(TABLES["labs"])
