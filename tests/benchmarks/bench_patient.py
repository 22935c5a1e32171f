"""The patient page for 12 tests x 60 results and 30 events: server time, figure, first paint, looks; one run.

``python -m tests.benchmarks.bench_patient`` prints product and baseline side by side. The baselines build the same
figure as a ``go.Figure`` from the finished dict, and trace by trace with ``add_trace`` and ``add_shape``.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd
import plotly.graph_objects as go
from werkzeug.serving import WSGIRequestHandler, make_server

from analytics.analysis import Analysis, analyse
from analytics.panel import Panel
from analytics.store import Store, open_store
from dashboard.app import create_app
from dashboard.config import Config
from dashboard.figures import lab_timeline
from dashboard.figures.choice import Choice
from tests.builders import panel_of

CODES = ("ALT", "AST", "ALP", "GGT", "BILI", "ALB", "INR", "PLAT", "LDH", "CEA", "CA19_9AG", "CREAT")
START = {"ALT": 35, "AST": 33, "ALP": 140, "GGT": 90, "BILI": 0.8, "ALB": 4, "INR": 1.05, "PLAT": 220}
START |= {"LDH": 240, "CEA": 40, "CA19_9AG": 120, "CREAT": 0.9}
GOALS = {"server p95 ms": 100, "figure KB": 80, "cold paint s": 1.5, "warm paint s": 0.7}


def patient(results: int = 60) -> Panel:
    """One person with 12 tests x 60 results and 30 events."""
    rng = np.random.default_rng(7)
    days = np.sort(rng.choice(700, results, replace=False))
    begin = pd.Timestamp("2023-01-10")
    labs = []
    for code in CODES:
        steps = rng.normal(0, 0.01 if code in ("ALB", "INR", "CREAT") else 0.08, results)
        for day, value in zip(days, START[code] * np.exp(np.cumsum(steps)), strict=True):
            labs.append((begin + pd.Timedelta(days=int(day)), code, round(float(value), 2)))
    events: list[tuple[Any, ...]] = []
    for i in range(8):
        start = begin + pd.Timedelta(days=80 * i)
        for agent in ("fluorouracil", "oxaliplatin", "bevacizumab"):
            events.append((start, "systemic", agent, start + pd.Timedelta(days=60), 1 + i // 3))
    events += [(begin + pd.Timedelta(days=d), "biliary_stent", f"stent {d}") for d in (300, 420, 510)]
    events += [(begin + pd.Timedelta(days=d), "symptom", "fever") for d in (250, 415, 505)]
    imaging = [(begin + pd.Timedelta(days=70 * i), "CT", "SD", 60 + i) for i in range(8)]
    return panel_of(labs, events, imaging, sex="F", age=61.0, primary_site="colorectal")


def timed(call: Callable[[], Any], times: int = 9) -> list[float]:
    """Milliseconds of each call, sorted."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        spent.append(1000 * (time.perf_counter() - start))
    return sorted(spent)


