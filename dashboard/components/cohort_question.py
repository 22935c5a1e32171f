"""What a question was understood as: the exact sentence, the words it did not use, or sentences to choose from."""

from __future__ import annotations

from typing import Any

from dash import html

from analytics.cohort.query.anchors import GIVEN_DAYS
from analytics.cohort.query.interpreter import Choice, Interpretation
from analytics.cohort.query.worded import worded
from dashboard.components.notices import banner
from dashboard.wording import count_of


def understood_as(make: Any, found: Interpretation, hide: int = 0) -> list[Any]:
    """Above the answer, or in its place.

    Args:
        make: id maker of the page; a choice is a button with the id ("pick", its sentence).
        found: the interpretation.
        hide: counts below this are not told.
    """
    if found.understood is not None:
        return [
            html.P(
                [
                    "Understood as: ",
                    html.Code(_one_line(found.understood), title=found.understood.sentence),
                    *_every(found),
                ]
            ),
            *_words(found),
        ]
    if found.choices:
        buttons = [_button(make, choice, hide) for choice in found.choices]
        several = len(found.choices) > 1
        return [
            banner("It can mean more than one thing. Choose one:" if several else "Is this what is meant?"),
            html.Div(buttons, className="row"),
            *_apart(found),
            *_words(found),
        ]
    parts: list[Any] = [banner(html.Span(f"Refused: {found.refused}.", className="said-error"), level="attention")]
    if found.nearest is not None:
        parts += [html.P("The nearest sentence that can be asked:"), _button(make, found.nearest, hide)]
    return [*parts, *_words(found)]


def picked_as(sentence: str) -> list[Any]:
    """Under own words of which one sentence was chosen."""
    said = worded(sentence).replace("\n", " · ")
    return [html.P(["Chosen: ", html.Code(said, title=sentence)])]


_STAYS = (
    f"on: from the first start to the last end, at least {GIVEN_DAYS:.0f} days after the last start; "
    "during: from each start to its end"
)


def _apart(found: Interpretation) -> list[Any]:
    """What parts two sentences that differ in one small word."""
    texts = {choice.sentence for choice in found.choices}
    one = any(text.replace(" on ", " during ", 1) in texts - {text} for text in texts)
    return [html.P(_STAYS, className="soft")] if one else []


def _every(found: Interpretation) -> list[Any]:
    return [] if found.unused else [html.Span(" · every word used", className="soft")]


def _one_line(choice: Choice) -> str:
    return worded(choice.sentence).replace("\n", " · ")


def _button(make: Any, choice: Choice, hide: int) -> Any:
    n = choice.patients
    count = "" if n is None else f" (<{hide} patients)" if 0 < n < hide else f" ({count_of(n, 'patient')})"
    return html.Button(
        _one_line(choice) + count, id=make("pick", choice.sentence), className="button small", n_clicks=0
    )


def _words(found: Interpretation) -> list[Any]:
    """The question with each word marked that the sentence does not use."""
    if not found.unused:
        return []
    said: list[Any] = []
    at = 0
    for unused in sorted(found.unused, key=lambda u: u.at):
        kind = "soft" if unused.polite else "said-error"
        end = unused.at + len(unused.word)
        said += [found.text[at : unused.at], html.Mark(found.text[unused.at : end], className=kind)]
        said += [f" (read as {unused.read_as})"] if unused.read_as else []
        at = end
    return [html.P(["Words not used are marked: ", *said, found.text[at:]])]
