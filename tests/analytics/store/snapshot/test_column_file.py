"""Files of arrays by stretches: what is named is read, whole or not at all."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.cohort.query.definition import parse
from analytics.cohort.query.run import run
from analytics.errors import DamagedStore
from analytics.store.snapshot import bucket_columns, column_file
from tests.stores import small_store


def written(path, values, first=(0, 2, 2, 5)):
    column_file.write(path, {"day": (np.asarray(values), np.array(first))}, {"unit": ["U/L"]})
    return column_file.opened(path)


def test_only_the_stretches_that_are_named_are_read_in_their_order(tmp_path):
    one = written(tmp_path / "a.columns", [1.0, 2.0, 3.0, 4.0, 5.0])
    two = written(tmp_path / "b.columns", [6.0, 7.0], (0, 0, 1, 2))
    assert column_file.read([one, two], "day", [[0, 1, 2], [1]]).tolist() == [1, 2, 3, 4, 5, 6]
    assert column_file.read([one, two], "day", [[2], [0, 2]]).tolist() == [3, 4, 5, 7]
    assert one.count("day", [0, 2]) == 5 and one.words["unit"] == ["U/L"]


def test_types_of_several_files_are_those_of_the_widest(tmp_path):
    few, many = (np.array(v, kind) for v, kind in (([1, -1], np.int8), ([300], np.int16)))
    files = [written(tmp_path / "a.columns", few, (0, 2)), written(tmp_path / "b.columns", many, (0, 1))]
    found = column_file.read(files, "day", [[0], [0]])
    assert found.tolist() == [1, -1, 300] and found.dtype == np.int16


@pytest.mark.parametrize("at", [3, 30, -60], ids=["mark", "head", "values"])
def test_a_byte_that_flips_is_an_error_and_not_a_value(tmp_path, at):
    path = tmp_path / "a.columns"
    written(path, np.arange(5.0))
    content = bytearray(path.read_bytes())
    content[at] ^= 4
    path.write_bytes(content)
    column_file.opened.cache_clear()
    with pytest.raises(DamagedStore):
        column_file.read([column_file.opened(path)], "day", [[0, 1, 2]])
    with pytest.raises(DamagedStore):
        column_file.check(path)


def test_a_file_that_is_cut_off_is_an_error(tmp_path):
    path = tmp_path / "a.columns"
    file = written(path, np.arange(5.0))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DamagedStore):
        column_file.read([file], "day", [[0, 1, 2]])


def test_the_file_of_a_store_is_made_when_it_is_asked_for_and_its_damage_is_told(tmp_path):
    store = small_store(tmp_path)
    path = bucket_columns.path_of(store.bucket_tasks()[0])
    assert not path.exists()
    asked = parse("find ALT above 50 U/L")
    first = run(asked, store.scattered()).to_json()
    assert path.is_file() and first["patients"] == ["MRN-1", "MRN-2"]
    assert run(asked, store.scattered()).to_json() == first
    sound = path.read_bytes()
    column_file.opened.cache_clear()
    at = sound.index(np.array([70.0]).tobytes())  # a value
    path.write_bytes(sound[:at] + b"\x01" + sound[at + 1 :])
    with pytest.raises(DamagedStore):
        run(asked, store.scattered())
    assert any(path.name in problem for problem in store.verify().problems)
    path.unlink()
    column_file.opened.cache_clear()
    assert run(asked, store.scattered()).to_json() == first
