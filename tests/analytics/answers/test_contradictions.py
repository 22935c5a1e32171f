"""No answer contradicts what it sums up: an open finding forbids the states that would say the opposite."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import Analysis, analyse
from analytics.analytes import MARKERS
from analytics.ingest import read
from analytics.panel import Panel
from analytics.rules._words import in_text
from analytics.store import open_store
from analytics.synthetic.many import make
from tests.analytics.answers.cut import until

CALM = {"no_disease", "responding", "stable"}
UNHARMED = {"none", "raised_steady", "expected_after_procedure"}
WORKING = {"preserved", "reduced"}
FLOWING = {"no_sign", "stent_open", "draining"}

FORBIDDEN = (
    ("recist_progression", None, "tumour", CALM),
    ("hepatic_progression", None, "tumour", CALM),
    ("marker_rise", None, "tumour", CALM),
    *((r, None, "injury", UNHARMED) for r in ("hys_law", "temple", "parks", "mdish", "fda_limits")),
    *((r, None, "injury", UNHARMED) for r in ("checkpoint_label", "iq_dili_oncology")),
    ("changed", None, "injury", {"none", "raised_steady"}),
    *(
        (r, "urgent", "function", WORKING | {"declining", "not_evaluable"})
        for r in ("isgls", "fifty_fifty", "peak_bilirubin", "reild", "hepatic_decompensation")
    ),
    *(
        (r, "attention", "function", WORKING | {"not_evaluable"})
        for r in ("isgls", "fifty_fifty", "peak_bilirubin", "reild", "hepatic_decompensation")
    ),
    ("reserve_loss", None, "function", WORKING | {"not_evaluable"}),
    ("albi_decline", None, "function", {"preserved"}),
    ("cholangitis_labs", None, "ducts", FLOWING | {"blocked_again", "draining_slowly", "obstruction_suspected"}),
    ("recurrent_obstruction", None, "ducts", FLOWING | {"draining_slowly", "obstruction_suspected", "not_evaluable"}),
    ("stent_early_rise", None, "ducts", FLOWING | {"draining_slowly", "obstruction_suspected", "not_evaluable"}),
    ("stent_late", None, "ducts", FLOWING | {"obstruction_suspected", "not_evaluable"}),
    ("stent_no_response", None, "ducts", FLOWING | {"obstruction_suspected", "not_evaluable"}),
    ("cholestatic_jaundice", None, "ducts", {"no_sign"}),
    ("overdue_panel", None, "follow_up", {"due", "on_schedule", "no_plan"}),
)
"""Rule, level (any where None), question, states that would contradict its open finding."""

_OBSTRUCTED = ("draining", "draining_slowly", "blocked_again", "cholangitis", "obstruction_suspected")
_MARKERS = {in_text(code) for code in MARKERS}


def open_findings(analysis: Analysis) -> pd.DataFrame:
    """Open as the findings table says it, without the help of the answers."""
    findings = analysis.findings
    return findings[findings["state"].isin(["new", "ongoing"]) & findings["resolved_at"].isna()]


def contradictions(analysis: Analysis) -> list[str]:
    """Each as a sentence."""
    state = analysis.answers.set_index(["patient_id", "question"])["state"]
    ducts = state.xs("ducts", level="question")
    found = []
    still = open_findings(analysis)
    for rule, level, question, forbidden in FORBIDDEN:
        mine = still[(still["rule"] == rule) & (True if level is None else still["level"] == level)]
        for finding in mine.itertuples():
            answer = state[finding.patient_id, question]
            if answer not in forbidden or excused(finding, ducts[finding.patient_id]):
                continue
            found.append(f"{finding.patient_id}: {question} {answer}, while open: {finding.says}")
    return found + unlike_their_words(analysis.answers)


CAUSES = {
    "explained_by_obstruction": {"biliary obstruction"},
    "explained_by_tumour": {"tumour growth in the liver"},
    "explained_by_procedure": {"effect of surgery, ablation, embolisation or radiation"},
    "explained_by_blood_or_bone": {"haemolysis, muscle or bone"},
    "explained_by_method": {"change of laboratory, method or limits"},
    **{phase: {"drug or immune injury", ""} for phase in ("rising", "at_peak", "recovering")},
}
"""States of injury, and what their words may call it most consistent with ("" nothing); every other state: nothing."""

UNSAID = (
    ("tumour", {"stable", "responding", "no_disease"}, r"reported as PD|new lesion|PD by the sum|rising from"),
    ("tumour", {"stable"}, r"reported as (?:CR|PR)\b"),
    ("tumour", {"progression_suspected"}, r"single result"),
    ("injury", {"none"}, r"criteria met|most consistent|raised"),
    ("injury", {"none", "not_evaluable"}, r"rising|recovering"),
    ("injury", {"raised_steady"}, r"(?:rising|falling).*steady|steady.*(?:rising|falling)|recovering"),
    ("function", {"preserved"}, r"grade [23]|decline|ascites|failing|criteria met"),
    ("function", {"reduced", "preserved"}, r"[Cc]riteria met since"),
    ("ducts", {"no_sign", "stent_open"}, r"[Cc]riteria of|[Cc]holestatic jaundice"),
    ("follow_up", {"on_schedule", "no_plan"}, r"overdue"),
)
"""Question, states, and words that would say more than the state does."""


def unlike_their_words(answers: pd.DataFrame) -> list[str]:
    """Answers whose sentence is more or less certain than their state, or than their certainty."""
    found = []
    for row in answers.itertuples():
        told = f"{row.patient_id}: {row.question} {row.state} ({row.certainty}): {row.says}"
        cause = re.search(r"most consistent with (.*?) \(\d+ for", row.says)
        allowed = CAUSES.get(row.state, {""}) if row.question == "injury" else {""}
        found += [told] if (cause[1] if cause else "") not in allowed else []
        found += [
            f"{told} [{words}]"
            for question, states, words in UNSAID
            if row.question == question and row.state in states and re.search(words, f"{row.says} {row.brief}")
        ]
        found += [told] if row.certainty == "firm" and "single result" in row.says else []
        found += [told] if (row.state == "not_evaluable") != (row.certainty == "insufficient") else []
    return found


def excused(finding: object, ducts: str) -> bool:
    """An episode of a marker alone is not one of the liver; a marker rise must be confirmed; ALBI in obstruction."""
    numbers = json.loads(finding.numbers)
    if finding.rule == "changed":
        return numbers.get("lead") in _MARKERS
    if finding.rule == "marker_rise":
        return numbers["sure"] != "confirmed by a second result"
    return finding.rule == "albi_decline" and ducts in _OBSTRUCTED


def test_no_answer_contradicts_an_open_finding_of_the_sample(sample):
    assert len(open_findings(sample))
    assert not contradictions(sample)


@pytest.mark.parametrize("day", pd.date_range("2025-09-01", "2026-05-20", periods=4).normalize())
def test_nor_at_any_earlier_time(sample, day):
    assert not contradictions(analyse(until(sample.panel, day)))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nor_in_people_made_in_one_go(seed):
    whole, _ = make(160, seed)
    assert not contradictions(analyse(whole))
    middle = whole.labs["collected_at"].quantile(0.6)
    assert not contradictions(analyse(until(whole, middle)))


def test_nor_where_values_and_events_are_drawn_by_lot():
    assert not contradictions(analyse(by_lot(300, seed=8)))


@pytest.mark.external
@pytest.mark.parametrize("name", ["cdiscpilot", "pbcseq", "eicu_demo_subset"])
def test_nor_in_the_real_data(shared_data, tmp_path, name):
    files = {
        "cdiscpilot": [("lb.csv", None), ("ex.csv", None), ("dm.csv", None)],
        "pbcseq": [("pbcseq.csv", "pbcseq")],
        "eicu_demo_subset": [("lab.csv", "eicu")],
    }[name]
    store = open_store(str(tmp_path / "store"), create=True)
    store.publish([read(shared_data / name / f, p) for f, p in files if (shared_data / name / f).exists()], by="test")
    for clock in store.panel().patients["clock"].unique():
        panel = store.panel()
        own = panel.select(list(panel.patients["patient_id"][panel.patients["clock"] == clock]))
        assert not contradictions(analyse(own))


def by_lot(people: int, seed: int) -> Panel:
    """Patients with wild values, events and reports: nothing medical, everything at once."""
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2025-01-01")
    labs, events, images = [], [], []
    uln = {"ALT": 40.0, "AST": 40.0, "ALP": 120.0, "GGT": 60.0, "BILI": 1.2, "INR": 1.2, "CEA": 5.0, "CRP": 5.0}
    for n in range(people):
        who = f"L{n:04}"
        days = np.sort(rng.integers(0, 300, 14))
        for code, limit in {**uln, "ALB": 5.0, "PLAT": 400.0}.items():
            value = limit * np.exp(np.cumsum(rng.normal(0, 0.5, 14)))
            keep = rng.random(14) < 0.8
            labs.append(
                pd.DataFrame(
                    {
                        "patient_id": who,
                        "analyte": code,
                        "collected_at": start + pd.to_timedelta(days[keep], "D"),
                        "value": np.clip(value[keep], 0.1, 5000),
                        "lln": limit * 0.6,
                        "uln": limit,
                    }
                )
            )
        for _ in range(rng.integers(0, 6)):
            kind = str(rng.choice(["systemic", "biliary_stent", "hepatectomy", "ablation", "drainage", "symptom"]))
            begin = start + pd.Timedelta(days=int(rng.integers(0, 280)))
            name = str(rng.choice(["fever", "ascites"])) if kind == "symptom" else f"{kind} one"
            end = begin + pd.Timedelta(days=int(rng.integers(1, 90))) if rng.random() < 0.5 else pd.NaT
            events.append({"patient_id": who, "kind": kind, "name": name, "start_date": begin, "end_date": end})
        for _ in range(rng.integers(0, 5)):
            images.append(
                {
                    "patient_id": who,
                    "date": start + pd.Timedelta(days=int(rng.integers(0, 300))),
                    "modality": str(rng.choice(["CT", "MRI", "US"])),
                    "response": rng.choice(np.array(["CR", "PR", "SD", "PD", "NE", None], dtype=object)),
                    "target_sum_mm": float(rng.integers(0, 90)) if rng.random() < 0.7 else np.nan,
                    "new_lesion": bool(rng.random() < 0.1),
                    "detail": str(rng.choice(["", "no lesion seen", "ducts dilated", "new liver lesion", "stable"])),
                }
            )
    return Panel.of(pd.concat(labs), pd.DataFrame(events), pd.DataFrame(images))
