"""Tables of the cohort views: the number of each cell is a button that selects the patients behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from dash import dcc, html

from analytics.analytes import shown
from analytics.cohort.compare import compare_slopes
from analytics.cohort.edish import QUADRANTS, quadrant_name
from analytics.cohort.monitoring_gaps import limit_changes, missing, overdue
from analytics.cohort.outcome import outcome
from analytics.cohort.part_columns import columns_of
from analytics.cohort.patient_table import responses_by_kind
from analytics.cohort.shift import GRADES, shift_rows, shift_table
from analytics.cohort.site_quality import board
from analytics.cohort.small_cells import is_small, suppress
from analytics.cohort.survival import Curve
from analytics.event_kinds import EVENT_KINDS
from analytics.grades import NOT_GRADABLE
from analytics.tables import CLOSED_STATES
from dashboard.components.frame import patient_href
from dashboard.components.notices import empty
from dashboard.components.numbers import MOST_ROWS
from dashboard.components.table import Head, table
from dashboard.figures import cohort_migration
from dashboard.figures.cohort_view import CohortView
from dashboard.web.attributes import wild
from dashboard.wording import ABSENT, count_of, number, text, when, whole

Cell = Callable[..., Any]
"""Makes the id of a cell's button from what it selects."""


def grade_words(grade: int) -> str:
    """Grade as a table head."""
    return "not gradable" if grade == NOT_GRADABLE else f"grade {grade}"


def shift_tables(view: CohortView, cell: Cell, *, hide: bool) -> list[Any]:
    """Baseline to worst, CTCAE 5.0 and 6.0 side by side."""
    return [
        html.Section(
            [
                html.H3(f"{shown(view.analyte)}, CTCAE {version}"),
                _shift(view, version, cell, hide=hide),
            ]
        )
        for version in ("5.0", "6.0")
    ]


def _shift(view: CohortView, version: str, cell: Cell, *, hide: bool) -> Any:
    counts = shift_table(shift_rows(view.case, view.analyte, version, view.members))
    words = suppress(counts, view.analysis.settings.cohort.small_cell) if hide else counts.astype(str)
    heads = [Head("baseline ↓ worst →"), *[Head(grade_words(g), numeric=True) for g in GRADES]]
    rows = [
        [
            grade_words(before),
            *[
                _button(
                    str(words.loc[before, after]),
                    cell("cell", f"shift|{view.analyte}|{version}|{before}|{after}"),
                    f"baseline {grade_words(before)}, worst {grade_words(after)}",
                )
                for after in GRADES
            ],
        ]
        for before in GRADES
    ]
    return table(heads, rows, caption=f"Shift of {view.analyte} grades, CTCAE {version}")


def _button(count: str, identity: Any, label: str) -> Any:
    if count in ("0", "–") or count.startswith("<"):  # who is behind a hidden number is not shown either
        return html.Span(count, className="faint")
    aria = wild({"aria-label": f"{count} patients: {label}; select them"})
    return html.Button(count, id=identity, className="button small", n_clicks=0, **aria)


def migration_table(view: CohortView, cell: Cell) -> list[Any]:
    """Quadrant before treatment against quadrant of the peaks."""
    found = cohort_migration.table_of(view)
    words = cohort_migration.words_of(view, found)
    concern = found.set_index(["before", "peak"])["concern"]
    heads = [Head("before ↓ peak →"), *[Head(quadrant_name(q), numeric=True) for q in QUADRANTS]]
    rows = [
        [
            quadrant_name(before),
            *[
                html.Div(
                    [
                        _button(
                            str(words.loc[before, peak]),
                            cell("cell", f"migration|{before}|{peak}"),
                            f"{quadrant_name(before)} to {quadrant_name(peak)}",
                        ),
                        html.Small(concern[before, peak], className="soft"),
                    ]
                )
                for peak in QUADRANTS
            ],
        ]
        for before in QUADRANTS
    ]
    without = int(view.members.sum()) - int(found["n"].sum())
    said = view.count(without) + (" patient" if without == 1 else " patients")
    return [
        table(heads, rows, caption="Patients by quadrant before treatment and at the peaks"),
        html.P(
            f"Both in × ULN, limits {view.at_cut:g} for {view.at_code} and {view.bili_cut:g} for bilirubin. {said} "
            "without both values before treatment and both peaks after it are not in this table. Readings of moves: "
            "Tesfaldet et al., 2024.",
            className="soft",
        ),
    ]


