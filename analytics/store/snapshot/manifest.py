"""What one generation of the snapshot consists of: which file holds which patients, and up to when the data reach."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.tables import RELATIVE_ORIGIN

ROWS_PER_BUCKET = 125_000
"""Results in a full bucket: small enough that one is rewritten in about half a second."""

PARTS = ("labs", "suspects", "events", "imaging", "patients", "summary")


DIGEST_BYTES = 16
"""Length of the BLAKE2b of a file."""


def digest_of(content: bytes | memoryview) -> str:
    """Digest of a file of the snapshot."""
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).hexdigest()


@dataclass(frozen=True)
class Bucket:
    """Files of the patients whose number falls into one bucket.

    Attributes:
        files: file name by part of PARTS; a part without rows has none.
        digests: BLAKE2b of each file, by part.
        rows: rows by part.
        as_of: last time by clock, in microseconds.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    as_of: Mapping[str, int] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """Short name of the bucket's content; equal marks mean equal data."""
        parts = ",".join(self.digests.get(p, "-") for p in PARTS)
        return hashlib.blake2b(parts.encode(), digest_size=10).hexdigest()


@dataclass(frozen=True)
class Manifest:
    """One generation."""

    generation: int
    buckets: tuple[Bucket, ...] = (Bucket(),)

    @property
    def n_patients(self) -> int:
        """How many patients."""
        return sum(b.rows.get("patients", 0) for b in self.buckets)

    @property
    def n_results(self) -> int:
        """How many results are shown."""
        return sum(b.rows.get("labs", 0) for b in self.buckets)

    def as_of(self, clocks: Iterable[str] = ()) -> pd.Timestamp:
        """Data cut-off of the whole generation for patients of these clocks (all clocks where none is named)."""
        wanted = set(clocks) or self._last.keys()
        times = [t for c, t in self._last.items() if c in wanted]
        return pd.Timestamp(max(times), unit="us").as_unit("us") if times else RELATIVE_ORIGIN

    @cached_property
    def _last(self) -> dict[str, int]:
        """Last time of all buckets by clock, in microseconds: asked for once a bucket, of hundreds of them."""
        last: dict[str, int] = {}
        for bucket in self.buckets:
            for clock, time in bucket.as_of.items():
                last[clock] = max(time, last.get(clock, time))
        return last

    def bucket_of(self, patient_id: str) -> int:
        """Number of the bucket that holds this patient."""
        return patient_number(patient_id) % len(self.buckets)

    def files(self) -> set[str]:
        """Names of all files."""
        return {name for b in self.buckets for name in b.files.values()}

    def to_json(self) -> str:
        """The text that is kept in the database."""
        return json.dumps([asdict(b) for b in self.buckets], separators=(",", ":"))

    @classmethod
    def from_json(cls, generation: int, text: str) -> Manifest:
        """Read it back."""
        buckets: list[dict[str, Any]] = json.loads(text)
        return cls(generation, tuple(Bucket(**b) for b in buckets))


def patient_number(patient_id: str) -> int:
    """A stable number of a patient id."""
    return zlib.crc32(patient_id.encode("utf-8", "surrogatepass"))


def numbers_of(patient_ids: Iterable[str]) -> npt.NDArray[np.int64]:
    """Stable numbers of many ids."""
    return np.array([patient_number(p) for p in patient_ids], dtype=np.int64)


def buckets_for(results: int, now: int = 1) -> int:
    """How many buckets so many results need: a power of two that grows and never shrinks."""
    wanted = now
    while results > wanted * ROWS_PER_BUCKET:
        wanted *= 2
    return wanted
