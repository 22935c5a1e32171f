"""Files that take longest begin first, each in one piece; what was measured is written down for the next time."""

from types import SimpleNamespace

from tests.longest_first import Measured, in_order, table


def test_the_longest_file_is_first_and_each_file_stays_in_one_piece_and_in_its_order():
    files = ["a", "b", "b", "c", "a"]
    assert in_order(files, {"a": 2, "b": 9, "c": 5}) == [1, 2, 3, 0, 4]


def test_a_file_that_nobody_measured_counts_by_its_tests_and_equals_keep_their_order():
    assert in_order(["few", *["many"] * 40, "other"], {}) == [*range(1, 41), 0, 41]
    assert in_order(["z", "a"], {}) == [0, 1]


def test_what_was_measured_is_read_back_and_a_file_that_did_not_run_keeps_its_time(tmp_path):
    path = tmp_path / "seconds.txt"
    path.write_text("70 tests/test_before.py\n5 tests/test_now.py\n")
    measured = Measured(path)
    for took in (20.0, 11.4):
        measured.pytest_runtest_logreport(SimpleNamespace(nodeid="tests/test_now.py::test_it", duration=took))
    measured.pytest_runtest_logreport(SimpleNamespace(nodeid="tests/test_short.py::test_it", duration=0.2))
    measured.pytest_sessionfinish()
    assert table(path) == {"tests/test_before.py": 70, "tests/test_now.py": 31}


def test_xdist_does_not_order_them_by_their_number_of_tests(pytestconfig):
    assert pytestconfig.option.loadscopereorder is False
