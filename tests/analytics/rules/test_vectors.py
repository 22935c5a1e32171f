"""Published rows of eDISH, Hy's law and unit conversion."""

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.analytes import ANALYTES
from analytics.derive.quadrants import MIGRATION, QUADRANTS, UNKNOWN, peaks, quadrant
from analytics.panel import Panel
from analytics.settings import Settings
from tests.analytics.vectors import rules_vectors
from tests.builders import events_of, labs_of

START = pd.Timestamp("2024-01-01")


def rows(rule):
    return [pytest.param(r.given, r.expected, id=r.case_id) for r in rules_vectors(rule) if r.rule == rule]


@pytest.mark.parametrize(("given", "expected"), rows("EDISH_QUADRANT"))
def test_quadrant(given, expected):
    code = quadrant(np.array([float(given["alt_xuln"])]), np.array([float(given["bili_xuln"])]), 3.0, 2.0)
    assert QUADRANTS[int(code[0])] == expected["quadrant"]


@pytest.mark.parametrize(("given", "expected"), rows("EDISH_MIGRATION"))
def test_migration(given, expected):
    pair = QUADRANTS.index(given["pretreatment"]), QUADRANTS.index(given["on_treatment_peak"])
    assert MIGRATION[pair] == expected["concern"]


def test_the_migration_table_has_the_published_counts():
    counts = pd.Series(list(MIGRATION.values())).value_counts().to_dict()
    assert counts == {"concern": 5, "no concern / benefit": 5, "no migration": 4, "potential concern": 2}


@pytest.mark.parametrize(("given", "expected"), rows("EDISH_COMPOSITE_SUBJECT"))
def test_peaks_of_a_subject(given, expected):
    labs = []
    for code, name in (("ALT", "alt"), ("BILI", "bili")):
        for when, value, *own in given[name]:
            uln = own[0] if own else given.get(f"{name}_uln", 1)
            labs.append((START + pd.Timedelta(days=when), code, value, uln))
    frame = labs_of([row[:3] for row in labs])
    frame["uln"] = [float(row[3]) for row in labs]
    panel = Panel.of(frame, events_of([(START, "systemic", "A")]))
    # the source takes the last value before the first dose as baseline
    row = peaks(analyse(panel, Settings().changed({"baseline": {"most": 1}})).case).iloc[0]
    if expected.get("excluded"):
        assert row["on_treatment"] == UNKNOWN
        return
    for name, column in (("alt", "ALT"), ("bili", "BILI")):
        for scale, own in (("xuln", "x_uln"), ("xbln", "x_baseline")):
            if f"peak_{name}_{scale}" in expected:
                assert row[f"{column}_{own}"] == pytest.approx(expected[f"peak_{name}_{scale}"], abs=1e-6)
    if "pretreatment" in expected:
        assert QUADRANTS[row["before"]] == expected["pretreatment"]
        assert QUADRANTS[row["on_treatment"]] == expected["on_treatment"]


@pytest.mark.parametrize(("given", "expected"), rows("HYSLAW_14D"))
def test_the_pair_within_14_days(given, expected):
    """The source asks nothing of ALP: here it is unknown, which is said in the sentence."""
    if "alt" not in given:  # only peaks are given: they decide that no pair can exist
        labs = [(START, "ALT", given["max_alt_xuln"]), (START, "AST", given["max_ast_xuln"])]
        frame = labs_of([*labs, (START, "BILI", given["max_bili_xuln"])]).assign(uln=1.0)
    else:
        parts = (("ALT", "alt"), ("AST", "ast"), ("BILI", "bili_umol"))
        found = [(when, code, value, uln) for code, name in parts for when, value, uln in given[name]]
        frame = labs_of([row[:3] for row in found])
        frame["uln"] = [float(row[3]) for row in found]
    settings = Settings().changed({"injury": {"hys_window_days": 14}})
    findings = analyse(Panel.of(frame), settings).findings
    hits = findings[findings["rule"] == "hys_law"]
    assert bool(len(hits)) == expected["potential_hys_law_lab"]
    assert hits["says"].str.contains("ALP missing").all()


TO_SI = {"bili_mgdl->umol": ("BILI", "umol/L"), "creat 1 mg/dL -> umol/L": ("CREAT", "umol/L")}
FROM_OTHER = {
    "ALT 1 ukat/L -> U/L": ("ALT", "ukat/L"),
    "bili 10 umol/L -> mg/dL": ("BILI", "umol/L"),
    "creat_umol->mgdl": ("CREAT", "umol/L"),
    "platelets 150 10*3/uL -> 10*9/L": ("PLAT", "10*3/uL"),
    "CEA 5 ng/mL -> ug/L": ("CEA", "ug/L"),
}


@pytest.mark.parametrize(("given", "expected"), rows("UNIT"))
def test_units(given, expected):
    what = given["convert"]
    code, unit = TO_SI.get(what) or FROM_OTHER[what]
    factor = ANALYTES[code].conversions[unit]
    value = given["value"] / factor if what in TO_SI else given["value"] * factor
    digits = given.get("round")
    assert (round(value, digits) if digits is not None else value) == pytest.approx(expected["value"], rel=1e-4)
