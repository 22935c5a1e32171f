"""Units and flags beside a number, comparators in words and commas of thousands: read where one reading is left."""

from __future__ import annotations

import pytest

from analytics.ingest.profile import Profile
from tests.analytics.ingest.told import drafted, lines, plainly, wanted

HEAD = "patient_id,test,date,value,unit\n"


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("less than 0.5", "<0.5"), ("Below 0.5", "<0.5"), ("GREATER THAN 40", ">40"), ("kleiner als 0.5", "<0.5"),
        ('"1,234.5"', "1234.5"), ('"<1,234.5"', "<1234.5"), ('"12,345,678.0"', ""),
    ],
)  # fmt: skip
def test_a_comparator_in_words_and_a_comma_before_a_point_are_read(cell, read, tmp_path):
    got = plainly(tmp_path, f"{HEAD}P1,CEA,2025-03-12,{cell},ng/mL\n")
    assert lines(got) == ([f"P1 CEA 2025-03-12 {read} ng/mL"] if read else [])


@pytest.mark.parametrize("cell", ["less than", "over 5 or so", '"1,234"', "below normal", "over -", '"1,23.5"', "2+"])
def test_what_has_no_one_number_is_held_back(cell, tmp_path):
    got = plainly(tmp_path, f"{HEAD}P1,CEA,2025-03-12,{cell},ng/mL\n")
    assert (len(got.labs), len(got.quarantine)) == (0, 1)


UNITS = (
    "P1,ALT,2025-03-12,44 U/L,\nP1,CEA,2025-03-12,<0.5 ng/mL,\nP1,BILI,2025-03-12,17.104 umol/L,umol/L\n"
    "P1,ALB,2025-03-12,40 g/L,g/dL\nP1,PLAT,2025-03-12,210 x10^9/L,\nP1,AST,2025-03-12,41,U/L\n"
)
UNITS_STORED = (
    "P1 ALT 2025-03-12 44 U/L\nP1 CEA 2025-03-12 <0.5 ng/mL\nP1 BILI 2025-03-12 1 mg/dL\n"
    "P1 PLAT 2025-03-12 210 10*9/L\nP1 AST 2025-03-12 41 U/L"
)


def test_units_in_the_cells_of_results_are_drafted_and_must_not_contradict_their_column(tmp_path):
    got = drafted(tmp_path, HEAD + UNITS)
    assert lines(got) == wanted(UNITS_STORED)
    assert got.quarantine["raw_cell"].tolist() == ["40 g/L"]
    assert "17.104 umol/L" in set(got.labs["raw_value"])


def test_without_a_profile_a_unit_in_the_cell_is_held_with_what_would_read_it(tmp_path):
    got = plainly(tmp_path, HEAD + "P1,ALT,2025-03-12,44 U/L,\nP1,AST,2025-03-12,44 H,U/L\n")
    assert got.quarantine["hint"].tolist() == [
        "profile: values_with_units = true", "profile: values_with_flags = true"
    ]  # fmt: skip


def test_flags_beside_numbers_are_drafted(tmp_path):
    rows = (
        "P1,ALT,2025-03-12,44 H,U/L\nP1,AST,2025-03-12,HH 440,U/L\nP1,ALP,2025-03-12,(120),U/L\n"
        "P1,GGT,2025-03-12,9 (L),U/L\n"
    )
    got = drafted(tmp_path, HEAD + rows)
    assert lines(got) == wanted("P1 ALT 2025-03-12 44 U/L\nP1 AST 2025-03-12 440 U/L\nP1 GGT 2025-03-12 9 U/L")
    assert got.reasons == {"VALUE_TEXT": 1}


def test_a_comma_of_thousands_is_drafted_where_the_file_shows_it_before_a_point(tmp_path):
    rows = 'P1,CEA,2025-03-12,"1,234.5",ng/mL\nP1,AFP,2025-03-12,"1,204",ng/mL\n'
    assert lines(drafted(tmp_path, HEAD + rows)) == wanted(
        "P1 CEA 2025-03-12 1234.5 ng/mL\nP1 AFP 2025-03-12 1204 ng/mL"
    )


def test_a_profile_without_the_new_keys_keeps_its_digest():
    assert Profile(values_with_units=True).digest != Profile().digest == "aef9d1b8d429"
