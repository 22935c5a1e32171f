"""Methods: what hepatrend is for, how directions are called, every rule and threshold with its source."""

from __future__ import annotations

from typing import Any

from dash import Dash, html

from analytics.analytes import ANALYTES, FAMILIES, shown
from analytics.rules import TAGS, Rule, rules
from analytics.settings import Settings, describe
from analytics.tables import LEVELS, NOWS, REASONS, VERDICTS
from dashboard.components.findings import direction, level_chip
from dashboard.components.notices import card, heading
from dashboard.components.purpose import FOR, NOT_FOR, WHAT_A_FINDING_IS
from dashboard.components.table import Head, table
from dashboard.theme import NOW_GLYPHS
from dashboard.web.attributes import wild
from dashboard.web.context import Context, Request
from dashboard.web.ids import ids_of
from dashboard.wording import number, unit

PATH = "/methods"
TITLE = "Methods"
NEEDS = "enter"
NAVIGATION = (90, "Methods")
ID = ids_of("methods")

_SECTIONS = (
    ("purpose", "Intended purpose"),
    ("now", "Now"),
    ("directions", "Directions"),
    ("rules", "Rules"),
    ("thresholds", "Thresholds"),
    ("analytes", "Analytes"),
    ("held", "Quarantined"),
)


def layout(request: Request) -> Any:
    """One long page with a list of its sections; made from the tables and constants that the code itself uses."""
    return [
        heading("Methods and sources", f"Thresholds of this installation: {request.settings.digest}"),
        html.Nav(
            [html.A(title, href=f"#{code}", className="button small") for code, title in _SECTIONS],
            className="sections no-print",
            **wild({"aria-label": "Sections"}),
        ),
        _purpose(),
        _now(),
        _directions(),
        _rules(request.settings),
        _thresholds(request),
        _analytes(),
        _held(),
    ]


def _purpose() -> Any:
    return card(html.P(FOR), html.P(NOT_FOR), html.P(WHAT_A_FINDING_IS), title="Intended purpose", identity="purpose")


def _now() -> Any:
    says = {
        "rising": "the last three results go up by the reference change value of two results, or the last one is "
        "beyond it from the lowest before; told with that result or level and its date",
        "falling": "the same downwards",
        "steady": "three results or more within the limits of one another, near the level before and the baseline, and "
        "no slope that would double or halve the value within half a year",
        "higher": "not moving now: above all before, or above baseline (it says which), since the date that is told",
        "lower": "the same below",
        "unclear": "none of these is shown",
        "one_result": "there is nothing to compare it with",
    }
    rows = [
        [html.Span([html.Span(NOW_GLYPHS[code], className="glyph", **wild({"aria-hidden": "true"})), word]), says[code]]
        for code, word in NOWS.items()
    ]
    return card(
        html.P(
            "What the last results of a test do, read backwards from the newest one and over treatment events; it ends "
            "where laboratory or limits change, and at a long gap. One result alone confirms nothing."
        ),
        table([Head("Word"), Head("Said when", wide=True)], rows, caption="Words for now", first_is_head=False),
        title="Now",
        identity="now",
    )


def _directions() -> Any:
    says = {
        "rising": "the exact Mann-Kendall test finds an upward trend over the result days, and the fitted change goes "
        "beyond the reference change value of the series; either alone is not enough",
        "falling": "the same downwards",
        "stable": "the whole interval of the fitted change lies within the reference change value of two results",
        "unclear": "neither a trend nor its absence is shown; the table says which criterion was not met",
        "not_enough_data": "too few result days, more than half of them beyond a limit of detection, or no published "
        "variation of the analyte",
    }
    rows = [[direction(code), says.get(code, "")] for code in VERDICTS]
    return card(
        html.P(
            "What one fit through a whole segment shows. It never runs through an event that is known to change the "
            "level (stent, resection, ablation ...): there a new segment begins. Values below or "
            "above a limit of detection count as such, never as the limit."
        ),
        table([Head("Word"), Head("Said when", wide=True)], rows, caption="Words for directions", first_is_head=False),
        title="Directions",
        identity="directions",
    )


def _rules(settings: Settings) -> Any:
    known = sorted(rules().values(), key=lambda rule: (-LEVELS[rule.level], rule.title))
    return card(
        html.P("Every finding is an episode of one of these rules. Each names what it does not see."),
        *[_rule(rule, settings) for rule in known],
        title=f"Rules ({len(known)})",
        identity="rules",
    )


def _rule(rule: Rule, settings: Settings) -> html.Details:
    facts = [
        ("Within", filled(rule.window, settings)),
        ("Criteria", filled(rule.criteria, settings)),
        ("Needs", ", ".join(" or ".join(shown(a) for a in need.split("|")) for need in rule.needs)),
        ("Looks at", ", ".join(shown(a) for a in rule.analytes)),
        ("Does not see", filled(rule.limitations, settings)),
        ("Thresholds", ", ".join(rule.settings)),
        ("Source", f"{rule.reference} [{TAGS[rule.tag]}]"),
        ("Version", rule.version),
    ]
    return html.Details(
        [
            html.Summary([level_chip(rule.level), html.B(rule.title), html.Span(filled(rule.question, settings))]),
            html.Dl([html.Div([html.Dt(name), html.Dd(says)]) for name, says in facts if says], className="facts-list"),
        ],
        className="rule",
        id=f"rule-{rule.code}",
    )


def filled(template: str, settings: Settings) -> str:
    """The text with each ``{group.name}`` replaced by the threshold in force."""
    for name, value, *_ in describe(settings):
        template = template.replace("{" + name + "}", f"{value:g}" if isinstance(value, float) else str(value))
    return template


def _thresholds(request: Request) -> Any:
    rows = [
        [html.Code(name), str(value), unit(given), says, source]
        for name, value, given, says, source in describe(request.settings)
    ]
    heads = [
        Head("Name"),
        Head("Value", numeric=True),
        Head("Unit"),
        Head("Meaning", wide=True),
        Head("Source", wide=True),
    ]
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
        Head("Plausible", numeric=True, title="outside, a result is quarantined"),
        Head("CVi / CVa %", numeric=True, title="within-person and analytical variation"),
        Head("Source of variation", wide=True),
    ]
    return card(table(heads, rows, caption="Analytes, units, limits, variation"), title="Analytes", identity="analytes")


def _held() -> Any:
    rows = [[html.Code(code), says] for code, says in REASONS.items()]
    return card(
        html.P("Nothing is guessed: what cannot be read is quarantined with file, line and reason; it is in no trend."),
        table([Head("Reason"), Head("Meaning", wide=True)], rows, caption="Reasons for quarantine"),
        title="Quarantined",
        identity="held",
    )


def connect(app: Dash, context: Context) -> None:
    """Nothing to redraw."""
