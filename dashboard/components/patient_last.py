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
from dashboard.figures.flow_sheet import flow_sheet
from dashboard.figures.records import records
from dashboard.figures.tracks import CONFLICTED, Track, grades_words, tracks_of, unit_of
from dashboard.figures.words import number
from dashboard.theme import NOW_GLYPHS
from dashboard.web.attributes import wild
from dashboard.wording import ABSENT, day_in_prose, multiple, percent, prose, when

_FIRST = (*PANEL, "LDH", *MARKERS)


OUTSIDE: Mapping[str, tuple[str, str]] = {
    "above": ("H", "above the reference range"),
    "below": ("L", "below the reference range"),
}
"""Sign and words of a result outside its own range."""


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
    x_lln: float
    sign: str
    """Before a result that is given as a limit, and before its multiple of a limit of normal."""
    sign_of_baseline: str
    """Before its multiple of the baseline."""
    limit: str
    """ULN where high is bad, LLN where low is bad, empty where both are."""
    range: str
    """Reference range of that result, 6 to 45 as ``6–45``; empty where it has none."""
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
    """Beside this result or the one before another value was quarantined."""
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
    return [row_of(tracks[code], last.get(code), clock, trend, doubts.get(code, "")) for code in order]


def row_of(track: Track, series: Mapping[str, Any] | None, clock: str, trend: TrendSettings, doubt: str) -> LastRow:
    """The last result of one test.

    Args:
        track: of the test.
        series: row of table SERIES of its latest segment; None where there is none.
        clock: the patient's clock.
        trend: thresholds of trends.
        doubt: what is to be said of a newer result whose unit is in doubt.
    """
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
        x_lln=numbers["value"] / numbers["lln"] if numbers["lln"] > 0 else float("nan"),
        sign=track.texts["comparator"][-1],
        sign_of_baseline=track.texts["x_baseline_comparator"][-1],
        limit=track.limit,
        range=_range(numbers, track.analyte.decimals),
        outside=_outside(track),
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
    return f"; {CONFLICTED} quarantined: {other}" if other else ""


def _whole(value: Any) -> int | None:
    return None if value is None or value is pd.NA or value != value else int(value)


def _outside(track: Track) -> str:
    """Key of OUTSIDE, or within; empty where there is no range, or a result given as a limit leaves it open."""
    if track.outside[-1]:
        return next(key for key, (sign, _) in OUTSIDE.items() if sign == track.outside[-1])
    value, low, high = (float(track.numbers[name][-1]) for name in ("value", "lln", "uln"))
    sign = track.texts["comparator"][-1]
    least, most = 0.0 if sign == "<" else value, np.inf if sign == ">" else value
    is_known = np.isfinite(low) or np.isfinite(high)
    return "within" if is_known and not (least < low or most > high) else ""


def _range(numbers: Mapping[str, float], decimals: int) -> str:
    """Both limits, or the one that there is."""
    low, high = numbers["lln"], numbers["uln"]
    if np.isfinite(low) and np.isfinite(high):
        return f"{_limit_text(low, decimals)}\u2013{_limit_text(high, decimals)}"
    if np.isfinite(high):
        return f"≤ {_limit_text(high, decimals)}"
    return f"≥ {_limit_text(low, decimals)}" if np.isfinite(low) else ""


def _limit_text(limit: float, decimals: int) -> str:
    """A limit with the decimals of its analyte, or with those that it needs."""
    text = f"{limit:.{decimals}f}"
    return text if abs(float(text) - limit) < 1e-9 else f"{limit:.3g}"


def _change(track: Track, trend: TrendSettings) -> tuple[float, bool | None]:
    """Change since the result before in percent, and whether it is within the reference change value of two results."""
    if len(track) < 2 or track.texts["comparator"][-1] or track.texts["comparator"][-2] or track.value[-2] == 0:
        return float("nan"), None
    change = float(100 * (track.value[-1] / track.value[-2] - 1))
    up, down = two_results_pct(track.analyte.code, trend)
    if up != up or down != down:
        return change, None
    return change, down <= change <= up


_SMALL = (0, 1, 2, 3, 4, 7)
"""Columns of the small table: without multiples of the baseline, grades and pictures."""


