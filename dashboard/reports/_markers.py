"""Tumour markers beside the sum of target lesions: one still picture, and every scan with the nearest results."""

from __future__ import annotations

from analytics.analysis import Analysis
from analytics.analytes import MARKERS, shown
from dashboard.figures import marker_imaging
from dashboard.figures.choice import Choice
from dashboard.figures.tracks import tracks_of
from dashboard.reports._blocks import Block, Column, Picture, Say, Section, Table
from dashboard.wording import prose, text

TITLE = "Tumour markers and imaging"


def markers_and_imaging(analysis: Analysis, choice: Choice) -> Section:
    """The section; without blocks, and so left out, where no marker was measured."""
    tracks = tracks_of(analysis)
    drawn = marker_imaging.drawn_still(tracks)
    if not drawn:
        return Section(TITLE, [])
    more = [shown(code) for code in MARKERS if code in tracks and tracks[code] not in drawn]
    left = f" Under All results: {', '.join(more)}." if more else ""
    told: list[Block] = [Say(prose(row["says"])) for row in marker_imaging.differs(analysis)]
    figure = marker_imaging.still(analysis, choice)
    numbers = marker_imaging.numbers(analysis, choice)
    columns = [Column(head, whole=not i, numeric=i > 2) for i, head in enumerate(numbers.heads)]
    rows = [[text(cell) for cell in row] for row in numbers.rows.to_numpy(object)]
    table = Table("Each imaging report with the nearest result of each marker", columns, rows, "markers_imaging")
    return Section(TITLE, [Picture(figure, marker_imaging.SIGNS_SAID + "." + left, live=False), *told, table], page=2)
