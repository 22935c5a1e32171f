"""Who this is: the one line that must be right before anything else is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pandas as pd
from dash import dcc, html

from analytics.analysis import Analysis
from analytics.data_notes import notes_of
from analytics.derive.lines import lines_of
from analytics.once import once
from analytics.unrecognised import unrecognised
from dashboard.components.frame import patient_href
from dashboard.web.attributes import wild
from dashboard.wording import ABSENT, count_of, is_absent, when

_SEX = {"F": "female", "M": "male"}


@dataclass(frozen=True)
class Neighbours:
    """Place of a patient in the worklist, worst first, and the keys beside it."""

    place: int
    count: int
    before: str | None
    after: str | None


@once
def _order(worklist: pd.DataFrame) -> tuple[list[str], dict[str, int]]:
    """Keys of the worklist, worst first, and where each stands."""
    keys: list[str] = worklist["key"].tolist()
    return keys, {key: at for at, key in enumerate(keys)}


def neighbours(worklist: pd.DataFrame, key: str) -> Neighbours:
    """Place of a key in the worklist; a key that is not in it has no neighbours."""
    keys, places = _order(worklist)
    at = places.get(key)
    if at is None:
        return Neighbours(0, len(keys), None, None)
    after = keys[at + 1] if at + 1 < len(keys) else None
    return Neighbours(at + 1, len(keys), keys[at - 1] if at else None, after)


def name_of(analysis: Analysis) -> str:
    """How this viewer may call the patient: the id, or the pseudonym that the view put in its place."""
    return str(analysis.panel.patients["patient_id"].iloc[0])


def merged(sentences: Sequence[str]) -> list[html.P]:
    """Whose results besides the patient's own id are shown here, and who has decided that why."""
    return [html.P(f"Merged: {said}.", className="merged") for said in sentences]


def facts(analysis: Analysis) -> list[tuple[str, str]]:
    """Age, sex, primary tumour, line of therapy, last result, held back: name and text."""
    person = analysis.panel.patients.iloc[0]
    clock = str(person["clock"])
    lines = lines_of(analysis.case)["line"]
    last = analysis.panel.labs["collected_at"].max()
    held = len(analysis.panel.held)
    return [
        ("age", age_of(analysis)),
        ("sex", _SEX.get(str(person["sex"]), ABSENT)),
        ("primary", ABSENT if is_absent(person["primary_site"]) else str(person["primary_site"])),
        ("line", f"{int(lines.max())}" if len(lines) else "none recorded"),
        ("results", f"{count_of(len(analysis.panel.labs), 'result')}, last {when(last, clock)}"),
        ("held back", count_of(held, "result") if held else "none"),
        *[("therapy", f"{name}: {says}") for name, says in _unrecognised(analysis)],
        *[("data", says) for says in notes_of(analysis.panel.labs)],
    ]


def _unrecognised(analysis: Analysis) -> list[tuple[str, str]]:
    """Names of this patient's treatments that rules cannot use, and why."""
    found = unrecognised(analysis.panel.events)
    return list(zip(found["name"], found["says"], strict=True))


def age_of(analysis: Analysis) -> str:
    """Age at the data cut-off where a date of birth is known, else the age that the source gave."""
    person = analysis.panel.patients.iloc[0]
    born, age = person["birth_date"], person["age"]
    if not is_absent(born) and person["clock"] == "date":
        cut = analysis.panel.as_of
        years = cut.year - born.year - ((cut.month, cut.day) < (born.month, born.day))
        return f"{years}"
    return ABSENT if is_absent(age) else f"{age:.0f}"


def head(
    analysis: Analysis, key: str, beside: Neighbours, *, record_url: str = "", may_export: bool = True
) -> html.Div:
    """Heading of the page: name, facts, and the way to the neighbours, the record and the report."""
    name = name_of(analysis)
    shown = [html.Div([html.Dt(label), html.Dd(text)]) for label, text in facts(analysis)]
    return html.Div(
        [
            html.Div(
                [
                    html.H1(name),
                    html.Span(f"key {key}", className="faint") if name != key else None,
                ],
                className="patient-name",
            ),
            html.Dl(shown, className="patient-facts"),
            html.Div(
                [*_ways(beside), *_links(name, key, record_url, may_export=may_export)],
                className="actions",
            ),
        ],
        className="patient-head",
        id="patient-head",
    )


def _ways(beside: Neighbours) -> list[Any]:
    parts: list[Any] = []
    for key, words, relation, name in (
        (beside.before, "← Previous", "prev", "previous-patient"),
        (beside.after, "Next →", "next", "next-patient"),
    ):
        if key is None:
            parts.append(html.Span(words, className=f"button small quiet {name}", **wild({"aria-disabled": "true"})))
        else:
            parts.append(
                dcc.Link(
                    words,
                    href=patient_href(key),
                    className=f"button small {name}",
                    title=f"{relation} patient in the worklist, worst first",
                )
            )
    place = f"{beside.place} of {beside.count}" if beside.place else ""
    return [parts[0], html.Span(place, className="faint nowrap", title="place in the worklist, worst first"), parts[1]]


def _links(name: str, key: str, record_url: str, *, may_export: bool) -> list[Any]:
    links: list[Any] = []
    if record_url:
        address = record_url.replace("{patient_id}", quote(name, safe=""))
        links.append(
            html.A(
                "Hospital record", href=address, target="_blank", rel="noopener noreferrer", className="button small"
            )
        )
    if may_export:
        links.append(
            html.A(
                "Report of this patient",
                href=f"/patient/{key}/report.html",
                className="button small",
                id="patient-report",
                download="",
            )
        )
    links.append(html.Button("Print", id="patient-print", className="button small", type="button", title="one A4 page"))
    return links
