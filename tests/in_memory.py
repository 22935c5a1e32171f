"""Where tests write: a file system in memory, where the machine has one with room; the disk is not what they test.

A small import waits for some fifty writes to reach the disk, and a test that builds a store pays them all. No test can
see whether they did (only a power cut could): what happens between them is tested by making each step fail.
``TMPDIR`` is obeyed where it is set.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

FOLDER = Path("/dev/shm")
ROOM = 4 << 30
"""Bytes that must be free: containers are often given 64 MB, and a whole run writes about one gigabyte."""


def use_memory(folder: Path = FOLDER) -> bool:
    """Let this process and all that it starts write temporary files to memory; whether they do."""
    if "TMPDIR" in os.environ or not has_room(folder):
        return False
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    return True


def has_room(folder: Path) -> bool:
    """Whether the folder can be written to, holds ``ROOM`` bytes, and runs the programs that tests install."""
    if not os.access(folder, os.W_OK | os.X_OK) or not os.path.ismount(folder):
        return False
    about = os.statvfs(folder)
    return not about.f_flag & os.ST_NOEXEC and min(about.f_bavail * about.f_frsize, _memory()) >= ROOM


def _memory() -> int:
    """Bytes that a program may still take, as Linux says it; 0 elsewhere."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")), 0)
