"""The worklist for many patients: seconds from a request to its answer, server only, medians of five."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from analytics.ingest import Ingest
from analytics.store import Store, open_store
from analytics.synthetic.many import make
from dashboard.application.app import create_app
from dashboard.config import Config
from dashboard.web import ids

SIZES = (100, 10_000)
REPEATS = 5


def filled(folder: Path, patients: int) -> Store:
    """A store of so many synthetic patients, analysed."""
    panel, _ = make(patients)
    store = open_store(str(folder))
    for i, name in enumerate(("patients", "events", "labs")):
        frame = getattr(panel, name)
        store.publish(
            Ingest(
                **{name: frame}, rows_in=len(frame), results_in=len(frame), file=f"{name}.csv", sha256=f"{i:064d}",
                profile="plain", profile_digest="0", table=name,
            )
        )  # fmt: skip
    store.analyse()
    return store


def seconds(store: Store, config: Config) -> tuple[float, float, int]:
    """First answer, median of the next, and bytes of one."""
    client = create_app(store, config).server.test_client()
    body = {
        "output": f"..{ids.PAGE}.children...{ids.TITLE}.data..",
        "outputs": [{"id": ids.PAGE, "property": "children"}, {"id": ids.TITLE, "property": "data"}],
        "inputs": [
            {"id": ids.URL, "property": "pathname", "value": "/"},
            {"id": ids.URL, "property": "search", "value": "?order=-ALT"},
        ],
        "changedPropIds": [],
    }
    times, size = [], 0
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        size = len(client.post("/_dash-update-component", json=body).data)
        times.append(time.perf_counter() - began)
    return times[0], statistics.median(times[1:]), size


def run() -> list[dict[str, object]]:
    """One row a size."""
    rows: list[dict[str, object]] = []
    for patients in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            store = filled(Path(folder) / "store", patients)
            first, again, size = seconds(store, Config(store=str(Path(folder) / "store")))
            rows.append(
                {"patients": patients, "first s": round(first, 2), "again ms": round(again * 1e3), "KB": size // 1000}
            )
    return rows


def main() -> None:
    """Print the table."""
    for row in run():
        print(", ".join(f"{name} {value}" for name, value in row.items()))


if __name__ == "__main__":
    main()
