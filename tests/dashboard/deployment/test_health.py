"""Alive, ready, numbers, request ids: asked by real requests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from dashboard.application.app import create_app
from dashboard.config import Config, Health
from dashboard.deployment import health, signs
from tests.conftest import ROOT
from tests.dashboard.application.test_app import navigate
from tests.installed import command_line
from tests.stores import small_store

TOKEN = {"Authorization": "Bearer of monitoring"}


def client_of(store: Any, **options: Any) -> Any:
    return create_app(store, Config(store=str(store.place.folder), **options)).server.test_client()


def states(answer: Any) -> dict[str, str]:
    return {check["name"]: check["state"] for check in answer.get_json()["checks"]}


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question looks anew."""
    monkeypatch.setattr(health, "KEPT_SECONDS", -1.0)


def test_a_server_over_a_sound_store_is_alive_and_ready_and_says_its_generation(shared_store):
    client = client_of(shared_store)
    assert client.get("/healthz").data == b"ok"
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json()["ready"] is True
    said = {check["name"]: check["says"] for check in answer.get_json()["checks"]}
    assert said["data"] == f"generation {shared_store.generation}"
    assert said["store"].startswith("tables of version ")
    assert "GiB free" in said["disk"]


def test_behind_sign_in_the_sentences_and_the_numbers_are_for_who_has_the_token(shared_store):
    client = client_of(shared_store, auth="local", health=Health(token="of monitoring"))
    assert all(set(check) == {"name", "state"} for check in client.get("/readyz").get_json()["checks"])
    assert all("says" in check for check in client.get("/readyz", headers=TOKEN).get_json()["checks"])
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer guess"}).status_code == 401
    assert client.get("/metrics", headers=TOKEN).status_code == 200
    assert (
        client_of(shared_store, auth="local").get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401
    )


def test_too_little_space_makes_it_not_ready(shared_store):
    answer = client_of(shared_store, health=Health(least_free_mb=10**9)).get("/readyz")
    assert answer.status_code == 503
    assert states(answer)["disk"] == "fault"


def test_a_worker_that_is_expected_and_gives_no_sign_makes_it_not_ready(own_store, soon):
    client = client_of(own_store, health=Health(worker=True))
    assert states(client.get("/readyz"))["worker"] == "fault"
    with signs.sign_of(own_store.place.folder, "worker"):
        assert client.get("/readyz").status_code == 200
        (mark,) = (own_store.place.folder / signs.FOLDER).iterdir()
        long_ago = time.time() - 2 * signs.STALE_SECONDS
        os.utime(mark, (long_ago, long_ago))
        assert states(client.get("/readyz"))["worker"] == "fault"
    assert not list((own_store.place.folder / signs.FOLDER).iterdir())
    assert client_of(own_store).get("/readyz").status_code == 200, "where none is expected none is missed"


def test_a_file_of_the_snapshot_that_is_gone_makes_it_not_ready(own_store, soon):
    client = client_of(own_store)
    name = sorted(own_store.manifest.files())[0]
    (own_store.place.snapshot / name).unlink()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert states(answer)["data"] == "fault"


def test_a_store_of_another_version_makes_it_not_ready(own_store, soon):
    import sqlite3

    client = client_of(own_store)
    with sqlite3.connect(own_store.place.truth) as database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
    database.close()
    assert states(client.get("/readyz"))["store"] == "fault"


def test_the_answer_is_kept_for_a_moment(own_store):
    client = client_of(own_store)
    assert client.get("/readyz").status_code == 200
    (own_store.place.snapshot / sorted(own_store.manifest.files())[0]).unlink()
    assert client.get("/readyz").status_code == 200


