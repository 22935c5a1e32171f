"""Atoms whose meaning hangs on those beside them: "any", months, a name in quotes behind "=", kinds of scans."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from analytics.cohort.query.atoms import Atom, folded
from analytics.cohort.query.filters_read import YEARS
from analytics.cohort.query.windows_read import HAPPENING

MONTHS: Mapping[str, int] = MappingProxyType(
    {
        name: number
        for number, names in enumerate(
            (
                "january jan januar enero janvier", "february feb februar febrero fevrier", "march mar marz mars marzo",
                "april apr abril avril", "may mai mayo", "june jun juni junio juin", "july jul juli julio juillet",
                "august aug agosto aout", "september sep sept septiembre septembre",
                "october oct oktober octubre octobre", "november nov noviembre novembre",
                "december dec dezember diciembre decembre",
            ),
            start=1,
        )
        for name in names.split()
    }
)  # fmt: skip
_BRACKET = re.compile(r"\w ?\(")
_NAMED = frozenset({"event", "anchor", "condition", "finding"})
_ANY = frozenset({"any", "a", "some"})
_MODALITIES = frozenset({"ct", "mri", "mrt", "pet", "us"})


def beside(atoms: list[Atom], table: Mapping[tuple[str, ...], dict[str, object]]) -> list[Atom]:
    """Atoms with what their neighbours make of them; every word stays in exactly one atom."""
    found: list[Atom] = []
    at = 0
    while at < len(atoms):
        made, used = _month(found, atoms, at) or _scan(found, atoms, at) or (_one(found, atoms, at, table), 1)
        found.append(made)
        at += used
    return found


def _one(found: list[Atom], atoms: list[Atom], at: int, table: Mapping[tuple[str, ...], dict[str, object]]) -> Atom:
    atom, after = atoms[at], atoms[at + 1] if at + 1 < len(atoms) else None
    before = found[-1] if found else None
    if len(atom.words) == 1 and atom.words[0].text in _ANY and after is not None and _happens(after):
        early = before is not None and before.kinds.get("side") == "before"
        return Atom({"first": True} if early else {"article": True}, atom.words)  # before any is before the first
    if "quoted" in atom and before is not None and ("equals" in before or "differs" in before):
        return Atom({**table.get((folded(str(atom.kinds["quoted"])),), {}), **atom.kinds}, atom.words)
    return atom


def _happens(atom: Atom) -> bool:
    return any(kind in atom for kind in HAPPENING)


def _month(found: list[Atom], atoms: list[Atom], at: int) -> tuple[Atom, int] | None:
    """ "since May 2026" is since its first day, "since 15 May 2026" since that day."""
    if not found or "since" not in found[-1]:
        return None
    day = atoms[at].kinds.get("number")
    first = at + (day is not None)
    if first + 1 >= len(atoms):
        return None
    month, year = MONTHS.get(atoms[first].words[0].text), atoms[first + 1].kinds.get("number")
    if month is None or not isinstance(year, float) or not YEARS[0] < year < YEARS[1]:
        return None
    number = int(day) if isinstance(day, float) and 1 <= day <= 31 else 1
    words = tuple(word for atom in atoms[at : first + 2] for word in atom.words)
    return Atom({"date": f"{int(year)}-{month:02d}-{number:02d}"}, words), first + 2 - at


def _scan(found: list[Atom], atoms: list[Atom], at: int) -> tuple[Atom, int] | None:
    """ "stable disease on MRI", "CT showing SD": any imaging has the response, its kind is not used."""
    if found and str(found[-1].kinds.get("anchor", "")).startswith("imaging "):
        on = at + 1 < len(atoms) and "side" in atoms[at] and "imaging" in atoms[at + 1]
        return _kept(atoms[at : at + 2]) if on else None
    if "imaging" not in atoms[at]:
        return None
    last = at + 1
    while last < len(atoms) and atoms[last].polite:
        last += 1
    responds = last < len(atoms) and str(atoms[last].kinds.get("anchor", "")).startswith("imaging ")
    return _kept(atoms[at:last]) if responds else None


def _kept(atoms: list[Atom]) -> tuple[Atom, int]:
    words = tuple(word for atom in atoms for word in atom.words)
    named = any(word.text in _MODALITIES for word in words)
    return Atom({} if named else {"article": True}, words), len(atoms)


def explained(text: str, atoms: list[Atom]) -> bool:
    """A limit in brackets behind a name says what it means, or asks for both: "jaundice (bilirubin > 2 x ULN)"."""
    for opened in (match.end() - 1 for match in _BRACKET.finditer(text)):
        closed = text.find(")", opened) % (len(text) + 1)
        before = [atom for atom in atoms if atom.words[-1].end <= opened]
        inside = [atom for atom in atoms if opened < atom.words[0].begin < closed]
        if before and _NAMED & before[-1].kinds.keys() and any("compare" in atom for atom in inside):
            return True
    return False
