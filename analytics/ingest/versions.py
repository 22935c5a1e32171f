"""Which of several results of one specimen is shown: duplicates, corrections, withdrawals and conflicts.

Every decision rests on the set of versions of a key, never on their order: any permutation of a file gives the same
outcome for the same content. The key is patient, analyte, time of collection and specimen. The version with the
highest rank of status is shown (HL7 table 0085: corrected or amended before final before preliminary; cancelled and
entered in error remove); of several of that rank the newest, by when it was reported, else by the number of its
version, where all of them tell that. Of equal versions one is stored and the others are duplicates. Where nothing
orders two versions that say different things, what is already stored stays, else the version that sorts first by
content is kept; the other is a conflict and is quarantined. Values are never averaged.

Two results of one wall time whose source gave different offsets from UTC are two results: on the night when clocks go
back, every wall time of one hour comes twice. One without an offset is taken with the one that says the same, else with
the earliest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analytics.arrow import plain, to_frame
from analytics.ingest import same_keys
from analytics.tables import LABS, ORDERING, STATUSES
from analytics.wall_time import NO_OFFSET, offsets_of

STORED, DUPLICATE, SUPERSEDED, CONFLICT = "stored", "duplicate", "superseded", "conflict"
OUTCOMES = (STORED, DUPLICATE, SUPERSEDED, CONFLICT)
_STORED, _DUPLICATE, _SUPERSEDED, _CONFLICT = range(4)
COMPARED = [
    *(*LABS.key, "utc_offset_min", "value", "comparator", "status", "raw_value", "raw_unit", "precision"),
    *ORDERING,
]
"""Columns of LABS on which decisions rest."""
WITHDRAWN = 4
"""Rank of a status that removes a result from view."""

_SAME_BITS = 30


@dataclass(frozen=True)
class Decisions:
    """What becomes of each new row, and of the stored rows of the same keys.

    Stored and superseded rows are both kept for good; duplicates and conflicts are not kept as results (a conflict goes
    to quarantine).

    Attributes:
        codes: per new row, position in OUTCOMES.
        current: per new row, whether the view shows it. A stored withdrawal is not shown.
        corrections: by new row, the earlier value that it corrects, as shown then; only rows that correct one.
        unseated: positions in ``existing`` that were shown and no longer are.
        existing_replaced: per existing row, its ``replaced`` text as it is now.
        close: positions of the new rows whose key may be that of another row too.
        versions: by row of ``close``, then by existing row: the same number where they are versions of one result.
    """

    codes: npt.NDArray[np.int8]
    current: npt.NDArray[np.bool_]
    corrections: Mapping[int, str]
    unseated: npt.NDArray[np.int64]
    existing_replaced: npt.NDArray[np.object_]
    close: npt.NDArray[np.int64]
    versions: npt.NDArray[np.int64]

    def became(self, *outcomes: str) -> npt.NDArray[np.bool_]:
        """Which new rows have one of these outcomes."""
        wanted = np.array([o in outcomes for o in OUTCOMES])
        return np.asarray(wanted[self.codes], dtype=bool)

    def count(self, outcome: str) -> int:
        """How many new rows have this outcome."""
        return int(np.count_nonzero(self.codes == OUTCOMES.index(outcome)))

    @property
    def groups(self) -> npt.NDArray[np.int64]:
        """By new row, then by existing row, the number of ``versions``; -1 where nothing else has the key."""
        n = len(self.close)
        groups: npt.NDArray[np.int64] = np.concatenate([np.full(len(self.codes), -1, np.int64), self.versions[n:]])
        groups[self.close] = self.versions[:n]
        return groups

    @property
    def outcome(self) -> npt.NDArray[np.object_]:
        """Per new row, one of OUTCOMES, in words."""
        return np.array(OUTCOMES, dtype=object)[self.codes]

    @property
    def replaced(self) -> npt.NDArray[np.object_]:
        """Per new row, the earlier value that it corrects; empty if none."""
        texts = _texts(len(self.codes))
        for row, text in self.corrections.items():
            texts[row] = text
        return texts


def settle(new: pd.DataFrame | pa.Table, existing: pd.DataFrame | None = None) -> Decisions:
    """Decide on every new row.

    Only rows whose key may be there twice are looked at closely: equal keys have equal hashes.

    Args:
        new: table LABS (the columns of COMPARED suffice), rows of one or more files; a frame, or a table in codes
            (analytics.arrow.coded_schema_of).
        existing: table LABS, all versions ever stored of the keys in ``new`` (superseded and withdrawn ones too);
            rows of other keys do no harm. An optional column ``current`` (bool) says which are shown now; without
            it the highest rank is taken as shown.
    """
    old = LABS.empty() if existing is None else existing
    close = same_keys.repeated(new, old)
    codes, current = np.full(len(new), _STORED, np.int8), _rank(new) < WITHDRAWN
    if not len(close) and not len(old):
        return Decisions(codes, current, {}, close, _replaced_of(old), close, close)
    outcome, seated, replaced, unseated, group = _settle(_part(new, close), old)
    codes[close], current[close] = outcome, seated
    n = len(close)
    corrections = {int(close[i]): text for i, text in replaced.items() if i < n}
    existing_replaced = _texts(len(old))
    for i, text in replaced.items():
        if i >= n:
            existing_replaced[i - n] = text
    return Decisions(codes, current, corrections, unseated, existing_replaced, close, group)


def _part(new: pd.DataFrame | pa.Table, rows: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Some rows as a frame of the columns of COMPARED."""
    if isinstance(new, pa.Table):
        chosen = new.select(COMPARED)
        return to_frame(plain(LABS, chosen) if len(rows) == len(new) else _chosen(chosen, rows))
    return new if len(rows) == len(new) else new.iloc[rows]


