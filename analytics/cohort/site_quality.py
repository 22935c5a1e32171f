"""Data quality by site: what each site sends, what is missing in it, what was quarantined or changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.analytes import CODES
from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.cohort.monitoring_gaps import LIVER, limit_steps
from analytics.cohort.scattered import by_bucket, summed
from analytics.cohort.scattered import rows as each_row
from analytics.compare import compare
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
    codes, names = pd.factorize(site_names(case), sort=True)
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

    complete, gap = _panels(case, inside, codes, names)
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


def _panels(case: Case, inside: Bools, codes: Ints, names: pd.Index[str]) -> tuple[Floats, Floats]:
    """Per site: share of result days with the whole liver panel, and the median gap between such days."""
    n, counted, gaps = len(names), _counted(case), _gaps(case, members=inside)

    def of_site(name: str) -> Ints:
        each = np.where(inside, counted[name].to_numpy(), 0)
        return np.bincount(codes, weights=each, minlength=n)

    with np.errstate(divide="ignore", invalid="ignore"):
        share = 100 * of_site("complete_days") / of_site("liver_days")
    median, at = np.full(n, np.nan), names.get_indexer(pd.Index(gaps["site"]))
    for site in np.unique(at):
        mine = at == site
        median[site] = _median(gaps["gap"].to_numpy()[mine], gaps["times"].to_numpy()[mine])
    return share, median


def _median(values: Ints, times: Ints) -> float:
    """Median of whole numbers, each of which is there so many times."""
    order = np.argsort(values)
    values, until = values[order], np.cumsum(times[order])
    middle = np.array([(until[-1] - 1) // 2, until[-1] // 2])
    return float(values[np.searchsorted(until, middle, side="right")].mean())


@by_bucket(each_row, lambda asked: ())
def _counted(case: Case) -> pd.DataFrame:
    """One row a patient: the columns of :func:`counts_of`, and corrected."""
    return pd.DataFrame({"patient": np.arange(len(case.panel)), **counts_of(case), "corrected": corrected_of(case)})


@by_bucket(summed("site", "gap"), lambda asked: ())
def _gaps(case: Case, members: Bools) -> pd.DataFrame:
    """How many times there are so many days between a day with a liver test and the patient's next, of each site."""
    found = gaps_of(case)
    codes, names = pd.factorize(site_names(case), sort=True)
    here = members[found.patient]
    span = int(found.days.max(initial=0)) + 1
    times = np.bincount(codes[found.patient[here]] * span + found.days[here], minlength=span * len(names))
    at = np.flatnonzero(times)
    return pd.DataFrame({"site": names[at // span].to_numpy(), "gap": at % span, "times": times[at]})


def site_names(case: Case) -> pd.Series[str]:
    """The site of each patient, shape (patients,)."""
    return case.panel.patients["site"].fillna("").replace("", UNNAMED)


COUNTED = ("results", "without_uln", "below_limit", "jumps", "limit_changes", "liver_days", "complete_days")
"""What :func:`counts_of` counts."""


@once
def counts_of(case: Case) -> dict[str, Ints]:
    """Of each patient how many results, without an upper limit, below or above a limit of detection, that are jumps,
    changes of an upper limit, days with a liver test, and days with all of LIVER; each of shape (patients,)."""
    points, n, days = points_of(case), len(case.panel), _liver_days(case)
    of = {
        "results": points.patient,
        "without_uln": points.patient[~np.isfinite(points.uln)],
        "below_limit": points.patient[points.comparator != 0],
        "jumps": points.patient[_jumps(case, np.ones(n, dtype=bool))],
        "limit_changes": points.patient[limit_steps(case)[1]],
        "liver_days": days.patient,
        "complete_days": days.patient[days.tests == len(LIVER)],
    }
    return {name: np.bincount(patient, minlength=n) for name, patient in of.items()}


@dataclass(frozen=True)
class Gaps:
    """Whole days between a day with a liver test and the next of the same patient, shape (k,)."""

    patient: Ints
    days: Ints


@once
def gaps_of(case: Case) -> Gaps:
    """Gaps between days with any of LIVER, patient after patient."""
    found = _liver_days(case)
    same = np.flatnonzero(found.patient[1:] == found.patient[:-1])
    return Gaps(found.patient[same].astype(np.int32), (found.day[same + 1] - found.day[same]).astype(np.int32))


@once
def corrected_of(case: Case) -> Ints:
    """How many results of each patient replaced an earlier value, shape (patients,)."""
    found = case.panel.codes_of(case.panel.lab_rows(case.panel.filled("replaced"), ["patient_id"])["patient_id"])
    return np.bincount(found[found >= 0], minlength=len(case.panel))


@dataclass(frozen=True)
class _LiverDays:
    """Every day with a liver test, sorted by patient and day, and how many of LIVER were measured on it."""

    patient: Ints
    day: Ints
    tests: Ints


def _liver_days(case: Case) -> _LiverDays:
    points, found = points_of(case), []
    for code in LIVER:
        at = points.of(code)
        patient, day = points.patient[at], np.floor(points.day[at]).astype(np.int64)
        fresh = np.append(True, (patient[1:] != patient[:-1]) | (day[1:] != day[:-1]))[: len(day)]
        found.append((patient[fresh], day[fresh]))  # a test counts once a day
    base = min((int(day.min()) for _, day in found if len(day)), default=0)
    span = max((int(day.max()) for _, day in found if len(day)), default=0) - base + 1
    # one whole number a patient and day; each test is sorted already: runs are merged
    keys = np.concatenate([patient * np.int64(span) + (day - base) for patient, day in found])
    keys.sort(kind="stable")
    first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
    tests = np.diff(np.append(first, len(keys)))
    return _LiverDays(keys[first] // span, keys[first] % span + base, tests)


def _jumps(case: Case, inside: Bools) -> np.ndarray:
    """Second results of pairs within three days that differ by more than JUMP."""
    points = points_of(case)
    near = compare(np.diff(points.day), "<=", _JUMP_DAYS)
    near[points.starts[1:-1] - 1] = False  # the next result is of another series
    at = np.flatnonzero(near) + 1
    at = at[inside[points.patient[at]]]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = points.value[at] / points.value[at - 1]
    return at[compare(ratio, ">", JUMP) | compare(ratio, "<", 1 / JUMP)]


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
