"""The command ``hepatrend`` for a shell: ``python -IS forked_command.py SOCKET SCRIPT WORD...``; see tests/forks.py.

Reads little: it is started anew for every command. A signal that it gets is passed on; when it ends, the command does.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys

PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


def ask(
    address: str, argv: list[str], cwd: str, env: dict[str, str], files: tuple[int, int, int], umask: int
) -> socket.socket:
    """Start a command; the connection over which its status comes."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(address)
        message = json.dumps({"argv": argv, "cwd": cwd, "env": env, "umask": umask}).encode() + b"\n"
        sent = socket.send_fds(connection, [message], files)
        connection.sendall(message[sent:])
    except BaseException:
        connection.close()
        raise
    return connection


def status_of(connection: socket.socket) -> int:
    """Wait for the end of a command: its status, or minus the signal that ended it."""
    said = b""
    while not said.endswith(b"\n"):
        more = connection.recv(64)
        if not more:
            raise ConnectionError("the process that is forked for the commands is gone")
        said += more
    return int(said)


def main(address: str, *argv: str) -> None:
    """Run a command in our place."""
    mask = os.umask(0o77)
    connection = ask(address, list(argv), os.getcwd(), dict(os.environ), (0, 1, 2), mask)
    for number in PASSED_ON:
        signal.signal(number, lambda got, _: connection.send(bytes([got])))
    status = status_of(connection)
    if status < 0:
        if -status in PASSED_ON:  # the others were never caught, and some cannot be
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status & 255)


if __name__ == "__main__":
    main(*sys.argv[1:])
