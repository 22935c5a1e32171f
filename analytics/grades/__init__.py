"""CTCAE grades 5.0 and 6.0 side by side: criteria as rows, grade, explanation, worst grade, time at grade, shift."""

from __future__ import annotations

from analytics.grades.ctcae import NOT_GRADABLE, Inputs, grade, grades_of
from analytics.grades.explain import Explanation, explain
from analytics.grades.summary import shift, time_at_grade, worst_grades

__all__ = [
    "NOT_GRADABLE",
    "Explanation",
    "Inputs",
    "explain",
    "grade",
    "grades_of",
    "shift",
    "time_at_grade",
    "worst_grades",
]
