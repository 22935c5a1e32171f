"""The worklist: one row a patient in the order of the answers. Everything in it was computed before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from analytics.answer_states import QUESTIONS
from analytics.answers.glance import STATE, reviewed
from analytics.people import ages_at
from analytics.reviews import quiet
from analytics.store.database.arrow import to_frame
from analytics.store.database.database_errors import whole_file
from analytics.store.database.location import Place
from analytics.store.snapshot.manifest import Manifest
from analytics.store.snapshot.summary import LAST_OF, SUMMARY
from analytics.tables import CLOSED_STATES, LEVELS, RELATIVE_ORIGIN
from analytics.unit_doubts import UNIT_REASONS, newest_doubts

COLUMNS: tuple[str, ...] = (
    "patient_id",
    "key",
    "sex",
    "age",
    "primary_site",
    "site",
    "clock",
    "n_results",
    "n_held",
    "first",
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
"""Columns of the worklist before those of the summary (``last_ALT``, ``last_ALT_x_uln``, ...), and
``doubt_ALT``, ...: the newest result as written where its unit is in doubt, else empty.

``worst`` is the worst level of an open finding, empty where there is none; ``n_new`` counts findings of the state new,
``n_unseen`` open ones that no one marked as seen; ``newest_onset`` is of the open finding that began last,
``newest_says`` of the newest one of the level ``worst``. ``headline``, ``rank``, ``answered`` and the states are of
analytics.answers.glance; ``reviewed`` says that
everything behind the leading answer was marked and has not worsened.
"""
_NOT_YET = 99
"""Rank of who has no answers yet."""
_LONG_AGO = RELATIVE_ORIGIN - pd.Timedelta(days=36_500)


def read_summary(
    place: Place, manifest: Manifest, numbers: Sequence[int] | None = None, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Table SUMMARY of these buckets of a generation (of all where None), sorted by patient_id; all columns, or these,
    of which one is patient_id."""
    buckets = manifest.buckets if numbers is None else [manifest.buckets[i] for i in numbers]
    names = [b.files["summary"] for b in buckets if "summary" in b.files]
    if not names:
        return SUMMARY.empty()
    read = None if columns is None else list(columns)
    data = pa.concat_tables([whole_file(place.snapshot / name, columns=read) for name in names])
    return to_frame(data).sort_values("patient_id", ignore_index=True)


def with_doubts(summary: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """Table SUMMARY with ``doubt_ALT``, ...: a result in doubt of its unit that is not older than the last one shown.

    Args:
        summary: table SUMMARY.
        held: open rows of table QUARANTINE that name a patient.
    """
    named = held[held["reason_code"].isin(UNIT_REASONS)]
    mine = summary[summary["patient_id"].isin(named["patient_id"])]
    last = {
        (str(patient), code): at
        for code in LAST_OF
        for patient, at in zip(mine["patient_id"], mine[f"last_{code}_at"], strict=True)
        if not pd.isna(at)
    }
    found = newest_doubts(named, last)
    columns = {}
    for code in LAST_OF:
        says = {patient: str(row["value"]) for (patient, what), row in found.items() if what == code}
        columns[f"doubt_{code}"] = pd.Series("", summary.index, dtype="str")
        if says:
            columns[f"doubt_{code}"] = pd.Series(
                [says.get(p, "") for p in summary["patient_id"]], summary.index, dtype="str"
            )
    return summary.assign(**columns)


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


def _states(findings: pd.DataFrame, seen: set[str]) -> pd.DataFrame:
    """Per patient: worst open level, counts, newest open finding."""
    shown = findings[~findings["state"].isin(CLOSED_STATES)]
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
            "newest_says": by.sort_values(["rank", "onset"], kind="stable").groupby("patient_id")["says"].last(),
        }
    )


def _age(summary: pd.DataFrame) -> pd.Series:
    """Age at the last result in whole years from the date of birth, else the age that the source gave."""
    born = summary["birth_date"]
    at = ages_at(born, summary["last"])
    return summary["age"].where(at.isna(), at)
