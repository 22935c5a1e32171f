"""What every cohort figure is given: who is in the cohort, who is selected, and what the viewer chose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from analytics.analysis import Analysis
from analytics.analytes import shown
from analytics.answer_states import QUESTIONS
from analytics.arrays import Bools
from analytics.case import Case
from analytics.cohort.aligned import AlignedScale
from analytics.cohort.edish import Cuts
from analytics.cohort.groups import Groups, groups_of
from analytics.cohort.part_columns import columns_of
from analytics.cohort.query.anchors import moments_of
from analytics.cohort.query.question import Anchor, Question
from analytics.cohort.query.worded import worded
from analytics.cohort.small_cells import is_small, suppressed, together, too_few
from analytics.panel import in_prose, show_time
from dashboard import theme
from dashboard.figures.words import plain

SCALE_WORDS: Mapping[str, str] = {
    "x_uln": "× upper limit of normal",
    "x_baseline": "× baseline of the line",
    "x_before": "× last value before the event",
    "absolute": "measured unit",
}


FEW = 3
"""House choice: of fewer patients a figure says how few, and no quantile is drawn."""
NOBODY = "No patients match. Relax a filter."


@dataclass(frozen=True)
class CohortView:
    """One cohort as one viewer sees it.

    Attributes:
        analysis: of all patients in the store.
        members: who is in the cohort, shape (patients,).
        selected: who is selected among them, shape (patients,).
        asked: who passed the filters, whether or not the question holds; all members where None.
        name: of the cohort, for titles.
        keys: opaque key of a patient, by patient_id.
        analyte, scale, anchor, by: what is drawn, how, since when, in which groups.
        at_cut, bili_cut: limits of the aminotransferase-bilirubin plot.
        question: what time-to-event curves wait for.
        lines: draw single patients as well.
        moved: dates are moved by patient, so that there is no one data cut-off to speak of.
        withheld: the members are too few to be shown to this viewer, so that there are none.
        scheme: light or dark.
    """

    analysis: Analysis
    members: Bools
    selected: Bools
    name: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    analyte: str = "ALT"
    scale: AlignedScale = "x_uln"
    anchor: Anchor = field(default_factory=lambda: Anchor("first dose"))
    by: str = "none"
    at_cut: float = 3.0
    bili_cut: float = 2.0
    question: Question | None = None
    lines: bool = False
    scheme: str = "light"
    asked: Bools | None = None
    moved: bool = False
    withheld: bool = False

    @property
    def case(self) -> Case:
        """All patients as arrays."""
        return self.analysis.case

    @cached_property
    def groups(self) -> Groups:
        """Groups of all patients; for who may not be told small counts, small groups are one."""
        asked = ("patient_id", "question", "state")
        answers = columns_of(self.analysis, "answers", asked) if self.by in QUESTIONS else None
        return together(groups_of(self.case, self.by, answers), self.members, self.hide_below)

    @property
    def at_code(self) -> str:
        """Aminotransferase of the plots of peaks: AST where it is chosen, else ALT."""
        return self.analyte if self.analyte == "AST" else "ALT"

    @property
    def cuts(self) -> Cuts:
        """The chosen limits as a set of limits in multiples of the upper limit."""
        return Cuts("chosen", "chosen limits", self.at_cut, self.bili_cut, "x_uln", "chosen on the page")

    @property
    def paint(self) -> theme.Palette:
        """Colours."""
        return theme.palette(self.scheme)

    def key(self, patient_id: str) -> str:
        """What a patient is called in a figure."""
        return self.keys.get(patient_id, patient_id)

    def group_look(self, number: int) -> tuple[str, str, str]:
        """(colour, dash, symbol) of a group; they differ in all three."""
        colours = [self.paint.family[f] for f in _ORDER]
        place = number % len(colours)
        return colours[place], theme.DASHES[place], theme.SYMBOLS[place]

    def title(self, what: str, scale: str = "", n: int | None = None) -> dict[str, Any]:
        """Title line: what, which cohort, how many, which scale, up to when."""
        clock = str(self.analysis.panel.patients["clock"].iloc[0]) if len(self.analysis.panel) else "date"
        told = (
            f"<{self.hide_below}" if self.withheld else self.count(np.count_nonzero(self.members) if n is None else n)
        )
        parts = [
            f"<b>{what}</b>",
            f"{plain(self.name) or 'cohort'}, {told} {'patient' if told == '1' else 'patients'}",
        ]
        more = [scale]
        cut_off = f"data cut-off {in_prose(show_time(self.analysis.panel.as_of, clock))}"
        more.append("dates moved by patient" if self.moved else cut_off)
        below = f"<br><span style='font-size:11px'>{' · '.join(m for m in more if m)}</span>"
        return {
            "text": " · ".join(parts) + below,
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 22, "l": 8},  # two lines, of which the first stands above the place
            "font": {"size": 13, "color": self.paint.ink},
        }

    def layout(
        self, what: str, scale: str = "", *, n: int | None = None, height: int = 440, **more: Any
    ) -> dict[str, Any]:
        """Layout that all cohort figures begin with; ``n`` where not all members are drawn."""
        drawn = int(np.count_nonzero(self.members)) if n is None else n
        if 0 < drawn < FEW:
            more["annotations"] = [*more.get("annotations", ()), self._few(drawn)]
        return theme.figure_layout(self.scheme) | {
            "title": self.title(what, scale, n),
            "height": height,
            "margin": {"l": 72, "r": 24, "t": 84, "b": 56},
            "hovermode": "closest",
            "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom", "font": {"size": 11}},
            **more,
        }

    def _few(self, n: int) -> dict[str, Any]:
        """That so few patients are drawn."""
        who = "1 patient" if n == 1 else f"{n} patients"
        return {
            "text": f"Only {who}: medians and quartiles are of {FEW} or more.",
            "showarrow": False,
            "xref": "paper",
            "yref": "paper",
            "x": 0.5,
            "y": 0.6,
            "bgcolor": self.paint.surface,
            "font": {"size": 12, "color": self.paint.ink_soft},
        }

    def axis(self, text: str, **more: Any) -> dict[str, Any]:
        """An axis with its name."""
        base = theme.axis(self.scheme)
        if more.get("type") == "log":  # plotly would write 0.5 and 5 both as a small 5
            base |= {"tickvals": list(_LOG_TICKS), "ticktext": [f"{v:g}" for v in _LOG_TICKS]}
        if more.get("type") == "category":
            base |= {"tickmode": "linear", "dtick": 1, "automargin": True}
        return base | {"title": base["title"] | {"text": text}, **more}

    def count(self, n: Any) -> str:
        """A number of patients as this viewer may read it: small ones hidden from who sees pseudonyms."""
        return suppressed(int(n), self.hide_below)

    def beside(self, name: str, n: Any, form: str = ": {}") -> str:
        """Words with the number of patients who are drawn there one by one; without it where it may not be told."""
        return name if is_small(int(n), self.hide_below) else name + form.format(int(n))

    @property
    def nobody(self) -> str:
        """Why nobody is drawn: nobody matches, or too few do."""
        return too_few(self.hide_below) if self.withheld else NOBODY

    @property
    def hide_below(self) -> int:
        """Counts below this are not told to this viewer; 0 where all are."""
        return int(self.analysis.settings.cohort.small_cell) if self.moved else 0

    def foot(self, rows: int) -> tuple[float, int]:
        """(share of the height for that many rows of numbers under the axis, pixels to add for them)."""
        return min(0.06 + 0.04 * rows, 0.4), 14 * rows

    def count_row(self, name: str, x: list[Any], counts: Iterable[Any]) -> dict[str, Any]:
        """Numbers of patients of one group as text under the axis, on :meth:`count_axis`."""
        return {
            "type": "scatter",
            "mode": "text",
            "x": x,
            "y": [plain(name)] * len(x),
            "text": [self.count(n) for n in counts],
            "textfont": {"size": 10, "color": self.paint.ink_soft},
            "yaxis": "y2",
            "hoverinfo": "skip",
            "showlegend": False,
            "name": f"n, {plain(name)}",
        }

    def count_axis(self) -> dict[str, Any]:
        """Second y axis: a row of numbers a group, under the picture."""
        names = [plain(n) for n in reversed(self.groups.names)]
        return self.axis(
            "",
            type="category",
            tickmode="array",
            tickvals=names,
            ticktext=[f"n, {name}" for name in names],
            categoryarray=names,
            categoryorder="array",
            range=[-0.7, len(names) - 0.3],
            domain=[0.0, self.foot(len(names))[0]],
            showgrid=False,
            ticks="",
        )

    def few(self, n: int) -> bool:
        """Whether so many patients are none, or too few to be drawn for this viewer."""
        return n == 0 or is_small(n, self.hide_below)

    def nothing(self, what: str, why: str, n: int = 0) -> dict[str, Any]:
        """A figure that says why there is nothing to draw: ``why``, or that the ``n`` patients may not be shown."""
        if self.withheld or is_small(n, self.hide_below):
            why = too_few(self.hide_below)
        note = {"text": plain(why), "showarrow": False, "x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper"}
        hidden = {"visible": False}
        return {
            "data": [],
            "layout": self.layout(what, height=220, annotations=[note], xaxis=hidden, yaxis=hidden),
        }

    @property
    def analyte_words(self) -> str:
        """Analyte with its scale, for axis titles."""
        from analytics.analytes import ANALYTES

        unit = ANALYTES[self.analyte].unit if self.scale == "absolute" else SCALE_WORDS[self.scale]
        return f"{shown(self.analyte)} [{unit}]"

    def anchor_words(self) -> str:
        """Event that days are counted from."""
        return worded(self.anchor.text).replace("_", " ")

    def unaligned(self) -> str:
        """Why there is nothing to count from the event: nobody has it, or nobody has results around it."""
        if not self.members.any():
            return self.nobody
        if not self.members[moments_of(self.case, self.anchor).patient].any():
            return f"No patient in this cohort has the event that days are counted from: {self.anchor_words()}."
        what = f"{shown(self.analyte)} in {self.analyte_words.split(' [')[1].rstrip(']')}"
        return f"No patient in this cohort has {what} in the time shown, counted from {self.anchor_words()}."


_LOG_TICKS = tuple(float(f"{m}e{e}") for e in range(-3, 6) for m in (1, 2, 5))
_ORDER = ("hepatocellular", "kidney", "synthesis", "blood", "cholestatic", "tumour_marker", "nutrition", "other")
EVERY_HORIZON = (-28, 364)
"""Days around the event that curves show."""
