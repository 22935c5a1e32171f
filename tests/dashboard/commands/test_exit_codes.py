"""Every command ends with the status that its help promises: 0 done, 1 refused, 2 usage, 3 done with something held.

Through the installed command as a process; a command without rows here fails the last test.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from analytics.store import open_store
from analytics.store.working_state import jobs
from dashboard.cli import group
from tests.dashboard.commands.small_world import newest_file
from tests.installed import Installed, command_line, environment, started_anew

ROWS: dict[str, list[tuple[str, int]]] = {
    "alias add": [
        ("P1 P2 --why 'one person, checked at the desk' --although 'a slip at the desk' --store store", 0),
        ("P1 P1 --why same --store store", 1),
        ("P1 P2 --store store", 2),
    ],
    "alias list": [("--store store", 0), ("--store none", 1)],
    "alias remove": [("P1 --why wrong --store store", 1), ("P1 --store store", 2)],
    "analyse": [("--store store", 0), ("--store none", 1), ("--settings none.toml --store store", 1)],
    "audit list": [("--store store", 0), ("--store none", 1)],
    "audit verify": [("--store store", 0), ("--store none", 1)],
    "backup": [("--store store", 0), ("--store none", 1), ("--keep 0 --store store", 2)],
    "cohort run": [
        ("ask.txt --store store", 0),
        ("run.txt --store store", 1),
        ("none.txt --store store", 2),
    ],
    "cohort diff": [("kept.json --store store", 0), ("run.txt --store store", 1)],
    "cohort export": [
        ("ask.txt --out new --identified --store store", 0),
        ("ask.txt --out new --store store", 1),  # of one person, without identities
        ("ask.txt --out kept --identified --store store", 1),
        ("ask.txt --store store", 2),
    ],
    "demo": [
        ("--data sample --no-serve --store own", 0),
        ("--data empty --no-serve --store own", 1),
        ("--data sample --host 0.0.0.0 --store own", 2),
    ],
    "doctor": [("--store store", 0), ("--store none", 1), ("--rebuild --store damaged", 0)],
    "export": [
        ("labs --out labs-out.csv --store store", 0),
        ("labs --out none/labs.csv --store store", 1),
        ("nothing --out out.csv --store store", 2),
    ],
    "import": [
        ("labs.csv --store own", 0),
        ("labs.csv held.csv --store own", 3),
        ("labs.csv refused.csv --store own", 1),
        ("--store own", 2),
    ],
    "answers": [("--store store", 0), ("--store none", 1)],
    "cohort ask": [
        ("'ALT above 3 x ULN' --store store", 0),
        ("'GPT over three times the upper limit' --json --store store", 0),
        ("'first ALT > 3x ULN' --store store", 3),
        ("'first ALT > 3x ULN' --json --store store", 3),
        ("'bilirubin exploded' --store store", 1),
        ("'bilirubin exploded' --explain --json --store store", 1),
        ("'ALT above 3 x ULN' --store none", 1),
        ("--store store", 2),
    ],
    "completion": [("bash", 0), ("nothing", 2)],
    "config show": [("--store store", 0), ("more", 2)],
    "config check": [("--store store", 0), ("more", 2)],
    "man": [("", 0), ("more", 2)],
    "rules show": [("hys_law", 0), ("nothing", 2)],
    "rules test": [("hys_law", 0), ("nothing", 2)],
    "schema": [("labs", 0), ("nothing", 2)],
    "user unlock": [("ann --store store", 0), ("--store store", 2)],
    "job start": [("analysis --store store", 0), ("analysis --store none", 1), ("export --store store", 2)],
    "job list": [("--store store", 0), ("--store none", 1)],
    "job cancel": [("nothing --store store", 1), ("--store store", 2)],
    "profile list": [("", 0), ("more", 2)],
    "profile show": [("eicu", 0), ("nothing", 1)],
    "profile check": [("eicu", 0), ("eicu refused.csv", 1), ("nothing", 1)],
    "profile suggest": [("labs.csv", 0), ("none.csv", 1)],
    "purge": [("nothing --reason asked --yes --store store", 1), ("P1 --yes --store store", 2)],
    "quarantine list": [("--store store", 0), ("--store none", 1)],
    "quarantine export": [("--out held-out.csv --store store", 0), ("--store store", 2)],
    "quarantine dismiss": [("1 --why seen --store store", 0), ("--why seen --store store", 2)],
    "quarantine accept": [("99 --why right --store store", 1), ("--why right --store store", 2)],
    "quarantine retry": [("held.csv --profile nothing --store store", 1), ("held.csv --store store", 2)],
    "report": [
        ("patient P1 --out one.html --store store", 3),  # 3: its input is old
        ("patient P9 --out one.html --store store", 1),
        ("patient P1 --store store", 2),
    ],
    "restore": [
        ("BACKUP --store own", 0),
        ("BACKUP --drill", 0),
        ("BACKUP --store store", 1),
        ("kept --store own", 1),
        ("none --store own", 2),
    ],
    "schedule add": [
        ("daily --report digest --every 'daily 06:00' --store store", 0),
        ("daily --report nothing --every 'daily 06:00' --store store", 1),
        ("daily --store store", 2),
    ],
    "schedule list": [("--store store", 0), ("--store none", 1)],
    "schedule run": [("weekly --store store", 3), ("nothing --store store", 1)],
    "schedule run-due": [("--store store", 0), ("--store none", 1)],
    "schedule history": [("--store store", 0), ("--store none", 1)],
    "schedule pause": [("weekly --store store", 0), ("nothing --store store", 1)],
    "schedule resume": [("weekly --store store", 0), ("nothing --store store", 1)],
    "schedule remove": [("weekly --store store", 0), ("nothing --store store", 1)],
    "schedule daemon": [("--store none", 1), ("--every-seconds 1 --store store", 2)],
    "serve": [("--host 0.0.0.0 --store store", 2), ("--port 99999 --store store", 2)],
    "store move": [
        ("store own", 0),
        ("none own", 1),
        ("store kept", 1),
        ("store store", 1),
        ("store", 2),
    ],
    "user add": [
        ("bob --role admin --password-stdin --store store", 0),
        ("ann --role admin --password-stdin --store store", 1),
    ],
    "user list": [("--store store", 0), ("more --store store", 2)],
    "user remove": [("ann --store store", 0), ("bob --store store", 1)],
    "user password": [("ann --password-stdin --store store", 0), ("bob --password-stdin --store store", 1)],
    "user role": [("ann --role admin --store store", 0), ("ann --role king --store store", 2)],
    "verify": [("--store store", 0), ("--store damaged", 1), ("--store none", 1)],
    "watch": [
        ("arriving --once --settle 0 --every 0.1 --store store", 0),
        ("arriving --profile none --store store", 1),
    ],
    "worker": [("--until-idle --store store", 0), ("--until-idle --store none", 1)],
}
UNTIL_STOPPED = {"serve", "schedule daemon"}
"""End with 0 when they are told to; tested below."""
PASSWORD = "another long sentence\n"
CASES = [(name, words, status) for name, rows in ROWS.items() for words, status in rows]


def commands(of: click.Group = group, before: str = "") -> Iterator[str]:
    """The names of all commands, with the group's name before them."""
    context = click.Context(of)
    for name in of.list_commands(context):
        found = of.get_command(context, name)
        if isinstance(found, click.Group):
            yield from commands(found, f"{before}{name} ")
        else:
            yield f"{before}{name}"


