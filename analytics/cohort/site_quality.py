"""Data quality by site: what each site sends, what is missing in it, what was quarantined or changed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.analytes import CODES
from analytics.arrays import Bools, Ints
from analytics.case import Case
from analytics.cohort.monitoring_gaps import LIVER, limit_steps
from analytics.cohort.scattered import by_bucket
from analytics.cohort.scattered import rows as each_row
from analytics.derive.points import points_of
from analytics.once import once

JUMP = 10.0
"""Between two results of one patient within three days: more than this factor up or down is counted as a jump, which
is how a slip of units looks (house; 17.1 for bilirubin, 60 for enzymes)."""
_JUMP_DAYS = 3.0
UNNAMED = "site not named"


def board(case: Case, members: Bools | None = None) -> pd.DataFrame:
    """One row a site: patients, results, shares in percent, counts of what to look at; the largest site first.

    Columns: site, patients, results, without_uln_pct, complete_panel_pct (days with ALT, AST, ALP and bilirubin),
    below_limit_pct (``<`` or ``>``), corrected, held, jumps, limit_changes, median_gap_days.
    """
    people, counted = case.panel.patients, _counted(case)
    site = people["site"].fillna("").replace("", UNNAMED)
    codes, names = pd.factorize(site, sort=True)
    inside = np.ones(len(people), dtype=bool) if members is None else members
    n = len(names)

    def of_site(name: str) -> Ints:
        """How many of these each site has, shape (n,)."""
        each = np.where(inside, counted[name].to_numpy(), 0)
        total: Ints = np.bincount(codes, weights=each, minlength=n).astype(np.int64)
        return total

    results = of_site("results")

    def share(name: str) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return 100 * of_site(name) / results

    def per_site(patient_ids: pd.Series) -> np.ndarray:
        found = case.panel.codes_of(patient_ids)
        found = found[found >= 0]
        return np.bincount(codes[found[inside[found]]], minlength=n)

    complete, gap = _panels(case, inside, codes, n)
    frame = pd.DataFrame(
        {
            "site": names,
            "patients": np.bincount(codes[inside], minlength=n),
            "results": results,
            "without_uln_pct": share("without_uln"),
            "complete_panel_pct": complete,
            "below_limit_pct": share("below_limit"),
            "corrected": of_site("corrected"),
            "held": per_site(case.panel.held["patient_id"].dropna()),
            "jumps": of_site("jumps"),
            "limit_changes": of_site("limit_changes"),
            "median_gap_days": gap,
        }
    )
    kept = frame[frame["patients"] > 0]
    return kept.sort_values(["patients", "site"], ascending=[False, True], ignore_index=True)


def _panels(case: Case, inside: Bools, codes: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Per site: share of result days with the whole liver panel, and the median gap between such days."""
    found = _liver_days(case, members=inside)
    patient, day, tests = (found[name].to_numpy() for name in ("patient", "day", "tests"))
    site = codes[patient]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 100 * np.bincount(site[tests == len(LIVER)], minlength=n) / np.bincount(site, minlength=n)
    same = np.flatnonzero(patient[1:] == patient[:-1])
    gap = pd.Series(day[same + 1] - day[same])
    median = gap.groupby(site[same + 1]).median().reindex(range(n)).to_numpy(np.float64)
    return share, median


@by_bucket(each_row, lambda asked: CODES)
def _counted(case: Case) -> pd.DataFrame:
    """Of each patient how many results, without an upper limit, below or above a limit of detection, corrected, that
    are jumps, and changes of an upper limit."""
    points, n = points_of(case), len(case.panel)
    of = {
        "results": points.patient,
        "without_uln": points.patient[~np.isfinite(points.uln)],
        "below_limit": points.patient[points.comparator != 0],
        "jumps": points.patient[_jumps(case, np.ones(n, dtype=bool))],
        "limit_changes": points.patient[limit_steps(case)[1]],
    }
    counts = {name: np.bincount(patient, minlength=n) for name, patient in of.items()}
    return pd.DataFrame({"patient": np.arange(n), **counts, "corrected": corrected_of(case)})


@once
def corrected_of(case: Case) -> Ints:
    """How many results of each patient replaced an earlier value, shape (patients,)."""
    found = case.panel.codes_of(case.panel.lab_rows(case.panel.filled("replaced"), ["patient_id"])["patient_id"])
    return np.bincount(found[found >= 0], minlength=len(case.panel))


@by_bucket(each_row, lambda asked: LIVER)
def _liver_days(case: Case, members: Bools) -> pd.DataFrame:
    """Patient and day of every day with a liver test, sorted, and how many of LIVER were measured on it."""
    inside = members
    points, found = points_of(case), []
    for code in LIVER:
        at = points.of(code)
        patient, day = points.patient[at], np.floor(points.day[at]).astype(np.int64)
        here = inside[patient]
        patient, day = (patient, day) if here.all() else (patient[here], day[here])
        fresh = np.append(True, (patient[1:] != patient[:-1]) | (day[1:] != day[:-1]))[: len(day)]
        found.append((patient[fresh], day[fresh]))  # a test counts once a day
    base = min((int(day.min()) for _, day in found if len(day)), default=0)
    span = max((int(day.max()) for _, day in found if len(day)), default=0) - base + 1
    # one whole number a patient and day: sorting numbers alone is many times faster than sorting places by them
    keys = np.sort(np.concatenate([patient * span + (day - base) for patient, day in found]))
    first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
    tests = np.diff(np.append(first, len(keys)))
    day = (keys[first] % span + base).astype(np.float64)
    return pd.DataFrame({"patient": keys[first] // span, "day": day, "tests": tests})


def _jumps(case: Case, inside: Bools) -> np.ndarray:
    """Second results of pairs within three days that differ by more than JUMP."""
    points = points_of(case)
    near = np.diff(points.day) <= _JUMP_DAYS
    near[points.starts[1:-1] - 1] = False  # the next result is of another series
    at = np.flatnonzero(near) + 1
    at = at[inside[points.patient[at]]]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = points.value[at] / points.value[at - 1]
    return at[(ratio > JUMP) | (ratio < 1 / JUMP)]


def jump_rows(case: Case, members: Bools | None = None) -> pd.DataFrame:
    """The jumps themselves: patient_id, analyte, before, after, days between, file and line of the second."""
    points = points_of(case)
    at = _jumps(case, np.ones(len(case.panel), dtype=bool) if members is None else members)
    rows = case.panel.lab_rows(points.row[at], ["patient_id", "source_file", "source_line"])
    return pd.DataFrame(
        {
            "patient_id": rows["patient_id"].to_numpy(),
            "analyte": np.array(CODES)[points.analyte[at]],
            "before": points.value[at - 1],
            "after": points.value[at],
            "days": np.floor(points.day[at]) - np.floor(points.day[at - 1]),
            "file": rows["source_file"].to_numpy(),
            "line": rows["source_line"].to_numpy(),
        }
    )
