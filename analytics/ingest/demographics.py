"""Rows of table PATIENTS from what a file says of a person."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from analytics.ingest import patient_ids, synonyms, times
from analytics.ingest.dictionary import Coded
from analytics.ingest.numbers import NUMBER, numbers
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.reading.csv_exact import Chunk
from analytics.ingest.times import TimeRule
from analytics.tables import CLOCKS, PATIENTS

ROLES = ("sex", "birth_date", "age", "primary_site", "metastases_date", "site", "on_anticoagulant", "clock")


def side_rows(
    get: Mapping[str, Coded], clocks: Mapping[str, str], profile: Profile, rule: TimeRule, file: str
) -> pd.DataFrame:
    """One row a person for what a file of results says of people beside: sex, age at the first row, clock.

    Unreadable entries are left out: the person is not what such a file is about.
    """
    about = {r: get[r] for r in ROLES if r in get}
    if not about and not clocks:
        return PATIENTS.empty()
    ids = get["patient_id"].list()
    usable = [i for i, w in enumerate(ids) if not patient_ids.fault(w)]
    first = pd.Series(np.arange(len(get["patient_id"].codes))).groupby(get["patient_id"].codes).first()
    rows = [int(first[i]) for i in usable if i in first.index]
    if not about:
        rows = [r for r in rows if get["patient_id"].at(r) in clocks]
    frame = pd.DataFrame({"patient_id": [get["patient_id"].at(r) for r in rows]})
    for role, column in about.items():
        frame[role] = pd.Series([_read(role, column.at(r), profile, rule) for r in rows], dtype=object)
    if len(others := _contradictions(about, get["patient_id"], set(frame["patient_id"]), profile, rule)):
        frame = pd.concat([frame, others], ignore_index=True)
    if "clock" not in frame:
        default = rule.clock
        frame["clock"] = [clocks.get(p, default) for p in frame["patient_id"]]
    return PATIENTS.conform(frame.assign(source_file=file)) if len(frame) else PATIENTS.empty()


def _contradictions(
    about: Mapping[str, Coded], who: Coded, known: set[str], profile: Profile, rule: TimeRule
) -> pd.DataFrame:
    """One row for each sex or date of birth that a file tells of a person besides the first."""
    rows: list[dict[str, object]] = []
    ids = who.list()
    for role in ("sex", "birth_date"):
        if role not in about or len(about[role].words) < FEW:
            continue
        read = [_read(role, w, profile, rule) for w in about[role].list()]
        pairs, first = np.unique(np.stack([who.codes, about[role].codes]), axis=1, return_index=True)
        told: dict[str, list[object]] = {}
        for person, word in pairs.T[np.argsort(first)]:
            value, name = read[int(word)], ids[int(person)]
            if name in known and value not in (None, "") and value not in told.setdefault(name, []):
                told[name].append(value)
        rows += [{"patient_id": name, role: v} for name, values in told.items() for v in values[1:]]
    return pd.DataFrame(rows)


FEW = 2
"""With fewer different entries in a column nothing can be contradicted."""


def own_rows(get: Mapping[str, Coded], chunk: Chunk, profile: Profile, rule: TimeRule, held: HeldRows) -> pd.DataFrame:
    """Rows of a file that is about people; each becomes a row or is quarantined."""
    records = []
    for i in range(len(chunk)):
        record: dict[str, object] = {"patient_id": get["patient_id"].at(i), "source_line": int(chunk.line[i])}
        fault = ("PATIENT_FORMAT", "patient_id", patient_ids.fault(str(record["patient_id"])))
        for role in ROLES:
            if role in get and not fault[2]:
                text = get[role].at(i)
                record[role] = _read(role, text, profile, rule)
                fault = _fault(role, text, record[role], profile)
        if fault[2]:
            held.add(
                line=int(chunk.line[i]),
                reason=fault[0],
                message=fault[2],
                column=fault[1],
                cell=get[fault[1]].at(i),
                raw=chunk.raw(i),
                patient_id=None if fault[1] == "patient_id" else record["patient_id"],
            )
            continue
        record.setdefault("clock", "date")
        records.append(record)
    return PATIENTS.conform(pd.DataFrame(records).assign(source_file=held.file)) if records else PATIENTS.empty()


def _fault(role: str, text: str, read: object, profile: Profile) -> tuple[str, str, str]:
    if text in profile.nulls or text == "" or not pd.isna(read):  # type: ignore[call-overload]
        return "", role, ""
    if role in ("birth_date", "metastases_date"):
        return "DATE_FORMAT", role, f"{text!r} is not a date of the declared form"
    return "VALUE_TEXT", role, f"{text!r} cannot be read as {role.replace('_', ' ')}"


def _read(role: str, text: str, profile: Profile, rule: TimeRule) -> object:
    """One entry, None where there is nothing or where it cannot be read."""
    if text in profile.nulls:
        return {"clock": "date", "sex": ""}.get(role)
    if role == "sex":
        return synonyms.sex_of(text) or (None if text.casefold() not in ("u", "unknown", "other", "o", "x") else "")
    if role == "clock":
        return text if text in CLOCKS else None
    if role == "on_anticoagulant":
        return synonyms.flag_of(text)
    if role == "age":
        read = numbers(pa.array([text.removeprefix("> ") if text == "> 89" else text]), profile.nulls, profile.decimal)
        return (
            float(read.value[0])
            if read.kind[0] == NUMBER and 0 <= read.value[0] < 130 and not read.comparator[0]
            else None
        )
    if role in ("birth_date", "metastases_date"):
        early = TimeRule(rule.forms, "date", "", True, profile.nulls, rule.latest, 1880)
        found = times.times(pa.array([text]), early)
        return pd.Timestamp(int(found.at[0]), unit="us") if found.reason[0] == times.OK else None
    return text
