"""Administration: accounts, sessions, who waits after failed tries, age of keys, backups, jobs, state of the server."""

from __future__ import annotations

import time
from typing import Any

from dash import ALL, Dash, Input, Output, ctx, html

from analytics.store.admin.backup import backups_in
from analytics.store.working_state import jobs
from dashboard.components.notices import banner, card, heading
from dashboard.components.table import Head, table
from dashboard.deployment.health import Readiness
from dashboard.security import trail
from dashboard.security.administration import Administration, Known
from dashboard.security.who import needs
from dashboard.web.context import Context, Request
from dashboard.web.ids import ids_of
from dashboard.wording import count_of, text, whole

PATH = "/admin"
TITLE = "Administration"
NEEDS = "users"
NAVIGATION = None
ID = ids_of("admin")
_JOBS = 20


def layout(request: Request) -> Any:
    """No clinical data: names of users, ages, counts."""
    context = request.context
    return [
        heading(TITLE, "Accounts, sessions, keys, backups, jobs. No clinical data."),
        html.Div(id=ID("said"), role="status"),
        card(html.Div(_accounts(context), id=ID("accounts")), title="Accounts and sessions"),
        card(_checks(context), title="State of the server"),
        card(_keys(context), title="Keys"),
        card(_backups(context), title="Backups"),
        card(_jobs(context), title="Jobs of the last week"),
    ]


def _accounts(context: Context) -> Any:
    administration = Administration(context.config)
    if not administration.has_accounts:
        return html.P("No accounts and no sessions are kept here with this way of signing in.")
    heads = [Head("Name"), Head("Role"), Head("Since"), Head("Sessions", numeric=True), Head("Last used (UTC)"),
             Head("Failed tries", numeric=True), Head("Actions")]  # fmt: skip
    note = html.P("Accounts are added, removed and given another role on the host: hepatrend user.", className="soft")
    return [
        table(heads, [_row(known) for known in administration.known()], caption="Accounts and their sessions"),
        note,
    ]


def _row(known: Known) -> list[Any]:
    account = known.account
    used = time.strftime("%Y-%m-%d %H:%M", time.gmtime(known.seen)) if known.seen else ""
    buttons = []
    if known.sessions:
        buttons.append(html.Button("End sessions", id=ID("end", account.name), className="button"))
    if known.tries:
        buttons.append(html.Button("Unlock", id=ID("unlock", account.name), className="button"))
    return [
        account.name, account.role.replace("_", " "), account.created_utc[:10], whole(known.sessions), used,
        whole(known.tries), html.Div(buttons, className="actions"),
    ]  # fmt: skip


def _checks(context: Context) -> Any:
    rows = [[c.name, c.state, c.says] for c in Readiness(context.whole_store, context.config).checks()]
    return table([Head("Check"), Head("State"), Head("Says", wide=True)], rows, caption="As /readyz says it")


def _keys(context: Context) -> Any:
    rows = [[name, whole(days)] for name, days in Administration(context.config).keys()]
    return table([Head("Key"), Head("Age, days", numeric=True)], rows, caption="Secrets of this installation")


def _backups(context: Context) -> Any:
    made = backups_in(context.whole_store.place.backups)
    if not made:
        return html.P("There is none in the store's folder; those elsewhere are not known here.")
    return html.P(f"{count_of(len(made), 'backup')} in the store's folder, the newest {made[0].name}.")


def _jobs(context: Context) -> Any:
    rows = [
        [job.kind.replace("_", " "), text(job.owner), job.state, f"{round(100 * job.share)}%", whole(job.attempt)]
        for job in jobs.recent(context.whole_store)[:_JOBS]
    ]
    heads = [Head("Job"), Head("Asked by"), Head("State"), Head("Done", numeric=True), Head("Attempt", numeric=True)]
    return table(heads, rows, caption="The newest first") if rows else html.P("None.")


def connect(app: Dash, context: Context) -> None:
    """Ending sessions and unlocking; each is in the audit log."""

    @app.callback(
        Output(ID("said"), "children"),
        Output(ID("accounts"), "children"),
        Input(ID("end", ALL), "n_clicks"),
        Input(ID("unlock", ALL), "n_clicks"),
        prevent_initial_call=True,
    )
    @needs("users")
    def _do(ends: list[int | None], unlocks: list[int | None]) -> tuple[Any, Any]:
        administration, asked = Administration(context.config), ctx.triggered_id
        names = [known.account.name for known in administration.known()] if administration.has_accounts else []
        if not any([*ends, *unlocks]) or not asked or asked["item"] not in names:
            return "", _accounts(context)
        name = asked["item"]
        if asked["part"] == "end":
            trail.record(context, "user_admin", name, detail="sessions ended")
            said = f"{count_of(administration.end_sessions(name), 'session')} of {name} ended."
        else:
            trail.record(context, "user_admin", name, detail="unlocked")
            said = f"{name} can sign in; {count_of(administration.forget_tries(name), 'try', 'tries')} forgotten."
        return banner(said, level="good"), _accounts(context)
