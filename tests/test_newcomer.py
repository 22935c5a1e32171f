"""A newcomer's walk: clone, `make run`, the first page; the time is printed. Libraries are installed already."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.written_commands import blocks, stop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
AT_MOST_S = 300
"""Many times what it takes on a quiet machine: other tests run beside."""


def first_commands() -> list[list[str]]:
    """The lines of the first block of the README, without their comments."""
    first = next(block for block in blocks(ROOT / "README.md") if block.kind)
    return [shlex.split(line, comments=True) for line in first.text.splitlines()]


def test_the_first_screen_of_the_readme_is_one_sentence_one_picture_and_two_commands():
    assert first_commands() == [["make", "run"], ["make", "test"]]
    title, sentence, picture, *_ = re.split(r"\n\n+", (ROOT / "README.md").read_text("utf-8"))
    assert title == "# hepatrend" and sentence.rstrip().endswith(".") and ". " not in sentence
    assert picture.startswith("![") and "\n" not in picture


def test_from_a_clone_to_the_first_page_by_one_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    begun = time.monotonic()
    clone = tmp_path / "a clone"
    subprocess.run(
        ["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)], check=True, capture_output=True
    )
    (clone / ".venv").mkdir()
    (clone / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    (clone / ".venv" / "ready").touch()
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HEPATREND_")} | {"PYTHONPATH": str(clone)}
    with subprocess.Popen(
        [*first_commands()[0], f"PORT={port}"], cwd=clone, env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, start_new_session=True, text=True,
    ) as made:  # fmt: skip
        try:
            page = _first_page(made, f"http://127.0.0.1:{port}/", begun + AT_MOST_S)
        finally:
            stop(made)
    with capsys.disabled():
        sys.stdout.write(f"\nfrom clone to first page: {time.monotonic() - begun:.0f} s\n")
    assert "HT-0" in page and "Worklist" in page
    left = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    assert left.stdout == ""


def _first_page(made: subprocess.Popen[str], address: str, until: float) -> str:
    while time.monotonic() < until:
        assert made.poll() is None, made.stdout.read() if made.stdout else ""
        try:
            with urllib.request.urlopen(
                urllib.request.Request(address, headers={"Accept": "text/html"}), timeout=60
            ) as answer:
                return str(answer.read().decode("utf-8"))
        except OSError:
            time.sleep(0.25)
    raise AssertionError("no page came")
