"""From a question as people type it to the exact sentence, or to two or three to choose from, or to a refusal.

Deterministic and offline. No word is dropped: what a sentence does not use is returned with its place, and where such
a word is not one of politeness (``connecting_words.POLITE``) the question is not answered but its sentence offered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from analytics.analysis import Analysis
from analytics.arrays import Bools
from analytics.cohort.query.atoms import Atom, atoms_of, folded, table_of, words_of
from analytics.cohort.query.connecting_words import ARTICLES, BLOOD, NARROWED, POLITE, REVERSING
from analytics.cohort.query.cursor import Cursor
from analytics.cohort.query.definition import ALL_PATIENTS, KEYWORDS, Definition, parse
from analytics.cohort.query.lexer import SKIPPED
from analytics.cohort.query.neighbours import beside, explained
from analytics.cohort.query.question import Anchor, Question, Window
from analytics.cohort.query.reading import Reading, read
from analytics.cohort.query.run import run
from analytics.cohort.query.store_names import fitting_units, phrases_of
from analytics.cohort.query.typing_slips import mended
from analytics.cohort.query.vocabulary import EVERY
from analytics.errors import QuestionError

MOST_CHOICES = 3
MOST_UNKNOWN = 3
"""House choice: with more unknown words than this a sentence is no longer offered to choose, only as the nearest."""
MOST_WORDS = 400
"""House choice: a longer text is no question (the exact grammar has no such bound)."""
_READINGS = 6
_SAYS_MORE = frozenset({"again", "back", "then"})
"""Words that the exact grammar reads over and that say more in a question as people type it."""


@dataclass(frozen=True)
class Unused:
    """A word that the sentence does not use; ``at`` is its first character in the text."""

    word: str
    at: int
    polite: bool
    turns: bool = False
    """A word of time, comparison or denial, or one that turns the meaning: nothing is offered without it."""
    read_as: str = ""
    """What a word is read as that was perhaps a slip of typing; it is used, and the question asked back."""


@dataclass(frozen=True)
class Choice:
    """An exact sentence and how many patients it holds for (None without data)."""

    definition: Definition
    patients: int | None

    @property
    def sentence(self) -> str:
        """The text of the definition."""
        return self.definition.text.strip() or ALL_PATIENTS


@dataclass(frozen=True)
class Interpretation:
    """What a question was understood as. One of ``understood``, ``choices`` and ``refused`` is there."""

    text: str
    understood: Choice | None = None
    choices: tuple[Choice, ...] = ()
    unused: tuple[Unused, ...] = ()
    refused: str = ""
    nearest: Choice | None = None

    def to_json(self) -> dict[str, object]:
        """Plain data: understood, choices, unused, patients, refused, nearest."""
        return {
            "understood": self.understood.sentence if self.understood else None,
            "choices": [{"sentence": c.sentence, "patients": c.patients} for c in self.choices],
            "unused": [u.word for u in self.unused],
            "patients": self.understood.patients if self.understood else None,
            "refused": self.refused or None,
            "nearest": self.nearest.sentence if self.nearest else None,
        }


def interpret(text: str, analysis: Analysis | None = None, *, count: bool = True) -> Interpretation:
    """Read a question.

    Args:
        text: as typed, or an exact sentence or definition.
        analysis: whose names of sites, agents and regimens are known, and whose patients are counted; readings that
            hold for the same patients are one (readings that hold for no patient stay apart).
        count: False names sites and agents of the analysis and asks nobody.
    """
    asked = analysis if count else None
    if _asks_all(_plain_words(text)):
        return Interpretation(text, understood=Choice(whole := parse(""), _count(whole, asked)))
    exact = _exact(text, asked)
    if exact is not None:
        return exact
    remarks = text
    text = _without_remarks(text)
    said = _plain_words(text)
    if len(said) > MOST_WORDS:
        unused = tuple(Unused(word, at, polite=False) for word, at in said)
        return Interpretation(text, unused=unused, refused=f"a question has at most {MOST_WORDS} words")
    table = table_of(()) if analysis is None else phrases_of(analysis.case)
    atoms = beside(atoms_of(text, table, mended(words_of(text), table)), table)
    readings = _readings(atoms, partial(fitting_units, analysis.case if analysis else None))
    first = readings[0]
    unused = (*_unused(text, atoms, first.unused), *_slips(text, atoms, first.unused))
    fair = [r for r in readings if not r.refused and set(r.unused) <= set(first.unused)]
    vague = explained(text, atoms) or any(r.vague for r in readings)
    found = _decided(text, first, _choices(fair, asked), unused, vague=vague)
    found = replace(found, text=remarks)
    if found.refused and text.strip().casefold().startswith("find "):  # written as the grammar writes it
        return replace(found, refused=_why(text) or found.refused)
    return found


def _asks_all(said: list[tuple[str, int]]) -> bool:
    """ "all patients", "show me all", and nothing else."""
    words = [word for word, _ in said if word not in ARTICLES and (word in EVERY or word not in POLITE)]
    return bool(words) and EVERY.issuperset(words)


def _without_remarks(text: str) -> str:
    """Lines that begin with # as blanks, so that places stay."""
    lines = text.splitlines(keepends=True)
    return "".join(" " * len(line) if line.strip().startswith("#") else line for line in lines)


