"""The thread of notes on the patient who is looked at: read, add, settle."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update

from analytics.errors import QuestionError
from analytics.store.working_state import patient_notes
from analytics.store.working_state.patient_notes import Note
from dashboard.cohorts.service import Cohorts
from dashboard.components.note_thread import count_words, rows_of
from dashboard.components.notices import banner
from dashboard.pages.cohort.choice import ID, Listed, listed
from dashboard.pages.cohort.people import rows_of_list
from dashboard.security import trail
from dashboard.security.who import needs
from dashboard.web.attributes import wild
from dashboard.web.context import Context


def notes_of_one() -> html.Div:
    """Where the thread stands, with the field for the next note."""
    field = dmc.TextInput(
        id=ID("note"), placeholder="note on this patient", size="sm", className="field",
        **wild({"aria-label": "Note on this patient"}),
    )  # fmt: skip
    button = html.Button("Add note", id=ID("add-note"), className="button small", n_clicks=0, disabled=True)
    thread = html.Div(id=ID("thread"), role="status", **wild({"aria-live": "polite"}))
    return html.Div([thread, html.Div([field, button], className="row")], className="notes")


def connect_notes(app: Dash, context: Context, state: Cohorts) -> None:
    """The thread follows the patient of the stepper."""

    @app.callback(
        Output(ID("thread"), "children"),
        Output(ID("note"), "value"),
        Output(ID("add-note"), "disabled"),
        inputs={
            "place": Input(ID("place"), "data"),
            "added": Input(ID("add-note"), "n_clicks"),
            "settled": Input(ID("settle", ALL), "n_clicks"),
            "text": State(ID("note"), "value"),
            "which": listed(),
        },
        prevent_initial_call=True,
    )
    @needs("cohorts")
    def _notes(place: int | None, added: int | None, settled: list[int | None], text: str | None, which: Listed) -> Any:
        try:
            frame = rows_of_list(context, state, which)
        except QuestionError:
            return None, no_update, True
        if frame.empty:
            return None, no_update, True
        key = str(frame["key"].iloc[min(max(place or 0, 0), len(frame) - 1)])
        kept, user, store = trail.kept(context, key), context.user, context.whole_store
        try:
            if ctx.triggered_id == ID("add-note"):
                patient_notes.add(store, kept, user.name, text or "", sees=user.sees)
                trail.record(context, "seen", key, detail="note added")
            elif isinstance(ctx.triggered_id, dict) and any(settled):
                patient_notes.settle(store, kept, str(ctx.triggered_id["item"]), user.name, sees=user.sees)
                trail.record(context, "seen", key, detail="note settled")
        except QuestionError as error:
            return banner(str(error), level="attention"), no_update, False
        notes = patient_notes.thread(store, kept, sees=user.sees)
        written = ctx.triggered_id == ID("add-note") or ctx.triggered_id == ID("place")
        return thread_of(notes, dated=user.sees == "identified"), "" if written else no_update, False


def thread_of(notes: list[Note], *, dated: bool) -> list[Any]:
    """The notes on a patient and its findings; ``dated`` where the viewer knows true dates."""
    if not notes:
        return []
    return [
        html.P(count_words(notes), className="soft"),
        *rows_of(notes, dated=dated, settle=lambda note_id: ID("settle", note_id), named=True),
    ]
