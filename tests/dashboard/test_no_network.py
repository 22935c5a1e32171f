"""The product calls no one: every page, download and report is made where there is no network at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.stores import small_store

OUT = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")


def walk(folder: str) -> None:
    """Every page, what a patient can be downloaded as, and a report; prints what asked for a way out."""
    asked: list[str] = []

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event in OUT and not isinstance(arguments[-1], (str, bytes)):  # a unix socket's address is a path
            asked.append(f"{event} {arguments[-1]}")

    sys.addaudithook(watch)
    from analytics.store import open_store
    from dashboard.application.app import create_app
    from dashboard.config import Config
    from tests.dashboard.application.test_app import navigate
    from tests.dashboard.test_every_page_for_every_role import addresses

    store = open_store(folder)
    client, key = create_app(store, Config(store=folder)).server.test_client(), store.key_of("MRN-1")
    paths = addresses(key)
    assert len(paths) > 8
    for path in paths:
        answer = client.post("/_dash-update-component", json=navigate(path))
        assert (answer.status_code, "failed to load" in answer.text) == (200, False), path
        assert client.get(path, headers={"Accept": "text/html"}).status_code == 200, path
    for path in (f"/patient/{key}/report.html", f"/patient/{key}/results.csv", "/_dash-layout", "/_dash-dependencies"):
        assert client.get(path).status_code == 200, path
    print(f"{len(paths)} pages, asked for {asked}")


def test_every_page_and_download_is_made_without_any_network_and_asks_for_none(tmp_path: Path):
    folder = str(small_store(tmp_path / "store").place.folder)
    command = [sys.executable, "-c", f"from tests.dashboard.test_no_network import walk; walk({folder!r})"]
    alone = ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") and not subprocess.run([*alone, "true"], capture_output=True).returncode:
        command = [*alone, *command]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().endswith("asked for []"), done.stdout
