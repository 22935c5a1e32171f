"""Whose results a file holds that names nobody in its rows: one person above the table, declared in a profile.

Where such a file names somebody else further down, it is of several people and refused: rows below are not told apart.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

import numpy as np

from analytics.errors import RefusedFile
from analytics.ingest.claims import Context
from analytics.ingest.dictionary import Coded
from analytics.ingest.reading.csv_exact import Chunk

_WORDS = (
    "patient|pat|mrn|subject|paciente|paziente|patientin|pid|nhc|ipp|utente|hospital|unit|record|medical record|"
    "patiënt|pacjent"
)
_LABEL = re.compile(rf"(?:{_WORDS})[\s.\-]*(?:id|no|nr|num|number|nummer|identifier|nº|n°)?[\s.]*:?", re.IGNORECASE)
_UNSURE = re.compile(r"(?:hospital|unit|(?:medical )?record)[\s.]*:?", re.IGNORECASE)
_ALONE = re.compile(rf"(?P<label>{_LABEL.pattern})\s*[:=]\s*(?P<value>\S.*)", re.IGNORECASE)
_NAME = re.compile(r"(?:(?:patient|last|family|full)[\s_]*)?(?:name|surname)[\s.]*:?|nombre|nome|nom", re.IGNORECASE)
_ID = re.compile(r"(?=.*\d)[A-Za-z0-9._/-]{1,64}")


_WITHIN = re.compile(
    r"\b(?:mrn|nhc|ipp|pid)\s*[:=]\s*(?P<value>(?=[A-Za-z._/-]*\d)[A-Za-z0-9._/-]{1,64})", re.IGNORECASE
)
"""A number of a person that says so itself, anywhere in a line: ``Patient: DOE JANE  MRN: 445566``."""


def named_in(line: str) -> list[str]:
    """Ids that a line names as a patient's: ``MRN,778899``, ``Patient ID: A-1``; nothing of a line of results."""
    return [value for value in _said_of(line, names=False) if _ID.fullmatch(value)]


def _said_of(line: str, *, names: bool) -> list[str]:
    """What a line says behind words for a patient; behind words for a name too."""
    fields = [f.strip().strip('"') for f in re.split(r"[,;\t|]", line) if f.strip()]
    found = [value for label, value in itertools.pairwise(fields) if _is_label(label, names)]
    found += [m["value"] for f in fields if (m := _ALONE.fullmatch(f)) and _is_label(m["label"], False)]
    found = [value for value in found if not _WITHIN.search(value)]
    found += [m["value"] for f in fields for m in _WITHIN.finditer(f)]
    return list(dict.fromkeys(found))


def _is_label(text: str, names: bool) -> bool:
    person = bool(_LABEL.fullmatch(text)) and not _UNSURE.fullmatch(text)
    return person or (names and bool(_NAME.fullmatch(text)))


def named(lines: Iterable[str]) -> list[str]:
    """Ids that any of these lines names."""
    return list(dict.fromkeys(i for line in lines for i in named_in(line)))


def refuse_if_of_another(context: Context) -> None:
    """Refuse a table above which another person is named than the profile declares.

    Raises:
        RefusedFile: it is.
    """
    patient, told = context.profile.patient, named(context.columns.before)
    if patient and told and patient not in told:
        raise RefusedFile(
            f"names {told[0]!r} above the table, and the profile says that it is of {patient!r}", file=context.file
        )


def one_person(get: dict[str, Coded], chunk: Chunk, context: Context) -> None:
    """Give all rows of a chunk to the declared person, where no column says whose they are.

    Raises:
        RefusedFile: the file names another person between its rows.
    """
    patient = context.profile.patient
    if "patient_id" in get or not patient:
        return
    get["patient_id"] = Coded.constant(patient, len(chunk))
    said = [(held.line, held.raw_line) for held in chunk.held]
    for column in chunk.columns[:2]:
        for i, word in enumerate(column.list()):
            if _is_label(word, True) or _ALONE.fullmatch(word):
                rows = np.flatnonzero(column.codes == i)
                said += [(int(chunk.line[r]), chunk.raw(int(r))) for r in rows]
    above = " ".join(context.columns.before)
    for line, text in said:
        others = [who for who in _said_of(text, names=True) if who != patient and who not in above]
        if others:
            raise RefusedFile(
                f"names {others[0]!r} below the results of {patient!r}; give each person a file of their own",
                file=context.file,
                line=line,
            )
