"""Tables of one patient as CSV, each row with where it came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
from flask import Response, abort

from analytics.analysis import Analysis
from analytics.conflicts import with_held_instead
from dashboard.components.downloads import csv_response

WORDS: Mapping[str, str] = {
    "results": "Results",
    "events": "Events",
    "imaging": "Imaging",
    "rates": "Rates",
    "responses": "Before and after",
    "scores": "Scores",
    "findings": "Findings",
}
"""Name in the address to words on the button."""


def frame_of(analysis: Analysis, name: str) -> pd.DataFrame:
    """The table of this name, with the data cut-off, the generation and the settings that it was made under."""
    frames = {
        "results": lambda: with_held_instead("points", analysis.points, analysis.panel.held),
        "events": lambda: analysis.panel.events,
        "imaging": lambda: analysis.panel.imaging,
        "rates": lambda: analysis.series,
        "responses": lambda: analysis.responses,
        "scores": lambda: analysis.scores,
        "findings": lambda: analysis.findings,
    }
    return frames[name]().assign(
        data_up_to=analysis.panel.as_of, generation=analysis.panel.generation, settings=analysis.settings.digest
    )


def csv_of(analysis: Analysis, key: str, name: str, leaving: Callable[[pd.DataFrame], pd.DataFrame]) -> Response:
    """A download named by the opaque key, of what ``leaving`` lets out; 404 for a table that there is not."""
    if name not in WORDS:
        abort(404)
    return csv_response(leaving(frame_of(analysis, name)), f"{key}-{name}")
