"""Files of one shape: with the same columns, written in the same way, so that what is said of one holds for all.

A file that names its one patient outside its rows has a shape of its own: what is said of it is said of nobody else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analytics.errors import HepatrendError, InputError
from analytics.ingest import draft_dates
from analytics.ingest.draft_roles import Seen
from analytics.ingest.draft_source import looked_at
from analytics.ingest.preview import Preview, preview, seen_with_rows
from analytics.ingest.profile import Profile, from_toml
from analytics.ingest.profile_draft import suggest
from analytics.ingest.reading import csv_exact, opening, packed, workbooks
from analytics.ingest.reading.source import ZIP

MOST = 50
"""Files of one shape that are looked at before the import."""
_FLOW_SHEET = "flow_sheet"
_HEAD = 64 << 10
_LINES = 8
_EXAMPLES = 4
_SIGNS = 160


@dataclass(frozen=True)
class Proposal:
    """What is proposed for the files of a shape.

    Attributes:
        text: TOML of a profile; empty where the files say all themselves, or nothing could be proposed.
        questions: what somebody who knows the source must confirm.
    """

    text: str = ""
    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Looked:
    """One file as a profile makes of it.

    Attributes:
        preview: of its beginning.
        quarantine: all rows of table QUARANTINE of that part.
        columns: every column with its first different entries, also of a file that would be refused.
        lines: its first lines, of a text.
        sheets: of a workbook.
        one_person: its rows name nobody.
    """

    preview: Preview
    quarantine: pd.DataFrame
    columns: dict[str, tuple[str, ...]]
    lines: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    one_person: bool = False


@dataclass(frozen=True)
class Checked:
    """All files of a shape with one profile, judged by their beginnings.

    Attributes:
        files: how many were looked at.
        accepted, quarantined, looked_at: results.
        refused: why files would be refused.
    """

    files: int
    accepted: int
    quarantined: int
    looked_at: int
    refused: tuple[str, ...]


def shape_of(path: Path, identity: str) -> str:
    """A key that files of one shape have in common.

    Args:
        path: the file.
        identity: its id, for a file that is like no other.
    """
    plain, seen = preview(path), _seen(path)
    names = tuple(c.name for c in plain.columns)
    if plain.refused:
        if seen is None:
            return _key("none", path.suffix.lower())
        names = seen.columns.names
    if plain.format == _FLOW_SHEET or (seen and draft_dates.days(seen.columns.names)):
        return _key("alone", identity)
    written = (seen.encoding, str(seen.skip)) if seen and seen.columns.names == names else ()
    return _key(plain.format, *names, "", *written)


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:12]


def _seen(path: Path) -> Seen | None:
    try:
        return looked_at(path)[0]
    except HepatrendError:
        return None


def proposed(paths: Sequence[Path]) -> Proposal:
    """A draft where it makes more of the first file than the file says itself; dates of all files tell their form."""
    first = paths[0]
    plain = preview(first)
    try:
        draft = suggest(first, also=paths[1:MOST])
        drafted = preview(first, from_toml(draft.text, "page"))
    except HepatrendError:
        return Proposal()
    if plain.refused or (not drafted.refused and drafted.accepted > plain.accepted):
        return Proposal(draft.text, tuple(draft.questions.of_the_file))
    return Proposal()


def look(path: Path, profile: Profile | None) -> Looked:
    """One file with a profile: what is made of it, and what is to be seen where it is refused.

    Raises:
        ProfileError: the profile cannot be used.
    """
    said = profile or Profile()
    seen, rows = seen_with_rows(path, profile)
    columns = {c.name: c.examples for c in seen.columns}
    lines = _lines(path, said)
    if not columns:
        columns = _columns(lines, said, path.name) or _columns_of(_seen(path))
    return Looked(
        seen, rows, columns, tuple(line[:_SIGNS] for line in lines[:_LINES]), tuple(_sheets(path)),
        _FLOW_SHEET in (seen.format, said.format) or bool(said.patient),
    )  # fmt: skip


def checked(paths: Sequence[Path], profile: Profile | None) -> Checked:
    """The files of a shape, MOST of them at most, with one profile.

    Raises:
        ProfileError: the profile cannot be used.
    """
    found = [preview(path, profile) for path in paths[:MOST]]
    refused = tuple(p.refused for p in found if p.refused)
    quarantined = sum(sum((p.reasons or {}).values()) for p in found)
    return Checked(len(found), sum(p.accepted for p in found), quarantined, sum(p.looked_at for p in found), refused)


def check_persons(files: int, profile: Profile | None) -> None:
    """Raises InputError where the one patient that a profile names would be given to several files."""
    if profile is not None and profile.patient and files > 1:
        raise InputError(
            "this profile names one patient, so it cannot be used for several files; import them one by one"
        )


def _lines(path: Path, profile: Profile) -> list[str]:
    """The first lines of a text; none of a file of another kind."""
    head = opening.beginning(path, None)[0][:_HEAD]
    if packed.is_packed(head) or head.startswith((workbooks.OLE, b"PAR1")) or b"\0" in head[:1024]:
        return []
    try:
        text = head.decode(profile.encoding or "utf-8", "replace")
    except LookupError:
        return []
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _columns(lines: list[str], profile: Profile, file: str) -> dict[str, tuple[str, ...]]:
    """Columns of a text that is refused as it is, with entries below the line that the profile says."""
    try:
        header = csv_exact.find_header(lines, profile.skip_lines, profile.delimiter, file)
    except HepatrendError:
        return {}
    rows = [csv_exact.split(line, header.delimiter) or [] for line in lines[header.line : -1][:200]]
    full = [row for row in rows if len(row) == len(header.names)]
    entries = zip(*full, strict=True) if full else ((),) * len(header.names)
    return {n: _different(column) for n, column in zip(header.names, entries, strict=True)}


def _columns_of(seen: Seen | None) -> dict[str, tuple[str, ...]]:
    return {n: tuple(seen.filled(n)[:_EXAMPLES]) for n in seen.columns.names} if seen else {}


def _different(entries: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(e.strip() for e in entries if e.strip()))[:_EXAMPLES]


def _sheets(path: Path) -> list[str]:
    """Names of the sheets of a workbook that has several."""
    head = opening.beginning(path, None)[0]
    if not head.startswith((workbooks.OLE, ZIP)):
        return []
    try:
        with path.open("rb") as handle:
            if not workbooks.is_workbook(head, handle):
                return []
            handle.seek(0)
            names = workbooks.names(handle, path.name)
    except HepatrendError:
        return []
    return names if len(names) > 1 else []
