"""Own account: name, role, and another password."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html
from flask import request as http

from analytics.errors import InputError
from dashboard.components.notices import banner, card, heading
from dashboard.security import trail
from dashboard.security.accounts import SHORTEST
from dashboard.security.administration import Administration
from dashboard.security.attempts import Attempts
from dashboard.security.roles import EVERY
from dashboard.security.who import needs
from dashboard.web.context import Context, Request
from dashboard.web.ids import ids_of

PATH = "/account"
TITLE = "Account"
NEEDS = "enter"
NAVIGATION = None
ID = ids_of("account")


def layout(request: Request) -> Any:
    """Who one is here; the form only where passwords are kept here."""
    user = request.user
    lead = f"{user.name}: {user.role.replace('_', ' ')}, {EVERY[user.role].says}."
    if request.config.auth != "local":
        return [heading(TITLE, lead), html.P("No password of yours is kept here with this way of signing in.")]
    fields = (("old", "Password now", "current-password"), ("new", "New password", "new-password"),
              ("again", "New password again", "new-password"))  # fmt: skip
    form = [
        dmc.PasswordInput(id=ID(part), label=label, value="", size="sm", w=280, autoComplete=complete)
        for part, label, complete in fields
    ]
    note = html.P(f"{SHORTEST} characters or more, not the name. Every session of yours ends.", className="soft")
    button = html.Button("Change the password", id=ID("change"), className="button")
    return [heading(TITLE, lead), card(*form, note, button, html.Div(id=ID("said"), role="status"), title="Password")]


def connect(app: Dash, context: Context) -> None:
    """The change, by who knows the password of now."""

    @app.callback(
        Output(ID("said"), "children"),
        Input(ID("change"), "n_clicks"),
        State(ID("old"), "value"),
        State(ID("new"), "value"),
        State(ID("again"), "value"),
        prevent_initial_call=True,
    )
    @needs("enter")
    def _change(clicks: int | None, old: str | None, new: str | None, again: str | None) -> Any:
        if not clicks or context.config.auth != "local":
            return ""
        return banner(_changed(context, old or "", new or "", again or ""), level="attention")


def _changed(context: Context, old: str, new: str, again: str) -> str:
    """Change it; says what came of it. Tries count as those of signing in do."""
    if new != again:
        return "The new passwords differ."
    administration, name = Administration(context.config), context.user.name
    accounts, source = administration.accounts(), http.remote_addr or ""
    attempts = Attempts(accounts, administration.now)
    if attempts.wait(source, name):
        return "Too many tries. Wait a little."
    if accounts.check(name, old) is None:
        trail.record(context, "sign_in_failed", detail="change of the own password")
        return "The password now is wrong."
    attempts.succeeded(source, name)
    trail.record(context, "user_admin", name, detail="own password")
    try:
        accounts.set_password(name, new)
    except InputError as error:
        return f"{error}."
    return "The password is changed. Sign in with it."
