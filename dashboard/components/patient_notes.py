"""The notes on one episode, under its card: read, add, settle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import dash_mantine_components as dmc
from dash import html

from analytics.store.working_state.patient_notes import Note
from dashboard.components.note_thread import count_words, rows_of
from dashboard.components.patient_episodes import Episode, title_of
from dashboard.web.attributes import wild
from dashboard.web.static_html import Fixed

NO_LONGER = "Notes on findings that are no longer there"
"""A later version of a rule, or corrected data, may have taken a finding away; what was written of it stays."""


@dataclass(frozen=True)
class Threads:
    """What a viewer may read and write on the findings of one patient.

    Attributes:
        ID: makes the ids of the page.
        notes: on findings, the oldest first.
        dated: whether the viewer knows true dates.
        may_write: whether the viewer may add and settle.
        shown: finding_id of the card whose thread is open.
        said: what is said in it, such as why a note was refused.
    """

    ID: Callable[..., Any]
    notes: Sequence[Note] = ()
    dated: bool = False
    may_write: bool = False
    shown: str = ""
    said: Any = field(default=None)

    def of(self, episode: Episode) -> Any:
        """Notes on any finding of an episode, and a field for the next one where it is open; None where neither is."""
        ids = {str(row["finding_id"]) for row in episode.members}
        mine, identity = [note for note in self.notes if note.finding in ids], str(episode.lead["finding_id"])
        writes = self.may_write and episode.is_open
        if not mine and not writes:
            return None
        inside = rows_of(mine, dated=self.dated, settle=self._settle if self.may_write else None)
        here = self.shown in ids
        if writes:
            inside.append(self._form(identity, title_of(episode.lead)))
        words = count_words(mine) if mine else "Add a note"
        whole = html.Details(
            [html.Summary(words), html.Div([*([self.said] if here and self.said else []), *inside])],
            className="finding-notes",
            open=here,
        )
        return whole if self.may_write else Fixed(whole)

    def rest(self, episodes: Sequence[Episode]) -> Any:
        """Notes on findings that no episode has any more; None where there are none."""
        known = {str(row["finding_id"]) for episode in episodes for row in episode.members}
        lost = [note for note in self.notes if note.finding and note.finding not in known]
        if not lost:
            return None
        settle = self._settle if self.may_write else None
        inside = rows_of(lost, dated=self.dated, settle=settle, named=True)
        return html.Details([html.Summary(f"{NO_LONGER} ({len(lost)})"), *inside], className="folded")

    def _settle(self, note_id: str) -> Any:
        return self.ID("settle", note_id)

    def _form(self, identity: str, title: str) -> html.Div:
        field_ = dmc.TextInput(
            id=self.ID("note-text", identity), placeholder="Note for the team", size="xs", className="field",
            **wild({"aria-label": f"Note on {title}"}),
        )  # fmt: skip
        button = html.Button(
            "Add note", id=self.ID("add-note", identity), className="button small", type="button", n_clicks=0
        )
        return html.Div([field_, button], className="note-form")
