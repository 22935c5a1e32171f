"""How old and how complete the data is: on every page, never a promise of real time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics.once import once
from dashboard.config import Config
from dashboard.wording import ABSENT, count_of, day_in_prose, is_absent, prose

if TYPE_CHECKING:
    from analytics.store import ReadStore


@dataclass(frozen=True)
class Status:
    """What the line under the header says."""

    data_up_to: str
    age: str
    held: int
    last_import: str
    stale: str = ""
    """Sentence of the grey banner; empty where the last import and the newest result are recent."""
    note: str = "Not real-time data"


def status_of(store: ReadStore, config: Config, *, moved: bool = False) -> Status:
    """The state of the data now.

    Args:
        store: as the reader may see it.
        config: from which age on the last import, and the newest result, are called old.
        moved: whether the dates are moved; then their distance from today would say nothing true.
    """
    now = pd.Timestamp.now("UTC").tz_localize(None)
    last = store.last_import()
    newest = _newest(store.worklist())
    return Status(
        data_up_to=newest if isinstance(newest, str) else day_in_prose(newest),
        age="" if moved or isinstance(newest, str) else _ago((now - newest).days),
        held=int(store.held_count()),
        last_import=ABSENT if is_absent(last) or moved else prose(f"{last:%Y-%m-%d %H:%M} UTC"),
        stale=_stale(last, now, config.stale_days, moved=moved)
        or ("" if moved or isinstance(newest, str) else _old(newest, now, config.old_data_days)),
        note="pseudonyms and shifted dates; still personal data (GDPR)" if moved else "Not real-time data",
    )


@once
def _newest(worklist: pd.DataFrame) -> pd.Timestamp | str:
    """Newest result of the patients whose times are calendar dates; in words where there is none."""
    if worklist.empty:
        return ABSENT
    last = worklist.loc[worklist["clock"] == "date", "last"].max()
    return "source days only" if is_absent(last) else pd.Timestamp(last)


def _ago(days: int) -> str:
    return f"{count_of(days, 'day')} ago" if days > 0 else ""


def _old(newest: pd.Timestamp, now: pd.Timestamp, days: int) -> str:
    """Of moved dates it is not told: their distance from today would tell the move of whoever is the newest."""
    age = (now - newest).days
    if age <= days:
        return ""
    limit = f"(limit {count_of(days, 'day')})"
    return f"The newest result is {count_of(age, 'day')} old {limit}. What is newer is not shown here."


def _stale(last: Any, now: pd.Timestamp, days: int, *, moved: bool) -> str:
    age = 0 if is_absent(last) else (now - pd.Timestamp(last)).days
    if age < days:
        return ""
    told = f"{count_of(days, 'day')} or more" if moved else count_of(age, "day")
    return f"Nothing has been imported for {told}. What is newer than the last import is not shown here."
