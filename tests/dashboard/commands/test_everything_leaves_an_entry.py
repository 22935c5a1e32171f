"""Every command and every callback leaves an entry in the audit log; no entry names a file of a source.

A new command or callback fails here until it has one, or stands below with the reason why it needs none.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from analytics.store import Store, open_store
from dashboard import asked
from dashboard.application.app import create_app
from dashboard.config import Config
from tests.dashboard.application.test_app import navigate
from tests.dashboard.commands.test_exit_codes import PASSWORD, ROWS, commands
from tests.installed import Installed

NO_ENTRY = {
    "completion": "touches no store",
    "man": "touches no store",
    "config show": "touches no store",
    "config check": "touches no store",
    "rules show": "touches no store",
    "rules test": "touches no store",
    "schema": "touches no store",
    "profile list": "touches no store",
    "profile show": "touches no store",
    "profile check": "touches no store",
    "profile suggest": "touches no store",
    "audit list": "reads the log itself, on the host",
    "audit verify": "reads the log itself, on the host",
    "verify": "shows nothing of anybody, and must work where nothing can be written",
    "doctor": "shows nothing of anybody, and must work where nothing can be written",
    "store move": "its entry lies where it moved to: tests/analytics/store/test_store_move.py",
    "schedule run-due": "what is due has its entry; looking does not",
}
FULLER = {
    "alias add": "merge",
    "analyse": "analyse",
    "backup": "backup",
    "cohort run": "view_cohort",
    "cohort export": "export",
    "export": "export",
    "import": "import",
    "quarantine dismiss": "resolve",
    "quarantine export": "export",
    "report": "report",
    "restore": "restore",
    "schedule add": "schedule",
    "schedule pause": "schedule",
    "schedule remove": "schedule",
    "schedule resume": "schedule",
    "schedule run": "report",
    "user password": "user_admin",
    "user remove": "user_admin",
    "user role": "user_admin",
}
"""Action of the entry that says more than the command's name."""
WORDS = {
    "alias remove": "P1 --why wrong --store store",
    "job cancel": "nothing --store store",
    "purge": "P1 --reason asked --yes --store store",
    "quarantine accept": "99 --why right --store store",
    "quarantine retry": "held.csv --profile eicu --store store",
    "schedule daemon": "",
    "serve": "--port 1 --host 127.0.0.1 --store store",
    "import": "labs.csv --store own",
}


def words_of(name: str) -> str:
    return WORDS.get(name) or next(words for words, status in ROWS[name] if status in (0, 3))


@pytest.mark.parametrize("name", [n for n in commands() if n not in NO_ENTRY and n not in ("schedule daemon", "serve")])
def test_a_command_leaves_an_entry(hepatrend: Installed, world: Path, name: str):
    words = words_of(name).replace("BACKUP", str(next((world / "kept").iterdir())))
    folder = world / (shlex.split(words)[shlex.split(words).index("--store") + 1])
    before = len(open_store(str(folder)).log.entries(10_000)) if folder.is_dir() else 0
    hepatrend(*name.split(), *shlex.split(words), cwd=world, stdin=PASSWORD)
    entries = open_store(str(folder)).log.entries(10_000).head(10_000)
    fresh = entries.head(max(len(entries) - before, 0)) if name != "restore" else entries
    assert name in fresh["key"].tolist() or name == "demo"
    if name in FULLER:
        assert FULLER[name] in fresh["action"].tolist()
    told = fresh[["key", "detail"]].to_csv()
    for file in ("labs.csv", "held.csv", "people.csv", "ask.txt", "one.html", "labs-out.csv", "P1", "P2"):
        assert file not in told, (file, told)


def test_an_entry_of_a_schedule_says_who_gets_it(hepatrend: Installed, world: Path):
    words = ("--report", "digest", "--every", "daily 06:00", "--to", "mailto:ward@example.org", "--to", "folder:out")
    assert hepatrend("schedule", "add", "ward", *words, "--store", "store", cwd=world).status == 0
    entry = open_store(str(world / "store")).log.entries(1, "schedule").iloc[0]
    assert (entry["key"], entry["detail"]) == ("ward", "added, to mail ward@example.org, a folder")


def test_a_delivery_that_failed_is_told_as_such(hepatrend: Installed, world: Path):
    (world / "file").write_text("not a folder")
    words = ("--report", "digest", "--every", "daily 06:00", "--to", "folder:file", "--tries", "1")
    assert hepatrend("schedule", "add", "ward", *words, "--store", "store", cwd=world).status == 0
    assert hepatrend("schedule", "run", "ward", "--store", "store", cwd=world).status == 1
    entry = open_store(str(world / "store")).log.entries(1, "delivery_failed").iloc[0]
    assert (entry["key"], entry["detail"]) == ("ward", "not delivered, to a folder")


def test_every_callback_belongs_to_a_page_whose_asking_is_written_down(own_store: Store):
    app = create_app(own_store, Config(store=str(own_store.place.folder)))
    app.server.test_client().get("/")
    assert len(app.callback_map) > 30
    for output in app.callback_map:
        page = asked.page_and_part(output)[0]
        assert page in {**asked.ACTIONS, **asked.OWN_ENTRY, **asked.NO_DATA}, output


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("/", "view_worklist"), ("/cohort", "view_cohort"), ("/quality", "view_quality"), ("/imports", "preview"),
        ("/schedules", "view_schedules"), ("/audit", "view_audit"),
    ],
)  # fmt: skip
def test_a_page_that_is_opened_is_written_down_once_in_a_while(own_store: Store, path: str, action: str):
    client = create_app(own_store, Config(store=str(own_store.place.folder))).server.test_client()
    for _ in range(3):
        assert client.get(path).status_code == 200
    assert own_store.log.entries(action=action)["key"].tolist() == [path.strip("/") or "home"]


def test_what_cannot_be_written_down_is_not_shown(own_store: Store, monkeypatch: pytest.MonkeyPatch):
    client = create_app(own_store, Config(store=str(own_store.place.folder))).server.test_client()
    own_store.place.audit.unlink()
    own_store.place.audit.mkdir()
    answer = client.get("/quality")
    assert answer.status_code == 503
    assert "the audit log cannot be written" in answer.text


def test_a_field_under_a_marked_name_does_not_pass_for_another_page(own_store: Store):
    client = create_app(own_store, Config(store=str(own_store.place.folder))).server.test_client()
    body = navigate("/cohort")
    assert client.post("/_dash-update-component", json=body).status_code == 200
    assert own_store.log.entries(1)["action"].tolist() == ["view_cohort"]
    body["inputs"][0]["property"] = "pathname@1"
    body["inputs"][0]["value"] = "/quality"
    body["changedPropIds"] = []
    assert client.post("/_dash-update-component", json=body).status_code == 400
