"""A thread of notes: each with its author and time, and the way to settle it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
from dash import html

from analytics.store.working_state.patient_notes import Note
from dashboard.wording import count_of


def count_words(notes: Sequence[Note]) -> str:
    """How many notes there are, and how many of them are open."""
    return f"{count_of(len(notes), 'note')}, {sum(not note.settled_by for note in notes)} open"


def rows_of(
    notes: Sequence[Note], *, dated: bool, settle: Callable[[str], Any] | None, named: bool = False
) -> list[html.Div]:
    """The notes, one below the other.

    Args:
        notes: the oldest first.
        dated: whether the viewer knows true dates (the day of a note tells them to within a day).
        settle: gives the id of the button that settles a note; None where the viewer may settle none.
        named: whether each says which finding it is on.
    """
    return [_note(note, dated, settle, named) for note in notes]


def _note(note: Note, dated: bool, settle: Callable[[str], Any] | None, named: bool) -> html.Div:
    when = f", {pd.Timestamp(note.utc, unit='us'):%-d %b %Y %H:%M} UTC" if dated else ""
    on = f" on {note.about}" if named and note.about else ""
    who = html.Span(f"{note.author}{when}{on}", className="soft")
    end: Any = None
    if note.settled_by:
        end = html.Span(f"settled by {note.settled_by}", className="soft")
    elif settle is not None:
        end = html.Button("Settle", id=settle(note.note_id), className="button small", n_clicks=0, type="button")
    return html.Div([html.Span(note.text), who, end], className="note settled" if note.settled_by else "note")
