"""Duplicates, corrections, withdrawals and conflicts do not depend on the order in which they come."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.arrow import coded_schema_of, to_arrow
from analytics.ingest import same_keys
from analytics.ingest.dictionary import dictionary
from analytics.ingest.versions import settle
from analytics.tables import LABS


def versions(*rows: tuple[object, ...]) -> pd.DataFrame:
    """Rows of (value text, status[, specimen[, patient]]) of one ALT on one morning."""
    records = []
    for raw, status, *more in rows:
        specimen, patient = (*more, *["", "P1"][len(more) :])
        try:
            value = float(str(raw).lstrip("<>"))
        except ValueError:
            value = np.nan
        records.append(
            {
                "patient_id": patient,
                "analyte": "ALT",
                "collected_at": pd.Timestamp("2024-03-05 08:00"),
                "value": value,
                "comparator": "<" if str(raw).startswith("<") else "",
                "unit": "U/L",
                "status": status,
                "specimen_id": specimen,
                "raw_value": str(raw),
                "raw_unit": "U/L",
            }
        )
    return LABS.conform(pd.DataFrame(records))


def outcomes(new: pd.DataFrame, existing: pd.DataFrame | None = None) -> list[str]:
    return list(settle(new, existing).outcome)


def test_equal_numbers_in_other_spelling_are_duplicates():
    assert outcomes(versions(("45", ""), ("45.0", ""), ("4.5e1", "final"))) == ["stored", "duplicate", "duplicate"]


def test_below_five_is_not_the_same_as_five():
    assert sorted(outcomes(versions(("5", ""), ("<5", "")))) == ["conflict", "stored"]


def test_another_specimen_is_another_result():
    assert outcomes(versions(("45", "", "S1"), ("46", "", "S2"))) == ["stored", "stored"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_correction_is_shown_whatever_the_order(order):
    rows = [("45", "preliminary"), ("47", "final"), ("54", "corrected")]
    decided = settle(versions(*[rows[i] for i in order]))
    got = {rows[i][1]: (decided.outcome[k], decided.current[k], decided.replaced[k]) for k, i in enumerate(order)}
    assert got == {
        "preliminary": ("superseded", False, ""),
        "final": ("superseded", False, ""),
        "corrected": ("stored", True, "47 U/L"),
    }


def test_a_withdrawn_result_is_stored_and_not_shown():
    decided = settle(versions(("45", "final"), ("", "entered_in_error")))
    assert list(decided.outcome) == ["superseded", "stored"]
    assert list(decided.current) == [False, False]


def test_what_is_stored_stays_in_a_conflict_whatever_its_size():
    for first, second in (("45", "44"), ("45", "46")):
        decided = settle(versions((second, "final")), versions((first, "final")))
        assert list(decided.outcome) == ["conflict"]
        assert not len(decided.unseated)


def test_a_correction_of_a_stored_result_unseats_it_and_says_what_was_shown():
    decided = settle(versions(("54", "corrected")), versions(("45", "final")))
    assert (decided.outcome[0], decided.replaced[0], list(decided.unseated)) == ("stored", "45 U/L", [0])


def test_an_older_version_that_comes_late_does_not_come_back():
    decided = settle(versions(("45", "final")), versions(("54", "corrected")))
    assert (decided.outcome[0], decided.current[0], len(decided.unseated)) == ("superseded", False, 0)
    assert list(decided.existing_replaced) == ["45 U/L"]


def test_a_second_import_adds_nothing():
    rows = versions(("45", "final"), ("54", "corrected"), ("hemolysed", "", "S2"))
    assert outcomes(rows, rows) == ["duplicate"] * 3


def test_a_confirmed_value_replaces_without_a_changed_value():
    decided = settle(versions(("45", "preliminary"), ("45", "final")))
    assert list(decided.outcome) == ["superseded", "stored"]
    assert list(decided.replaced) == ["", ""]


row = st.tuples(
    st.sampled_from(["45", "45.0", "46", "<45", "TNP"]),
    st.sampled_from(["", "preliminary", "final", "corrected", "cancelled"]),
    st.sampled_from(["", "S1"]),
    st.sampled_from(["P1", "P2"]),
)


@given(st.lists(row, min_size=1, max_size=8).flatmap(lambda r: st.tuples(st.just(r), st.permutations(r))))
def test_any_permutation_shows_the_same(pair):
    views = []
    for rows in pair:
        frame = versions(*rows)
        decided = settle(frame)
        shown = frame[decided.current].assign(replaced=decided.replaced[decided.current])
        shown = shown.assign(value=shown["value"].fillna(-1))
        views.append(
            (
                sorted(map(tuple, shown[["patient_id", "specimen_id", "value", "comparator"]].to_numpy())),
                sorted(decided.outcome),
            )
        )
    assert views[0] == views[1]


@given(st.lists(row, min_size=1, max_size=8))
def test_each_group_shows_at_most_one(rows):
    frame = versions(*rows)
    shown = frame[settle(frame).current]
    assert not shown.duplicated(["patient_id", "specimen_id"]).any()


def in_codes(frame: pd.DataFrame) -> pa.Table:
    """The frame as the reader gives it: in stretches, each with words of its own, some of them twice."""
    table = to_arrow(LABS, frame).cast(coded_schema_of(LABS))
    parts = [table.slice(i, 2) for i in range(0, len(table), 2)]
    at = table.schema.get_field_index("patient_id")
    for i, part in enumerate(parts):
        ids = part["patient_id"].to_pylist()
        column = dictionary(np.arange(len(ids), dtype=np.int32)[::-1], pa.array(ids[::-1], pa.string()))
        parts[i] = part.set_column(at, part.schema.field(at), column)
    return pa.concat_tables(parts)


@given(st.lists(row, min_size=1, max_size=8), st.lists(row, max_size=4))
def test_results_in_codes_are_decided_as_the_frame_is(rows, earlier):
    frame, stored = versions(*rows), versions(*earlier) if earlier else None
    plain, coded = settle(frame, stored), settle(in_codes(frame), stored)
    for name in ("codes", "current", "unseated", "existing_replaced", "replaced"):
        assert getattr(plain, name).tolist() == getattr(coded, name).tolist(), name
    assert plain.current.dtype == coded.current.dtype


@pytest.mark.parametrize("heaps_from", [1, 1 << 20], ids=["in heaps", "at once"])
def test_every_repeated_key_among_many_is_found(heaps_from, monkeypatch):
    monkeypatch.setattr(same_keys, "HEAPS_FROM", heaps_from)
    monkeypatch.setattr(same_keys, "_LAID", 30_000)
    rng = np.random.default_rng(4)
    n = 70_000  # more than are mixed at a time
    frame = versions(("45", "")).loc[np.zeros(n, int)].reset_index(drop=True)
    frame["patient_id"] = pd.Series([f"P{i}" for i in rng.permutation(n)], dtype="str")
    again = rng.choice(n, 40, replace=False)
    whole = pd.concat([frame, frame.iloc[again].assign(value=46.0)], ignore_index=True)
    first = settle(whole)
    assert first.count("stored") == n
    assert first.count("conflict") == 40
    decided = settle(frame, frame.iloc[again])
    assert decided.count("duplicate") == 40
    assert decided.close.tolist() == sorted(again.tolist())


@given(st.lists(row, min_size=1, max_size=8), st.lists(row, max_size=4))
def test_repeats_found_in_heaps_are_those_of_all_keys_at_once(rows, earlier):
    new, old = versions(*rows), versions(*earlier) if earlier else LABS.empty()
    found = []
    for heaps_from in (1, 1 << 20):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(same_keys, "HEAPS_FROM", heaps_from)
            found.append(same_keys.repeated(new, old).tolist())
    assert found[0] == found[1]
    keys = pd.concat([new, old])[["patient_id", "analyte", "collected_at"]]
    assert found[0] == np.flatnonzero(keys.duplicated(keep=False).to_numpy()[: len(new)]).tolist()


def reported(*rows: tuple[str, str, str | None, int | None], precision: str = "minute") -> pd.DataFrame:
    """Rows of (value text, status, time of reporting, number of the version) of one ALT."""
    frame = versions(*[row[:2] for row in rows])
    return LABS.conform(
        frame.assign(issued_at=[row[2] for row in rows], version=[row[3] for row in rows], precision=precision)
    )


BY_TIME = [("45", "final", "2024-03-05 10:00", None), ("54", "final", "2024-03-05 12:00", None),
           ("58", "final", "2024-03-06 09:00", None)]  # fmt: skip
BY_NUMBER = [("45", "corrected", None, 1), ("54", "corrected", None, 2), ("58", "corrected", None, 10)]
BY_BOTH = [("45", "corrected", "2024-03-05 10:00", 2), ("54", "corrected", "2024-03-05 12:00", 1),
           ("58", "corrected", "2024-03-05 12:00", 2)]  # fmt: skip


@pytest.mark.parametrize("rows", [BY_TIME, BY_NUMBER, BY_BOTH])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_of_any_number_of_corrections_the_newest_stands_in_one_file_and_over_several(rows, order):
    decided = settle(reported(*[rows[i] for i in order]))
    assert {rows[i][0]: (decided.outcome[k], decided.current[k]) for k, i in enumerate(order)} == {
        "45": ("superseded", False), "54": ("superseded", False), "58": ("stored", True),
    }  # fmt: skip
    assert decided.replaced[order.index(2)] == "54 U/L"
    known = reported(rows[order[0]])
    for i in order[1:]:
        new = reported(rows[i])
        assert "conflict" not in settle(new, known).outcome
        known = pd.concat([known, new], ignore_index=True)
    assert [raw for raw, shown in zip(known["raw_value"], settle(known).current, strict=True) if shown] == ["58"]


def test_a_value_that_comes_back_stands_again_and_one_sent_twice_is_a_duplicate():
    rows = [*BY_TIME[:2], ("45", "final", "2024-03-07 09:00", None)]
    decided = settle(reported(*rows))
    assert [rows[i][2] for i in np.flatnonzero(decided.current)] == ["2024-03-07 09:00"]
    assert outcomes(reported(BY_TIME[0]), reported(BY_TIME[0])) == ["duplicate"]


def test_the_status_goes_before_the_time_and_where_one_does_not_tell_nothing_is_ordered():
    decided = settle(reported(("45", "corrected", "2024-03-05 10:00", None), ("54", "final", "2024-03-05 12:00", None)))
    assert list(decided.outcome) == ["stored", "superseded"]
    decided = settle(reported(BY_TIME[0], ("54", "final", None, None)))
    assert sorted(decided.outcome) == ["conflict", "stored"]


def test_two_draws_of_a_day_are_no_versions_of_one_because_one_was_reported_later():
    assert sorted(outcomes(reported(*BY_TIME[:2], precision="day"))) == ["conflict", "stored"]
    assert sorted(outcomes(reported(*BY_NUMBER[:2], precision="day"))) == ["stored", "superseded"]