def last_table(
    analysis: Analysis, rows: list[LastRow], choice: Choice, clock: str, *, is_small: bool = False
) -> html.Div:
    """The rows as a compact table; a small one has the columns that are read first."""
    tracks = tracks_of(analysis)
    newest = max(row.collected_at for row in rows).normalize()
    days = pd.Series([row.before_at for row in rows], dtype="datetime64[us]").dt.normalize().dropna()
    earlier = days.mode().iloc[-1] if len(days) else None
    heads = [
        Head("Test"),
        Head(
            _two_lines("Latest", day_in_prose(newest, clock)),
            numeric=True,
            title="latest result with its own date where that is another; H above, L below its reference range",
        ),
        Head(
            _two_lines("Previous", day_in_prose(earlier, clock)) if earlier is not None else "Previous",
            numeric=True,
            title="result before, with its own date where another; ≈ is within biological and analytical variation",
        ),
        Head("Range", numeric=True, title="reference range of the latest result"),
        Head("×\u00a0limit", numeric=True, title="multiple of ULN where high is bad, of LLN where low is bad"),
        Head("×\u00a0base", numeric=True, title="multiple of the baseline of the present line of therapy"),
        Head("CTCAE", title="grade; both where versions 5 and 6 differ"),
        Head("Now", title="what the last results do, since when and from what; point at it for the whole period"),
        Head("History", title="up to 40 results, with the reference range; the full course is in the chart"),
    ]
    cells = [_cells(row, tracks[row.analyte], choice, clock, (newest, earlier)) for row in rows]
    if is_small:
        heads, cells = [heads[i] for i in _SMALL], [[row[i] for i in _SMALL] for row in cells]
    name = "last-panel small" if is_small else "last-panel"
    return table(heads, cells, caption=f"Latest result of each test of patient {choice.key}", class_name=name)


def _two_lines(word: str, day: str) -> list[Any]:
    """Head of a column: its word, and the date that is never broken."""
    return [f"{word} ", html.Span(day, className="whole")]


def _cells(
    row: LastRow, track: Track, choice: Choice, clock: str, days: tuple[pd.Timestamp, pd.Timestamp | None]
) -> list[Any]:
    precision = row.precision if row.precision != "minute" else "day"
    day = prose(when(row.collected_at, clock, precision))
    return [
        html.Span([shown(row.analyte), html.Span(f" {row.unit}", className="unit")], title=track.analyte.label),
        html.Span(
            [
                html.B(row.value),
                _mark(row.outside),
                _day(day, is_usual=row.collected_at.normalize() == days[0]),
                _doubt(row),
            ],
            title=f"{track.analyte.label}: {row.value} {row.unit}, {day}; {row.source}",
        ),
        _before(row, clock, days[1]),
        row.range or ABSENT,
        _limit(row),
        multiple(row.x_baseline, row.sign_of_baseline),
        _grades(row),
        _direction(row),
        _picture(track, choice, clock),
    ]


def flow_table(analysis: Analysis, choice: Choice, clock: str, *, is_open: bool = False) -> Any:
    """The last days with results, dates as columns, one click away; None where there are fewer than two."""
    sheet = flow_sheet(tracks_of(analysis))
    if len(sheet.days) < 2:
        return None
    heads = [Head("Test"), *[Head(day_in_prose(day, clock), numeric=True) for day in sheet.days]]
    cells = [
        [
            html.Span([shown(row.analyte), html.Span(f" {row.unit}", className="unit")]),
            *[html.Span(_with_mark(cell)) if cell else ABSENT for cell in row.cells],
        ]
        for row in sheet.rows
    ]
    caption = f"Results of patient {choice.key} by day"
    words = f"Flow sheet: the last {len(sheet.days)} of {sheet.n_days} days with results"
    body = table(heads, cells, caption=caption, class_name="flow-sheet")
    return html.Details([html.Summary(words), body], className="folded flow", open=is_open)


def _with_mark(cell: str) -> list[Any]:
    """Values of a day, each with its sign."""
    parts: list[Any] = []
    for value in cell.split(" / "):
        text, _, sign = value.partition(" ")
        parts += [" / "] if parts else []
        parts += [text, _mark({"H": "above", "L": "below"}.get(sign, ""))]
    return [part for part in parts if part is not None]


