"""Find a Chromium for the browser tests, or install one; say in one line what to do when neither can be had."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

SHELL = "chromium-headless-shell"
"""Chromium without windows: the same engine in six sevenths of the processor time, and a smaller download."""
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FONTS = "fonts-dejavu-core"
"""Letters to draw: a bare machine has none."""


def system_browser() -> str | None:
    """Path of the system's Chromium; HEPATREND_BROWSER wins."""
    named = os.environ.get("HEPATREND_BROWSER")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def playwright_browser() -> str | None:
    """Path of the Chromium that Playwright downloaded, if it did."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        path = p.chromium.executable_path
    return path if Path(path).exists() else None


def by_apt(*packages: str) -> None:
    """Install Debian packages, where this machine has apt and we may."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    _read_the_lists()
    _apt("install", "-y", *packages)


@cache
def _read_the_lists() -> None:
    _apt("update")


def _apt(*what: str) -> None:
    quiet = {"stdout": subprocess.DEVNULL, "check": False, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "-qq", *what], **quiet)


def _by_playwright() -> None:
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def find() -> str | None:
    """Path of a browser that is already here."""
    return system_browser() or playwright_browser()


def main() -> int:
    """Make sure that there is a browser; 0 if so."""
    by = (lambda: None, lambda: by_apt(SHELL, FONTS), lambda: by_apt("chromium", FONTS), _by_playwright)
    for install in by:
        install()
        if path := find():
            print(f"browser for the tests: {path}")
            return 0
    print(f"The browser tests need Chromium: apt-get install {SHELL}, or set HEPATREND_BROWSER to its path.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
