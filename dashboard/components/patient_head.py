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
from analytics.once import once
from analytics.people import age_at
from analytics.regimen import last_procedure_of, regimen_of
from analytics.unrecognised import unrecognised
from dashboard.components.frame import beside_href, patient_href
from dashboard.components.purpose import PURPOSE
from dashboard.figures.doubts import doubts_of
from dashboard.web.attributes import wild
from dashboard.wording import ABSENT, day_in_prose, or_nothing, prose, whole

_SEX = ("F", "M")


@dataclass(frozen=True)
class Neighbours:
    """Place of a patient in the worklist, by priority, and the keys beside it."""

    place: int
    count: int
    before: str | None
    after: str | None


@once
def _order(worklist: pd.DataFrame) -> tuple[list[str], dict[str, int]]:
    """Keys of the worklist, by priority, and where each stands."""
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


def print_foot(analysis: Analysis) -> html.Div:
    """What a printed page says under the chart: who, site, what it is for; the browser adds the day of the print."""
    site = or_nothing(analysis.panel.patients["site"].iloc[0])
    words = " · ".join(part for part in (name_of(analysis), site, PURPOSE) if part)
    return html.Div([html.Span(className="printed-on"), html.Span(words)], className="print-foot")


def merged(sentences: Sequence[str]) -> list[html.P]:
    """Whose results besides the patient's own id are shown here, and who has decided that why."""
    return [html.P(f"Merged: {said}.", className="merged") for said in sentences]


def who_words(analysis: Analysis) -> str:
    """Sex, age and primary tumour: ``M 68 · colorectal, liver metastases since 30 Dec 2024``."""
    person = analysis.panel.patients.iloc[0]
    sex = str(person["sex"]) if str(person["sex"]) in _SEX else ""
    age = age_of(analysis)
    known = " ".join(part for part in (sex, "" if age == ABSENT else age) if part)
    primary = or_nothing(person["primary_site"])
    since = day_in_prose(person["metastases_date"], str(person["clock"]))
    tumour = ", ".join(part for part in (primary, "" if since == ABSENT else f"liver metastases since {since}") if part)
    return " · ".join(part for part in (known, tumour) if part)


def facts(analysis: Analysis) -> list[tuple[str, str]]:
    """Therapy with line and cycle, last procedure, newest result, quarantined results: name and text."""
    clock = str(analysis.panel.patients["clock"].iloc[0])
    procedure = last_procedure_of(analysis.case)
    last = analysis.panel.labs["collected_at"].max()
    held, doubtful = len(analysis.panel.held), len(doubts_of(analysis))
    kept = f"{whole(held)}" + (f", {doubtful} in doubt" if doubtful else "")
    return [
        ("Therapy", therapy_words(analysis, clock)),
        ("Last procedure", f"{procedure[0]} {day_in_prose(procedure[1], clock)}" if procedure else "none recorded"),
        ("Newest result", day_in_prose(last, clock)),
        ("Quarantined", kept if held else "0"),
    ]


def therapy_words(analysis: Analysis, clock: str) -> str:
    """``FOLFIRINOX, line 1, cycle 8, since 6 Nov 2025``; says when it ended, or which of its agents did."""
    regimen = regimen_of(analysis.case)
    if regimen is None:
        return "none recorded"
    cycle = f", cycle {regimen.cycle}" if regimen.cycle else ""
    began = day_in_prose(regimen.since, clock)
    span = f"since {began}" if regimen.ended is None else f"{began} to {day_in_prose(regimen.ended, clock)}, ended"
    stopped = "".join(f"; {name} ended {day_in_prose(end, clock)}" for name, end in regimen.stopped)
    return f"{regimen.name}, line {regimen.line}{cycle}, {span}{stopped}"


def notes(analysis: Analysis) -> list[html.P]:
    """Treatments that rules cannot use, and what is odd in the data; under the head."""
    said = [f"{name}: {says}" for name, says in _unrecognised(analysis)] + list(notes_of(analysis.panel.labs))
    return [html.P(prose(one), className="soft patient-note") for one in said]


def _unrecognised(analysis: Analysis) -> list[tuple[str, str]]:
    """Names of this patient's treatments that rules cannot use, and why."""
    found = unrecognised(analysis.panel.events)
    return list(zip(found["name"], found["says"], strict=True))


def age_of(analysis: Analysis) -> str:
    """Age at the newest result where a date of birth is known, else the age that the source gave."""
    person = analysis.panel.patients.iloc[0]
    age = age_at(person, analysis.panel.labs["collected_at"].max())
    return ABSENT if age is None else f"{age}"


def head(
    analysis: Analysis, key: str, beside: Neighbours, *, record_url: str = "", may_export: bool = True
) -> html.Div:
    """Heading of the page: name, facts, and the way to the neighbours, the record and the report."""
    name = name_of(analysis)
    shown = [html.Div([html.Dt(label), html.Dd(text, title=text)]) for label, text in facts(analysis)]
    return html.Div(
        [
            html.Div(
                [html.H1(name), html.Span(who_words(analysis), className="patient-who")],
                className="patient-name",
            ),
            html.Div(
                [*_ways(beside), *_links(name, key, record_url, may_export=may_export)],
                className="actions",
            ),
            html.Dl(shown, className="patient-facts"),
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
                    title=f"{relation} patient in the worklist, by priority",
                )
            )
    place = f"{beside.place} of {beside.count}" if beside.place else ""
    return [parts[0], html.Span(place, className="faint nowrap", title="place in the worklist, by priority"), parts[1]]


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
                "Report",
                href=f"/patient/{key}/report.html",
                className="button small",
                id="patient-report",
                download="",
            )
        )
    links.append(
        dcc.Link("Beside", href=beside_href(key), className="button small", title="this patient beside another one")
    )
    links.append(
        html.Button(
            "Copy summary", id="patient-copy", className="button small", type="button", title="what is shown, as text"
        )
    )
    links.append(html.Button("Print", id="patient-print", className="button small", type="button", title="one A4 page"))
    return links
