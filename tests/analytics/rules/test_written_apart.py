"""Histories of the kinds of the clinical review, written without looking at the rules or their vectors."""

import tomllib
from pathlib import Path

import pytest

from analytics.rules._vectors import Vector, run

ROWS = tomllib.loads(Path(__file__).with_name("written_apart.toml").read_text(encoding="utf-8"))["vector"]
VECTORS = [Vector(row.pop("rule"), number, **row) for number, row in enumerate(ROWS, start=1)]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v.name)
def test_a_history_has_its_outcome(vector):
    answer = run(vector)
    assert answer.met, (vector.given, vector.outcome, answer.found, answer.says)
