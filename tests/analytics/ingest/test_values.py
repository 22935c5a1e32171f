"""Numbers, units, ids, dates and limits, one text at a time; both sides of each edge."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import ProfileError
from analytics.ingest import Ingest, Profile, patient_ids, read
from analytics.ingest.numbers import COMMA, EMPTY, MARK, NUMBER, SEPARATOR, TEXT, numbers
from analytics.ingest.profile import Flag, Limit, from_toml
from analytics.ingest.times import OK, RANGE, TimeRule, times
from analytics.units import fits_better, unit_of

NULLS = frozenset(("", "NA"))


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("45", NUMBER, 45.0),
        ("+4.5e1", NUMBER, 45.0),
        ("0.1", NUMBER, 0.1),
        ("1e99", NUMBER, 1e99),
        ("1e100", TEXT, None),
        ("9" * 40, NUMBER, 1e40),
        ("9" * 41, TEXT, None),
        ("1." + "0" * 50, NUMBER, 1.0),
        (".5", TEXT, None),
        ("5.", TEXT, None),
        ("1_000", TEXT, None),
        ("1,5", COMMA, None),
        ("1,50", COMMA, None),
        ("1,500", SEPARATOR, None),
        ("1,5000", COMMA, None),
        ("1.500,5", SEPARATOR, None),
        ("1 500", SEPARATOR, None),
        ("NA", EMPTY, None),
        ("na", TEXT, None),
        ("Haemolysed", MARK, None),
        ("inf", TEXT, None),
    ],
)
def test_one_number_grammar(text, kind, value):
    found = numbers(pa.array([text]), NULLS)
    assert found.kind[0] == kind
    if value is not None:
        assert found.value[0] == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1,5", NUMBER, 1.5),
        ("1,500", NUMBER, 1.5),
        ("1.5", TEXT, None),
        ("1.500", SEPARATOR, None),
        ("<0,2", NUMBER, 0.2),
    ],
)
def test_a_declared_decimal_comma(text, kind, value):
    found = numbers(pa.array([text]), NULLS, ",")
    assert (found.kind[0], found.value[0] if value else None) == (kind, value)


PLATELETS = (
    "10", "10(3)mcL", "10*3/uL", "10*9/l", "10E3/mcL", "K/CMM", "K/MM3", "K/cmm", "K/mcL", "K/mm3", "K/uL", "TH/cmm",
    "TH/uL", "THOU/UL", "THS/uL", "X 10 3", "k/mm cu", "k/mm3", "k/uL", "th/cumm", "th/uL", "thou/cumm", "x10 (3)",
    "x10 3/uL", "x10(3)/mcL",
)  # fmt: skip
"""The 25 spellings of platelets in the eICU demo (lab.csv, labmeasurenameinterface)."""


def test_all_platelet_spellings_of_eicu_mean_the_same():
    assert len(PLATELETS) == 25
    assert {unit_of("PLAT", s).factor for s in PLATELETS} == {1.0}


@pytest.mark.parametrize(
    ("analyte", "unit", "factor"),
    [
        ("ALT", "µkat/L", 60.0), ("ALT", "μkat/l", 60.0), ("ALT", "IU/L", 1.0), ("BILI", "umol/L", 1 / 17.104),
        ("ALB", "g/L", 0.1), ("ALB", "GM/DL", 1.0), ("CREAT", "µmol/L", 1 / 88.4), ("PLAT", "GI/L", 1.0),
        ("PLAT", "/uL", 0.001), ("CA19_9AG", "kU/L", 1.0), ("CEA", "µg/L", 1.0), ("INR", "", 1.0),
        ("HGB", "mmol/L", 1.6114),
    ],
)  # fmt: skip
def test_units_have_reviewed_factors(analyte, unit, factor):
    assert unit_of(analyte, unit).factor == pytest.approx(factor)


@pytest.mark.parametrize(("analyte", "unit"), [("ALT", "mg/dL"), ("BILI", "U/L"), ("ALT", "10"), ("CEA", "U/mL")])
def test_a_unit_of_another_analyte_is_unknown(analyte, unit):
    assert unit_of(analyte, unit).reason == "UNIT_UNKNOWN"


def test_a_missing_unit_is_missing_whatever_the_number():
    assert unit_of("BILI", "").reason == "UNIT_MISSING"
    assert unit_of("BILI", "", default="umol/L").unit == "umol/L"


@pytest.mark.parametrize(
    ("analyte", "factor", "number", "uln", "better"),
    [
        ("BILI", 1 / 17.104, 2.4, 0, "mg/dL"),
        ("BILI", 1 / 17.104, 2.5, 0, ""),
        ("BILI", 1.0, 15.4, 20.5, "umol/L"),
        ("BILI", 1.0, 15.4, 1.2, ""),
        ("ALB", 1.0, 38, 0, "g/L"),
        ("ALB", 0.1, 3.8, 0, "g/dL"),
        ("ALT", 1.0, 0.63, 0.75, "ukat/L"),
        ("PLAT", 1.0, 210000, 0, "/uL"),
        ("ALT", 1.0, 40000, 0, "nkat/L"),
        ("ALT", 1.0, 999_999, 0, ""),
    ],
)
def test_a_number_that_fits_another_unit_is_suspect_and_never_converted(analyte, factor, number, uln, better):
    found = fits_better(analyte, factor, number, uln)
    assert found == better or (better == "/uL" and found in ("/uL", "10*6/L"))


@pytest.mark.parametrize("text", ["P-1", "00123", "1.2.3", "A/12", "p_1", "9" * 64])
def test_ids_are_exact_text(text):
    assert patient_ids.fault(text) == ""
    assert not patient_ids.faults(pa.array([text]))[0]


@pytest.mark.parametrize("text", ["", "NA", "null", "1.2E+11", "12e5", "45.0", "9" * 65, "a..b", "P 1", "Р1", "-"])
def test_ids_that_were_changed_or_stand_for_nobody(text):
    assert patient_ids.fault(text) != ""
    assert patient_ids.faults(pa.array([text]))[0]


def test_ids_that_differ_by_zeros_or_case_are_named():
    assert patient_ids.alike(pa.array(["007", "7", "P-01", "p-1", "P-2"])) == [("007", "7"), ("P-01", "p-1")]


@given(st.sets(st.text(alphabet="00123abOoIl-/._", min_size=1, max_size=7), max_size=6))
def test_ids_that_a_reader_takes_for_one_another_are_found_whatever_else_there_is(ids):
    groups: dict[str, set[str]] = {}
    for i in ids:
        groups.setdefault(patient_ids.folded(i), set()).add(i)
    alike = sorted(tuple(sorted(g)) for g in groups.values() if len(g) > 1)
    assert patient_ids.alike(pa.array(sorted(ids), pa.large_string())) == alike


def test_ids_gathered_in_stretches_are_each_there_once(monkeypatch):
    monkeypatch.setattr(patient_ids, "_AT_ONCE", 3)
    named = patient_ids.Named()
    for first in range(0, 20, 2):
        named.take(pa.array([f"P{first % 7}", f"P{first}", "P1"], pa.large_string()))
    wanted = {"P1"} | {f"P{i % 7}" for i in range(0, 20, 2)} | {f"P{i}" for i in range(0, 20, 2)}
    assert sorted(named.words().to_pylist()) == sorted(wanted)


def test_the_present_is_the_last_moment_that_is_believed(tmp_path):
    now = datetime(2024, 6, 1, 12, tzinfo=UTC)
    rows = "".join(f"P1,ALT,{d},45,U/L\n" for d in ("2024-06-02T12:00", "2024-06-02T12:01"))
    (tmp_path / "f.csv").write_text(f"patient_id,test,date,value,unit\n{rows}")
    got = read(tmp_path / "f.csv", now=now)
    assert (len(got.labs), got.reasons) == (1, {"DATE_RANGE": 1})


def test_wall_times_that_do_not_exist_or_happened_twice_are_kept_without_offset():
    rule = TimeRule(zone="Europe/Berlin", latest=2**53)
    words = ["2024-03-31T02:30", "2024-10-27T02:30", "2024-07-01T08:00", "2024-01-01T08:00"]
    found = times(pa.array(words), rule)
    assert found.reason.tolist() == [OK] * 4
    assert found.offset.tolist() == [-32768, -32768, 120, 60]


def test_years_before_1990_are_not_believed():
    found = times(pa.array(["1989-12-31", "1990-01-01"]), TimeRule(latest=2**53))
    assert found.reason.tolist() == [RANGE, OK]


WIDE = "id,sex,age,date,ALT,BILI\nP1,f,50,2024-03-05,45,1.0\nP2,m,70,2024-03-05,45,1.0\nP3,,70,2024-03-05,45,1.0\n"


def wide(folder: Path, profile: Profile) -> Ingest:
    (folder / "f.csv").write_text(WIDE)
    return read(folder / "f.csv", profile)


def test_declared_limits_by_sex_and_age_are_used_only_where_the_file_says_both(tmp_path):
    profile = Profile(
        units={"ALT": "U/L", "BILI": "mg/dL"},
        limits=(
            Limit("ALT", uln=35, sex="F"),
            Limit("ALT", uln=40, sex="M", age_from=65),
            Limit("BILI", uln=20.5248, unit="umol/L"),
        ),
    )
    labs = wide(tmp_path, profile).labs.set_index(["patient_id", "analyte"])["uln"]
    assert labs["P1", "ALT"] == 35
    assert labs["P2", "ALT"] == 40
    assert labs.isna()["P3", "ALT"]
    assert labs["P1", "BILI"] == pytest.approx(1.2)


def test_flags_of_a_wide_file_are_events_of_that_day_and_zero_is_none(tmp_path):
    (tmp_path / "f.csv").write_text("id,date,AFP,TACE\nP1,2024-03-05,5,1\nP1,2024-04-05,6,0\n")
    profile = Profile(units={"AFP": "ng/mL"}, flags=(Flag("TACE", "embolisation"),))
    got = read(tmp_path / "f.csv", profile)
    assert got.events[["kind", "start_date", "end_date"]].astype(str).to_numpy().tolist() == [
        ["embolisation", "2024-03-05", "2024-03-05"]
    ]
    assert (got.results_in, got.ignored_why["TACE not done"], got.adds_up) == (4, 1, True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("clok = 'date'", "no key 'clok'"),
        ("clock = 'days'", "clock"),
        ("decimal = ';'", "decimal"),
        ("skip_lines = '2'", "skip_lines"),
        ("zone = 'Europe/Nowhere'", "no time zone"),
        ("encoding = 'utf-99'", "encoding"),
        ("[units]\nALT = 'mg/dL'", "not a unit of ALT"),
        ("[units]\nXYZ = 'mg/dL'", "analyte"),
        ("[analytes]\nfoo = 'FOO'", "analyte"),
        ("[[limits]]\nanalyte = 'ALT'\nlln = 40\nuln = 5", "not below"),
        ("[[flags]]\ncolumn = 'a'\nkind = 'magic'", "kind"),
        ("columns = 3", "table of texts"),
        ("= broken", "profile"),
    ],
)
def test_a_profile_that_says_something_impossible_is_refused_with_the_place(text, says):
    with pytest.raises(ProfileError, match=says):
        from_toml(text)


def test_the_digest_of_a_profile_changes_with_what_it_says_and_not_with_its_name():
    assert Profile(name="a").digest == Profile(name="b").digest != Profile(decimal=",").digest


def test_giga_a_litre_counts_cells_and_weighs_nothing_else():
    for code in ("PLAT", "WBC", "NEUT"):
        assert unit_of(code, "G/l").factor == unit_of(code, "10*9/L").factor == 1
    assert unit_of("ALB", "g/l").unit == unit_of("ALB", "G/L").unit == "g/L"
    assert unit_of("HGB", "g/l").unit == "g/L"
