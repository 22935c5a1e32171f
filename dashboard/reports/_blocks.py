"""What a report is made of. The same blocks become HTML, plain text (mail, screen reader) and CSV, so they agree."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from dashboard.wording import level_word

Tone = Literal["plain", "lead", "note", "warning"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A small picture in a table cell, with what it says in words."""

    svg: str
    says: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a file beside this one."""

    text: str
    file: str

    def __post_init__(self) -> None:
        """Only plain names of files in the same folder, never an address."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", self.file):
            raise ValueError(f"not a file beside the report: {self.file!r}")


@dataclass(frozen=True, slots=True)
class Places:
    """Links to sections of the same report, each by its text and the ident of the section."""

    links: Sequence[tuple[str, str]]

    def __post_init__(self) -> None:
        """Only idents as this package makes them."""
        for _, ident in self.links:
            if not re.fullmatch(r"[a-z][a-z0-9_-]*", ident):
                raise ValueError(f"not a place of the report: {ident!r}")


Cell: TypeAlias = "str | Drawn | Link | Places"


@dataclass(frozen=True)
class Say:
    """A sentence."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Facts:
    """Names and values, side by side."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Strip:
    """Names and values side by side, where a value is a few cells: text, a small picture, a link."""

    pairs: Sequence[tuple[str, Sequence[Cell]]]


@dataclass(frozen=True)
class Column:
    """A column of a table; numbers stand to the right, ``quiet`` is small print, ``whole`` does not break lines,
    ``wide`` holds a sentence, ``once`` is told in a line above the rows that share it where a form can; of a ``noted``
    one the words behind the first colon become a note under the caption where a form can; a ``joined`` one stands
    behind the first column where a form can."""

    title: str
    numeric: bool = False
    quiet: bool = False
    whole: bool = False
    wide: bool = False
    once: bool = False
    noted: bool = False
    joined: bool = False


@dataclass(frozen=True)
class Table:
    """A table. ``name`` makes it a CSV attachment too; ``marks`` are row numbers to make stand out; with ``cards`` a
    small screen shows each row as a card instead of scrolling sideways."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    name: str = ""
    empty: str = "none"
    marks: frozenset[int] = frozenset()
    cards: bool = False


@dataclass(frozen=True)
class Item:
    """A finding or another thing that is listed with a level."""

    level: str
    state: str
    head: str
    says: str
    source: str = ""
    tag: str = ""
    """Word of what changed (new, worse, ...) and why."""
    ref: str = ""
    """Anchor of the evidence further down."""

    @property
    def word(self) -> str:
        """The level as people read it."""
        return level_word(self.level)


@dataclass(frozen=True)
class Items:
    """A list of findings."""

    items: Sequence[Item]
    empty: str = "none"


@dataclass(frozen=True)
class Picture:
    """A figure of dashboard.figures with its twin in words; a table twin stands in a section that ``twin`` names."""

    figure: Mapping[str, Any]
    says: str
    twin: str = ""
    live: bool = True
    """Whether scripts make it interactive."""


Block: TypeAlias = "Say | Facts | Strip | Table | Items | Picture"


@dataclass(frozen=True)
class Section:
    """Part of a report. ``page`` 1 stands on the first page of paper; ``half`` takes half its width."""

    title: str
    blocks: Sequence[Block]
    ident: str = ""
    page: int = 1
    half: bool = False


@dataclass(frozen=True)
class Content:
    """A whole report before it takes a form.

    Attributes:
        title: what it is, of whom.
        subtitle: one line under it.
        sections: in reading order; the first ones answer the reader's first question.
        warnings: what is wrong with the input, in words, before everything else.
        headline: subject of a mail; never identifies anyone.
        counts: numbers for the history of a schedule.
        footer: where everything comes from.
        run: the one line that differs between two runs on the same input.
        paper: sheet and direction.
    """

    title: str
    subtitle: str
    sections: Sequence[Section]
    footer: Sequence[tuple[str, str]]
    run: str
    warnings: Sequence[str] = ()
    headline: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    paper: str = "A4 portrait"

    def pictures(self) -> list[Picture]:
        """Every picture, in order."""
        return [b for s in self.sections for b in s.blocks if isinstance(b, Picture)]

    def all_tables(self) -> list[Table]:
        """Every table, in order."""
        return [b for s in self.sections for b in s.blocks if isinstance(b, Table)]

    def tables(self) -> list[Table]:
        """Every table that has a name."""
        return [t for t in self.all_tables() if t.name]
