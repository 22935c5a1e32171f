"""The samples of docs/deploy: what can be run here is run, the rest is read and held against the program itself."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from dashboard.application.app import create_app
from dashboard.cli import group
from dashboard.config import Config, Proxy, config_from
from dashboard.deployment.options import options
from dashboard.security.roles import GRANTED
from dashboard.security.start import check_start
from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "deploy"
UNITS = sorted([*FOLDER.glob("*.service"), *(ROOT / "docs" / "schedule").glob("*.service")])
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
SAID = {"SITE_NAME": "liver.hospital.example"}
OURS = ("server", "worker", "scheduler")
SITES = ("nginx.conf", "nginx-oauth2-proxy.conf")


def read_by_click(words: list[str]) -> None:
    """Raises where hepatrend would not accept these words."""
    assert Path(words[0]).name == "hepatrend"
    command: click.Command = group
    context, rest = None, words[1:]
    while isinstance(command, click.Group):
        parent = command.make_context(command.name or "hepatrend", list(rest), parent=context)
        context = parent
        _, found, rest = command.resolve_command(parent, [*parent._protected_args, *parent.args])
        assert found is not None
        command = found
    command.make_context(command.name or "", list(rest), parent=context)


def commands() -> dict[str, list[str]]:
    """Every command line of the samples."""
    found = {f"compose {name}": COMPOSE["services"][name]["command"] for name in OURS}
    docker = (FOLDER / "Dockerfile").read_text("utf-8")
    found["Dockerfile"] = json.loads(re.findall(r"^CMD (.*)$", docker, re.M)[-1])
    for path in UNITS:
        found[path.name] = shlex.split(re.findall(r"^ExecStart=(.*)$", path.read_text("utf-8"), re.M)[0])
    page = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    for number, line in enumerate(re.findall(r"^\S*(?:docker compose run --rm \S+ )?(hepatrend .*)$", page, re.M)):
        found[f"deploy.md {number}"] = shlex.split(line, comments=True)
    return found


@pytest.mark.parametrize(("place", "words"), commands().items(), ids=list(commands()))
def test_every_command_line_of_the_samples_is_accepted(place, words):
    read_by_click(words)


def test_a_command_line_with_an_option_that_does_not_exist_would_be_noticed():
    with pytest.raises(click.UsageError):
        read_by_click(["hepatrend", "serve", "--workers-of-old", "2"])


def environment(name: str) -> dict[str, str]:
    """Variables of a service of ours, with what .env gives put in."""
    filled = {}
    for key, value in COMPOSE["services"][name]["environment"].items():
        filled[key] = re.sub(
            r"\$\{(\w+)[^}]*\}", lambda m: {"SITE_NAME": "liver.hospital.example"}.get(m[1], "x"), value
        )
    return filled


@pytest.mark.parametrize("name", OURS)
def test_the_options_of_a_service_are_known_and_a_server_would_start_with_them(name, monkeypatch):
    given = environment(name)
    known = {option.variable for option in options()}
    assert {key for key in given if key.startswith("HEPATREND_")} <= known
    for key, value in given.items():
        monkeypatch.setenv(key, value)
    config = config_from(host="0.0.0.0")
    check_start(config)
    assert config.tls
    assert config.hostnames == ("liver.hospital.example",)
    assert config.proxy.networks == (COMPOSE["networks"]["inside"]["ipam"]["config"][0]["subnet"],)


def test_no_service_of_ours_has_more_rights_than_it_needs():
    docker = (FOLDER / "Dockerfile").read_text("utf-8")
    assert re.search(r"^USER 10001:10001$", docker, re.M)
    assert "HEALTHCHECK" in docker
    for name in (*OURS, "nginx"):
        service = COMPOSE["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    assert {name for name, s in COMPOSE["services"].items() if "ports" in s} == {"nginx"}
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert "outside" not in COMPOSE["services"]["db"]["networks"]


def test_what_the_compose_file_names_is_there():
    services = COMPOSE["services"]
    used = {v.partition(":")[0] for s in services.values() for v in s.get("volumes", []) if not v.startswith(".")}
    assert used == set(COMPOSE["volumes"])
    assert {n for s in services.values() for n in s["networks"]} == set(COMPOSE["networks"])
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
    build = COMPOSE["x-hepatrend"]["build"]
    assert (FOLDER / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()
    assert (FOLDER / "nginx.conf").is_file()


def test_what_the_image_copies_is_there_and_its_extras_exist():
    import tomllib

    docker = (FOLDER / "Dockerfile").read_text("utf-8")
    for line in re.findall(r"^COPY (?!--from)(.*) /src", docker, re.M):
        assert all((ROOT / name).exists() for name in line.split()), line
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert set(re.findall(r"/src\[([\w,]+)\]", docker)[0].split(",")) <= set(extras)


@pytest.mark.parametrize("name", SITES)
def test_a_site_of_nginx_hands_on_what_the_server_believes_and_nothing_else(name):
    text = re.sub(r"#.*", "", (FOLDER / name).read_text("utf-8"))
    assert text.count("{") == text.count("}")
    assert all(line.strip()[-1] in "{};" for line in text.splitlines() if line.strip())
    to_us = re.findall(r"location / \{.*?\n {2,4}\}", text, re.S)[0]
    headers = dict(re.findall(r"proxy_set_header (\S+) (.+);", to_us))
    gateway = Proxy()
    assert {gateway.user_header, gateway.role_header, gateway.secret_header} <= set(headers)
    assert headers["X-Forwarded-For"] == "$remote_addr", "what the client sends is not passed on"
    assert "location = /metrics { return 404; }" in text
    assert int(re.findall(r"client_max_body_size (\d+)m", text)[0]) >= Config().max_upload_mb


def test_caddy_takes_the_headers_of_a_gateway_away():
    text = (FOLDER / "Caddyfile").read_text("utf-8")
    gateway = Proxy()
    for name in (gateway.user_header, gateway.role_header, gateway.secret_header):
        assert f"header_up -{name}" in text
    assert text.count("{") == text.count("}")


def test_who_comes_through_oauth2_proxy_has_the_role_of_the_map(own_store):
    text = (FOLDER / "nginx-oauth2-proxy.conf").read_text("utf-8")
    roles = dict(re.findall(r'"~([^"]+)"\s+(\w+);', text))
    assert set(roles.values()) <= set(GRANTED)
    proxy = Proxy(networks=("127.0.0.1",), secret="shared")
    client = create_app(
        own_store, Config(auth="proxy", store=str(own_store.place.folder), proxy=proxy)
    ).server.test_client()

    def asks(groups: str, secret: str = "shared") -> Any:
        role = next((role for pattern, role in roles.items() if re.search(pattern, groups)), "")
        sent = {"X-Remote-User": "ada", "X-Remote-Role": role, "X-Proxy-Secret": secret}
        return client.get("/", headers={"Accept": "text/html", **sent})

    assert b"MRN-1" in asks("staff,liver-doctors").data
    assert b"MRN-1" not in asks("study-nurses").data
    assert asks("study-nurses").status_code == 200
    assert asks("not-liver-doctors").status_code == 303
    assert asks("liver-doctors", secret="guess").status_code == 303


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize("path", [*UNITS, *sorted(FOLDER.glob("*.timer"))], ids=lambda p: p.name)
def test_systemd_reads_the_units_without_a_word(tmp_path, path):
    for unit in (*UNITS, *FOLDER.glob("*.timer")):
        text = re.sub(r"^ExecStart=\S+", f"ExecStart={shutil.which('true')}", unit.read_text("utf-8"), flags=re.M)
        (tmp_path / unit.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / path.name], capture_output=True, text=True, check=False
    )
    said = [line for line in done.stderr.splitlines() if path.stem in line]
    assert not said
    assert done.returncode == 0 or not said


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
def test_nginx_reads_its_file(tmp_path):
    text = (FOLDER / "nginx.conf").read_text("utf-8").replace("server server:8050", "server 127.0.0.1:8050")
    key, certificate = tmp_path / "site.key", tmp_path / "site.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout", key, "-out",
         certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    (tmp_path / "nginx.conf").write_text(text.replace("/etc/nginx/tls", str(tmp_path)))
    done = subprocess.run(["nginx", "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def docker_runs() -> bool:
    docker = shutil.which("docker")
    return bool(docker) and not subprocess.run([docker, "info"], capture_output=True, check=False).returncode


@pytest.mark.slow
@pytest.mark.skipif(not docker_runs(), reason="docker does not run here")
def test_the_image_is_built_and_answers_without_rights():
    subprocess.run(["docker", "build", "-q", "-t", "hepatrend-test", "-f", FOLDER / "Dockerfile", ROOT], check=True)
    said = subprocess.run(
        ["docker", "run", "--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "hepatrend-test",
         "hepatrend", "config", "show"], capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "store = /var/lib/hepatrend  (environment)" in said
