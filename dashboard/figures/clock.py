"""Where a moment lies on the horizontal axis: calendar dates, the source's own days or minutes, days since an event."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.analysis import Analysis
from analytics.once import once
from analytics.panel import in_prose, show_time
from analytics.tables import RELATIVE_ORIGIN
from dashboard.figures.choice import Choice
from dashboard.figures.words import plain

Times = npt.NDArray[np.datetime64]

_DAY = 86_400_000_000
_MINUTE = 60_000_000
_LONG_GAP_DAYS = 150
_KEEP_DAYS = 21


@dataclass(frozen=True)
class Clock:
    """One patient's horizontal axis.

    Attributes:
        kind: a key of analytics.tables.CLOCKS.
        since: moment from which days are counted; None for the patient's own clock.
        since_name: what happened then.
    """

    kind: str
    since: pd.Timestamp | None = None
    since_name: str = ""

    @cached_property
    def is_dates(self) -> bool:
        """True where the axis carries calendar dates."""
        return self.kind == "date" and self.since is None

    @property
    def title(self) -> str:
        """Name of the axis with its unit."""
        if self.since is not None:
            return f"Days since {plain(self.since_name) or 'the event'} ({in_prose(show_time(self.since, self.kind))})"
        return {
            "date": "Date of collection",
            "study_day": "Study day (source's own day 0)",
            "minutes": "Minutes since the source's own minute 0",
        }[self.kind]

    def at(self, when: Times) -> list[Any]:
        """Coordinates: ISO text on calendar dates, else numbers. A missing time has none."""
        when = when.astype("datetime64[us]")
        if self.is_dates:
            whole = when.astype("datetime64[D]")
            if bool(np.all((whole == when) | np.isnat(when))) or _days_suffice(whole):
                return [None if w == "NaT" else w for w in np.datetime_as_string(whole).tolist()]
            minutes = np.datetime_as_string(when.astype("datetime64[m]")).tolist()
            return [None if w == "NaT" else w.replace("T", " ") for w in minutes]
        origin = np.datetime64(RELATIVE_ORIGIN if self.since is None else self.since, "us")
        unit = _MINUTE if self.kind == "minutes" and self.since is None else _DAY
        steps = (when - origin).astype("int64") / unit
        return [
            None if missing else round(step, 2)
            for step, missing in zip(steps.tolist(), np.isnat(when).tolist(), strict=True)
        ]

    def one(self, when: pd.Timestamp | None) -> Any:
        """Coordinate of one moment, None where there is none."""
        return None if when is None or pd.isna(when) else self.at(np.array([when], dtype="datetime64[us]"))[0]

    def span(self, start: Times, end: Times) -> list[float]:
        """Lengths of intervals in what the axis counts: milliseconds on dates, else days or minutes."""
        micro = (end - start).astype("timedelta64[us]").astype("int64")
        unit = 1000 if self.is_dates else _MINUTE if self.kind == "minutes" and self.since is None else _DAY
        return [round(m / unit, 2) for m in micro.tolist()]

    def shown(self, when: Times, precision: npt.NDArray[np.object_] | None = None) -> list[str]:
        """The same times as people read them: analytics.panel.show_time with its dates in prose, for many at once."""
        if self.kind == "date" and (precision is None or not set(precision.tolist()) - {"day"}):
            return [_day_words(d) for d in np.datetime_as_string(when.astype("datetime64[D]")).tolist()]
        exact = ["day"] * len(when) if precision is None else ["day" if p != p else str(p) for p in precision]
        return [in_prose(show_time(pd.Timestamp(w), self.kind, p)) for w, p in zip(when, exact, strict=True)]

    @property
    def hover(self) -> str:
        """How plotly writes a coordinate in a hover text."""
        if self.is_dates:
            return "%{x|%-d %b %Y}"
        return "minute %{x}" if self.kind == "minutes" and self.since is None else "day %{x}"


@lru_cache(maxsize=10_000)
def _day_words(day: str) -> str:
    """An ISO day in prose; the days of a patient come again in every panel."""
    return "–" if day == "NaT" else in_prose(day)


def _days_suffice(days: Times) -> bool:
    """True where the time of day adds nothing to see: one moment a day over more than a month."""
    return (
        len(days) > 1
        and bool(np.all(np.diff(days) > np.timedelta64(0, "D")))
        and days[-1] - days[0] > np.timedelta64(31, "D")
    )


def clock_of(analysis: Analysis, choice: Choice) -> Clock:
    """The axis of this patient under this choice."""
    kind = str(analysis.panel.patients["clock"].iloc[0])
    return Clock(kind, choice.since, choice.since_name)


@once
def bounds(analysis: Analysis) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last moment of anything known of this patient, with a little air on both sides; never to the end of
    other patients' data."""
    panel = analysis.panel
    columns = (
        panel.labs["collected_at"], panel.events["start_date"], panel.events["end_date"], panel.imaging["date"],
    )  # fmt: skip
    times = np.concatenate([c.to_numpy("datetime64[us]") for c in columns])
    times = times[~np.isnat(times)]
    first, last = (pd.Timestamp(t) for t in (times.min(), times.max())) if len(times) else (panel.as_of, panel.as_of)
    air = max((last - first) * 0.02, pd.Timedelta(days=3))
    if panel.patients["clock"].iloc[0] == "minutes":
        air = max((last - first) * 0.02, pd.Timedelta(minutes=30))
    return first - air, last + air


def long_gaps(when: Times) -> list[tuple[np.datetime64, np.datetime64]]:
    """Stretches of more than 150 days without a result, less three weeks at either end that stay in sight."""
    moments = np.unique(when.astype("datetime64[D]"))
    wide = np.flatnonzero(np.diff(moments).astype("int64") > _LONG_GAP_DAYS)
    keep = np.timedelta64(_KEEP_DAYS, "D")
    return [(moments[i] + keep, moments[i + 1] - keep) for i in wide]
