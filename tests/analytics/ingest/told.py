"""What is stored of a file as lines of text, for tests: who, what, when, how much, limits."""

from __future__ import annotations

import math
from pathlib import Path

from analytics.ingest import Ingest, Profile, read
from analytics.ingest.profile import from_toml
from analytics.ingest.profile_draft import suggest
from analytics.ingest.versions import settle


def plainly(folder: Path, text: str | bytes, name: str = "labs.csv", profile: str | Profile | None = None) -> Ingest:
    """A file of this text as it is read."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    got = read(path, profile)
    assert got.adds_up
    return got


def drafted(folder: Path, text: str | bytes, name: str = "labs.csv") -> Ingest:
    """A file of this text as it is read by its own draft of a profile, as that was written."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    got = read(path, from_toml(suggest(path).text, "draft"))
    assert got.adds_up
    return got


def lines(got: Ingest) -> list[str]:
    """Every number in view, sorted: ``P1 ALT 2025-03-12 08:05 <5 U/L [7-56]``."""
    labs = got.labs[settle(got.labs).current & got.labs["value"].notna()] if len(got.labs) else got.labs
    return sorted(_line(row) for row in labs.itertuples())


def wanted(text: str) -> list[str]:
    """Lines of a text as :func:`lines` gives them."""
    return sorted(" ".join(line.split()) for line in text.strip().splitlines())


def _line(row: object) -> str:
    when = row.collected_at.strftime("%Y-%m-%d" if row.precision == "day" else "%Y-%m-%d %H:%M")
    low, high = (_number(getattr(row, side)) for side in ("lln", "uln"))
    limits = f"[{low}-{high}]" if low or high else ""
    value = f"{row.comparator}{_number(row.value)}"
    parts = (row.patient_id, row.analyte, when, value, row.unit, limits)
    return " ".join(p for p in parts if p)


def _number(number: float) -> str:
    return "" if math.isnan(number) else f"{number:.6g}"
