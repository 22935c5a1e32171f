"""The canonical tables: a frame is exactly of its table, or we say what is wrong."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.errors import TableError
from analytics.tables import LABS, STATUSES, TABLES


@pytest.mark.parametrize("name", TABLES)
def test_an_empty_frame_of_a_table_passes_its_own_check(name):
    TABLES[name].check(TABLES[name].empty())


@pytest.mark.parametrize("name", TABLES)
def test_every_column_is_described_once(name):
    table = TABLES[name]
    assert len(set(table.names)) == len(table.names)
    assert all(column.says for column in table.columns)
    assert set(table.key) <= set(table.names)


def test_absent_columns_become_missing_and_order_is_the_tables():
    frame = LABS.conform(
        pd.DataFrame({"collected_at": [pd.Timestamp("2024-01-01")], "analyte": ["ALT"], "patient_id": ["P1"]})
    )
    assert list(frame.columns) == LABS.names
    assert frame["value"].isna().all()


def test_a_frame_without_a_needed_column_is_refused_with_its_name():
    with pytest.raises(TableError, match="collected_at"):
        LABS.conform(pd.DataFrame({"patient_id": ["P1"], "analyte": ["ALT"]}))


def test_a_text_where_a_number_belongs_is_refused_with_the_column():
    with pytest.raises(TableError, match="value"):
        LABS.conform(
            pd.DataFrame(
                {
                    "patient_id": ["P1"],
                    "analyte": ["ALT"],
                    "value": ["high"],
                    "collected_at": [pd.Timestamp("2024-01-01")],
                }
            )
        )


def test_a_word_outside_a_closed_set_is_refused():
    frame = LABS.conform(
        pd.DataFrame(
            {
                "patient_id": ["P1"],
                "analyte": ["ALT"],
                "comparator": ["about"],
                "collected_at": [pd.Timestamp("2024-01-01")],
            }
        )
    )
    with pytest.raises(TableError, match="about"):
        LABS.check(frame)


def test_a_correction_outranks_a_final_result_and_that_a_preliminary_one():
    assert STATUSES["corrected"] > STATUSES["final"] == STATUSES[""] > STATUSES["preliminary"]


def test_two_columns_of_one_name_are_refused_and_none_is_chosen():
    frame = LABS.empty()
    twice = pd.concat([frame, frame[["value"]]], axis=1)
    with pytest.raises(TableError, match="more than one column is called value"):
        LABS.conform(twice)


def test_what_is_written_into_one_empty_frame_is_not_in_the_next():
    frame = LABS.empty()
    frame.loc[0, "patient_id"] = "P1"
    frame["value"] = 1.0
    assert LABS.empty().shape == (0, len(LABS.columns))
    assert LABS.empty().dtypes["value"] == "float64"


def test_a_frame_of_another_order_is_put_in_ours_and_neither_is_written_into_by_way_of_the_other():
    given = LABS.conform(
        pd.DataFrame({"collected_at": [pd.Timestamp("2024-01-01")], "analyte": ["ALT"], "patient_id": ["P1"]})
    )[LABS.names[::-1]].assign(value=30.0, more=1)
    ordered = LABS.conform(given)
    LABS.check(ordered)
    assert ordered["value"].tolist() == [30.0]
    ordered.loc[0, "value"] = 31.0
    given.loc[0, "lln"] = 5.0
    assert given["value"].tolist() == [30.0]
    assert ordered["lln"].isna().all()
