"""Fifty viewers of patients' pages, five seconds of thought between two pages, against ``hepatrend serve``; a minute.

A view is what a browser asks for: the document, the page, the tab under the chart, one after the other. Viewers choose
among PEOPLE patients by chance; nobody has looked at any before. The baseline is the same with one viewer.

With the word ``start`` the fifty come three seconds after the server's start, before most pages are made ahead: their
first twenty seconds, and the next twenty.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import defaultdict
from pathlib import Path

from dashboard.web.ids import ids_of
from tests.benchmarks.bench_patient import page_body, stored

VIEWERS, THOUGHT, SECONDS, PEOPLE = 50, 5.0, 60.0, 200
GOAL_MS = 500
ID = ids_of("patient")


class Seen:
    """Milliseconds of each request by kind, and what went wrong."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []


CHOSEN = {"tab": "events", "event": "", "pair": "", "scale": "x_uln", "tests": []}
"""What a page that was just opened has chosen, by part of its id."""


def tab_body(port: int, key: str) -> dict[str, object]:
    """What the browser posts for the tab that is open: the form is what the server says of its own callback."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_dash-dependencies") as answer:
        callback = next(c for c in json.load(answer) if c["output"] == f"{ID('inside')}.children")
    values = {ID(name): value for name, value in CHOSEN.items()} | {ID("key"): key}
    return {
        "output": callback["output"],
        "outputs": {"id": ID("inside"), "property": "children"},
        "inputs": [{**one, "value": values[one["id"]]} for one in callback["inputs"]],
        "state": [{**one, "value": values[one["id"]]} for one in callback["state"]],
        "changedPropIds": [],
    }


def view(port: int, tabs: dict[str, dict[str, object]], until: float, seen: Seen, seed: int) -> None:
    """One viewer: think, look, again."""
    chance = random.Random(seed)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    time.sleep(chance.uniform(0, THOUGHT))
    while time.monotonic() < until:
        key = chance.choice(list(tabs))
        began = time.monotonic()
        for kind, path, body in (
            ("document", f"/patient/{key}", None),
            ("page", "/_dash-update-component", page_body(key)),
            ("tab", "/_dash-update-component", tabs[key]),
        ):
            start = time.monotonic()
            status = _ask(connection, path, body)
            seen.spent[kind].append(1000 * (time.monotonic() - start))
            if status != 200:
                seen.errors.append(f"{kind} {status}")
        seen.spent["whole view"].append(1000 * (time.monotonic() - began))
        time.sleep(max(0.0, chance.gauss(THOUGHT, 1)))


def _ask(connection: http.client.HTTPConnection, path: str, body: dict[str, object] | None) -> int:
    if body is None:
        connection.request("GET", path)
    else:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def load(port: int, keys: list[str], viewers: int, seconds: float) -> Seen:
    """So many viewers at once."""
    one = tab_body(port, keys[0])
    tabs = {key: {**one, "state": [{**one["state"][0], "value": key}]} for key in keys}  # type: ignore[index]
    seen, until = Seen(), time.monotonic() + seconds
    threads = [threading.Thread(target=view, args=(port, tabs, until, seen, i)) for i in range(viewers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def memory_mb(process: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{process}/status").read_text("utf-8")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


def report(name: str, seen: Seen) -> None:
    """One line a kind of request."""
    for kind, times in seen.spent.items():
        ordered = sorted(times)
        p50, p95, p99 = (ordered[min(int(q * len(ordered)), len(ordered) - 1)] for q in (0.5, 0.95, 0.99))
        goal = f"   goal p95 under {GOAL_MS}" if kind == "whole view" else ""
        print(f"{name:11s} {kind:10s} n {len(times):5d}  p50 {p50:7.1f}  p95 {p95:7.1f}  p99 {p99:7.1f} ms{goal}")
    print(f"{name:11s} errors {len(seen.errors)} {sorted(set(seen.errors))}")


def run() -> None:
    """Serve, load, stop."""
    with tempfile.TemporaryDirectory() as name:
        store, keys = stored(Path(name), PEOPLE)
        began = time.monotonic()
        command = [sys.executable, "-m", "dashboard", "serve", "--store", str(store.place.folder), "--port", "0"]
        serving = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
        try:
            told = serving.stdout.readline() if serving.stdout else ""
            port = int(re.search(r":(\d+)/", told)[1])  # type: ignore[index]
            print(f"serve answers after {time.monotonic() - began:.1f} s")
            time.sleep(3)
            if "start" in sys.argv[1:]:
                report("first 20 s", load(port, keys, VIEWERS, 20))
                report("next 20 s", load(port, keys, VIEWERS, 20))
                return
            report("one viewer", load(port, keys[:20], 1, 15))
            before = memory_mb(serving.pid)
            report(f"{VIEWERS} viewers", load(port, keys, VIEWERS, SECONDS))
            print(f"memory of the server {before:.0f} MB before, {memory_mb(serving.pid):.0f} MB after")
        finally:
            serving.terminate()
            serving.wait(20)


if __name__ == "__main__":
    run()
