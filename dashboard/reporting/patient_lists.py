"""Which patients a report is about: all, a site, a file of ids, a question, some ids; names as users write them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.cohort.query.definition import Definition, parse, without_ids
from analytics.cohort.query.run import run
from analytics.errors import QuestionError, RefusedFile, SettingsError, UnknownPatient
from analytics.store.working_state import saved_cohorts
from dashboard.cohorts.export import definition_of

if TYPE_CHECKING:
    from analytics.store import Store

EVERYBODY = "all"
_SITE, _FILE, _QUESTION, _COHORT = "site:", "file:", "question:", "cohort:"
_MOST_NAMED = 10


def patients_of(store: Store, name: str, *, named: bool = True) -> list[str]:
    """Ids of the patients on a list, sorted.

    Args:
        store: where the patients are.
        name: ``all``; ``site:NAME`` or the bare name of a site; ``file:PATH`` with one patient id a line;
            ``question:PATH`` or ``cohort:NAME`` for whom a question of a file or a saved one holds today.
        named: whether an error may name an id of the file; else it names the line alone.

    Raises:
        SettingsError: no list of this name.
        QuestionError: the question cannot be read, or there is none of this name.
        UnknownPatient: the file names a patient who is not in the store.
        RefusedFile: the file cannot be read.
    """
    if name == EVERYBODY:
        return store.patient_ids
    if name.startswith(_FILE):
        return from_file(store, Path(name.removeprefix(_FILE)), named=named)
    if (definition := question_of(store, name)) is not None:
        return sorted(run(definition, store.all_patients()).patient_ids)
    summary = store.summary()
    site = name.removeprefix(_SITE)
    found = summary.loc[summary["site"].fillna("").str.casefold() == site.casefold(), "patient_id"]
    if found.empty and not name.startswith(_SITE):
        sites = ", ".join(sorted(summary["site"].dropna().unique())) or "none"
        raise SettingsError(
            f"unknown list {name!r}. Available: {EVERYBODY}, file:PATH, question:PATH, cohort:NAME, or a site ({sites})"
        )
    return sorted(found)


def question_of(store: Store, name: str) -> Definition | None:
    """The question that a list is, as it stands today; None for every other list.

    Raises:
        QuestionError: it cannot be read, there is none of this name, or several owners have one.
    """
    if name.startswith(_QUESTION):
        return definition_of(Path(name.removeprefix(_QUESTION)))
    if not name.startswith(_COHORT):
        return None
    wanted = name.removeprefix(_COHORT)
    found = [one for one in saved_cohorts.saved(store) if wanted in (one.name, f"{one.owner}/{one.name}")]
    if len(found) > 1:
        raise QuestionError(f"several people saved a cohort {wanted!r}; write cohort:OWNER/{wanted}")
    if not found:
        known = ", ".join(sorted({one.name for one in saved_cohorts.saved(store)})) or "none"
        raise QuestionError(f"no saved cohort {wanted!r}; saved: {known}")
    return parse(found[0].text)


def called(store: Store, name: str, *, named: bool = True) -> str:
    """What a report calls a list: a question is always said in its exact words, without ids where none may be named."""
    definition = question_of(store, name)
    return name if definition is None else worded_name(definition, masked=not named)


def worded_name(definition: Definition, *, masked: bool = False) -> str:
    """What a report calls the cohort: its name, and always what was asked."""
    text = without_ids(definition, masked=masked)
    asked = "; ".join(line for line in text.splitlines() if line and not line.startswith("name:"))
    return ": ".join(part for part in (definition.name, asked or "all patients") if part)


def from_file(store: Store, path: Path, *, named: bool = True) -> list[str]:
    """Ids of a text file with one id a line; blank lines and lines that begin with # are passed over.

    Raises:
        UnknownPatient: a line is no patient; says which, and its id where it may be named.
        RefusedFile: the file cannot be read.
    """
    try:
        lines = [line.strip() for line in path.read_text("utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedFile(f"the list of patients cannot be read: {error.__class__.__name__}", file=path.name) from error
    asked = {n: line for n, line in enumerate(lines, start=1) if line and not line.startswith("#")}
    found = _present(store, asked.values())
    strange = [f"{line!r} (line {n})" if named else f"on line {n}" for n, line in asked.items() if line not in found]
    if strange:
        raise UnknownPatient(f"{path.name}: unknown {_counted(strange)}")
    return sorted(set(found.values()))


def known(store: Store, patient_ids: Sequence[str]) -> list[str]:
    """The ids, each once and sorted, if all of them are in the store; opaque keys are taken too, and for an id that
    was merged into another one the present one.

    Raises:
        UnknownPatient: one is neither an id nor a key of the store; says which.
    """
    found = _present(store, patient_ids)
    strange = [repr(p) for p in dict.fromkeys(patient_ids) if p not in found]
    if strange:
        raise UnknownPatient(f"unknown {_counted(strange)}")
    return sorted(set(found.values()))


def _present(store: Store, asked: Iterable[str]) -> dict[str, str]:
    """What was asked for -> present id, without what is no patient here."""
    here = set(store.patient_ids)
    found = {}
    for one in asked:
        present = one if one in here else store.present_id(one)
        if present not in here:
            try:
                present = store.patient_of(one)
            except UnknownPatient:
                present = ""
        if present:
            found[one] = present
    return found


def _counted(strange: Sequence[str]) -> str:
    """Those that are unknown, the first of them where there are many."""
    more = f" and {len(strange) - _MOST_NAMED} more" if len(strange) > _MOST_NAMED else ""
    return f"patient{'s' if len(strange) > 1 else ''} {', '.join(strange[:_MOST_NAMED])}{more}"