def _why(text: str) -> str:
    """Why the exact grammar cannot read it."""
    try:
        parse(text)
    except QuestionError as error:
        return str(error)
    return ""


def _decided(
    text: str, first: Reading, choices: list[Choice], unused: tuple[Unused, ...], *, vague: bool
) -> Interpretation:
    unknown = [u for u in unused if not u.polite]
    if first.refused or not choices:
        nearest = _parsed(first.lines)
        reason = first.refused or "no exact sentence says it"
        reason = f"not understood: {reason}" if first.refused else reason
        return Interpretation(text, unused=unused, refused=_with_unknown(reason, unknown), nearest=_choice(nearest))
    if len(unknown) > MOST_UNKNOWN or any(u.turns for u in unknown):
        reason = "a word that changes the question is" if any(u.turns for u in unknown) else "too much of it is"
        reason = _with_unknown(f"{reason} not understood", unknown)
        return Interpretation(text, unused=unused, refused=reason, nearest=choices[0])
    if unknown or vague or len(choices) > 1:
        return Interpretation(text, choices=tuple(choices[:MOST_CHOICES]), unused=unused)
    return Interpretation(text, understood=choices[0], unused=unused)


def _with_unknown(reason: str, unknown: list[Unused]) -> str:
    unknown = _together(unknown)
    lost, slips = [u.word for u in unknown if not u.read_as], [f"{u.word} as {u.read_as}" for u in unknown if u.read_as]
    parts = [
        reason,
        f"words not understood: {', '.join(lost)}" if lost else "",
        f"read: {', '.join(slips)}" if slips else "",
    ]
    return "; ".join(part for part in parts if part)


def _together(unknown: list[Unused]) -> list[Unused]:
    """Pieces of one word as one: HbA1c."""
    found: list[Unused] = []
    for word in unknown:
        last = found[-1] if found else None
        if last and last.at + len(last.word) == word.at and not (last.read_as or word.read_as):
            found[-1] = replace(last, word=last.word + word.word)
        else:
            found.append(word)
    return found


def _choice(definition: Definition | None) -> Choice | None:
    return None if definition is None else Choice(definition, None)


