"""Pages while 202,750 rows are imported and analysed: readers and /healthz, with and without the import, in one run.

The import is the one that page Import asks for: a job of the store, done by a worker process that the server starts. So
much is imported anew that every bucket has to be analysed. Readers open the worklist and patients' pages, a second of
thought between two; /healthz is asked five times a second. The same is measured before (nothing beside), and while as
many rows lie in the store as afterwards (after). What other work does to the machine is in all three; so beside the
milliseconds there is the server's own processor time a request, and the share of time that the machine was busy.
The resident memory of the server is that of its processes: the most while a phase lasted, and what it is at its end.
Numbers as arguments are those of rows and of readers: ``... bench_import_beside 202750 50``. Fifty think five seconds.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

from analytics.store import Store
from analytics.store.working_state import jobs
from dashboard.cohorts import worker
from dashboard.config import Config
from dashboard.importing import progress
from dashboard.importing.uploads import Uploads
from dashboard.web import ids
from tests.benchmarks.bench_ingest import write
from tests.benchmarks.bench_patient import page_body, stored

READERS, ROWS, PEOPLE, QUIET_SECONDS = 8, 202_750, 200, 20.0
MANY = 50
"""From so many readers on each thinks as long as people do who have read something."""
THOUGHT, LONG_THOUGHT, HEALTH_EVERY = 1.0, 5.0, 0.2
GOALS_MS = {"page": 500, "healthz": 100}
NO_ANSWER = 0
"""Stands for a status where a minute brought none."""
GOALS_MB = {"most": 1_200, "rest": 800}
_TICKS = os.sysconf("SC_CLK_TCK")


class Asked:
    """Milliseconds of requests by kind, in one phase."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = {"page": [], "healthz": []}
        self.errors: list[int] = []


