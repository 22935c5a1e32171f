"""Who the patients of a cohort report are, and counts of theirs that cannot be had from those that are shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.cohort.change import changes
from analytics.cohort.groups import groups_of
from analytics.cohort.outcome import outcome
from analytics.cohort.small_cells import suppress
from analytics.people import age_at
from analytics.regimen import regimen_name
from dashboard.figures.cohort_view import CohortView
from dashboard.reports._blocks import Cell, Column, Table
from dashboard.reports._report_input import ReportInput

_AGES = (
    (0, 49, "below 50"),
    (50, 59, "50 to 59"),
    (60, 69, "60 to 69"),
    (70, 79, "70 to 79"),
    (80, 199, "80 or older"),
)
_TRAITS = (
    ("sex", "Sex"),
    ("primary_site", "Primary"),
    ("regimen", "First regimen"),
    ("line", "Lines of therapy"),
)
_SEXES = {"F": "female", "M": "male"}
_UNKNOWN = "not recorded"
_CHANGES = ((0.0, 1.0), (1.0, 2.0), (2.0, 3.0), (3.0, 5.0), (5.0, 8.0), (8.0, np.inf))
"""Classes of the highest value on treatment, in multiples of the baseline."""
_DAYS = (0, 28, 56, 84, 112, 168, 252, 364)


def steps(told: Sequence[tuple[str, int]], least: int) -> Table:
    """Patients at each step; where a few are lost only a range is told, since the difference would count them."""
    rows: list[list[Cell]] = []
    before = None
    for says, n in told:
        if 0 < n < least:
            text = f"<{least}"
        elif before is not None and 0 < before - n < least:
            text = f"{before - least + 1} to {before}"
        else:
            text, before = str(n), n
        rows.append([says, text])
    return Table("Patients at each step", (Column("Patients"), Column("n", numeric=True)), rows, "attrition")


def people(report_input: ReportInput, view: CohortView, least: int) -> Table:
    """Age, sex, primary, regimen and lines of the patients, a row a group."""
    rows: list[list[Cell]] = []
    for name, counts in [("Age", _ages(report_input)), *((label, _counts(view, by)) for by, label in _TRAITS)]:
        kept = counts[counts > 0]
        text = suppress(kept.to_frame("n"), least)["n"] if len(kept) else kept
        rows += [[name, str(group), str(n)] for group, n in text.items()]
    columns = (Column("What", once=True), Column("Group"), Column("Patients", numeric=True))
    return Table("Who they are: age at the newest result, sex, primary, first regimen, lines", columns, rows, "people")


def _ages(report_input: ReportInput) -> pd.Series[int]:
    labs = report_input.panel.labs
    last = labs.groupby("patient_id")["collected_at"].max()
    ages = [age_at(row, last.get(row["patient_id"])) for row in report_input.rows("patients")]
    found = {says: sum(a is not None and low <= a <= high for a in ages) for low, high, says in _AGES}
    return pd.Series(found | {_UNKNOWN: sum(a is None for a in ages)})


def _counts(view: CohortView, by: str) -> pd.Series[int]:
    groups = groups_of(view.case, by)
    named = regimen_name if by == "regimen" else " + ".join
    words = [_SEXES.get(name, named(tuple(name.split(" + ")))) for name in groups.names]
    found = {word: int((groups.of == i).sum()) for i, word in enumerate(words)}
    return pd.Series(found | {_UNKNOWN: int((groups.of < 0).sum())}, dtype="int64")


def change_table(view: CohortView, least: int) -> Table:
    """How many patients reached which multiple of their baseline: the waterfall in numbers."""
    frame = changes(view.case, view.analyte, "peak", view.members)
    times = 1 + frame["change_pct"].to_numpy(np.float64) / 100
    found = {_class_words(a, b): int(((times >= a) & (times < b)).sum()) for a, b in _CHANGES}
    text = suppress(pd.Series(found).to_frame("n"), least)["n"]
    columns = (Column("Highest value"), Column("Patients", numeric=True))
    return Table(
        f"{view.analyte}: highest value on treatment in multiples of the baseline",
        columns,
        [[str(says), str(n)] for says, n in text.items()],
        "waterfall",
    )


def _class_words(low: float, high: float) -> str:
    if not low:
        return f"below {high:g} × baseline"
    return f"{low:g} × baseline or more" if np.isinf(high) else f"{low:g} to below {high:g} × baseline"


def time_table(view: CohortView, least: int) -> Table:
    """Patients at risk, and the share without the event, at fixed days: the curves in numbers.

    Where fewer than ``least`` patients have had it, the share would count them: it is left out, and so it is where few
    are at risk.
    """
    rows: list[list[Cell]] = []
    if view.question is not None:
        found = outcome(view.case, view.question, view.anchor, view.groups, view.members)
        for name, curve in found.curves.items():
            day = found.rows.loc[found.rows["group"] == name, "day"].to_numpy(np.float64)
            for at in _DAYS:
                risk, had = int((day >= at).sum()), int(curve.events[curve.day <= at].sum())
                share = float(curve.free[curve.day <= at][-1]) if (curve.day <= at).any() else 1.0
                few = 0 < risk < least or 0 < had < least or not risk
                shown = f"<{least}" if 0 < risk < least else str(risk)
                rows.append([name, str(at), shown, "–" if few else f"{share:.0%}"])
    columns = (
        Column("Group", once=True),
        Column("Day", numeric=True),
        Column("At risk", numeric=True),
        Column("Without the event", numeric=True),
    )
    return Table("Patients at risk and share without the event", columns, rows, "time_to")
