"""One file a format. A format recognises a file by its columns and says which column plays which role."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module

from analytics.errors import RefusedFile
from analytics.ingest.claims import Columns, Format
from analytics.ingest.profile import Profile


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
                f"({named[0].says})",
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


def _some(columns: Columns) -> str:
    return ", ".join(map(repr, columns.names[:12]))
