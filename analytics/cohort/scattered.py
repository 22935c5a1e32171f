"""All patients of a store that is larger than memory: functions of a Case are asked a bucket at a time.

A function that is marked with :func:`by_bucket` gives what is said of each patient: an array with one entry a patient,
rows with a column ``patient`` or ``patient_id``, or counts. Asked of a whole Case it is called as it stands. Asked of a
:class:`ScatteredCase` it is called for the Case of each bucket, and the answers are put together in the order of all
patients. No patient is in two buckets and nothing is rounded on the way, so that both give the same to the last digit.

What is not marked cannot be asked of a ScatteredCase by mistake: it has no results, and says so.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cached_property, partial, wraps
from inspect import signature
from sys import modules
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.analysis import Analysis
from analytics.arrays import Ints, sorted_runs
from analytics.case import Case
from analytics.errors import HepatrendError
from analytics.panel import Panel

log = logging.getLogger(__name__)
Of = TypeVar("Of", Case, Analysis)
Made = TypeVar("Made")
More = ParamSpec("More")
Part = tuple[Ints, Any]
"""Positions of a bucket's patients among all patients, and what was said of them."""
Merge = Callable[[Sequence[Part], "Passes"], Any]

KEPT_BYTES = 96 * 2**20
"""What was put together last stays as long as all of it takes no more than this: a view is often asked for twice."""
_MEMBERS = ("members", "among")


class NotAtHand(HepatrendError):
    """Something was asked of all patients at once that only a bucket can answer."""


class Buckets(Protocol):
    """Where the patients are."""

    def ids(self) -> Sequence[pd.Index[str]]:
        """Ids of the patients of each bucket, as they are shown, in the order of the bucket."""

    def each(self, ask: Callable[[Analysis, Any], Made], given: Sequence[Any]) -> Iterator[Made]:
        """What ``ask`` says of the analysis of each bucket and what is given for that bucket, in order."""

    def ids_of_blocks(self) -> Sequence[pd.Index[str]]:
        """The same of each block of buckets."""

    def each_block(
        self, ask: Callable[[Analysis, Any], Made], given: Sequence[Any], codes: Sequence[str]
    ) -> Iterator[Made]:
        """The same of each block, whose Case holds the results of these analytes."""

    def some(self, patient_ids: Sequence[str]) -> Panel:
        """A Panel of some patients."""


class Passes:
    """Passes over all buckets, and what the last ones gave."""

    def __init__(self, buckets: Buckets, patient_ids: pd.Index[str]):
        self._buckets = buckets
        self.patient_ids = patient_ids
        self._kept: OrderedDict[Any, Any] = OrderedDict()
        self._lock = threading.Lock()
        self._asked: dict[int, tuple[int, int]] = {}

    @cached_property
    def positions(self) -> list[Ints]:
        """Of the patients of each bucket among all patients."""
        return [np.asarray(self.patient_ids.get_indexer(ids), np.int64) for ids in self._buckets.ids()]

    @cached_property
    def block_positions(self) -> list[Ints]:
        """The same of each block."""
        return [np.asarray(self.patient_ids.get_indexer(ids), np.int64) for ids in self._buckets.ids_of_blocks()]

    def gathered(
        self, function: Callable[..., Any], of_case: bool, merge: Merge, more: dict[str, Any],
        codes: Sequence[str] | None = None,
    ) -> Any:  # fmt: skip
        """What a marked function says of all patients; that of the last askings is kept.

        ``codes`` are the analytes whose results it reads, None where it reads more of a result than is kept by analyte.
        """
        members = {name: more.pop(name) for name in _MEMBERS if more.get(name) is not None}
        key = (
            function.__module__,
            function.__qualname__,
            repr(sorted(more.items())),
            *(m.tobytes() for m in members.values()),
        )
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        ask = partial(_said, function, of_case, more)
        made = None if codes is None else self._by_block(ask, merge, members, codes)
        if made is None:
            said = self._buckets.each(ask, _given(members, self.positions))
            made = merge(list(zip(self.positions, self._counted(said, len(self.positions)), strict=True)), self)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > 1 and sum(map(_weight, self._kept.values())) > KEPT_BYTES:
                self._kept.popitem(last=False)
        return made

    def _by_block(
        self, ask: Callable[..., Any], merge: Merge, members: Mapping[str, Any], codes: Sequence[str]
    ) -> Any:  # fmt: skip
        """The same by the results of some analytes; None where more is asked for than is kept of them."""
        positions = self.block_positions
        try:
            said = self._buckets.each_block(ask, _given(members, positions), codes)
            return merge(list(zip(positions, self._counted(said, len(positions)), strict=True)), self)
        except NotAtHand as error:
            log.info("asked a bucket at a time, as %s", error)
            return None

    def forget(self) -> None:
        """Forget what the last ones gave."""
        with self._lock:
            self._kept.clear()

    def progress(self, thread: int) -> tuple[int, int]:
        """How many parts the pass of a thread has asked, and of how many."""
        return self._asked.get(thread, (0, len(self.block_positions)))

    def _counted(self, said: Iterator[Made], of: int) -> Iterator[Made]:
        thread = threading.get_ident()
        try:
            for number, one in enumerate(said):
                self._asked[thread] = number + 1, of
                yield one
        finally:
            self._asked.pop(thread, None)

    def some(self, patient_ids: Sequence[str]) -> Panel:
        """A Panel of some patients."""
        return self._buckets.some(patient_ids)


