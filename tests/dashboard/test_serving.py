"""serve, demo and user as commands: what they say, and how they end."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installed import command_line
from tests.installed import completed as run
from tests.stores import small_store

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_a_public_address_without_sign_in_exits_2_with_one_line_that_says_what_to_set(tmp_path, host):
    done = run("serve", "--host", host, "--store", str(tmp_path / "s"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "HEPATREND_AUTH=local" in done.stderr
    assert not (tmp_path / "s").exists()


def test_an_address_in_the_environment_is_refused_alike(tmp_path):
    done = run("serve", "--store", str(tmp_path / "s"), HEPATREND_HOST="0.0.0.0")
    assert done.returncode == 2
    assert run("serve", "--store", str(tmp_path / "s"), HEPATREND_PORT="99999").returncode == 1


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("HEPATREND_AUTH", "", "HEPATREND_AUTH: Input should be 'none', 'local', 'proxy' or 'oidc'"),
        ("HEPATREND_HOSTNAMES", "one", "hostnames"),
        ("HEPATREND_CONFIG", str(ROOT / "README.md"), "README.md"),
    ],
)
def test_an_impossible_option_is_one_line_of_every_command(tmp_path, name, value, says):
    store, question = small_store(tmp_path / "s"), tmp_path / "who.txt"
    question.write_text("where ever ALT above 1 x ULN\n")
    for words in (
        ("report", "digest", "--out", tmp_path / "r.html"),
        ("schedule", "run-due"),
        ("cohort", "export", question, "--out", tmp_path / "out"),
        ("serve",),
    ):
        done = run(*map(str, words), "--store", str(store.place.folder), **{name: value})
        assert done.returncode == 1, words
        assert done.stderr.count("\n") == 1, words
        assert done.stderr.startswith("hepatrend: ") and says in done.stderr, words


def test_demo_loads_once_and_says_what_is_there(tmp_path):
    first = run("demo", "--no-serve", "--store", str(tmp_path / "s"))
    assert first.returncode == 0, first.stderr
    assert "imported labs.csv" in first.stdout
    assert "63 patients" in first.stdout
    began = time.monotonic()
    second = run("demo", "--no-serve", "--store", str(tmp_path / "s"))
    assert time.monotonic() - began < 60  # a shared machine; alone it takes 3 s
    assert "imported" not in second.stdout
    assert second.stdout.splitlines()[-1] == first.stdout.splitlines()[-1]


def test_serve_answers_and_ends_with_0_on_sigterm(tmp_path):
    server = subprocess.Popen(
        [sys.executable, "-m", "dashboard", "serve", "--port", "0", "--store", str(tmp_path / "s")],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    said = server.stdout.readline()
    address = next(word for word in said.split() if word.startswith("http://127.0.0.1:"))
    with urllib.request.urlopen(address + "healthz", timeout=30) as answer:
        assert answer.read() == b"ok"
        assert answer.headers["Server"] is None
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=60)
    assert server.returncode == 0


@pytest.mark.parametrize(
    ("request_line", "header", "status"),
    [
        ("GET / HTTP/1.1", "Accept: text/html", b"200"),
        ("GET / HTTP/1.1", "X-Forwarded-For: 127.0.0.1", b"403"),
        ("GET / HTTP/1.1", "Forwarded: for=127.0.0.1", b"403"),
        ("GET / HTTP/1.1", "X-Forwarded-Proto: https", b"403"),
        ("GET / HTTP/1.0", "Accept: text/html", b"403"),
    ],
)
def test_without_sign_in_the_running_server_refuses_what_comes_through_a_proxy(
    proxied: int, request_line: str, header: str, status: bytes
):
    with socket.create_connection(("127.0.0.1", proxied), timeout=30) as line:
        line.sendall(f"{request_line}\r\nHost: 127.0.0.1\r\nConnection: close\r\n{header}\r\n\r\n".encode())
        with line.makefile("rb") as answer:
            assert answer.readline().split()[1] == status
            answer.read()


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server without sign-in."""
    server = subprocess.Popen(
        [*command_line(), "serve", "--port", "0", "--store", str(tmp_path_factory.mktemp("p") / "s")],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    yield int(server.stdout.readline().split("http://127.0.0.1:")[1].split("/")[0])
    server.terminate()
    server.communicate(timeout=60)


def test_accounts_are_kept_on_the_host(tmp_path):
    store = ("--store", str(tmp_path / "s"))
    password = "correct horse battery\n"
    assert run("user", "add", "ada", "--role", "clinician", "--password-stdin", *store, stdin=password).returncode == 0
    assert "ada\tclinician" in run("user", "list", *store).stdout
    again = run("user", "add", "ada", "--role", "clinician", "--password-stdin", *store, stdin=password)
    assert again.returncode == 1
    assert "already" in again.stderr
    assert run("user", "role", "ada", "--role", "auditor", *store).returncode == 0
    assert run("user", "password", "ada", "--password-stdin", *store, stdin="short\n").returncode == 1
    assert run("user", "unlock", "ada", *store).stdout == "ada can sign in; 0 tries were forgotten\n"
    assert run("user", "unlock", "nobody", *store).returncode == 1
    assert run("user", "remove", "ada", *store).returncode == 0
    assert run("user", "list", *store).stdout == ""


def test_connections_that_say_nothing_do_not_keep_others_out(tmp_path):
    server = subprocess.Popen(
        [*command_line(), "serve", "--port", "0", "--store", str(tmp_path / "s")],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    address = next(word for word in server.stdout.readline().split() if word.startswith("http://127.0.0.1:"))
    port = int(address.rstrip("/").rpartition(":")[2])
    idle = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(150)]
    try:
        with urllib.request.urlopen(address + "healthz", timeout=30) as answer:
            assert answer.read() == b"ok"
    finally:
        for each in idle:
            each.close()
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)
    assert server.returncode == 0
