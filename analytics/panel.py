"""Panel: the frozen frames of 1..N patients, in canonical form. One patient is a Panel of one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from analytics.analytes import ANALYTES, INDEX
from analytics.errors import TableError, UnknownPatient
from analytics.tables import EVENTS, IMAGING, LABS, PATIENTS, QUARANTINE, RELATIVE_ORIGIN
from analytics.units import converted, known, unit_of
from analytics.wall_time import happened, offsets_of

_CANONICAL = {code: analyte.unit for code, analyte in ANALYTES.items()}


@dataclass(frozen=True)
class Panel:
    """Canonical frames of some patients, sorted, checked and never changed in place.

    Attributes:
        labs: table LABS, sorted by patient, analyte (house order), time as it happened, source line.
        events: table EVENTS, sorted by patient and start.
        imaging: table IMAGING, sorted by patient and date.
        patients: table PATIENTS, sorted by patient_id, one row each.
        held: open rows of table QUARANTINE that name one of these patients.
        as_of: data cut-off of the whole store, the same for every Panel of a generation; nothing asks the clock.
        generation: generation of the store that was read; 0 for a Panel made by hand.
    """

    labs: pd.DataFrame
    events: pd.DataFrame
    imaging: pd.DataFrame
    patients: pd.DataFrame
    held: pd.DataFrame
    as_of: pd.Timestamp
    generation: int = 0

    @classmethod
    def of(
        cls,
        labs: pd.DataFrame,
        events: pd.DataFrame | None = None,
        imaging: pd.DataFrame | None = None,
        patients: pd.DataFrame | None = None,
        *,
        held: pd.DataFrame | None = None,
        as_of: pd.Timestamp | None = None,
        generation: int = 0,
    ) -> Panel:
        """Build from frames that have at least the needed columns; the rest is filled in as missing.

        Patients that only labs, events or imaging name are added with what is known of them: nothing. Results in
        another unit than the canonical one are converted by the table that an import uses, their limits with them.

        Raises:
            TableError: a needed column is absent, an analyte code is not in the table, or a unit is not one of the
                analyte's.

        >>> frame = pd.DataFrame({"patient_id": "P1", "analyte": ["BILI", "ALB"], "collected_at": "2026-01-05",
        ...                       "value": [40.0, 38.0], "unit": ["umol/L", "g/L"]})
        >>> Panel.of(frame).labs[["analyte", "value", "unit"]].to_dict("records")
        [{'analyte': 'BILI', 'value': 2.33863423761, 'unit': 'mg/dL'}, {'analyte': 'ALB', 'value': 3.8, 'unit': 'g/dL'}]
        """
        labs = LABS.conform(labs)
        events = EVENTS.conform(EVENTS.empty() if events is None else events)
        imaging = IMAGING.conform(IMAGING.empty() if imaging is None else imaging)
        people = _people(labs, events, imaging, patients)
        codes = labs["analyte"].map(INDEX)
        if codes.isna().any():
            raise TableError(f"labs: analyte {labs['analyte'][codes.isna()].iloc[0]!r} is not in analytics.analytes")
        labs = _in_canonical_units(labs)
        series = people.index.get_indexer(pd.Index(labs["patient_id"])) * len(INDEX) + codes.to_numpy("int64")
        wall = labs["collected_at"].to_numpy("datetime64[us]").astype("int64")
        moment = happened(series, wall, offsets_of(labs["utc_offset_min"]))
        order = np.lexsort((labs["source_line"].fillna(0).to_numpy("int64"), moment, series))
        return cls(
            labs=labs.iloc[order].reset_index(drop=True),
            events=events.sort_values(["patient_id", "start_date"], kind="stable", ignore_index=True),
            imaging=imaging.sort_values(["patient_id", "date"], kind="stable", ignore_index=True),
            patients=people.reset_index(drop=True),
            held=QUARANTINE.conform(QUARANTINE.empty() if held is None else held),
            as_of=_last_time(labs, events, imaging) if as_of is None else as_of,
            generation=generation,
        )

    @cached_property
    def patient_ids(self) -> pd.Index[str]:
        """Ids in order; the position is the integer code used in arrays."""
        ids: pd.Index[str] = pd.Index(self.patients["patient_id"])
        return ids

    def codes_of(self, patient_id: pd.Series[str]) -> npt.NDArray[np.int64]:
        """Integer code of each id, -1 where it is not in this panel."""
        return np.asarray(self.patient_ids.get_indexer(pd.Index(patient_id)), dtype=np.int64)

    @cached_property
    def content(self) -> str:
        """Digest of everything that an analysis follows from: equal ones mean the same rows and the same cut-off.

        The same rows may have two digests; the number of the generation is no part of them.
        """
        digest = hashlib.blake2b(str(self.as_of.value).encode(), digest_size=16)
        for frame in (self.labs, self.events, self.imaging, self.patients, self.held):
            digest.update(f"{list(frame.columns)}{len(frame)};".encode())
            if len(frame):  # column by column: twice as quick as the frame as a whole
                rows = pa.RecordBatch.from_arrays([_in_arrow(frame[name]) for name in frame], list(frame))
                digest.update(str(rows.schema.types).encode())
                digest.update(rows.serialize())
        return digest.hexdigest()

    def __len__(self) -> int:
        """How many patients."""
        return len(self.patients)

    def select(self, patient_ids: Sequence[str]) -> Panel:
        """The same panel with only these patients; as_of and generation stay.

        Raises:
            UnknownPatient: one of them is not here.
        """
        wanted = set(patient_ids)
        if not wanted <= set(self.patients["patient_id"]):
            raise UnknownPatient("no such patient")

        def only(frame: pd.DataFrame) -> pd.DataFrame:
            return frame[frame["patient_id"].isin(wanted)].reset_index(drop=True)

        return replace(
            self,
            labs=only(self.labs),
            events=only(self.events),
            imaging=only(self.imaging),
            patients=only(self.patients),
            held=only(self.held),
        )

    def lab_rows(self, at: npt.NDArray[np.integer[Any]], columns: Sequence[str]) -> pd.DataFrame:
        """Some columns of the results at these positions of ``labs``, in canonical types, indexed from 0."""
        return self.labs[list(columns)].iloc[at].reset_index(drop=True)

    def filled(self, column: str) -> npt.NDArray[np.integer[Any]]:
        """Positions in ``labs`` of the results that have a text in this column, rising."""
        return np.flatnonzero((self.labs[column].fillna("") != "").to_numpy(bool))

    def clock_of(self, patient_id: str) -> str:
        """Clock of one patient: a key of analytics.tables.CLOCKS."""
        match = self.patients.loc[self.patients["patient_id"] == patient_id, "clock"]
        if match.empty:
            raise UnknownPatient("no such patient")
        return str(match.iloc[0])


def _in_arrow(column: pd.Series) -> pa.Array:
    """A column as one array of Arrow; a missing number may be a null or NaN."""
    made = pa.array(column.array)
    return made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made


_SIGNS = {"minute": 16, "month": 7, "year": 4}
"""Signs of an ISO time that a precision leaves; ten for a day."""


def show_time(when: pd.Timestamp | None, clock: str = "date", precision: str = "day") -> str:
    """A time as people read it: an ISO date, ``day 192`` or ``minute -35``; an en dash where there is none.

    Every page, figure and report goes through here, so that a study day never looks like a date.
    """
    if when is None or when != when:  # a missing time is not equal to itself
        return "–"
    if clock == "date":
        # an ISO time cut to its precision: this is asked a hundred times a report, and strftime is ten times slower
        return when.isoformat(" ", "minutes")[: _SIGNS.get(precision, 10)]
    since = when - RELATIVE_ORIGIN
    if clock == "minutes":
        return f"minute {int(since // pd.Timedelta(minutes=1))}"
    return f"day {int(since // pd.Timedelta(days=1))}"


_ISO_DAY = re.compile(r"(?<![\w./-])((?:19|20)\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?![\w/-]|\.\w)")
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def in_prose(said: str) -> str:
    """A sentence with its ISO dates as people write them: 28 May 2026. Names of files keep theirs.

    What is stored and exported keeps ISO dates, by which a pseudonymised view shifts them; this is done when shown.
    """
    return _ISO_DAY.sub(lambda m: f"{int(m[3])} {_MONTHS[int(m[2]) - 1]} {m[1]}", said)


def _people(
    labs: pd.DataFrame, events: pd.DataFrame, imaging: pd.DataFrame, patients: pd.DataFrame | None
) -> pd.DataFrame:
    """Table PATIENTS with every patient that any frame names, indexed and sorted by patient_id."""
    known = (
        PATIENTS.empty()
        if patients is None
        else PATIENTS.conform(patients if "clock" in patients.columns else patients.assign(clock="date"))
    )
    named = pd.Index(known["patient_id"]).union(labs["patient_id"].unique()).union(events["patient_id"].unique())
    named = named.union(imaging["patient_id"].unique())
    extra = named.difference(known["patient_id"])
    if len(extra):
        added = PATIENTS.conform(pd.DataFrame({"patient_id": extra.astype("str"), "clock": "date"}))
        known = added if known.empty else pd.concat([known, added], ignore_index=True)
    return known.set_index("patient_id", drop=False).sort_index()


def _in_canonical_units(labs: pd.DataFrame) -> pd.DataFrame:
    """Results and their limits in the canonical unit of each analyte; a result without a unit is in it already."""
    given = labs["unit"].fillna("")
    canonical = labs["analyte"].map(_CANONICAL)
    other = ((given != "") & (given != canonical)).to_numpy(bool)
    if not other.any():
        return labs
    pairs = pd.MultiIndex.from_arrays([labs["analyte"][other], given[other]])
    factors = {pair: _factor(*pair) for pair in pairs.unique()}
    factor = np.ones(len(labs))
    factor[other] = [factors[pair] for pair in pairs]
    numbers = {name: converted(labs[name].to_numpy(np.float64), factor) for name in ("value", "lln", "uln")}
    return labs.assign(unit=canonical.where(other, labs["unit"]).astype("str"), **numbers)


def _factor(analyte: str, unit: str) -> float:
    """From a unit to the canonical one of the analyte."""
    found = unit_of(analyte, unit)
    if found.reason:
        raise TableError(f"labs: unit {unit!r} is not known for {analyte}. Available: {known(analyte)}")
    return found.factor


def _last_time(labs: pd.DataFrame, events: pd.DataFrame, imaging: pd.DataFrame) -> pd.Timestamp:
    times = [
        frame[column].max()
        for frame, column in ((labs, "collected_at"), (events, "start_date"), (imaging, "date"))
        if len(frame)
    ]
    return max((t for t in times if not pd.isna(t)), default=RELATIVE_ORIGIN)