def _chosen(labs: pa.Table, rows: npt.NDArray[np.int64]) -> pa.Table:
    """Some rows with texts in place of codes; taken by batch, so that their words are never made one list."""
    batches = labs.to_batches()
    ends = np.cumsum([len(batch) for batch in batches])
    cuts = np.searchsorted(rows, ends)
    parts = []
    for batch, end, first, last in zip(batches, ends, [0, *cuts[:-1]], cuts, strict=True):
        if last > first:
            own = batch.take(pa.array(rows[first:last] - (end - len(batch))))
            parts.append(plain(LABS, pa.Table.from_batches([own])))
    return pa.concat_tables(parts) if parts else plain(LABS, labs.slice(0, 0))


def _settle(
    new: pd.DataFrame, old: pd.DataFrame
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.bool_], dict[int, str], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The general case: sort all versions by key, worth and content, then walk the groups with array operations.

    Returns:
        Per new row its outcome and whether it is shown; by row of both together what it corrects; the unseated; by row
        of both together a number for its key.
    """
    n, both = len(new), _stacked(new, old)
    is_new = np.arange(len(both)) < n
    rank, same = _rank(both), _content_codes(both)
    group = _apart(_key_codes(both), offsets_of(both["utc_offset_min"]), same)
    issued, version = _ages(both, group, rank)
    order = np.lexsort((np.arange(len(both)), same, is_new, -version, -issued, -rank, group))
    g, r, s = group[order], rank[order], same[order]
    starts = np.r_[True, g[1:] != g[:-1]]
    head = np.maximum.accumulate(np.where(starts, np.arange(len(g)), 0))
    top = (r == r[head]) & (issued[order] == issued[order][head]) & (version[order] == version[order][head])
    outcome = np.full(len(g), _SUPERSEDED, np.int8)
    outcome[top] = _CONFLICT
    outcome[starts] = _STORED
    outcome[top & (s == s[head]) & ~starts] = _DUPLICATE
    outcome[(r == r[head]) & (r == WITHDRAWN) & ~starts] = _DUPLICATE
    outcome[_seen_before(g, r, s)] = _DUPLICATE
    shown = starts & (r < WITHDRAWN)
    replaced = _replaced(both, order, head, top, s)
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    seated = shown[back]
    was = old["current"].to_numpy(bool) if "current" in old else np.ones(len(old), bool)
    unseated = np.flatnonzero(was & ~seated[n:])
    return outcome[back][:n], seated[:n], replaced, unseated, group


def _ages(
    both: pd.DataFrame, group: npt.NDArray[np.int64], rank: npt.NDArray[np.int8]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """By row, when it was reported and the number of its version; 0 where that orders nothing.

    Both order only versions that all tell it. Of draws of which only the day is known, several may be no versions of
    one: a time orders them only where a specimen is named or the status says that they are corrections.
    """
    place = np.unique(group * (WITHDRAWN + 1) + rank, return_inverse=True)[1]
    one = both["precision"].fillna("minute").eq("minute").to_numpy() | both["specimen_id"].fillna("").ne("").to_numpy()
    when = both["issued_at"].to_numpy("datetime64[us]")
    timed = ~np.isnat(when) & (one | (rank == STATUSES["corrected"]))
    issued = np.where(_everywhere(timed, place), when.astype(np.int64), 0)
    numbered = both["version"].notna().to_numpy()
    number = both["version"].fillna(0).to_numpy("int64")
    return issued, np.where(_everywhere(numbered, place), number, 0)


def _everywhere(told: npt.NDArray[np.bool_], place: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether all rows of a row's place tell."""
    missing = np.bincount(place, ~told)
    return np.asarray(missing[place] == 0, dtype=bool)


