"""Findings as chips and cards: glyph, word and colour together; the sentence comes from the rule, never from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dash import html

from analytics.tables import VERDICTS
from dashboard.components.notices import flat
from dashboard.theme import LEVEL_GLYPHS, VERDICT_GLYPHS
from dashboard.web.attributes import wild
from dashboard.wording import state_word, when

LEVEL_WORDS: Mapping[str, str] = {
    "urgent": "urgent",
    "attention": "attention",
    "information": "information",
    "good": "good",
}


def level_chip(level: str, extra: str = "") -> html.Span:
    """Glyph and word of a finding level."""
    words = f"{LEVEL_WORDS.get(level, level)}{' · ' + extra if extra else ''}"
    return html.Span(
        [html.Span(LEVEL_GLYPHS.get(level, "●"), className="glyph", **wild({"aria-hidden": "true"})), words],
        className=f"chip level-{level}",
    )


def state_chip(finding: Mapping[str, Any]) -> html.Span:
    """new, ongoing, resolved or past."""
    return html.Span(state_word(finding), className=f"chip state-{finding['state']}")


def direction(verdict: str, *, n: int | None = None, needed: int = 0) -> html.Span:
    """The verdict's word with its glyph and the number of days behind it, or how many more are needed."""
    behind = f" (n = {n})" if n is not None else ""
    word = f"needs {needed} more" if needed else VERDICTS.get(verdict, verdict)
    return html.Span(
        [
            html.Span(VERDICT_GLYPHS.get(verdict, ""), className="glyph", **wild({"aria-hidden": "true"})),
            f"{word}{behind}",
        ],
        className=f"direction direction-{verdict}",
    )


def finding_card(
    finding: Mapping[str, Any],
    clock: str = "date",
    *,
    actions: Any = None,
    more: Any = None,
    part: Callable[[Any], Any] = lambda whole: whole,
) -> html.Article:
    """One finding: level, state, dates, the rule's sentence, its source.

    Args:
        finding: a row of table FINDINGS.
        clock: the patient's clock.
        actions: components under the sentence (show me, seen).
        more: what opens under *numbers and source*.
        part: what is made of head, sentence and source, such as dashboard.web.static_html.Fixed.
    """
    held = f"held {when(finding['onset'], clock)} to {when(finding['last_seen'], clock)}"
    return html.Article(
        [
            part(
                html.Div(
                    [
                        level_chip(str(finding["level"])),
                        state_chip(finding),
                        html.Span(held, className="finding-dates"),
                    ],
                    className="finding-head",
                )
            ),
            part(html.P(str(finding["says"]), className="finding-says")),
            part(
                html.Details(
                    flat(html.Summary("Source"), html.P(str(finding["reference"]), className="finding-source"), more),
                    className="finding-more",
                )
            ),
            html.Div(flat(actions), className="finding-actions"),
        ],
        className=f"finding finding-{finding['level']}",
    )
