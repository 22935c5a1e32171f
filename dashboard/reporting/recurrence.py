"""When a schedule is due: ``Mon 06:00``, ``Mon,Thu 06:00,18:00``, ``Mon-Fri 06:00``, ``daily 06:00``,
``monthly 1 06:00``.

Times are wall times of the schedule's zone. A scheduled run is named by its UTC moment: a change of the machine's clock
or zone never makes a second one. On the day on which clocks go forward a time that does not exist falls on the moment
that is as far after midnight (02:30 becomes 03:30); on the day on which they go back the first of the two counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from analytics.errors import SettingsError

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_OF = {name: at for at, day in enumerate(_DAYS) for name in (day, day[:3])}
"""Days of the week by their whole name and by its first three letters; nothing else is a day."""
_FORMS = "'Mon 06:00', 'Mon,Thu 06:00,18:00', 'daily 06:00', 'Mon-Fri 07:30', 'weekdays 07:30', 'monthly 1 06:00'"
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class Recurrence:
    """The scheduled runs of a schedule.

    Attributes:
        weekdays: 0 Monday to 6 Sunday; empty for a day of the month.
        day: day of the month, 1 to 28; 0 for weekdays.
        times: wall times, sorted.
        zone: their zone.
    """

    weekdays: frozenset[int]
    day: int
    times: tuple[time, ...]
    zone: ZoneInfo

    def between(self, after: pd.Timestamp, until: pd.Timestamp) -> Iterator[pd.Timestamp]:
        """Scheduled runs later than ``after`` and not later than ``until`` (UTC without zone), in order."""
        local = after.tz_localize("UTC").tz_convert(self.zone).date() - timedelta(days=1)
        last = until.tz_localize("UTC").tz_convert(self.zone).date() + timedelta(days=1)
        while local <= last:
            if self._on(local):
                for at in self.times:
                    scheduled_for = self._utc(local, at)
                    if after < scheduled_for <= until:
                        yield scheduled_for
            local += timedelta(days=1)

    def next(self, after: pd.Timestamp) -> pd.Timestamp:
        """The first scheduled run later than this."""
        return next(self.between(after, after + pd.Timedelta(days=63)))

    def _on(self, day: date) -> bool:
        return day.day == self.day if self.day else day.weekday() in self.weekdays

    def _utc(self, day: date, at: time) -> pd.Timestamp:
        moment = datetime.combine(day, at, tzinfo=self.zone).astimezone(UTC)
        return pd.Timestamp(moment.replace(tzinfo=None)).as_unit("us")


def recurrence_of(every: str, zone: str) -> Recurrence:
    """Read what the user wrote.

    Raises:
        SettingsError: it is not one of the forms, or there is no such zone.
    """
    try:
        where = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(f"no time zone {zone!r}; for example Europe/Zurich or UTC") from error
    words = every.strip().lower().split()
    day = 0
    if words[:1] == ["monthly"] and len(words) == 3 and words[1].isdigit() and 1 <= int(words[1]) <= 28:
        day, days = int(words[1]), frozenset[int]()
    elif len(words) == 2:
        days = _weekdays(words[0], every)
    else:
        raise SettingsError(f"{every!r} is not a frequency; write {_FORMS}")
    return Recurrence(days, day, _times(words[-1], every), where)


def _weekdays(word: str, every: str) -> frozenset[int]:
    if word in ("daily", "day"):
        return frozenset(range(7))
    if word in ("weekdays", "weekday"):
        return frozenset(range(5))
    found: set[int] = set()
    for part in word.split(","):
        first, dash, last = part.partition("-")
        begin, end = _DAY_OF.get(first), _DAY_OF.get(last if dash else first)
        if begin is None or end is None:
            raise SettingsError(f"{every!r} is not a frequency; write {_FORMS}")
        found |= {(begin + i) % 7 for i in range((end - begin) % 7 + 1)}
    return frozenset(found)


def _times(word: str, every: str) -> tuple[time, ...]:
    found = [_TIME.fullmatch(part) for part in word.split(",")]
    if not all(found):
        raise SettingsError(f"{every!r} is not a frequency; write {_FORMS}")
    return tuple(sorted({time(int(m[1]), int(m[2])) for m in found if m}))
