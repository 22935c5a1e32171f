"""Temporary files go to memory only where there is room, and never where the person has said where."""

from __future__ import annotations

import os
import tempfile
from types import SimpleNamespace

import pytest

from tests import in_memory

ROOMY = SimpleNamespace(f_flag=0, f_bavail=2 << 20, f_frsize=4096)


@pytest.fixture
def free(monkeypatch, tmp_path):
    """Nobody said where; the folder is a file system of its own, with room."""
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", "before")
    monkeypatch.setattr(os.path, "ismount", lambda folder: folder == tmp_path)
    monkeypatch.setattr(os, "statvfs", lambda _folder: ROOMY)
    monkeypatch.setattr(in_memory, "_memory", lambda: in_memory.ROOM)
    return tmp_path


def test_memory_is_used_by_this_process_and_by_what_it_starts(free):
    assert in_memory.use_memory(free)
    assert tempfile.gettempdir() == os.environ["TMPDIR"] == str(free)
    del os.environ["TMPDIR"]


def test_what_the_person_said_is_obeyed(free, monkeypatch):
    monkeypatch.setenv("TMPDIR", "/elsewhere")
    assert not in_memory.use_memory(free)
    assert (os.environ["TMPDIR"], tempfile.tempdir) == ("/elsewhere", "before")


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        ("os.statvfs", lambda _: SimpleNamespace(**vars(ROOMY) | {"f_bavail": (1 << 20) - 1})),
        ("os.statvfs", lambda _: SimpleNamespace(**vars(ROOMY) | {"f_flag": os.ST_NOEXEC})),
        ("tests.in_memory._memory", lambda: in_memory.ROOM - 1),
        ("os.path.ismount", lambda _: False),
        ("os.access", lambda *_: False),
    ],
    ids=["a small one", "one without programs", "a machine with little memory", "a folder of the disk", "not ours"],
)
def test_the_disk_is_used_where_memory_will_not_do(free, monkeypatch, what, instead):
    monkeypatch.setattr(what, instead)
    assert not in_memory.use_memory(free)
    assert ("TMPDIR" in os.environ, tempfile.tempdir) == (False, "before")
