"""Every vector in the package has the outcome that it asks for."""

import pytest

from analytics.rules import rules
from analytics.rules._vectors import FOLDER, run, vectors


@pytest.mark.parametrize("vector", list(vectors()), ids=lambda v: v.name)
def test_a_vector_has_its_outcome(vector):
    answer = run(vector)
    assert answer.met, (vector.given, vector.outcome, answer.found, answer.says)


def test_vectors_belong_to_rules():
    assert {path.stem for path in FOLDER.glob("*.toml")} <= set(rules())
