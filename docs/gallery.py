"""Every figure drawn from the sample data as a still picture, and the page that shows them: docs-site's gallery.

Figures are found as the pages find them (``FIGURE`` in dashboard/figures), so that a new one appears by itself. The
pictures are made while the site is built, by the project's own drawing, without a browser; none is kept in git.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import numpy as np

import hepatrend
from analytics.analysis import Analysis, analyse
from analytics.cohort.query.parser import parse_question
from dashboard.components.patient_events import events_with_responses
from dashboard.figures import line_compare
from dashboard.figures._figure import Figure, figures
from dashboard.figures.choice import Choice
from dashboard.figures.cohort_view import CohortView
from dashboard.svg import to_svg

FILES = ("patients.csv", "events.csv", "imaging.csv", "labs.csv")
FIRST = "HT-032"
"""Whose figures are shown: of this person, or of the first for whom the figure has something to draw."""
QUESTION = "ALT above 3 x ULN after first dose"
"""What the curves of time to an event wait for."""
SUBJECTS: Mapping[str, str] = MappingProxyType({"patient": "Of one patient", "cohort": "Of a cohort"})
MORE: Mapping[str, Callable[[Analysis], Any]] = MappingProxyType(
    {
        "event": lambda analysis: next(iter(events_with_responses(analysis)), None),
        "pair": lambda analysis: _pair(line_compare.numbers_of(analysis)),
    }
)
"""Further arguments of figures whose tab has controls of its own, by name; None where the patient has none."""


@dataclass(frozen=True)
class Shown:
    """One figure of the gallery: what it is, of whom it was drawn, and the picture."""

    figure: Figure
    of: str
    svg: str

    @property
    def file(self) -> str:
        """Name of the picture beside the page."""
        return f"gallery/{self.figure.page}-{self.figure.code}.svg"


@cache
def shown() -> tuple[Shown, ...]:
    """Every figure of every page, in the order of its tabs.

    Raises:
        LookupError: a figure has nothing to draw for anybody of the sample data, or asks for what is not in MORE.
    """
    analysis = hepatrend.analyse(hepatrend.read(*(ROOT / "sample_data" / name for name in FILES)))
    of_patient = [_of_patient(analysis, figure) for figure in figures("patient").values()]
    everybody = np.ones(len(analysis.panel.patient_ids), dtype=bool)
    view = CohortView(
        analysis, everybody, np.zeros_like(everybody), name="sample data", question=parse_question(QUESTION)
    )
    said = f"all {len(everybody)} people of the sample data"
    return (*of_patient, *(Shown(f, said, _drawn(f, f.draw(view))) for f in figures("cohort").values()))


def _of_patient(analysis: Analysis, figure: Figure) -> Shown:
    asked = inspect.signature(figure.draw).parameters.values()
    further = [p.name for p in asked if p.default is inspect.Parameter.empty][2:]
    if unknown := set(further) - set(MORE):
        raise LookupError(f"figure {figure.code} asks for {', '.join(sorted(unknown))}: say in docs/gallery.py of what")
    ids = [FIRST, *(i for i in analysis.panel.patient_ids if i != FIRST)]
    for patient_id in ids:
        one = analyse(analysis.panel.select([patient_id]), analysis.settings)
        more = {name: MORE[name](one) for name in further}
        drawn = None if None in more.values() else figure.draw(one, Choice(key=patient_id), **more)
        if drawn and drawn["data"]:
            return Shown(figure, f"{patient_id} of the sample data", _drawn(figure, drawn))
    raise LookupError(f"figure {figure.code} has nothing to draw for anybody of the sample data")


def _pair(lines: list[int]) -> tuple[int, int] | None:
    return line_compare.pair_of(lines, "") if len(lines) > 1 else None


def _drawn(figure: Figure, drawn: dict[str, Any]) -> str:
    """By itself a picture has no page that says its letters and ground."""
    svg = to_svg(drawn, ident=f"{figure.page}-{figure.code}", width=900)
    return svg.replace("<svg ", '<svg style="font-family:sans-serif;background:#fff" ', 1)


def page() -> str:
    """The page of the gallery, in Markdown."""
    parts = [
        "# Gallery\n\nEvery figure of hepatrend, drawn from the [sample data](sample-data.md) while this site was "
        "built. On the pages they are live; in reports and here they are still.\n"
    ]
    for subject, title in SUBJECTS.items():
        parts.append(f"\n## {title}\n")
        for one in (s for s in shown() if s.figure.page == subject):
            module = sys.modules[one.figure.draw.__module__]
            asks = (module.__doc__ or "").split("\n\n")[0].replace("\n", " ")
            place = f"dashboard/figures/{module.__name__.rpartition('.')[2]}.py"
            parts.append(
                f"\n### {one.figure.title}\n\n{asks} (`{place}`; of {one.of})\n\n![{one.figure.title}]({one.file})\n"
            )
    return "".join(parts)
