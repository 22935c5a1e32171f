"""People who stay as they are are left in peace, and true emergencies are found, whatever the baseline."""

import tomllib
from pathlib import Path

import pytest

import analytics.synthetic
from analytics.analysis import analyse
from analytics.rules._vectors import Vector, run
from analytics.synthetic.burden import findings_per_year
from analytics.synthetic.steady_people import KINDS, kind_of, make_steady

FILE = Path(analytics.synthetic.__file__).parent / "emergencies.toml"
EMERGENCIES = [Vector("emergency", n, **row) for n, row in enumerate(tomllib.loads(FILE.read_text("utf-8"))["vector"])]


@pytest.fixture(scope="module")
def rates():
    analysis = analyse(make_steady(400, 3))
    return findings_per_year(analysis, kind_of).set_index("group"), findings_per_year(analysis).iloc[0]


def test_all_together_get_little_that_is_not_so(rates):
    _, everyone = rates
    assert everyone["attention_or_above"] <= 0.10
    assert everyone["urgent"] <= 0.005


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_of_person_is_left_in_peace(rates, kind):
    own = rates[0].loc[kind]
    assert own["years"] > 40
    assert own["attention_or_above"] <= 0.10, own.to_dict()


def test_there_are_emergencies_of_25_kinds():
    assert len({v.given for v in EMERGENCIES}) >= 25


@pytest.mark.parametrize("emergency", EMERGENCIES, ids=lambda v: v.given)
def test_an_emergency_is_found_at_its_level(emergency):
    answer = run(emergency)
    assert answer.met, (answer.found, answer.says)
