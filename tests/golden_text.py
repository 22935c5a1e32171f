"""Compare with a reviewed text file in tests/golden; HEPATREND_GOLDEN=write writes it anew for review."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def same_as_golden(name: str, text: str) -> None:
    """Fail unless the text equals tests/golden/<name>."""
    path = FOLDER / name
    if os.environ.get("HEPATREND_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")
