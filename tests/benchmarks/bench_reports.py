"""Reports a minute and core: patient reports with their analysis, digests, drawing alone, beside plotly's own way.

CPU time of this process, so that a busy machine changes little (``python -m tests.benchmarks.bench_reports 300``).
The panel has 8 analytes x 25 results a patient. Goals: 6,000 a minute beside shared assets, 1,500 with everything
inside, 60 KB and 1,400 KB, a digest of 500 in 20 s, constant memory. Peers: a warm kaleido makes 166 pictures a minute
and needs a browser, ``go.Figure`` with plotly.js inside 900 pages, matplotlib 106.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import plotly.graph_objects as go
import plotly.io as pio

from analytics.analysis import analyse
from analytics.panel import Panel
from analytics.report_changes import compare
from analytics.synthetic import make
from dashboard.figures import lab_timeline
from dashboard.figures.choice import Choice
from dashboard.reporting.formats import render
from dashboard.reports import report
from dashboard.reports._report_input import ReportInput, versions_of_rules
from dashboard.svg import to_svg
from tests.benchmarks.stocked import stocked

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
REPEATS = 5


def run(patients: int = 300) -> dict[str, dict[str, float]]:
    """Medians by name: ``a minute`` (reports a minute and core), ``KB`` a file, ``s``, ``MiB``."""
    panel, _ = make(patients, seed=1)
    table: dict[str, dict[str, float]] = {}
    for assets in ("none", "shared", "inline"):
        table[f"patient report, {assets}, with analysis"] = _reports(panel, assets)
    table["baseline: the same, one analysis a patient"] = _one_by_one(panel, 12)
    figure = lab_timeline.draw(analyse(panel.select([panel.patient_ids[0]])), Choice(key="x"))
    table["still picture alone"] = _rate(lambda: to_svg(figure), len(to_svg(figure)))
    table["baseline: go.Figure and to_html, plotly.js inside"] = _rate(lambda: _plotly(figure), len(_plotly(figure)))
    table["digest of 500 patients"] = _digest(500)
    for many in (200, 1000):
        table[f"command: a folder of {many:,} patients' reports"] = _command(many)
    return table


def edition_of(panel: Panel) -> ReportInput:
    """An report_input of a panel in memory."""
    return ReportInput(analyse(panel), {p: p for p in panel.patient_ids}, NOON)


def _reports(panel: Panel, assets: Any) -> dict[str, float]:
    rates, sizes = [], []
    for _ in range(REPEATS):
        started = time.process_time()
        sizes = [len(render(report("patient").build(one), "html", assets)) for one in edition_of(panel).each()]
        rates.append(60 * len(sizes) / (time.process_time() - started))
    return {"a minute": statistics.median(rates), "KB": statistics.median(sizes) / 1000}


def _one_by_one(panel: Panel, n: int) -> dict[str, float]:
    rates = []
    for _ in range(REPEATS):
        started = time.process_time()
        for patient_id in panel.patient_ids[:n]:
            one = next(edition_of(panel.select([patient_id])).each())
            render(report("patient").build(one), "html", "shared")
        rates.append(60 * n / (time.process_time() - started))
    return {"a minute": statistics.median(rates)}


def _rate(call: Callable[[], Any], size: int) -> dict[str, float]:
    call()
    rates = []
    for _ in range(REPEATS):
        started, n = time.process_time(), 0
        while time.process_time() - started < 0.3:
            call()
            n += 1
        rates.append(60 * n / (time.process_time() - started))
    return {"a minute": statistics.median(rates), "KB": size / 1000}


def _plotly(figure: dict[str, Any]) -> str:
    return str(pio.to_html(go.Figure(figure), include_plotlyjs=True, full_html=True))


def _digest(patients: int) -> dict[str, float]:
    panel, _ = make(patients, seed=2)
    times, size = [], 0
    for _ in range(3):
        started = time.process_time()
        whole = edition_of(panel)
        changes = compare(None, whole.analysis, versions_of_rules())
        compared = ReportInput(whole.analysis, whole.names, NOON, of="clinic", changes=changes)
        size = len(render(report("digest").build(compared), "html", "none"))
        times.append(time.process_time() - started)
    return {"s": statistics.median(times), "KB": size / 1000}


def _command(patients: int) -> dict[str, float]:
    """``hepatrend report patient --list all --assets shared`` over a store, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        stocked(f"{folder}/store", patients)
        out = [f"--store={folder}/store", "--list=all", f"--out={folder}/out", "--assets=shared"]
        code = f"""
import atexit
from dashboard.cli import group
atexit.register(lambda: print(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]))
group.main(["report", "patient", *{out!r}], standalone_mode=False)
"""
        started = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        return {"MiB": int(done.stdout.split()[-1]) / 1024, "s": time.perf_counter() - started}


def main() -> None:
    """Print the table."""
    patients = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 300
    print(f"{'':52}{'a minute':>10}{'KB':>9}{'other':>24}")
    for name, row in run(patients).items():
        rate = f"{row['a minute']:,.0f}" if "a minute" in row else ""
        size = f"{row['KB']:,.0f}" if "KB" in row else ""
        other = ", ".join(f"{v:,.1f} {k}" for k, v in row.items() if k not in ("a minute", "KB"))
        print(f"{name:52}{rate:>10}{size:>9}{other:>24}")


if __name__ == "__main__":
    main()
