"""What make quick runs: what changed and what mirrors it, then what imports it, as far as a minute goes."""

from pathlib import Path

import pytest

from tests import quick
from tests.quick import MOST, SECONDS


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tests" / "analytics"
    folder.mkdir(parents=True)
    for name in ("far_quick", "far_slow", "far_long"):
        (folder / f"test_{name}.py").write_text("from analytics.settings import HOUSE\n")
    (folder / "test_settings.py").write_text("")
    (folder / "test_other.py").write_text("")
    (tmp_path / "tests" / "browser").mkdir()
    (tmp_path / "tests" / "browser" / "test_page.py").write_text("from analytics.settings import HOUSE\n")
    table = f"{SECONDS * 4:.0f} tests/analytics/test_far_long.py\n{SECONDS / 2:.0f} tests/analytics/test_far_slow.py\n"
    (tmp_path / "tests" / "seconds.txt").write_text(table)
    return tmp_path


def test_what_mirrors_a_changed_file_comes_first_then_the_quickest_of_what_imports_it(tree):
    assert quick.tests_of(["analytics/settings.py"], tree) == [
        f"tests/analytics/test_{name}.py" for name in ("settings", "far_quick", "far_slow")
    ]


def test_a_test_file_that_changed_is_run_however_long_it_takes(tree):
    assert quick.tests_of(["tests/analytics/test_far_long.py"], tree) == ["tests/analytics/test_far_long.py"]


def test_a_file_that_everything_imports_does_not_run_everything(tree):
    for i in range(3 * MOST):
        (tree / "tests" / "analytics" / f"test_more{i}.py").write_text("from analytics.settings import HOUSE\n")
    assert 1 < len(quick.tests_of(["analytics/settings.py"], tree)) <= MOST


def test_of_a_module_that_no_test_names_the_tests_beside_it_are_run(tree):
    assert "tests/analytics/test_other.py" in quick.tests_of(["analytics/hidden.py"], tree)
