"""Facts of the README files beside the real data; the numbers were computed there with other tools."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analytics.ingest import Ingest, read
from analytics.panel import show_time
from analytics.tables import RELATIVE_ORIGIN

pytestmark = pytest.mark.external


@pytest.fixture(scope="module")
def lb(shared_data: Path) -> Ingest:
    return read(shared_data / "cdiscpilot" / "lb.csv")


def rows(ingest: Ingest) -> dict[str, int]:
    return dict(ingest.labs["analyte"].value_counts())


def test_the_pilot_labs_have_all_their_rows(lb):
    assert (lb.format, lb.rows_in, lb.results_in, len(lb.labs), len(lb.quarantine)) == (
        "sdtm_lb",
        23613,
        23613,
        23613,
        0,
    )
    told = {"ALT": 1814, "AST": 1814, "ALP": 1824, "BILI": 1814, "GGT": 1828, "ALB": 1814, "PLAT": 1788}
    assert {code: rows(lb)[code] for code in told} == told
    assert lb.labs["patient_id"].nunique() == 254
    assert not lb.labs.duplicated(["patient_id", "analyte", "collected_at"]).any()


def test_the_pilot_labs_keep_what_was_reported(lb):
    below = lb.labs[lb.labs["comparator"] == "<"]
    assert sorted(below["raw_value"]) == ["<0.2"] * 5 + ["<40"]
    assert set(below.loc[below["analyte"] == "BILI", "value"]) == {0.2}
    assert set(below.loc[below["analyte"] == "BILI", "uln"]) == {1.2}
    assert (lb.labs["precision"] == "day").sum() == 89
    first = lb.labs.iloc[0]
    assert (first["raw_value"], first["raw_unit"], first["value"], first["unit"]) == ("3.8", "g/dL", 3.8, "g/dL")


@pytest.mark.parametrize(
    ("analyte", "over", "persons"),
    [("ALT", 1, 33), ("ALT", 2, 7), ("ALT", 3, 3), ("AST", 1, 39), ("AST", 2, 5), ("AST", 3, 4), ("ALP", 1, 22),
     ("ALP", 2, 4), ("ALP", 5, 2), ("BILI", 1, 16), ("BILI", 1.5, 5), ("BILI", 2, 2), ("BILI", 3, 1), ("GGT", 1, 25),
     ("GGT", 2.5, 3), ("GGT", 5, 1)],
)  # fmt: skip
def test_peaks_over_the_upper_limit_are_those_of_the_readme(lb, analyte, over, persons):
    own = lb.labs[(lb.labs["analyte"] == analyte) & (lb.labs["comparator"] == "")]
    peak = (own["value"] / own["uln"]).groupby(own["patient_id"]).max()
    assert int((peak > over * (1 + 1e-12)).sum()) == persons


def test_doses_may_be_open_ended(shared_data):
    ex = read(shared_data / "cdiscpilot" / "ex.csv")
    assert (len(ex.events), ex.events["end_date"].isna().sum()) == (591, 6)
    assert set(ex.events["kind"]) == {"systemic"}


def test_people_include_the_screen_failures_and_say_so(shared_data):
    dm = read(shared_data / "cdiscpilot" / "dm.csv")
    assert len(dm.patients) == 306
    assert dm.patients["sex"].value_counts().to_dict() == {"F": 179, "M": 127}
    assert any(note.startswith("52 ") for note in dm.notes)


def test_adverse_events_keep_partial_dates(shared_data):
    ae = read(shared_data / "cdiscpilot" / "ae.csv")
    assert len(ae.events) == 1191
    assert ae.events["start_precision"].value_counts().to_dict() == {"day": 1165, "month": 15, "year": 11}
    assert ae.events["end_date"].isna().sum() == 473


def test_pbcseq_has_study_days_and_the_units_of_its_profile(shared_data):
    pbc = read(shared_data / "pbcseq" / "pbcseq.csv", "pbcseq")
    assert (pbc.rows_in, len(pbc.patients), set(pbc.patients["clock"])) == (1945, 312, {"study_day"})
    assert pbc.results_in == 1945 * 7
    second = pbc.labs[(pbc.labs["source_line"] == 3) & (pbc.labs["analyte"] == "BILI")].iloc[0]
    assert (show_time(second["collected_at"], "study_day"), second["value"]) == ("day 192", 21.3)
    told = {"BILI": 1945, "CHOL": 1945 - 821, "PLAT": 1945 - 73, "ALP": 1945 - 60, "AST": 1945, "PT": 1945}
    assert {code: rows(pbc)[code] for code in told} == told
    assert pbc.labs.loc[pbc.labs["analyte"] == "BILI", "value"].max() == 41.0
    assert pbc.labs.loc[pbc.labs["analyte"] == "AST", "value"].max() == 1205
    assert pbc.quarantine[["line", "raw_cell", "reason_code"]].to_numpy().tolist() == [
        [1140, "8.01", "VALUE_IMPLAUSIBLE"]
    ]


def test_eicu_reads_every_liver_test_in_every_spelling(shared_data):
    eicu = read(shared_data / "eicu_demo_subset" / "lab.csv", "eicu")
    told = {"ALT": (347, 128), "AST": (359, 130), "ALP": (347, 128), "BILI": (340, 130), "BILDIR": (26, 20),
            "ALB": (410, 134), "INR": (255, 90), "PLAT": (863, 157), "LDH": (23, 12)}  # fmt: skip
    for code, (n, stays) in told.items():
        own = eicu.labs[eicu.labs["analyte"] == code]
        assert (len(own), own["patient_id"].nunique()) == (n, stays), code
    below = eicu.labs[(eicu.labs["comparator"] == "<") & eicu.labs["analyte"].isin(told)]
    assert below["analyte"].value_counts().to_dict() == {"BILI": 6, "BILDIR": 4, "AST": 1}
    assert eicu.labs["uln"].isna().all()
    assert set(eicu.patients["clock"]) == {"minutes"}
    minutes = (eicu.labs["collected_at"] - RELATIVE_ORIGIN) // pd.Timedelta(minutes=1)
    assert int((minutes[eicu.labs["analyte"].isin(told)] < 0).sum()) == 852


def test_the_liver_cancer_file_gives_markers_treatments_and_imaging(shared_data):
    hcc = read(shared_data / "hcc_sysucc" / "DTSDHCC.csv", "hcc_sysucc")
    assert (hcc.rows_in, hcc.labs["patient_id"].nunique(), len(hcc.labs)) == (11684, 2360, 11684)
    assert hcc.events["kind"].value_counts().to_dict() == {"embolisation": 2958, "systemic": 1063, "hepatectomy": 708}
    assert hcc.events.groupby("kind")["patient_id"].nunique().to_dict() == {
        "embolisation": 1629, "hepatectomy": 688, "systemic": 246,
    }  # fmt: skip
    assert int(hcc.imaging["new_lesion"].sum()) == 1809 - 4
    assert hcc.imaging["target_sum_mm"].isna().all()
    assert hcc.reasons == {"VALUE_TEXT": 4}
