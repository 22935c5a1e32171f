"""Rows of independently computed expectations; each names its source."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

csv.field_size_limit(1_000_000)


@dataclass(frozen=True)
class Vector:
    """One case: inputs, what must come out, and who says so."""

    rule: str
    case: str
    inputs: Any
    expected: Any
    source: str

    def __str__(self) -> str:
        return f"{self.rule}:{self.case}"


def vectors(name: str, *rules: str) -> list[Vector]:
    """Rows of these rules in ``<name>_vectors.csv``."""
    path = Path(__file__).with_name(f"{name}_vectors.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["rule"] in rules]
    assert rows, f"no vectors of {rules} in {path.name}"
    return [
        Vector(r["rule"], r["case_id"], json.loads(r["inputs"]), json.loads(r["expected"]), r["source"]) for r in rows
    ]
