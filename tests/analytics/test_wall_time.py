"""On the night when clocks go back two results of one wall time stay two, and stand in the order of what happened."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.derive.points import points_of
from analytics.ingest import importer
from analytics.ingest.versions import settle
from analytics.panel import Panel
from analytics.store import open_store
from analytics.wall_time import NO_OFFSET, changes, happened, never_back
from tests.analytics.store.made import ingest_of, lab, labs_frame

HEADER = "patient_id,analyte,collected_at,value,unit\n"
NIGHT = (
    "P1,ALT,2026-10-25T02:15+02:00,40,U/L\n",
    "P1,ALT,2026-10-25T02:45+02:00,41,U/L\n",
    "P1,ALT,2026-10-25T02:15+01:00,42,U/L\n",
    "P1,ALT,2026-10-25T02:45+01:00,43,U/L\n",
)


def at(value, offset, when="2026-10-25 02:30", status="final"):
    """One ALT of that night."""
    return lab("P1", when, "ALT", value, status, utc_offset_min=offset)


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path / "store"))


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
def test_four_results_of_that_night_are_four_in_their_order_whatever_the_file(tmp_path, order):
    path = tmp_path / "night.csv"
    path.write_text(HEADER + "".join(NIGHT[i] for i in order))
    store = open_store(str(tmp_path / "store"))
    outcome = importer.import_one(path, store, importer.Options())
    assert (outcome.document["stored"], outcome.document["quarantined"]) == (4, 0)
    panel = store.panel(["P1"])
    assert panel.labs["value"].tolist() == [40, 41, 42, 43]
    assert Panel.of(panel.labs.sample(frac=1, random_state=1)).labs["value"].tolist() == [40, 41, 42, 43]
    assert panel.labs["collected_at"].dt.strftime("%H:%M").tolist() == ["02:15", "02:45", "02:15", "02:45"]
    assert analyse(panel).points["value"].tolist() == [40, 41, 42, 43]
    assert analyse(panel).series["last_value"].tolist() == [43]
    assert (analyse(panel).points["day"].diff().dropna() >= 0).all()
    assert store.summary()["last_ALT"].tolist() == [43]
    assert store.verify().problems == []


def test_file_by_file_gives_the_same(store, tmp_path):
    for i in (3, 0, 2, 1):
        path = tmp_path / f"{i}.csv"
        path.write_text(HEADER + NIGHT[i])
        importer.import_one(path, store, importer.Options())
    assert store.panel(["P1"]).labs["value"].tolist() == [40, 41, 42, 43]
    assert store.rebuild()
    assert store.panel(["P1"]).labs["value"].tolist() == [40, 41, 42, 43]
    store.analyse()
    everybody, one = points_of(store.analysis().case), points_of(analyse(store.panel()).case)
    assert everybody.value.tolist() == one.value.tolist() == [40, 41, 42, 43]
    assert everybody.day.tolist() == one.day.tolist() == sorted(one.day)
    assert store.verify().problems == []


def test_each_hour_has_its_own_corrections():
    rows = labs_frame(at(40, 120), at(50, 60), at(55, 60, status="corrected"))
    decided = settle(rows)
    assert list(decided.outcome) == ["stored", "superseded", "stored"]
    assert list(decided.current) == [True, False, True]
    assert list(decided.replaced) == ["", "", "50 U/L"]


def test_the_store_points_a_replaced_result_to_its_own_hour(store):
    first = labs_frame(at(40, 120, status="corrected"), at(50, 60))
    store.publish(ingest_of(first))
    store.publish(ingest_of(labs_frame(at(55, 60, status="corrected"))))
    labs = store.table("labs")
    assert labs[["value", "replaced"]].fillna("").to_numpy().tolist() == [[40, ""], [55, "50 U/L"]]
    assert store.rebuild()
    assert store.table("labs")["replaced"].fillna("").tolist() == ["", "50 U/L"]
    assert store.verify().problems == []


@pytest.mark.parametrize(
    ("unsaid", "outcome"),
    [(50, "duplicate"), (40, "duplicate"), (60, "conflict")],
)
@pytest.mark.parametrize("turn", [False, True])
def test_a_result_without_an_offset_is_never_counted_a_second_time(unsaid, outcome, turn):
    rows = [at(40, 120), at(50, 60), at(unsaid, None)]
    decided = settle(labs_frame(*(rows[::-1] if turn else rows)))
    assert sorted(decided.outcome) == sorted(["stored", "stored", outcome])


def test_the_same_result_with_and_without_its_offset_is_one():
    assert sorted(settle(labs_frame(at(40, 120), at(40, None))).outcome) == ["duplicate", "stored"]
    assert list(settle(labs_frame(at(40, None)), labs_frame(at(40, 120))).outcome) == ["duplicate"]


def test_the_wall_time_orders_where_no_two_offsets_are_told():
    series, wall = np.zeros(3), np.array([3, 1, 2])
    for offset in ([NO_OFFSET] * 3, [60, NO_OFFSET, 60]):
        assert happened(series, wall, np.array(offset)).tolist() == wall.tolist()


def test_days_never_go_back_within_a_series_and_others_stay():
    day = np.array([1.0, 3.0, 2.9, 4.0, 1.0, 0.5])
    starts = changes(np.array([0, 0, 0, 0, 1, 2]))
    assert never_back(starts, day).tolist() == [1.0, 3.0, 3.0, 4.0, 1.0, 0.5]
    assert never_back(np.zeros(0, bool), np.zeros(0)).tolist() == []


def test_a_result_without_an_offset_stands_by_its_neighbours():
    wall = pd.to_datetime(["2026-10-25 02:30", "2026-10-25 02:40", "2026-10-25 02:15"]).as_unit("us").astype("int64")
    moment = happened(np.zeros(3), wall.to_numpy(), np.array([120, NO_OFFSET, 60]))
    assert np.argsort(moment).tolist() == [0, 1, 2]
