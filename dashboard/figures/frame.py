"""What every figure of a patient has around it: who, what, on which scale, up to when, and a legend at the foot."""

from __future__ import annotations

from typing import Any

from analytics.analysis import Analysis
from analytics.panel import in_prose, show_time
from dashboard import theme
from dashboard.figures.choice import Choice
from dashboard.figures.words import plain


def layout(analysis: Analysis, choice: Choice, what: str, scale: str, *, height: int, margin: dict[str, int]) -> Any:
    """Layout with the title line that names the patient, the scale and the data cut-off.

    Args:
        analysis: of a panel of one patient.
        choice: what the viewer chose.
        what: what the figure shows, a few words.
        scale: what its height means.
        height: pixels.
        margin: pixels, keys l, r, t, b.
    """
    clock = str(analysis.panel.patients["clock"].iloc[0])
    cut = in_prose(show_time(analysis.panel.as_of, clock))
    return theme.figure_layout(choice.scheme) | {
        "title": {
            "text": f"<b>{what}</b> · patient {plain(choice.key)} · {scale} · data cut-off {cut}",
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 8, "l": 8},
            "font": {"size": 13, "color": choice.paint.ink},
        },
        "height": height,
        "margin": margin,
        "hovermode": "closest",
        "uirevision": choice.key,
        "legend": {
            "orientation": "h",
            "x": 0,
            "xref": "container",
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
            "font": {"size": 11, "color": choice.paint.ink_soft},
        },
    }


def sign(name: str, axes: tuple[str, str] = ("x", "y"), **look: Any) -> dict[str, Any]:
    """A legend entry that draws nothing."""
    where = {"xaxis": axes[0], "yaxis": axes[1]}
    return {"type": "scatter", "x": [None], "y": [None], **where, "name": name, "showlegend": True, **look}


def note(text: str, **where: Any) -> dict[str, Any]:
    """A text without an arrow."""
    return {"text": text, "showarrow": False, **where}
