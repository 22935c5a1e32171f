"""Options: every one has its meaning, and show says where each came from."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from analytics.store.database.location import Place
from dashboard.config import Config
from dashboard.deployment.options import options, render
from dashboard.importing.uploads import Uploads
from tests.installed import completed

FILE = """
port = 9001
study = "of the file"
[smtp]
host = "mail.example"
password = "s3cret-of-mail"
"""


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return completed("config", *words, cwd=folder, **environment)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hepatrend.toml").write_text(FILE)
    return tmp_path


def test_every_option_has_a_meaning_and_a_place_on_the_page():
    page = render()
    for option in options():
        assert option.says.endswith("."), option.name
        assert f"`{option.variable}`" in page


def test_show_says_flag_environment_file_or_default(folder):
    done = run(folder, "show", "--json", "--store", "elsewhere", HEPATREND_PORT="9002", HEPATREND_SMTP='{"user": "m"}')
    found = {row["name"]: (row["value"], row["origin"]) for row in json.loads(done.stdout)}
    assert found["store"] == ("elsewhere", "flag")
    assert found["port"] == ("9002", "environment"), "over the file"
    assert found["study"] == ("of the file", "file hepatrend.toml")
    assert found["smtp.host"] == ("mail.example", "file hepatrend.toml")
    assert found["smtp.user"] == ("m", "environment")
    assert found["smtp.starttls"] == ("true", "default")
    assert set(found) == {option.name for option in options()}


@pytest.mark.parametrize("named_by", ["address", "environment"])
def test_beside_a_database_everything_lies_in_the_folder_of_its_address(tmp_path, monkeypatch, named_by):
    address = "postgresql+psycopg://h@db/h"
    if named_by == "address":
        address += f"?folder={tmp_path}"
    else:
        monkeypatch.setenv("HEPATREND_FOLDER", str(tmp_path))
    config = Config(store=address)
    assert config.folder == Place.of(address).folder == tmp_path
    assert config.beside_store(config.keys, "keys") == tmp_path / "keys"
    assert Uploads(config).folder == tmp_path / "incoming", "else a purge would not find what waits"


def test_no_secret_is_shown(folder):
    address = "postgresql+psycopg://h:pass-of-store@db/h"
    done = run(
        folder, "show", HEPATREND_STORE=address, HEPATREND_OIDC__CLIENT_SECRET="of-oidc", HEPATREND_HEALTH__TOKEN=""
    )
    assert done.returncode == 0, done.stderr
    assert not any(secret in done.stdout for secret in ("s3cret-of-mail", "pass-of-store", "of-oidc"))
    assert "smtp.password = (set, not shown)  (file hepatrend.toml)" in done.stdout
    assert "proxy.secret =   (default)" in done.stdout


@pytest.mark.parametrize(
    ("environment", "status", "says"),
    [
        ({}, 0, "options fit; sign-in none"),
        ({"HEPATREND_HOST": "0.0.0.0"}, 2, "HEPATREND_AUTH=local"),
        ({"HEPATREND_PORT": "many"}, 1, "HEPATREND_PORT"),
        ({"HEPATREND_SETTINGS": "nowhere.toml"}, 1, "nowhere.toml"),
        ({"HEPATREND_PROXY__NETWORKS": '["10.0.0.300"]'}, 1, "HEPATREND_PROXY__NETWORKS"),
        ({"HEPATREND_AUTH": "oidc"}, 2, "HEPATREND_OIDC__ISSUER"),
    ],
)
def test_check_says_whether_a_server_would_start(folder, environment, status, says):
    done = run(folder, "check", **environment)
    assert done.returncode == status
    assert says in (done.stdout if status == 0 else done.stderr)
    assert (done.stdout + done.stderr).count("\n") == 1
