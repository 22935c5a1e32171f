"""A server whose disk is full: what cannot be written is told in a sentence, nothing fails, and one can leave."""

from __future__ import annotations

import re
import sqlite3
from types import SimpleNamespace
from typing import Any

import pytest

from analytics.store import Store
from analytics.store.admin import doctor
from analytics.store.database import atomic_files
from dashboard.application.app import create_app
from dashboard.config import Config
from dashboard.security import keys
from dashboard.security.accounts import Accounts

PASSWORD = "correct horse battery"
PAGE = {"Accept": "text/html"}


@pytest.fixture
def client(shared_store: Store, tmp_path: Any) -> Any:
    config = Config(auth="local", store=str(tmp_path / "store"))
    Accounts(keys.folder(config) / "accounts.db").add("ada", "clinician", PASSWORD)
    return create_app(shared_store, config).server.test_client()


def sign_in(client: Any) -> Any:
    token = re.search(r'name="token" value="([^"]+)"', client.get("/login").text)
    assert token
    return client.post(
        "/login", data={"name": "ada", "password": PASSWORD, "token": token[1], "next": "/"}, headers=PAGE
    )


def csrf(client: Any) -> dict[str, str]:
    return {"X-CSRFToken": client.get_cookie("_csrf_token").value}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (sqlite3.OperationalError("database or disk is full"), "the disk is full"),
        (sqlite3.OperationalError("database is locked"), "another process is writing"),
        (OSError(28, "No space left on device"), "the disk is full"),
    ],
)
def test_signing_in_where_accounts_cannot_be_written_is_a_sentence(client, monkeypatch, error, said):
    def full(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(sqlite3, "connect", full)
    answer = sign_in(client)
    assert (answer.status_code, answer.mimetype) == (503, "text/html")
    assert said in answer.text


def test_an_error_of_our_own_in_a_statement_stays_an_internal_error(client, monkeypatch):
    def wrong(*_: Any, **__: Any) -> Any:
        raise sqlite3.ProgrammingError("Incorrect number of bindings supplied")

    monkeypatch.setattr(sqlite3, "connect", wrong)
    assert sign_in(client).status_code == 500


def test_one_can_sign_out_where_it_cannot_be_written_down(client, monkeypatch):
    assert sign_in(client).status_code == 303

    def full(_kind: str, _name: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic_files, "hook", full)
    assert client.post("/logout", headers=csrf(client)).status_code == 204
    assert client.get("/_dash-layout").status_code == 401


@pytest.mark.parametrize(
    ("free", "state"), [(doctor.LOW_DISK + 1, "ok"), (doctor.LOW_DISK, "note"), (doctor.FULL_DISK, "fault")]
)
def test_the_doctor_ends_with_a_fault_where_no_import_fits_any_more(shared_store, monkeypatch, free, state):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _folder: SimpleNamespace(free=free))
    assert doctor._disk(shared_store.place).state == state
