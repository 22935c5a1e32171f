"""What formats, the reader and events share: the header of a file, what is made of a chunk, and what a format is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from analytics.errors import RefusedFile
from analytics.ingest import fluids, profile_draft_words
from analytics.ingest.column_words import SYNONYMS, squeezed
from analytics.ingest.dictionary import Coded, pairs_of
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.reading.csv_exact import Chunk
from analytics.ingest.times import TimeRule

Rows = npt.NDArray[np.int64]
"""Positions of records in a chunk."""


@dataclass
class Parts:
    """What a format made of one chunk: tables (results in codes) and frames to be joined, and the counts."""

    labs: list[pa.Table] = field(default_factory=list)
    events: list[pd.DataFrame] = field(default_factory=list)
    imaging: list[pd.DataFrame] = field(default_factory=list)
    patients: list[pd.DataFrame] = field(default_factory=list)
    results: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    uncounted: int = 0


@dataclass(frozen=True)
class Columns:
    """The header of a file, to be asked for roles.

    Attributes:
        names: as written.
        file: for messages.
        sample: the first entries of each column, in the order of names; empty where nothing is known of them.
        before: the lines above the header.
    """

    names: tuple[str, ...]
    file: str
    sample: tuple[tuple[str, ...], ...] = ()
    before: tuple[str, ...] = ()

    def entries(self, name: str) -> tuple[str, ...]:
        """The first filled entries of a column."""
        at = self.index(name)
        return tuple(w for w in self.sample[at] if w) if 0 <= at < len(self.sample) else ()

    def __contains__(self, name: str) -> bool:
        """Whether there is a column of this name, whatever its case."""
        return self.index(name) >= 0

    def index(self, name: str) -> int:
        """Position of a column by name, whatever its case; -1 if absent."""
        wanted = name.casefold()
        return next((i for i, n in enumerate(self.names) if n.casefold() == wanted), -1)

    def has(self, *names: str) -> bool:
        """Whether all of these are there."""
        return all(n in self for n in names)

    def roles(self, synonyms: Mapping[str, Sequence[str]], profile: Profile) -> dict[str, str]:
        """Role to column name: what the profile says, else the one column whose name is a synonym.

        Raises:
            RefusedFile: the profile names an absent column, or two columns could play one role.
        """
        for role, name in profile.columns.items():
            if name and self.index(name) < 0:
                raise RefusedFile(f"the profile expects a column {name!r} as {role}", file=self.file, column=name)
        taken = {c.casefold() for c in profile.columns.values()} | {n.casefold() for n in profile.ignore}
        found: dict[str, str] = {}
        if "collected_time" in synonyms and not {"collected_at", "collected_time"} & set(profile.columns):
            found |= self._date_and_time(synonyms, taken)
            taken |= {n.casefold() for n in found.values()}
        for role, words in synonyms.items():
            if profile.columns.get(role):
                found[role] = self.names[self.index(profile.columns[role])]
            elif role not in (*found, *profile.columns, "collected_time") and (name := self._named(role, words, taken)):
                found[role] = name
            if role == "analyte":  # the same words may name the one column of tests, or the codes beside their names
                taken = taken | {found.get(role, "").casefold()}
        if "specimen_id" in synonyms and "fluid" in synonyms and "fluid" not in (*found, *profile.columns):
            words = [squeezed(w) for w in synonyms["specimen_id"]]
            free = [n for n in self.names if squeezed(n) in words and n not in found.values()]
            fluid = next((n for n in free if n.casefold() not in taken and self.holds_fluids(n)), "")
            found |= {"fluid": fluid} if fluid else {}
        return found

    def holds_fluids(self, name: str) -> bool:
        """Whether the first entries of a column all name fluids, blood among them: it has no numbers of specimens."""
        entries = self.entries(name)
        return bool(entries) and all(fluids.fluid_of(w) for w in set(entries))

    def _named(self, role: str, words: Sequence[str], taken: set[str]) -> str:
        """The column whose name is a synonym of a role; empty if none is."""
        first, rest = words[: words.index("")] if "" in words else words, words
        free = [n for n in self.names if n.casefold() not in taken]
        fitting = [n for n in free if squeezed(n) in [squeezed(w) for w in first]]
        fitting = fitting or [n for n in free if squeezed(n) in [squeezed(w) for w in rest if w]]
        if role == "analyte":
            fitting = without_codes(fitting)
        if role == "specimen_id" and len(fitting) > 1:
            fitting = [n for n in fitting if not self.holds_fluids(n)] or fitting
        if role in TOLD_BESIDE:
            fitting = fitting[:1]
        exact = [n for n in fitting if squeezed(n) == squeezed(role)]
        if len(fitting) > 1 and not exact:
            raise RefusedFile(
                f"columns {', '.join(map(repr, fitting))} could each be the {role.replace('_', ' ')}; "
                f'say which in a profile: columns.{role} = "..."',
                file=self.file,
            )
        return (exact or fitting or [""])[0]

    def _date_and_time(self, synonyms: Mapping[str, Sequence[str]], taken: set[str]) -> dict[str, str]:
        """A column of dates and one of times of day, where one of each is named so and nothing speaks against it."""
        clock, date = (
            [
                n
                for n in self.names
                if squeezed(n) in [squeezed(w) for w in synonyms[r] if w] and n.casefold() not in taken
            ]
            for r in ("collected_time", "collected_at")
        )
        clock = [n for n in clock if all(_CLOCK.fullmatch(w) for w in self.entries(n))]
        date = [n for n in date if n not in clock]
        return {"collected_at": date[0], "collected_time": clock[0]} if len(clock) == len(date) == 1 else {}


def without_codes(names: Sequence[str]) -> list[str]:
    """Of several columns that could name the test those that do so in words: codes stand beside them."""
    words = SYNONYMS["analyte_code"]
    left = list(names)
    for codes in (words[: words.index("")], words[words.index("") + 1 :]):
        left = [n for n in left if squeezed(n) not in map(squeezed, codes)] or left
    return left


TOLD_BESIDE = ("analyte_code", "visit", "sequence", "category", "told", "version", "issued_at")
"""Roles that only add to a result: of several columns the first is taken."""
_CLOCK = re.compile(r"\d{1,2}[:.hH]?\d{2}([:.]?\d{2}(\.\d+)?)?\s*([AaPp]\.?[Mm]\.?|Uhr|h)?")


@dataclass
class Context:
    """What every format needs while it reads."""

    columns: Columns
    profile: Profile
    rule: TimeRule
    file: str
    notes: list[str] = field(default_factory=list)
    beside: Callable[[str], tuple[str, BinaryIO] | None] = lambda stem: None
    """Name and bytes of a table that lies beside the file, such as a list of tests, by the stem of its name."""


class Reading(Protocol):
    """A format at work on one file."""

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        ...

    def end(self, held: HeldRows) -> Parts:
        """What only the whole file tells."""
        ...


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        name: how receipts call it.
        table: what it mainly holds.
        says: one sentence for people.
        order: lower is asked first.
        fits: whether a header is of this format.
        read: begins to read.
    """

    name: str
    table: str
    says: str
    order: int
    fits: Callable[[Columns, Profile], bool]
    read: Callable[[Context], Reading]


