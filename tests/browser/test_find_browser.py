"""Which browser the tests take where a machine has several or none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser import find_browser

Have = Callable[..., None]


@pytest.fixture
def have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Have:
    """A machine with these programs alone."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("HEPATREND_BROWSER", raising=False)
    monkeypatch.setattr(find_browser, "playwright_browser", lambda: None)

    def put(*names: str) -> None:
        for name in names:
            (tmp_path / name).write_text("#!/bin/sh\n")
            (tmp_path / name).chmod(0o755)

    return put


def test_the_one_without_windows_is_taken_before_the_others(have: Have):
    have("google-chrome", "chromium")
    assert Path(find_browser.find() or "").name == "chromium"
    have("chromium-headless-shell")
    assert Path(find_browser.find() or "").name == "chromium-headless-shell"


def test_the_variable_wins(have: Have, monkeypatch: pytest.MonkeyPatch):
    have("chromium-headless-shell")
    monkeypatch.setenv("HEPATREND_BROWSER", "/opt/another")
    assert find_browser.find() == "/opt/another"


@pytest.mark.parametrize(
    ("offered", "asked"),
    [
        (["chromium-headless-shell"], ["chromium-headless-shell"]),
        (["chromium"], ["chromium-headless-shell", "chromium"]),
    ],
)
def test_a_bare_machine_gets_what_its_apt_offers(
    have: Have, monkeypatch: pytest.MonkeyPatch, offered: list[str], asked: list[str]
):
    wanted: list[str] = []

    def by_apt(*packages: str) -> None:
        wanted.append(packages[0])
        have(*[name for name in packages if name in offered])

    monkeypatch.setattr(find_browser, "by_apt", by_apt)
    monkeypatch.setattr(find_browser, "_by_playwright", lambda: pytest.fail("apt offers one"))
    assert find_browser.main() == 0
    assert wanted == asked


def test_a_browser_that_is_there_is_used_and_nothing_is_installed(have: Have, monkeypatch: pytest.MonkeyPatch):
    have("chromium")
    monkeypatch.setattr(find_browser, "by_apt", lambda *packages: pytest.fail(f"installs {packages}"))
    assert find_browser.main() == 0


def test_a_machine_that_none_can_be_had_for_is_told_what_to_do(
    have: Have, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    for way in ("by_apt", "_by_playwright"):
        monkeypatch.setattr(find_browser, way, lambda *packages: None)
    assert find_browser.main() == 1
    assert "apt-get install chromium-headless-shell" in capsys.readouterr().out


def test_the_lists_of_apt_are_read_once(monkeypatch: pytest.MonkeyPatch):
    ran: list[str] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(find_browser.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(find_browser, "_apt", lambda *what: ran.append(what[0]))
    find_browser._read_the_lists.cache_clear()
    for name in ("postgresql", "chromium"):
        find_browser.by_apt(name)
    find_browser._read_the_lists.cache_clear()
    assert ran == ["update", "install", "install"]
