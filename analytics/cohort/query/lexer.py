"""The words of a question: tokens with their position, and which phrase means which analyte, event or response."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from analytics.analytes import ANALYTES
from analytics.cohort.query.quantities import score_codes
from analytics.errors import QuestionError
from analytics.event_kinds import EVENT_KINDS, RESPONSES

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<quoted>"[^"]*"|“[^”]*”|'[^']*')
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<number>\d+(?:\.\d+)?(?=x\b|X\b|×|%|[\s,]|$))
    | (?P<sign>>=|<=|≥|≤|>|<|=|×)
    | (?P<word>[^\s"“'<>=≥≤×,]+)
    | (?P<comma>,)
    )""",
    re.VERBOSE,
)
_SIGNS = {"≥": ">=", "≤": "<=", "×": "x"}
SKIPPED = frozenset({"a", "an", "the", "its", "their", "value", "then", "back", "again", "result", "was", "is", "goes"})
"""Words that may stand for good reading and say nothing."""


@dataclass(frozen=True)
class Token:
    """One word, number or sign; ``at`` is its first character in the line."""

    kind: str
    text: str
    at: int

    @property
    def low(self) -> str:
        """Without case."""
        return self.text.casefold()


def tokens_of(line: str, *, skip: frozenset[str] = SKIPPED) -> list[Token]:
    """Tokens of a line, the ones that say nothing left out.

    Raises:
        QuestionError: a character that begins no token.
    """
    found, at, end = [], 0, len(line.rstrip())
    while at < end:
        match = _TOKEN.match(line, at)
        if match is None:
            raise QuestionError(f"{line[at]!r} cannot be read", text=line, position=at)
        kind = match.lastgroup or "word"
        text = match.group(kind)
        start = match.start(kind)
        at = match.end()
        if kind == "quoted":
            text = text[1:-1]
        if kind != "word" or text.casefold() not in skip:
            found.append(Token("word" if text == "×" else kind, _SIGNS.get(text, text), start))
    return found


@cache
def analyte_phrases() -> Mapping[str, str]:
    """Casefolded phrase -> analyte code; codes win over labels, labels over aliases."""
    phrases: dict[str, str] = {}
    for names in (lambda a: a.aliases, lambda a: (a.label,), lambda a: (a.code, a.code.replace("_", " "))):
        phrases.update({_key(name): a.code for a in ANALYTES.values() for name in names(a)})
    return MappingProxyType({k: v for k, v in phrases.items() if k})


@cache
def quantity_phrases() -> Mapping[str, str]:
    """Casefolded phrase -> analyte code or score code; analytes win."""
    phrases = {}
    for code, score in score_codes().items():
        ending = " grade" if code != score.code else ""
        names = (code, code.replace("_", " "), score.title + ending, score.title.replace("-", " ") + ending)
        phrases.update({_key(name): code for name in names if len(name) > 1})
    phrases.pop("", None)
    return MappingProxyType(phrases | dict(analyte_phrases()))


@cache
def event_phrases() -> Mapping[str, str]:
    """Casefolded phrase -> event kind."""
    phrases = {_key(alias): kind.code for kind in EVENT_KINDS.values() for alias in kind.aliases}
    for kind in EVENT_KINDS.values():
        phrases |= {
            _key(kind.label): kind.code,
            _key(kind.code): kind.code,
            _key(kind.code.replace("_", " ")): kind.code,
        }
    return MappingProxyType({k: v for k, v in phrases.items() if k not in _NOT_EVENTS})


_NOT_EVENTS = frozenset({"fever", "jaundice", "pain", "ascites", "treatment", "other"})
"""Aliases that readers of files know, too narrow or too wide for a question; symptoms are asked by their name."""


@cache
def response_phrases() -> Mapping[str, str]:
    """Casefolded phrase -> imaging response."""
    phrases = {code.casefold(): code for code in RESPONSES} | {_key(label): code for code, label in RESPONSES.items()}
    return MappingProxyType(phrases | {"progression": "PD", "response": "PR"})


def _key(phrase: str) -> str:
    """A phrase as its tokens joined by one blank; signs and skipped words as the lexer sees them."""
    try:
        return " ".join(t.low for t in tokens_of(phrase))
    except QuestionError:
        return ""


def longest(tokens: list[Token], at: int, phrases: Mapping[str, str]) -> tuple[str, int] | None:
    """(code, tokens used) of the longest phrase that begins at a token; None where there is none."""
    for length in range(min(6, len(tokens) - at), 0, -1):
        code = phrases.get(" ".join(t.low for t in tokens[at : at + length]))
        if code is not None:
            return code, length
    return None
