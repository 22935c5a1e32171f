"""The five answers on screen: one sentence, a strip of cells that open their evidence, and narrow cells for lists.

Glyph and word of a state stand together; its colour is never the only sign.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dash import html

from analytics.analysis import Analysis
from analytics.analytes import shown
from analytics.answer_states import QUESTIONS, STATES
from dashboard.answers_text import answers_of, headline_of
from dashboard.components.notices import flat
from dashboard.components.patient_findings import evidence_lines, findings_in_rows, places_of
from dashboard.components.patient_state import ANSWER
from dashboard.theme import TONE_GLYPHS
from dashboard.web.attributes import wild
from dashboard.web.static_html import Fixed
from dashboard.wording import day_in_prose, prose


def state_of(question: str, state: str, *, class_name: str = "answer-state") -> html.Span:
    """Glyph and word of a state in its tone."""
    known = STATES[question, state]
    return html.Span(
        [html.Span(TONE_GLYPHS[known.tone], className="glyph", **wild({"aria-hidden": "true"})), known.label],
        className=f"{class_name} tone-{known.tone}",
        title=f"{QUESTIONS[question]}: {known.means}",
    )


def summary(analysis: Analysis, clock: str) -> Any:
    """Headline and strip: what a doctor reads first."""
    rows = answers_of(analysis)
    if not rows:
        return None
    cells = [_cell(analysis, rows[q], clock) for q in QUESTIONS if q in rows]
    return Fixed(
        html.Section(
            [html.P(prose(headline_of(analysis)), className="headline"), html.Div(cells, className="answers")],
            className="answers-now",
            **wild({"aria-label": "Answers at the last contact"}),
        )
    )


def _cell(analysis: Analysis, row: Mapping[str, Any], clock: str) -> html.Article:
    question, state = str(row["question"]), str(row["state"])
    tone = STATES[question, state].tone
    basis = _basis(analysis, row)
    results = [int(r) for r in json.loads(row["results"])]
    inside: list[Any] = [html.P(prose(row["says"]))]
    if row["missing"]:
        inside.append(html.P(prose(f"Would settle it: {row['missing']}.")))
    if basis:
        inside.append(html.Ul([html.Li(prose(f["says"])) for f in basis], className="evidence"))
    if lines := evidence_lines(analysis, results, clock):
        inside.append(html.Ul([html.Li(line) for line in lines], className="evidence"))
    more = html.Details([html.Summary("Evidence"), *inside], className="answer-more")
    return html.Article(
        flat(
            html.H2(QUESTIONS[question]),
            state_of(question, state),
            html.P(prose(row["says"]), className="answer-says"),
            html.Small(_small(row, clock)),
            html.Div(flat(_button(analysis, row, basis, results), more), className="answer-actions"),
        ),
        className=f"answer answer-{tone}",
    )


def _small(row: Mapping[str, Any], clock: str) -> str:
    since = (
        f"since {day_in_prose(row['since'], clock)}"
        if row["since"] == row["since"] and row["since"] is not None
        else ""
    )
    missing = prose(f"would settle it: {row['missing']}") if row["missing"] else ""
    sure = "" if row["certainty"] == "insufficient" else str(row["certainty"])
    return " · ".join(p for p in (since, sure, missing) if p)


def _basis(analysis: Analysis, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Findings that an answer rests on."""
    wanted = set(json.loads(row["basis"]))
    return [found for found in findings_in_rows(analysis) if found["finding_id"] in wanted]


def _button(analysis: Analysis, row: Mapping[str, Any], basis: list[dict[str, Any]], results: list[int]) -> Any:
    ids = results + [int(i) for f in basis for i in json.loads(f["evidence"])]
    evidence = places_of(analysis, ids)
    if not evidence:
        return None
    begins = [f["onset"] for f in basis] or [row["since"] or row["as_of"]]
    ends = [f["last_seen"] for f in basis] + [row["as_of"]]
    return html.Button(
        "Show in chart",
        className="button small",
        type="button",
        **wild(
            {
                "data-show": f"{ANSWER}{row['question']}",
                "data-evidence": json.dumps(evidence),
                "data-from": str(min(begins))[:16],
                "data-to": str(max(ends))[:16],
                "aria-label": f"Show in chart what {QUESTIONS[row['question']]} rests on: "
                + ", ".join(shown(code) for code in evidence),
            }
        ),
    )


def cell(question: str, state: str, certainty: str) -> list[Any]:
    """A narrow cell of a list: glyph, word, and where it is only provisional that too."""
    parts: list[Any] = [state_of(question, state, class_name="answer-word")]
    if certainty == "provisional":
        parts.append(html.Small("provisional"))
    return parts
