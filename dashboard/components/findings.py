"""Findings as chips and cards: glyph, word and colour together; the sentence comes from the rule, never from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dash import html

from analytics.rules import rules
from analytics.tables import CLOSED_STATES, VERDICTS
from dashboard.components.notices import flat
from dashboard.theme import LEVEL_GLYPHS, VERDICT_GLYPHS
from dashboard.web.attributes import wild
from dashboard.wording import day_in_prose, level_word, prose, source_words, state_word


def level_chip(level: str, extra: str = "") -> html.Span:
    """Glyph and word of a finding level."""
    words = f"{level_word(level)}{' · ' + extra if extra else ''}"
    return html.Span(
        [html.Span(LEVEL_GLYPHS.get(level, "●"), className="glyph", **wild({"aria-hidden": "true"})), words],
        className=f"chip level-{level}",
    )


def state_chip(finding: Mapping[str, Any]) -> html.Span:
    """new, open, resolved, window ended, superseded, one-off or not measured since."""
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


def member_chip(finding: Mapping[str, Any]) -> html.Span:
    """Another criterion of an episode: its title, with its state where it is not open."""
    title = rules()[finding["rule"]].title if finding["rule"] in rules() else str(finding["rule"])
    closed = finding["state"] in CLOSED_STATES
    level = str(finding["level"])
    words = f"{title}: {state_word(finding)}" if closed else title
    return html.Span(
        [html.Span(LEVEL_GLYPHS.get(level, "●"), className="glyph", **wild({"aria-hidden": "true"})), words],
        className=f"chip {'state-resolved' if closed else f'level-{level}'}",
        title=f"{level_word(level)}: {prose(finding['says'])}",
    )


def met_words(finding: Mapping[str, Any], clock: str) -> str:
    """When the criteria were met: from first to last, or the one day."""
    first, last = day_in_prose(finding["onset"], clock), day_in_prose(finding["last_seen"], clock)
    return f"Criteria met on {first}" if first == last else f"Criteria met {first} to {last}"


def finding_card(
    finding: Mapping[str, Any],
    clock: str = "date",
    *,
    title: str = "",
    chips: Any = None,
    reading: Any = None,
    actions: Any = None,
    more: Any = None,
    part: Callable[[Any], Any] = lambda whole: whole,
) -> html.Article:
    """One episode: title, level, state, dates, the rule's sentence, other criteria, interpretation, evidence.

    Args:
        finding: a row of table FINDINGS.
        clock: the patient's clock.
        title: of its rule.
        chips: the other criteria of the episode.
        reading: what it is most consistent with.
        actions: components under the sentence (show in chart, mark as reviewed).
        more: what opens under *Evidence*.
        part: what is made of head, sentence and evidence, such as dashboard.web.static_html.Fixed.
    """
    head = html.Div(
        [
            html.H3(title, className="finding-title") if title else None,
            level_chip(str(finding["level"])),
            state_chip(finding),
            html.Span(met_words(finding, clock), className="finding-dates"),
        ],
        className="finding-head",
    )
    evidence = more if more is not None else [html.P(source_words(finding["reference"]), className="finding-source")]
    return html.Article(
        flat(
            part(head),
            part(html.P(prose(finding["says"]), className="finding-says")),
            part(reading) if reading is not None else None,
            part(html.Div(chips, className="finding-chips")) if chips else None,
            part(html.Details(flat(html.Summary("Evidence"), evidence), className="finding-more")),
            html.Div(flat(actions), className="finding-actions"),
        ),
        className=f"finding finding-{finding['level']}",
    )