@pytest.mark.parametrize(("name", "words", "status"), CASES, ids=[f"{n} {w}" for n, w, _ in CASES])
def test_a_command_ends_with_its_status(hepatrend: Installed, world: Path, name: str, words: str, status: int):
    given = words.replace("BACKUP", str(next((world / "kept").iterdir())))
    done = hepatrend(*name.split(), *shlex.split(given), cwd=world, stdin=PASSWORD)
    assert done.status == status, done
    if status == 1:
        assert "Traceback" not in done.err


def test_a_job_that_waits_is_cancelled_with_0(hepatrend: Installed, world: Path):
    job_id = jobs.submit(open_store(str(world / "store")), "analysis", "root", {})
    assert hepatrend("job", "cancel", job_id, "--store", "store", cwd=world).status == 0


def test_what_was_merged_is_undone_with_0(hepatrend: Installed, world: Path):
    why = ("--why", "one person, checked at the desk", "--store", "store")
    assert hepatrend("alias", "add", "P1", "P2", "--although", "a slip", *why, cwd=world).status == 0
    assert hepatrend("alias", "remove", "P1", *why, cwd=world).status == 0


def test_an_erased_person_ends_with_0_and_without_a_yes_nothing_happens(hepatrend: Installed, world: Path):
    key = open_store(str(world / "store")).key_of("P1")
    assert hepatrend("purge", key, "--reason", "asked", "--store", "store", cwd=world, stdin="n\n").status == 1
    assert hepatrend("purge", key, "--reason", "asked", "--yes", "--store", "store", cwd=world).status == 0


@pytest.mark.parametrize(("command", "status"), [("verify", 1), ("doctor", 0)])
def test_a_new_interpreter_ends_with_the_same_status(world: Path, command: str, status: int):
    assert started_anew(command, "--store", "damaged", cwd=world).status == status


def test_doctor_ends_with_1_where_a_file_of_the_snapshot_is_gone(hepatrend: Installed, world: Path):
    newest_file(world / "store").unlink()
    done = hepatrend("doctor", "--store", "store", cwd=world)
    assert done.status == 1
    assert "files are missing" in done.out


@pytest.mark.parametrize("name", sorted(UNTIL_STOPPED))
def test_what_runs_until_it_is_stopped_ends_with_0(world: Path, name: str):
    words = [*name.split(), "--store", "store", *(["--port", "0"] if name == "serve" else [])]
    with subprocess.Popen(
        [*command_line(), *words], cwd=world, env=environment(), stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline()
            os.kill(running.pid, signal.SIGTERM)
            assert running.wait(30) == 0
        finally:
            running.kill()


def test_a_reader_that_goes_away_is_no_fault_of_ours(world: Path):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*command_line(), "profile", "show", "eicu"],
        env=environment(), stdout=write, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("name", list(commands()))
def test_every_command_has_rows_for_done_and_for_not_done(name: str):
    assert name in ROWS, "a new command needs its rows in this file"
    statuses = {status for _, status in ROWS[name]}
    done_elsewhere = UNTIL_STOPPED | {"alias remove", "job cancel", "purge", "quarantine accept", "quarantine retry"}
    assert statuses & {0, 3} or name in done_elsewhere
    assert statuses & {1, 2}
