"""Independent test vectors: numbers published or computed by others, each with its source."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, NamedTuple


class Vector(NamedTuple):
    """One row: what goes in, what must come out."""

    rule: str
    case_id: str
    given: dict[str, Any]
    expected: dict[str, Any]


def rules_vectors(*starts: str) -> list[Vector]:
    """Rows whose rule begins with one of these."""
    with (Path(__file__).parent / "rules_vectors.csv").open(newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["rule"].startswith(starts)]
    return [Vector(r["rule"], r["case_id"], json.loads(r["inputs"]), json.loads(r["expected"])) for r in rows]
