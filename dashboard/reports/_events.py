"""Treatments, imaging and what followed them, as tables."""

from __future__ import annotations

from typing import Any

from analytics.analytes import ANALYTES, shown
from analytics.event_kinds import EVENT_KINDS, RESPONSES
from analytics.panel import show_time
from dashboard.reports._blocks import Column, Table
from dashboard.reports._report_input import ReportInput
from dashboard.wording import ABSENT, day_in_prose, is_absent, number, or_nothing, result

COURSE = {
    "on_course": "on course",
    "slow": "slower than expected",
    "rising_again": "rising again",
    "recovered": "back at the value before",
    "not_recovered": "not back at the value before",
    "no_expectation": "no published expectation",
    "not_enough_data": "too few results",
}
"""Verdicts of table RESPONSES in words."""

_SILENT = ("no_expectation", "not_enough_data")


def all_events(report_input: ReportInput, clock: str) -> Table:
    """Events and scans, the latest first."""
    rows = [(r["start_date"], _event(report_input, r, clock)) for r in report_input.rows("events")]
    rows += [(r["date"], _scan(report_input, r, clock)) for r in report_input.rows("imaging")]
    rows.sort(key=lambda row: row[0], reverse=True)
    columns = (
        Column("From", whole=True),
        Column("To", whole=True),
        Column("What"),
        Column("Detail", wide=True),
        Column("Source", quiet=True),
    )
    return Table("Treatments, imaging and symptoms, latest first", columns, [r for _, r in rows], "events")


def _origin(report_input: ReportInput, row: dict[str, Any]) -> str:
    line = row["source_line"]
    if not or_nothing(row["source_file"]):
        return ABSENT
    return f"{report_input.source_name(or_nothing(row['source_file']))}:{ABSENT if is_absent(line) else int(line)}"


def _event(report_input: ReportInput, row: dict[str, Any], clock: str) -> list[str]:
    kind = EVENT_KINDS[row["kind"]].label
    name = or_nothing(row["name"])
    parts = [
        "" if is_absent(row["line"]) else f"line {int(row['line'])}",
        "" if is_absent(row["dose"]) else f"{row['dose']:g} {or_nothing(row['unit'])}".strip(),
        "" if is_absent(row["grade"]) else f"grade {int(row['grade'])}",
        or_nothing(row["detail"]) if report_input.identified else "",
    ]
    what = kind if not name or name.casefold() == kind.casefold() or name == row["kind"] else f"{kind}: {name}"
    start = show_time(row["start_date"], clock, or_nothing(row["start_precision"]) or "day")
    end = show_time(row["end_date"], clock, or_nothing(row["end_precision"]) or "day")
    return [start, end, what, ", ".join(p for p in parts if p), _origin(report_input, row)]


def _scan(report_input: ReportInput, row: dict[str, Any], clock: str) -> list[str]:
    response = or_nothing(row["response"])
    parts = [
        f"{response} ({RESPONSES[response]})" if response in RESPONSES else response,
        "" if is_absent(row["target_sum_mm"]) else f"targets {row['target_sum_mm']:g} mm",
        "new lesion" if not is_absent(row["new_lesion"]) and bool(row["new_lesion"]) else "",
        or_nothing(row["detail"]) if report_input.identified else "",
    ]
    what = f"Imaging: {or_nothing(row['modality']) or ABSENT}"
    return [show_time(row["date"], clock), ABSENT, what, ", ".join(p for p in parts if p), _origin(report_input, row)]


def told_courses(report_input: ReportInput, clock: str, most: int) -> Table:
    """The courses with a published expectation, short enough for the first page; the latest event first."""
    rows = _responses(report_input, _SILENT)
    columns = (Column("Event"), Column("Test"), Column("Before, lowest (day)", numeric=True), Column("Course"))
    body = [_short_course(r, clock) for r in rows[:most]]
    more = f"; {most} of {len(rows)}" if len(rows) > most else ""
    caption = f"Courses with a published expectation{more}; all of them under All responses"
    return Table(caption, columns, body, empty="none")


def _responses(report_input: ReportInput, without: tuple[str, ...]) -> list[dict[str, Any]]:
    rows = [r for r in report_input.rows("responses") if r["verdict"] not in without]
    return sorted(rows, key=lambda r: r["start_date"], reverse=True)


def _short_course(row: dict[str, Any], clock: str) -> list[str]:
    code = str(row["analyte"])
    lowest = ABSENT if is_absent(row["nadir"]) else f"{result(code, row['nadir'])} ({number(row['day_nadir'], 0)})"
    name = or_nothing(row["name"]) or EVENT_KINDS[row["kind"]].label
    before = result(code, row["before"])
    return [
        f"{name}, {day_in_prose(row['start_date'], clock)}",
        shown(code),
        f"{before}, {lowest}",
        COURSE[row["verdict"]],
    ]


def courses(report_input: ReportInput, clock: str) -> Table:
    """What each test did after each event, where there are results enough to say."""
    responses = _responses(report_input, ("not_enough_data",))
    columns = (
        Column("Event", once=True),
        Column("Test"),
        Column("Before", numeric=True),
        Column("Lowest (day)", numeric=True),
        Column("Highest (day)", numeric=True),
        Column("Half (day)", numeric=True),
        Column("Target (day)", numeric=True),
        Column("Rebound (day)", numeric=True),
        Column("Course", whole=True, noted=True),
    )
    rows = [_course(r, clock) for r in responses]
    return Table("Before and after each event; days count from the event", columns, rows, "responses")


def _course(row: dict[str, Any], clock: str) -> list[str]:
    code = str(row["analyte"])
    unit = ANALYTES[code].unit

    def with_day(name: str, day: str) -> str:
        return ABSENT if is_absent(row[name]) else f"{result(code, row[name])} ({number(row[day], 0)})"

    name = or_nothing(row["name"]) or EVENT_KINDS[row["kind"]].label
    before = ABSENT if is_absent(row["before"]) else f"{result(code, row['before'])} (n = {int(row['before_n'])})"
    why = or_nothing(row["why"])
    verdict = COURSE[str(row["verdict"])]
    why = "" if row["verdict"] in _SILENT else why
    return [
        f"{name}, {day_in_prose(row['start_date'], clock)}",
        f"{shown(code)} {'' if unit == '{INR}' else unit}".strip(),
        before,
        with_day("nadir", "day_nadir"),
        with_day("peak", "day_peak"),
        number(row["day_half"], 0),
        number(row["day_target"], 0),
        number(row["rebound_day"], 0),
        f"{verdict}: {why}" if why else verdict,
    ]


def first(table: Table, most: int, where: str) -> Table:
    """The first rows of a table without their sources; its caption says where the rest is."""
    more = f"; {most} of {len(table.rows)}, all of them under {where}" if len(table.rows) > most else ""
    keep = [i for i, c in enumerate(table.columns) if not c.quiet]
    rows = [[row[i] for i in keep] for row in table.rows[:most]]
    return Table(table.caption + more, [table.columns[i] for i in keep], rows, "", table.empty)
