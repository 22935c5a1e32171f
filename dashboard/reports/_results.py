"""Laboratory results as tables: the last panel, all results by day, the rows behind a finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analytics.analytes import shown
from analytics.panel import show_time
from dashboard.components.patient_last import LastRow, limit_words, row_of
from dashboard.figures import sparkline
from dashboard.figures.choice import Choice
from dashboard.figures.doubts import SAYS as DOUBT_SAYS
from dashboard.figures.doubts import doubts_of
from dashboard.figures.flow_sheet import flow_sheet
from dashboard.figures.tracks import CONFLICTED, CONFLICTED_SAYS, GRADES, OUTSIDE_SAYS, Track, unit_of
from dashboard.reports._blocks import Column, Drawn, Table
from dashboard.reports._report_input import ReportInput
from dashboard.theme import NOW_GLYPHS
from dashboard.wording import ABSENT, multiple, prose

_VIEW = f"0 0 {sparkline.WIDTH} {sparkline.HEIGHT}"
_A_TABLE = 9
"""Analytes side by side on a sheet of A4."""

Verdicts = Mapping[str, Mapping[str, Any]]


FLOW_DAYS = 8
"""Days of the flow sheet in a report: what fits an A4 sheet, and the size that a report may have."""


def last_series(report_input: ReportInput) -> dict[str, Mapping[str, Any]]:
    """Row of table SERIES of the latest segment, by analyte."""
    return {str(r["analyte"]): r for r in report_input.rows("series") if r["is_last"] is True}


def flag(track: Track, i: int) -> str:
    """Sign of a result outside its own range: H or L."""
    return track.outside[i]


def source(report_input: ReportInput, track: Track, i: int) -> tuple[str, str]:
    """File and line of a result."""
    file = track.texts["source_file"][i]
    return (report_input.source_name(file), str(track.source_line[i] or ABSENT)) if file else (ABSENT, ABSENT)


def last_panel(
    report_input: ReportInput, tracks: Mapping[str, Track], choice: Choice, clock: str, name: str = ""
) -> Table:
    """Last value of these tests with unit, date, range, multiple, the one before, direction and source."""
    verdicts, doubts = last_series(report_input), doubts_of(report_input.analysis)
    trend = report_input.analysis.settings.trend
    columns = (
        Column("Test"),
        Column("Latest", numeric=True),
        Column("Unit", joined=True),
        Column("Date" if clock == "date" else "Time", whole=True),
        Column("Previous", numeric=True),
        Column("Range", whole=True),
        Column("× limit", numeric=True),
        Column("× base", numeric=True),
        Column("CTCAE"),
        Column("Now"),
        Column("History"),
        Column("Source", quiet=True),
    )
    rows = [
        _last_row(report_input, track, row_of(track, verdicts.get(code), clock, trend, doubts.get(code, "")), choice)
        for code, track in tracks.items()
    ]
    says = [*conflicts_say(tracks), *([DOUBT_SAYS] if doubts else [])]
    limits = "× limit: of ULN where high is bad, of LLN where low is"
    return Table("; ".join(["Last result of each test", OUTSIDE_SAYS, limits, *says]), columns, rows, name, cards=True)


def _last_row(report_input: ReportInput, track: Track, row: LastRow, choice: Choice) -> list[Any]:
    clock = str(report_input.rows("patients")[0]["clock"])
    before = f"{row.before} ({show_time(row.before_at, clock)})" if row.before_at is not None else ABSENT
    return [
        shown(row.analyte),
        " ".join(part for part in (row.value, flag(track, -1), prose(row.doubt)) if part),
        row.unit,
        show_time(row.collected_at, clock),
        before,
        row.range or ABSENT,
        limit_words(row),
        multiple(row.x_baseline, row.sign_of_baseline),
        track.grades[-1],
        prose(f"{NOW_GLYPHS.get(row.now, '')} {row.now_short}".strip()) if row.now_short else ABSENT,
        spark(track, choice, clock),
        ":".join(source(report_input, track, -1)) if track.texts["source_file"][-1] else ABSENT,
    ]


def spark(track: Track, choice: Choice, clock: str) -> Drawn:
    """The last results as a small picture, with its words for who cannot see it."""
    colour, marks = sparkline.colour_of(track, choice), sparkline.marks(track, choice)
    # the style sheet knows the size; the row already says in words what the picture shows
    return Drawn(
        f'<svg class=k viewBox="{_VIEW}" stroke="{colour}"{sparkline.LOOK} aria-hidden=true>{marks}</svg>',
        sparkline.says(track, choice, clock),
    )


def flow_tables(tracks: Mapping[str, Track], clock: str) -> list[Table]:
    """The last days with results, dates as columns; none where there are fewer than two."""
    sheet = flow_sheet(tracks, FLOW_DAYS)
    if len(sheet.days) < 2:
        return []
    days = [Column(show_time(day, clock), numeric=True) for day in sheet.days]
    columns = [Column("Test"), Column("Unit", joined=True), *days]
    rows = [[shown(row.analyte), row.unit, *row.cells] for row in sheet.rows]
    legend = f"The last {len(sheet.days)} of {sheet.n_days} days with results; {OUTSIDE_SAYS}"
    return [Table(legend, columns, rows, "flow_sheet")]


def all_results(report_input: ReportInput, tracks: Mapping[str, Track], clock: str) -> list[Table]:
    """Every result, a row a moment, a column a test, with the lines of the file that it came from."""
    codes = list(tracks)
    groups = [codes[i : i + _A_TABLE] for i in range(0, len(codes), _A_TABLE)]
    names = ["results"] if len(groups) == 1 else [f"results_{i}" for i in range(1, len(groups) + 1)]
    return [_by_day(report_input, {c: tracks[c] for c in g}, clock, n) for g, n in zip(groups, names, strict=True)]


def _by_day(report_input: ReportInput, tracks: Mapping[str, Track], clock: str, name: str) -> Table:
    rows: dict[Any, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    lines: dict[Any, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    exact: dict[Any, str] = {}
    for code, track in tracks.items():
        values, signs = track.shown, track.outside
        for i, when in enumerate(track.when.tolist()):
            rows[when][code].append(f"{values[i]} {signs[i]}".rstrip())
            exact[when] = track.texts["precision"][i] or "day"
            if track.source_line[i]:
                lines[when][track.texts["source_file"][i]].append(int(track.source_line[i]))
    columns = (
        Column("Date" if clock == "date" else "Time"),
        *(Column(f"{shown(c)} {unit_of(t.analyte)}", numeric=True) for c, t in tracks.items()),
        # one file for all rows is told once; several stand with their lines
        Column("Source", once=len({file for files in lines.values() for file in files}) == 1, quiet=True),
        Column("Lines", quiet=True),
    )
    body = [
        [
            show_time(pd.Timestamp(when), clock, exact[when]),
            *(" / ".join(rows[when][c]) if c in rows[when] else "" for c in tracks),
            "; ".join(report_input.source_name(file) for file in sorted(lines[when])),
            "; ".join(ranges(numbers) for _, numbers in sorted(lines[when].items())),
        ]
        for when in sorted(rows)
    ]
    legend = "; ".join(["Results", OUTSIDE_SAYS, *conflicts_say(tracks)])
    return Table(legend, columns, body, name)


def conflicts_say(tracks: Mapping[Any, Track]) -> list[str]:
    """What the mark of a conflict means, where a result has it."""
    return [f"{CONFLICTED_SAYS} (see Quarantined)"] if any(track.conflicted for track in tracks.values()) else []


def ranges(numbers: Iterable[int]) -> str:
    """1, 2, 3, 7 as ``1-3, 7``."""
    array = np.unique(np.fromiter(numbers, np.int64))
    runs = np.split(array, np.flatnonzero(np.diff(array) > 1) + 1)
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}–{r[-1]}" for r in runs)


def _written(track: Track, i: int) -> str:
    """The result as the source wrote it; nothing where that is what the row shows already."""
    value, unit = track.texts["raw_value"][i], track.texts["raw_unit"][i]
    same = value == track.shown[i].removesuffix(CONFLICTED) and unit in ("", track.analyte.unit, unit_of(track.analyte))
    return "" if same else f"{value} {unit}".strip()


def rows_behind(report_input: ReportInput, tracks: Mapping[str, Track], wanted: Iterable[int], clock: str) -> Table:
    """The very results that findings rest on, as they were written in the source."""
    columns = (
        Column("Result"),
        Column("Test", once=True),
        Column("Date" if clock == "date" else "Time"),
        Column("Value", numeric=True),
        Column("Unit", once=True),
        Column("Range", once=True),
        Column("× ULN", numeric=True),
        Column("Baseline", once=True),
        Column(GRADES),
        Column("As written, if otherwise"),
        Column("Source", once=True),
        Column("Line", numeric=True, quiet=True),
    )
    keep, rows = set(wanted), []
    for code, track in tracks.items():
        at = [i for i, number in enumerate(track.result_id) if number in keep]
        if not at:
            continue
        text, limits, grades = track.shown, track.ranges, track.grades
        for i in at:
            base, sign = float(track.numbers["baseline"][i]), track.texts["baseline_comparator"][i]
            rows.append(
                [
                    f"#{track.result_id[i]}",
                    shown(code),
                    show_time(pd.Timestamp(track.when[i]), clock, track.texts["precision"][i] or "day"),
                    f"{text[i]} {flag(track, i)}".strip(),
                    unit_of(track.analyte),
                    limits[i],
                    track.multiples["x_uln"][i],
                    f"{sign}{base:.3g}" if base == base and sign != "<>" else ABSENT,
                    grades[i],
                    _written(track, i),
                    *source(report_input, track, i),
                ]
            )
    return Table("Results behind the findings", columns, rows, "evidence")
