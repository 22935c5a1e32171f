"""A private PostgreSQL server for the tests: a temporary folder, a socket in it, no port, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_USERS = ("postgres", "nobody")


class NotHere(Exception):
    """Why no server can be had on this machine."""


@contextmanager
def server() -> Iterator[str]:
    """Address of a running server's database ``postgres``.

    Raises:
        NotHere: the programs are not installed or do not run.
    """
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="hepatrend-pg-"))
    user = _user()
    try:
        if user:
            shutil.chown(folder, user)
        data, log = folder / "data", folder / "log"
        _run(user, programs / "initdb", "-D", data, "-U", "hepatrend", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=40"
        _run(user, programs / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "-t", "60", "start")
        try:
            yield f"postgresql+psycopg://hepatrend@/postgres?host={folder}"
        finally:
            _run(user, programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """Folder of initdb and pg_ctl."""
    installed = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), reverse=True)
    found = [shutil.which("initdb"), *installed]
    for program in filter(None, found):
        folder = Path(program).resolve().parent
        if (folder / "pg_ctl").exists():
            return folder
    raise NotHere("PostgreSQL is not installed (Debian: apt install postgresql)")


def _user() -> str:
    """The server refuses to run as root; then it runs as somebody else."""
    if os.geteuid() != 0:
        return ""
    for name in _USERS:
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise NotHere("PostgreSQL does not run as root, and there is no user postgres or nobody")


def _run(user: str, *command: object) -> None:
    words = [str(word) for word in command]
    if user:
        words = ["runuser", "-u", user, "--", *words]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, cwd="/")
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotHere(f"{words[0]}: {error}") from error
    if done.returncode:
        raise NotHere(f"{Path(words[-1] if not user else words[4]).name} failed: {done.stderr.strip()[-300:]}")