def _given(members: Mapping[str, Any], positions: Sequence[Ints]) -> list[dict[str, Any]]:
    """Of what has one entry a patient that of each part."""
    return [{name: mask[at] for name, mask in members.items()} for at in positions]


def _said(
    function: Callable[..., Any], of_case: bool, more: Mapping[str, Any], analysis: Analysis, members: Mapping[str, Any]
) -> Any:
    """Of one bucket, wherever it is at hand."""
    return function(analysis.case if of_case else analysis, **more, **members)


def _weight(thing: Any) -> int:
    """Bytes of what is kept, texts by their place alone."""
    if isinstance(thing, np.ndarray):
        return int(thing.nbytes)
    if isinstance(thing, pd.DataFrame):
        return int(thing.memory_usage().sum())
    if isinstance(thing, tuple):
        return sum(map(_weight, thing))
    if is_dataclass(thing):
        return sum(_weight(getattr(thing, f.name)) for f in fields(thing))
    return 0


class _Nothing(dict[Any, Any]):
    """What a ScatteredCase has derived: nothing, and that cannot be taken for something."""

    def __contains__(self, key: object) -> bool:
        raise NotAtHand(f"{key} is asked of all patients at once, who are more than memory is given for")


class ScatteredPanel(Panel):
    """Who all patients are. Their results, events and images are read a bucket at a time and are not here."""

    _passes: Passes

    def __init__(self, people: Panel, passes: Passes):
        """Take the persons and what is quarantined from ``people``."""
        for name in ("patients", "held", "as_of", "generation"):
            object.__setattr__(self, name, getattr(people, name))
        object.__setattr__(self, "_passes", passes)

    def __getattr__(self, name: str) -> Any:
        if name in ("labs", "events", "imaging"):
            raise NotAtHand(f"{name} of all patients are asked for at once, who are more than memory is given for")
        raise AttributeError(name)

    def select(self, patient_ids: Sequence[str]) -> Panel:
        """A Panel of some patients, read from the snapshot, with the cut-off of all patients."""
        some = self._passes.some(patient_ids)
        held = self.held[self.held["patient_id"].isin(list(patient_ids))].reset_index(drop=True)
        return replace(some, as_of=self.as_of, held=held)

    def __repr__(self) -> str:
        """How many."""
        return f"ScatteredPanel({len(self.patients)} patients, generation {self.generation})"


@dataclass(frozen=True)
class ScatteredCase(Case):
    """A Case of all patients that is asked a bucket at a time."""

    passes: Passes | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        """It never holds anything that was derived."""
        object.__setattr__(self, "derived", _Nothing())


@dataclass(frozen=True)
class ScatteredAnalysis(Analysis):
    """An Analysis of all patients that is asked a bucket at a time; stored parts are read by their columns."""

    passes: Passes | None = field(default=None, repr=False, compare=False)

    @cached_property
    def case(self) -> Case:
        """For functions that are marked with :func:`by_bucket`."""
        return ScatteredCase(self.panel, self.settings, passes=self.passes)


