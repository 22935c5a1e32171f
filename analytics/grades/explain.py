"""Why a result has its grade: version, branch, inputs and the deciding criterion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.analytes import ANALYTES, CODES, shown
from analytics.case import Case
from analytics.derive.points import points_of
from analytics.grades.criteria import rows_of
from analytics.grades.ctcae import NOT_GRADABLE, Inputs, branch_masks, grade, grades_of, inputs_of

_BRANCH = {
    "normal": "baseline normal",
    "high": "baseline above ULN",
    "low": "baseline below LLN",
    "anticoagulated": "on an anticoagulant",
}
_RANGE_OF_V6 = 5.0
"""CTCAE 6.0 prints ALT and AST grade 3 for a baseline up to this multiple of ULN."""


@dataclass(frozen=True)
class Explanation:
    """One grade with everything behind it; ``grade`` is None where not gradable."""

    version: str
    analyte: str
    branch: str
    grade: int | None
    criterion: str
    inputs: str
    note: str

    @property
    def says(self) -> str:
        """One line: version, analyte, branch, grade, criterion, inputs, note."""
        what = "not gradable" if self.grade is None else f"grade {self.grade}"
        parts = [
            f"CTCAE {self.version}, {shown(self.analyte)}, {self.branch}: {what}",
            self.criterion,
            self.inputs,
            self.note,
        ]
        return "; ".join(p for p in parts if p)


def explain(case: Case, position: int, version: str = "5.0") -> Explanation:
    """Explain the grade of one result.

    Args:
        case: the case.
        position: position of the result in ``points_of(case)`` and in table POINTS.
        version: "4.0", "5.0" or "6.0".
    """
    code = CODES[int(points_of(case).analyte[position])]
    inputs = inputs_of(case).take(np.array([position]))
    masks = branch_masks(inputs)
    special = [b for b in ("anticoagulated", "high", "low") if masks[b][0] and _has_branch(version, code, b)]
    branch = special[0] if special else "normal"
    value, sign = int(grades_of(case, version)[position]), int(points_of(case).comparator[position])
    met = [row for row in rows_of(version, code, branch) if row.grade == value]
    words = _BRANCH[branch]
    if branch == "normal" and np.isnan(inputs.baseline_x_uln[0]) and _has_branch(version, code, "high"):
        words = "baseline unknown, graded as normal"
    return Explanation(
        version,
        code,
        words,
        None if value == NOT_GRADABLE else value,
        met[0].says if met else "",
        _inputs_in_words(code, inputs, sign),
        _limit_note(value, sign, int(grade(version, code, inputs)[0])) or _note(version, code, branch, value, inputs),
    )


def _has_branch(version: str, code: str, branch: str) -> bool:
    return any(row.branch == branch for row in rows_of(version, code, branch))


def _limit_note(value: int, sign: int, of_limit: int) -> str:
    """What a result that is given as a limit leaves open; ``of_limit`` is the grade of that number."""
    if not sign or of_limit == NOT_GRADABLE:
        return ""
    given = f"the result is given only as {'above' if sign > 0 else 'below'} this number"
    return f"{given}: at least this grade" if value > 0 else f"{given}, which leaves the grade open" if value else ""


def _inputs_in_words(code: str, inputs: Inputs, sign: int) -> str:
    analyte = ANALYTES[code]
    parts = [f"{('', '>', '<')[sign]}{inputs.value[0]:.{analyte.decimals}f} {analyte.unit}"]
    for name, unit in (("x_uln", "× ULN"), ("x_baseline", "× baseline"), ("baseline_x_uln", "× ULN at baseline")):
        x = getattr(inputs, name)[0]
        if np.isfinite(x):
            parts.append(f"{x:.2f} {unit}")
    return ", ".join(parts)


def _note(version: str, code: str, branch: str, value: int, inputs: Inputs) -> str:
    if value == NOT_GRADABLE:
        return "no grading criteria" if not rows_of(version, code, branch) else "a limit or the baseline is missing"
    if version == "5.0" and branch == "high" and value == 0 and inputs.x_uln[0] > 1:
        first = rows_of(version, code, branch)[0].tests[0].limit
        return f"above ULN, below {first:g} × baseline"
    if version == "6.0" and branch == "high" and code in ("ALT", "AST") and inputs.baseline_x_uln[0] > _RANGE_OF_V6:
        return "baseline outside the range that version 6.0 prints (5 × ULN)"
    return ""
