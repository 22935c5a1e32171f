"""Slips of typing: an unknown word that is one or two letters away from one known word is read as that, and asked back.

Nothing is answered by a guess: a question with a word that was read as another is only offered, with the word shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from analytics.cohort.query.atoms import Word
from analytics.cohort.query.connecting_words import ARTICLES, BLOOD, NARROWED, POLITE, REVERSING, SPECIMENS

SHORTEST = 5
"""House choice: a shorter word is not guessed, as too many are one letter apart."""
TWO_FROM = 8
"""House choice: from this length on a word may be two letters away."""
MOST = 3
"""House choice: with more unknown words than this none is guessed."""
_SAID = POLITE | ARTICLES | BLOOD | NARROWED | REVERSING | SPECIMENS
_GUESSED = frozenset({"quantity", "condition", "drug", "class", "regimen", "event", "anchor", "scale", "primary",
                      "sex", "site", "side", "verb", "up", "down", "normal", "raised"})  # fmt: skip
"""Kinds that a word may be guessed to be: no comparison, no denial, no number."""


def mended(words: list[Word], table: Mapping[tuple[str, ...], Mapping[str, object]]) -> list[Word]:
    """Words with ``slip`` where one is read as another; ``text`` is then what it is read as."""
    known = {text for key in table for text in key} | _SAID
    unknown = [w for w in words if w.kind == "word" and w.text not in known and w.text.removesuffix("s") not in known]
    if not unknown or len(unknown) > MOST:
        return words
    names = [key[0] for key, kinds in table.items() if len(key) == 1 and _GUESSED & kinds.keys()]
    read = {w.text: nearest(w.text, names) for w in unknown if len(w.text) >= SHORTEST}
    return [replace(w, text=read[w.text], slip=w.text) if w in unknown and read.get(w.text) else w for w in words]


def nearest(word: str, names: Iterable[str]) -> str:
    """The one name that is near enough, none where several are as near."""
    most = 2 if len(word) >= TWO_FROM else 1
    near: dict[str, int] = {}
    for name in names:
        if len(name) >= SHORTEST and name[0] == word[0] and abs(len(name) - len(word)) <= most:
            apart = distance(word, name)
            if apart <= most:
                near[name] = apart
    least = min(near.values(), default=0)
    found = [name for name, apart in near.items() if apart == least]
    return found[0] if len(found) == 1 else ""


def distance(one: str, other: str) -> int:
    """Letters to put in, leave out, change, or swap with the next."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(other, start=1):
            best = min(last[j] + 1, row[-1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before, last = last, row
    return last[-1]
