"""Where a text names a person who is erased: as a whole word, so that nothing of P10 goes with P1.

Texts are read in two ways. Loosely, for what can be made anew, or is of no other person: any id that stands between
signs that are no letters or digits, so that ``P1-2`` and ``P1/a`` name P1 too. Strictly, for what is of another person
or of a user: there ``P1-2`` is an id of its own, and a number of less than six digits is no name, as values look so.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_IN_IDS = r"[._/-]"
"""Signs that an id may have inside (analytics.ingest.patient_ids), and that end a sentence or a part of one too."""
_LOOKS_LIKE_A_VALUE = re.compile(r"[0-9]{1,5}|[0-9]*\.[0-9]*")


class Names:
    """The ids and pseudonyms of one person.

    Args:
        words: each of them.
    """

    def __init__(self, words: Collection[str]):
        self._loosely = _one_of(words, "", "")
        strict = [word for word in words if not _LOOKS_LIKE_A_VALUE.fullmatch(word)]
        self._strictly = _one_of(strict, rf"(?<![0-9A-Za-z]{_IN_IDS})", rf"(?!{_IN_IDS}[0-9A-Za-z])")

    def loosely_in(self, text: str | None) -> bool:
        """Whether a text that is of no other person names the person."""
        return bool(text) and self._loosely.search(text or "") is not None

    def strictly_in(self, text: str | None) -> bool:
        """Whether a text of another person names the person."""
        return bool(text) and self._strictly.search(text or "") is not None


def _one_of(words: Collection[str], before: str, after: str) -> re.Pattern[str]:
    if not words:
        return re.compile(r"(?!)")
    any_of = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![0-9A-Za-z]){before}(?:{any_of})(?![0-9A-Za-z]){after}")
