"""Names that come with a request: looked up among what exists, never opened, joined or run.

What a browser sends is a wish for one of the things that there are: a profile, a list, a zone, a waiting file, a kind
of report. Whoever takes such a name from a callback, a route or a form passes it through :func:`among` and goes on
with what it gives, which is one of ours; so no name from a browser ever becomes a path.
"""

from __future__ import annotations

from collections.abc import Iterable

from analytics.errors import HepatrendError, InputError

LONGEST = 200
"""Signs of a name; what is longer is none of ours, and is not compared."""


def among(said: object, known: Iterable[str], what: str, wrong: type[HepatrendError] = InputError) -> str:
    """The one of the known names that was said, as we have it.

    Args:
        said: what came with the request, of whatever type.
        known: names that exist.
        what: what they are names of, for people: ``profile``.
        wrong: the error of the place that asks.

    Raises:
        InputError: or ``wrong``: there is none of this name; the name itself is not repeated.
    """
    found = is_among(said, known)
    if found is None:
        raise wrong(f"there is no such {what} here; choose one of those that are offered")
    return found


def is_among(said: object, known: Iterable[str]) -> str | None:
    """As :func:`among`; None where there is none of this name."""
    if not isinstance(said, str) or not 0 < len(said) <= LONGEST:
        return None
    return next((name for name in known if name == said), None)
