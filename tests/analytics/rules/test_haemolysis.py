"""A haemolysed sample, or two of them, is not sold as injury of the liver."""

from __future__ import annotations

from analytics.analysis import analyse
from tests.builders import panel_of

CALM = {"K": 4.2, "LDH": 200, "AST": 25, "ALT": 25, "BILI": 0.6, "ALP": 80}
RED = {"K": 6.4, "LDH": 800, "AST": 380, "ALT": 30, "BILI": 1.4, "ALP": 80, "INR": 1.7}
BEFORE = ("2024-01-01", "2024-01-15", "2024-02-01", "2024-02-15")


def test_two_results_of_haemolysed_samples_are_no_injury():
    rows = [(d, c, v) for d in BEFORE for c, v in CALM.items()]
    rows += [(d, c, v) for d in ("2024-03-01", "2024-03-15") for c, v in RED.items()]
    analysis = analyse(panel_of(rows, [("2024-02-16", "systemic", "FOLFOX")]))
    found = analysis.findings
    assert "haemolysed_sample" in set(found["rule"])
    assert not set(found["level"]) & {"urgent", "attention"}, found[["rule", "level", "says"]].to_dict("records")
    assert not {"fda_limits", "temple", "hys_law", "missing_partner", "injury_pattern"} & set(found["rule"])
    graded = found[found["rule"] == "ctcae_grade"]
    assert graded["says"].str.contains("the sample may be haemolysed").all()
    fits = analysis.readings[analysis.readings["fits"]]["reading"].tolist()
    assert fits == ["blood_or_bone"]


def test_an_inr_under_an_anticoagulant_is_no_limit_of_the_guidance():
    rows = [("2024-03-01", "ALT", 130), ("2024-03-01", "INR", 2.5)]
    for flag, told in ((True, False), (False, True)):
        found = analyse(panel_of(rows, on_anticoagulant=flag)).findings
        assert ("fda_limits" in set(found["rule"])) == told


def test_a_haemolysed_sample_is_no_usual_level_of_the_next_one():
    rows = [("2024-02-15", c, v) for c, v in CALM.items()]
    rows += [(d, c, v) for d in ("2024-03-01", "2024-03-15") for c, v in RED.items()]
    found = analyse(panel_of(rows, [("2024-02-16", "systemic", "FOLFOX")])).findings
    assert (found["rule"] == "haemolysed_sample").sum() == 2
    assert not set(found["level"]) & {"urgent", "attention"}
