"""What pages made ahead and the tuned garbage collector are worth: the same server with both, either and neither.

One store, ROUNDS times the four servers one after the other, so that what else runs on the machine meets all of them.
*First* is the page of a patient nobody has looked at, asked of the server one at a time, at once or a minute later;
*views* are those of bench_viewers, of fifty viewers who come then. Loads of the machine are printed with each server.
*Processor* is what first pages cost in one thread by its own clock, whatever else runs: with and without the tuning.
"""

from __future__ import annotations

import gc
import http.client
import itertools
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from analytics.store import Store, open_store
from dashboard.application.app import create_app
from dashboard.config import Config
from dashboard.web.gc_tuning import settle
from tests.benchmarks.bench_patient import page_body, stored
from tests.benchmarks.bench_viewers import PEOPLE, VIEWERS, _ask, load, memory_mb

PYTHONS_OWN = gc.get_threshold()
ROUNDS, SECONDS, ALONE = 2, 20.0, 40
IDLE = {"at once": 1.0, "after a minute": 60.0}
VARIANTS = {"both": (), "no pages ahead": ("pages",), "no tuning": ("tuning",), "neither": ("pages", "tuning")}
WITHOUT = {
    "pages": "from dashboard.application.prewarm import Ahead; Ahead.start = lambda self: None",
    "tuning": "import dashboard.web.gc_tuning as g; g.settle = g.settle_anew = g.settle_grown = lambda: None",
}
"""What takes a mechanism out of a server before anything else of it is imported."""


def first(port: int, keys: list[str]) -> list[float]:
    """Milliseconds of the first page of each patient, one after the other."""
    connection, spent = http.client.HTTPConnection("127.0.0.1", port, timeout=30), []
    for key in keys:
        began = time.perf_counter()
        assert _ask(connection, "/_dash-update-component", page_body(key)) == 200
        spent.append(1000 * (time.perf_counter() - began))
    return spent


def one(store: str, keys: list[str], without: tuple[str, ...], idle: float) -> tuple[list[float], list[float], float]:
    """First pages, whole views, and the memory in megabytes of a server without these, left alone for a while."""
    start = "; ".join([*(WITHOUT[name] for name in without), "from dashboard.cli import main; main()"])
    command = [sys.executable, "-c", start, "serve", "--store", store, "--port", "0"]
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        told = serving.stdout.readline() if serving.stdout else ""
        port = int(re.search(r":(\d+)/", told)[1])  # type: ignore[index]
        time.sleep(idle)
        # the worklist's first are made ahead first, and so are the last to say what a first look costs
        alone = first(port, keys[-ALONE:])
        seen = load(port, keys[:-ALONE], VIEWERS, SECONDS)
        assert not seen.errors, seen.errors
        return alone, seen.spent["whole view"], memory_mb(serving.pid)
    finally:
        serving.terminate()
        serving.wait(20)


def processor(store: Store, keys: list[str], *, tuned: bool) -> list[float]:
    """Milliseconds of processor of the first page of each patient in this thread, searches for garbage among them."""
    gc.unfreeze()
    gc.set_threshold(*PYTHONS_OWN)
    client, spent = create_app(store, Config(store=str(store.place.folder))).server.test_client(), []
    store.worklist()
    if tuned:
        settle()
    for key in keys:
        began = time.thread_time()
        assert client.post("/_dash-update-component", json=page_body(key)).status_code == 200
        spent.append(1000 * (time.thread_time() - began))
    return spent


def quantile(values: list[float], share: float) -> float:
    """The value below which this share of the values lies."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def run() -> None:
    """All servers, all rounds; one line a server, the rounds taken together, and p95 of each round."""
    firsts, views, memory = defaultdict(list), defaultdict(list), defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        store, keys = stored(Path(folder), PEOPLE)
        for tuned in (True, False, True, False):
            spent = processor(open_store(str(store.place.folder)), keys, tuned=tuned)
            shown = " ".join(f"p{100 * share:.0f} {quantile(spent, share):6.1f}" for share in (0.5, 0.95, 1.0))
            print(f"processor of a first page, {'tuned' if tuned else 'as Python does'}: {shown} ms", flush=True)
        for _, (name, without), when in itertools.product(range(ROUNDS), VARIANTS.items(), IDLE):
            alone, seen, mb = one(str(store.place.folder), keys, without, IDLE[when])
            shown = f"first p95 {quantile(alone, 0.95):6.1f}  views p95 {quantile(seen, 0.95):7.1f} ms"
            print(f"load {os.getloadavg()[0]:4.1f}  {name:15s} {when:15s} {shown}", flush=True)
            firsts[name, when] += alone
            views[name, when] += seen
            memory[name, when].append(mb)
    for which, seen in views.items():
        alone = " ".join(f"p{100 * share:.0f} {quantile(firsts[which], share):6.1f}" for share in (0.5, 0.95))
        spent = " ".join(f"p{100 * share:.0f} {quantile(seen, share):7.1f}" for share in (0.5, 0.95, 0.99))
        print(f"{' '.join(which):31s} first {alone}   views n {len(seen):4d} {spent} ms   {max(memory[which]):.0f} MB")


if __name__ == "__main__":
    run()
