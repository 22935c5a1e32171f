"""Liver scores, one file each, found by folder."""

from __future__ import annotations

from analytics.scores._frame import compute as computed_of
from analytics.scores._frame import scores_frame
from analytics.scores._score import Person, Score, scores

__all__ = ["Person", "Score", "computed_of", "scores", "scores_frame"]