def numbers(client: Any) -> dict[str, float]:
    lines = [line for line in client.get("/metrics").text.splitlines() if not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_metrics_count_requests_by_rule_and_name_no_patient(shared_store):
    client = client_of(shared_store)
    key = shared_store.key_of("MRN-1")
    client.get(f"/patient/{key}")
    client.post("/_dash-update-component", json=navigate("/"))
    found = numbers(client)
    asked = 'hepatrend_requests_total{method="POST",route="/_dash-update-component",status="200"}'
    assert found[asked] == 1.0
    assert found["hepatrend_patients"] == 2.0
    assert found["hepatrend_results"] == 14.0
    assert found["hepatrend_generation"] == float(shared_store.generation)
    assert found['hepatrend_check{name="store"}'] == 1.0
    assert found["hepatrend_import_age_seconds"] >= 0
    text = client.get("/metrics").text
    assert "MRN" not in text
    assert key not in text


def test_every_answer_carries_the_id_that_its_audit_entry_has(own_store):
    client = client_of(own_store)
    answer = client.post("/_dash-update-component", json=navigate(f"/patient/{own_store.key_of('MRN-1')}"))
    entry = own_store.log.entries(1).iloc[0]
    assert entry["action"] == "view_patient"
    assert answer.headers["X-Request-Id"] == entry["request_id"]
    assert client.get("/healthz").headers["X-Request-Id"] != answer.headers["X-Request-Id"]


def test_signs_of_a_process_that_was_killed_are_forgotten(tmp_path: Path):
    folder = tmp_path / signs.FOLDER
    folder.mkdir()
    old = folder / "worker-elsewhere-1"
    old.touch()
    os.utime(old, (0, 0))
    with signs.sign_of(tmp_path, "scheduler"):
        assert not old.exists()
    assert signs.seconds_since(tmp_path, "worker") is None


def test_a_made_store_may_be_served_twice_in_one_process(tmp_path: Path):
    store = small_store(tmp_path / "s")
    assert numbers(client_of(store))["hepatrend_patients"] == numbers(client_of(store))["hepatrend_patients"] == 2.0


def test_without_the_package_metrics_say_which_one_and_the_rest_works(own_store, monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    client = client_of(own_store)
    answer = client.get("/metrics")
    assert answer.status_code == 501
    assert "hepatrend[server]" in answer.text
    assert client.get("/readyz").status_code == 200


def started(folder: Path, *words: str, **options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*command_line(), *words, "--store", str(folder)], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **options},
    )  # fmt: skip


def asked(address: str, token: str = "") -> tuple[int, dict[str, Any], str]:
    """Status, body and request id of /readyz."""
    wish = urllib.request.Request(f"{address}readyz", headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        answer = urllib.request.urlopen(wish, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return int(answer.status), json.load(answer), answer.headers["X-Request-Id"]


def test_server_and_worker_as_processes_are_ready_together_and_log_what_was_asked(own_store, tmp_path):
    folder, log = own_store.place.folder, tmp_path / "server.log"
    options = {
        "HEPATREND_AUTH": "local", "HEPATREND_HEALTH__WORKER": "true", "HEPATREND_HEALTH__TOKEN": "t",
        "HEPATREND_LOG__FORM": "json", "HEPATREND_LOG__FILE": str(log), "HEPATREND_LOG__LEVEL": "debug",
    }  # fmt: skip
    server = started(folder, "serve", "--port", "0", **options)
    assert server.stdout is not None
    address = next(word for word in server.stdout.readline().split() if word.startswith("http://"))
    worker = None
    try:
        status, body, _ = asked(address, "t")
        assert status == 503
        assert [c["says"] for c in body["checks"] if c["name"] == "worker"] == ["gives no sign"]
        worker = started(folder, "worker", **options)
        until = time.monotonic() + 60
        while asked(address)[0] != 200:
            assert time.monotonic() < until, asked(address, "t")
            time.sleep(0.5)
        number = asked(address)[2]
    finally:
        for process in filter(None, (worker, server)):
            process.terminate()
            process.communicate(timeout=60)
    said = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert [line["route"] for line in said if line.get("request_id") == number] == ["/readyz"]
