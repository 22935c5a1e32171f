"""A process that has read the libraries and is forked for each command: ``python -m tests.forks SOCKET``.

What runs in a fork is the installed script itself, from its first line to its exit status, in a session of its own,
with the words, folder, environment, mask and open files of whoever asked; only the reading of pandas, pyarrow and the
like, X
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import selectors
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.read_ahead import read_ahead

LARGEST = 1 << 20


class _Forks:
    """The commands that run, each with the connection of whoever asked for it."""

    def __init__(self, address: str):
        self._ears = selectors.DefaultSelector()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(address)
        self._listening.listen(128)
        self._woken, wake = os.pipe()
        for end in (self._woken, wake):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._running: dict[int, socket.socket] = {}
        for heard in (self._listening, self._woken, sys.stdin):
            self._ears.register(heard, selectors.EVENT_READ)

    def until_asked(self) -> dict[str, Any] | None:
        """Returns in a fork with what it is to do, and in the process itself with None at its end."""
        while True:
            for key, _ in self._ears.select():
                if key.fileobj is sys.stdin:
                    return self._end()
                if key.fileobj is self._listening:
                    told = self._fork(self._listening.accept()[0])
                    if told is not None:
                        return told
                elif key.fileobj == self._woken:
                    os.read(self._woken, 4096)
                else:
                    self._heard(key.data)
            self._reap()

    def _fork(self, asked: socket.socket) -> dict[str, Any] | None:
        message, files, _, _ = socket.recv_fds(asked, LARGEST, 3)
        while message and not message.endswith(b"\n"):
            message += asked.recv(LARGEST)
        child = os.fork() if message else 0
        if message and child == 0:
            os.setsid()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._close(asked)
            for number, file in enumerate(files):
                os.dup2(file, number)
                os.close(file)
            return dict(json.loads(message))
        for file in files:
            os.close(file)
        if message:
            self._running[child] = asked
            self._ears.register(asked, selectors.EVENT_READ, child)
        return None

    def _close(self, asked: socket.socket) -> None:
        """A fork holds nothing of the process that it came from."""
        self._ears.close()
        for mine in (self._listening, asked, *self._running.values()):
            mine.close()
        os.close(self._woken)

    def _heard(self, child: int) -> None:
        connection = self._running.get(child)
        if connection is None:  # it ended in the same round
            return
        signals = connection.recv(16)
        for number in signals:
            os.kill(child, number)
        if not signals:
            self._ears.unregister(connection)
            os.killpg(child, signal.SIGKILL)

    def _reap(self) -> None:
        while self._running:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                return
            connection = self._running.pop(child, None)
            if connection is None:
                continue
            try:
                self._ears.unregister(connection)
                connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
            except (KeyError, OSError):  # whoever asked is gone
                pass
            connection.close()

    def _end(self) -> None:
        for child in self._running:
            os.killpg(child, signal.SIGKILL)


def run(told: dict[str, Any]) -> int:
    """Run the script as an interpreter would that was started with it; the status that it ends with."""
    os.chdir(told["cwd"])
    os.umask(told["umask"])
    os.environ.clear()
    os.environ.update(told["env"])
    time.tzset()
    sys.argv = told["argv"]
    sys.stdin = open(0, closefd=False)
    sys.stdout = open(1, "w", closefd=False)
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    script = Path(sys.argv[0])
    main = sys.modules["__main__"] = ModuleType("__main__")
    main.__file__ = str(script)
    status: object = 0
    try:
        exec(compile(script.read_text("utf-8"), str(script), "exec"), main.__dict__)
    except SystemExit as stop:
        status = stop.code
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        status = 1
    if status is not None and not isinstance(status, int):
        print(status, file=sys.stderr)
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    return (status or 0) & 255


def main(address: str) -> None:
    """Serve at an address until the standard input ends."""
    read_ahead()
    gc.freeze()
    told = _Forks(address).until_asked()
    os._exit(0 if told is None else run(told))


if __name__ == "__main__":
    main(sys.argv[1])
