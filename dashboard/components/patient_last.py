"""The last panel: one row a test, with everything that places the number. Screen and report read the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
from dash import html

from analytics.analysis import Analysis
from analytics.analytes import MARKERS, PANEL, shown
from analytics.grades.explain import explain
from analytics.settings import TrendSettings
from analytics.tables import VERDICTS
from analytics.trends.now_words import NOW_COLUMNS, now_sentence, now_short
from analytics.trends.variation import two_results_pct
from dashboard.components.table import Head, table
from dashboard.figures import sparkline
from dashboard.figures.choice import Choice
from dashboard.figures.doubts import doubts_of
from dashboard.figures.records import records
from dashboard.figures.tracks import CONFLICTED, Track, tracks_of, unit_of
from dashboard.figures.words import number
from dashboard.theme import NOW_GLYPHS
from dashboard.web.attributes import wild
from dashboard.wording import ABSENT, multiple, percent, when

_FIRST = (*PANEL, "LDH", *MARKERS)


@dataclass(frozen=True)
class LastRow:
    """The last result of one test and what it is compared with; numbers are missing as NaN or None."""

    analyte: str
    value: str
    unit: str
    collected_at: pd.Timestamp
    precision: str
    x_uln: float
    x_baseline: float
    grade_v5: int | None
    grade_v6: int | None
    outside: str
    """``above`` or ``below`` the reference range of that day, ``within`` it, or empty where there is none."""
    change_pct: float
    """Change since the result before; NaN where either is beyond a limit of detection."""
    is_noise: bool | None
    """Whether that change is within the reference change value; None where it cannot be told."""
    before: str
    before_at: pd.Timestamp | None
    now: str
    """What the last results do: a key of analytics.tables.NOWS."""
    now_short: str
    now_sentence: str
    verdict: str
    n: int | None
    still_needed: int
    why: str
    source: str
    conflicted: bool
    """Beside this result or the one before another value was held back."""
    doubt: str
    """A result that is not older and whose unit is in doubt, as people read it; empty where there is none."""


_OF_SERIES = ("verdict", "n_days", "still_needed", "why", *NOW_COLUMNS)


def last_rows(analysis: Analysis) -> list[LastRow]:
    """One row a test that has a number result: liver panel, LDH and markers first, then the rest."""
    tracks = tracks_of(analysis)
    order = [c for c in _FIRST if c in tracks] + [c for c in tracks if c not in _FIRST]
    series = analysis.series
    ends = np.flatnonzero(series["is_last"].to_numpy(bool, na_value=False))
    last = {row["analyte"]: row for row in records(series, _OF_SERIES, ends)}
    clock, trend, doubts = str(analysis.panel.patients["clock"].iloc[0]), analysis.settings.trend, doubts_of(analysis)
    return [_row(tracks[code], last.get(code), clock, trend, doubts.get(code, "")) for code in order]


def _row(track: Track, series: Mapping[str, Any] | None, clock: str, trend: TrendSettings, doubt: str) -> LastRow:
    numbers = {name: float(values[-1]) for name, values in track.numbers.items()}
    change, is_noise = _change(track, trend)
    file, line = track.texts["source_file"][-1], track.source_line[-1]
    return LastRow(
        analyte=track.analyte.code,
        value=track.shown[-1],
        unit=unit_of(track.analyte),
        collected_at=pd.Timestamp(track.when[-1]),
        precision=track.texts["precision"][-1] or "day",
        x_uln=numbers["x_uln"],
        x_baseline=numbers["x_baseline"],
        grade_v5=_whole(numbers["grade_v5"]),
        grade_v6=_whole(numbers["grade_v6"]),
        outside=_outside(numbers),
        change_pct=change,
        is_noise=is_noise,
        before=track.shown[-2] if len(track) > 1 else "",
        before_at=pd.Timestamp(track.when[-2]) if len(track) > 1 else None,
        now=str(series["now"]) if series else "one_result",
        now_short=now_short(series, clock) if series else "",
        now_sentence=now_sentence(series, clock) if series else "",
        verdict=str(series["verdict"]) if series else "not_enough_data",
        n=_whole(series["n_days"]) if series else None,
        still_needed=_whole(series["still_needed"]) or 0 if series else 0,
        why=str(series["why"]) if series and isinstance(series["why"], str) else "",
        conflicted=bool(track.texts["held_instead"][-1] or (len(track) > 1 and track.texts["held_instead"][-2])),
        source=(f"{file} row {line}" if file and line else file) + _held_instead(track),
        doubt=doubt,
    )


def _held_instead(track: Track) -> str:
    other = track.texts["held_instead"][-1]
    return f"; {CONFLICTED} held back: {other}" if other else ""


def _whole(value: Any) -> int | None:
    return None if value is None or value is pd.NA or value != value else int(value)


def _outside(numbers: Mapping[str, float]) -> str:
    value, low, high = numbers["value"], numbers["lln"], numbers["uln"]
    if value > high:
        return "above"
    if value < low:
        return "below"
    return "within" if np.isfinite(low) or np.isfinite(high) else ""


def _change(track: Track, trend: TrendSettings) -> tuple[float, bool | None]:
    """Change since the result before in percent, and whether it is within the reference change value of two results."""
    if len(track) < 2 or track.texts["comparator"][-1] or track.texts["comparator"][-2] or track.value[-2] == 0:
        return float("nan"), None
    change = float(100 * (track.value[-1] / track.value[-2] - 1))
    up, down = two_results_pct(track.analyte.code, trend)
    if up != up or down != down:
        return change, None
    return change, down <= change <= up


def last_table(analysis: Analysis, rows: list[LastRow], choice: Choice, clock: str) -> html.Div:
    """The rows as a compact table."""
    tracks = tracks_of(analysis)
    heads = [
        Head("Test"),
        Head("Last", numeric=True, title="last result in its canonical unit"),
        Head("Date"),
        Head("× ULN", numeric=True, title="multiple of the upper limit of that very result"),
        Head("× base", numeric=True, title="multiple of the baseline of the present line of therapy"),
        Head("Grade", title="CTCAE version 5 and version 6"),
        Head(
            "Change",
            numeric=True,
            title="change since the result before; ≈ is within biological and analytical variation",
        ),
        Head("Trend", title="what the last results do, since when and from what; point at it for the whole segment"),
        Head("Course", title="up to 40 results; the full course is in the chart"),
    ]
    cells = [_cells(row, tracks[row.analyte], choice, clock) for row in rows]
    return table(heads, cells, caption=f"Last result of each test of patient {choice.key}", class_name="last-panel")


def _cells(row: LastRow, track: Track, choice: Choice, clock: str) -> list[Any]:
    return [
        html.Span(shown(row.analyte), title=track.analyte.label),
        html.Span(
            [_mark(row.outside), html.B(row.value), html.Span(f" {row.unit}", className="unit"), _doubt(row)],
            title=f"{track.analyte.label}: {row.source}",
        ),
        when(row.collected_at, clock, row.precision if row.precision != "minute" else "day"),
        multiple(row.x_uln),
        multiple(row.x_baseline),
        _grades(row),
        _since(row, clock),
        _direction(row),
        _picture(track, choice, clock),
    ]


def why_grades_differ(analysis: Analysis, rows: list[LastRow]) -> Any:
    """For every last result whose grade differs between the versions: both, with branch, criterion and inputs."""
    differing = [r.analyte for r in rows if r.grade_v5 != r.grade_v6]
    if not differing:
        return None
    analyte = analysis.points["analyte"].to_numpy(object)
    lines = []
    for code in differing:
        at = int(np.flatnonzero(analyte == code)[-1])
        lines += [html.Li(explain(analysis.case, at, version).says) for version in ("5.0", "6.0")]
    names = ", ".join(shown(c) for c in differing)
    return html.Details(
        [html.Summary(f"Why the two grades of {names} differ"), html.Ul(lines, className="near-list")],
        className="folded",
    )


def _mark(outside: str) -> html.Span | None:
    words = {"above": ("H", "above the reference range"), "below": ("L", "below the reference range")}
    if outside not in words:
        return None
    sign, says = words[outside]
    return html.Span(f"{sign} ", className="range-mark", title=says, **wild({"aria-label": says}))


def _doubt(row: LastRow) -> Any:
    """A newer result in doubt of its unit stands under the last value, never in its place."""
    return html.Small(row.doubt, className="doubt") if row.doubt else None


def _grades(row: LastRow) -> Any:
    if row.grade_v5 is None and row.grade_v6 is None:
        return html.Span(ABSENT, title="not gradable: no limit, no grade defined, or no value")
    same = row.grade_v5 == row.grade_v6
    words = " · ".join(f"v{v} {number(g)}" for v, g in ((5, row.grade_v5), (6, row.grade_v6)))
    return html.Span(words, className="faint" if same and not row.grade_v5 else "grades-differ" if not same else "")


def _since(row: LastRow, clock: str) -> Any:
    if row.change_pct != row.change_pct:
        return ABSENT
    sign = {True: "≈ ", False: "", None: ""}[row.is_noise]
    words = {True: "within variation", False: "beyond variation", None: "variation not known"}[row.is_noise]
    says = f"before: {row.before} {row.unit} on {when(row.before_at, clock)}; {words}"
    return html.Span(f"{sign}{percent(row.change_pct)}", title=says, className="faint" if row.is_noise else "")


def _direction(row: LastRow) -> Any:
    """What the last results do; the test over the whole segment is the second line."""
    whole = f"Whole segment: {VERDICTS.get(row.verdict, row.verdict)}"
    whole += f" ({row.n} days with results)" if row.n is not None else ""
    says = "; ".join(part for part in (whole, row.why) if part)
    if row.still_needed:
        says += f"; {row.still_needed} more days with results needed"
    return html.Span(
        [
            html.Span(NOW_GLYPHS.get(row.now, ""), className="glyph", **wild({"aria-hidden": "true"})),
            row.now_short,
        ],
        title=f"{row.now_sentence} {says}.".strip(),
        className=f"direction direction-{row.verdict}",
    )


def _picture(track: Track, choice: Choice, clock: str) -> html.Img:
    svg = sparkline.draw(track, choice, clock)
    return html.Img(
        src="data:image/svg+xml," + quote(svg),
        alt=sparkline.says(track, choice, clock),
        width=sparkline.WIDTH,
        height=sparkline.HEIGHT,
        className="sparkline",
    )
