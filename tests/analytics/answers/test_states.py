"""Single states at their edges: each from a few rows, by the line of docs/answers.md that gives it."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.answer_states import STATES
from analytics.answers._episodes import EXPLAINED
from analytics.compare import in_sight
from analytics.panel import Panel
from analytics.tables import ANSWERS, READING_LABELS

START = pd.Timestamp("2026-01-01")
LIMITS = {
    "ALT": (0, 40), "AST": (0, 40), "ALP": (30, 120), "GGT": (0, 60), "BILI": (0, 1.2), "ALB": (3.5, 5.2),
    "INR": (0.8, 1.2), "PLAT": (150, 400), "CEA": (0, 5), "CRP": (0, 5), "CA19_9AG": (0, 37),
}  # fmt: skip
NORMAL = {"ALT": 25, "AST": 25, "ALP": 80, "GGT": 30, "BILI": 0.6, "ALB": 4.4, "INR": 1.0, "PLAT": 240}


def labs(days: dict[int, dict[str, float]], limits: bool = True) -> pd.DataFrame:
    """Results by day."""
    return pd.DataFrame(
        [
            {
                "patient_id": "P1",
                "analyte": code,
                "collected_at": START + pd.Timedelta(days=day, hours=8),
                "value": float(value),
                "lln": LIMITS[code][0] if limits else None,
                "uln": LIMITS[code][1] if limits else None,
            }
            for day, values in days.items()
            for code, value in values.items()
        ]
    )


def event(kind: str, day: int, until: int | None = None, name: str = "") -> dict[str, object]:
    end = pd.NaT if until is None else START + pd.Timedelta(days=until)
    return {
        "patient_id": "P1",
        "kind": kind,
        "name": name or kind,
        "start_date": START + pd.Timedelta(days=day),
        "end_date": end,
    }


def scan(day: int, response: str | None = None, total: float | None = None, **more: object) -> dict[str, object]:
    row = {"patient_id": "P1", "date": START + pd.Timedelta(days=day), "modality": "CT", "response": response}
    return {**row, "target_sum_mm": total, **more}


def answers(
    results: pd.DataFrame, events: list[dict] = (), scans: list[dict] = (), until: int | None = None
) -> pd.DataFrame:
    """Table ANSWERS by question."""
    panel = Panel.of(
        results,
        pd.DataFrame(events) if events else None,
        pd.DataFrame(scans) if scans else None,
        as_of=None if until is None else START + pd.Timedelta(days=until),
    )
    frame = analyse(panel).answers
    ANSWERS.check(frame)
    return frame.set_index("question")


def steady(*days: int, **other: float) -> dict[int, dict[str, float]]:
    return {day: {**NORMAL, **other} for day in days}


THERAPY = event("systemic", 0, None, "oxaliplatin")


@pytest.mark.parametrize(
    ("scans", "state", "words"),
    [
        ([scan(-5, None, 60), scan(60, "PD", 90)], "progressing", "site not stated"),
        ([scan(-5, None, 60), scan(60, "PD", 90, detail="new lung lesion, liver stable")],
         "progressing", "outside the liver"),
        ([scan(-5, None, 60), scan(60, "PD", 90, detail="liver metastases larger, lung unchanged")],
         "progressing", "in the liver"),
        ([scan(-5, None, 60), scan(60, "PD", 60, detail="new nodule in the apical segment of the left lung")],
         "progressing", "outside the liver"),
        ([scan(-5, "CR", 0), scan(60, "PD", None, detail="recurrent metastases in the right liver lobe")],
         "progressing", "in the liver"),
        ([scan(-5, None, 60), scan(60, "SD", 61, new_lesion=True)], "progressing", "new lesion"),
        ([scan(-5, None, 60), scan(60, None, 80)], "progressing", "PD by the sum"),
        ([scan(-5, None, 60), scan(30, "CR", 0), scan(60, None, 4)], "progressing", ""),
        ([scan(-5, None, 60), scan(60, "PD", 50)], "discordant", "reported as PD, SD by the sum"),
        ([scan(-5, None, 60), scan(60, "PR", 58)], "responding", "reported as PR, SD by the sum"),
        ([scan(-5, None, 60), scan(60, "SD", 30)], "responding", "reported as SD, PR by the sum"),
        ([scan(-5, None, 60), scan(60, "CR", 0)], "no_disease", ""),
        ([scan(60, None, None, detail="no lesion seen")], "no_disease", "no lesion"),
        ([scan(60, None, None, detail="no new lesion")], "not_evaluable", ""),
        ([scan(-5, None, 60)], "not_evaluable", ""),
        ([scan(-5, None, 60), scan(60, "NE", None)], "not_evaluable", ""),
        ([scan(-5, None, 60), scan(60, "SD", 61)], "stable", "61 mm"),
    ],
)  # fmt: skip
def test_the_newest_imaging_that_says_something_decides(scans, state, words):
    row = answers(labs(steady(-3, 65)), [THERAPY], scans).loc["tumour"]
    assert row["state"] == state
    assert words in row["says"]


def test_imaging_older_than_120_days_decides_nothing_but_progression_and_is_named():
    old = answers(labs(steady(-3, 200)), [THERAPY], [scan(-5, None, 60), scan(60, "SD", 61)]).loc["tumour"]
    assert old["state"] == "not_evaluable" and old["certainty"] == "insufficient"
    assert "2026-03-02" in old["missing"]
    grown = answers(labs(steady(-3, 200)), [THERAPY], [scan(-5, None, 60), scan(60, "PD", 90)]).loc["tumour"]
    assert (grown["state"], grown["certainty"]) == ("progressing", "provisional")


def marker(*values: tuple[int, float]) -> pd.DataFrame:
    return labs({day: {**NORMAL, "CEA": value} for day, value in values})


RISE = ((-10, 20.0), (-3, 20.0), (60, 8.0), (75, 8.0), (90, 8.0), (105, 16.0), (120, 20.0))


def test_a_confirmed_rise_after_the_newest_imaging_is_suspected_progression_and_provisional():
    row = answers(marker(*RISE), [THERAPY], [scan(-5, None, 60), scan(60, "SD", 60)]).loc["tumour"]
    assert (row["state"], row["certainty"]) == ("progression_suspected", "provisional")
    assert "imaging" in row["missing"] and "CEA" in row["says"]


def test_a_rise_of_one_result_is_no_progression_and_asks_for_the_next_result():
    values = (*RISE[:5], (105, 8.0), (120, 17.0))
    row = answers(marker(*values), [THERAPY], [scan(-5, None, 60), scan(60, "SD", 60)]).loc["tumour"]
    assert row["state"] not in ("progression_suspected", "discordant") and "next CEA" in row["missing"]
    assert "confirmed by a second" not in row["says"] + row["brief"]
    alone = answers(marker(*values), [THERAPY]).loc["tumour"]
    assert alone["state"] == "not_evaluable"  # neither stable nor responding by a marker that may be rising


def test_a_rise_that_goes_on_under_newer_imaging_without_progression_is_a_difference():
    row = answers(marker(*RISE), [THERAPY], [scan(-5, None, 60), scan(122, "SD", 60)]).loc["tumour"]
    assert row["state"] == "discordant"


def test_what_differs_is_named_and_a_marker_only_where_there_is_one():
    report = answers(labs(steady(-3, 65)), [THERAPY], [scan(-5, None, 60), scan(60, "PD", 50)]).loc["tumour"]
    rising = answers(marker(*RISE), [THERAPY], [scan(-5, None, 60), scan(122, "SD", 60)]).loc["tumour"]
    assert report["state"] == rising["state"] == "discordant"
    assert "reported as progression" in report["brief"] and "sum of targets smaller" in report["brief"]
    assert "CEA rising" in rising["brief"] and "shows no change" in rising["brief"]
    assert "arker" not in f"{STATES['tumour', 'discordant'].label} {report['brief']} {report['says']}"


def test_a_value_just_above_the_limit_is_not_written_as_the_limit_and_its_course_is_told():
    falling = {day: {**NORMAL, "GGT": ggt} for day, ggt in ((40, 900), (50, 500), (60, 260), (70, 140), (80, 92))}
    row = answers(labs({**steady(-10, -3), **falling}), [THERAPY, event("biliary_stent", 36)]).loc["injury"]
    assert "GGT 92 U/L (1.53 × ULN" in row["says"] and "1.53 × ULN" in row["brief"], row["says"]
    assert in_sight(1.5, 1.5, 1) == "1.5000" and in_sight(1.53, 1.5, 1) == "1.53" and in_sight(1.6, 1.5, 1) == "1.6"


@pytest.mark.parametrize("reading", [reading for reading in READING_LABELS if reading not in ("injury", "unclear")])
def test_every_interpretation_that_can_lead_an_episode_has_a_state_of_its_own(reading):
    state = STATES["injury", f"explained_by_{reading}"]
    assert state.means.startswith("an open episode is most consistent with")
    assert reading in EXPLAINED


def test_cholangitis_that_is_over_but_open_tells_the_last_day_of_its_criteria():
    ill = {**NORMAL, "BILI": 4.0, "GGT": 300, "ALP": 400}
    days = {-3: NORMAL, 30: {**ill, "CRP": 120}, 34: {**ill, "CRP": 60}}
    fever, stent = event("symptom", 30, 34, "fever"), event("biliary_stent", 10)
    row = answers(labs(days), [stent, fever]).loc["ducts"]
    assert row["state"] == "cholangitis" and "met since 2026-01-31 (" in row["says"]
    days[44] = {**NORMAL, "CRP": 4}
    row = answers(labs(days), [stent, fever]).loc["ducts"]
    assert row["state"] == "cholangitis" and "met since 2026-01-31, last on 2026-02-04 (" in row["says"]


def test_a_marker_alone_speaks_provisionally_and_not_in_the_first_weeks_of_a_line():
    fallen = marker((-10, 20.0), (-3, 20.0), (60, 8.0), (75, 7.0))
    row = answers(fallen, [THERAPY]).loc["tumour"]
    assert (row["state"], row["certainty"]) == ("responding", "provisional")
    early = marker((-10, 20.0), (-3, 20.0), (20, 8.0), (30, 7.0))
    row = answers(early, [THERAPY]).loc["tumour"]
    assert row["state"] == "not_evaluable" and "first weeks" in row["says"]


def test_ca_19_9_is_not_used_while_bilirubin_is_raised_nor_a_marker_soon_after_a_resection():
    days = {day: {**NORMAL, "CA19_9AG": 30.0} for day in (-10, -3, 60, 75)}
    days[75]["BILI"] = 3.0
    assert "bilirubin of 2 mg/dL or more" in answers(labs(days), [THERAPY]).loc["tumour", "says"]
    days[85] = {**NORMAL, "CA19_9AG": 31.0}
    says = answers(labs(days), [THERAPY]).loc["tumour", "says"]
    assert "until 28 days after bilirubin fell below 2 mg/dL" in says
    resected = [event("hepatectomy", 60)]
    assert "after a resection" in answers(marker((-10, 20.0), (50, 20.0), (75, 8.0)), resected).loc["tumour", "says"]


@pytest.mark.parametrize(
    ("course", "state"),
    [
        ([25, 25, 25, 200, 420], "rising"),
        ([25, 25, 25, 400, 380], "at_peak"),
        ([25, 25, 25, 420, 340], "at_peak"),
        ([25, 25, 25, 420, 180], "recovering"),
        ([25, 25, 25, 420, 30], "none"),
    ],
)  # fmt: skip
def test_the_phase_of_an_injury_is_that_of_its_leading_test(course, state):
    days = {
        d: {**NORMAL, "ALT": v, "AST": 25 + (v - 25) * 0.5} for d, v in zip((-20, -10, -3, 40, 50), course, strict=True)
    }
    row = answers(labs(days), [THERAPY]).loc["injury"]
    assert row["state"] == state, row["says"]
    if state in ("rising", "at_peak", "recovering"):
        assert "most consistent with drug or immune injury" in row["says"]
        assert "oxaliplatin" in row["says"]


def test_raised_and_close_to_the_own_baseline_is_steady_and_to_no_baseline_unclear():
    usual = {d: {**NORMAL, "ALT": 90, "AST": 80} for d in (-20, -10, -3, 40)}
    assert answers(labs(usual), [THERAPY]).loc["injury", "state"] == "raised_steady"
    only = {-3: NORMAL, 40: {**NORMAL, "ALT": 70.0}}
    only[-3] = {k: v for k, v in NORMAL.items() if k != "ALT"}
    row = answers(labs(only), [THERAPY]).loc["injury"]
    assert row["state"] == "unclear" and "no baseline" in row["says"]


def test_near_the_own_baseline_a_test_is_called_steady_only_where_its_newest_results_are():
    slow = {
        d: {**NORMAL, "ALP": v}
        for d, v in zip(range(-60, 110, 14), [250] * 5 + [262, 280, 298, 315, 332, 350, 365], strict=False)
    }
    row = answers(labs(slow)).loc["injury"]
    assert row["state"] == "raised_steady", row["says"]
    assert "rising: raised, and near its baseline" in row["says"] and "steady" not in f"{row['says']} {row['brief']}"
    usual = {d: {**NORMAL, "ALP": 250} for d in range(-60, 110, 14)}
    assert "raised, and steady at its baseline" in answers(labs(usual), [THERAPY]).loc["injury", "says"]


def test_without_recent_alt_and_ast_or_without_limits_injury_is_not_evaluable():
    assert answers(labs({-3: NORMAL, 90: {"BILI": 0.6}}), [THERAPY]).loc["injury", "state"] == "not_evaluable"
    bare = answers(labs(steady(-3, 40), limits=False), [THERAPY])
    assert bare.loc["injury", "state"] == "not_evaluable" and "no upper limit" in bare.loc["injury", "says"]
    assert bare.loc["ducts", "state"] == "not_evaluable"


def test_blood_is_recent_for_42_days_under_therapy_and_for_84_without():
    late = [scan(50, "SD", 60), scan(-5, None, 60)]
    assert answers(labs(steady(-3, 5)), [THERAPY], late).loc["injury", "state"] == "not_evaluable"
    assert answers(labs(steady(-3, 5)), [], late).loc["injury", "state"] == "none"


def test_a_quarantined_bilirubin_that_is_newer_leaves_injury_open():
    results = labs(steady(-3, 40))
    held = pd.DataFrame(
        {
            "quarantine_id": [1],
            "file": ["a.csv"],
            "line": [9],
            "reason_code": ["UNIT_SUSPECT"],
            "message": ["fits another unit"],
            "patient_id": ["P1"],
            "analyte": ["BILI"],
            "collected_at": [START + pd.Timedelta(days=41)],
        }
    )
    panel = Panel.of(results, pd.DataFrame([THERAPY]), held=held)
    rows = analyse(panel).answers.set_index("question")
    assert rows.loc["injury", "state"] == "not_evaluable" and "quarantine" in rows.loc["injury", "says"]
    assert rows.loc["ducts", "certainty"] == "provisional" and "quarantine" in rows.loc["ducts", "missing"]


@pytest.mark.parametrize(
    ("other", "state", "words"),
    [
        ({}, "preserved", "grade 1"),
        ({"ALB": 3.0}, "reduced", "grade 2"),
        ({"INR": 1.4}, "reduced", "INR 1.40"),
        ({"ALB": 2.0, "BILI": 1.0}, "reduced", "grade 3"),
    ],
)  # fmt: skip
def test_function_is_told_by_albi_albumin_and_inr(other, state, words):
    row = answers(labs(steady(40, **other))).loc["function"]
    assert row["state"] == state
    assert words in row["says"]


def test_inr_is_not_used_on_an_anticoagulant():
    row = answers(labs(steady(-3, 40, INR=2.4)), [event("other", -30, 100, "warfarin")]).loc["function"]
    assert row["state"] == "preserved" and "not used" in row["says"]


def test_ascites_without_an_end_reduces_function_and_with_an_end_does_not():
    assert answers(labs(steady(40)), [event("symptom", 20, None, "ascites")]).loc["function", "state"] == "reduced"
    assert answers(labs(steady(40)), [event("symptom", 20, 30, "ascites")]).loc["function", "state"] == "preserved"


STENT = event("biliary_stent", 40, None, "metal stent")
JAUNDICE = {**NORMAL, "BILI": 8.0, "ALP": 400, "GGT": 500, "ALT": 90, "AST": 80}


@pytest.mark.parametrize(
    ("after", "state"),
    [
        ({44: 7.0, 50: 3.5}, "draining"),
        ({44: 7.0, 50: 3.5, 60: 1.2}, "stent_open"),
        ({44: 9.5, 48: 13.0}, "blocked_again"),
        ({44: 7.0, 62: 5.0}, "draining_slowly"),
        ({}, "not_evaluable"),
    ],
)  # fmt: skip
def test_the_course_after_a_stent(after, state):
    days = {-3: NORMAL, 30: JAUNDICE, 39: JAUNDICE}
    days |= {day: {**JAUNDICE, "BILI": bili} for day, bili in after.items()}
    row = answers(labs(days), [THERAPY, STENT]).loc["ducts"]
    assert row["state"] == state, row["says"]
    assert "biliary stent of 2026-02-10" in row["says"].lower()


def test_jaundice_or_dilated_ducts_without_a_stent_after_it_are_suspected_obstruction():
    days = {-3: NORMAL, 30: JAUNDICE, 39: JAUNDICE}
    rows = answers(labs(days), [THERAPY])
    assert rows.loc["ducts", "state"] == "obstruction_suspected"
    assert "ALBI not used" in rows.loc["function", "says"]
    image = [scan(35, "SD", 60, detail="intrahepatic bile ducts dilated")]
    assert answers(labs(steady(-3, 40)), [THERAPY], image).loc["ducts", "state"] == "obstruction_suspected"
    assert answers(labs(steady(-3, 45)), [THERAPY, STENT], image).loc["ducts", "state"] == "stent_open"


def test_follow_up_is_overdue_due_on_schedule_ended_or_without_a_plan():
    base, seen = labs(steady(-3, 40)), [scan(30, "SD", 60)]

    def state(until: int, events: list[dict]) -> str:
        return str(answers(base, events, seen, until).loc["follow_up", "state"])

    assert state(45, [THERAPY]) == "on_schedule"
    assert state(54, [THERAPY]) == "due"
    assert state(62, [THERAPY]) == "overdue"
    assert state(62, []) == "no_plan"
    assert state(62, [THERAPY, event("other", 60, None, "death")]) == "ended"
    late = answers(labs(steady(-3, 40, 160)), [THERAPY], seen, 161).loc["follow_up"]
    assert late["state"] == "overdue" and "imaging overdue, last 2026-01-31" in late["says"].lower()


def test_a_patient_without_anything_has_five_rows_and_no_answer():
    panel = Panel.of(
        labs({}).reindex(columns=["patient_id", "analyte", "collected_at", "value"]),
        patients=pd.DataFrame({"patient_id": ["P1"], "clock": ["date"]}),
    )
    frame = analyse(panel).answers
    ANSWERS.check(frame)
    assert frame["state"].tolist() == ["not_evaluable"] * 4 + ["no_plan"]


@pytest.mark.parametrize("code", ["ALT", "BILI", "CEA"])
def test_one_single_result_is_enough_for_five_rows(code):
    frame = answers(labs({0: {code: 3.0}}))
    assert len(frame) == 5 and frame.loc["function", "state"] == "not_evaluable"