def follow_tables(view: CohortView) -> list[Any]:
    """Overdue panels and missing tests."""
    lacks = missing(view.case, members=view.members)
    late = _late_by_rule(view) if view.moved else overdue(view.case, view.members)
    days = view.analysis.settings.follow.overdue_days
    top = late.head(MOST_ROWS)
    listed = [
        [_link(view, p), when(t), whole(d), text(a)]
        for p, t, d, a in zip(top["patient_id"], top["last"], top["days"], top["agents"], strict=True)
    ]
    heads = [Head("Patient"), Head("Latest results"), Head("Days ago", numeric=True), Head("Going on", wide=True)]
    recent = "All patients on treatment have a recent panel."
    rows = [
        [shown(r["analyte"]), *[view.count(r[c]) for c in ("with_result", "never", "not_since_start")]]
        for r in lacks.to_dict("records")
    ]
    title = f"No liver panel in the last {days} days while on systemic treatment: {count_of(len(late), 'patient')}"
    return [
        html.H3(title),
        table(heads, listed, caption=title) if listed else empty(recent if view.members.any() else view.nobody),
        html.H3("Tests that are missing"),
        table(
            [
                Head("Analyte"),
                *[Head(h, numeric=True) for h in ("with a result", "never", "not since first treatment")],
            ],
            rows,
            caption="Patients without a result, by analyte",
        ),
    ]


def _late_by_rule(view: CohortView) -> pd.DataFrame:
    """As overdue(), from the findings: under moved dates there is no one cut-off to count from."""
    rows = columns_of(view.analysis, "findings", ("patient_id", "rule", "state", "severity"))
    rows = rows[(rows["rule"] == "overdue_panel") & ~rows["state"].isin(CLOSED_STATES)]
    rows = rows[view.members[view.analysis.panel.codes_of(rows["patient_id"])]].astype({"patient_id": "str"})
    rows = rows.sort_values(["severity", "patient_id"], ascending=[False, True])
    return pd.DataFrame(
        {"patient_id": rows["patient_id"], "last": pd.NaT, "days": rows["severity"].round(), "agents": ""}
    )


def limit_table(view: CohortView) -> list[Any]:
    """Changes of upper limits; each multiple by the limit of its own day."""
    found = limit_changes(view.case, (view.analyte,), view.members)
    if found.empty:
        return [empty(f"No upper limit of {view.analyte} changed in this cohort.")]
    clock = view.analysis.panel.patients.set_index("patient_id")["clock"]
    rows = [
        [
            _link(view, r["patient_id"]),
            when(r["at"], clock[r["patient_id"]]),
            number(r["uln_before"]),
            number(r["uln_after"]),
            text(r["lab_before"]),
            text(r["lab_after"]),
            number(r["x_uln"], 2),
            number(r["x_uln_old"], 2),
        ]
        for r in found.head(MOST_ROWS).to_dict("records")
    ]
    heads = [
        "Patient",
        "First result",
        "ULN before",
        "ULN after",
        "Laboratory before",
        "after",
        "× own ULN",
        "× old ULN",
    ]
    caption = f"Changes of the upper limit of {view.analyte}: {len(found)} in {found['patient_id'].nunique()} patients"
    return [
        html.H3(caption),
        table([Head(h, numeric=i in (2, 3, 6, 7)) for i, h in enumerate(heads)], rows, caption=caption),
    ]


