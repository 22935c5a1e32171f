"""The findings of the patient who is looked at: mark an episode as reviewed, and write, read and settle notes on it."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update

from analytics.analysis import Analysis
from analytics.errors import QuestionError, UnknownPatient
from analytics.reviews import mark_of
from analytics.store.working_state import patient_notes
from analytics.store.working_state.patient_notes import Note
from dashboard.components import patient_findings, patient_state
from dashboard.components.notices import banner
from dashboard.components.patient_episodes import members_of, title_of
from dashboard.components.patient_notes import Threads
from dashboard.figures.records import records
from dashboard.security import trail
from dashboard.security.who import needs
from dashboard.web.attributes import wild
from dashboard.web.component_json import serialised
from dashboard.web.context import Context
from dashboard.web.ids import ids_of

ID = ids_of("patient")


def analysis_of(context: Context, key: str) -> Analysis:
    """The analysis of the patient of an address."""
    store = context.store
    analysis: Analysis = store.analysis([store.patient_of(key)])
    return analysis


def clock_name(analysis: Analysis) -> str:
    """The patient's clock: date, study_day or minutes."""
    return str(analysis.panel.patients["clock"].iloc[0])


def findings_of(analysis: Analysis, context: Context, *, shown: str = "", said: Any = None) -> list[Any]:
    """Cards of all episodes, with what this viewer may do and read of them.

    Args:
        analysis: of one patient.
        context: whose eyes they are for.
        shown: finding_id of the card whose notes are open.
        said: what is said in them.
    """
    marks, user, store = context.store.seen_findings(), context.user, context.store
    seen = {row["finding_id"]: row for row in records(marks, marks.columns)}
    kept = store.kept_key_of(str(analysis.panel.patients["patient_id"].iloc[0]))
    notes = [note for note in _notes(context, kept) if note.finding]
    may = user.may("mark")
    threads = Threads(ID, notes, dated=user.sees == "identified", may_write=may, shown=shown, said=said)
    form = _seen_form if may else None
    return patient_findings.findings_list(analysis, seen, clock_name(analysis), seen_form=form, threads=threads)


def notes_state(context: Context, key: str) -> tuple[Any, ...]:
    """Another whenever a note on this patient was added or settled; () of nobody."""
    try:
        kept = context.store.kept_key_of(context.store.patient_of(key))
    except UnknownPatient:
        return ()
    return tuple((note.note_id, note.settled_by) for note in _notes(context, kept))


def _notes(context: Context, kept: str) -> list[Note]:
    return patient_notes.thread(context.whole_store, kept, sees=context.user.sees)


def _seen_form(identity: str) -> Any:
    return html.Details(
        [
            html.Summary("Mark as reviewed", className="button small"),
            html.Div(
                [
                    dmc.TextInput(
                        id=ID("note", identity),
                        placeholder="Note (optional)",
                        size="xs",
                        **wild({"aria-label": "Note"}),
                    ),
                    html.Button("Save", id=ID("seen", identity), className="button small primary", type="button"),
                ],
                className="seen-form",
            ),
        ],
        className="seen-details",
    )


def connect_marks(app: Dash, context: Context) -> None:
    """Mark all findings of an episode as reviewed."""

    @app.callback(
        Output(ID("findings"), "children"),
        Input(ID("seen", ALL), "n_clicks"),
        State(ID("note", ALL), "value"),
        State(ID("note", ALL), "id"),
        State(ID("key"), "data"),
        prevent_initial_call=True,
    )
    @needs("mark")
    def _seen(clicks: list[int | None], notes: list[str | None], identities: list[dict[str, Any]], key: str) -> Any:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            return no_update
        identity = ctx.triggered_id["item"]
        analysis = analysis_of(context, key)
        finding = patient_state.finding_of(analysis, identity)
        if finding is None:
            return no_update
        note = {i["item"]: n for i, n in zip(identities, notes, strict=True)}.get(identity) or ""
        trail.record(context, "seen", key)
        patient_id = context.store.patient_of(key)
        for row in members_of(analysis, identity):
            own = str(row["finding_id"])
            context.store.seen(own, by=context.user.name, note=note[:200] if own == identity else "", of=patient_id)
            at_level = mark_of(own, row["level"], row["severity"])
            context.store.seen(at_level, by=context.user.name, of=patient_id)
        return serialised(findings_of(analysis, context))


def connect_notes(app: Dash, context: Context) -> None:
    """Write a note on an episode, and settle one."""

    @app.callback(
        Output(ID("findings"), "children", allow_duplicate=True),
        Input(ID("add-note", ALL), "n_clicks"),
        Input(ID("settle", ALL), "n_clicks"),
        State(ID("note-text", ALL), "value"),
        State(ID("note-text", ALL), "id"),
        State(ID("key"), "data"),
        prevent_initial_call=True,
    )
    @needs("mark")
    def _note(
        added: list[int | None],
        settled: list[int | None],
        texts: list[str | None],
        fields: list[dict[str, Any]],
        key: str,
    ) -> Any:
        asked = ctx.triggered_id
        if not isinstance(asked, dict) or not any([*added, *settled]):
            return no_update
        analysis, item = analysis_of(context, key), str(asked["item"])
        if asked["part"] == "settle":
            return serialised(_settled(context, analysis, key, item))
        text = {field["item"]: text for field, text in zip(fields, texts, strict=True)}.get(item)
        return serialised(_added(context, analysis, key, item, text or ""))


def _added(context: Context, analysis: Analysis, key: str, identity: str, text: str) -> list[Any]:
    """The findings once more, with the note, or with why it was refused."""
    finding = patient_state.finding_of(analysis, identity)
    if finding is None:
        return findings_of(analysis, context)
    user = context.user
    try:
        patient_notes.add(
            context.whole_store, trail.kept(context, key), user.name, text,
            sees=user.sees, finding=identity, about=title_of(finding),
        )  # fmt: skip
    except QuestionError as error:
        return findings_of(analysis, context, shown=identity, said=banner(str(error), level="attention"))
    trail.record(context, "seen", key, detail="note on a finding added")
    return findings_of(analysis, context, shown=identity)


def _settled(context: Context, analysis: Analysis, key: str, note_id: str) -> list[Any]:
    """The findings once more, with the note settled; one that is not of this patient changes nothing."""
    user, kept = context.user, trail.kept(context, key)
    note = next((note for note in _notes(context, kept) if note.note_id == note_id and note.finding), None)
    if note is None:
        return findings_of(analysis, context)
    patient_notes.settle(context.whole_store, kept, note_id, user.name, sees=user.sees)
    trail.record(context, "seen", key, detail="note on a finding settled")
    members = members_of(analysis, note.finding)
    return findings_of(analysis, context, shown=note.finding if members else "")
