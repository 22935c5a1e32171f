"""How often stable people get a finding that asks for attention. A part of docs/calibration.md.

Every simulated person has a line of treatment, three results before it, half of the tests at an abnormal level that
never changes, noise that neighbours share, and single outliers. What begins in the first eight weeks is left out.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from analytics.analysis import analyse
from analytics.analytes import CODES
from analytics.panel import Panel
from tests.benchmarks.calibration import ULN, Sample, simulate
from tests.benchmarks.intervals import rate_interval
from tests.benchmarks.rules_of_thumb import disturbed
from tests.builders import LLN

ABOUT = """Share of patient-years, after the first eight weeks of a line of FOLFOX, in which a finding that asks for
attention begins; half of the tests are abnormal from the start and never change (95 % intervals). The goal is at most
0.10, urgent at most 0.005. What sets rules off here are single outliers and patients whose tests vary 20 % and more."""
FIRST = pd.Timestamp("2024-01-01")
SETTLED = 56
"""Days after the start of the line from which findings count."""
BEFORE = 3
"""Visits before the line."""


def panel_of_sample(sample: Sample, tests: int) -> tuple[Panel, pd.Series]:
    """A panel of simulated people, and the start of the line of each."""
    rows, n = sample.day.shape
    person = np.array([f"S{k:05d}" for k in range(rows // tests)])
    code = np.array(CODES)[sample.analyte]
    patient = np.repeat(person, tests)
    begin = sample.day[::tests, BEFORE - 1] + 1
    labs = pd.DataFrame(
        {
            "patient_id": np.repeat(patient, n),
            "analyte": np.repeat(code, n),
            "collected_at": FIRST + pd.to_timedelta(sample.day.ravel(), "D"),
            "value": sample.value.ravel(),
            "comparator": np.where(sample.side.ravel() < 0, "<", ""),
            "uln": np.repeat([ULN.get(c, np.nan) if c not in LLN else np.nan for c in code], n),
            "lln": np.repeat([LLN.get(c, np.nan) for c in code], n),
            "status": "final",
            "precision": "day",
        }
    )
    starts = pd.Series(FIRST + pd.to_timedelta(np.floor(begin), "D"), index=person)
    events = pd.DataFrame(
        {"patient_id": person, "kind": "systemic", "name": "FOLFOX", "start_date": starts.to_numpy(), "line": 1}
    )
    return Panel.of(labs, events), starts


def findings_of_stable(
    seed: int, patients: int, share: float, days: float, outliers: float
) -> tuple[float, dict[str, int], Counter[str]]:
    """Patient-years after the first weeks, people with a finding of each level in them, and these by rule."""
    rng = np.random.default_rng(seed)
    tests = ("ALT", "AST", "ALP", "GGT", "BILI", "ALB", "INR", "PLAT")
    sample = disturbed(rng, simulate(rng, patients, only=tests), share, days, outliers)
    panel, starts = panel_of_sample(sample, len(tests))
    found = analyse(panel).findings
    late = found["onset"] >= found["patient_id"].map(starts) + pd.Timedelta(days=SETTLED)
    late &= found["level"].isin(["urgent", "attention"])
    own = found[late].drop_duplicates(["patient_id", "rule", "onset"])
    begin = (starts - FIRST).dt.days.to_numpy(float)
    years = float((sample.day[:: len(tests), -1] - begin - SETTLED).sum() / 365.25)
    people = {
        "attention or urgent": own["patient_id"].nunique(),
        "urgent": own[own["level"] == "urgent"]["patient_id"].nunique(),
    }
    return years, people, Counter(f"{r} ({level})" for r, level in zip(own["rule"], own["level"], strict=True))


def section(patients: int = 300, seeds: tuple[int, ...] = (1, 2)) -> list[str]:
    """The table: share of patient-years by level and kind of noise, with intervals, and the rules behind it."""
    out = ["", "## Findings of stable people", "", ABOUT, ""]
    out += ["| noise | attention or urgent | urgent | rules behind it |", "|---|---|---|---|"]
    for name, share, days, outliers in (
        ("independent", 0.0, 14.0, 0.0),
        ("50% over 14 d", 0.5, 14.0, 0.0),
        ("50% over 14 d, 1 % outliers", 0.5, 14.0, 0.01),
    ):
        years, people, rules = 0.0, Counter[str](), Counter[str]()
        for seed in seeds:
            more, who, which = findings_of_stable(seed, patients, share, days, outliers)
            years, people, rules = years + more, people + Counter(who), rules + which
        cells = [rate_interval(people[level], years) for level in ("attention or urgent", "urgent")]
        told = ", ".join(f"{rule} {count}" for rule, count in rules.most_common(6))
        out.append(f"| {name} | {cells[0]} | {cells[1]} | {told or '–'} |")
    return out


if __name__ == "__main__":
    print("\n".join(section()))
