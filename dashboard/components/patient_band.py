"""The choice of a band of other patients behind one test of the chart, what it is made of, and its numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import html

from analytics.analysis import Analysis
from analytics.analytes import shown
from analytics.cohort.population_band import population_band
from analytics.store.read_store import ReadStore
from dashboard.components.patient_head import name_of
from dashboard.components.patient_state import State
from dashboard.components.table import Head, table
from dashboard.figures.behind import Behind, few_digits, sentences
from dashboard.figures.choice import SCALES, Choice
from dashboard.figures.tracks import tracks_of
from dashboard.web.static_html import Fixed
from dashboard.wording import whole

BEING_READ = "Population band: the results of all patients are being read, about a minute. Reload the page to see it."


def band_choice(identity: str, analysis: Analysis, state: State) -> html.Div:
    """Behind which test other patients are drawn; none at first."""
    known = list(tracks_of(analysis))
    data = [{"value": "", "label": "none"}, *({"value": code, "label": shown(code)} for code in known)]
    field = dmc.Select(
        id=identity, value=state.band if state.band in known else "", data=data, size="xs", allowDeselect=False, w=116,
        comboboxProps={"width": 200, "position": "bottom-start"},
    )  # fmt: skip
    return html.Div(
        [html.Label("Other patients", className="control-label", htmlFor=identity), field], className="control"
    )


def behind_of(
    store: ReadStore, analysis: Analysis, state: State, choice: Choice, kept: Callable[..., Any], *, least: int
) -> Behind | None:
    """The band that the address asks for; None where none is asked for, or its test is not drawn.

    Args:
        store: as the viewer may see it; all its patients have been read.
        analysis: of this patient.
        state: what the viewer chose.
        choice: the same for figures.
        kept: gives what was made for a scale before, else makes it.
        least: patients that this viewer may be told of at least.
    """
    track = tracks_of(analysis).get(state.band)
    if track is None or state.band not in choice.analytes:
        return None
    scale = track.scale_of(choice.scale)

    def make() -> Behind | None:
        band = population_band(store.analysis().case, name_of(analysis), state.band, scale, least=least)
        return None if band is None else Behind(state.band, scale, band)

    found: Behind | None = kept(scale, make)
    return found


def band_said(behind: Behind | None, width: int) -> list[Any]:
    """What is drawn in words, and its numbers window by window; nothing without a band."""
    if behind is None:
        return []
    windows, unit = behind.band.windows, SCALES[behind.scale]
    parts: list[Any] = [html.P(sentences(behind, width), className="soft")]
    if len(windows):
        heads = [
            Head("Days"),
            *(Head(w, numeric=True) for w in ("Patients", "10th percentile", "Median", "90th percentile")),
        ]
        rows = [
            [f"{low} to {high}".replace("-", "\u2212"), whole(n), *(few_digits(q) for q in percentiles)]
            for low, high, n, *percentiles in windows.itertuples(index=False, name=None)
        ]
        numbers = table(heads, rows, caption=f"Other patients, {shown(behind.code)}, {unit}", class_name="dense")
        parts.append(Fixed(html.Details([html.Summary("Numbers of the band"), numbers], className="folded")))
    return parts
