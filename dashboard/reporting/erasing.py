"""Erasing a person from everything that this installation holds; what remains elsewhere is named."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.errors import InputError
from analytics.store.admin.erasure import backups_with
from analytics.store.admin.erasure_files import purge_files
from analytics.store.admin.erasure_working_state import files_with
from dashboard.reporting.patient_lists import known
from dashboard.security.keys import has_pseudonyms, pseudonyms_of
from dashboard.study import Study


@dataclass(frozen=True)
class Erased:
    """What was removed and what remains.

    Attributes:
        key: opaque key of the person.
        rows_removed: of the tables.
        removed: files, each in words.
        backups: folders that still hold rows of the person.
        files: files of the store's folder that still name the person.
    """

    key: str
    rows_removed: int
    removed: list[str]
    backups: list[str]
    files: list[str]


def erase(study: Study, patient: str, reason: str) -> Erased:
    """Erase one person.

    Args:
        study: where.
        patient: the id, one that was merged into it, or the opaque key.
        reason: why; kept in the audit log.

    Raises:
        UnknownPatient: there is no such person.
        InputError: no reason is given.
    """
    store, config = study.store, study.config
    if not reason.strip():
        raise InputError("say why")
    (patient_id,) = known(store, [patient])
    ids, key = [patient_id, *store.former_ids(patient_id)], store.key_of(patient_id)
    names = _pseudonyms(study, ids)
    study.record("purge", key=key, detail=reason)
    reports = config.beside_store(config.reports, "reports")
    removed = purge_files(store.place, reports, [*ids, *names], key)
    rows = store.purge(patient_id, reason, pseudonyms=names)  # last: what is cut short before can be asked for again
    return Erased(
        key=key,
        rows_removed=rows,
        removed=removed,
        backups=[str(path) for path in backups_with(store.place, ids)],
        files=[str(path) for path in files_with(store.place, ids)],
    )


def _pseudonyms(study: Study, ids: list[str]) -> list[str]:
    """Names under which reports may know the person; none where no pseudonym was ever made here."""
    if not has_pseudonyms(study.config):
        return []
    names = pseudonyms_of(study.config)
    return [names.name(one) for one in ids]
