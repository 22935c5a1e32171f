"""Questions about single words, units and tests of a file that waits: each stays where it is once it is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.components.notices import card
from dashboard.components.redrawn import part
from dashboard.components.table import Head, table
from dashboard.importing.choices import Choice
from dashboard.web.attributes import wild
from dashboard.wording import whole

LEAD = "What the file does not say. Until it is decided, these results are quarantined."
MORE = "Asked because of what was answered above."
_WIDE = frozenset({"unit_words", "test", "statuses", "kinds"})


@dataclass(frozen=True)
class Homes:
    """Where each question stands, so that an answer moves none of the others.

    Attributes:
        asked: keys of each table of questions, in the order in which they came up.
        folded: keys of what the profile decided already when the page was drawn.
    """

    asked: tuple[tuple[str, ...], ...] = ()
    folded: tuple[str, ...] = ()

    def settled(self, words: Iterable[Choice]) -> Homes:
        """With a place for each of these words; the others are gone."""
        there = {w.key: w for w in words}
        asked = tuple(tuple(k for k in keys if k in there) for keys in self.asked)
        folded = tuple(k for k in self.folded if k in there)
        known = {*folded, *(k for keys in asked for k in keys)}
        new = [w for key, w in there.items() if key not in known]
        more = tuple(w.key for w in new if w.rows)
        return Homes((*asked, more) if more else asked, (*folded, *(w.key for w in new if not w.rows)))


@dataclass(frozen=True)
class Drawn:
    """What is on the page, as it is kept there between two requests.

    Attributes:
        shape: the shape in sight.
        marks: of everything that is drawn, by key.
        homes: of the questions.
    """

    shape: str = ""
    marks: Mapping[str, str] = field(default_factory=dict)
    homes: Homes = field(default_factory=Homes)

    def out(self, marks: Mapping[str, str]) -> dict[str, Any]:
        """For the page, with new marks."""
        return {"shape": self.shape, "marks": dict(marks), "asked": self.homes.asked, "folded": self.homes.folded}

    def of(self, shape: str) -> Drawn:
        """The same, where this shape is in sight; nothing is drawn of another."""
        return self if self.shape == shape else Drawn(shape)

    def at(self, homes: Homes) -> Drawn:
        """With other homes."""
        return replace(self, homes=homes)


def drawn_of(sent: object) -> Drawn:
    """What the page sent, as far as it is of the form."""
    told = sent if isinstance(sent, Mapping) else {}
    marks, asked = told.get("marks"), told.get("asked")
    return Drawn(
        str(told.get("shape", "")),
        {str(k): str(v) for k, v in marks.items()} if isinstance(marks, Mapping) else {},
        Homes(tuple(map(_texts, asked)) if isinstance(asked, list) else (), _texts(told.get("folded"))),
    )


def _texts(sent: object) -> tuple[str, ...]:
    return tuple(k for k in sent if isinstance(k, str)) if isinstance(sent, (list, tuple)) else ()


def questions(words: Sequence[Choice], homes: Homes, identify: Callable[..., Any]) -> list[Any]:
    """Single words: those that are not decided, in sight with their lines; those that were, folded.

    Args:
        words: what is asked of, and said of, single words.
        homes: settled for these words.
        identify: id maker of the page.
    """
    there = {w.key: w for w in words}
    folded = [there[key] for key in homes.folded]
    return [_from(0, homes.asked, there, identify), part("folded", _folded(folded, identify), identify)]


def _from(n: int, asked: Sequence[Sequence[str]], there: Mapping[str, Choice], identify: Callable[..., Any]) -> Any:
    """The nth table of questions, with those that came up later in a box below it."""
    if n == len(asked):
        return part(f"asked {n}", [], identify)
    words = [there[key] for key in asked[n]]
    title, lead = ("Further undecided", MORE) if n else ("Undecided", LEAD)
    caption = f"{title} words and units"
    shown = [card(html.P(lead, className="soft"), _table(words, caption, identify), title=title)] if words else []
    return part(f"asked {n}", [*shown, _from(n + 1, asked, there, identify)], identify)


def _folded(words: Sequence[Choice], identify: Callable[..., Any]) -> list[Any]:
    if not words:
        return []
    caption = f"Words and units that the profile decides ({whole(len(words))})"
    return [card(html.Details([html.Summary(caption), _table(words, caption, identify)]))]


def _table(words: Sequence[Choice], caption: str, identify: Callable[..., Any]) -> Any:
    rows = [
        [
            [choice.label, part(f"lines|{choice.key}", _lines(choice), identify)],
            part(choice.key, _select(choice, identify), identify),
            part(f"rows|{choice.key}", whole(choice.rows) if choice.rows else "decided", identify),
        ]
        for choice in words
    ]
    heads = [Head("Question, with an example", wide=True), Head("Decision"), Head("Results", numeric=True)]
    return table(heads, rows, caption=caption, class_name="stacked questions")


def _lines(choice: Choice) -> list[Any]:
    return [html.Div(html.Code(line), className="examples") for line in choice.examples]


def _select(choice: Choice, identify: Callable[..., Any]) -> Any:
    return dmc.Select(
        id=identify("set", choice.key), data=[{"value": value, "label": label} for value, label in choice.options],
        value=choice.value, size="xs", searchable=True, w=260 if choice.kind in _WIDE else 200, maw="100%",
        allowDeselect=False, **wild({"aria-label": choice.label}),
    )  # fmt: skip
