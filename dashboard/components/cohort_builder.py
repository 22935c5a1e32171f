"""The question of a cohort with its completion, a sentence from choices, steps with the number left, saved cohorts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from analytics.analytes import MARKERS, PANEL, shown
from analytics.cohort.edish import CUTS
from analytics.cohort.query.definition import GROUPINGS
from analytics.cohort.query.evaluate import Step
from analytics.cohort.query.filters import FORMS
from analytics.cohort.query.run import nobody
from analytics.cohort.query.worded import worded
from analytics.errors import QuestionError
from analytics.event_kinds import EVENT_KINDS
from dashboard.components.cohort_grid import column_choices
from dashboard.components.notices import banner
from dashboard.components.table import Head, table
from dashboard.figures.cohort_view import SCALE_WORDS
from dashboard.web.attributes import wild
from dashboard.web.static_html import settled
from dashboard.wording import whole

EXAMPLES = {
    "Bilirubin doubled within 14 days of a stent": "find bilirubin doubled within 14 days after a biliary stent",
    "Laboratory part of Hy's law": (
        "find ALT or AST at least 3 x ULN while ALP at most 2 x ULN and bilirubin above 2 x ULN within 28 days after it"
    ),
    "ALT above 5 x baseline in line 1, back under 1.5 x within 30 days": (
        "find ALT above 5 x baseline during line 1 and back under 1.5 x within 30 days"
    ),
    "Bilirubin rose to twice its lowest value after a stent": (
        "find bilirubin at least 2 x lowest within 180 days after a biliary stent"
    ),
    "ALT grade 3 or higher (CTCAE 6.0)": "find ALT grade v6 at least 3 after first dose",
    "Platelets below 75 on treatment": "find platelets below 75 10*9/L after first dose",
}
"""Ready questions; each is a text that can be changed."""

CODES_SHOWN = (*PANEL, "LDH", *MARKERS)
"""Analytes that the views offer."""

CONTROLS = ("analyte", "scale", "by", "at_cut", "bili_cut", "cuts", "lines")
"""Controls of the views, in the order in which they stand."""

KINDS = [code for code in EVENT_KINDS if code not in ("symptom", "adverse_event", "other")]
ABNORMAL = "first abnormal"
CLOCKS = {
    "first dose": "first dose",
    **{f"line {n}": f"start of line {n}" for n in (1, 2, 3)},
    **{
        f"first {kind}": f"first {EVENT_KINDS[kind].label}"
        for kind in ("biliary_stent", "hepatectomy", "radioembolisation")
    },
    ABNORMAL: "first abnormal value of the analyte",
}
"""What the line "align on" may say by choice: its words, and what the choice is called."""
SCALES = ("x before", "x baseline", "x ULN", "x lowest")


def question(make: Any, text: str, words: Sequence[tuple[str, bool]]) -> html.Div:
    """The question with its completion and what it was understood as.

    Args:
        make: id maker of the page.
        text: the definition to begin with.
        words: what the field completes as one types, and whether it is something that happens.
    """
    field = dmc.Textarea(
        id=make("text"),
        value=text,
        autosize=True,
        minRows=1,
        maxRows=12,
        spellCheck=False,
        size="md",
        placeholder="who doubled their bili within 2 weeks of a stent",
        **wild({"aria-label": QUESTION, "data-words": make("words"), "data-list": make("suggest")}),
    )
    return html.Div(
        [
            html.Div(
                [
                    html.Div(field, className="field"),
                    html.Button("Ask", id=make("run"), className="button primary", n_clicks=0),
                    html.Ul(id=make("suggest"), className="suggest", hidden=True, role="listbox",
                            **wild({"aria-label": "Words to complete with"})),
                    html.Div(settled(_datalist(words)), id=make("words"), hidden=True),
                ],
                className="ask",
            ),
            html.Div(id=make("said"), role="status", **wild({"aria-live": "polite"})),
        ],
        className="question",
    )  # fmt: skip


QUESTION = "Cohort: a question in your own words, or lines that begin with where, find, align on, group by"
"""What the field is for."""


def _datalist(words: Sequence[tuple[str, bool]]) -> html.Datalist:
    return html.Datalist([html.Option(value=word, className="event" if event else "") for word, event in words])


def tools(make: Any, saved: Sequence[str], clock: str | None = None) -> list[Any]:
    """Writing a question by choices, and keeping it.

    Args:
        make: id maker of the page.
        saved: names of saved cohorts.
        clock: what of CLOCKS the question is aligned on.
    """
    return [
        _sentence(make),
        html.Div(
            [
                dmc.Select(
                    id=make("example"),
                    label="Example questions",
                    data=list(EXAMPLES),
                    placeholder="choose",
                    w=380,
                    size="sm",
                ),
                dmc.Select(
                    id=make("form"), label="Add filter", data=list(FORMS), placeholder="choose", w=260, size="sm"
                ),
                dmc.Select(
                    id=make("clock"),
                    label="Count days from",
                    data=[{"value": code, "label": label} for code, label in CLOCKS.items()],
                    value=clock,
                    placeholder="as written",
                    allowDeselect=False,
                    w=270,
                    size="sm",
                ),
            ],
            className="row",
        ),
        html.Div(
            [
                dmc.TextInput(
                    id=make("name"), placeholder="name", w=220, size="sm", **wild({"aria-label": "Name to save under"})
                ),
                dmc.Checkbox(id=make("share"), label="share with the team", checked=False, size="sm"),
                html.Button("Save", id=make("save"), className="button", n_clicks=0),
                dmc.Select(
                    id=make("saved"),
                    data=list(saved),
                    placeholder="saved cohorts",
                    w=240,
                    size="sm",
                    clearable=True,
                    **wild({"aria-label": "Saved cohorts"}),
                ),
                html.Button("Compare with the saved run", id=make("compare"), className="button", n_clicks=0),
            ],
            className="row",
        ),
    ]


def _sentence(make: Any) -> html.Div:
    """Choices that make a sentence: analyte, how much, of what, how soon after what."""
    analytes = [{"value": c, "label": shown(c)} for c in CODES_SHOWN]
    kinds = [{"value": code, "label": EVENT_KINDS[code].label} for code in KINDS]
    small: dict[str, Any] = {"size": "sm"}
    return html.Div(
        [
            dmc.Select(id=make("what"), label="Find", data=analytes, value="BILI", w=140, searchable=True, **small),
            dmc.Select(
                id=make("op"),
                label="is",
                data=["at least", "above", "at most", "below"],
                value="at least",
                w=110,
                **small,
            ),
            dmc.NumberInput(id=make("limit"), label="limit", value=2, min=0, step=0.5, w=90, **small),
            dmc.Select(id=make("of"), label="of", data=list(SCALES), value="x before", w=130, **small),
            dmc.NumberInput(id=make("days"), label="within days", value=14, min=1, max=3650, w=110, **small),
            dmc.Select(id=make("anchor"), label="after", data=kinds, value="biliary_stent", w=190, **small),
            html.Button("Insert", id=make("compose"), className="button", n_clicks=0),
        ],
        className="row",
    )


def refusal(error: QuestionError) -> html.Div:
    """Why a text is no question, with the place where reading stopped."""
    return banner(html.Span(str(error), className="said-error"), level="attention")


def steps_table(steps: Sequence[Step], hide: int = 0) -> Any:
    """Patients left after each step, with a bar; counts below ``hide`` are not told."""
    most = max((s.patients for s in steps), default=0) or 1

    def shown_count(n: int) -> str:
        return f"<{hide}" if 0 < n < hide else whole(n)

    rows = [
        [
            worded(step.says),
            shown_count(step.patients),
            shown_count(step.occurrences),
            html.Div(
                html.Div(style={"width": f"{100 * (0 if 0 < step.patients < hide else step.patients) / most:.1f}%"}),
                className="left-bar",
                **wild({"aria-hidden": "true"}),
            ),
        ]
        for step in steps
    ]
    heads = [Head("Step", wide=True), Head("Patients", numeric=True), Head("Times", numeric=True), Head("")]
    shown = table(heads, rows, caption="Patients remaining at each step", class_name="steps")
    empty = nobody(steps, hide)
    return [shown, html.P(empty)] if empty else shown


def controls(make: Any, chosen: Mapping[str, Any], used: Sequence[str]) -> html.Div:
    """What the views understand; those that the view does not use are hidden and keep what was chosen."""
    analytes = [{"value": c, "label": shown(c)} for c in CODES_SHOWN]
    scales = [
        {"value": "x_uln", "label": "× ULN"},
        {"value": "x_baseline", "label": "× baseline"},
        {"value": "x_before", "label": "× before the event"},
        {"value": "absolute", "label": "measured unit"},
    ]
    groups = [{"value": g, "label": g.replace("_", " ")} for g in GROUPINGS]
    limits = [
        {"value": c.code, "label": f"{c.label}: {c.at:g} and {c.bili:g} {SCALE_WORDS[c.scale]}"} for c in CUTS.values()
    ]
    small: dict[str, Any] = {"size": "xs"}
    made = {
        "analyte": dmc.Select(
            id=make("analyte"),
            label="Analyte",
            data=analytes,
            value=chosen["analyte"],
            w=130,
            searchable=True,
            **small,
        ),
        "scale": dmc.Select(id=make("scale"), label="Scale", data=scales, value=chosen["scale"], w=150, **small),
        "by": dmc.Select(id=make("by"), label="Groups", data=groups, value=chosen["by"], w=140, **small),
        "at_cut": dmc.NumberInput(id=make("at_cut"), label="ALT limit ×", value=3, min=0.1, step=0.1, w=90, **small),
        "bili_cut": dmc.NumberInput(
            id=make("bili_cut"), label="Bilirubin limit ×", value=2, min=0.1, step=0.1, w=110, **small
        ),
        "cuts": dmc.Select(
            id=make("cuts"), label="Published limits", data=limits, w=170, placeholder="choose", **small
        ),
        "lines": dmc.Switch(id=make("lines"), label="single patients", checked=False, **small),
    }
    assert tuple(made) == CONTROLS
    return html.Div(
        [html.Div(field, id=make("with", name), hidden=name not in used) for name, field in made.items()],
        className="row",
    )


def columns(make: Any) -> dmc.MultiSelect:
    """Which columns the patients table shows; kept with a saved cohort."""
    return dmc.MultiSelect(
        id=make("columns"),
        label="Columns of the table (all where none is chosen; saved with the cohort)",
        data=column_choices(),
        value=[],
        placeholder="all columns",
        searchable=True,
        clearable=True,
        size="sm",
        mt="sm",
    )


def export_form(make: Any) -> dmc.SegmentedControl:
    """In which form the exports are written."""
    forms = [{"value": "csv", "label": "CSV"}, {"value": "parquet", "label": "Parquet"}]
    forms.append({"value": "meds", "label": "MEDS"})
    return dmc.SegmentedControl(
        id=make("form-of-export"), data=forms, value="csv", size="xs", **wild({"aria-label": "Form of exports"})
    )


def extras_choice(make: Any) -> dmc.Checkbox:
    """Whether a data set has the optional columns too."""
    return dmc.Checkbox(id=make("extras"), label="with P_ALT and percentiles", checked=False, size="xs")


def download(make: Any) -> dcc.Download:
    """Where a download comes out."""
    return dcc.Download(id=make("download"))
