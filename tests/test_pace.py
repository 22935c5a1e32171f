"""Time-outs follow the machine: never shorter than written, stretched where it is slow or busy, and they still end."""

import pytest

from tests.pace import MOST, USUAL_MS, factor


@pytest.mark.parametrize(
    ("took", "waiting", "stretched"),
    [(USUAL_MS / 2, 0.1, 1), (3 * USUAL_MS, 0.1, 3), (USUAL_MS, 2.5, 2.5), (100 * USUAL_MS, 40, MOST)],
)
def test_a_time_out_is_stretched_by_speed_or_load_whichever_is_worse(took, waiting, stretched):
    assert factor(took, waiting) == stretched


def test_the_time_out_of_this_run_is_the_written_one_or_longer(pytestconfig):
    assert float(pytestconfig.getoption("timeout")) >= float(pytestconfig.getini("timeout"))
