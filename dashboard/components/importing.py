"""What the import page shows of a file: how it was understood, what would be quarantined, the receipt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import dcc, html

from analytics.analytes import ANALYTES, shown
from analytics.ingest.column_words import SYNONYMS
from analytics.ingest.preview import Preview
from analytics.ingest.profile import Profile
from analytics.ingest.repeated import BECOMES
from analytics.store.working_state.jobs import Job as Analysing
from analytics.tables import EVENTS, IMAGING, PATIENTS, REASONS
from dashboard.components.notices import banner, card, empty
from dashboard.components.table import Head, table
from dashboard.importing.profiles import IGNORED, NOT_READ, RESULT
from dashboard.importing.progress import Job
from dashboard.web.attributes import wild
from dashboard.wording import ABSENT, bytes_of, count_of, number, text, whole

_INSIDE = {"source_file", "source_line", "clock", "start_precision", "end_precision"}
_FIELDS = dict.fromkeys(
    [*SYNONYMS, *(c.name for t in (EVENTS, IMAGING, PATIENTS) for c in t.columns if c.name not in _INSIDE)]
)

ROLES = [
    {"value": "-", "label": "not read"},
    {"value": IGNORED, "label": "left out on purpose"},
    *[{"value": name, "label": name.replace("_", " ")} for name in _FIELDS],
    *[{"value": RESULT + code, "label": f"results of {shown(code)}"} for code in ANALYTES],
]
"""What a column can be read as. Mantine's Select wants a value that is not empty for "not read"."""


def role_of(value: str | None) -> str:
    """The role behind a value of the select."""
    return NOT_READ if value in (None, "-") else str(value)


def seen(preview: Preview, roles: Mapping[str, str], identify: Callable[..., Any]) -> list[Any]:
    """Everything about one file before it is imported.

    Args:
        preview: of the beginning of the file.
        roles: what each of its columns is read as, from :func:`roles_of`.
        identify: id maker of the page; each column's select is ``identify("role", column)``.
    """
    return [
        banner(html.B("The file would be refused: "), preview.refused, level="attention") if preview.refused else None,
        card(_verdict(preview), *[html.P(note, className="soft") for note in preview.notes], title=preview.file),
        card(_columns(preview, roles, identify), title="Columns"),
        *([] if preview.refused else _understood(preview)),
    ]


def _understood(preview: Preview) -> list[Any]:
    """Rows that were understood and rows that were not; a file that is refused as a whole has neither."""
    return [
        card(_rows(preview.rows), title="First rows as understood"),
        card(_held(preview), title="Would be quarantined"),
        *([card(_versions(preview), title="Several versions of one result")] if preview.table == "labs" else []),
    ]


def _verdict(preview: Preview) -> Any:
    facts = [
        ("recognised as", preview.says or preview.format or ABSENT),
        ("holds", preview.table or ABSENT),
        ("profile", preview.profile or "none"),
        ("size", bytes_of(preview.size) if preview.size else ABSENT),
        ("accepted", f"{whole(preview.accepted)} of the first {whole(preview.looked_at)}"),
    ]
    return html.Dl(
        [html.Div([html.Dt(name), html.Dd(value)]) for name, value in facts], className="figures small-figures"
    )


def roles_of(preview: Preview, header: list[str], profile: Profile | None) -> dict[str, str]:
    """What each column is read as: a value of ROLES. Of a file that is refused, what the profile says of it."""
    known = {c.name: c.role.split(", ")[0] for c in preview.columns if c.role}
    if profile is not None:
        said = {column: field for field, column in profile.columns.items()}
        said |= {column: RESULT + code for column, code in profile.analytes.items()}
        known = said | dict.fromkeys(profile.ignore, IGNORED) | known
    accepted = {role["value"] for role in ROLES}
    return {name: known[name] if known.get(name) in accepted else "-" for name in header}


def _columns(preview: Preview, roles: Mapping[str, str], identify: Callable[..., Any]) -> Any:
    known = {c.name: c for c in preview.columns}
    rows = [
        [
            html.Code(name),
            html.Span(", ".join(known[name].examples) if name in known else "", className="examples"),
            known[name].says if name in known else "not read",
            dmc.Select(
                id=identify("role", name),
                data=ROLES,
                value=roles[name],
                size="xs",
                w=200,
                searchable=True,
                allowDeselect=False,
                **wild({"aria-label": f"Column {name} is read as"}),
            ),
        ]
        for name in roles
    ]
    heads = [Head("Column"), Head("For example", wide=True), Head("Decision"), Head("Read as")]
    return table(heads, rows, caption="Columns of the file and what is made of them")


def _rows(rows: pd.DataFrame | None) -> Any:
    if rows is None or rows.empty:
        return empty("No row could be understood yet.")
    said = rows.head(8).loc[:, (rows.head(8) != ABSENT).any()]
    heads = [Head(str(name).replace("_", " ")) for name in said.columns]
    return table(heads, said.values.tolist(), caption="First rows as understood")


