"""Runs a page of docs/ as it is written: its commands, its files, its Python, and what it says they print.

Blocks of a page, in order:

- ``sh``: run by bash in the page's own folder; a last line that serves is stopped once the first page has come. One
  that begins with ``make`` is for a checkout: tests/test_newcomer.py runs it in a clone.
- any language with ``title="NAME"``: written to a file of that name; ``python`` without one: run after those before it.
- ``text`` without a title: each line was printed by the block before it (its words in this order, in one line).
- everything else is for reading.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.installed import command_line, environment

ROOT = Path(__file__).resolve().parent.parent
SERVES = re.compile(r"^hepatrend (serve\b|demo\b(?!.*(--no-serve|--files-to))).*$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, the file that it is (or nothing), its text."""

    kind: str
    title: str
    text: str


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page."""
    found = re.findall(r"^```(\w*)(?: title=\"([^\"]+)\")?[^\n]*\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    return [Block(*parts) for parts in found]


PACKAGES = ("analytics", "dashboard", "hepatrend")


def copy_of_packages(folder: Path) -> None:
    """A copy of the packages in the page's folder, compiled as they are, for pages that add a file to a checkout."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / "here" / name)


def walk(page: Path, folder: Path) -> int:
    """Do in a folder what a page says; how many blocks were run.

    Raises:
        AssertionError: a command failed, or did not print what the page says.
    """
    environment, run, printed = _environment(folder), 0, ""
    (folder / "here").mkdir(exist_ok=True)
    with ExitStack() as until_read:
        python: _Python | None = None
        for block in blocks(page):
            if block.title:
                target = folder / "here" / block.title
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(block.text, "utf-8")
            elif block.kind == "sh" and not block.text.startswith("make "):
                printed, run = _shell(block.text, folder / "here", environment), run + 1
            elif block.kind == "python":
                python = python or until_read.enter_context(_Python(folder / "here", environment))
                printed, run = python(block.text), run + 1
            elif block.kind == "text":
                _compare(block.text, printed)
    return run


def _environment(folder: Path) -> dict[str, str]:
    """The command on the path is that of this checkout; nothing of this machine's own set-up is seen."""
    commands = folder / "bin"
    commands.mkdir(exist_ok=True)
    has_code = (folder / "here" / "analytics").is_dir()  # code that no process has read yet
    hepatrend = [sys.executable, "-m", "hepatrend"] if has_code else command_line()
    for name, words in (("hepatrend", hepatrend), ("python", [sys.executable])):
        script = commands / name
        script.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', "utf-8")
        script.chmod(0o755)
    path = f"{commands}{os.pathsep}{os.environ['PATH']}"
    code = folder / "here" if has_code else ROOT
    return environment() | {"PATH": path, "PYTHONPATH": str(code), "HEPATREND_PORT": str(_free_port())}


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _shell(text: str, cwd: Path, environment: dict[str, str]) -> str:
    served = SERVES.search(text)
    before = text[: served.start()] if served else text
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", before],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{before}\nexit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    if served:
        _serve(served.group(0), cwd, environment)
    return done.stdout + done.stderr


def _serve(command: str, cwd: Path, environment: dict[str, str]) -> None:
    """Start it, wait for its first page, stop it."""
    address = f"http://127.0.0.1:{environment['HEPATREND_PORT']}/"
    page = urllib.request.Request(address, headers={"Accept": "text/html"})
    with subprocess.Popen(
        ["bash", "-c", f"exec {command}"], cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True, text=True,
    ) as server:  # fmt: skip
        try:
            for _ in range(1200):
                assert server.poll() is None, f"{command}: {server.stdout.read() if server.stdout else ''}"
                try:
                    with urllib.request.urlopen(page, timeout=30) as answer:
                        assert answer.status == 200
                    break
                except OSError:
                    time.sleep(0.25)
            else:
                raise AssertionError(f"{command}: no page came")
        finally:
            stop(server)


def stop(server: subprocess.Popen[str]) -> None:
    """End a process and what it started: asked first, then made to."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        if server.poll() is None:
            os.killpg(server.pid, how)
        try:
            server.communicate(timeout=60)
            return
        except subprocess.TimeoutExpired:
            continue


_READER = """import json, sys, traceback
told, sys.stdin, names = sys.stdin, open("/dev/null"), {"__name__": "__main__"}
for line in told:
    try:
        exec(json.loads(line), names)
    except BaseException:
        traceback.print_exc()
        sys.exit(1)
    print(flush=True)
    print("read", flush=True)
"""


class _Python:
    """An interpreter that reads the blocks of a page one after the other, as a reader does."""

    def __init__(self, cwd: Path, environment: dict[str, str]):
        self._said = cwd.parent / "stderr"
        with self._said.open("w") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "error", "-c", _READER], cwd=cwd, env=environment, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=said, text=True,
            )  # fmt: skip

    def __enter__(self) -> _Python:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)

    def __call__(self, text: str) -> str:
        """What a block prints."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(text) + "\n")
        self._process.stdin.flush()
        printed: list[str] = []
        while printed[-2:] != ["\n", "read\n"]:
            line = self._process.stdout.readline()
            assert line, f"{text}\n{''.join(printed)[-1000:]}{self._said.read_text()[-3000:]}"
            printed.append(line)
        return "".join(printed[:-2])


def _compare(said: str, printed: str) -> None:
    lines = [line.split() for line in printed.splitlines()]
    for line in filter(None, map(str.split, said.splitlines())):
        assert any(_in_order(line, words) for words in lines), f"not printed: {' '.join(line)}\nbut:\n{printed[-3000:]}"


def _in_order(wanted: list[str], words: list[str]) -> bool:
    """Whether the words stand in a line in this order, others between them."""
    rest = iter(words)
    return all(any(word == other for other in rest) for word in wanted)
