"""Asking: the builder writes the text, the text is run, saved, and compared with what was saved."""

from __future__ import annotations

from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update

from analytics.cohort.query.definition import parse
from analytics.cohort.query.diff import diff
from analytics.cohort.small_cells import too_few
from analytics.errors import NotRead, QuestionError
from analytics.store.working_state import saved_cohorts
from dashboard.cohorts.service import UNANSWERED, Cohorts
from dashboard.components import cohort_builder as build
from dashboard.components.cohort_diff import difference
from dashboard.components.cohort_grid import known_columns
from dashboard.components.cohort_question import picked_as, understood_as
from dashboard.components.notices import banner
from dashboard.pages.cohort.choice import ID, START, Composed, Keeping, composed, keeping
from dashboard.security.who import needs
from dashboard.web.context import Context


def connect_writing(app: Dash, context: Context) -> None:
    """Choices, ready lines and saved cohorts become text; a saved cohort brings its columns."""

    @app.callback(
        Output(ID("text"), "value"),
        Output(ID("clock"), "value"),
        inputs={
            "clicks": Input(ID("compose"), "n_clicks"),
            "example": Input(ID("example"), "value"),
            "form": Input(ID("form"), "value"),
            "name": Input(ID("saved"), "value"),
            "clock": Input(ID("clock"), "value"),
            "run_text": Input(ID("asked"), "data"),
            "text": State(ID("text"), "value"),
            "choices": composed(),
        },
        prevent_initial_call=True,
    )
    @needs("cohorts")
    def _write(
        clicks: int | None, example: str | None, form: str | None, name: str | None, clock: str | None,
        run_text: str | None, text: str | None, choices: Composed,
    ) -> Any:  # fmt: skip
        asked = ctx.triggered_id
        if asked == ID("asked"):
            return no_update, clock_of(run_text)  # own words stay in the field
        text = _sentence(text, run_text)
        written = None
        if asked == ID("saved"):
            written = _kept(context, name).text if name else None
        elif asked == ID("form"):
            written = _with_line(text, f"where {form}") if form else None
        elif asked == ID("clock"):
            written = with_clock(text or START, clock, choices.what)
        elif asked == ID("compose"):
            written = _with_question(text, choices.line)
        elif example in build.EXAMPLES:
            written = _with_question(text, build.EXAMPLES[example])
        return (no_update, no_update) if written is None else (written, clock_of(written))

    @app.callback(
        Output(ID("columns"), "value"),
        Input(ID("saved"), "value"),
        prevent_initial_call=True,
    )
    @needs("cohorts")
    def _columns(name: str | None) -> Any:
        return list(_kept(context, name).columns) if name else no_update


def saved_names(context: Context) -> list[str]:
    """Cohorts that this user has saved with the eyes of today's role, newest first, then those that others share."""
    user, store = context.user, context.whole_store
    own = [s.name for s in saved_cohorts.saved(store, user.name, sees=user.sees)]
    return own + [_of_others(s) for s in saved_cohorts.shared_with(store, user.name, sees=user.sees)]


def _of_others(one: saved_cohorts.Saved) -> str:
    return f"{one.name} (shared by {one.owner})"


def _kept(context: Context, name: str) -> saved_cohorts.Saved:
    """The newest version of a cohort that this user has saved, or that somebody shares.

    Raises:
        QuestionError: there is none of this name.
    """
    user, store = context.user, context.whole_store
    for one in saved_cohorts.shared_with(store, user.name, sees=user.sees):
        if name == _of_others(one):
            return one
    return saved_cohorts.find(store, name, user.name, sees=user.sees)


