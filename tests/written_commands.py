"""Runs a page of docs/ as it is written: its commands, its files, its Python, and what it says they print.

Blocks of a page, in order:

- ``sh``: run by bash in the page's own folder; a last line that serves is stopped once the first page has come. One
  that begins with ``make`` is for a checkout: tests/test_newcomer.py runs it in a clone.
- any language with ``title="NAME"``: written to a file of that name; ``python`` without one: run after those before it.
- ``text`` without a title: each line was printed by the block before it (its words in this order, in one line).
- everything else is for reading.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

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
    """A copy of the packages in the page's folder, for pages that add a file to a checkout."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / "here" / name, ignore=shutil.ignore_patterns("__pycache__"))


def walk(page: Path, folder: Path) -> int:
    """Do in a folder what a page says; how many blocks were run.

    Raises:
        AssertionError: a command failed, or did not print what the page says.
    """
    environment, run, printed, python = _environment(folder), 0, "", ""
    (folder / "here").mkdir(exist_ok=True)
    for block in blocks(page):
        if block.title:
            target = folder / "here" / block.title
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, "utf-8")
        elif block.kind == "sh" and not block.text.startswith("make "):
            printed, run = _shell(block.text, folder / "here", environment), run + 1
        elif block.kind == "python":
            printed, python = _python(python, block.text, folder / "here", environment), python + block.text
            run += 1
        elif block.kind == "text":
            _compare(block.text, printed)
    return run


def _environment(folder: Path) -> dict[str, str]:
    """The command on the path is that of this checkout; nothing of this machine's own set-up is seen."""
    commands = folder / "bin"
    commands.mkdir(exist_ok=True)
    for name, module in (("hepatrend", " -m hepatrend"), ("python", "")):
        script = commands / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}"{module} "$@"\n', "utf-8")
        script.chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HEPATREND_")}
    path = f"{commands}{os.pathsep}{os.environ['PATH']}"
    code = folder / "here" if (folder / "here" / "analytics").is_dir() else ROOT
    return kept | {"PATH": path, "PYTHONPATH": str(code), "HEPATREND_PORT": str(_free_port())}


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


def _python(before: str, text: str, cwd: Path, environment: dict[str, str]) -> str:
    """Run a block after those before it, which say nothing this time."""
    code = f"import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n    exec({before!r})\n{text}"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout[-1000:]}{done.stderr[-3000:]}"
    return done.stdout


def _compare(said: str, printed: str) -> None:
    lines = [line.split() for line in printed.splitlines()]
    for line in filter(None, map(str.split, said.splitlines())):
        assert any(_in_order(line, words) for words in lines), f"not printed: {' '.join(line)}\nbut:\n{printed[-3000:]}"


def _in_order(wanted: list[str], words: list[str]) -> bool:
    """Whether the words stand in a line in this order, others between them."""
    rest = iter(words)
    return all(any(word == other for other in rest) for word in wanted)