def is_scattered(thing: Case | Analysis) -> bool:
    """Whether it is asked a bucket at a time."""
    return isinstance(thing, (ScatteredCase, ScatteredAnalysis))


def by_bucket(
    merge: Merge, reads: Callable[[Mapping[str, Any]], Sequence[str]] | None = None
) -> Callable[[Callable[Concatenate[Of, More], Made]], Callable[Concatenate[Of, More], Made]]:
    """Mark a function of a Case or an Analysis as one that can be asked a bucket at a time.

    Its arguments ``members`` and ``among`` have one entry a patient, all others are the same for every bucket; all can
    be sent to another process.

    Args:
        merge: puts together what the buckets say; one of this file's.
        reads: analytes whose results the function reads, by its arguments: no other results are then read for it. The
            first results of all, what is derived of the events, baselines and grades are at hand beside. None where it
            asks for more of a result, such as its texts.
    """

    def marked(function: Callable[Concatenate[Of, More], Made]) -> Callable[Concatenate[Of, More], Made]:
        form = signature(function)

        @wraps(function)
        def asked(thing: Of, /, *args: More.args, **more: More.kwargs) -> Made:
            if not isinstance(thing, (ScatteredCase, ScatteredAnalysis)):
                return function(thing, *args, **more)
            whole = form.bind(thing, *args, **more)
            bound = dict(whole.arguments)
            bound.pop(next(iter(form.parameters)))
            whole.apply_defaults()
            codes = None if reads is None else reads(whole.arguments)
            assert thing.passes is not None
            own: Callable[..., Any] = getattr(modules[function.__module__], function.__name__)  # it can be sent: marked
            made: Made = thing.passes.gathered(own, isinstance(thing, Case), merge, bound, codes)
            return made

        return asked

    return marked


def each_patient(parts: Sequence[Part], passes: Passes) -> Any:
    """An array with one entry a patient."""
    out = np.empty(len(passes.patient_ids), dtype=parts[0][1].dtype)
    for at, values in parts:
        out[at] = values
    return out


def rows(parts: Sequence[Part], passes: Passes) -> pd.DataFrame:
    """Rows in the order of all patients; those of one patient stay in theirs."""
    filled = [(at, frame) for at, frame in parts if len(frame)]
    if not filled:
        frame: pd.DataFrame = parts[0][1]
        return frame
    whole = pd.concat([frame for _, frame in filled], ignore_index=True)
    if "patient" in whole:
        code = np.concatenate([at[frame["patient"].to_numpy(np.int64)] for at, frame in filled])
        whole["patient"] = code
    else:
        code = np.asarray(passes.patient_ids.get_indexer(pd.Index(whole["patient_id"])), np.int64)
    order = sorted_runs(code)
    placed: pd.DataFrame = whole if order is None else whole.take(order).reset_index(drop=True)
    return placed


def rows_by(columns: Sequence[str], ascending: Sequence[bool]) -> Merge:
    """Rows sorted by these columns, of which no two rows have the same."""

    def sorted_rows(parts: Sequence[Part], passes: Passes) -> pd.DataFrame:
        return rows(parts, passes).sort_values(list(columns), ascending=list(ascending), ignore_index=True)

    return sorted_rows


def moments(parts: Sequence[Part], passes: Passes) -> Any:
    """A dataclass of arrays of one length, of which ``patient`` is sorted."""
    first = parts[0][1]
    code = np.concatenate([at[made.patient] for at, made in parts])
    order = sorted_runs(code)

    def placed(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return values if order is None else values[order]

    columns = {f.name: placed(np.concatenate([getattr(made, f.name) for _, made in parts])) for f in fields(first)}
    return replace(first, **columns | {"patient": placed(code)})


def summed(*by: str) -> Merge:
    """Counts, a row each of these columns, in the order of the first bucket and then of the columns."""

    def total(parts: Sequence[Part], passes: Passes) -> pd.DataFrame:
        whole = pd.concat([frame for _, frame in parts], ignore_index=True)
        counts: pd.DataFrame = whole.groupby(list(by), sort=False, as_index=False).sum()
        return counts

    return total


def distinct(parts: Sequence[Part], passes: Passes) -> pd.DataFrame:
    """Rows of which each is there once."""
    once: pd.DataFrame = pd.concat([f for _, f in parts], ignore_index=True).drop_duplicates(ignore_index=True)
    return once
