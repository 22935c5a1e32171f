"""A cohort in the Medical Event Data Standard: its schema, order, codes and what has no number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analytics.analysis import analyse
from analytics.cohort import meds
from analytics.cohort.meds import SCHEMA, MedsSet, subject_number
from analytics.cohort.query.definition import parse
from analytics.cohort.query.run import run
from analytics.pseudonyms import Pseudonyms
from dashboard.cohorts.export import write_meds, zip_meds
from tests.builders import panel_of, together

KEYS = Pseudonyms("trial", b"n" * 32, b"d" * 32)
NOW = datetime(2026, 5, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def result():
    one = panel_of(
        [("2025-03-18 09:15", "ALT", 50), ("2025-03-04 08:30", "ALT", 200), ("2025-03-04 08:30", "BILI", 0.2, "<")],
        [("2025-03-01", "systemic", "folfox"), ("2025-03-10", "biliary_stent", "Dr Miller's stent")],
        [("2025-03-02", "CT", "SD", 40)],
        birth_date=pd.Timestamp("1961-05-06"),
        sex="F",
    )
    day = panel_of([("2000-01-15", "ALT", 180)], clock="study_day")
    return run(parse("find ALT above 3 x ULN"), analyse(together(one, day)))


@pytest.fixture(scope="module")
def rows(result) -> pd.DataFrame:
    return pd.concat([table.to_pandas() for _, table in MedsSet(result, None, NOW).shards()])


def test_columns_and_types_are_those_of_the_standard(result) -> None:
    (path, table), *_ = MedsSet(result, None, NOW).shards()
    assert path == "data/0.parquet" and table.schema == SCHEMA
    types = {name: table.schema.field(name).type for name in SCHEMA.names[:5]}
    assert list(types.values()) == [pa.int64(), pa.timestamp("us"), pa.string(), pa.float32(), pa.large_string()]


def test_rows_of_a_subject_go_by_time_and_those_without_one_come_first(rows: pd.DataFrame) -> None:
    assert set(rows["subject_id"]) == {subject_number("P1")}
    times = rows["time"]
    static = times.isna()
    assert set(rows.loc[static, "code"]) == {"SEX//F", "BIRTH_YEAR"}
    assert static.tolist() == [True] * 2 + [False] * (len(rows) - 2)
    assert times.dropna().is_monotonic_increasing


def test_results_have_their_value_limits_and_unit_and_no_number_below_a_limit_of_detection(rows: pd.DataFrame) -> None:
    alt = rows[rows["code"] == "LAB//ALT//U/L"]
    assert alt["numeric_value"].tolist() == [200, 50] and alt["uln"].tolist() == [40, 40]
    bili = rows[rows["code"] == "LAB//BILI//mg/dL"].iloc[0]
    assert pd.isna(bili["numeric_value"]) and bili["text_value"] == "<0.2" and bili["comparator"] == "<"
    assert {"EVENT//systemic//folfox//START", "IMAGING//CT//SD", "MEDS_BIRTH"} <= set(rows["code"])
    assert rows.loc[rows["code"] == "IMAGING//CT//SD", "numeric_value"].tolist() == [40]


def test_a_data_set_without_identities_has_none_and_names_its_subjects_by_pseudonym(result, tmp_path) -> None:
    written = write_meds(MedsSet(result, KEYS, NOW), tmp_path / "out")
    every = b"".join(path.read_bytes() for path in written)
    every += b"".join(pq.read_table(p).to_pandas().to_csv().encode() for p in written if p.suffix == ".parquet")
    for secret in (b"P1", b"Miller", b"2025-03", b"1961-05", b"MEDS_BIRTH"):
        assert secret not in every, secret
    subjects = pq.read_table(tmp_path / "out/metadata/subjects.parquet").to_pandas()
    assert subjects["patient_id"].tolist() == [KEYS.name("P1")]
    assert all(path.stat().st_mode & 0o077 == 0 for path in written)


def test_every_code_is_described_and_what_has_no_calendar_date_is_counted(result, tmp_path) -> None:
    write_meds(MedsSet(result, None, NOW), tmp_path / "out")
    codes = pq.read_table(tmp_path / "out/metadata/codes.parquet").to_pandas().set_index("code")
    data = pq.read_table(tmp_path / "out/data/0.parquet").to_pandas()
    assert set(data["code"]) == set(codes.index)
    assert "LOINC/1742-6" in codes.loc["LAB//ALT//U/L", "parent_codes"]
    told = json.loads((tmp_path / "out/metadata/dataset.json").read_text())
    assert told["meds_version"] == "0.4.1" and told["created_at"] == "2026-05-04T00:00:00+00:00"
    assert "left out: 1" in (tmp_path / "out/README.md").read_text()


def test_progress_is_the_share_of_the_people_that_are_written(result, monkeypatch) -> None:
    def one_by_one(result) -> Iterator[dict[str, pd.DataFrame]]:
        panel = result.analysis.panel
        for who in panel.patient_ids:
            frames = {name: getattr(panel, name) for name in ("patients", "labs", "events", "imaging")}
            yield {name: frame[frame["patient_id"] == who] for name, frame in frames.items()}

    monkeypatch.setattr(meds, "_buckets", one_by_one)
    told: list[tuple[str, float]] = []
    zip_meds(BytesIO(), MedsSet(result, None, NOW), lambda name, share: told.append((name, share)))
    assert told[0] == ("data/0.parquet", 0.5)
    assert [share for name, share in told if name.startswith("metadata")] == [1.0] * 3