def _exact(text: str, analysis: Analysis | None) -> Interpretation | None:
    """What is written in the exact grammar already; a text with its keywords is never read in another way."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    written = bool(lines) and all(any(line.casefold().startswith(k) for k in KEYWORDS) for line in lines)
    formal = written and (len(lines) > 1 or lines[0].casefold().startswith(("where ", "group by", "align on", "name:")))
    said = _plain_words(text)
    if not formal and any(word in _SAYS_MORE for word, _ in said):
        return None
    if not written and said[:1] and said[0][0] == "first":  # the first of all results, or the first that is so
        return None
    try:
        found = parse(text)
        if found.question is None and not found.filters:
            return None
        if not written and found.question is not None and _joined_by_and_alone(found.question, said):
            return None
    except QuestionError as error:
        return Interpretation(text, refused=str(error)) if formal and len(lines) > 1 else None
    skipped = tuple(Unused(word, at, polite=True) for word, at in said if word in SKIPPED)
    return Interpretation(text, understood=Choice(found, _count(found, analysis)), unused=skipped)


def _joined_by_and_alone(question: Question, said: list[tuple[str, int]]) -> bool:
    """A later clause has no time: "after it" in the exact grammar, but perhaps "on that day" as people type it."""
    later = sum(clause.window == Window("after", Anchor("it")) for clause in question.clauses[1:])
    return later > sum(word == "it" for word, _ in said)


def _plain_words(text: str) -> list[tuple[str, int]]:
    return [(match[0].casefold().strip(".,?!"), match.start()) for match in re.finditer(r"\S+", text)]


def _readings(atoms: list[Atom], units: Callable[[str, str, float], list[str]]) -> list[Reading]:
    """The first reading, and one for each other option at each place that has several."""
    first = read(Cursor(atoms, {}, units))
    picks: list[Mapping[int, int]] = [{n: k} for n, count in enumerate(first.options) for k in range(1, count)]
    return [first, *(read(Cursor(atoms, pick, units)) for pick in picks[: _READINGS - 1])]


def _unused(text: str, atoms: list[Atom], positions: list[int]) -> tuple[Unused, ...]:
    found = []
    heading = _heading(text, atoms, positions)
    for i in positions:
        polite = ("article" in atoms[i] or atoms[i].polite or "comma" in atoms[i]) and not _compared(atoms, i)
        polite = polite or _narrows(atoms, i)
        turns = not polite and (
            bool(atoms[i].kinds.keys() - _SAYS_NOTHING_ALONE)
            or any(w.text in REVERSING | BLOOD for w in atoms[i].words)
        )
        turns = turns and i not in heading
        found += [
            Unused(text[w.begin : w.end], w.begin, polite, turns) for w in atoms[i].words if folded(w.text).strip(",;")
        ]
    return tuple(found)


def _slips(text: str, atoms: list[Atom], unused: list[int]) -> tuple[Unused, ...]:
    """Words that are used as another word than they were typed."""
    used = [w for i, atom in enumerate(atoms) if i not in unused for w in atom.words if w.slip]
    return tuple(Unused(text[w.begin : w.end], w.begin, polite=False, read_as=w.text) for w in used)


_SAYS_NOTHING_ALONE = frozenset({"at", "slash"})
"""Kinds of words that mean something only in a phrase that is read: unused they turn no question."""
_PERSONAL = ("sex", "primary", "site", "id", "age")
_HEADING = 4
"""House choice: so many words before a colon, of which none is used, are a heading."""


def _compared(atoms: list[Atom], at: int) -> bool:
    """Serum behind a number is something to compare with: "3 x serum"."""
    before = atoms[at - 1] if at else None
    behind = before is not None and any(kind in before for kind in ("x", "number", "compare", "verb"))
    return behind and any(word.text in BLOOD for word in atoms[at].words)


def _narrows(atoms: list[Atom], at: int) -> bool:
    """ "only" beside a filter of persons: "women only"."""
    beside = [atom for atom in (*atoms[max(at - 1, 0) : at], *atoms[at + 1 : at + 2]) if atom.kinds]
    only = all(word.text in NARROWED for word in atoms[at].words)
    return only and any(kind in atom for atom in beside for kind in _PERSONAL)


def _heading(text: str, atoms: list[Atom], positions: list[int]) -> set[int]:
    """Unused words before a colon: "DILI signal: ..."."""
    colon = text.find(":")
    before = {i for i, atom in enumerate(atoms) if atom.words[-1].end <= colon}
    return before if colon > 0 and len(before) <= _HEADING and before <= set(positions) else set()


def _parsed(lines: list[str]) -> Definition | None:
    try:
        return parse("\n".join(lines)) if lines else None
    except QuestionError:
        return None


def _choices(readings: list[Reading], analysis: Analysis | None) -> list[Choice]:
    """Sentences of the readings; those that hold for the same patients, if for any, are one."""
    found: list[tuple[Choice, Bools | None]] = []
    for reading in readings:
        definition = _parsed(reading.lines)
        if definition is None or any(definition.text == c.definition.text for c, _ in found):
            continue
        members = None if analysis is None else run(definition, analysis).members
        known = [m for _, m in found if m is not None]
        same = members is not None and members.any() and any(np.array_equal(m, members) for m in known)
        if not same or reading.vague:
            found.append((Choice(definition, None if members is None else int(members.sum())), members))
    return [choice for choice, _ in found]


def _count(definition: Definition, analysis: Analysis | None) -> int | None:
    return None if analysis is None else int(run(definition, analysis).members.sum())
