"""Which rows have the key of another row too: patient, analyte and time, all rows at once.

The keys are mixed into one number each. Equal keys give equal numbers; different ones hardly ever do, and what is found
is looked at closely by :mod:`analytics.ingest.versions` anyway. To find equal numbers among many, these are first laid
by their upper bits, some rows at a time, into heaps; then each heap is sorted, in a core's own cache and half as wide.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_OTHERS = np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9)
_ODD = np.uint64(0x9E3779B97F4A7C15)
THREADS, _MARKED_BITS = 2, 20
_UPPER = np.uint64(64 - _MARKED_BITS)
_AT_ONCE = 1 << 14
"""Keys that are mixed at once: they stay in a core's own cache."""
HEAPS_FROM = 1 << 20
"""From so many rows on they are laid into heaps; fewer are sorted as they are."""
_LAID = 1 << 18
"""Rows that are laid into heaps at once."""
_HEAPS = 1 << 8
_HEAP_OF = np.uint64(56)
_KEPT = np.uint64(0xFF000000FFFFFFFF)
"""Bits of a number by which heaps tell it from others: which heap, and the lower half."""

Numbers = npt.NDArray[np.uint64]
Heaps = list[npt.NDArray[np.uint32]]


def repeated(new: pd.DataFrame | pa.Table, old: pd.DataFrame) -> npt.NDArray[np.int64]:
    """New rows whose key may be that of another row, new or old: all that are, and hardly any other.

    Args:
        new: ``patient_id``, ``analyte`` and ``collected_at`` of table LABS; a frame, or a table in codes.
        old: the same of what is stored; rows of other keys do no harm.

    Returns:
        Positions in ``new``, ascending.
    """
    fresh, known = _stretches(new), _stretches(old)
    both = [*fresh, *known]
    persons, tests = (_numbered([s.column(i).dictionary for s in both], odd) for i, odd in enumerate(_OTHERS))
    ends = np.cumsum([len(stretch) for stretch in both])
    mixed = np.empty(len(new) + len(old), np.uint64)

    def keep(i: int) -> None:
        _mix(both[i], persons[i], tests[i], mixed[ends[i] - len(both[i]) : ends[i]])

    with ThreadPoolExecutor(THREADS, thread_name_prefix="settle") as threads:
        list(threads.map(keep, range(len(both))))
        kept = _KEPT if len(mixed) >= HEAPS_FROM else ~np.uint64(0)
        twice = _twice(mixed, threads) if len(mixed) >= HEAPS_FROM else _neighbours(np.sort(mixed))
        if not len(twice):
            return np.zeros(0, np.int64)
        marks = _marks_of(twice)

        def again(first: int) -> npt.NDArray[np.int64]:
            keys = mixed[first : min(first + _LAID, len(new))] & kept
            maybe = np.flatnonzero(marks[_mark_of(keys)])
            return maybe[_among(keys[maybe], twice)] + first

        return np.concatenate([np.zeros(0, np.int64), *threads.map(again, range(0, len(new), _LAID))])


def _twice(mixed: Numbers, threads: ThreadPoolExecutor) -> Numbers:
    """The kept bits of the numbers that are there more than once; one that is there often may be there often."""
    laid = list(threads.map(lambda first: _laid(mixed[first : first + _LAID]), range(0, len(mixed), _LAID)))

    def sorted_heap(heap: int) -> Numbers:
        whole = np.concatenate([heaps[heap] for heaps in laid])
        whole.sort()
        return _neighbours(whole).astype(np.uint64) | (np.uint64(heap) << _HEAP_OF)

    return np.concatenate(list(threads.map(sorted_heap, range(_HEAPS))))


def _laid(mixed: Numbers) -> Heaps:
    """The lower halves of some numbers, by heap."""
    heap = (mixed >> _HEAP_OF).astype(np.uint8)
    order = np.argsort(heap, kind="stable")
    cuts = np.cumsum(np.bincount(heap, minlength=_HEAPS))[:-1]
    return np.split(mixed.astype(np.uint32)[order], cuts)


def _neighbours(ordered: npt.NDArray[np.uint64] | npt.NDArray[np.uint32]) -> npt.NDArray[np.uint64]:
    """The numbers that follow one like them."""
    found: npt.NDArray[np.uint64] = ordered[1:][ordered[1:] == ordered[:-1]]
    return found


def _among(keys: Numbers, wanted: Numbers) -> npt.NDArray[np.bool_]:
    """Which keys are wanted; the wanted ones ascend."""
    at = np.searchsorted(wanted, keys)
    return np.asarray(wanted[np.minimum(at, len(wanted) - 1)] == keys, dtype=bool)


def _stretches(labs: pd.DataFrame | pa.Table) -> list[pa.RecordBatch]:
    """Patient and analyte in codes, and time."""
    columns = [coded(labs, "patient_id"), coded(labs, "analyte")]
    when = labs["collected_at"]
    columns.append(when if isinstance(labs, pa.Table) else pa.chunked_array([when.to_numpy("datetime64[us]")]))
    found: list[pa.RecordBatch] = pa.table(columns, names=["patient", "analyte", "time"]).to_batches()
    return found


def _mix(stretch: pa.RecordBatch, person: Numbers, test: Numbers, into: Numbers) -> None:
    """The keys of a stretch, each mixed into one number: without the specimen, so more are equal, none is missed."""
    times = stretch.column(2).view(pa.int64()).to_numpy().view(np.uint64)
    who, what = places(stretch.column(0)), places(stretch.column(1))
    for first in range(0, len(into), _AT_ONCE):
        own = slice(first, first + _AT_ONCE)
        key = times[own] * _ODD
        key ^= key >> np.uint64(29)
        key += person[who[own]]
        key += test[what[own]]
        key ^= key >> np.uint64(31)
        np.multiply(key, _ODD, out=into[own])


def _marks_of(wanted: Numbers) -> npt.NDArray[np.bool_]:
    """Which marks the wanted numbers have."""
    marks = np.zeros(1 << _MARKED_BITS, bool)
    marks[_mark_of(wanted)] = True
    return marks


def _mark_of(keys: Numbers) -> Numbers:
    """A small number of each key, by bits that heaps keep too."""
    return (keys ^ (keys << np.uint64(32))) >> _UPPER


def coded(labs: pd.DataFrame | pa.Table, name: str) -> pa.ChunkedArray:
    """A text column in codes."""
    texts = labs[name] if isinstance(labs, pa.Table) else pa.array(labs[name].array, pa.large_string())
    texts = texts if isinstance(texts, pa.ChunkedArray) else pa.chunked_array([texts])
    return texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()


def places(column: pa.DictionaryArray) -> npt.NDArray[np.int32]:
    """Codes of a column; of a missing text, the one behind the last word."""
    codes = column.indices.fill_null(len(column.dictionary)) if column.null_count else column.indices
    found: npt.NDArray[np.int32] = codes.to_numpy()
    return found


def _numbered(words: list[pa.Array], odd: np.uint64) -> list[Numbers]:
    """For each list of words, and a missing one behind it, a number that the same word has in all lists.

    A missing text is as good as an empty one. The numbers are multiples of ``odd``.
    """
    if not words:
        return []
    whole = pa.concat_arrays([*(w.cast(pa.large_string()) for w in words), pa.array([""], pa.large_string())])
    numbers = pc.fill_null(whole, "").dictionary_encode().indices.to_numpy().astype(np.uint64) * odd
    ends = np.cumsum([len(w) for w in words])
    return [np.append(numbers[end - len(w) : end], numbers[-1]) for w, end in zip(words, ends, strict=True)]
