"""How old and how complete the data is: on every page, never a promise of real time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics.panel import show_time
from dashboard.components.values import ABSENT, count_of, is_absent
from dashboard.config import Config

if TYPE_CHECKING:
    from analytics.store import Store


@dataclass(frozen=True)
class Status:
    """What the line under the header says."""

    data_up_to: str
    held: int
    last_import: str
    stale: str = ""
    """Sentence of the grey banner; empty where the last import is recent."""


def status_of(store: Store, config: Config) -> Status:
    """The state of the data now."""
    imports = store.imports()
    last = imports["imported_utc"].max() if len(imports) else None
    return Status(
        data_up_to=data_up_to(store.worklist()),
        held=int(store.held_count()),
        last_import=ABSENT if is_absent(last) else pd.Timestamp(last).strftime("%Y-%m-%d %H:%M UTC"),
        stale=_stale(last, config.stale_days),
    )


def data_up_to(worklist: pd.DataFrame) -> str:
    """Newest result of the patients whose times are calendar dates."""
    if worklist.empty:
        return ABSENT
    dated = worklist[worklist["clock"] == "date"]
    return show_time(dated["last"].max()) if len(dated) else "source days only"


def _stale(last: Any, days: int) -> str:
    if is_absent(last):
        return ""
    age = (pd.Timestamp.now("UTC").tz_localize(None) - pd.Timestamp(last)).days
    if age < days:
        return ""
    return (
        f"Nothing has been imported for {count_of(age, 'day')}. What is newer than the last import is not shown here."
    )
