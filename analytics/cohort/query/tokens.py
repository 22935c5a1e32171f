"""Reads the tokens of a question one after the other, and says where reading stopped."""

from __future__ import annotations

import re
from typing import NoReturn

from analytics.cohort.query.lexer import Token, longest, tokens_of
from analytics.cohort.query.question import Anchor, Clause, Scale
from analytics.errors import QuestionError

_NEGATIVE = re.compile(r"[-−]\d+(\.\d+)?")


class Reader:
    """Tokens of one line and how far they were read."""

    def __init__(self, line: str):
        self.line = line
        self.tokens = [word for token in tokens_of(line) for word in _without_prefix(token)]
        self.at = 0
        self.compared: Scale | None = None
        """What "compared with ..." named, wherever in the clause it stood, until the measure uses it."""
        self.earlier: list[Clause] = []
        """Measures that the window of the first clause is counted from; they become the clauses before it."""
        self.reference: Anchor | None = None
        """Anchor that a value "before the stent" named; "it" in the same clause is that one."""

    @property
    def done(self) -> bool:
        """Nothing is left."""
        return self.at >= len(self.tokens)

    def peek(self) -> Token | None:
        """Next token."""
        return None if self.done else self.tokens[self.at]

    def take(self, *words: str) -> str | None:
        """The first of these phrases that comes next, read; None and nothing read otherwise."""
        for phrase in words:
            parts = phrase.split()
            ahead = self.tokens[self.at : self.at + len(parts)]
            if len(ahead) == len(parts) and all(
                t.low == p or t.kind == p == "comma" for t, p in zip(ahead, parts, strict=True)
            ):
                self.at += len(parts)
                return phrase
        return None

    def need(self, *words: str) -> str:
        """One of these phrases."""
        return self.take(*words) or self.refuse(words)

    def number(self, *, after: str) -> float:
        """A number."""
        token = self.peek()
        if token is None or token.kind != "number":
            self.refuse((f"a number after {after}",))
        self.at += 1
        return float(token.text)

    def negative(self) -> float | None:
        """A number below zero, as scores have; None and nothing read where none comes next."""
        token = self.peek()
        if token is None or _NEGATIVE.fullmatch(token.text) is None:
            return None
        self.at += 1
        return float(token.text.replace("−", "-"))

    def phrase(self, phrases: object) -> str | None:
        """Code of the longest known phrase that comes next."""
        found = longest(self.tokens, self.at, phrases)  # type: ignore[arg-type]
        if found is None:
            return None
        self.at += found[1]
        return found[0]

    def refuse(self, accepted: tuple[str, ...]) -> NoReturn:
        """Stop here."""
        token = self.peek()
        position = len(self.line.rstrip()) if token is None else token.at
        what = "the line ends" if token is None else f"{token.text!r} cannot stand here"
        raise QuestionError(what, text=self.line, position=position, accepted=accepted)


def _without_prefix(token: Token) -> tuple[Token, ...]:
    """ "pre-stent" as the two words "before stent"."""
    if token.kind != "word" or not token.low.startswith("pre-") or len(token.text) < 5:
        return (token,)
    return Token("word", "before", token.at), Token("word", token.text[4:], token.at + 4)
