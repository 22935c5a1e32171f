"""Write docs/confusion.md, and its table of real data where the folder of the public sets is there."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.analytics.rules import planted
from tests.analytics.rules.on_real_data import rates

DATA = planted.ROOT.parent / "shared" / "data"
TABLE = Path(__file__).with_name("on_real_data_rates.md")

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        page = planted.confusion_page(planted.sample_analysis(Path(folder) / "store"))
    if DATA.is_dir():
        before, after = TABLE.read_text("utf-8").rstrip(), rates(DATA)
        TABLE.write_text(after, "utf-8")
        page = page.replace(before, after.rstrip())
    (planted.ROOT / "docs" / "confusion.md").write_text(page, "utf-8")
