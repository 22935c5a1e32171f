"""Rows that say the same are understood once: the same rows come out as when each is read by itself."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ingest import alike, read
from analytics.ingest.alike import Kinds
from analytics.ingest.dictionary import Coded

cell = st.sampled_from(("", "a", "b", "c", "dd"))


@given(st.lists(st.tuples(cell, cell, cell), min_size=1, max_size=40))
def test_rows_are_of_one_kind_where_all_their_columns_say_the_same(rows):
    columns = [Coded.of([row[i] for row in rows]) for i in range(3)]
    kinds = Kinds.among(columns, len(rows))
    number = kinds.spread(np.arange(len(kinds.weight)))
    same = {(rows[i], int(number[i])) for i in range(len(rows))}
    if isinstance(kinds.of, slice):
        assert len(set(rows)) > alike.SHARE * len(rows)
    else:
        assert len(same) == len(set(rows)) == len(kinds.weight)
        assert [rows[int(i)] for i in kinds.rows[number]] == rows
    assert int(kinds.weight.sum()) == len(rows)
    assert kinds.count(np.ones(len(kinds.weight), bool)) == len(rows)
    assert [kinds.of_row(i) for i in range(len(rows))] == number.tolist()


def test_too_many_combinations_are_read_row_by_row():
    n = 70_000
    each = Coded(np.arange(n, dtype=np.int32), Coded.of([str(i) for i in range(n)]).words)
    kinds = Kinds.among([each, Coded.of(["a", "b"] * (n // 2)), each], n)
    assert isinstance(kinds.of, slice)


def lines(rng: np.random.Generator, n: int) -> str:
    """Many results of few sorts: in range and out of it, words, other units, other fluids, unread limits, no dates."""
    cells = [
        rng.choice([f"P{i}" for i in range(9)] + [""], n),
        rng.choice(["ALT", "BILI", "ALB", "CRP", "Bilirubin total"], n),
        rng.choice(["2024-03-05T08:00", "2024-03-06", "05.03.24", ""], n),
        rng.choice(["45", "0.8", "38", "12.0", "<5", '"1,5"', "neg", "9000", "haemolysed", ""], n),
        rng.choice(["U/L", "mg/dL", "umol/L", "g/L", "furlong", ""], n),
        rng.choice(["40", "1.2", "up to 40", "x", ""], n),
        rng.choice(["final", "corrected", "cancelled", "what"], n),
        rng.choice(["serum", "ascites", "urine", ""], n),
    ]
    head = "patient_id,test,date,value,unit,uln,status,specimen\n"
    return head + "\n".join(",".join(row) for row in zip(*cells, strict=True)) + "\n"


@pytest.mark.parametrize("n", [500, 3000])
def test_a_file_of_few_sorts_of_results_comes_out_as_when_each_row_is_read_by_itself(n, tmp_path: Path, monkeypatch):
    path = tmp_path / "labs.csv"
    path.write_text(lines(np.random.default_rng(n), n))
    together = read(path)
    monkeypatch.setattr(alike, "SHARE", -1.0)
    apart = read(path)
    for table in ("labs", "quarantine", "events", "patients"):
        pd.testing.assert_frame_equal(getattr(together, table), getattr(apart, table))
    assert together.ignored_why == apart.ignored_why
    assert together.notes == apart.notes
    assert len(together.labs) > n / 50
    assert together.reasons.keys() >= {"VALUE_DECIMAL_COMMA", "UNIT_UNKNOWN", "DATE_2DIGIT", "STATUS_UNKNOWN"}
