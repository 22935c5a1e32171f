"""Real public data imported by command into one store: the cohort page's numbers are the facts beside the data."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from flask import Flask, g

from analytics.cohort.edish import QUADRANTS
from analytics.store import Store, open_store
from dashboard.cohorts.service import Cohorts
from dashboard.commands.import_ import COMMAND as IMPORT
from dashboard.config import Config
from dashboard.pages.cohort.choice import START, chosen_of, view_of
from dashboard.pages.cohort.looking import _under
from dashboard.security.roles import LOCAL
from dashboard.web.context import Context

pytestmark = pytest.mark.external
YEAR = 365.25


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Store:
    data: Path = request.getfixturevalue("shared_data")
    folder = str(tmp_path_factory.mktemp("real") / "store")
    trial, visits = str(data / "cdiscpilot" / "lb.csv"), str(data / "pbcseq" / "pbcseq.csv")
    for arguments in ([trial], [visits, "--profile", "pbcseq"]):
        done = CliRunner().invoke(IMPORT, [*arguments, "--store", folder], catch_exceptions=False)
        assert done.exit_code in (0, 3), done.output
    return open_store(folder)


@pytest.fixture
def page(store: Store, tmp_path: Path):
    context = Context(store, Config(store=str(store.place.folder), keys=tmp_path / "keys"))
    with Flask("test").test_request_context():
        g.user = LOCAL
        yield context, Cohorts(context)


def test_both_studies_are_in_one_store_and_apart(store: Store) -> None:
    ids = store.patient_ids
    assert len(ids) == 254 + 312 and len(set(ids)) == len(ids)


def test_the_buttons_of_the_quadrants_count_what_the_trial_tells(page) -> None:
    context, state = page
    chosen = chosen_of(("ALT", "x_uln", "none", 3, 2), lines=False)
    shown = str(_under(context, view_of(context, state, START, chosen, None), "edish"))
    told = {"neither": 250, "bili_only": 1, "at_only": 2, "both": 1}
    for name, n in told.items():
        assert re.search(rf"{re.escape(QUADRANTS[name])}: {n}\b", shown), name


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("find ALT above 1 x ULN", 33), ("find ALT above 2 x ULN", 7), ("find ALT above 3 x ULN", 3),
        ("find AST above 2 x ULN", 5), ("find ALP above 5 x ULN", 2), ("find GGT above 2.5 x ULN", 3),
        ("find BILI above 1.5 x ULN", 5), ("find BILI above 3 x ULN", 1),
    ],
)  # fmt: skip
def test_a_question_finds_as_many_of_the_trial_as_are_told(page, text: str, n: int) -> None:
    _, state = page
    assert len(state.result(text).patient_ids) == n


@pytest.mark.parametrize(("limit", "n"), [(2, 195), (10, 96)])
def test_a_question_finds_as_many_of_the_other_study_as_are_told(page, limit: int, n: int) -> None:
    _, state = page
    trial = "where at least 1 results of ALT\n"  # only the trial measured ALT
    text = f"find bilirubin above {limit} mg/dL"
    everybody, of_trial = (len(state.result(t).patient_ids) for t in (text, trial + text))
    assert everybody - of_trial == n


@pytest.mark.parametrize(
    ("patient", "slope", "visits"),
    [("2", 0.1902, 9), ("7", 0.0543, 7), ("15", 0.3461, 11), ("93", 0.2313, 15), ("134", 0.1629, 12)],
)
def test_the_slopes_are_those_that_are_told(store: Store, patient: str, slope: float, visits: int) -> None:
    series = store.analysis([patient]).series
    row = series[series["analyte"] == "BILI"].iloc[-1]
    per_year: Callable[[float], float] = lambda pct: float(np.log1p(pct / 100) * YEAR / 7)  # noqa: E731
    assert row["n"] == visits
    assert per_year(row["slope_pct_per_week"]) == pytest.approx(slope, abs=6e-5)
