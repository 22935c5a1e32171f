"""The worklist: one row a patient in the order of the answers. Everything in it was computed before."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from analytics.analysis import Analysis
from analytics.answer_states import QUESTIONS
from analytics.answers.glance import STATE, at_a_glance, reviewed
from analytics.seen import quiet
from analytics.store.arrow import to_frame
from analytics.store.manifest import Manifest
from analytics.store.place import Place
from analytics.store.summary import SUMMARY
from analytics.store.trouble import whole_file
from analytics.tables import LEVELS, RELATIVE_ORIGIN

FIRST_COLUMNS = ("patient_id", "key", "sex", "age", "primary_site", "site", "clock", "n_results", "n_held", "first")
COLUMNS: tuple[str, ...] = (
    *FIRST_COLUMNS,
    "last",
    "worst",
    "n_open",
    "n_new",
    "n_unseen",
    "newest_onset",
    "newest_says",
    "headline",
    "rank",
    "answered",
    *(f"{STATE}{q}" for q in QUESTIONS),
    "reviewed",
)
"""Columns of the worklist before those of the summary (``last_ALT``, ``last_ALT_x_uln``, ...).

``worst`` is the worst level of an open finding, empty where there is none; ``n_new`` counts findings of the state new,
``n_unseen`` open ones that nobody marked as seen; ``newest_onset`` and ``newest_says`` are of the open finding that
began last. ``headline``, ``rank``, ``answered`` and the states are of analytics.answers.glance; ``reviewed`` says that
everything behind the leading answer was marked and has not worsened.
"""
_FEW_DOUBTFUL = 200
"""Up to so many patients with results in quarantine have their answers given anew for lists."""
_NOT_YET = 99
"""Rank of who has no answers yet."""
_YEAR_DAYS = 365.2425
_LONG_AGO = RELATIVE_ORIGIN - pd.Timedelta(days=36_500)


def read_summary(place: Place, manifest: Manifest) -> pd.DataFrame:
    """Table SUMMARY of a generation, sorted by patient_id."""
    names = [b.files["summary"] for b in manifest.buckets if "summary" in b.files]
    if not names:
        return SUMMARY.empty()
    data = pa.concat_tables([whole_file(place.snapshot / name) for name in names])
    return to_frame(data).sort_values("patient_id", ignore_index=True)


def worklist_of(
    summary: pd.DataFrame,
    keys: Mapping[str, str],
    held: Mapping[str, int],
    findings: pd.DataFrame,
    seen: pd.DataFrame,
    glances: pd.DataFrame,
) -> pd.DataFrame:
    """Columns of COLUMNS, then last values; by the rank of the leading answer, within one those not reviewed first,
    then the newest evidence, then the patient. Who has no answers yet comes last."""
    ids = summary["patient_id"]
    frame = summary.assign(
        key=ids.map(keys).astype("str"),
        age=_age(summary),
        n_held=ids.map(held).fillna(0).astype("int64"),
    )
    frame = frame.join(_states(findings, set(seen["finding_id"])), on="patient_id")
    for name in ("n_open", "n_new", "n_unseen"):
        frame[name] = frame[name].fillna(0).astype("int64")
    frame["worst"] = frame["worst"].fillna("").astype("str")
    frame = frame.merge(glances, on="patient_id", how="left", sort=False)
    rank = frame["rank"].fillna(_NOT_YET).astype("int64")
    is_quiet = quiet(findings, set(seen["finding_id"]))
    frame = frame.assign(
        rank=rank,
        reviewed=reviewed(frame, set(findings["finding_id"][is_quiet])),
        headline=frame["headline"].fillna(""),
    )
    newest = frame["answered"].fillna(_LONG_AGO).astype("int64")
    order = np.lexsort((frame["patient_id"].to_numpy(object), -newest, frame["reviewed"], rank))
    frame = frame.drop(columns="leading")
    rest = [c for c in frame.columns if c not in COLUMNS]
    return frame.iloc[order][[*COLUMNS, *rest]].reset_index(drop=True)


def with_held(
    glances: pd.DataFrame, held: Mapping[str, int], analysis: Callable[[list[str]], Analysis]
) -> pd.DataFrame:
    """Headlines in which patients with results in quarantine have their answers given anew: stored ones do not know it.

    Args:
        glances: as stored.
        held: open quarantined results by patient.
        analysis: of some patients.
    """
    doubtful = sorted(set(held) & set(glances["patient_id"]))
    if not 0 < len(doubtful) <= _FEW_DOUBTFUL:
        return glances
    fresh = analysis(doubtful)
    now = at_a_glance(fresh.answers, fresh.panel.patients, fresh.settings.answers)
    return pd.concat([glances[~glances["patient_id"].isin(doubtful)], now], ignore_index=True)


def _states(findings: pd.DataFrame, seen: set[str]) -> pd.DataFrame:
    """Per patient: worst open level, counts, newest open finding."""
    shown = findings[findings["state"] != "resolved"]
    rank = shown["level"].map(LEVELS)
    by = shown.assign(rank=rank, new=shown["state"] == "new", unseen=~quiet(shown, seen)).sort_values(
        "onset", kind="stable"
    )
    groups = by.groupby("patient_id")
    names = {rank: level for level, rank in LEVELS.items()}
    return pd.DataFrame(
        {
            "worst": groups["rank"].max().map(names),
            "n_open": groups.size(),
            "n_new": groups["new"].sum(),
            "n_unseen": groups["unseen"].sum(),
            "newest_onset": groups["onset"].last(),
            "newest_says": groups["says"].last(),
        }
    )


def _age(summary: pd.DataFrame) -> pd.Series:
    """Age at the last result in whole years from the date of birth, else the age that the source gave."""
    born = summary["birth_date"]
    at = (summary["last"] - born).dt.days // _YEAR_DAYS
    return summary["age"].where(born.isna() | at.isna(), at)
