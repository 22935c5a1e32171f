"""Patient ids: exact text, trimmed of blanks only; what a spreadsheet has changed is quarantined, never repaired."""

from __future__ import annotations

import re
from collections import defaultdict

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

ALLOWED = re.compile(r"[A-Za-z0-9._/-]{1,64}")
_CHANGED = re.compile(r"[+-]?\d+(\.\d+)?[eE]\+?\d+|\d+\.0+", re.ASCII)
_PLAIN = r"^([0-9]{1,64}|[A-Za-z_-][A-Za-z0-9_-]{0,31}[0-9][A-Za-z0-9_-]{0,31})$"
NULL_IDS = frozenset(("na", "n/a", "nan", "null", "none", "nil", "-", ".", "unknown", "#n/a", "<na>", "true", "false"))


def fault(patient_id: str) -> str:
    """What is wrong with an id, as a sentence; empty where nothing is."""
    if not patient_id:
        return "the patient id is blank"
    if patient_id.casefold() in NULL_IDS:
        return f"{patient_id!r} stands for no patient"
    if _CHANGED.fullmatch(patient_id):
        return f"{patient_id!r} looks changed by a spreadsheet"
    if not patient_id.isascii():
        odd = next(c for c in patient_id if not c.isascii())
        return f"the patient id has the sign {odd!r} (U+{ord(odd):04X}), which is no plain letter or digit"
    if not ALLOWED.fullmatch(patient_id) or ".." in patient_id:
        return "a patient id has 1 to 64 letters, digits, dots, slashes, hyphens or underscores, and no '..'"
    return ""


def faults(words: pa.Array) -> npt.NDArray[np.bool_]:
    """Whether each id is unusable; plain ids (letters, digits, hyphens, with a digit) are told by one pattern."""
    bad = ~pc.match_substring_regex(words, _PLAIN).to_numpy(zero_copy_only=False).astype(bool)
    for i in np.flatnonzero(bad):
        bad[i] = bool(fault(str(words[int(i)].as_py())))
    return np.asarray(bad, dtype=bool)


ALIKE = "ids that differ only by leading zeros, case or signs that look alike (O and 0, I, l and 1)"
_LOOKS_LIKE = str.maketrans("oil", "011")


class Named:
    """The different ids that a file names, gathered a stretch at a time."""

    def __init__(self) -> None:
        self._known = pa.array([], pa.large_string())
        self._fresh: list[pa.Array] = []
        self._waiting = 0

    def take(self, ids: pa.Array) -> None:
        """Ids of one more stretch, each at least once."""
        self._fresh.append(ids)
        self._waiting += len(ids)
        if self._waiting > 2 * len(self._known) + _AT_ONCE:
            self.words()

    def words(self) -> pa.Array:
        """All so far, each once."""
        if self._fresh:
            self._known = pc.unique(pa.concat_arrays([self._known, *self._fresh]))
            self._fresh, self._waiting = [], 0
        return self._known


_AT_ONCE = 1 << 20


def folded(patient_id: str) -> str:
    """An id without the differences that a reader overlooks."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", patient_id.casefold().translate(_LOOKS_LIKE))


def alike(ids: pa.Array) -> list[tuple[str, ...]]:
    """Groups of different ids that differ only as ALIKE says: possibly one person, kept apart."""
    if _all_differ(ids):
        return []
    groups: dict[str, set[str]] = defaultdict(set)
    for i in ids.to_pylist():
        groups[folded(i)].add(i)
    return sorted(tuple(sorted(g)) for g in groups.values() if len(g) > 1)


def _all_differ(ids: pa.Array) -> bool:
    """Whether plainly no two ids are alike: ASCII, and all different when folded by whole arrays."""
    if not pc.all(pc.string_is_ascii(ids)).as_py():
        return False
    plain = pc.ascii_lower(ids)
    for sign, digit in zip("oil", "011", strict=True):
        plain = pc.replace_substring(plain, sign, digit)
    plain = pc.replace_substring_regex(plain, r"(^|[^0-9])0+([0-9])", r"\1\2")
    return len(pc.unique(plain)) == len(ids)
