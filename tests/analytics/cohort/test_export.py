"""What leaves the house: documented, readable by its own code, and without anybody's name or true date."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from analytics.analysis import analyse
from analytics.cohort.export import bundle
from analytics.cohort.extras import P_ALT_CAVEAT, PERCENTILE_CAVEAT
from analytics.cohort.query.definition import parse
from analytics.cohort.query.run import run
from analytics.panel import Panel
from analytics.pseudonyms import Disguise, Pseudonyms, grouped_age
from analytics.settings import Settings
from dashboard.cohorts.export import contents, write
from tests.builders import panel_of, together

KEYS = Pseudonyms("trial", b"n" * 32, b"d" * 32)


def people() -> Panel:
    one = panel_of(
        [("2025-03-04 08:30", "ALT", 200), ("2025-03-18 09:15", "ALT", 50), ("2025-03-04 08:30", "BILI", 1.0)],
        [("2025-03-01", "systemic", "=cmd|' /C calc'!A0"), ("2025-03-10", "biliary_stent", "Dr Miller's stent")],
        [("2025-03-02", "CT", "SD", 40)],
        birth_date=pd.Timestamp("1930-05-06"),
        site="Harbour",
        sex="F",
    )
    day = panel_of([("2000-01-15", "ALT", 180)], clock="study_day")
    both = together(one, day)
    return Panel.of(
        both.labs.assign(lab="Northgate", raw_value="200", patient_id=both.labs["patient_id"].map(MRN)),
        both.events.assign(patient_id=both.events["patient_id"].map(MRN), detail="seen by Dr Miller"),
        both.imaging.assign(patient_id=both.imaging["patient_id"].map(MRN)),
        both.patients.assign(patient_id=both.patients["patient_id"].map(MRN)),
    )


MRN = {"P1": "MRN-0012345", "P2": "MRN-0099999"}


@pytest.fixture(scope="module")
def result():
    return run(parse("name: high\nwhere id is MRN-0012345 or MRN-0099999\nfind ALT above 3 x ULN"), analyse(people()))


def test_optional_columns_come_only_when_asked_for_and_with_their_caveats(result) -> None:
    assert "extras" not in bundle(result, None).pieces
    whole = bundle(result, KEYS, more=True)
    table = whole.frames["extras"].set_index("patient_id")
    assert set(table.index) == {KEYS.name("MRN-0012345"), KEYS.name("MRN-0099999")}
    words = whole.frames["dictionary"]
    mine = words[words["table"] == "extras"].set_index("column")["says"]
    assert list(mine.index) == list(whole.frames["extras"].columns)
    assert "not for people with liver metastases" in mine["p_alt"]
    assert mine.filter(like="percentile").str.contains("not a reference").all()
    assert P_ALT_CAVEAT in whole.texts["README.md"] and PERCENTILE_CAVEAT in whole.texts["README.md"]
    assert b"MRN" not in b"".join(contents(whole, "csv").values())


def test_p_alt_is_the_area_under_alt_in_hours_times_peak_to_the_power_of_0_18(result) -> None:
    table = bundle(result, None, more=True).frames["extras"].set_index("patient_id")
    hours = (14 * 1440 + 45) / 60
    expected = (200 + 50) / 2 * hours * 200**0.18 / 1e5
    assert table.loc["MRN-0012345", "p_alt"] == pytest.approx(expected)
    assert np.isnan(table.loc["MRN-0099999", "p_alt"]) and table.loc["MRN-0099999", "p_alt_results"] == 1


def test_percentiles_are_ranks_within_the_exported_people_alone(rng) -> None:
    tops = rng.permutation(np.arange(1, 10)) * 40.0
    cases = [panel_of([("2025-03-10", "ALT", top)], [("2025-03-01", "systemic", "x")]) for top in tops]
    ran = run(parse("where ever ALT above 2.5 x ULN"), analyse(together(*cases)))
    table = bundle(ran, None, more=True).frames["extras"]
    ranks = pd.Series(tops[tops > 100]).rank()
    assert table["percentile_peak_ALT"].tolist() == pytest.approx((100 * (ranks - 0.5) / len(ranks)).tolist())
    assert table["percentile_peak_BILI"].isna().all()


def test_no_id_true_date_or_text_of_anybody_is_in_any_file(result) -> None:
    every = b"\n".join(contents(bundle(result, KEYS), "csv").values())
    for secret in (b"MRN", b"2025-03-04", b"2025-03-01", b"Miller", b"Northgate", b"Harbour", b"1930", b"case.csv"):
        assert secret not in every, secret


def test_study_days_stay_days_and_never_become_dates(result) -> None:
    labs = bundle(result, None).frames["labs"]
    mine = labs[labs["patient_id"] == "MRN-0099999"]
    assert mine["collected_at"].isna().all() and mine["collected_at_day"].tolist() == [14]


def test_intervals_weekdays_and_results_stay_under_pseudonyms(result) -> None:
    named, hidden = bundle(result, None).frames, bundle(result, KEYS).frames
    a, b = named["points"]["collected_at"].dropna(), hidden["points"]["collected_at"].dropna()
    shift = (b.to_numpy() - a.to_numpy()) / np.timedelta64(1, "D")
    assert len(set(shift)) == 1 and shift[0] % 7 == 0 and -364 <= shift[0] <= -7
    for column in ("value", "x_uln", "grade_v5", "grade_v6", "line", "segment"):
        pd.testing.assert_series_equal(named["points"][column], hidden["points"][column])
    assert named["series"]["verdict"].tolist() == hidden["series"]["verdict"].tolist()
    assert named["findings"]["rule"].tolist() == hidden["findings"]["rule"].tolist()


def test_one_study_cannot_be_joined_with_another() -> None:
    other = Pseudonyms("another", KEYS.name_key, KEYS.date_key)
    assert KEYS.name("P1") != other.name("P1")
    assert KEYS.name("P1") == KEYS.name("P1") and len(KEYS.name("P1")) == 10
    shifts = {KEYS.shift_days(str(i)) for i in range(2000)}
    assert shifts == {-7 * w for w in range(1, 53)}


def test_ages_above_89_are_one_group() -> None:
    assert grouped_age(pd.Series([89.9, 90.0, 101.0, np.nan])).tolist() == ["89", "90+", "90+", ""]


def test_missing_times_stay_missing() -> None:
    ids = pd.Series(["P1", "P1"])
    moved = Disguise(KEYS, ("P1",)).times(ids, pd.Series(pd.to_datetime(["2025-01-01", None])))
    assert moved.isna().tolist() == [False, True]


def test_every_column_of_every_table_is_explained(result) -> None:
    frames = bundle(result, KEYS).frames
    words = frames["dictionary"].set_index(["table", "column"])
    for name, frame in frames.items():
        if name != "dictionary":
            for column in frame.columns:
                assert len(words.loc[(name, column), "says"]) > 2, (name, column)


def test_small_steps_are_hidden_in_what_leaves_the_house_only(result) -> None:
    assert bundle(result, KEYS).frames["attrition"]["patients"].tolist() == ["<5", "<5", "<5"]
    assert bundle(result, None).frames["attrition"]["patients"].tolist() == ["2", "2", "2"]


def test_a_spreadsheet_runs_nothing(result) -> None:
    events = contents(bundle(result, None), "csv")["events.csv"].decode("utf-8-sig")
    assert "'=cmd" in events and ",=cmd" not in events


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_files_are_private_and_the_code_in_them_reads_them(result, tmp_path: Path, form: str) -> None:
    folder = tmp_path / "out"
    written = write(bundle(result, KEYS), folder, form)
    assert all(path.stat().st_mode & 0o077 == 0 for path in written)
    assert json.loads((folder / "provenance.json").read_text())["pseudonymised"] is True
    done = subprocess.run([sys.executable, folder / "read_pandas.py"], capture_output=True, text=True, check=True)
    assert "points: 4 rows" in done.stdout


TIMES_OF_R = (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", r"\d{4}-\d\d-\d\d \d\d:\d\d", r"\d{4}-\d\d-\d\d")
"""What its tryFormats read, in their order; R takes the first that begins every text of a column."""
ARROW_OF = {
    "text": "string",
    "json": "string",
    "number": "double",
    "whole": "int64",
    "time": "timestamp",
    "flag": "bool",
}


@pytest.mark.parametrize("keys", [KEYS, None], ids=["pseudonymised", "identified"])
def test_the_types_that_the_code_for_r_goes_by_are_those_of_the_files(result, tmp_path: Path, keys) -> None:
    write(bundle(result, keys), tmp_path / "csv", "csv")
    write(bundle(result, keys), tmp_path / "parquet", "parquet")
    words = pd.read_csv(tmp_path / "csv" / "dictionary.csv", encoding="utf-8-sig", dtype=str, keep_default_na=False)
    checked = 0
    for table, columns in words.groupby("table", sort=False):
        kind = columns.set_index("column")["type"]
        texts = pd.read_csv(tmp_path / "csv" / f"{table}.csv", encoding="utf-8-sig", dtype=str, keep_default_na=False)
        schema = pq.read_schema(tmp_path / "parquet" / f"{table}.parquet")
        assert list(texts.columns) == schema.names == list(kind.index), table
        for name in schema.names:
            some = texts.loc[texts[name] != "", name]
            assert str(schema.field(name).type).removeprefix("large_").startswith(ARROW_OF[kind[name]]), (table, name)
            if kind[name] in ("number", "whole"):
                some.astype(float)
            elif kind[name] == "flag":
                assert set(some) <= {"True", "False"}, (table, name)
            elif kind[name] == "time" and len(some):
                taken = next(form for form in TIMES_OF_R if some.str.match(form).all())
                assert some.str.fullmatch(taken).all(), f"{table}.{name}: a part of the time would be lost"
            checked += len(some)
    assert checked > 200


def test_a_data_set_names_each_threshold_that_the_site_changed_and_its_default(result) -> None:
    usual = bundle(result, KEYS).texts
    assert json.loads(usual["provenance.json"])["thresholds_changed"] == {}
    assert "All thresholds are the defaults" in usual["README.md"]
    site = Settings().changed({"cohort": {"before_days": 42}})
    texts = bundle(run(parse("where id is MRN-0012345"), analyse(people(), site)), KEYS).texts
    told = json.loads(texts["provenance.json"])
    assert told["thresholds_changed"] == {"cohort.before_days": {"value": 42, "default": 28, "unit": "d"}}
    assert told["rules"]["hys_law"] and told["settings"] == site.digest
    assert "- `cohort.before_days`: 42 d (default 28)" in texts["README.md"]
