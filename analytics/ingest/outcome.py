"""What reading a file gives: accepted rows, rows quarantined with a reason, and counts that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, overload

import pandas as pd
import pyarrow as pa

from analytics.arrow import coded_schema_of, plain, to_arrow, to_frame
from analytics.tables import EVENTS, IMAGING, LABS, PATIENTS, QUARANTINE

LIST_OF_TESTS = "entry of a list of tests, used with the results beside it"
"""Why rows of a file that only names tests are not results."""


class Labs:
    """Field of a Batch: its results, given as a frame or as a table in codes; read as a frame, made when asked for."""

    @overload
    def __get__(self, batch: None, owner: type) -> None: ...

    @overload
    def __get__(self, batch: Batch, owner: type) -> pd.DataFrame: ...

    def __get__(self, batch: Batch | None, owner: type) -> Any:
        """The frame; of the class itself, what stands for no results."""
        if batch is None:
            return None
        kept = batch.__dict__
        if "_labs_frame" not in kept:
            kept["_labs_frame"] = to_frame(plain(LABS, kept["_labs_coded"]))
        return kept["_labs_frame"]

    def __set__(self, batch: Batch, labs: pd.DataFrame | pa.Table | None) -> None:
        """Keep the results in the form in which they come."""
        labs = coded_schema_of(LABS).empty_table() if labs is None else labs
        batch.__dict__["_labs_coded" if isinstance(labs, pa.Table) else "_labs_frame"] = labs


@dataclass(frozen=True)
class Batch:
    """One stretch of a file, understood.

    Attributes:
        labs: table LABS, accepted results in file order (duplicates and corrections not yet settled); may be given
            in codes, see ``coded_labs``.
        events: table EVENTS.
        imaging: table IMAGING.
        patients: table PATIENTS, at most one row a person and batch.
        quarantine: table QUARANTINE, one row for each result or line quarantined.
        rows_in: records after the header, counting those ignored.
        results_in: results in them: a cell of a wide file, a row of a long one, a record that could not be split.
        ignored: results and lines declared not to be read.
        ignored_why: the same by cause, in words.
        uncounted: accepted rows that repeat what another result of the same record says (a person's age on each
            visit), and are therefore no results of their own.
        bytes_read: position in the file after this stretch.
    """

    labs: Labs = Labs()
    events: pd.DataFrame = field(default_factory=EVENTS.empty)
    imaging: pd.DataFrame = field(default_factory=IMAGING.empty)
    patients: pd.DataFrame = field(default_factory=PATIENTS.empty)
    quarantine: pd.DataFrame = field(default_factory=QUARANTINE.empty)
    rows_in: int = 0
    results_in: int = 0
    ignored: int = 0
    ignored_why: Mapping[str, int] = field(default_factory=dict)
    uncounted: int = 0
    bytes_read: int = 0

    @property
    def coded_labs(self) -> pa.Table:
        """The results with texts as codes (analytics.arrow.coded_schema_of), as they leave the reader."""
        kept = self.__dict__
        if "_labs_coded" not in kept:
            kept["_labs_coded"] = to_arrow(LABS, kept["_labs_frame"]).cast(coded_schema_of(LABS))
        table: pa.Table = kept["_labs_coded"]
        return table

    @property
    def accepted(self) -> int:
        """Results that go on to be settled as stored, duplicate, superseded or conflict."""
        return len(self.coded_labs) + len(self.events) + len(self.imaging) + len(self.patients) - self.uncounted

    @property
    def adds_up(self) -> bool:
        """Whether every result that came in is accounted for exactly once."""
        return self.results_in == self.accepted + len(self.quarantine) + self.ignored

    def batches(self) -> Iterator[Batch]:
        """Itself, so that a whole file and a stream are consumed alike."""
        yield self


@dataclass(frozen=True)
class Ingest(Batch):
    """One whole file, understood.

    Attributes:
        file: name as given, without folders.
        sha256: hash of the bytes that were read.
        profile: name of the profile.
        profile_digest: hash of all that the profile says; the same file under another digest is read anew.
        table: what the file mainly holds: labs, events, imaging or patients.
        format: how it was recognised.
        notes: sentences on the file as a whole.
        seconds: time taken.
    """

    file: str = ""
    sha256: str = ""
    profile: str = ""
    profile_digest: str = ""
    table: str = "labs"
    format: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def reasons(self) -> dict[str, int]:
        """Results quarantined, by reason."""
        return dict(Counter(self.quarantine["reason_code"]))


def joined(batches: Sequence[Batch]) -> Batch:
    """Several stretches as one; a person named in more than one keeps the first row."""
    if len(batches) == 1:
        return batches[0]
    whole: dict[str, object] = {"labs": pa.concat_tables([b.coded_labs for b in batches])} if batches else {}
    for f in fields(Batch):
        if f.name == "labs":
            continue
        parts = [getattr(b, f.name) for b in batches]
        if f.name in ("events", "imaging", "patients", "quarantine"):
            filled = [p for p in parts if len(p)]
            whole[f.name] = pd.concat(filled, ignore_index=True) if filled else (parts[0] if parts else None)
        elif f.name == "ignored_why":
            whole[f.name] = dict(sum((Counter(p) for p in parts), Counter()))
        elif f.name == "bytes_read":
            whole[f.name] = max(parts, default=0)
        else:
            whole[f.name] = sum(parts)
    return Batch(**{name: value for name, value in whole.items() if value is not None})  # type: ignore[arg-type]
