"""The one pipeline: Panel -> Analysis. Screen, report and cluster all call :func:`analyse` and cannot disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from types import MappingProxyType

import pandas as pd

from analytics.case import Case, Derived
from analytics.panel import Panel
from analytics.settings import Settings
from analytics.tables import TABLES

PARTS = ("points", "series", "responses", "scores", "findings", "near", "readings", "answers")
"""Names of the result tables, each a table of analytics.tables."""

_MADE_BY: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "points": ("analytics.points_table", "points_frame"),
        "series": ("analytics.series_table", "series_frame"),
        "responses": ("analytics.responses", "responses_frame"),
        "scores": ("analytics.scores", "scores_frame"),
        "findings": ("analytics.rules", "findings_frame"),
        "near": ("analytics.rules", "near_frame"),
        "readings": ("analytics.rules.reading", "readings_frame"),
        "answers": ("analytics.answers", "answers_frame"),
    }
)
"""Module and function of each part: of a part that is read back, the science that made it is not even imported."""

_FROM_PARTS = ("answers",)
"""Parts that are made of other parts: their function takes the Analysis."""


@dataclass(frozen=True)
class Analysis:
    """Results of one panel under one set of thresholds, as canonical tidy frames.

    A part is computed when it is first asked for, unless it was given (read back from the snapshot).
    """

    panel: Panel
    settings: Settings
    given: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    derived: Derived = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def case(self) -> Case:
        """The panel as arrays, for what draws or explains beyond the frames."""
        return Case(self.panel, self.settings, self.derived)

    @cached_property
    def points(self) -> pd.DataFrame:
        """Table POINTS."""
        return self._part("points")

    @cached_property
    def series(self) -> pd.DataFrame:
        """Table SERIES."""
        return self._part("series")

    @cached_property
    def responses(self) -> pd.DataFrame:
        """Table RESPONSES."""
        return self._part("responses")

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Table SCORES."""
        return self._part("scores")

    @cached_property
    def findings(self) -> pd.DataFrame:
        """Table FINDINGS."""
        return self._part("findings")

    @cached_property
    def near(self) -> pd.DataFrame:
        """Table NEAR: for each patient and rule that did not hold, the nearest miss."""
        return self._part("near")

    @cached_property
    def readings(self) -> pd.DataFrame:
        """Table READINGS: what each episode of changed liver tests may be read as, with facts for and against."""
        return self._part("readings")

    @cached_property
    def answers(self) -> pd.DataFrame:
        """Table ANSWERS: tumour, liver injury, liver function, bile ducts and follow-up, a row each."""
        return self._part("answers")

    def tables(self) -> dict[str, pd.DataFrame]:
        """All parts, computed."""
        return {name: getattr(self, name) for name in PARTS}

    def _part(self, name: str) -> pd.DataFrame:
        if name in self.given:
            return self.given[name]
        module, function = _MADE_BY[name]
        asked = self if name in _FROM_PARTS else self.case
        frame = getattr(import_module(module), function)(asked)
        assert isinstance(frame, pd.DataFrame)
        return TABLES[name].conform(frame)


def analyse(panel: Panel, settings: Settings | None = None) -> Analysis:
    """Analyse 1..N patients at once.

    Args:
        panel: frozen canonical frames.
        settings: thresholds; the defaults where None.

    Returns:
        Analysis with the tables of PARTS; nothing is computed before it is asked for.
    """
    return Analysis(panel, Settings() if settings is None else settings)
