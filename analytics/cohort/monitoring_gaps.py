"""What was to be measured and was not: missing tests, overdue panels, and limits that changed on the way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.analytes import CODES, PANEL
from analytics.arrays import Bools, Ints, among
from analytics.case import Case
from analytics.cohort.query.answer_rows import times_of
from analytics.cohort.scattered import by_bucket, rows, rows_by, summed
from analytics.derive.contact import last_contacts
from analytics.derive.events import events_of
from analytics.derive.lines import index_days_of
from analytics.derive.points import points_of
from analytics.event_kinds import KIND_INDEX

LIVER = ("ALT", "AST", "ALP", "BILI")


@by_bucket(rows_by(("days", "patient_id"), (False, True)), lambda asked: LIVER)
def overdue(case: Case, members: Bools | None = None) -> pd.DataFrame:
    """Patients on systemic treatment at their last contact without a liver panel for longer than follow.overdue_days.

    Returns:
        Longest first: patient_id, last (time), days, agents; nobody whose clock is not of calendar dates.
    """
    limits = case.settings.follow
    today = np.floor(np.nan_to_num(last_contacts(case), nan=case.as_of))
    last = last_day(case, LIVER)
    dated = (case.panel.patients["clock"] == "date").to_numpy(bool)
    days = today - np.floor(last)
    events = events_of(case)
    going = np.flatnonzero(
        (events.kind == KIND_INDEX["systemic"])
        & (events.start < today[events.patient] + 1)
        & (np.floor(events.end) >= today[events.patient])
    )
    treated = np.zeros(len(case.panel), dtype=bool)
    treated[events.patient[going]] = True
    listed = treated & dated & (days > limits.overdue_days) & (days <= limits.lost_days)
    if members is not None:
        listed &= members
    going = going[listed[events.patient[going]]]
    names = case.panel.events["name"].iloc[events.row[going]].fillna("").to_numpy()
    agents = pd.Series(names).groupby(events.patient[going]).agg(lambda n: ", ".join(sorted(set(n))))
    who = np.flatnonzero(listed)
    frame = pd.DataFrame(
        {
            "patient_id": case.panel.patient_ids.to_numpy()[who],
            "last": times_of(last[who]),
            "days": days[who].astype(np.int64),
            "agents": agents.reindex(who).to_numpy(),
        }
    )
    return frame.sort_values(["days", "patient_id"], ascending=[False, True], ignore_index=True)


def last_day(case: Case, codes: Sequence[str]) -> np.ndarray:
    """Day of the last result of any of these analytes, shape (patients,); NaN for none."""
    points = points_of(case)
    ends = points.starts[1:] - 1  # the last of each series
    at = ends[among(CODES, tuple(codes))[points.analyte[ends]]]
    last = np.full(len(case.panel), np.nan)
    np.fmax.at(last, points.patient[at], points.day[at])
    return last


@by_bucket(summed("analyte"), lambda asked: asked["codes"])
def missing(case: Case, codes: Sequence[str] = PANEL, members: Bools | None = None) -> pd.DataFrame:
    """One row an analyte: n patients with any result, n without, n without since the first treatment."""
    within = np.ones(len(case.panel), dtype=bool) if members is None else members
    rows = []
    for code in codes:
        last = last_day(case, (code,))
        ever, since = ~np.isnan(last), last >= index_days_of(case)
        rows.append(
            {
                "analyte": code,
                "patients": int(within.sum()),
                "with_result": int((ever & within).sum()),
                "never": int((~ever & within).sum()),
                "not_since_start": int((~since & within).sum()),
            }
        )
    return pd.DataFrame(rows)


def limit_steps(case: Case, codes: Sequence[str] = CODES, members: Bools | None = None) -> tuple[Ints, Ints]:
    """Positions of the results before and after every change of the upper limit of a patient and analyte."""
    points = points_of(case)
    uln = points.uln  # of a stored cohort an array is made at each asking
    use = among(CODES, tuple(codes))[points.analyte] & np.isfinite(uln)
    if members is not None and not members.all():
        use &= members[points.patient]
    if use.all():  # as where every result has its limit: nothing to leave out
        old = np.flatnonzero(uln[1:] != uln[:-1])
        new = old + 1
    else:
        at = np.flatnonzero(use)
        limit = uln[at]
        change = np.flatnonzero(limit[1:] != limit[:-1])
        old, new = at[change], at[change + 1]
    same = (points.patient[old] == points.patient[new]) & (points.analyte[old] == points.analyte[new])
    real = same & ~np.isclose(uln[new], uln[old], rtol=1e-6)
    return old[real], new[real]


@by_bucket(rows, lambda asked: asked["codes"])
def limit_changes(case: Case, codes: Sequence[str] = CODES, members: Bools | None = None) -> pd.DataFrame:
    """Every change of the upper limit between two results of a patient and analyte.

    Returns:
        patient_id, analyte, at (first result with the new limit), uln_before, uln_after, lab_before, lab_after,
        x_uln (of that result, by its own limit), x_uln_old (by the limit before).
    """
    points = points_of(case)
    old, new = limit_steps(case, codes, members)
    uln = points.uln
    labs = {name: case.panel.lab_rows(points.row[at], ["lab"])["lab"] for name, at in (("old", old), ("new", new))}
    return pd.DataFrame(
        {
            "patient_id": case.panel.patient_ids.to_numpy()[points.patient[new]],
            "analyte": np.array(CODES)[points.analyte[new]],
            "at": times_of(points.day[new]),
            "uln_before": uln[old],
            "uln_after": uln[new],
            "lab_before": labs["old"].to_numpy(),
            "lab_after": labs["new"].to_numpy(),
            "x_uln": points.x_uln[new],
            "x_uln_old": points.value[new] / uln[old],
        }
    )