def connect_asking(app: Dash, context: Context, state: Cohorts) -> None:
    """Run, save, compare."""

    @app.callback(
        Output(ID("asked"), "data"),
        Output(ID("said"), "children"),
        Output(ID("saved"), "data"),
        inputs={
            "pressed": [Input(ID(name), "n_clicks") for name in ("run", "save", "compare")],
            "picks": Input(ID("pick", ALL), "n_clicks"),
            "text": State(ID("text"), "value"),
            "asked": State(ID("asked"), "data"),
            "keep": keeping(),
        },
        prevent_initial_call=True,
    )
    @needs("cohorts")
    def _ask(
        pressed: list[int | None], picks: list[int | None], text: str | None, asked: str | None, keep: Keeping
    ) -> Any:
        if isinstance(ctx.triggered_id, dict):
            picked = str(ctx.triggered_id["item"])
            return (picked, picked_as(picked), no_update) if any(picks) else (no_update, no_update, no_update)
        try:
            if ctx.triggered_id == ID("run"):
                return *_asked(context, state, text or ""), no_update
            result = state.result(_meant(state, text or "", asked))
            if ctx.triggered_id == ID("save"):
                kept = saved_cohorts.save(
                    context.whole_store,
                    (keep.name or "").strip(),
                    result.definition.text,
                    result.to_json(),
                    context.user.name,
                    known_columns(keep.columns),
                    sees=context.user.sees,
                    shared=bool(keep.share),
                )
                names = saved_names(context)
                return (
                    result.definition.text,
                    banner(f"Saved as {kept.name}, version {kept.version}.", level="good"),
                    names,
                )
            if ctx.triggered_id == ID("compare"):
                kept = _kept(context, keep.old or "")
                again = state.result(kept.text)
                if again.withheld or kept.withheld:  # who entered and who left would say who is in it
                    raise QuestionError(too_few(state.hide_below))
                moved = context.user.sees == "pseudonymised"
                said = difference(diff(kept.run, again), kept.run, again, state.keys(), moved=moved)
                return kept.text, said, no_update
            return result.definition.text or text, None, no_update
        except NotRead as error:
            run_now = ctx.triggered_id == ID("run")
            return (text, None, no_update) if run_now else (no_update, banner(str(error)), no_update)
        except QuestionError as error:
            kept = ctx.triggered_id != ID("run")
            return no_update if kept else UNANSWERED + (text or ""), build.refusal(error), no_update


def asked_again(context: Context, state: Cohorts, text: str) -> tuple[str, Any]:
    """What a question that had to wait for the data is answered with, as if it were asked now; no error is raised."""
    try:
        return _asked(context, state, text)
    except NotRead:
        return text, None
    except QuestionError as error:
        return UNANSWERED + text, build.refusal(error)


def _asked(context: Context, state: Cohorts, text: str) -> tuple[str, Any]:
    """(what the views are of, what is said above them): the former answer never stays beside another question."""
    if not text.strip() or (_exact(text) and len(text.strip().splitlines()) > 1):
        return state.result(text).definition.text or text, None
    found = state.interpretation(text)
    said = understood_as(ID, found, state.hide_below)
    if found.understood is None:
        return UNANSWERED + text, said
    return state.result(found.understood.definition.text).definition.text, said


def _meant(state: Cohorts, text: str, asked: str | None) -> str:
    """The exact sentence of what stands in the field: itself, or what its own words were understood as or chosen to be.

    Raises:
        QuestionError: they were not understood, and none of their sentences was chosen.
    """
    if _exact(text):
        return text
    found = state.interpretation(text)
    if found.understood is not None:
        return found.understood.definition.text
    if any(asked == choice.sentence for choice in found.choices):
        return asked or ""
    raise QuestionError("choose what is meant first")


def _sentence(text: str | None, answered: str | None) -> str | None:
    """What choices add a line to: the text where it is exact, else the sentence that its own words were answered as."""
    return text if _exact(text) or not _exact(answered) else answered


def _exact(text: str | None) -> bool:
    """It can be read by the exact grammar."""
    try:
        parse(text or "")
    except QuestionError:
        return False
    return True


def with_clock(text: str | None, clock: str | None, analyte: str | None) -> str | None:
    """The text with its line "align on" as chosen; None where nothing known is chosen. The first dose needs no line."""
    if clock not in build.CLOCKS:
        return None
    lines = [kept for kept in (text or "").splitlines() if kept.strip() and not kept.strip().startswith("align on")]
    words = f"{clock} {analyte}" if clock == build.ABNORMAL else clock
    return "\n".join(lines if clock == "first dose" else [*lines, f"align on {words}"])


def clock_of(text: str | None) -> str | None:
    """Which of the choices of the clock a text is aligned on; None for any other event, or an unreadable text."""
    try:
        align = parse(text or "").align
    except QuestionError:
        return None
    words = build.ABNORMAL if align.kind == "abnormal" else align.text
    return words if words in build.CLOCKS else None


def _with_line(text: str | None, line: str) -> str:
    return "\n".join([*[kept for kept in (text or "").splitlines() if kept.strip() and not kept.startswith("#")], line])


def _with_question(text: str | None, line: str) -> str:
    lines = [kept for kept in (text or "").splitlines() if kept.strip() and not kept.startswith(("#", "find"))]
    return "\n".join([*lines, line])