def _held(preview: Preview) -> Any:
    if preview.held is None or preview.held.empty:
        return empty("Nothing in the part that was looked at.")
    reasons = [
        html.Li([html.Code(code), f" {whole(n)} · {REASONS.get(code, '')}"])
        for code, n in sorted((preview.reasons or {}).items(), key=lambda pair: -pair[1])
    ]
    heads = [
        Head("Line"),
        Head("Column"),
        Head("Cell"),
        Head("Problem", wide=True),
        Head("Fix", wide=True),
    ]
    body = [
        [whole(r["line"]), text(r["column"]), html.Code(text(r["raw_cell"])[:60]), text(r["message"]), text(r["hint"])]
        for r in preview.held.head(12).to_dict("records")
    ]
    return [html.Ul(reasons, className="reasons"), table(heads, body, caption="Rows that would be quarantined")]


def _versions(preview: Preview) -> Any:
    """What the import would do with results that are there more than once, as far as these rows tell."""
    scope = (
        f"Looked at: the first {count_of(preview.rows_seen, 'row')} of this file. Versions further down and in files "
        "imported before are found by the import; nothing is averaged, and what is not kept is listed."
    )
    if preview.versions is None or preview.versions.empty:
        return [empty("Each result is there once."), html.P(scope, className="soft")]
    counts = [html.Li(f"{whole(n)} · {BECOMES[o]}") for o, n in sorted((preview.version_counts or {}).items())]
    names = ("line", "patient_id", "analyte", "collected_at", "value", "kept", "kept_line", "becomes")
    heads = [
        *(Head("Line"), Head("Patient"), Head("Test"), Head("Collected"), Head("Value"), Head("Kept beside it")),
        *(Head("Of line"), Head("What becomes of it", wide=True)),
    ]
    body = [[text(row[name]) for name in names] for row in preview.versions.head(12).to_dict("records")]
    return [
        html.Ul(counts, className="reasons"),
        table(heads, body, caption="Results that are there more than once in the rows looked at"),
        html.P(scope, className="soft"),
    ]


def progress(job: Job, analysis: Analysing | None) -> Any:
    """How far an import is; its receipt when it is over, and how far the analysis is."""
    if job.failed:
        return banner(html.B(f"{job.what}: "), job.failed, " Nothing of it was stored.", level="attention")
    if not job.over:
        return card(
            html.P(f"{job.what}: {job.stage}"),
            html.Progress(
                value=str(round(job.share * 100)), max="100", **wild({"aria-label": f"Import of {job.what}"})
            ),
        )
    return [_analysed(analysis), receipt(job.result)] if analysis else receipt(job.result)


def _analysed(job: Analysing) -> Any:
    """How far the analysis of what came in is; pages show results meanwhile, and findings as they are ready."""
    if job.state == "done":
        return html.P("The findings of all patients are up to date.")
    if job.over:
        said = job.result or job.state
        return banner("The analysis did not end well: ", said, " The results are stored.", level="attention")
    return card(
        html.P(f"The file is in. Findings are computed beside: {job.stage}. You can leave this page."),
        html.Progress(value=str(round(job.share * 100)), max="100", **wild({"aria-label": "Analysis"})),
    )


def receipt(document: Mapping[str, Any]) -> Any:
    """What became of one file."""
    if document.get("refused"):
        return banner(html.B("Refused: "), document["refused"], " Nothing of it was stored.", level="attention")
    if document.get("already"):
        return banner(
            html.B(f"{document['file']} was imported before"), " with the same bytes and profile; nothing was added."
        )
    names = ("results_in", "stored", "quarantined", "duplicate", "superseded", "ignored")
    words = ("results", "stored", "quarantined", "duplicate", "replaced", "ignored")
    held = [
        html.Li([html.Code(code), f" {whole(n)} · {REASONS.get(code, '')}"])
        for code, n in dict(document.get("reasons") or {}).items()
    ]
    return card(
        *[banner(f"The file is in, but {trouble}.", level="attention") for trouble in document.get("trouble", ())],
        html.Dl(
            [html.Div([html.Dt(w), html.Dd(whole(document[n]))]) for n, w in zip(names, words, strict=True)],
            className="figures",
        ),
        html.Ul(held, className="reasons") if held else None,
        html.P(
            f"{count_of(int(document['rows_in']), 'row')} in {number(document['seconds'])} s, "
            f"generation {whole(document['generation'])}, sha256 {document['sha256'][:12]}",
            className="soft",
        ),
        html.Div(
            [
                dcc.Link("To the worklist", href="/", className="button"),
                dcc.Link("What was quarantined", href="/quality", className="button"),
            ],
            className="actions",
        ),
        title=f"{document['file']} was imported",
    )


def progress_of(job: Job | None, analysis: Analysing | None = None) -> Any:
    """As :func:`progress`; for a job that is not known any more, that."""
    if job is None:
        return banner("This import is not known here any more; see the imports on Data quality.")
    return progress(job, analysis)
