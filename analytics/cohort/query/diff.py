"""What differs between a kept run and a new one: who entered, who left, whose past values changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics.analytes import INDEX
from analytics.cohort.query.run import Result
from analytics.errors import QuestionError
from analytics.panel import Panel


@dataclass(frozen=True)
class Change:
    """A result of the kept run that reads differently today: ``now`` is None where it is gone."""

    patient_id: str
    analyte: str
    at: str
    was: float
    now: float | None


@dataclass(frozen=True)
class Difference:
    """Of two runs of one definition."""

    entered: list[str]
    left: list[str]
    stayed: int
    changed: list[Change]
    same_question: bool
    old: Mapping[str, Any]
    new: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def diff(old: Mapping[str, Any], new: Result) -> Difference:
    """Compare a kept run (``Result.to_json()``) with a new one.

    Raises:
        QuestionError: the kept run is not one.
    """
    try:
        before, provenance = set(old["patients"]), old["provenance"]
        rows = old["rows"]
    except (KeyError, TypeError) as error:
        raise QuestionError("this is not a kept run of a cohort: it has no patients, rows and provenance") from error
    after = set(new.patient_ids)
    return Difference(
        entered=sorted(after - before),
        left=sorted(before - after),
        stayed=len(before & after),
        changed=_changes(rows, new.analysis.panel),
        same_question=provenance.get("definition") == new.definition.digest,
        old=provenance,
        new=new.provenance(),
    )


def _changes(rows: list[Mapping[str, Any]], panel: Panel) -> list[Change]:
    """Results named in the kept rows whose value today is another, or that are gone."""
    named = _named(pd.DataFrame(rows))
    if named.empty:
        return []
    labs = panel.select(sorted(set(panel.patient_ids) & set(named["patient_id"]))).labs
    same = pd.DataFrame(
        {
            "patient_id": labs["patient_id"],
            "analyte": labs["analyte"],
            "at": labs["collected_at"].dt.floor("min"),
            "now": labs["value"],
        }
    )
    both = named.merge(same, on=["patient_id", "analyte", "at"], how="left")
    both["equal"] = np.isclose(both["was"], both["now"], rtol=1e-9, atol=0)
    keys = ["patient_id", "analyte", "at", "was"]
    kept = both.groupby(keys, sort=False).agg(equal=("equal", "any"), now=("now", "first")).reset_index()
    kept = kept[~kept["equal"]].sort_values(["patient_id", "at"])
    return [
        Change(str(p), str(a), str(t), float(was), None if pd.isna(now) else float(now))
        for p, a, t, was, now in zip(
            kept["patient_id"], kept["analyte"], kept["at"], kept["was"], kept["now"], strict=True
        )
    ]


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """Every (patient, analyte, time, value) that the kept rows rest on, once each."""
    parts = []
    for name in rows.columns:
        if not name.startswith("analyte_"):
            continue
        i = name.removeprefix("analyte_")
        for value, at in ((f"value_{i}", f"at_{i}"), (f"before_{i}", f"before_at_{i}")):
            if value in rows and at in rows:
                part = rows[["patient_id", name, at, value]].set_axis(["patient_id", "analyte", "at", "was"], axis=1)
                parts.append(part.dropna())
    if not parts:
        return pd.DataFrame(columns=["patient_id", "analyte", "at", "was"])
    named = pd.concat(parts, ignore_index=True).drop_duplicates()
    named = named[named["analyte"].isin(INDEX)]
    times = pd.to_datetime(named["at"]).dt.tz_localize(None).astype("datetime64[us]").dt.floor("min")
    return named.assign(at=times, was=named["was"].astype(float))
