"""The smoothed curve of a track, asked from the science."""

from __future__ import annotations

from analytics.analysis import Analysis
from dashboard.figures.lab_panels import Smooth
from dashboard.figures.tracks import Track


def smooth_of(analysis: Analysis, track: Track) -> Smooth | None:
    """Curve and band of one track; None where there are too few results for one."""
    return None
