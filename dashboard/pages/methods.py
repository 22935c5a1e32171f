"""Methods: what hepatrend is for, how directions are called, every rule and threshold with its source."""

from __future__ import annotations

from typing import Any

from dash import Dash, html

from analytics.analytes import ANALYTES, FAMILIES
from analytics.settings import describe
from analytics.tables import REASONS, VERDICTS
from dashboard.components.findings import direction, level_chip
from dashboard.components.notices import card, heading
from dashboard.components.purpose import FOR, NOT_FOR, WHAT_A_FINDING_IS
from dashboard.components.rules import described_rules
from dashboard.components.table import Head, table
from dashboard.components.values import number, unit
from dashboard.context import Context, Request
from dashboard.ids import ids_of

PATH = "/methods"
TITLE = "Methods"
NEEDS = "enter"
NAVIGATION = (90, "Methods")
ID = ids_of("methods")

_SECTIONS = (
    ("purpose", "Intended purpose"),
    ("directions", "Directions"),
    ("rules", "Rules"),
    ("thresholds", "Thresholds"),
    ("analytes", "Analytes"),
    ("held", "Held back"),
)


def layout(request: Request) -> Any:
    """One long page with a list of its sections; made from the tables and constants that the code itself uses."""
    return [
        heading("Methods and sources", f"Thresholds of this installation: {request.settings.digest}"),
        html.Nav(
            [html.A(title, href=f"#{code}", className="button small") for code, title in _SECTIONS],
            className="sections no-print",
            **{"aria-label": "Sections"},
        ),
        _purpose(),
        _directions(),
        _rules(),
        _thresholds(request),
        _analytes(),
        _held(),
    ]


def _purpose() -> Any:
    return card(html.P(FOR), html.P(NOT_FOR), html.P(WHAT_A_FINDING_IS), title="Intended purpose", identity="purpose")


def _directions() -> Any:
    says = {
        "rising": "an exact Mann-Kendall test over the days finds an upward trend, and the change exceeds what biology "
        "and measurement alone explain (reference change value)",
        "falling": "the same downwards",
        "stable": "enough days, and the interval of the slope leaves no room for a change that would matter",
        "unclear": "enough days, but neither a direction nor stability can be called",
        "not_enough_data": "too few distinct days; the table says how many more are needed",
    }
    rows = [[direction(code), says.get(code, "")] for code in VERDICTS]
    return card(
        html.P(
            "A trend never runs through an event that is known to change the level (stent, resection, ablation ...): "
            "there a new segment begins. Values below or above a limit of detection count as such, never as the limit."
        ),
        table([Head("Word"), Head("Said when", wide=True)], rows, caption="Words for directions", first_is_head=False),
        title="Directions",
        identity="directions",
    )


def _rules() -> Any:
    rules = described_rules()
    if not rules:
        return card(html.P("No rule is installed."), title="Rules", identity="rules")
    rows = [[html.Code(r.code), level_chip(r.level) if r.level else None, r.asks, r.reference] for r in rules]
    return card(
        table(
            [Head("Rule"), Head("Level"), Head("What it asks", wide=True), Head("Source", wide=True)],
            rows,
            caption="Rules with their sources",
        ),
        title="Rules",
        identity="rules",
    )


def _thresholds(request: Request) -> Any:
    rows = [
        [html.Code(name), str(value), unit(given), says, source]
        for name, value, given, says, source in describe(request.settings)
    ]
    heads = [Head("Name"), Head("Value", numeric=True), Head("Unit"), Head("Meaning", wide=True), Head("Source", wide=True)]
    return card(
        html.P("“house” marks a choice of this product; a site may change any of them in a TOML file."),
        table(heads, rows, caption="Thresholds with their sources"),
        title="Thresholds",
        identity="thresholds",
    )


def _analytes() -> Any:
    rows = [
        [
            html.Code(a.code),
            a.label,
            FAMILIES[a.family],
            unit(a.unit) or "–",
            f"{number(a.low, 2 if a.low < 1 else 0)} to {number(a.high, 0)}",
            f"{number(a.variation.within)} / {number(a.variation.analytical)}" if a.variation else None,
            f"{a.variation.source} ({a.variation.tag})" if a.variation else None,
        ]
        for a in ANALYTES.values()
    ]
    heads = [
        Head("Code"),
        Head("Analyte"),
        Head("Family"),
        Head("Unit"),
        Head("Plausible", numeric=True, title="outside, a result is held back"),
        Head("CVi / CVa %", numeric=True, title="within-person and analytical variation"),
        Head("Source of variation", wide=True),
    ]
    return card(table(heads, rows, caption="Analytes, units, limits, variation"), title="Analytes", identity="analytes")


def _held() -> Any:
    rows = [[html.Code(code), says] for code, says in REASONS.items()]
    return card(
        html.P("A result that cannot be read without guessing is held back with file, line and reason; it is in no trend."),
        table([Head("Reason"), Head("Meaning", wide=True)], rows, caption="Reasons for holding back"),
        title="Held back",
        identity="held",
    )


def connect(app: Dash, context: Context) -> None:
    """Nothing to redraw."""