def middle(values: list[float]) -> float:
    """Median of sorted values."""
    return values[len(values) // 2]


def figures(analysis: Analysis) -> dict[str, float]:
    """The chart as a dict, as one go.Figure, and call by call."""
    choice = Choice(key="bench")
    drawn = lab_timeline.draw(analysis, choice)
    body = orjson.dumps(drawn)

    def by_calls() -> None:
        figure = go.Figure(layout={k: v for k, v in drawn["layout"].items() if k not in ("shapes", "annotations")})
        for trace in drawn["data"]:
            figure.add_trace(trace)
        for shape in drawn["layout"]["shapes"]:
            figure.add_shape(shape)
        for note in drawn["layout"]["annotations"]:
            figure.add_annotation(note)
        figure.to_json()

    return {
        "figure ms": middle(timed(lambda: orjson.dumps(lab_timeline.draw(analysis, choice)))),
        "figure KB": len(body) / 1024,
        "go.Figure ms": middle(timed(lambda: go.Figure(lab_timeline.draw(analysis, choice)).to_json(), 5)),
        "add_trace ms": middle(timed(by_calls, 5)),
    }


def page_body(key: str) -> dict[str, Any]:
    """What the browser posts when it comes to a patient's page."""
    ids = [{"id": "shell-page", "property": "children"}, {"id": "shell-title", "property": "data"}]
    values = {"pathname": f"/patient/{key}", "search": ""}
    return {
        "output": "..shell-page.children...shell-title.data..",
        "outputs": ids,
        "inputs": [{"id": "shell-url", "property": name, "value": value} for name, value in values.items()],
        "changedPropIds": ["shell-url.pathname"],
    }


def stored(folder: Path) -> tuple[Store, str]:
    """The same person in a store, through the importer."""
    from analytics.ingest import read

    panel = patient()
    labs = panel.labs[["patient_id", "analyte", "collected_at", "value", "unit", "lln", "uln"]]
    events = panel.events[["patient_id", "kind", "name", "start_date", "end_date", "line"]]
    imaging = panel.imaging[["patient_id", "date", "modality", "response", "target_sum_mm"]]
    for name, frame in (("labs", labs), ("events", events), ("imaging", imaging)):
        frame.to_csv(folder / f"{name}.csv", index=False)
    store = open_store(str(folder / "store"))
    store.publish([read(folder / f"{name}.csv") for name in ("labs", "events", "imaging")], by="bench")
    store.analyse()
    return store, store.key_of("P1")


def server(store: Store, key: str) -> dict[str, float]:
    """Time of the page's own request, warm."""
    client = create_app(store, Config(store=str(store.place.folder))).server.test_client()
    body = page_body(key)
    client.post("/_dash-update-component", json=body)
    spent = timed(lambda: client.post("/_dash-update-component", json=body), 40)
    size = len(client.post("/_dash-update-component", json=body).data) / 1024
    return {"server median ms": middle(spent), "server p95 ms": spent[int(0.95 * len(spent))], "page KB": size}


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


def browser(store: Store, key: str) -> dict[str, float]:
    """First paint of the last panel and of the chart, cold and warm, and two controls, in headless Chromium."""
    from playwright.sync_api import sync_playwright

    from tests.browser.find_browser import find

    app = create_app(store, Config(store=str(store.place.folder)))
    serving = make_server("127.0.0.1", 0, app.server, threaded=True, request_handler=_Quiet)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{serving.server_port}/patient/{key}"
    found: dict[str, list[float]] = {"cold paint s": [], "warm paint s": [], "look ms": [], "redraw ms": []}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        for _ in range(5):
            context = chromium.new_context(viewport={"width": 1280, "height": 800})
            page = context.new_page()
            for name in ("cold paint s", "warm paint s"):
                start = time.perf_counter()
                page.goto(address)
                page.wait_for_selector(".last-panel")
                found[name].append(time.perf_counter() - start)
                page.wait_for_selector("#patient-chart .main-svg")
            page.wait_for_load_state("networkidle")
            found["look ms"].append(_until_changed(page, "w"))
            found["redraw ms"].append(_until_changed(page, "3"))
            context.close()
        chromium.close()
    serving.shutdown()
    return {name: middle(sorted(values)) for name, values in found.items()}


def _until_changed(page: Any, key: str) -> float:
    """Milliseconds from a key to the end of plotly's drawing."""
    return float(
        page.evaluate(
            """key => new Promise(done => {
              const plot = document.querySelector('#patient-chart .js-plotly-plot');
              const start = performance.now();
              plot.once('plotly_afterplot', () => done(performance.now() - start));
              document.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
            })""",
            key,
        )
    )


def run() -> dict[str, float]:
    """All numbers of one run."""
    analysis = analyse(patient())
    analysis.tables()
    with tempfile.TemporaryDirectory() as name:
        store, key = stored(Path(name))
        return {**figures(analysis), **server(store, key), **browser(store, key)}


if __name__ == "__main__":
    for name, value in run().items():
        goal = f"   goal under {GOALS[name]:g}" if name in GOALS else ""
        print(f"{name:18s} {value:9.2f}{goal}")
