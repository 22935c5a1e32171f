"""Write docs/confusion.md."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.analytics.rules.planted import ROOT, confusion_page, sample_analysis

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        page = confusion_page(sample_analysis(Path(folder) / "store"))
    (ROOT / "docs" / "confusion.md").write_text(page, "utf-8")
