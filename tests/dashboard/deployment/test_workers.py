"""Several server processes over one store: whichever answers, the answer is the same; one that dies is started anew."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from analytics.store import open_store
from dashboard.config import Config
from dashboard.security.accounts import Accounts
from tests.installed import SCRIPT, command_line, completed, environment
from tests.stores import small_store

pytest.importorskip("gunicorn")
WORDS = "a long and secret sentence"
IDLE = 100


@dataclass
class Running:
    """A server: its process and where it listens."""

    process: subprocess.Popen[str]
    port: int

    def ask(
        self, path: str, method: str = "GET", body: str = "", **headers: str
    ) -> tuple[int, http.client.HTTPMessage, str]:
        """On a connection of its own, so that any process may answer."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            line.request(method, path, body or None, {k.replace("_", "-"): v for k, v in headers.items()})
            answer = line.getresponse()
            return answer.status, answer.headers, answer.read().decode("utf-8", "replace")
        finally:
            line.close()

    def workers(self) -> set[int]:
        """Process ids of those who answer."""
        told = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return {int(pid) for pid in told.split()}


def started(folder: Path, *words: str, how: list[str] | None = None, **more: str) -> Running:
    process = subprocess.Popen(
        [*(how or command_line()), "serve", "--port", "0", "--store", str(folder), *words],
        env={**environment(), **more}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    return Running(process, int(process.stdout.readline().split("http://127.0.0.1:")[1].split("/")[0]))


def stop(running: Running) -> int:
    running.process.send_signal(signal.SIGTERM)
    running.process.communicate(timeout=90)
    return running.process.returncode


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = small_store(tmp_path_factory.mktemp("workers") / "s").place.folder
    Accounts.of(Config(store=str(folder))).add("ada", "clinician", WORDS)
    return folder


@pytest.fixture(scope="module")
def two(store: Path) -> Iterator[Running]:
    itself = [sys.executable, str(SCRIPT)]  # what is asked for its children
    running = started(store, "--workers", "2", how=itself, HEPATREND_AUTH="local", HEPATREND_HEALTH__TOKEN="word")
    yield running
    assert stop(running) == 0
    assert not list(Path(os.environ.get("TMPDIR", "/tmp")).glob(f"hepatrend-metrics-*/*_{running.process.pid}.db"))


def tried(running: Running, words: str) -> tuple[int, http.client.HTTPMessage]:
    """Status and headers of one try to sign in."""
    _, headers, page = running.ask("/login", Accept="text/html")
    token = re.search(r'name="(\w*token\w*)"[^>]*value="([^"]+)"', page)
    assert token is not None, page
    cookie = cookies_of(headers)
    form = {"name": "ada", "password": words, token[1]: token[2]}
    kind = "application/x-www-form-urlencoded"
    status, headers, _ = running.ask("/login", "POST", urlencode(form), Cookie=cookie, Content_Type=kind)
    return status, headers


def signed_in(running: Running) -> str:
    """Cookies of a session."""
    status, headers = tried(running, WORDS)
    assert status == 303
    return cookies_of(headers)


def cookies_of(headers: http.client.HTTPMessage) -> str:
    """What a browser would send next: of two of one name the later."""
    told = dict(c.split(";")[0].split("=", 1) for c in headers.get_all("Set-Cookie") or [])
    return "; ".join(f"{name}={value}" for name, value in told.items())


def test_a_session_and_its_pages_are_known_to_every_process(two: Running, store: Path):
    cookie = signed_in(two)
    key = open_store(str(store)).key_of(open_store(str(store)).patient_ids[0])
    for path in ("/", f"/patient/{key}", "/cohort", "/imports"):
        for _ in range(4):
            status, headers, page = two.ask(path, Cookie=cookie, Accept="text/html")
            assert (status, headers["Server"]) == (200, None)
            assert "hepatrend" in page
    assert two.ask("/", Accept="text/html")[0] == 303


def test_tries_and_the_end_of_a_session_count_in_every_process(two: Running, store: Path):
    cookie = signed_in(two)
    token = dict(part.split("=", 1) for part in cookie.split("; "))["_csrf_token"]
    accounts = Accounts.of(Config(store=str(store)))
    statuses = [tried(two, f"wrong words {i}")[0] for i in range(8)]
    assert statuses == [401] * 5 + [429] * 3, "one count, whichever process is asked"
    assert tried(two, WORDS)[0] == 429
    assert accounts.unlock("ada") == 5
    assert {two.ask("/", Cookie=cookie, Accept="text/html")[0] for _ in range(6)} == {200}, "tries end no session"
    assert two.ask("/logout", "POST", Cookie=cookie, X_CSRFToken=token)[0] == 204
    assert {two.ask("/", Cookie=cookie, Accept="text/html")[0] for _ in range(12)} == {303}
    cookie = signed_in(two)
    accounts.set_role("ada", "auditor")
    assert {two.ask("/", Cookie=cookie, Accept="text/html")[0] for _ in range(12)} == {303}
    accounts.set_role("ada", "clinician")


def test_monitoring_speaks_for_all_of_them(two: Running):
    before = counted(two)
    for _ in range(20):
        assert two.ask("/healthz")[::2] == (200, "ok")
    status, _, said = two.ask("/readyz")
    assert (status, json.loads(said)["ready"]) == (200, True)
    assert [counted(two) - before >= 20 for _ in range(6)] == [True] * 6
    assert two.ask("/metrics")[0] == 401


def counted(running: Running) -> float:
    """Requests of /healthz, as whichever process tells them."""
    status, _, said = running.ask("/metrics", Authorization="Bearer word")
    assert status == 200
    assert "hepatrend_check" in said
    found = re.search(r'hepatrend_requests_total\{.*route="/healthz".*\} ([\d.]+)', said)
    return float(found[1]) if found else 0.0


def test_one_that_is_killed_is_started_anew_and_nobody_is_signed_out(two: Running):
    cookie, before = signed_in(two), two.workers()
    assert len(before) == 2
    os.kill(min(before), signal.SIGKILL)
    deadline = time.monotonic() + 60
    while len(two.workers() - before) < 1:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    for _ in range(8):
        assert two.ask("/", Cookie=cookie, Accept="text/html")[0] == 200


@pytest.fixture(scope="module", params=["1", "2"])
def without_sign_in(store: Path, request: pytest.FixtureRequest) -> Iterator[Running]:
    running = started(store, "--workers", request.param)
    yield running
    assert stop(running) == 0


def test_without_sign_in_only_this_machine_is_answered(without_sign_in: Running):
    assert without_sign_in.ask("/", Accept="text/html")[0] == 200
    for name in ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded"):
        assert without_sign_in.ask("/", **{name: "127.0.0.1"})[0] == 403


def test_connections_that_say_nothing_keep_nobody_waiting(without_sign_in: Running):
    assert without_sign_in.ask("/healthz")[0] == 200
    with ExitStack() as idle:
        for _ in range(IDLE):
            idle.enter_context(socket.create_connection(("127.0.0.1", without_sign_in.port), timeout=30))
        time.sleep(1)
        for path in ("/healthz", "/"):
            began = time.monotonic()
            assert without_sign_in.ask(path, Accept="text/html")[0] == 200
            assert time.monotonic() - began < 30


def test_an_address_for_others_needs_sign_in_with_several_too(store: Path):
    done = completed("serve", "--workers", "2", "--host", "0.0.0.0", "--store", store)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
