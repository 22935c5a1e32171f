"""A list as a cohort: who is in it, aligned curves, worst grades, shifts, peaks, changes, time to an event, listings.

Counts below the site's smallest cell are hidden unless the report may identify patients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analytics.analytes import shown
from analytics.cohort.aligned import align, banded, windows
from analytics.cohort.change import changes
from analytics.cohort.edish import CUTS, QUADRANTS, counts, peaks
from analytics.cohort.peaks import on_treatment
from analytics.cohort.query.parser import parse_question
from analytics.cohort.query.question import Anchor
from analytics.cohort.shift import shift_rows, shift_table
from analytics.cohort.small_cells import suppress, suppressed
from analytics.derive.baseline import baselines_of
from analytics.derive.points import points_of
from analytics.rules import rules
from analytics.tables import CLOSED_STATES
from dashboard.figures import cohort_curves, cohort_edish, cohort_survival, cohort_waterfall
from dashboard.figures.cohort_view import EVERY_HORIZON, CohortView
from dashboard.reports import Report
from dashboard.reports._blocks import Block, Column, Content, Picture, Say, Section, Table
from dashboard.reports._cohort_people import change_table, people, steps, time_table
from dashboard.reports._figures import sections_of
from dashboard.reports._report_input import ReportInput
from dashboard.theme import LEVEL_GLYPHS
from dashboard.wording import ABSENT, count_of, level_word, number, prose, when, whole

_CURVES = ("ALT", "ALP", "BILI")
_SHIFTED = ("ALT", "AST", "ALP", "BILI")
_GRADED = ("ALT", "AST", "ALP", "GGT", "BILI", "ALB", "INR", "PLAT")
_VERSIONS = ("5.0", "6.0")
_WINDOWS = windows(EVERY_HORIZON[0], EVERY_HORIZON[1] - 1, cohort_curves.WIDTH)
"""Those of the picture."""
_QUESTION = "ALT above 3 x ULN"
_MOST_NAMED = 50
_FIRST_DOSE = Anchor("first dose")


def build(report_input: ReportInput) -> Content:
    """The report of every patient of this report_input as one cohort."""
    population = np.ones(len(report_input.panel), dtype=bool)
    view = CohortView(
        report_input.analysis,
        members=population,
        selected=~population,
        name=report_input.of,
        keys=report_input.names,
        question=parse_question(_QUESTION),
        scale="x_baseline",
        by=report_input.group_by,
        moved=not report_input.identified,
    )
    sections = [
        Section("Who is in it", _who(report_input, view)),
        Section(
            "Aligned on the first dose", [b for code in _CURVES for b in _curve(report_input, view, code)], "curves"
        ),
        Section("Worst grade on treatment", _worst(report_input)),
        Section("From baseline to worst grade", [b for code in _SHIFTED for b in _shift(report_input, code)]),
        Section("Peak ALT and peak bilirubin", _peaks(report_input, replace(view, scale="x_uln")), "peaks"),
        Section("Change from baseline to peak", _waterfall(report_input, view), "waterfall"),
        Section(f"Time to: {_QUESTION}", _survival(report_input, view), "time_to"),
        *sections_of("cohort", view, least=_least(report_input), live=report_input.identified),
        Section("Listings", _listings(report_input), page=2),
    ]
    return Content(
        title=f"hepatrend · cohort {report_input.of}".strip(),
        subtitle=f"{count_of(len(report_input.panel), 'patient')} · data cut-off {report_input.cut_off}",
        sections=sections,
        footer=report_input.footer(),
        run=report_input.run_line,
        warnings=list(report_input.problems),
        headline=f"hepatrend cohort: {count_of(len(report_input.panel), 'patient')}",
        counts={"patients": len(report_input.panel)}
        | ({} if report_input.changes is None else report_input.changes.counts),
    )


def _least(report_input: ReportInput) -> int:
    return 1 if report_input.identified else int(report_input.analysis.settings.cohort.small_cell)


def attrition(report_input: ReportInput) -> list[tuple[str, int]]:
    """How many patients are left after each condition."""
    case = report_input.analysis.case
    n, points = len(report_input.panel), points_of(case)
    with_results = np.zeros(n, dtype=bool)
    with_results[points.patient] = True
    treated = np.zeros(n, dtype=bool)
    treated[points.patient[on_treatment(case) & np.isfinite(baselines_of(case).since)]] = True
    both = np.zeros(n, dtype=bool)
    both[peaks(case)["patient"].to_numpy(np.int64)] = True
    return [
        ("on the list", n),
        ("with any number result", int(with_results.sum())),
        ("with a result after the first treatment", int((with_results & treated).sum())),
        ("of these with ALT and bilirubin that have limits", int((treated & both).sum())),
    ]


def _who(report_input: ReportInput, view: CohortView) -> list[Block]:
    """The cohort as it was asked for, the patients at each step, and who they are."""
    least = _least(report_input)
    asked = report_input.of or "all patients"
    said = [Say(f"Cohort: {asked}."), Say(f"Groups: {', '.join(view.groups.names)}. Day 0: the first dose.")]
    said += _since(report_input)
    return [*said, steps(attrition(report_input), least), people(report_input, view, least)]


def _since(report_input: ReportInput) -> list[Say]:
    """Who entered and who left since the last report of this list; names only where they may be told."""
    changes = report_input.changes
    if changes is None or changes.first:
        return []
    found = []
    for who, word in ((changes.joined, "entered"), (changes.left, "left")):
        told = suppressed(len(who), _least(report_input))
        names = f": {', '.join(who[:_MOST_NAMED])}" if who and report_input.identified else ""
        found.append(f"{told} {word}{names}")
    return [Say(f"Since the last report {'; '.join(found)}.")]


def _pictured(report_input: ReportInput, picture: Picture) -> list[Block]:
    """The picture, unless its marks are single patients and the reader may not count those."""
    if report_input.identified:
        return [picture]
    return [Say(f"{picture.says} No picture: its marks would be single patients; the table has the counts.")]


def _curve(report_input: ReportInput, view: CohortView, code: str) -> list[Block]:
    chosen = replace(view, analyte=code)
    table = banded(align(chosen.case, code, _FIRST_DOSE, "x_baseline"), chosen.groups, _WINDOWS)
    least = _least(report_input)
    rows = []
    for r in table.to_dict("records"):
        hidden = r["n"] < max(least, cohort_curves.LEAST)
        span = f"day {r['low']} to {r['high']}"
        values = [ABSENT if hidden else number(r[q], 2) for q in ("q25", "q50", "q75")]
        rows.append([str(r["group"]), span, suppressed(int(r["n"]), least), *values])
    columns = (
        Column("Group", once=True),
        Column("Days since first dose", whole=True),
        Column("Patients", numeric=True),
        Column("Lower quartile", numeric=True),
        Column("Median", numeric=True),
        Column("Upper quartile", numeric=True),
    )
    last = next((r for r in reversed(rows) if r[4] != ABSENT), None) if len(view.groups.names) < 2 else None
    says = f"{shown(code)} as multiple of the baseline of the line, by days since the first dose"
    says += f"; median {last[4]} at {last[1]}." if last else "."
    twin = Table(f"{shown(code)} × baseline", columns, rows, f"curve_{code.lower()}")
    return [Picture(cohort_curves.draw(chosen), says, "curves", live=report_input.identified), twin]


def _worst(report_input: ReportInput) -> list[Block]:
    grades = (0, 1, 2, 3, 4)
    columns = (Column("Test"), Column("CTCAE"), *(Column(f"Grade {g}", numeric=True) for g in grades))
    body = {}
    for code in _GRADED:
        for version in _VERSIONS:
            worst = shift_rows(report_input.analysis.case, code, version)["worst"]
            body[(shown(code), version)] = {g: int((worst == g).sum()) for g in grades}
    frame = pd.DataFrame.from_dict(body, orient="index")
    text = suppress(frame, _least(report_input)) if len(frame) else frame
    rows = [[code, version, *line] for (code, version), line in zip(body, text.to_numpy().tolist(), strict=True)]
    return [Table("Patients by worst grade after the first dose", columns, rows, "worst_grade")]


def _shift(report_input: ReportInput, code: str) -> list[Block]:
    blocks: list[Block] = []
    for version in _VERSIONS:
        table = shift_table(shift_rows(report_input.analysis.case, code, version))
        text = suppress(table, _least(report_input))
        columns = (Column("Baseline"), *(Column(f"worst {_grade(g)}", numeric=True) for g in table.columns))
        rows = [[_grade(g), *text.loc[g].tolist()] for g in table.index]
        caption = f"{shown(code)}, CTCAE {version}: baseline grade to worst grade, patients"
        blocks.append(Table(caption, columns, rows, f"shift_{code.lower()}_v{version[0]}"))
    return blocks


def _grade(grade: Any) -> str:
    return "not gradable" if int(grade) < 0 else str(int(grade))


def _peaks(report_input: ReportInput, view: CohortView) -> list[Block]:
    frame = peaks(report_input.analysis.case)
    cuts = [c for c in CUTS.values() if c.scale == "x_uln"]
    least = _least(report_input)
    columns = (
        Column("Limits"),
        *(Column(words, numeric=True) for words in QUADRANTS.values()),
        Column("Source", wide=True),
    )
    rows = []
    for cut in cuts:
        label = f"{cut.label}: ALT {cut.at:g} ×, bilirubin {cut.bili:g} × ULN"
        rows.append([label, *_quadrants(frame, cut.at, cut.bili, least).values(), cut.source])
    figure = _with_parks(cohort_edish.draw(view), view)
    both = _quadrants(frame, view.at_cut, view.bili_cut, least)["both"]
    says = f"Peaks of {count_of(len(frame), 'patient')}; above both limits of eDISH: {both}."
    return [
        *_pictured(report_input, Picture(figure, says, "peaks", live=report_input.identified)),
        Table("Patients in each quadrant", columns, rows, "quadrants"),
    ]


def _quadrants(frame: pd.DataFrame, at: float, bili: float, least: int) -> dict[str, str]:
    """Patients by quadrant as text; where one count is hidden another is too, since the sum is known."""
    found = counts(frame, at, bili)
    text = suppress(pd.DataFrame([{q: found[q] for q in QUADRANTS}]), least)
    return {q: str(text[q].iloc[0]) for q in QUADRANTS}


def _with_parks(figure: dict[str, Any], view: CohortView) -> dict[str, Any]:
    """The limits for people with liver metastases as dotted lines beside the usual ones."""
    cut = CUTS["parks_metastases"]
    line = {"color": view.paint.ink_soft, "width": 1, "dash": "dot"}
    lines = [
        {"type": "line", "xref": "x", "yref": "paper", "x0": cut.at, "x1": cut.at, "y0": 0, "y1": 1, "line": line},
        {"type": "line", "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "y0": cut.bili, "y1": cut.bili, "line": line},
    ]
    layout = figure["layout"]
    return figure | {"layout": layout | {"shapes": [*layout.get("shapes", ()), *lines]}}


def _waterfall(report_input: ReportInput, view: CohortView) -> list[Block]:
    chosen = replace(view, analyte="ALT")
    drawn = len(changes(chosen.case, "ALT", "peak", chosen.members))
    most = cohort_waterfall.MOST_BARS
    how = "one bar a patient" if drawn <= most else f"a curve through {most} of {whole(drawn)} patients"
    says = f"Change of ALT from baseline to its peak on treatment, largest first, {how}."
    picture = Picture(cohort_waterfall.draw(chosen), says, "waterfall", live=False)
    return [*_pictured(report_input, picture), change_table(chosen, _least(report_input))]


def _survival(report_input: ReportInput, view: CohortView) -> list[Block]:
    says = f"Share of patients in whom it has not happened ({_QUESTION}), by days since the first dose."
    picture = Picture(cohort_survival.draw(view), says, "time_to", live=False)
    return [*_pictured(report_input, picture), time_table(view, _least(report_input))]


def _listings(report_input: ReportInput) -> list[Block]:
    clocks: Mapping[str, str] = dict(
        zip(report_input.panel.patients["patient_id"], report_input.panel.patients["clock"], strict=True)
    )
    still = [
        f
        for f in report_input.rows("findings")
        if f["state"] not in CLOSED_STATES and f["level"] in ("urgent", "attention")
    ]
    still.sort(key=lambda f: (f["level"] != "urgent", report_input.names[f["patient_id"]], str(f["rule"])))
    rows = [
        [
            report_input.names[f["patient_id"]],
            f"{LEVEL_GLYPHS[f['level']]} {level_word(f['level'])}",
            rules()[f["rule"]].title if f["rule"] in rules() else str(f["rule"]),
            when(f["onset"], clocks[f["patient_id"]]),
            prose(f["says"]),
        ]
        for f in still
    ]
    columns = (
        Column("Patient"), Column("Level", whole=True), Column("Rule"), Column("Since", whole=True),
        Column("Finding", wide=True),
    )  # fmt: skip
    return [
        Say("Patients are named by " + ("id." if report_input.identified else "pseudonym.")),
        Table("Open findings that need attention", columns, rows, "open_findings"),
    ]


REPORT = Report("cohort", "Cohort", "How does this list look as a whole?", "list", build)