def _replaced(
    both: pd.DataFrame,
    order: npt.NDArray[np.int64],
    head: npt.NDArray[np.int64],
    top: npt.NDArray[np.bool_],
    same: npt.NDArray[np.int64],
) -> dict[int, str]:
    """By row of ``both``: how the best version before the newest was shown, where that one says something else."""
    runner = ~top & np.r_[False, top[:-1]]
    at = np.flatnonzero(runner)
    differs = at[same[at] != same[head[at]]]
    shown = both[["raw_value", "raw_unit"]].iloc[order[differs]].fillna("")
    texts = [f"{raw} {unit}".strip() for raw, unit in zip(shown["raw_value"], shown["raw_unit"], strict=True)]
    return {int(order[head[i]]): text for i, text in zip(differs, texts, strict=True) if text}


def _seen_before(
    group: npt.NDArray[np.int64], rank: npt.NDArray[np.int8], same: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Whether an earlier version in this order says the same with the same rank."""
    return pd.DataFrame({"g": group, "r": rank, "s": same}).duplicated().to_numpy()


def _fast_codes(column: pd.Series[str]) -> npt.NDArray[np.int64]:
    """One integer a text, from 1; a missing text is as good as an empty one."""
    texts = pc.fill_null(pa.array(column.array, pa.large_string()), "")
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    return np.asarray(texts.dictionary_encode().indices.to_numpy(), dtype=np.int64) + 1


def _stacked(new: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    if not len(old):
        return new[COMPARED].reset_index(drop=True)
    return pd.concat([new[COMPARED], old[COMPARED]], ignore_index=True)


def _key_codes(frame: pd.DataFrame) -> npt.NDArray[np.int64]:
    """One integer a key, equal where the keys are equal."""
    code = np.zeros(len(frame), np.int64)
    for name in LABS.key:
        column = frame[name]
        part = pd.factorize(column)[0].astype(np.int64) if name == "collected_at" else _fast_codes(column)
        code = code * (int(part.max(initial=0)) + 1) + part
        if code.size and code.max() > 2**40:
            code = pd.factorize(code)[0].astype(np.int64)
    return code


def _apart(
    key: npt.NDArray[np.int64], offset: npt.NDArray[np.int64], same: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Numbers of the keys, with those parted whose rows have different offsets from UTC."""
    known = offset != NO_OFFSET
    if not known.any() or (offset[known] == offset[known][0]).all():
        return key
    rows = pd.DataFrame({"key": key, "offset": offset, "same": same})
    told = rows[known].sort_values("offset", ascending=False)
    mixed = told.groupby("key")["offset"].nunique()
    mine = np.isin(key, mixed.index[mixed > 1])
    earliest = told.drop_duplicates("key").set_index("key")["offset"]
    alike = told.drop_duplicates(["key", "same"]).set_index(["key", "same"])["offset"]
    wanting = rows[mine & ~known]
    like = alike.reindex(pd.MultiIndex.from_frame(wanting[["key", "same"]])).to_numpy(float)
    offset = np.where(mine, offset, NO_OFFSET)
    offset[wanting.index] = np.where(np.isnan(like), earliest.reindex(wanting["key"]).to_numpy(float), like)
    return pd.MultiIndex.from_arrays([key, offset]).factorize()[0].astype(np.int64)


def _content_codes(frame: pd.DataFrame) -> npt.NDArray[np.int64]:
    """One integer per distinct content, numbers compared after rounding to 30 bits, in an order that depends on the
    content alone."""
    mantissa, exponent = np.frexp(frame["value"].to_numpy(float))
    number = np.ldexp(np.round(np.ldexp(mantissa, _SAME_BITS)), exponent - _SAME_BITS)
    is_text = np.isnan(number)
    text = frame["raw_value"].fillna("").str.strip().str.casefold().where(is_text, "")
    content = pd.DataFrame(
        {"number": np.where(is_text, np.inf, number), "comparator": frame["comparator"].fillna(""), "text": text}
    )
    number_code = np.unique(content["number"].to_numpy(), return_inverse=True)[1]
    code = number_code.astype(np.int64)
    for name in ("comparator", "text"):
        part, words = pd.factorize(content[name], sort=True)
        code = code * max(len(words), 1) + part
    return np.unique(code, return_inverse=True)[1].astype(np.int64)


def _rank(labs: pd.DataFrame | pa.Table) -> npt.NDArray[np.int8]:
    """Rank of each row's status."""
    ranks = np.empty(len(labs), np.int8)
    at = 0
    for chunk in same_keys.coded(labs, "status").chunks:
        words = [*chunk.dictionary.to_pylist(), ""]
        own = np.array([STATUSES.get(w or "", STATUSES[""]) for w in words], dtype=np.int8)
        ranks[at : at + len(chunk)] = own[same_keys.places(chunk)] if len(set(own)) > 1 else own[0]
        at += len(chunk)
    return ranks


def _replaced_of(old: pd.DataFrame) -> npt.NDArray[np.object_]:
    if "replaced" not in old:
        return _texts(len(old))
    return old["replaced"].fillna("").to_numpy(object)


def _texts(n: int, text: str = "") -> npt.NDArray[np.object_]:
    return np.full(n, text, dtype=object)
