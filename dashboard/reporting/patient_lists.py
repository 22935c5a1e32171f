"""Which patients a report is about: everybody, a site, a file of ids, some ids. Names of lists as users write them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.errors import RefusedFile, SettingsError, UnknownPatient

if TYPE_CHECKING:
    from analytics.store import Store

EVERYBODY = "all"
_SITE, _FILE = "site:", "file:"


def patients_of(store: Store, name: str) -> list[str]:
    """Ids of the patients on a list, sorted.

    Args:
        store: where the patients are.
        name: ``all``; ``site:NAME`` or the bare name of a site; ``file:PATH`` with one patient id a line.

    Raises:
        SettingsError: no list of this name.
        UnknownPatient: the file names a patient who is not in the store.
        RefusedFile: the file cannot be read.
    """
    if name == EVERYBODY:
        return store.patient_ids
    if name.startswith(_FILE):
        return from_file(store, Path(name.removeprefix(_FILE)))
    summary = store.summary()
    site = name.removeprefix(_SITE)
    found = summary.loc[summary["site"].fillna("").str.casefold() == site.casefold(), "patient_id"]
    if found.empty and not name.startswith(_SITE):
        sites = ", ".join(sorted(summary["site"].dropna().unique())) or "none"
        raise SettingsError(f"unknown list {name!r}. Available: {EVERYBODY}, file:PATH, or a site ({sites})")
    return sorted(found)


def from_file(store: Store, path: Path) -> list[str]:
    """Ids of a text file with one id a line; blank lines and lines that begin with # are passed over."""
    try:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedFile(f"the list of patients cannot be read: {error.__class__.__name__}", file=path.name) from error
    return known(store, [line for line in lines if line and not line.startswith("#")])


def known(store: Store, patient_ids: Sequence[str]) -> list[str]:
    """The ids, each once and sorted, if all of them are in the store; opaque keys are taken too, and for an id that
    was merged into another one the present one.

    Raises:
        UnknownPatient: one is neither an id nor a key of the store.
    """
    here = set(store.patient_ids)
    merged = {p: store.present_id(p) for p in patient_ids if p not in here}
    found = {
        p if p in here else merged[p] if merged[p] in here else store.patient_of(store_key(p)) for p in patient_ids
    }
    return sorted(found)


def store_key(text: str) -> str:
    """A text that may be an opaque key; anything else is no patient."""
    if not text.isalnum():
        raise UnknownPatient("unknown patient")
    return text
