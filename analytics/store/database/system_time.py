"""Whether the clock of this machine stands before what the store has already seen."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from analytics.store.database import engines
from analytics.store.database.clock import utc_now
from analytics.store.database.location import Place
from analytics.store.tables.generations import GENERATIONS
from analytics.store.tables.schedules import RUNS

TOLERATED = pd.Timedelta(minutes=5)
"""Two machines of one store, or one that is set right by a time server, may differ by this much (house)."""


def set_back(place: Place, now: pd.Timestamp | None = None) -> str:
    """By how much the clock stands before the last import or report, in one sentence; empty where it does not.

    Args:
        place: the store.
        now: UTC time; another one in tests.
    """
    now = now or utc_now()
    last: dict[str, int] = {}
    asked = [("change of the data", engines.truth(place), GENERATIONS.c.created_utc)]
    if place.has_working_state:  # to look makes none
        asked.append(("run of a schedule", engines.working_state(place), RUNS.c.started_utc))
    for name, engine, column in asked:
        with engine.connect() as connection:
            newest = connection.scalar(sa.select(sa.func.max(column)))
        if newest is not None:
            last[name] = int(newest)
    if not last:
        return ""
    what = max(last, key=lambda name: last[name])
    then = pd.Timestamp(last[what], unit="us")
    if then - now <= TOLERATED:
        return ""
    minutes = int((then - now) // pd.Timedelta(minutes=1))
    return (
        f"the clock of this machine says {now:%Y-%m-%d %H:%M} UTC, {minutes:,} minutes before the last {what} "
        f"({then:%Y-%m-%d %H:%M} UTC); it went back, or it was ahead then"
    )
