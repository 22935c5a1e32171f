"""The two forms at the top of the import page: which files, and which profile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.web.attributes import wild


def files(offered: Sequence[str], chosen: Sequence[str], identify: Callable[..., Any]) -> list[Any]:
    """Choosing files, a folder or a zip, or files of the server's folder.

    Args:
        offered: names in the server's import folder.
        chosen: those that are chosen at first.
        identify: id maker of the page; what the script of uploads finds has ids of its own.
    """
    drop = html.Div(
        [
            html.Button("Choose files", id="upload-choose", className="button"),
            html.Button("Choose a folder", id="upload-folder", className="button"),
            html.P("or drop files, a folder or a zip here", className="soft"),
            html.Progress(id="upload-progress", max="100", value="0", hidden=True, **wild({"aria-label": "Upload"})),
            html.P(id="upload-said", role="status", className="soft"),
        ],
        id="upload-drop",
        className="drop",
    )
    folder = dmc.MultiSelect(
        id=identify("offered"), label="Or files of the server's import folder", data=list(offered), value=list(chosen),
        clearable=True, searchable=True, size="sm", placeholder="none" if offered else "no folder is configured",
        disabled=not offered,
    )  # fmt: skip
    return [drop, folder]


def profile(names: Sequence[str], identify: Callable[..., Any]) -> list[Any]:
    """Choosing, drafting, reading and saving a profile."""
    return [
        html.Div(
            [
                dmc.Select(
                    id=identify("profile"), label="Profile", data=list(names), clearable=True, size="sm", w=220,
                    placeholder="none: the files say all",
                ),
                html.Button("Draft one from the files", id=identify("draft"), className="button"),
            ],
            className="filters",
        ),
        html.Div(id=identify("said"), role="status"),
        html.Div(id=identify("options"), className="filters"),
        html.Details(
            [
                html.Summary("Text of the profile (TOML)"),
                dmc.Textarea(
                    id=identify("text"), autosize=True, minRows=3, maxRows=18, debounce=600, value="",
                    className="code", placeholder="empty: ISO dates, decimal point, units in the file",
                    **wild({"aria-label": "Text of the profile"}),
                ),
            ],
            className="spaced",
        ),
        html.Div(
            [
                dmc.TextInput(id=identify("name"), label="Save as", size="sm", w=220, placeholder="northgate_lab"),
                html.Button("Save the profile", id=identify("save"), className="button"),
            ],
            className="filters",
        ),
        html.Div(id=identify("saved"), role="status"),
    ]  # fmt: skip