class Load:
    """Readers and a probe that go on until they are stopped; what they see goes to the phase that is on."""

    def __init__(self, port: int, keys: list[str], readers: int):
        self._port, self._keys = port, keys
        self._thought = LONG_THOUGHT if readers >= MANY else THOUGHT
        self.phase, self._over = Asked(), threading.Event()
        self._threads = [threading.Thread(target=self._read, args=(seed,)) for seed in range(readers)]
        self._threads.append(threading.Thread(target=self._probe))
        for thread in self._threads:
            thread.start()

    def during(self, wait: Callable[[], object]) -> Asked:
        """What was seen while ``wait`` lasted."""
        self.phase = now = Asked()
        wait()
        return now

    def stop(self) -> None:
        """No more."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _read(self, seed: int) -> None:
        chance, connection = random.Random(seed), HTTPConnection("127.0.0.1", self._port, timeout=60)
        worklist = page_body("") | {
            "inputs": [
                {"id": ids.URL, "property": "pathname", "value": "/"},
                {"id": ids.URL, "property": "search", "value": ""},
            ]
        }
        while not self._over.wait(chance.uniform(0, 2 * self._thought)):
            body = worklist if chance.random() < 0.3 else page_body(chance.choice(self._keys))
            self._timed("page", connection, "POST", "/_dash-update-component", json.dumps(body))

    def _probe(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        while not self._over.wait(HEALTH_EVERY):
            self._timed("healthz", connection, "GET", "/healthz", None)

    def _timed(self, kind: str, connection: HTTPConnection, method: str, path: str, body: str | None) -> None:
        phase, began = self.phase, time.monotonic()
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            answer = connection.getresponse()
            answer.read()
            status = answer.status
        except TimeoutError:
            connection.close()
            status = NO_ANSWER
        phase.spent[kind].append(1000 * (time.monotonic() - began))
        if status != 200:
            phase.errors.append(status)


def processor_seconds(process: int) -> float:
    """What a process has used, its own code and the system's for it."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_mb(process: int) -> float:
    """What a process holds in memory now; 0 where it is over."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


class Memory:
    """The most that a process held while the block lasted, looked at ten times a second."""

    def __init__(self, process: int):
        self._process, self._over = process, threading.Event()
        self.most = resident_mb(process)

    def __enter__(self) -> Memory:
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.1):
            self.most = max(self.most, resident_mb(self._process))


def busy_seconds() -> tuple[float, float]:
    """Of all processors: used, and used or idle."""
    numbers = [int(word) for word in Path("/proc/stat").read_text("ascii").splitlines()[0].split()[1:9]]
    idle = numbers[3] + numbers[4]
    return (sum(numbers) - idle) / _TICKS, sum(numbers) / _TICKS


def measured(name: str, load: Load, server: int, wait: Callable[[], object]) -> None:
    """One phase, a line a kind of request."""
    used, machine, began = processor_seconds(server), busy_seconds(), time.monotonic()
    with Memory(server) as memory:
        seen = load.during(wait)
    seconds, own = time.monotonic() - began, processor_seconds(server) - used
    busy, whole = (after - before for after, before in zip(busy_seconds(), machine, strict=True))
    asked = sum(map(len, seen.spent.values()))
    print(
        f"{name:7s} {seconds:5.0f} s, machine busy {busy / whole:4.0%}, server {1000 * own / max(asked, 1):5.1f} ms of "
        f"processor a request, {asked} requests, errors {sorted(set(seen.errors))}"
    )
    print(
        f"{name:7s} memory   most {memory.most:5.0f} MB, now {resident_mb(server):5.0f} MB"
        f"   goal most under {GOALS_MB['most']:,}, rest under {GOALS_MB['rest']}"
    )
    for kind, times in seen.spent.items():
        if times:
            ordered = sorted(times)
            p50, p95 = (ordered[min(int(q * len(ordered)), len(ordered) - 1)] for q in (0.5, 0.95))
            goal = GOALS_MS[kind]
            print(f"{name:7s} {kind:8s} n {len(times):5d}  p50 {p50:7.1f}  p95 {p95:7.1f}  most {ordered[-1]:7.1f} ms"
                  f"   goal p95 under {goal}")  # fmt: skip


def imported(store: Store, config: Config, file: Path) -> None:
    """As page Import asks for it; back when the import and its analysis are over."""
    with file.open("rb") as stream:
        body = {"file": Uploads(config).keep(file.name, stream), "name": file.name, "save": ""}
    job_id = jobs.submit(store, progress.KIND, "bench", body)
    worker.start(config)
    while jobs.pending(store, progress.KIND, "analysis"):
        time.sleep(0.2)
    done = jobs.get(store, job_id, "bench")
    print(f"import: {done.state if done else 'gone'}, analysed: {not store.unanalysed()}")


def run() -> None:
    """Serve, read, import beside, read."""
    with tempfile.TemporaryDirectory() as name:
        store, keys = stored(Path(name), PEOPLE)
        config = Config(store=str(store.place.folder))
        file = Path(name) / "new.csv"
        rows, readers = (
            int(given) for given in (*sys.argv[1:], *(str(n) for n in (ROWS, READERS)[len(sys.argv) - 1 :]))
        )
        write(file, rows)
        command = [sys.executable, "-m", "dashboard", "serve", "--store", str(store.place.folder), "--port", "0"]
        serving = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
        load = None
        try:
            told = serving.stdout.readline() if serving.stdout else ""
            load = Load(int(re.search(r":(\d+)/", told)[1]), keys, readers)  # type: ignore[index]
            time.sleep(5)
            measured("before", load, serving.pid, lambda: time.sleep(QUIET_SECONDS))
            measured("beside", load, serving.pid, lambda: imported(store, config, file))
            measured("after", load, serving.pid, lambda: time.sleep(QUIET_SECONDS))
        finally:
            if load:
                load.stop()
            serving.terminate()
            serving.wait(20)


if __name__ == "__main__":
    run()
