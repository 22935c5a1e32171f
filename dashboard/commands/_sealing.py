"""What backups are encrypted by and opened with: a passphrase of a file, of the environment or asked for, or keys.

A passphrase is never a word of the command line, where every user of the machine reads it, and is never logged.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from analytics.errors import InputError

if TYPE_CHECKING:
    from analytics.store.admin.age_format import Identity, Passphrase, Recipient

Command = TypeVar("Command", bound=Callable[..., Any])
VARIABLE = "HEPATREND_BACKUP_PASSPHRASE"
SHORTEST = 12
_LONGEST = 1024

passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help=f"File whose first line is the passphrase. Without it: {VARIABLE}, else it is asked for.",
)


def recipients(encrypt: bool, passphrase_file: Path | None, keys: Sequence[str]) -> list[Recipient]:
    """Whom a backup is encrypted for; none where it is not encrypted.

    Args:
        encrypt: what ``--encrypt`` says.
        passphrase_file: what ``--passphrase-file`` says.
        keys: what ``--recipient`` says.

    Raises:
        InputError: a key cannot be read, or the passphrase is too short.
        click.UsageError: both are given, or there is no one to ask.
    """
    if keys and passphrase_file:
        raise click.UsageError("a backup is encrypted by a passphrase or for --recipient, not by both")
    if keys:
        from analytics.store.admin.age_keys import recipient_of

        return [recipient_of(key) for key in keys]
    return [_passphrase(passphrase_file, new=True)] if encrypt or passphrase_file else []


def identities(passphrase_file: Path | None, keys: Sequence[Path]) -> list[Identity]:
    """Who opens an encrypted backup."""
    if keys:
        from analytics.store.admin.age_keys import identity_of

        return [identity_of(key) for key in keys]
    return [_passphrase(passphrase_file, new=False)]


def _passphrase(file: Path | None, *, new: bool) -> Passphrase:
    from analytics.store.admin.age_format import Passphrase

    words = _of_file(file) if file else os.environ.get(VARIABLE) or _asked(new)
    if new and len(words) < SHORTEST:
        raise InputError(f"a passphrase of a backup has {SHORTEST} characters or more")
    return Passphrase(words)


def _asked(new: bool) -> str:
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"there is no terminal to ask for the passphrase: name --passphrase-file, or set {VARIABLE}"
        )
    return str(click.prompt("Passphrase of the backup", hide_input=True, confirmation_prompt=new, err=True))


def _of_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode, line = os.fstat(file.fileno()).st_mode, file.readline(_LONGEST)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if os.name == "posix" and stat.S_ISREG(mode) and mode & stat.S_IROTH:
        raise InputError(f"{path} can be read by other users of this machine; run: chmod 600 {path}")
    try:
        return line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: its first line is not text in UTF-8") from error