class Stateless:
    """A format that understands each chunk by itself."""

    def __init__(self, context: Context):
        self.context = context

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        raise NotImplementedError

    def end(self, held: HeldRows) -> Parts:
        """Nothing is left."""
        return Parts()


def tell_unread(context: Context, roles: Mapping[str, str], more: Collection[str] = ()) -> None:
    """Say which columns of a file were not read, and which of those sound as if they mattered.

    Args:
        context: of the file; its notes get the sentences.
        roles: role to column.
        more: further columns that are read.
    """
    read = {n.casefold() for n in (*roles.values(), *more)}
    spare = [n for n in context.columns.names if n.casefold() not in read]
    spare = [n for n in spare if n.casefold() not in {i.casefold() for i in context.profile.ignore}]
    if spare:
        context.notes.append(f"columns not read: {', '.join(spare)}")
    asked = {n: role for n in spare if (role := profile_draft_words.like_role(n))}
    absent = {n: role for n, role in asked.items() if role not in roles}
    if absent:
        context.notes.append(
            "of the columns not read some look as if they mattered; say in a profile: "
            + ", ".join(f'columns.{role} = "{n}"' for n, role in absent.items())
        )


def pick(chunk: Chunk, columns: Columns, roles: Mapping[str, str]) -> dict[str, Coded]:
    """The chunk's text columns by role.

    Raises:
        RefusedFile: the file has not one of these columns.
    """
    for name in roles.values():
        if name not in columns:
            raise RefusedFile("has no such column", file=columns.file, column=name)
    return {role: chunk.columns[columns.index(name)] for role, name in roles.items()}


def paired(first: Coded, second: Coded, say: Callable[[str, str], str]) -> Coded:
    """Two columns as one: what ``say`` makes of each different pair of entries."""
    pairs, codes = pairs_of(first, second)
    one, other = first.list(), second.list()
    words = [say(one[a], other[b]) for a, b in pairs.tolist()]
    return Coded.trimmed(codes, pa.array(words, pa.string()))


def changed(column: Coded, say: Callable[[str], str]) -> Coded:
    """A column with each different entry as ``say`` makes it."""
    return Coded.trimmed(column.codes, pa.array([say(w) for w in column.list()], pa.string()))


def every(chunk: Chunk) -> npt.NDArray[np.int64]:
    """Positions of all records."""
    return np.arange(len(chunk))