def board_table(view: CohortView) -> list[Any]:
    """Data quality by site."""
    found = board(view.case, view.members)
    heads = {
        "site": "Site",
        "patients": "Patients",
        "results": "Results",
        "complete_panel_pct": "Complete panels %",
        "without_uln_pct": "Without limit %",
        "below_limit_pct": "Below or above a limit %",
        "corrected": "Corrected",
        "held": "Quarantined",
        "jumps": "Jumps > 10 x in 3 days",
        "limit_changes": "Limit changes",
        "median_gap_days": "Median days between",
    }
    rows = [
        [
            r["site"],
            *[number(r[c], 1) if c.endswith("pct") or c.startswith("median") else whole(r[c]) for c in list(heads)[1:]],
        ]
        for r in found.to_dict("records")
    ]
    return [table([Head(h, numeric=i > 0) for i, h in enumerate(heads.values())], rows, caption="Data quality by site")]


def response_table(view: CohortView) -> list[Any]:
    """Responses after events, by kind, of the chosen analyte."""
    found = responses_by_kind(view.analysis, view.members, view.analyte)
    if found.empty:
        return [empty(f"No event of this cohort has {view.analyte} before and after it.")]
    rows = [
        [
            EVENT_KINDS[r["kind"]].label,
            view.count(r["events"]),
            view.count(r["with_before"]),
            number(r["median_before"]),
            number(r["median_nadir_pct"], 0),
            view.count(r["reached_half"]),
            number(r["median_day_half"], 0),
            view.count(r["rose_again"]),
            view.count(r.get("on_course", 0)),
            view.count(r.get("slow", 0)),
            view.count(r.get("rising_again", 0)),
        ]
        for r in found.to_dict("records")
    ]
    heads = ["Event", "Events", "With a value before", "Median before", "Lowest after, % of before", "Reached half"]
    heads += ["Median day of half", "Rose again", "On course", "Slow", "Rising again"]
    caption = f"{shown(view.analyte)} after events"
    return [table([Head(h, numeric=i > 0) for i, h in enumerate(heads)], rows, caption=caption)]


def survival_table(view: CohortView) -> list[Any]:
    """Curves of time to event as numbers: patients, events, median, by group."""
    if view.question is None:
        return []
    asked = view.members if view.asked is None else view.asked
    found = outcome(view.case, view.question, view.anchor, view.groups, asked)
    rows = [[name, view.count(c.n), view.count(c.events.sum()), _median(view, c)] for name, c in found.curves.items()]
    heads = [Head("Group"), *[Head(h, numeric=True) for h in ("Patients", "Events", "Median days")]]
    return [table(heads, rows, caption="Time to event by group")] if rows else []


def _median(view: CohortView, curve: Curve) -> str:
    """Median of a curve in days; of a curve that too few events make it is not told."""
    if is_small(int(curve.events.sum()), view.hide_below):
        return ABSENT
    return "not reached" if curve.median != curve.median else whole(curve.median)


def compare_table(view: CohortView) -> list[Any]:
    """Slopes of the groups, every sentence with its numbers."""
    if view.by == "none" or len(view.groups.names) < 2:
        return [empty("Choose groups to compare.")]
    found = compare_slopes(view.case, view.groups, view.anchor, members=view.members)
    if found.empty:
        return [empty("Only one of the groups has results.")]
    rate = 100 * view.analysis.settings.cohort.false_discovery
    return [
        html.P(
            f"Mean slope of each group against the first over 180 days from {view.anchor_words()}, by one mixed model "
            f"an analyte with each patient's own level and slope; at most {rate:g}% of the claims of this table are "
            "expected to be false (Benjamini, Hochberg). Patients who drop out seldom do so by chance.",
            className="soft",
        ),
        html.Ul(
            [
                html.Li(says, className="holds" if holds else "soft")
                for says, holds in zip(found["says"], found["holds"], strict=True)
            ]
        ),
    ]


def _link(view: CohortView, patient_id: str) -> Any:
    key = view.key(patient_id)
    return dcc.Link(key, href=patient_href(key))
