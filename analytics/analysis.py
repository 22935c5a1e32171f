"""The one pipeline: Panel -> Analysis. Screen, report and cluster all call :func:`analyse` and cannot disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from analytics.case import Case, Kept
from analytics.panel import Panel
from analytics.settings import Settings
from analytics.tables import TABLES

PARTS = ("points", "series", "responses", "scores", "findings", "near", "readings")
"""Names of the result tables, each a table of analytics.tables."""


@dataclass(frozen=True)
class Analysis:
    """Results of one panel under one set of thresholds, as canonical tidy frames.

    A part is computed when it is first asked for, unless it was given (read back from the snapshot).
    """

    panel: Panel
    settings: Settings
    given: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    kept: Kept | None = field(default=None, repr=False, compare=False)

    @cached_property
    def case(self) -> Case:
        """The panel as arrays, for what draws or explains beyond the frames."""
        return Case(self.panel, self.settings, self.kept)

    @cached_property
    def points(self) -> pd.DataFrame:
        """Table POINTS."""
        from analytics.derive.frame import points_frame

        return self._part("points", points_frame)

    @cached_property
    def series(self) -> pd.DataFrame:
        """Table SERIES."""
        from analytics.trends.series import series_frame

        return self._part("series", series_frame)

    @cached_property
    def responses(self) -> pd.DataFrame:
        """Table RESPONSES."""
        from analytics.responses import responses_frame

        return self._part("responses", responses_frame)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Table SCORES."""
        from analytics.scores import scores_frame

        return self._part("scores", scores_frame)

    @cached_property
    def findings(self) -> pd.DataFrame:
        """Table FINDINGS."""
        from analytics.rules import findings_frame

        return self._part("findings", findings_frame)

    @cached_property
    def near(self) -> pd.DataFrame:
        """Table NEAR: for each patient and rule that did not hold, the nearest miss."""
        from analytics.rules import near_frame

        return self._part("near", near_frame)

    @cached_property
    def readings(self) -> pd.DataFrame:
        """Table READINGS: what each episode of changed liver tests may be read as, with facts for and against."""
        from analytics.rules.reading import readings_frame

        return self._part("readings", readings_frame)

    def tables(self) -> dict[str, pd.DataFrame]:
        """All parts, computed."""
        return {name: getattr(self, name) for name in PARTS}

    def _part(self, name: str, compute: object) -> pd.DataFrame:
        if name in self.given:
            return self.given[name]
        assert callable(compute)
        frame = compute(self.case)
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
