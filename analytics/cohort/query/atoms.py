"""The text of a question as atoms: the longest phrases that the vocabulary knows, and every other word as unknown.

One pass over the text; every word belongs to exactly one atom, so that none is lost.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from analytics.analytes import ANALYTES
from analytics.answer_states import QUESTIONS, states_of
from analytics.cohort.query import vocabulary as words
from analytics.cohort.query.connecting_words import ARTICLES, FIXED, POLITE
from analytics.cohort.query.quantities import score_codes
from analytics.drug_classes import DRUG_CLASSES, REGIMENS
from analytics.rules import rules

_WORD = re.compile(
    r"""\s*(?:
      (?P<quoted>"[^"]*"|“[^”]*”)
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<id>(?!(?i:ca|y|yttrium|cpt)-)[A-Za-z]+[-_]\d\d\w*)
    | (?P<ordinal>\d+(?:st|nd|rd|th)\b)
    | (?P<number>(?:(?<![\w)%°.,+/±-])[-−](?=[\d.]))?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?(?![.,]?\d))
    | (?P<word>[^\W\d_]+(?:['’][^\W\d_]+)?)
    | (?P<sign>>=|<=|=>|=<|!=|<>|.)
    )""",
    re.VERBOSE | re.DOTALL,
)
_GLUED = re.compile(r"(x)(uln|lln|baseline|nadir|lsn|n|bl)|(uln|lln)(x)")
_JOINTS = frozenset("-_.()?!:'’\"[]{}")
"""Signs that part words and say nothing."""
_LONGEST = 8
_SHORT = 3


@dataclass(frozen=True)
class Word:
    """One word, number or sign, without case and accents; ``begin`` and ``end`` are characters of the text.

    Where it is read as another word ``text`` is that one, and ``slip`` what was typed.
    """

    kind: str
    text: str
    begin: int
    end: int
    slip: str = ""


@dataclass(frozen=True)
class Atom:
    """What one phrase may be: kinds with what each says. ``begin`` and ``end`` are characters of the text."""

    kinds: Mapping[str, object]
    words: tuple[Word, ...]

    def __contains__(self, kind: str) -> bool:
        return kind in self.kinds

    @property
    def polite(self) -> bool:
        """It may be left out without changing the question."""
        return "everyone" in self.kinds or all(word.text in POLITE or word.text in ARTICLES for word in self.words)


def folded(text: str) -> str:
    """Without case and accents."""
    plain = unicodedata.normalize("NFKD", text.replace("γ", "gamma").replace("’", "'").replace("≠", "!=").casefold())
    return "".join(c for c in plain if not unicodedata.combining(c)).replace("μ", "u")


def words_of(text: str) -> list[Word]:
    """Every word of a text in order; signs that say nothing are left out."""
    found: list[Word] = []
    for match in _WORD.finditer(text):
        kind = match.lastgroup or "sign"
        said, begin, end = folded(match.group(kind)), match.start(kind), match.end(kind)
        glued = _GLUED.fullmatch(said) if kind == "word" else None
        if kind == "number":
            said = said.replace(",", ".").replace("−", "-")
            if said[0] == "-" and found and found[-1].kind == "number":  # "3 -5" is a range
                said, begin = said[1:], begin + 1
        if glued:
            first, second = (part for part in glued.groups() if part)
            found += [Word("word", first, begin, begin + len(first)), Word("word", second, begin + len(first), end)]
        elif said.strip() and said not in _JOINTS:
            found.append(Word(kind, said.strip('"“”') if kind == "quoted" else said, begin, end))
    return found


def _keys(phrases: str) -> Iterator[tuple[str, ...]]:
    for phrase in phrases.split("|"):
        key = tuple(word.text for word in words_of(phrase) if word.text not in ARTICLES)
        if key:
            yield key


Table = dict[tuple[str, ...], dict[str, object]]


def _add(table: Table, phrases: str, kind: str, value: object) -> None:
    for key in _keys(phrases):
        table.setdefault(key, {}).setdefault(kind, value)


def _add_all(table: Table, kind: str, source: Mapping[str, str]) -> None:
    for value, phrases in source.items():
        _add(table, phrases, kind, value)


@cache
def _known() -> Mapping[tuple[str, ...], dict[str, object]]:
    """Phrase -> kinds, of everything that does not depend on a store."""
    table: Table = {}
    _add_quantities(table)
    for number, phrases in words.NUMBERS.items():
        _add(table, phrases, "number", number)
    for kind, source in _TABLES:
        _add_all(table, kind, source)
    _add_drugs(table)
    _add_answers(table)
    for rule in rules().values():
        names = f"finding {rule.code}|finding {rule.title}|finding {rule.code.replace('_', ' ')}"
        _add(table, names, "finding", rule.code)
        if len(rule.title.split()) > 2:  # a title of one or two words may be meant otherwise
            _add(table, rule.title, "finding", rule.code)
    for kind, phrases in FIXED.items():
        name, _, value = kind.partition("ordinal ")
        _add(table, phrases, "ordinal" if value else name, int(value) if value else True)
    return MappingProxyType(table)


_TABLES: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("compare", words.COMPARISONS),
    ("behind", words.AFTERWARDS),
    ("scale", words.SCALES),
    ("verb", words.VERBS),
    ("unit of time", words.TIMES),
    ("side", words.SIDES),
    ("anchor", words.ANCHORS),
    ("primary", words.SITES_OF_CANCER),
    ("sex", words.SEXES),
    ("group", words.GROUPS),
    ("finding", words.FINDINGS),
)


def _add_quantities(table: Table) -> None:
    """Analytes, scores and units."""
    for condition, phrases in words.CONDITIONS.items():
        _add(table, phrases, "condition", condition)
    for codes, phrases in words.QUANTITIES.items():
        _add(table, phrases, "quantity", codes)
    for analyte in ANALYTES.values():
        for name in (analyte.code, analyte.code.replace("_", " "), analyte.label, *analyte.aliases):
            _add(table, name, "quantity", (analyte.code,))
        for unit in analyte.conversions:
            if not unit.isdigit():  # a ratio is written without a unit
                _add(table, unit, "unit", unit)
    _add(table, "/ul|/mm3", "unit", "/uL")
    _add(table, "10 9/l|10^9/l|g/l|x10 9/l|x 10 9/l|gpt/l|k/ul|10e9/l|10^9 / l|giga/l", "unit of counts", "10*9/L")
    _add(table, "micromol/l|micromoles/l|umol per litre|umol per liter|micromol per litre|mcmol/l", "unit", "umol/L")
    _add(table, "mg per dl|mg per deciliter", "unit", "mg/dL")
    _add(table, "mcg/l", "unit", "ug/L")
    _add(table, "iu/l|ui/l|u/litre|units/l|units per litre|e/l", "unit", "U/L")
    for code, score in score_codes().items():
        ending = " grade" if code != score.code else ""
        if len(score.title) > 1:
            _add(table, f"{score.title}{ending}|{score.title}{ending} score|{code}", "quantity", (code,))


def _add_answers(table: Table) -> None:
    """The answers of the five questions: "liver function failing", "tumour is stable"."""
    for question, label in QUESTIONS.items():
        for state in states_of(question):
            for name in words.QUESTIONS_SAID[question].split("|"):
                said = {state.label, state.code.replace("_", " ")}
                phrases = "|".join(f"{name} {s}|{name} is {s}|{s} {name}" for s in sorted(said))
                _add(table, phrases, "answer", f"{label.lower()} is {state.code}")


def _add_drugs(table: Table) -> None:
    """Agents, classes and regimens by their names and everyday short forms."""
    for name, phrases in words.SHORT_DRUGS.items():
        _add(table, phrases, "drug", name)
    for name, phrases in words.CLASSES.items():
        _add(table, f"{name}|{phrases}", "class", name)
    for members in (*DRUG_CLASSES.values(), *REGIMENS.values()):
        for name in members:
            _add(table, name, "drug", name)
    for name in REGIMENS:
        _add(table, name, "regimen", name)


def table_of(names: Iterable[tuple[str, str, object]]) -> Mapping[tuple[str, ...], dict[str, object]]:
    """Phrase -> kinds, with names of a store: (kind, phrase, value). What a store calls so is meant, before a
    synonym; of two of its own names the first."""
    table: Table = {key: dict(kinds) for key, kinds in _known().items()}
    own: Table = {}
    for kind, phrase, value in names:
        _add(own, phrase.replace("|", " "), kind, value)
    for key, kinds in own.items():
        table.setdefault(key, {}).update(kinds)
    return MappingProxyType(table)


def atoms_of(
    text: str, table: Mapping[tuple[str, ...], dict[str, object]], found: list[Word] | None = None
) -> list[Atom]:
    """Atoms of a text, or of its words as they are read. Articles are atoms of their own kind "article"."""
    found = words_of(text) if found is None else found
    atoms: list[Atom] = []
    at = 0
    while at < len(found):
        length, kinds, used = _longest(found, at, table)
        atoms.append(Atom(kinds, tuple(found[at : at + length])) if used else _single(found, at, text))
        at += length if used else 1
    return atoms


def _longest(
    found: list[Word], at: int, table: Mapping[tuple[str, ...], dict[str, object]]
) -> tuple[int, Mapping[str, object], bool]:
    """(words, kinds, whether any) of the longest phrase that begins at a word; articles within it count as read."""
    if found[at].text in ARTICLES or found[at].kind in ("quoted", "date"):
        return 1, {}, False
    key: list[str] = []
    best: tuple[int, Mapping[str, object], bool] = (1, {}, False)
    for end in range(at, min(len(found), at + _LONGEST + 4)):
        if found[end].text in ARTICLES:
            continue
        key.append(found[end].text)
        if (kinds := table.get(tuple(key)) or _of_one(key, table)) is not None:
            best = (end + 1 - at, kinds, True)
        if len(key) == _LONGEST:
            break
    return best if best[2] else (1, *_singular(found[at].text, table))


def _of_one(key: list[str], table: Mapping[tuple[str, ...], dict[str, object]]) -> Mapping[str, object] | None:
    """What a name of several words in the plural is in the singular, where that is an event: "metal stents"."""
    if len(key) < 2 or not key[-1].endswith("s"):
        return None
    kinds = table.get((*key[:-1], key[-1].removesuffix("s")), {})
    return {kind: kinds[kind] for kind in ("anchor", "event") if kind in kinds} or None


def _singular(word: str, table: Mapping[tuple[str, ...], dict[str, object]]) -> tuple[Mapping[str, object], bool]:
    """What an unknown plural is in the singular, where that is an event: "TACEs"."""
    one = table.get((word.removesuffix("s"),), {}) if word.endswith("s") and len(word) > _SHORT else {}
    return ({"anchor": one["anchor"]}, True) if "anchor" in one else ({}, False)


def _single(found: list[Word], at: int, text: str) -> Atom:
    """A number, date, name in quotes or id; a dash between two numbers; or an unknown word."""
    word = found[at]
    if word.kind == "number":
        kinds: dict[str, object] = {"number": float(word.text)}
        if at + 1 < len(found) and found[at + 1].kind == "number":
            kinds["dash"] = text[word.end : found[at + 1].begin].strip() in ("-", "–")
        return Atom(kinds, (word,))
    if word.kind == "ordinal":
        return Atom({"ordinal": int(re.sub(r"\D", "", word.text))}, (word,))
    if word.kind in ("date", "quoted", "id"):
        return Atom({word.kind: text[word.begin : word.end].strip('"“”')}, (word,))
    if word.text in ARTICLES:
        return Atom({"article": True}, (word,))
    return Atom({}, (word,))
