"""Which of several results of one specimen is shown: duplicates, corrections, withdrawals and conflicts.

Every decision rests on the set of versions of a key, never on their order: any permutation of a file gives the same
outcome for the same content. The key is patient, analyte, time of collection and specimen. The version with the
highest rank of status is shown (HL7 table 0085: corrected or amended before final before preliminary; cancelled and
entered in error remove). Of equal versions one is stored and the others are duplicates. Where two versions of the same
rank say different things, what is already stored stays, else the version that sorts first by content is kept; the other
is a conflict and is held back. Values are never averaged.

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

from analytics.happened import NO_OFFSET, offsets_of
from analytics.tables import LABS, STATUSES

STORED, DUPLICATE, SUPERSEDED, CONFLICT = "stored", "duplicate", "superseded", "conflict"
OUTCOMES = (STORED, DUPLICATE, SUPERSEDED, CONFLICT)
_STORED, _DUPLICATE, _SUPERSEDED, _CONFLICT = range(4)
COMPARED = [*LABS.key, "utc_offset_min", "value", "comparator", "status", "raw_value", "raw_unit"]
"""Columns of LABS on which decisions rest."""
WITHDRAWN = 4
"""Rank of a status that removes a result from view."""

_SAME_BITS = 30
_ODD = np.uint64(0x9E3779B97F4A7C15)


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
        groups: by new row, then by existing row: the same number where they are versions of one result; -1 where
            nothing else has the key.
    """

    codes: npt.NDArray[np.int8]
    current: npt.NDArray[np.bool_]
    corrections: Mapping[int, str]
    unseated: npt.NDArray[np.int64]
    existing_replaced: npt.NDArray[np.object_]
    groups: npt.NDArray[np.int64]

    def became(self, *outcomes: str) -> npt.NDArray[np.bool_]:
        """Which new rows have one of these outcomes."""
        wanted = np.array([o in outcomes for o in OUTCOMES])
        return np.asarray(wanted[self.codes], dtype=bool)

    def count(self, outcome: str) -> int:
        """How many new rows have this outcome."""
        return int(np.count_nonzero(self.codes == OUTCOMES.index(outcome)))

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


def settle(new: pd.DataFrame, existing: pd.DataFrame | None = None) -> Decisions:
    """Decide on every new row.

    Only rows whose key may be there twice are looked at closely: equal keys have equal hashes.

    Args:
        new: table LABS (the columns of COMPARED suffice), rows of one or more files.
        existing: table LABS, all versions ever stored of the keys in ``new`` (superseded and withdrawn ones too);
            rows of other keys do no harm. An optional column ``current`` (bool) says which are shown now; without
            it the highest rank is taken as shown.
    """
    old = LABS.empty() if existing is None else existing
    close = _repeated(new, old)
    codes, current = np.full(len(new), _STORED, np.int8), _rank(new) < WITHDRAWN
    if not len(close) and not len(old):
        alone = np.full(len(new) + len(old), -1, np.int64)
        return Decisions(codes, current, {}, np.zeros(0, np.int64), _replaced_of(old), alone)
    part = new if len(close) == len(new) else new.iloc[close]
    outcome, seated, replaced, unseated, group = _settle(part, old)
    codes[close], current[close] = outcome, seated
    n = len(close)
    corrections = {int(close[i]): text for i, text in replaced.items() if i < n}
    existing_replaced = _texts(len(old))
    for i, text in replaced.items():
        if i >= n:
            existing_replaced[i - n] = text
    groups = np.r_[np.full(len(new), -1, np.int64), group[n:]]
    groups[close] = group[:n]
    return Decisions(codes, current, corrections, unseated, existing_replaced, groups)


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
    order = np.lexsort((np.arange(len(both)), same, is_new, -rank, group))
    g, r, s = group[order], rank[order], same[order]
    starts = np.r_[True, g[1:] != g[:-1]]
    head = np.maximum.accumulate(np.where(starts, np.arange(len(g)), 0))
    top = r == r[head]
    outcome = np.full(len(g), _SUPERSEDED, np.int8)
    outcome[top] = _CONFLICT
    first_of_rank = np.r_[True, (g[1:] != g[:-1]) | (r[1:] != r[:-1])]
    outcome[first_of_rank & top] = _STORED
    outcome[top & (s == s[head]) & ~(first_of_rank & top)] = _DUPLICATE
    outcome[top & (r == WITHDRAWN) & ~first_of_rank] = _DUPLICATE
    outcome[_seen_before(g, r, s)] = _DUPLICATE
    shown = starts & (r < WITHDRAWN)
    replaced = _replaced(both, order, head, top, s)
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    seated = shown[back]
    was = old["current"].to_numpy(bool) if "current" in old else np.ones(len(old), bool)
    unseated = np.flatnonzero(was & ~seated[n:])
    return outcome[back][:n], seated[:n], replaced, unseated, group


