"""Words in a column of comparators. What is not known holds the row back: it is never taken for "exact"."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from analytics.ingest.dictionary import Coded
from analytics.ingest.numbers import COMPARATORS
from analytics.ingest.profile import Profile
from analytics.ingest.synonyms import folded

_LESS = (
    "<",
    "<=",
    "≤",
    "=<",
    "＜",
    "lt",
    "le",
    "lte",
    "less than",
    "less than or equal to",
    "below",
    "under",
    "4171756",
    "4171754",
)
_MORE = (
    ">",
    ">=",
    "≥",
    "=>",
    "＞",
    "gt",
    "ge",
    "gte",
    "greater than",
    "greater than or equal to",
    "more than",
    "above",
    "over",
    "4172704",
    "4171755",
)
_EXACT = ("=", "==", "eq", "equal", "equals", "equal to", "exact", "exactly", "4172703", "0")
_WORDS: Mapping[str, int] = {
    **{folded(w): 1 for w in _LESS}, **{folded(w): 2 for w in _MORE}, **{folded(w): 0 for w in _EXACT},
}  # fmt: skip
"""Position in COMPARATORS by word. The numbers are concepts of the OMOP vocabulary (``<``, ``<=``, ``>``, ``>=``, ``=``
and none). A single letter is no such word: L and H are flags in most files."""
NOT_KNOWN = -1


def comparator_of(word: str, profile: Profile) -> int:
    """Position in COMPARATORS, NOT_KNOWN for a word that is not known."""
    if word in profile.nulls:
        return 0
    key = folded(word)
    if key in profile.comparator_words:
        return COMPARATORS.index(profile.comparator_words[key])
    return _WORDS.get(key, NOT_KNOWN)


def comparators(
    column: Coded, of_value: npt.NDArray[np.int8], profile: Profile
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.bool_]]:
    """Comparator per row and whether it cannot be told.

    Args:
        column: the column of comparators.
        of_value: comparator that stands before the value itself, per row; it goes before an empty or exact one.
        profile: own words.

    Returns:
        Position in COMPARATORS; and where the word is not known or says the contrary of the value's own sign.
    """
    own = column.spread(np.array([comparator_of(w, profile) for w in column.list()], np.int8))
    bad = (own == NOT_KNOWN) | ((own > 0) & (of_value > 0) & (own != of_value))
    return np.where(of_value == 0, np.maximum(own, 0), of_value), np.asarray(bad, dtype=bool)
