"""Many rows into a database at once: what is the same in all of them is handed over once, and comes back in each."""

import pyarrow as pa
import pytest
import sqlalchemy as sa

from analytics.store.database import bulk

ROWS = sa.Table(
    "some rows",
    sa.MetaData(),
    *(sa.Column(name, kind) for name, kind in (("id", sa.Integer), ("who", sa.String), ("number", sa.Float))),
    *(sa.Column(name, kind) for name, kind in (("import", sa.Integer), ("lab", sa.String), ("note", sa.String))),
)


def came_back(columns: dict[str, pa.Array]) -> list[dict]:
    """Rows of a new table after these were inserted, by id."""
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        ROWS.create(connection)
        bulk.insert(connection, ROWS, pa.table(columns))
        return [dict(row._mapping) for row in connection.execute(sa.select(ROWS).order_by(ROWS.c.id))]


def coded(codes: list[int | None], words: list[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(words))


@pytest.mark.parametrize("n", [1, 2, bulk.ROWS_A_STATEMENT, bulk.ROWS_A_STATEMENT + 1, 250])
def test_rows_come_back_as_they_were_whatever_is_the_same_in_all_of_them(n):
    columns = {
        "id": pa.array(range(n)),
        "who": coded([i % 2 for i in range(n)], ["P'1", "P2"]),
        "number": pa.array([float(i) if i % 3 else None for i in range(n)]),
        "import": pa.array([7] * n),
        "lab": coded([1] * n, ["north", "süd"]),
        "note": pa.nulls(n, pa.large_string()),
    }
    assert came_back(columns) == pa.table(columns).to_pylist()


@pytest.mark.parametrize(
    "column",
    [
        pytest.param({"lab": coded([0, None, 0], ["north"])}, id="one word and nothing"),
        pytest.param({"lab": coded([0, 1, 0], ["north", ""])}, id="a word and an empty one"),
        pytest.param({"number": pa.array([1.0, float("nan"), 1.0])}, id="a number and none"),
        pytest.param({"import": pa.array([7, None, 7])}, id="a whole number and nothing"),
        pytest.param({"note": pa.array(["a", "a", "b"])}, id="plain texts"),
    ],
)
def test_what_is_not_the_same_in_all_rows_is_never_taken_for_it(column):
    found = came_back({"id": pa.array([0, 1, 2]), **column})
    name, values = next(iter(column.items()))
    assert [row[name] for row in found] == [None if v != v else v for v in values.to_pylist()]


def test_rows_that_are_all_the_same_come_back_as_often_as_they_were_sent():
    assert len(came_back({"id": pa.array([1] * 205), "import": pa.array([7] * 205)})) == 205


def test_insertions_come_one_behind_the_other_and_one_that_fails_is_told():
    engine = sa.create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=sa.pool.StaticPool)
    with engine.connect() as connection:
        ROWS.create(connection)
        writer = bulk.Writer(connection)
        try:
            for first in range(0, 40, 4):
                writer.insert(ROWS, pa.table({"id": pa.array(range(first, first + 4))}))
            writer.wait()
            assert connection.scalars(sa.select(ROWS.c.id)).all() == list(range(40))
            writer.insert(ROWS, pa.table({"id": pa.array([2**63], pa.uint64())}))
            with pytest.raises(OverflowError):
                writer.wait()
        finally:
            writer.close()
