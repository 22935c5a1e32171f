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
    is_old: bool = False
    """Whether the newest result is older than a limit, which ``age`` then names."""
    stale: str = ""
    """Sentence of the grey banner; empty where the last import is recent."""
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
    days = 0 if moved or isinstance(newest, str) else (now - newest).days
    return Status(
        data_up_to=newest if isinstance(newest, str) else day_in_prose(newest),
        age=_ago(days, config.old_data_days),
        is_old=days > config.old_data_days,
        held=int(store.held_count()),
        last_import=ABSENT if is_absent(last) or moved else prose(f"{last:%Y-%m-%d %H:%M} UTC"),
        stale=_stale(last, now, config.stale_days, moved=moved),
        note="pseudonyms and shifted dates; still personal data (GDPR)" if moved else "Not real-time data",
    )


@once
def _newest(worklist: pd.DataFrame) -> pd.Timestamp | str:
    """Newest result of the patients whose times are calendar dates; in words where there is none."""
    if worklist.empty:
        return ABSENT
    last = worklist.loc[worklist["clock"] == "date", "last"].max()
    return "source days only" if is_absent(last) else pd.Timestamp(last)


def _ago(days: int, limit: int) -> str:
    """Nothing of moved dates: their distance from today would tell the move of whoever is the newest."""
    if days <= 0:
        return ""
    return f"{count_of(days, 'day')} ago" + (f", limit {count_of(limit, 'day')}" if days > limit else "")


def _stale(last: Any, now: pd.Timestamp, days: int, *, moved: bool) -> str:
    age = 0 if is_absent(last) else (now - pd.Timestamp(last)).days
    if age < days:
        return ""
    told = f"{count_of(days, 'day')} or more" if moved else count_of(age, "day")
    return f"Nothing has been imported for {told}. What is newer than the last import is not shown here."
