"""Progression on imaging: where it is, what comes after a complete response, and what is no response."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.panel import Panel
from analytics.rules._growth_text import liver_growth
from analytics.rules._sites import grows_elsewhere
from tests.builders import panel_of

LABS = [("2024-01-01", "ALT", 30)]
DAYS = ("2024-01-01", "2024-03-01", "2024-05-01", "2024-07-01")


def found(*reports: dict[str, object]) -> pd.DataFrame:
    """Findings of reports of one patient, in order of time, by rule."""
    base = panel_of(LABS)
    rows = [
        {"patient_id": "P1", "modality": "CT", "date": pd.Timestamp(d), **r}
        for d, r in zip(DAYS, reports, strict=False)
    ]
    panel = Panel.of(base.labs, None, pd.DataFrame(rows), base.patients)
    return analyse(panel).findings.set_index("rule")


def report(
    response: str | None = None, total: float | None = None, detail: str = "", **more: object
) -> dict[str, object]:
    return {"response": response, "target_sum_mm": total, "detail": detail, **more}


@pytest.mark.parametrize(
    ("last", "site", "level"),
    [
        (report("PD", detail="new lung lesion, liver stable"), "outside the liver", "information"),
        (
            report("PD", detail="new bone lesion; no change in the liver", liver_lesions=3),
            "outside the liver",
            "information",
        ),
        (report("PD", detail="liver metastases larger, lung unchanged"), "in the liver", "attention"),
        (report("PD"), "site not known", "information"),
        (report("PD", detail="progressive disease"), "site not known", "information"),
        (report("PD", liver_lesions=5), "in the liver", "attention"),
        (report(None, 80, "target lesions in the liver"), "in the liver", "attention"),
        (report(None, 80), "site not known", "information"),
    ],
)
def test_progression_is_told_with_its_site(last, site, level):
    findings = found(report("SD", 60, liver_lesions=3), last)
    row = findings.loc["recist_progression"]
    assert f", {site}, reported as" in row["says"] and row["level"] == level
    assert ("hepatic_progression" in findings.index) == (site == "in the liver")


@pytest.mark.parametrize(
    ("last", "why"),
    [
        (report("PD", 8), "disease after a complete response, site not known, reported as PD"),
        (report("PR", 8), "disease after a complete response, site not known, reported as PR"),
        (report(None, 3), "disease after a complete response, site not known, reported as not classified"),
        (report("PR"), "disease after a complete response, site not known, reported as PR"),
    ],
)
@pytest.mark.parametrize("complete", [report("CR", 0), report("CR")])
def test_any_disease_after_a_complete_response_is_progression_and_no_response(complete, last, why):
    findings = found(report(None, 60), complete, last)
    says = findings.loc["recist_progression"]["says"]
    assert why in says and "%" not in says.split(" mm on ")[-1][:20].replace("60", "")
    good = findings.loc[["recist_response"]]
    assert not good["says"].str.contains("Imaging on 2024-05-01").any()


def test_a_complete_response_with_small_nodes_left_is_no_reappearance():
    findings = found(report(None, 60), report("CR", 0), report("CR", 4))
    assert "recist_progression" not in findings.index


def test_the_percentage_of_a_sum_of_nothing_is_not_printed():
    says = found(report(None, 60), report("CR", 0), report("PD", 8)).loc["recist_progression"]["says"]
    assert "target lesions 8 mm, nadir 0 mm on 2024-03-01" in says and "%" not in says and "inf" not in says


@pytest.mark.parametrize(
    "reports",
    [
        (report("PD"),),
        (report("PR"),),
        (report("SD"), report("PD")),
        (report("PD", 20),),
        (report("PR", 20), report("PR", 10)),
    ],
)
def test_no_sentence_of_imaging_has_an_empty_number(reports):
    for says in found(*reports)["says"]:
        assert "–" not in says and "nan" not in says and "( " not in says and ": ," not in says and "  " not in says


def test_naming_the_liver_is_not_progression():
    for text in ("liver stable", "no new liver lesion", "liver metastases unchanged, more ascites", "new lung lesion"):
        assert not liver_growth(text)
    assert liver_growth("segment 6 lesion enlarging") and not grows_elsewhere("segment 6 lesion enlarging")
    assert grows_elsewhere("new extrahepatic disease in the lung") and not grows_elsewhere("no new lung lesion")


@pytest.mark.parametrize(
    "text",
    [
        "new nodule in the apical segment of the right lower lobe of the lung, no liver lesions",
        "new lung lesion after right hepatectomy",
        "enlarging hepatoduodenal lymph nodes",
        "perihepatic implants larger",
        "mass at the hepatic flexure of the colon enlarged",
        "new bone lesion; more hepatic steatosis than before",
        "increasing wall thickening of a bowel segment",
        "new extra-hepatic disease",
    ],
)
def test_a_word_with_the_liver_in_it_is_not_the_liver(text):
    assert not liver_growth(text)


@pytest.mark.parametrize(
    "text",
    [
        "new lesion in segment 4 after right hepatectomy",
        "increase in size of hepatic lesions",
        "new segment VIII lesion",
        "progressive metastases in a fatty liver, liver metastases larger",
        "interval growth of the liver metastases",
    ],
)
def test_growth_in_what_is_left_of_the_liver_is_growth_in_the_liver(text):
    assert liver_growth(text)


def test_nodes_beside_the_liver_are_outside_it():
    assert grows_elsewhere("enlarging hepatoduodenal lymph nodes")
    assert grows_elsewhere("new lung lesion after right hepatectomy")