def _day(day: str, *, is_usual: bool) -> html.Span:
    """Date of a value; where the head of the column gives the same one it shows on narrow screens only."""
    return html.Span(f" {day}", className="unit day as-in-head" if is_usual else "unit day")


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
    if outside not in OUTSIDE:
        return None
    sign, says = OUTSIDE[outside]
    return html.Span(f" {sign}", className="range-mark", title=says, **wild({"aria-label": says}))


def _doubt(row: LastRow) -> Any:
    """A newer result in doubt of its unit stands under the last value, never in its place."""
    return html.Small(prose(row.doubt), className="doubt") if row.doubt else None


def _grades(row: LastRow) -> Any:
    """The grade once where both versions of CTCAE agree."""
    if row.grade_v5 is None and row.grade_v6 is None:
        return html.Span(ABSENT, title="not gradable: no limit, no grade defined, or no value")
    if row.grade_v5 == row.grade_v6:
        return html.Span(number(row.grade_v5), className="" if row.grade_v5 else "faint", title="CTCAE 5.0 and 6.0")
    return html.Span(grades_words(row.grade_v5, row.grade_v6), className="grades-differ")


def _limit(row: LastRow) -> Any:
    """Multiple of the limit that matters for this test; none where both high and low are bad."""
    number_, _, name = limit_words(row).rpartition(" ")
    return [number_, html.Span(f" {name}", className="unit")] if number_ else ABSENT


def limit_words(row: LastRow) -> str:
    """Multiple of ULN where high is bad, of LLN where low is; a dash where neither alone is, or there is no limit."""
    many = {"ULN": row.x_uln, "LLN": row.x_lln}.get(row.limit, float("nan"))
    shown_as = multiple(many, row.sign)
    return ABSENT if shown_as == ABSENT else f"{shown_as} {row.limit}"


def _before(row: LastRow, clock: str, usual: pd.Timestamp | None) -> Any:
    """The result before, its date, and the change since."""
    if not row.before:
        return ABSENT
    at = day_in_prose(row.before_at, clock)
    is_usual = usual is not None and row.before_at is not None and row.before_at.normalize() == usual
    parts: list[Any] = [row.before]
    if row.change_pct == row.change_pct:
        sign = {True: "≈ ", False: "", None: ""}[row.is_noise]
        words = {True: "within variation", False: "beyond variation", None: "variation not known"}[row.is_noise]
        change = html.Span(f" {sign}{percent(row.change_pct)}", className="faint" if row.is_noise else "", title=words)
        parts.append(change)
    parts.append(_day(at, is_usual=is_usual))
    return html.Span(parts, title=f"before: {row.before} {row.unit} on {at}")


def _direction(row: LastRow) -> Any:
    """What the last results do; the test over the whole segment is the second line."""
    whole = f"Whole period: {VERDICTS.get(row.verdict, row.verdict)}"
    whole += f" ({row.n} days with results)" if row.n is not None else ""
    says = "; ".join(part for part in (whole, row.why) if part)
    if row.still_needed:
        says += f"; {row.still_needed} more days with results needed"
    return html.Span(
        [
            html.Span(NOW_GLYPHS.get(row.now, ""), className="glyph", **wild({"aria-hidden": "true"})),
            *_unbroken(prose(row.now_short)),
        ],
        title=prose(f"{row.now_sentence} {says}.".strip()),
        className=f"direction direction-{row.now}",
    )


def _unbroken(said: str) -> list[str | html.Span]:
    """Words whose parenthesis, "(peak 322)", stays on one line."""
    before, opened, within = said.partition("(")
    return [before, html.Span(opened + within, className="whole")] if opened else [said]


def _picture(track: Track, choice: Choice, clock: str) -> html.Img:
    svg = sparkline.draw(track, choice, clock)
    return html.Img(
        src="data:image/svg+xml," + quote(svg),
        alt=sparkline.says(track, choice, clock),
        width=sparkline.WIDTH,
        height=sparkline.HEIGHT,
        className="sparkline",
    )
