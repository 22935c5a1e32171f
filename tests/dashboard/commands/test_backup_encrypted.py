"""An encrypted backup is one file that a passphrase or a private key opens, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.dashboard.commands import small_world
from tests.dashboard.commands.test_backup_whole import made_of, who_is_who
from tests.installed import Installed
from tests.moulds import made_once

WORDS = "a very long passphrase indeed"


def sealed_world(folder: Path) -> None:
    """The small hospital with an encrypted backup ``kept/*.age`` and the passphrase in ``words``: a second to make."""
    shutil.copytree(made_once(small_world.world), folder)
    (folder / "words").write_text(f"{WORDS}\n")
    (folder / "words").chmod(0o600)
    who_is_who(folder / "store")  # makes the keys of pseudonyms
    more = ("--encrypt", "--passphrase-file", "words", "--json")
    made_of(Installed(folder)("backup", "--to", "kept", *more, "--store", "store"))


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A copy of it for one test alone."""
    return Path(shutil.copytree(made_once(sealed_world), tmp_path / "world"))


@pytest.fixture
def sealed(world: Path) -> Path:
    """Its encrypted backup."""
    return next((world / "kept").glob("*.age"))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != "audit.db"}


def test_it_brings_everything_back(hepatrend: Installed, world: Path, sealed: Path):
    before = who_is_who(world / "store")
    for more in (("--drill",), ("--replace",)):
        done = hepatrend("restore", sealed, "--passphrase-file", "words", *more, "--store", "store", cwd=world)
        assert done.status == 0, done
    assert who_is_who(world / "store") == before
    assert hepatrend("verify", "--store", "store", cwd=world).status == 0
    assert not list(world.glob(".tmp-*")) and not list(world.glob("store/.tmp-*"))


def test_nothing_of_it_can_be_read(sealed: Path, world: Path):
    content = sealed.read_bytes()
    for word in (b"SQLite", b"Northgate", b"colorectal", b"accounts.db", WORDS.encode()):
        assert word not in content
    assert sealed.stat().st_mode & 0o077 == 0
    assert not [p for p in (world / "kept").iterdir() if p.name.startswith(".tmp-")]


@pytest.mark.parametrize("how", ["other words", "cut", "flipped", "swapped", "another file"])
def test_what_does_not_open_is_one_line_and_nothing_changes(hepatrend: Installed, world: Path, sealed: Path, how: str):
    content = bytearray(sealed.read_bytes())
    if how == "other words":
        (world / "words").write_text("quite another passphrase\n")
    elif how == "cut":
        content = content[: len(content) // 2]
    elif how == "flipped":
        content[len(content) // 2] ^= 4
    elif how == "another file":
        content = bytearray(b"PK\x03\x04 something else")
    else:
        one = slice(len(content) - 2 * 65552, len(content) - 65552)
        content[one], content[one.stop :] = content[one.stop :], content[one]
    sealed.write_bytes(content)
    before = contents(world / "store")
    done = hepatrend("restore", sealed, "--passphrase-file", "words", "--replace", "--store", "store", cwd=world)
    assert (done.status, done.err.count("\n")) == (1, 1), done
    assert contents(world / "store") == before
    assert WORDS not in done.err + done.out
    assert not list(world.glob(".tmp-*"))


def test_a_private_key_opens_what_its_public_key_sealed(hepatrend: Installed, world: Path):
    subprocess.run(
        "openssl genpkey -algorithm X25519 -out a.pem && openssl pkey -in a.pem -pubout -out a.pub",
        shell=True, check=True, cwd=world, capture_output=True,
    )  # fmt: skip
    who_is_who(world / "store")
    made = made_of(hepatrend("backup", "--to", "kept", "--recipient", "a.pub", "--json", "--store", "store", cwd=world))
    assert hepatrend("restore", made, "--store", "own", cwd=world).status == 2  # no key, and nobody to ask
    assert hepatrend("restore", made, "--identity", "a.pub", "--store", "own", cwd=world).status == 1
    assert hepatrend("restore", made, "--identity", "a.pem", "--store", "own", cwd=world).status == 0
    assert who_is_who(world / "own") == who_is_who(world / "store")


def test_the_words_come_from_the_environment_too(hepatrend: Installed, world: Path, sealed: Path):
    told = {"HEPATREND_BACKUP_PASSPHRASE": WORDS}
    done = hepatrend("restore", sealed, "--store", "own", cwd=world, env=told)
    assert done.status == 0, done
    listed = hepatrend("audit", "list", "--store", "own", cwd=world, env=told)
    assert listed.status == 0
    assert WORDS not in listed.out + done.out + done.err


@pytest.mark.parametrize(("content", "mode"), [("short\n", 0o600), (f"{WORDS}\n", 0o644), ("", 0o600)])
def test_words_that_protect_nothing_are_refused(hepatrend: Installed, world: Path, content: str, mode: int):
    (world / "weak").write_text(content)
    (world / "weak").chmod(mode)
    done = hepatrend("backup", "--to", "other", "--passphrase-file", "weak", "--store", "store", cwd=world)
    assert done.status == 1, done
    assert not list(world.glob("other/*"))


def test_they_count_among_the_backups_that_are_kept_and_that_hold_a_person(
    hepatrend: Installed, world: Path, sealed: Path
):
    said = hepatrend("purge", "P1", "--reason", "asked", "--yes", "--store", "store", cwd=world).out
    assert sealed.name in said
    assert hepatrend("backup", "--to", "kept", "--keep", "1", "--store", "store", cwd=world).status == 0
    assert not sealed.exists()
