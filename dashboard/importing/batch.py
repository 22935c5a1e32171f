"""What a page has of files that wait together: which there are, of which shapes, and what was said of each shape.

It lives in the browser between two requests, so it is read as something that anybody may have written: what is no file
or shape is left out, and ids of files are looked up where they are used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from analytics.errors import HepatrendError
from analytics.ingest.profile import Profile, from_toml
from dashboard.importing.uploads import MOST

PAGE = "page"
"""Name of a profile that was made on the page and not saved."""


@dataclass(frozen=True)
class Waiting:
    """One file.

    Attributes:
        id: of an upload, or its name in the site's import folder.
        name: for people.
        size: bytes.
        shape: key of its shape.
    """

    id: str
    name: str
    size: int
    shape: str


@dataclass(frozen=True)
class Said:
    """What was said of the files of one shape.

    Attributes:
        text: TOML of the profile in sight.
        used: the text that holds for all files of the shape; None until somebody says so.
        name: of the profile in ``used``.
        questions: what is to be confirmed.
        note: how far the files were understood.
        refused: why they cannot be imported as they are; empty where they can.
    """

    text: str = ""
    used: str | None = None
    name: str = PAGE
    questions: tuple[str, ...] = ()
    note: str = ""
    refused: str = ""

    @property
    def ready(self) -> bool:
        """Whether the files may be imported as they were last looked at."""
        return self.used is not None and self.used == self.text and not self.refused


@dataclass(frozen=True)
class Batch:
    """All files and shapes, and the shape in sight."""

    files: tuple[Waiting, ...] = ()
    shapes: Mapping[str, Said] | None = None
    current: str = ""

    @property
    def keys(self) -> list[str]:
        """Shapes in the order of their first files."""
        return list(dict.fromkeys(f.shape for f in self.files))

    def of(self, key: str) -> list[Waiting]:
        """Files of a shape."""
        return [f for f in self.files if f.shape == key]

    def said(self, key: str) -> Said:
        """What was said of a shape; nothing, where it is none of ours."""
        return (self.shapes or {}).get(key, Said())

    def put(self, key: str, **changes: Any) -> Batch:
        """With something else said of a shape."""
        return replace(self, shapes={**(self.shapes or {}), key: replace(self.said(key), **changes)})

    def turned(self, key: str) -> Batch:
        """With another shape in sight; where this one is not here, the first that waits for an answer, if one does."""
        if key in self.keys:
            return replace(self, current=key)
        return replace(self, current=next(iter(self.waits or self.keys), ""))

    @property
    def waits(self) -> list[str]:
        """Shapes that are neither ready nor refused."""
        return [key for key in self.keys if not self.said(key).ready and not self.said(key).refused]

    def without(self, files: Sequence[Waiting]) -> Batch:
        """Without files that were taken in or removed."""
        return replace(self, files=tuple(f for f in self.files if f not in files))

    @property
    def ready(self) -> list[Waiting]:
        """Files that may be imported."""
        return [f for f in self.files if self.said(f.shape).ready]

    def files_out(self) -> list[dict[str, Any]]:
        """For the page."""
        return [asdict(f) for f in self.files]

    def shapes_out(self) -> dict[str, dict[str, Any]]:
        """For the page; shapes without files go."""
        return {key: asdict(self.said(key)) for key in self.keys}


def batch_of(files: object, shapes: object, current: object = "") -> Batch:
    """What the page sent, as far as it is of the form."""
    rows = files if isinstance(files, Sequence) and not isinstance(files, str) else ()
    told = shapes if isinstance(shapes, Mapping) else {}
    said = {str(k): _said(v) for k, v in list(told.items())[:MOST] if isinstance(v, Mapping)}
    found = [w for row in rows[:MOST] if isinstance(row, Mapping) and (w := waiting_of(row)) is not None]
    return Batch(tuple(found), said, current if isinstance(current, str) else "")


def waiting_of(row: Mapping[str, Any]) -> Waiting | None:
    """One file as the page sent it; None where it is none."""
    size = row.get("size")
    texts = [row.get(name) for name in ("id", "name", "shape")]
    if not all(isinstance(t, str) for t in texts):
        return None
    identity, name, shape = map(str, texts)
    return Waiting(identity, name, size if type(size) is int else 0, shape)


def _said(row: Mapping[str, Any]) -> Said:
    texts = {n: row[n] for n in ("text", "name", "note", "refused") if isinstance(row.get(n), str)}
    asked = row.get("questions")
    questions = tuple(q for q in asked if isinstance(q, str)) if isinstance(asked, (list, tuple)) else ()
    used = row.get("used")
    return Said(**texts, questions=questions, used=used if isinstance(used, str) else None)


def profile_of(text: str) -> Profile | None:
    """The profile that a text declares; None where nothing is declared.

    Raises:
        ProfileError: the text is no profile.
    """
    return from_toml(text, PAGE) if text.strip() else None


def profile_or_none(text: str) -> Profile | None:
    """As :func:`profile_of`; None too where the text is no profile."""
    try:
        return profile_of(text)
    except HepatrendError:
        return None
