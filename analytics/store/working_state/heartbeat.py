"""A sign of life beside long work: so that others know that who holds a job or a lease has not died."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa


@contextmanager
def alive(beat: Callable[[], bool], every_seconds: float) -> Iterator[None]:
    """Call ``beat`` again and again until the work is over, or until it says that the work is not ours any more.

    A busy database is tried again at the next beat.

    Args:
        beat: gives the sign; whether to go on.
        every_seconds: between two signs.
    """
    over = threading.Event()

    def beats() -> None:
        while not over.wait(every_seconds):
            try:
                if not beat():
                    return
            except sa.exc.OperationalError:
                continue

    thread = threading.Thread(target=beats, name="sign of life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
