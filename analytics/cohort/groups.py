"""Groups of patients for colours and comparisons: by site, sex, primary, regimen of the first line, number of lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.arrays import Ints
from analytics.case import Case
from analytics.derive.events import events_of
from analytics.derive.lines import lines_of
from analytics.errors import QuestionError

MOST = 6
"""Groups shown by name; the smaller ones together are "other"."""


@dataclass(frozen=True)
class Groups:
    """``of`` is the group of each patient, shape (patients,), -1 for none; ``names`` in order of size."""

    of: Ints
    names: tuple[str, ...]


def groups_of(case: Case, by: str) -> Groups:
    """Group every patient.

    Raises:
        QuestionError: no such grouping.
    """
    if by == "none":
        return Groups(np.zeros(len(case.panel), dtype=np.int64), ("all patients",))
    people = case.panel.patients
    if by in ("primary_site", "sex", "site"):
        return _grouped(people[by].fillna(""))
    if by == "regimen":
        return _grouped(_regimens(case))
    if by == "line":
        lines = np.bincount(lines_of(case)["patient"].to_numpy(np.int64), minlength=len(people))
        return _grouped(pd.Series(lines).map(lambda n: f"{n} line" + ("" if n == 1 else "s") if n else ""))
    raise QuestionError(f"no grouping {by!r}", accepted=("none", "primary_site", "sex", "site", "regimen", "line"))


def _grouped(names: pd.Series) -> Groups:
    sizes = names[names != ""].value_counts()
    order = sorted(sizes.index, key=lambda name: (-sizes[name], name))
    shown = order if len(order) <= MOST else order[: MOST - 1]
    place = {name: i for i, name in enumerate(shown)} | {name: len(shown) for name in order[len(shown) :]}
    codes = names.map(place).fillna(-1).to_numpy(np.int64)
    return Groups(codes, tuple(shown) if len(shown) == len(order) else (*shown, "other"))


def _regimens(case: Case) -> pd.Series:
    """Regimen of the first line: the source's own name for it, else the agents that began it; empty for none."""
    at = events_of(case).of("systemic")
    events = case.panel.events.iloc[events_of(case).row[at]]
    named = events["detail"].fillna("").str.replace(r"\s+cycle\s+\d+$", "", regex=True)
    frame = pd.DataFrame(
        {
            "patient": events_of(case).patient[at],
            "start": events_of(case).start[at],
            "name": events["name"].fillna("").str.casefold().to_numpy(),
            "regimen": named.to_numpy(),
        }
    )
    first = frame.groupby("patient")["start"].transform("min")
    began = frame[frame["start"] <= first + 1]
    agents = began.drop_duplicates(["patient", "name"]).sort_values(["patient", "name"])
    several = agents.duplicated("patient", keep=False)
    joined = pd.concat(
        [agents[~several].set_index("patient")["name"], agents[several].groupby("patient")["name"].agg(" + ".join)]
    )
    given = began[began["regimen"] != ""].groupby("patient")["regimen"].first()
    return given.reindex(range(len(case.panel))).fillna(joined.reindex(range(len(case.panel)))).fillna("")
