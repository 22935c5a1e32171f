"""Time of the whole rule set: 10,000 patients x 8 analytes x 25 results, and one patient.

The baseline is what a plain script does: one patient at a time with a pandas group-by, Hy's law only. It is timed on
a part of the patients and scaled, beside the product in the same run.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import pandas as pd

from analytics.case import Case
from analytics.derive.baseline import baselines_of
from analytics.derive.events import events_of
from analytics.derive.lines import lines_of
from analytics.derive.points import points_of
from analytics.derive.visits import visits_of
from analytics.grades.ctcae import grades_of
from analytics.panel import Panel
from analytics.rules import findings_frame, near_frame, rules
from analytics.rules._discover import assessment_of
from analytics.settings import Settings
from analytics.synthetic.many import make

BUDGET_MANY = 10.0
BUDGET_ONE_MS = 15.0


def ready(panel: Panel) -> Case:
    """A case with what grades, trends and rules share already computed."""
    case = Case(panel, Settings())
    _ = (
        points_of(case),
        events_of(case),
        lines_of(case),
        baselines_of(case),
        visits_of(case),
        grades_of(case, "5.0"),
        grades_of(case, "6.0"),
    )
    return case


def plain_hys_law(panel: Panel, patients: int) -> int:
    """One patient at a time."""
    labs = panel.labs[panel.labs["patient_id"].isin(panel.patient_ids[:patients])]
    found = 0
    for _, own in labs.groupby("patient_id"):
        x = own["value"] / own["uln"]
        rises = own[own["analyte"].isin(["ALT", "AST"]) & (x >= 3)].sort_values("collected_at")
        jaundice = own[(own["analyte"] == "BILI") & (x > 2)].sort_values("collected_at")
        if len(rises) and len(jaundice):
            pairs = pd.merge_asof(
                rises, jaundice, on="collected_at", direction="forward", tolerance=pd.Timedelta(days=28)
            )
            found += int(pairs["value_y"].notna().any())
    return found


def seconds(work: Callable[[], object], times: int) -> float:
    """Median wall time."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def run(patients: int = 10_000, times: int = 5) -> dict[str, float]:
    """Numbers by name; seconds unless the name says otherwise."""
    panel, _ = make(patients)
    many = {"all rules, findings": 0.0, "all rules, findings and nearest misses": 0.0}
    taken: list[tuple[float, float]] = []
    for _ in range(times):
        case = ready(panel)
        begun = time.perf_counter()
        findings_frame(case)
        middle = time.perf_counter()
        near_frame(case)
        taken.append((middle - begun, time.perf_counter() - begun))
    many["all rules, findings"] = statistics.median(a for a, _ in taken)
    many["all rules, findings and nearest misses"] = statistics.median(b for _, b in taken)
    one = panel.select([panel.patient_ids[1]])
    share = min(patients, 400)
    plain = seconds(lambda: plain_hys_law(panel, share), 1) * patients / share
    product = seconds(lambda: rules()["hys_law"].assess(ready(panel)), 1)
    return {
        **many,
        "one patient, all rules, findings, ms": 1000 * seconds(lambda: findings_frame(ready(one)), 25),
        "one patient, rules alone, ms": 1000 * statistics.median(_rules_alone(one) for _ in range(25)),
        "hys_law alone, from the panel": product,
        f"hys_law by group-by, scaled from {share} patients": plain,
        "ratio": plain / product,
    }


def _rules_alone(panel: Panel) -> float:
    case = ready(panel)
    begun = time.perf_counter()
    findings_frame(case)
    return time.perf_counter() - begun


def by_rule(patients: int = 10_000) -> None:
    """Seconds of each rule, slowest first."""
    case = ready(make(patients)[0])
    taken = {}
    for code in rules():
        begun = time.perf_counter()
        assessment_of(case, code)
        taken[code] = time.perf_counter() - begun
    for code, took in sorted(taken.items(), key=lambda item: -item[1]):
        sys.stdout.write(f"{code:28} {took:7.3f}\n")


if __name__ == "__main__":
    for name, value in run(times=5 if len(sys.argv) < 2 else int(sys.argv[1])).items():
        sys.stdout.write(f"{name:55} {value:10.3f}\n")
    by_rule()
