"""What is logged: structured, with the request's id, and nothing of a patient whatever goes wrong."""

from __future__ import annotations

import json
import logging
import stat
from typing import Any

import pytest

from analytics.errors import SettingsError
from dashboard.application.app import create_app
from dashboard.config import Config, Log
from dashboard.deployment import logs
from dashboard.pages import home, patient
from tests.dashboard.application.test_app import navigate


@pytest.fixture
def restored():
    """Loggers as they were."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("analytics", "dashboard", "hepatrend")}
    yield
    for handler in root.handlers:
        if handler not in before:
            handler.close()
    root.handlers[:] = before
    root.setLevel(level)
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)


def lines(path: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def server(shared_store, tmp_path, restored):
    options = Log(level="info", form="json", file=tmp_path / "hepatrend.log")
    config = Config(store=str(shared_store.place.folder), log=options)
    logs.set_up(config)
    return create_app(shared_store, config).server.test_client(), tmp_path / "hepatrend.log"


def test_a_request_is_one_json_line_with_its_id_its_rule_and_no_address(server, shared_store):
    client, file = server
    key = shared_store.key_of("MRN-1")
    answer = client.get(f"/patient/{key}")
    (line,) = [each for each in lines(file) if each["message"] == "request"]
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert (line["route"], line["status"], line["method"]) == ("/<path:path>", 200, "GET")
    assert key not in file.read_text("utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_is_asked_all_the_time_makes_no_line(server):
    client, file = server
    client.get("/healthz")
    client.get("/readyz")
    assert not lines(file)


def test_an_error_that_quotes_a_patient_is_logged_without_what_it_says(server, shared_store, monkeypatch):
    client, file = server

    def broken(_request: Any) -> Any:
        try:
            raise KeyError("MRN-1 Jane Doe")
        except KeyError as error:
            raise ValueError("no result of MRN-1 on 2024-01-01") from error

    monkeypatch.setattr(patient, "layout", broken)
    said = client.post("/_dash-update-component", json=navigate(f"/patient/{shared_store.key_of('MRN-1')}")).text
    text = file.read_text("utf-8")
    (line,) = [each for each in lines(file) if each["level"] == "error"]
    assert line["error"] == ["ValueError", "KeyError"]
    assert line["where"][-1].startswith("test_logs.py:")
    assert line["message"].split()[1] in said, "the number that the reader is told is in the log"
    assert line["request_id"]
    assert not any(secret in text for secret in ("MRN-1", "Jane", "2024-01-01"))


def test_lines_of_other_packages_keep_their_words_and_numbers_and_lose_what_was_put_in(server):
    _, file = server
    logging.getLogger("waitress").warning("Exception while serving %s after %d s", "/patient/abc", 3)
    (line,) = lines(file)
    assert line["message"] == "Exception while serving … after 3 s"


def test_the_text_form_is_one_line_an_event(restored, shared_store, capsys):
    logs.set_up(Config(log=Log(level="info")))
    client = create_app(shared_store, Config(store=str(shared_store.place.folder))).server.test_client()
    client.get("/")
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "route=/ status=200" in said[0]


def test_the_level_is_kept_to(restored, shared_store, capsys, monkeypatch):
    logs.set_up(Config())
    assert not logging.getLogger("waitress.queue").isEnabledFor(logging.WARNING), "a line a request while it is busy"
    client = create_app(shared_store, Config(store=str(shared_store.place.folder))).server.test_client()
    client.get("/")
    assert capsys.readouterr().err == ""

    def broken(_request: Any) -> Any:
        raise ValueError("MRN-2")

    monkeypatch.setattr(home, "layout", broken)
    client.get("/")
    said = capsys.readouterr().err
    assert " error dashboard" in said
    assert "MRN-2" not in said


def test_a_file_that_cannot_be_opened_is_one_sentence(restored, tmp_path):
    with pytest.raises(SettingsError, match="HEPATREND_LOG__FILE"):
        logs.set_up(Config(log=Log(file=tmp_path / "nowhere" / "hepatrend.log")))


def test_a_file_that_was_moved_away_is_opened_anew(server):
    client, file = server
    client.get("/methods")
    file.rename(file.with_suffix(".1"))
    client.get("/methods")
    assert len(lines(file)) == len(lines(file.with_suffix(".1"))) == 1
