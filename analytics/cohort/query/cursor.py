"""Where reading of atoms stands: what was used, and which of several readings is taken at each place that has more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from analytics.cohort.query.atoms import Atom

Option = TypeVar("Option")

_SAY_LITTLE = frozenset({"article", "side", "results", "it", "treated", "against", "ordinal"})
"""Kinds of words that may be gone over where nothing takes them (of, values, this, had)."""


class Cursor:
    """Atoms of one question. ``picks`` says which option is taken at the n-th place with a choice (else the first)."""

    def __init__(self, atoms: list[Atom], picks: Mapping[int, int], units: Callable[[str, str, float], list[str]]):
        self.atoms, self.picks, self.units = atoms, picks, units
        self.at = 0
        self.trail: list[int] = []
        """Atoms that were used, in the order of use."""
        self.options: list[int] = []
        """How many readings each place had so far."""
        self.vague = False
        """True where something is not said that must be asked back, even if one reading is left."""

    @property
    def done(self) -> bool:
        """Nothing is left."""
        return self.at >= len(self.atoms)

    def _skips(self, at: int) -> bool:
        """It is polite and could say nothing else here."""
        atom = self.atoms[at]
        if not atom.polite or atom.kinds.get("side", "of") != "of":
            return False
        return all(kind in _SAY_LITTLE for kind in atom.kinds)

    def skip(self) -> None:
        """Go over what is polite and says nothing here."""
        while not self.done and self._skips(self.at):
            self.at += 1

    def _find(self, kinds: tuple[str, ...]) -> tuple[int, str] | None:
        at = self.at
        while at < len(self.atoms):
            for kind in kinds:
                if kind in self.atoms[at]:
                    return at, kind
            if not self._skips(at):
                return None
            at += 1
        return None

    def has(self, *kinds: str) -> bool:
        """One of these kinds comes next."""
        return self._find(kinds) is not None

    def take(self, *kinds: str) -> Any:
        """What the next atom says, used, if it is of one of these kinds; None and nothing used otherwise."""
        found = self._find(kinds)
        if found is None:
            return None
        at, kind = found
        self.at = at + 1
        self.trail.append(at)
        return self.atoms[at].kinds[kind]

    def dashed(self) -> bool:
        """The number that was just read is the first of two with a dash between."""
        return bool(self.trail) and self.atoms[self.trail[-1]].kinds.get("dash") is True

    def mark(self) -> tuple[int, int, int]:
        """To come back to."""
        return self.at, len(self.trail), len(self.options)

    def back(self, mark: tuple[int, int, int]) -> None:
        """As it was."""
        self.at = mark[0]
        del self.trail[mark[1] :]
        del self.options[mark[2] :]

    def choose(self, options: Sequence[Option]) -> Option:
        """One of several readings."""
        pick = self.picks.get(len(self.options), 0)
        self.options.append(len(options))
        return options[min(pick, len(options) - 1)]