def _replaced(
    both: pd.DataFrame,
    order: npt.NDArray[np.int64],
    head: npt.NDArray[np.int64],
    top: npt.NDArray[np.bool_],
    same: npt.NDArray[np.int64],
) -> dict[int, str]:
    """By row of ``both``: how the best version of a lower rank was shown, where the top one says something else."""
    runner = ~top & np.r_[False, top[:-1]]
    at = np.flatnonzero(runner)
    differs = at[same[at] != same[head[at]]]
    shown = both[["raw_value", "raw_unit"]].iloc[order[differs]].fillna("")
    texts = [f"{raw} {unit}".strip() for raw, unit in zip(shown["raw_value"], shown["raw_unit"], strict=True)]
    return {int(order[head[i]]): text for i, text in zip(differs, texts, strict=True) if text}


def _seen_before(
    group: npt.NDArray[np.int64], rank: npt.NDArray[np.int64], same: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Whether an earlier version in this order says the same with the same rank."""
    return pd.DataFrame({"g": group, "r": rank, "s": same}).duplicated().to_numpy()


def _repeated(new: pd.DataFrame, old: pd.DataFrame) -> npt.NDArray[np.int64]:
    """New rows whose key may be that of another row too: all that are, and hardly any other."""
    keys = new[list(LABS.key)]
    keys = pd.concat([keys, old[list(LABS.key)]], ignore_index=True) if len(old) else keys
    mixed = keys["collected_at"].to_numpy("datetime64[us]").astype(np.uint64)
    for name in ("patient_id", "analyte"):  # without the specimen: more rows are looked at, none is missed
        mixed = (mixed ^ (mixed >> np.uint64(29))) * _ODD + _fast_codes(keys[name]).astype(np.uint64)
    ranked = np.sort(mixed)
    twice = ranked[1:][ranked[1:] == ranked[:-1]]
    return np.flatnonzero(np.isin(mixed[: len(new)], twice)) if len(twice) else np.zeros(0, np.int64)


def _fast_codes(column: pd.Series[str]) -> npt.NDArray[np.int64]:
    """One integer a text, from 1."""
    return np.asarray(_coded(column).indices.to_numpy(zero_copy_only=False), dtype=np.int64) + 1


def _coded(column: pd.Series[str]) -> pa.DictionaryArray:
    """A text column as codes and words; a missing text is as good as an empty one."""
    texts = pa.array(column.array, pa.large_string())
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    return pc.fill_null(texts, "").dictionary_encode()


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


def _rank(frame: pd.DataFrame) -> npt.NDArray[np.int64]:
    coded = _coded(frame["status"])
    ranks = np.array([STATUSES.get(word, STATUSES[""]) for word in coded.dictionary.to_pylist()], dtype=np.int64)
    return np.asarray(ranks[coded.indices.to_numpy(zero_copy_only=False)], dtype=np.int64)


def _replaced_of(old: pd.DataFrame) -> npt.NDArray[np.object_]:
    if "replaced" not in old:
        return _texts(len(old))
    return old["replaced"].fillna("").to_numpy(object)


def _texts(n: int, text: str = "") -> npt.NDArray[np.object_]:
    return np.full(n, text, dtype=object)
