"""Claims of events and imaging reports (texts in named roles) to rows of EVENTS and IMAGING and rows quarantined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from analytics.ingest import patient_ids, synonyms, times
from analytics.ingest.claims import Context, Parts
from analytics.ingest.demographics import side_rows
from analytics.ingest.dictionary import Coded, text_array
from analytics.ingest.numbers import NUMBER, numbers
from analytics.ingest.quarantine import HeldRows, first_reason
from analytics.ingest.reading.csv_exact import Chunk
from analytics.ingest.times import PRECISIONS
from analytics.tables import EVENTS, IMAGING, PATIENTS, Table

Rows = npt.NDArray[np.int64]
_CLOCKS = ("date", "study_day", "minutes")
_REASONS = ("", "PATIENT_FORMAT", *times.REASONS[1:], "EVENT_KIND", "VALUE_TEXT", "END_DATE")


def events(
    get: Mapping[str, Coded], sources: Mapping[str, str], rows: Rows, chunk: Chunk, context: Context, held: HeldRows
) -> Parts:
    """Every claim of an event becomes a row of EVENTS or is quarantined.

    Roles: patient_id, kind, name, start_date, end_date, line, dose, unit, detail, grade. A kind that is blank or not
    known holds the row back. An end that is blank means that it goes on.
    """
    profile = context.profile
    rule = replace(context.rule, partial=True)
    start = times.times(get["start_date"].words, rule)
    end: times.Times | None = None
    kind = np.array([synonyms.kind_of(w, profile.kind_names) for w in get["kind"].list()], dtype=object)
    tests = [*_common(get, "start_date", start), (get["kind"].spread(kind == ""), _REASONS.index("EVENT_KIND"))]
    if "end_date" in get:
        end = times.times(get["end_date"].words, rule)
        bad = get["end_date"].spread(~np.isin(end.reason, (times.OK, times.MISSING)))
        tests.append((bad, _REASONS.index("END_DATE")))
    texts = {r: _number(get[r], context) for r in ("line", "dose", "grade") if r in get}
    tests += [(bad, _REASONS.index("VALUE_TEXT")) for _, bad in texts.values()]
    good = _sort_out(tests, get, sources, rows, chunk, context, held, {"VALUE_TEXT": tuple(texts)})
    frame: dict[str, Any] = {
        "patient_id": get["patient_id"].take(good).texts(),
        "kind": kind[get["kind"].codes[good]],
        "start_date": times.as_times(get["start_date"].spread(start.at)[good]),
        "start_precision": _precision(get["start_date"], start, good),
        **{r: _text(get[r], good, context) for r in ("name", "unit", "detail") if r in get},
        **{r: number[good] for r, (number, _) in texts.items()},
    }
    if end is not None:
        known = get["end_date"].spread(end.reason)[good] == times.OK
        at = times.as_times(get["end_date"].spread(end.at)[good])
        frame["end_date"] = np.where(known, at, np.datetime64("NaT"))
        frame["end_precision"] = pd.Series(_precision(get["end_date"], end, good)).where(known)
    for role in ("start_precision", "end_precision"):
        if role in get:
            frame[role] = _text(get[role], good, context)
    said = np.array([w if synonyms.says_more(w) else None for w in get["kind"].list()], dtype=object)
    if any(said):
        _with_kind_as_name(frame, pd.Series(said[get["kind"].codes[good]], dtype="str"))
    relative = get["start_date"].spread(start.relative)
    return _parts(EVENTS, frame, get, good, rows, chunk, context, relative)


def _with_kind_as_name(frame: dict[str, Any], word: pd.Series[str]) -> None:
    """The word for a kind ("fever", "death") is the event's name where the source gives none, else a detail of it
    where the name does not say it ("38.9 °C", "moved away")."""
    none = pd.Series(np.full(len(word), None), dtype="str")
    name, detail = (pd.Series(frame[role]) if role in frame else none for role in ("name", "detail"))
    frame["name"] = name.fillna(word)
    both = np.flatnonzero((word.notna() & name.notna()).to_numpy())
    words, names = word.to_numpy(object), name.to_numpy(object)
    unsaid = [i for i in both.tolist() if synonyms.folded(words[i]) not in synonyms.folded(names[i])]
    own = word.iloc[unsaid]
    frame["detail"] = (own + "; " + detail.iloc[unsaid]).fillna(own).reindex(detail.index).fillna(detail)


def imaging(
    get: Mapping[str, Coded], sources: Mapping[str, str], rows: Rows, chunk: Chunk, context: Context, held: HeldRows
) -> Parts:
    """Every claim of an imaging report becomes a row of IMAGING or is quarantined.

    Roles: patient_id, date, modality, response, target_sum_mm, new_lesion, liver_lesions, detail. Modalities and
    responses that are not known hold the row back; blank ones stay blank. A scan is of a day: a month or a year alone
    holds it back.
    """
    when = times.times(get["date"].words, replace(context.rule, partial=False))
    tests: list[tuple[npt.NDArray[np.bool_], int]] = _common(get, "date", when)
    frame: dict[str, Any] = {}
    blame: dict[str, tuple[str, ...]] = {"VALUE_TEXT": ()}
    for role, read in (("modality", synonyms.modality_of), ("response", synonyms.response_of)):
        if role in get:
            words, bad = _words(get[role], read, context)
            tests.append((get[role].spread(bad), _REASONS.index("VALUE_TEXT")))
            blame["VALUE_TEXT"] += (role,)
            frame[role] = get[role].spread(words)
    for role in ("target_sum_mm", "liver_lesions"):
        if role in get:
            frame[role], bad = _number(get[role], context)
            tests.append((bad, _REASONS.index("VALUE_TEXT")))
            blame["VALUE_TEXT"] += (role,)
    if "new_lesion" in get:
        flags = [synonyms.flag_of(w) if w not in context.profile.nulls else None for w in get["new_lesion"].list()]
        unread = np.array(
            [f is None and w not in context.profile.nulls for f, w in zip(flags, get["new_lesion"].list(), strict=True)]
        )
        tests.append((get["new_lesion"].spread(unread), _REASONS.index("VALUE_TEXT")))
        blame["VALUE_TEXT"] += ("new_lesion",)
        frame["new_lesion"] = get["new_lesion"].spread(np.array(flags, dtype=object))
    good = _sort_out(tests, get, sources, rows, chunk, context, held, blame)
    frame = {role: values[good] for role, values in frame.items()}
    frame["patient_id"] = get["patient_id"].take(good).texts()
    frame["date"] = times.as_times(get["date"].spread(when.at)[good])
    if "detail" in get:
        frame["detail"] = _text(get["detail"], good, context)
    return _parts(IMAGING, frame, get, good, rows, chunk, context, get["date"].spread(when.relative))


def flags(
    parts: Parts, get: Mapping[str, Coded], roles: Mapping[str, str], chunk: Chunk, context: Context, held: HeldRows
) -> None:
    """Columns in which 1 says that something was done at the visit: one event of that day each; 0 is no event."""
    for flag in context.profile.flags:
        column = chunk.columns[context.columns.index(flag.column)]
        said = np.array([bool(synonyms.flag_of(w)) for w in column.list()], bool)
        rows = np.flatnonzero(column.spread(said))
        own = {r: get[r].take(rows) for r in get}
        n = len(rows)
        own |= {"kind": Coded.constant(flag.kind, n), "name": Coded.constant(flag.name or flag.column, n)}
        own["start_date"] = own["end_date"] = own["collected_at"]
        made = events(own, {**roles, "start_date": roles["collected_at"]}, rows, chunk, context, held)
        parts.events += made.events
        parts.results += len(chunk)
        parts.ignored[f"{flag.column} not done"] += len(chunk) - n


def wide_imaging(
    parts: Parts, get: Mapping[str, Coded], roles: Mapping[str, str], chunk: Chunk, context: Context, held: HeldRows
) -> None:
    """Imaging columns beside laboratory ones: one report a row. ``detail`` is kept as "column value"."""
    named = context.profile.imaging
    if not named:
        return
    own = {"patient_id": get["patient_id"], "date": get["collected_at"]}
    for role, column in named.items():
        index = context.columns.index(column)
        own[role] = Coded.constant(column, len(chunk)) if index < 0 else chunk.columns[index]
        if role == "detail" and index >= 0:
            words = pa.array([f"{column} {w}" for w in own[role].list()], pa.string())
            own[role] = Coded(own[role].codes, words)
    made = imaging(own, {**roles, "date": roles["collected_at"], **named}, np.arange(len(chunk)), chunk, context, held)
    parts.imaging += made.imaging
    parts.results += len(chunk)


def _common(get: Mapping[str, Coded], role: str, when: times.Times) -> list[tuple[npt.NDArray[np.bool_], int]]:
    reason = get[role].spread(when.reason)
    bad_patient = get["patient_id"].spread(patient_ids.faults(get["patient_id"].words))
    return [(bad_patient, 1), *((reason == i, _REASONS.index(times.REASONS[i])) for i in range(1, 6))]


def _words(
    column: Coded, read: Callable[[str], str], context: Context
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.bool_]]:
    """Code per word ("" where nothing is entered), and whether a word is not known."""
    words = column.list()
    codes = np.array([read(w) for w in words], dtype=object)
    bad = np.array([not c and w not in context.profile.nulls for c, w in zip(codes, words, strict=True)], bool)
    codes[codes == ""] = None
    return codes, bad


def _number(column: Coded, context: Context) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    read = numbers(column.words, context.profile.nulls, context.profile.decimal)
    nothing = np.array([w in context.profile.nulls for w in column.list()], bool)
    return (
        column.spread(np.where((read.kind == NUMBER) & (read.comparator == 0), read.value, np.nan)),
        column.spread((read.kind != NUMBER) & ~nothing),
    )


def _text(column: Coded, good: Rows, context: Context) -> Any:
    words = pa.array([None if w in context.profile.nulls else w for w in column.list()], pa.string())
    return text_array(column.codes[good], words)


def _precision(column: Coded, when: times.Times, good: Rows) -> Any:
    return text_array(column.spread(when.precision)[good].astype(np.int32), pa.array(PRECISIONS))


def _sort_out(
    tests: list[tuple[npt.NDArray[np.bool_], int]],
    get: Mapping[str, Coded],
    sources: Mapping[str, str],
    rows: Rows,
    chunk: Chunk,
    context: Context,
    held: HeldRows,
    blame: Mapping[str, tuple[str, ...]],
) -> Rows:
    """Positions of the claims that are good; the others go to quarantine."""
    code = first_reason(len(rows), tests)
    for i in np.flatnonzero(code):
        _hold(int(i), _REASONS[code[i]], get, sources, int(rows[i]), chunk, context, held, blame)
    return np.flatnonzero(code == 0)


def _hold(
    i: int,
    reason: str,
    get: Mapping[str, Coded],
    sources: Mapping[str, str],
    row: int,
    chunk: Chunk,
    context: Context,
    held: HeldRows,
    blame: Mapping[str, tuple[str, ...]],
) -> None:
    when = "start_date" if "start_date" in get else "date"
    role, hint = when, ""
    if reason == "PATIENT_FORMAT":
        role, message = "patient_id", patient_ids.fault(get["patient_id"].at(i))
    elif reason == "EVENT_KIND":
        role, message = "kind", f"{get['kind'].at(i)!r} is no kind of event known here"
        hint = 'profile: kinds."WORD" = "KIND"'
    elif reason == "END_DATE":
        role, reason, message = (
            "end_date",
            "DATE_FORMAT",
            f"{get['end_date'].at(i)!r} is not a date of the declared form",
        )
    elif reason == "VALUE_TEXT":
        role = next((r for r in blame[reason] if _unread(r, get[r].at(i), context)), when)
        message = f"{get[role].at(i)!r} cannot be read as {role.replace('_', ' ')}"
    else:
        message, hint = times.explain(get[when].at(i), times.REASONS.index(reason), context.rule)
    person = get["patient_id"].at(i)
    held.add(
        line=int(chunk.line[row]),
        reason=reason,
        message=message,
        hint=hint,
        column=sources.get(role, role),
        cell=get[role].at(i),
        raw=chunk.raw(row),
        patient_id=None if patient_ids.fault(person) else person,
    )


def _unread(role: str, text: str, context: Context) -> bool:
    if text in context.profile.nulls:
        return False
    if role == "modality":
        return not synonyms.modality_of(text)
    if role == "response":
        return not synonyms.response_of(text)
    if role == "new_lesion":
        return synonyms.flag_of(text) is None
    read = numbers(pa.array([text]), context.profile.nulls, context.profile.decimal)
    return bool(read.kind[0] != NUMBER)


def _parts(
    table: Table,
    columns: Mapping[str, Any],
    get: Mapping[str, Coded],
    good: Rows,
    rows: Rows,
    chunk: Chunk,
    context: Context,
    relative: npt.NDArray[np.int8],
) -> Parts:
    """The rows as Parts, with the clock of people whose times are relative."""
    lines = pd.array(chunk.line[rows][good], dtype="Int64")
    frame = pd.DataFrame(dict(columns), index=pd.RangeIndex(len(good)))
    frame = table.conform(frame.assign(source_file=context.file, source_line=lines))
    clocks = {get["patient_id"].at(int(i)): _CLOCKS[int(relative[i])] for i in good[relative[good] > 0]}
    people_rows = side_rows(get, clocks, context.profile, context.rule, context.file) if clocks else PATIENTS.empty()
    parts = Parts(patients=[people_rows], uncounted=len(people_rows), results=len(rows))
    getattr(parts, table.name).append(frame)
    return parts
