"""What a viewer chose: one frozen value that every figure of a patient understands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

import pandas as pd

from analytics.errors import SettingsError
from dashboard import theme

Scale = Literal["absolute", "x_uln", "x_baseline"]

SCALES: Mapping[Scale, str] = MappingProxyType(
    {"x_uln": "× ULN", "x_baseline": "× baseline", "absolute": "measured unit"}
)


@dataclass(frozen=True)
class Choice:
    """The choices behind one figure.

    Attributes:
        key: how the patient is named in titles; opaque or identified, as the viewer may see.
        analytes: codes in the order to draw; empty means every analyte that has results.
        scale: what the height of a point means.
        log: logarithmic height; albumin and the like stay linear.
        smooth: draw the smoothed curve with its band.
        since: moment from which days are counted; None keeps the patient's own clock.
        since_name: what happened then, for the axis title.
        window: first and last moment shown; None shows everything.
        evidence: result_id of results to make stand out.
        episode: first and last moment of the finding to make stand out.
        fold: leave out long stretches without any result.
        scheme: ``light`` or ``dark``.
    """

    key: str = ""
    analytes: tuple[str, ...] = ()
    scale: Scale = "x_uln"
    log: bool = True
    smooth: bool = True
    since: pd.Timestamp | None = None
    since_name: str = ""
    window: tuple[pd.Timestamp, pd.Timestamp] | None = None
    evidence: tuple[int, ...] = ()
    episode: tuple[pd.Timestamp, pd.Timestamp] | None = None
    fold: bool = False
    scheme: str = "light"

    def __post_init__(self) -> None:
        """Refuse a scale that there is not.

        Raises:
            SettingsError: the message lists the scales.
        """
        if self.scale not in SCALES:
            raise SettingsError(f"unknown scale {self.scale!r}. Available: {', '.join(SCALES)}")

    @property
    def paint(self) -> theme.Palette:
        """Colours of the page that the figure lies on."""
        return theme.palette(self.scheme)

    def on(self, scale: Scale) -> Choice:
        """The same choice on another scale."""
        return replace(self, scale=scale)
