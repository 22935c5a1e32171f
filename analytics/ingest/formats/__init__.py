"""One file a format. A format recognises a file by its columns and says which column plays which role."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module

from analytics.errors import RefusedFile
from analytics.ingest.claims import Columns, Format
from analytics.ingest.profile import Profile
from analytics.ingest.times import may_be_date


@lru_cache(maxsize=1)
def formats() -> tuple[Format, ...]:
    """All formats, most specific first."""
    found = [import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
    return tuple(sorted((f for m in found for f in m.FORMATS), key=lambda f: f.order))


def recognise(columns: Columns, profile: Profile) -> Format:
    """The format of a header.

    Raises:
        RefusedFile: none fits, or the profile's own does not.
    """
    if profile.format:
        named = [f for f in formats() if f.name == profile.format]
        if not named:
            raise RefusedFile(
                f"the profile names a format {profile.format!r}; known: {', '.join(f.name for f in formats())}",
                file=columns.file,
            )
        if not named[0].fits(columns, profile):
            raise RefusedFile(
                f"the columns {_some(columns)} are not all that the profile's format {profile.format!r} needs "
                f"({named[0].says}){_undecided(columns)}",
                file=columns.file,
            )
        return named[0]
    for f in formats():
        if f.fits(columns, profile):
            return f
    raise RefusedFile(
        f"the columns {_some(columns)} are of no format that is known; a long file needs a "
        "patient, a test, a date and a value, a wide one a patient, a date and columns named as tests; a profile says "
        "which column is which (hepatrend profile suggest FILE)",
        file=columns.file,
    )


def _undecided(columns: Columns) -> str:
    """What is said of names of columns that are dates whose day, month or year the profile does not tell apart."""
    found = [name for name in columns.names if may_be_date(name)]
    named = ", ".join(map(repr, found[:2]))
    return (
        f"; {named}: dates whose day, month and year nothing tells apart; say their form in the profile"
        if found
        else ""
    )


def _some(columns: Columns) -> str:
    return ", ".join(map(repr, columns.names[:12]))
