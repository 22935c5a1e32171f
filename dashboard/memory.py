"""When Python searches for objects that only hold each other: while nobody waits for an answer."""

from __future__ import annotations

import gc

_YOUNG, _MIDDLE, _ALL = 2_000, 5, 1_000
"""New objects after which Python looks through the new ones; so many of these looks before the next older, then all."""


def settle() -> None:
    """Look through all that is new since the last time, and take what is kept out of sight.

    From the first call on everything is hardly ever looked through by itself: that takes a tenth of a second where
    fifty pages are kept, and a reader would wait for it. So whoever serves calls this again whenever it is quiet.
    """
    gc.set_threshold(_YOUNG, _MIDDLE, _ALL)
    gc.collect()
    gc.freeze()


def settle_anew() -> None:
    """As :meth:`settle`, and search what was kept before too: for when much of it has just been let go."""
    gc.unfreeze()
    settle()
