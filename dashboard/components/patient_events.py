"""Before and after of every event as cards: value before, lowest, highest, days to half, to the target, risen again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from dash import html

from analytics.analysis import Analysis
from analytics.analytes import ANALYTES, shown
from analytics.cycles import rounds_frame
from analytics.event_kinds import EVENT_KINDS
from analytics.trends.beforeafter import DRAINS
from dashboard.components.patient_state import event_name
from dashboard.components.table import Head, table
from dashboard.figures.event_course import responses_to
from dashboard.figures.tracks import READING_ORDER, Track, tracks_of, unit_of
from dashboard.figures.words import number
from dashboard.wording import ABSENT, day_in_prose, is_absent, when

_NEAR = 2
"""A result at most this many days off stands for the day asked for; its own day is written beside it."""
_DAYS = {"surgery": (1, 3, 5, 7), "stent": (7, 14, 28)}

VERDICTS = {
    "on_course": "on the published course",
    "slow": "slower than the published course",
    "rising_again": "rising again",
    "recovered": "recovered",
    "not_recovered": "not recovered",
    "no_expectation": "no published course",
    "not_enough_data": "too few results",
}


def events_with_responses(analysis: Analysis) -> list[int]:
    """Positions in ``panel.events`` of events that have a response row, latest first."""
    table_of = analysis.responses
    known = set(zip(table_of["kind"], table_of["start_date"], strict=True))
    events = analysis.panel.events
    found, seen = [], set()
    for i, (kind, start) in enumerate(zip(events["kind"], events["start_date"], strict=True)):
        if (kind, start) in known and (kind, start) not in seen:
            seen.add((kind, start))
            found.append(i)
    return found[::-1]


def label_of(analysis: Analysis, event: int) -> str:
    """Event and day in a few words."""
    row = analysis.panel.events.iloc[event]
    return f"{event_name(row)}, {day_in_prose(row['start_date'], str(analysis.panel.patients['clock'].iloc[0]))}"


def event_table(analysis: Analysis, event: int) -> Any:
    """One row a test: before, lowest, highest, values near fixed days, and days of the landmarks after one event.

    Shown are the tests that such an event can move and those that moved; the others are folded. A column that is empty
    for all of them is left out.
    """
    happened = analysis.panel.events.iloc[event]
    start = pd.Timestamp(happened["start_date"])
    days = _DAYS.get(EVENT_KINDS[happened["kind"]].lane, (7, 14, 28))
    by = responses_to(analysis, event)
    tracks = tracks_of(analysis)
    heads = _heads(days, str(happened["kind"]))
    rows = [by[code] for code in READING_ORDER if code in by]
    first = [r for r in rows if _is_true(r["can_move"]) or _is_true(r["moved"])]
    others = [r for r in rows if not (_is_true(r["can_move"]) or _is_true(r["moved"]))]
    caption = f"Before and after {label_of(analysis, event)}"
    shown_first = _filled(heads, [_cells(r, tracks.get(r["analyte"]), start, days) for r in first], caption)
    if not others:
        return shown_first
    rest = _filled(heads, [_cells(r, tracks.get(r["analyte"]), start, days) for r in others], f"{caption}: other tests")
    names = ", ".join(shown(r["analyte"]) for r in others)
    folded = html.Details([html.Summary(f"Other tests, not changed: {names}"), rest], className="folded")
    return html.Div([shown_first, folded] if first else [folded])


def _heads(days: tuple[int, ...], kind: str) -> list[Head]:
    back = "in range" if kind in DRAINS else "at the pre-event value"
    return [
        Head("Test", folds=True),
        Head(
            "Before",
            numeric=True,
            title="median of the last steady results before the event; of a stent or drain the last",
        ),
        Head("Lowest after", numeric=True),
        Head("Highest after", numeric=True),
        *[Head(f"Day {d}", numeric=True, title=f"result nearest to day {d}, at most {_NEAR} days off") for d in days],
        Head("50% fall", numeric=True, title="first day, not before the extreme, at or below half of the value before"),
        Head("Target reached", numeric=True, title="first day, not before the extreme, at the published target"),
        Head("Back in range" if kind in DRAINS else "Back to pre-event", numeric=True, title=f"first day {back}"),
        Head("Rebound", numeric=True, title="first day of a rebound beyond the nadir"),
        Head("Against the course"),
    ]


def _filled(heads: list[Head], cells: list[list[Any]], caption: str) -> Any:
    """The table without the columns that are empty in every row."""
    keep = [i for i in range(len(heads)) if any(row[i] != ABSENT for row in cells)]
    return table(
        [heads[i] for i in keep], [[row[i] for i in keep] for row in cells], caption=caption, class_name="dense"
    )


def _counted(days: Any) -> str:
    return "" if is_absent(days) else f"{days} day{'s' if days != 1 else ''} with results"


def _is_true(flag: Any) -> bool:
    return not is_absent(flag) and bool(flag)


def _cells(row: dict[str, Any], track: Track | None, start: pd.Timestamp, days: tuple[int, ...]) -> list[Any]:
    analyte = ANALYTES[row["analyte"]]

    def value(name: str) -> str:
        shown_as, sign = number(row[name], analyte.decimals), row[f"{name}_comparator"]
        return ABSENT if sign == "<>" or shown_as == ABSENT else f"{sign}{shown_as}"

    verdict = VERDICTS.get(row["verdict"], row["verdict"])
    return [
        html.Span([shown(row["analyte"]), html.Span(f" {unit_of(analyte)}", className="unit")]),
        html.Span(value("before"), title=_counted(row["before_n"])),
        _on(value("nadir"), row["day_nadir"]),
        _on(value("peak"), row["day_peak"]),
        *[ABSENT if track is None else near(track, start, d) for d in days],
        _day(row["day_half"]),
        _day(row["day_target"]),
        _day(row["day_recovery"]),
        _day(row["rebound_day"]),
        html.Span(verdict, title=row["why"] if isinstance(row["why"], str) else "", className=_weight(row["verdict"])),
    ]


def near(track: Track, start: pd.Timestamp, day: int) -> str:
    """The result nearest to a day after an event, with its own day where it differs; a dash where none is near."""
    own = track.when.astype("datetime64[D]")
    since = (own - np.datetime64(start, "D")).astype(int)
    off = np.abs(since - day)
    if not len(off) or off.min() > _NEAR:
        return ABSENT
    at = int(off.argmin())
    text = track.shown[at]
    return text if since[at] == day else f"{text} (d {since[at]})"


def rounds_table(analysis: Analysis, code: str) -> Any:
    """Cycle by cycle: value before, peak, and whether it was back before the next start of systemic therapy."""
    rounds = rounds_frame(analysis.case, code)
    clock = str(analysis.panel.patients["clock"].iloc[0])
    decimals, rule = ANALYTES[code].decimals, analysis.settings.rounds
    heads = [
        Head("Cycle", numeric=True),
        Head("Start"),
        Head("Before", numeric=True, title=f"last result at most {rule.before_days} days old"),
        Head("Highest", numeric=True),
        Head(f"Below {rule.back_under:g} × before", numeric=True, title="first day after the highest value"),
        Head("Next start"),
        Head("Back before the next start"),
    ]
    cells = [
        [
            str(i),
            when(_moment(r["start"]), clock),
            number(r["before"], decimals),
            _on(number(r["peak"], decimals), r["day_peak"]),
            "never above" if r["day_back"] == 0 else _day(r["day_back"]),
            ABSENT if np.isinf(r["next_start"]) else when(_moment(r["next_start"]), clock),
            ABSENT if is_absent(r["is_back_in_time"]) else "yes" if r["is_back_in_time"] else "no",
        ]
        for i, r in enumerate(rounds.to_dict("records"), start=1)
    ]
    caption = f"{shown(code)} by start of systemic therapy"
    return (
        table(heads, cells, caption=caption, class_name=f"rounds rounds-{code}")
        if cells
        else html.P("No systemic therapy recorded.", className="soft")
    )


def _moment(day: float) -> pd.Timestamp:
    return pd.Timestamp("1970-01-01") + pd.Timedelta(days=day)


def _weight(verdict: str) -> str:
    return "faint" if verdict in ("no_expectation", "not_enough_data") else "verdict"


def _day(day: Any) -> str:
    return ABSENT if is_absent(day) else f"day {day:.0f}"


def _on(value: str, day: Any) -> str:
    return value if is_absent(day) or value == ABSENT else f"{value}, {_day(day)}"
