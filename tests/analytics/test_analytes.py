"""The table of analytes: facts of other sources, and no two analytes that answer to one name."""

from __future__ import annotations

import pytest

from analytics.analytes import ANALYTES, CODES, FAMILIES, INDEX, PANEL, shown
from analytics.event_kinds import EVENT_KINDS, LANES


@pytest.mark.parametrize(
    ("analyte", "unit", "value", "canonical"),
    [
        ("BILI", "umol/L", 92.36, 5.4),  # 5.4 mg/dL is 92 umol/L (transplantr test_units.R)
        ("BILI", "umol/L", 10, 0.58466),  # molar mass 584.66 g/mol
        ("CREAT", "umol/L", 88.4, 1.0),  # molar mass 113.12 g/mol
        ("CREAT", "umol/L", 270, 3.05),  # 3.1 mg/dL (transplantr test_units.R)
        ("ALT", "ukat/L", 1, 60.0),  # definition of the katal
        ("PLAT", "10*3/uL", 150, 150.0),
        ("CEA", "ug/L", 5, 5.0),
        ("ALB", "g/L", 38, 3.8),
    ],
)
def test_a_value_in_another_unit_becomes_the_canonical_value(analyte, unit, value, canonical):
    assert value * ANALYTES[analyte].conversions[unit] == pytest.approx(canonical, rel=2e-3)


def test_no_name_or_loinc_code_belongs_to_two_analytes():
    owner: dict[str, str] = {}
    for analyte in ANALYTES.values():
        for name in {n.casefold() for n in (analyte.code, analyte.label, *analyte.aliases, *analyte.loinc)}:
            assert owner.setdefault(name, analyte.code) == analyte.code, name


def test_the_loinc_code_of_psa_is_nobodys():
    assert all("2857-1" not in a.loinc for a in ANALYTES.values())


def test_every_analyte_has_limits_a_family_and_a_positive_factor_for_each_unit():
    for analyte in ANALYTES.values():
        assert analyte.low < analyte.high
        assert analyte.family in FAMILIES
        assert all(factor > 0 for factor in analyte.conversions.values())
        assert analyte.variation is None or (analyte.variation.within > 0 and analyte.variation.source)


def test_codes_and_positions_agree():
    assert [INDEX[code] for code in CODES] == list(range(len(CODES)))
    assert set(PANEL) <= set(CODES)


def test_people_read_words_not_codes():
    assert shown("CA19_9AG") == "CA 19-9"
    assert shown("ALT") == "ALT"


def test_every_kind_of_event_lies_in_a_known_lane_and_shares_no_alias():
    owner: dict[str, str] = {}
    for kind in EVENT_KINDS.values():
        assert kind.lane in LANES
        for name in {kind.code, *(a.casefold() for a in kind.aliases)}:
            assert owner.setdefault(name, kind.code) == kind.code
