"""The patients: a table from the server, one after the other worst first, marks, and exports."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.dcc.express import send_bytes
from flask import Flask, Response, abort, send_file

from analytics.cohort.query.definition import Definition
from analytics.cohort.query.run import Result, nobody
from analytics.cohort.small_cells import too_few
from analytics.errors import NotRead, QuestionError
from analytics.rules import rules
from analytics.settings import changed_from_default
from analytics.store.working_state import jobs, patient_reviews
from dashboard.cohorts import worker
from dashboard.cohorts.service import Cohorts, hide_below
from dashboard.components import cohort_grid as patients
from dashboard.components.downloads import csv_text, parquet_bytes
from dashboard.components.frame import patient_href
from dashboard.components.notices import banner, empty
from dashboard.pages.cohort.choice import ID, VIEWS, Listed, listed, not_ready, view_of
from dashboard.security import trail
from dashboard.security.who import needs
from dashboard.web.context import Context
from dashboard.web.ids import set_off_by
from dashboard.wording import ABSENT, count_of


def connect_patients(app: Dash, context: Context, state: Cohorts) -> None:
    """The table, with the chosen columns."""

    @app.callback(
        Output(ID("grid-box"), "children"),
        inputs={
            "which": listed(Input),
            "marked": Input(ID("was-marked"), "data"),
            "columns": Input(ID("columns"), "value"),
            "view": State(ID("view"), "data"),
        },
    )
    @needs("cohorts")
    def _grid(which: Listed, marked: str | None, columns: list[str] | None, view: str | None) -> Any:
        try:
            frame = rows_of_list(context, state, which)
        except NotRead as error:
            return not_ready(str(error), "list") if state.busy() else no_update
        except QuestionError:  # nothing of a former answer stays beside a question that was not answered
            return None
        if (said := unlisted(state, which, len(frame))) is not None:
            return [said]
        what = "selected patients" if which.selection else "patients of the cohort"
        says = f"{count_of(len(frame), 'patient')}: {what}, by priority. {review_state(frame)}"
        lead = html.P([says, html.Small(" Click a row to see it below; tick rows to select them.", className="soft")])
        chosen, first = patients.known_columns(columns), {code: patients.first_columns(code, frame) for code in VIEWS}
        return [lead, patients.grid(ID("grid", "patients"), frame.columns, context.scheme, chosen, first, view or "")]

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("cohort", "columns"),
        Output(ID("grid", ALL), "columnDefs"),
        Input(ID("view"), "data"),
        Input(ID("grid", ALL), "id"),
        State(ID("grid", ALL), "columnDefs"),
        State(ID("grid", ALL), "dashGridOptions"),
    )

    @app.callback(
        Output(ID("grid", ALL), "getRowsResponse"),
        inputs={"requests": Input(ID("grid", ALL), "getRowsRequest"), "which": listed()},
        prevent_initial_call=True,
    )
    @needs("cohorts")
    def _page(requests: list[dict[str, Any] | None], which: Listed) -> Any:
        try:
            frame = rows_of_list(context, state, which)
            case = state.result(which.text).analysis.case
        except QuestionError:  # new data came in: the table is made anew when they have been read
            return [no_update] * len(requests)
        people = case.panel.patients
        clocks = dict(zip(people["patient_id"], people["clock"], strict=True))
        try:
            return [patients.page_of(frame, request, clocks, case) if request else no_update for request in requests]
        except (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError):
            abort(400)  # no grid asks like this


def review_state(frame: pd.DataFrame) -> str:
    """How many of the list are reviewed, and by whom; empty of nobody."""
    by = frame.loc[frame["reviewed"] != "", "reviewed"].value_counts()
    whom = ", ".join(f"{name} {n}" for name, n in sorted(by.items(), key=lambda one: (-one[1], one[0])))
    if frame.empty:
        return ""
    return f"{int(by.sum())} of {len(frame)} reviewed{', by ' + whom if whom else ''}."


def unlisted(state: Cohorts, which: Listed, n: int) -> html.Div | None:
    """What stands in place of a list whose people are too few to be shown to this viewer."""
    hidden = state.result(which.text).withheld or (which.selection and not n)
    return empty(too_few(state.hide_below)) if hidden and state.hide_below else None


def connect_stepping(app: Dash, context: Context, state: Cohorts) -> None:
    """One patient after the other, by priority, with marks."""

    @app.callback(
        Output(ID("step-said"), "children"),
        Output(ID("previous"), "disabled"),
        Output(ID("next"), "disabled"),
        Output(ID("mark"), "disabled"),
        Output(ID("place"), "data", allow_duplicate=True),
        Output(ID("was-marked"), "data"),
        inputs={
            "which": listed(Input),
            "pressed": [Input(ID(name), "n_clicks") for name in ("previous", "next", "mark")],
            "clicked": Input(ID("grid", ALL), "cellClicked"),
            "place": State(ID("place"), "data"),
        },
        prevent_initial_call="initial_duplicate",
    )
    @needs("cohorts")
    def _step(which: Listed, pressed: list[int | None], clicked: list[dict[str, Any] | None], place: int | None) -> Any:
        try:
            frame = rows_of_list(context, state, which)
        except QuestionError:
            return None, True, True, True, 0, no_update
        asked, marked = ctx.triggered_id, None
        at = 0 if asked in (None, ID("asked"), ID("selection")) else place or 0
        at += {ID("next"): 1, ID("previous"): -1}.get(asked, 0) if isinstance(asked, str) else 0
        if isinstance(asked, dict) and clicked and clicked[0]:
            hit = np.flatnonzero(frame["key"].to_numpy() == str(clicked[0].get("rowId")))
            at = int(hit[0]) if len(hit) else at
        at = min(max(at, 0), max(len(frame) - 1, 0))
        if asked == ID("mark") and len(frame):
            marked = str(frame["key"].iloc[at])
            kept, digest = trail.kept(context, marked), state.result(which.text).definition.digest
            trail.record(context, "seen", marked, detail=digest)
            patient_reviews.mark(context.whole_store, kept, context.user.name, digest)
            frame = rows_of_list(context, state, which)
        return _said(frame, at), at == 0, at >= len(frame) - 1, frame.empty, at, no_update if marked is None else marked


def stepper() -> html.Div:
    """Ways on and back, and the mark. They stay where they are, so that no click is lost between two patients."""

    def button(label: str, part: str) -> html.Button:
        return html.Button(label, id=ID(part), className="button small", n_clicks=0, disabled=True)

    said = html.Div(id=ID("step-said"), className="said")
    parts = [button("Previous", "previous"), button("Next", "next"), said, button("Mark reviewed", "mark")]
    return html.Div([*parts, dcc.Store(id=ID("was-marked"))], id=ID("step-through"), className="chosen")


def rows_of_list(context: Context, state: Cohorts, which: Listed) -> pd.DataFrame:
    """Rows of the patients table: the cohort, or the selected of it, with who reviewed them."""
    frame = state.people(which.text)
    if which.selection:
        seen = view_of(context, state, which.text, {}, which.selection)
        ids = set(seen.analysis.panel.patient_ids[seen.selected])
        frame = frame[frame["patient_id"].isin(ids)]
    marks = patient_reviews.marks(context.whole_store)
    kept = context.store.kept_keys()
    return frame.assign(reviewed=[marks.get(kept.get(p, ""), "") for p in frame["patient_id"]])


def _said(frame: pd.DataFrame, at: int) -> list[Any]:
    """One patient of the list: place, way to the page, peaks, and who reviewed."""
    if frame.empty:
        return [html.Span("No patients to go through.", className="soft")]
    row = frame.iloc[at]
    key = str(row["key"])
    peaks = (("peak_ALT", "peak ALT"), ("peak_BILI", "peak bilirubin"))
    facts = [f"{label} {row[name]:.1f} × ULN" for name, label in peaks if row[name] == row[name]]
    seen = f"reviewed by {row['reviewed']}" if row["reviewed"] else "not reviewed"
    return [
        html.Span(f"{at + 1} of {len(frame)}, by priority"),
        dcc.Link(f"Open {row['patient_id']}", href=patient_href(key), className="button small"),
        html.Span(" · ".join(facts), className="soft"),
        html.Span(seen, className="soft"),
    ]


def connect_exports(app: Dash, context: Context, state: Cohorts) -> None:
    """The list at once; the data set as a job of the worker, with its progress."""

    @app.callback(
        Output(ID("download"), "data"),
        Output(ID("job-said"), "children", allow_duplicate=True),
        inputs={
            "pressed": Input(ID("list"), "n_clicks"),
            "which": listed(),
            "form": State(ID("form-of-export"), "value"),
        },
        prevent_initial_call=True,
    )
    @needs("export")
    def _list(pressed: int | None, which: Listed, form: str | None) -> Any:
        try:
            if state.result(which.text).withheld:
                raise QuestionError(too_few(state.hide_below))
            frame = list_frame(context, state, which)
        except QuestionError as error:
            return no_update, banner(str(error), level="attention")
        digest = state.result(which.text).definition.digest
        trail.record(context, "export", digest, rows=len(frame), detail="cohort list")
        if form in ("parquet", "meds"):  # MEDS is a form of data sets; a list of it is Parquet
            return send_bytes(parquet_bytes(frame), "hepatrend-cohort.parquet"), no_update  # type: ignore[no-untyped-call]
        return dict(content=csv_text(frame), filename="hepatrend-cohort.csv"), no_update

    @app.callback(
        Output(ID("job"), "data"),
        Output(ID("waiting"), "disabled"),
        Output(ID("job-said"), "children"),
        Input(ID("dataset"), "n_clicks"),
        Input(ID("report"), "n_clicks"),
        Input(ID("waiting"), "n_intervals"),
        Input(ID("cancel", ALL), "n_clicks"),
        State(ID("asked"), "data"),
        State(ID("job"), "data"),
        State(ID("form-of-export"), "value"),
        State(ID("extras"), "checked"),
        prevent_initial_call=True,
    )
    @needs("export")
    def _made_beside(
        exports: int | None, reports: int | None, ticks: int | None, cancels: list[int | None], text: str,
        job_id: str | None, form: str | None, extras: bool | None,
    ) -> Any:  # fmt: skip
        store, owner = context.whole_store, context.user.name
        if set_off_by(ID("dataset")) or set_off_by(ID("report")):
            kind = "cohort_report" if set_off_by(ID("report")) else "cohort_export"
            try:
                result = state.result(text)
            except QuestionError as error:
                return None, True, banner(str(error), level="attention")
            if refused := _refused(result, kind):
                return None, True, banner(refused, level="attention")
            job_id = ask(context, result.definition, kind, form, extras=bool(extras))
        elif any(cancels) and job_id:
            jobs.cancel(store, job_id, owner)
        else:
            worker.revive(store, context.config)
        job = jobs.get(store, job_id or "", owner)
        return job_id, job is None or job.over, _job_said(job)


_MADE = {"cohort_export": "The data set", "cohort_report": "The report"}
"""What a kind of job makes."""


def _refused(result: Result, kind: str) -> str:
    """Why it cannot be made of this cohort; empty where it can."""
    if result.withheld:
        return f"{_MADE[kind]} was not made. {too_few(result.analysis.settings.cohort.small_cell)}"
    if any(f.text.startswith("id is") for f in result.definition.filters):
        return f"{_MADE[kind]} is of a question, not of named patients."
    n = len(result.patient_ids)
    if kind == "cohort_report" and not n:
        return f"No patients match: nothing to report. {nobody(result.steps)}".strip()
    if kind == "cohort_report" and n > worker.MOST_REPORTED:
        return f"No report was made: {worker.too_many(n)}."
    return ""


def ask(context: Context, definition: Definition, kind: str, form: str | None, *, extras: bool = False) -> str:
    """Have it made beside, identified only for who sees identified patients; gives the job's id.

    By the time it is made new data may have left fewer people: who may not be shown so few gets none.
    """
    trail.record(context, "report" if kind == "cohort_report" else "export", definition.digest,
                 detail="cohort report" if kind == "cohort_report" else "cohort data set")  # fmt: skip
    told = {"identified": context.user.sees == "identified", "least": hide_below(context)}
    body = {"text": definition.text, "form": form, "extras": extras, **told}
    job_id = jobs.submit(context.whole_store, kind, context.user.name, body)
    worker.start(context.config)
    return job_id


def _job_said(job: jobs.Job | None) -> Any:
    """How far it is, or where to have it."""
    if job is None:
        return None
    made = _MADE.get(job.kind, "The result")
    if job.state == "done":
        return banner(html.A(f"{made} is ready: download", href=f"/cohort/file/{job.job_id}"), level="good")
    if job.over:
        return banner(f"{made} was not made: {job.result or job.state}.", level="attention")
    stop = html.Button("Cancel", id=ID("cancel", "job"), className="button small", n_clicks=0)
    return banner(f"Making {made.lower()}: {job.stage}, {job.share:.0%} ", stop)


def connect_files(server: Flask, context: Context) -> None:
    """What a finished job made, for its owner alone, as long as the owner may see what is in it."""

    @server.route("/cohort/file/<job_id>")
    @needs("export")
    def _cohort_file(job_id: str) -> Response:
        job = jobs.get(context.whole_store, job_id, context.user.name)
        if job is None or job.state != "done" or job.kind not in _MADE or not _may_have(context, job):
            abort(404)
        path = worker.file_of(context.whole_store, job_id, job.kind)
        if not path.is_file():
            abort(404)
        # piece by piece: it may be larger than memory
        return send_file(path, as_attachment=True, download_name=f"hepatrend-cohort{path.suffix}")


def _may_have(context: Context, job: jobs.Job) -> bool:
    """A report that names people is not given to one who was made a coordinator since."""
    return job.kind != "cohort_report" or not job.body.get("identified") or context.user.sees == "identified"


def list_frame(context: Context, state: Cohorts, which: Listed) -> pd.DataFrame:
    """The list with opaque keys, and what made it: question, generation, thresholds, rule versions.

    Who sees identified patients has the patient id first; nobody else has that column.

    Numbers are whole numbers or floats, times are text on each patient's clock, and what is absent is missing.
    """
    frame = rows_of_list(context, state, which)
    result = state.result(which.text)
    people = result.analysis.panel.patients
    clocks = dict(zip(people["patient_id"], people["clock"], strict=True))
    shown = pd.DataFrame(patients.rows_of(frame, clocks)).drop(columns="patient", errors="ignore")
    rows = shown.replace(ABSENT, None).infer_objects()
    if context.user.sees == "identified":
        rows.insert(0, "patient_id", frame["patient_id"].astype("string").to_numpy())
    source = result.provenance()
    versions = " ".join(f"{code}={rule.version}" for code, rule in rules().items())
    asked = result.definition.question.text if result.definition.question else ""
    extra = {"question": asked, "definition": source["definition"], "generation": source["generation"]}
    changed = " ".join(f"{name}={value}" for name, value, *_ in changed_from_default(result.analysis.settings))
    return rows.assign(**extra, settings=source["settings"], thresholds_changed=changed, rules=versions)
