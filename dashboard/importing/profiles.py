"""Source profiles of this site: built-in ones, and those saved here as TOML files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import tomlkit

from analytics.errors import InputError
from analytics.ingest.profile import NULL_WORDS, built_in, from_toml, text_of
from analytics.ingest.times import ISO_FORMS
from analytics.store.database.atomic_files import write_whole
from dashboard.config import Config
from dashboard.security.named import among

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_FORM = "a profile's name has a-z, 0-9, _ and -, and is not that of a built-in one"
OPTIONS = {
    "dates": {
        "": "ISO: 2024-03-31",
        "%d.%m.%Y": "31.03.2024",
        "%d/%m/%Y": "31/03/2024, day first",
        "%m/%d/%Y": "03/31/2024, month first",
    },
    "decimal": {"": "point: 4.5", ",": "comma: 4,5"},
    "thousands": {"": "none", ",": "comma: 1,204", ".": "point: 1.204", " ": "blank: 1 204", "'": "apostrophe: 1'204"},
    "encoding": {
        "": "UTF-8, or as the file says",
        "cp1252": "Windows-1252, western Europe",
        "cp1250": "Windows-1250, central Europe",
        "iso8859-15": "ISO 8859-15",
        "mac-roman": "Macintosh",
        "utf-16": "UTF-16",
    },
    "clock": {"": "calendar dates", "study_day": "study days", "minutes": "minutes"},
}
"""Options that the import page offers, each with its choices; the empty one is what holds where nothing is said."""
IGNORED, NOT_READ, RESULT = "ignored", "", "result:"
"""What a column can be besides a field: left out on purpose, not read, results of an analyte (wide files)."""


@dataclass(frozen=True)
class Profiles:
    """The profiles that the import page offers."""

    config: Config

    @property
    def folder(self) -> Path:
        """Where saved profiles lie."""
        return self.config.beside_store(self.config.profiles, "profiles")

    def names(self) -> list[str]:
        """Saved and built-in names; a saved one hides a built-in one."""
        return sorted({*self._own(), *built_in()})

    def text(self, name: str) -> str:
        """TOML text of a profile of this name; empty for no profile.

        Raises:
            InputError: no profile has this name.
        """
        if not name:
            return ""
        known = among(name, self.names(), "profile")
        return text_of(self._own().get(known, known))

    def _own(self) -> dict[str, Path]:
        """The saved ones by name, as they lie in the folder."""
        found = self.folder.glob("*.toml") if self.folder.is_dir() else ()
        return {p.stem: p for p in found if _NAME.fullmatch(p.stem) and p.is_file()}

    def check_name(self, name: str) -> None:
        """Raises InputError where a profile cannot be saved under this name."""
        check_form(name)
        if name in built_in():
            raise InputError(_FORM)

    def save(self, name: str, text: str) -> Path:
        """Check a profile and put it in place of the one of this name.

        Raises:
            InputError: the name is out of form; ProfileError: the profile says something impossible.
        """
        self.check_name(name)
        from_toml(text, name)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{name}.toml"
        try:
            write_whole(path, text.encode("utf-8"))
        except OSError as error:
            raise InputError(f"the profile could not be saved: {error.strerror or error}") from error
        return path


def check_form(name: str) -> None:
    """Raises InputError where this cannot be the name of a file of a profile."""
    if not _NAME.fullmatch(name):
        raise InputError(_FORM)


def with_column(text: str, column: str, role: str) -> str:
    """The profile's text with one column read as something else; comments and order stay.

    Args:
        text: TOML of a profile.
        column: name of the column in the file.
        role: a field's name, ``result:CODE``, IGNORED, or NOT_READ.

    Raises:
        InputError: the text is no TOML.
    """
    said = _parsed(text)
    for table in ("columns", "analytes"):
        _forget(said, table, column)
    ignored = [c for c in said.get("ignore", []) if c != column]
    if role == IGNORED:
        ignored.append(column)
    elif role.startswith(RESULT):
        _table(said, "analytes")[column] = role.removeprefix(RESULT)
    elif role != NOT_READ:
        _table(said, "columns")[role] = column
    if ignored or "ignore" in said:
        _put_before_tables(said, "ignore", ignored)
    return tomlkit.dumps(said)


def with_option(text: str, key: str, value: str) -> str:
    """The profile's text with one plain option set; ``dates`` lists the form with a time of day and without.

    Raises:
        InputError: the text is no TOML, or no such option.
    """
    if key not in OPTIONS:
        raise InputError(f"unknown option {key!r}. Available: {', '.join(OPTIONS)}")
    known = among(value, OPTIONS[key], "choice") if value else ""
    return with_plain(text, key, timed(known) if known and key == "dates" else known)


def timed(form: str) -> list[str]:
    """A form of dates with a time of day and without; with AM and PM where such dates are written so."""
    half = (" %I:%M:%S %p", " %I:%M %p") if "/" in form else ()
    return [form + time for time in (" %H:%M:%S", " %H:%M", *half, "")]


def with_plain(text: str, key: str, value: str | int | list[str]) -> str:
    """The profile's text with one plain key set; without it where the value is empty or 0.

    Raises:
        InputError: the text is no TOML.
    """
    said = _parsed(text)
    if value:
        _put_before_tables(said, key, value)
    else:
        said.pop(key, None)
    return tomlkit.dumps(said)


def with_dates_too(text: str, form: str) -> str:
    """The profile's text in which dates of this form are read too, beside those that were read before.

    Raises:
        InputError: the text is no TOML, or the same text could then be read as two dates.
    """
    said = _parsed(text)
    forms = [str(f) for f in said.get("dates", ISO_FORMS)]
    swapped = {"%d/%m/%Y": "%m/%d/%Y", "%m/%d/%Y": "%d/%m/%Y"}.get(form)
    if swapped and any(f.startswith(swapped) for f in forms):
        raise InputError(f"the profile reads {swapped} already; a date could then be read in two ways")
    new = timed(form)
    _put_before_tables(said, "dates", [*forms, *(f for f in new if f not in forms)])
    return tomlkit.dumps(said)


def with_entry(text: str, table: str, key: str, value: str | None) -> str:
    """The profile's text with one entry of a table (``units``, ``unit_words``) set; without it for None.

    Raises:
        InputError: the text is no TOML.
    """
    said = _parsed(text)
    if value is not None:
        _table(said, table)[key] = value
    elif key in said.get(table, {}):
        del _table(said, table)[key]
    return tomlkit.dumps(said)


def with_word(text: str, key: str, word: str) -> str:
    """The profile's text with one word more in a list (``text_results``, ``null_words``).

    Raises:
        InputError: the text is no TOML.
    """
    said = _parsed(text)
    words = [str(w) for w in said.get(key, NULL_WORDS if key == "null_words" else ())]
    _put_before_tables(said, key, words if word in words else [*words, word])
    return tomlkit.dumps(said)


def _parsed(text: str) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(text)
    except tomlkit.exceptions.TOMLKitError as error:
        raise InputError(f"the profile is no TOML: {error}") from error


def _forget(said: tomlkit.TOMLDocument, table: str, column: str) -> None:
    entries = said.get(table, {})
    gone: Iterable[str] = [
        key for key, value in entries.items() if (value == column if table == "columns" else key == column)
    ]
    for key in list(gone):
        del entries[key]


def _table(said: tomlkit.TOMLDocument, name: str) -> tomlkit.items.Table:
    if name not in said:
        said[name] = tomlkit.table()
    table = said[name]
    assert isinstance(table, tomlkit.items.Table)
    return table


def without_word(text: str, key: str, word: str) -> str:
    """The profile's text without a word of a list.

    Raises:
        InputError: the text is no TOML.
    """
    said = _parsed(text)
    words = [str(w) for w in said.get(key, ())]
    if word in words:
        words.remove(word)
        _put_before_tables(said, key, words)
    return tomlkit.dumps(said)


def _put_before_tables(said: tomlkit.TOMLDocument, key: str, value: str | int | list[str]) -> None:
    """A plain key after a table would belong to it; so it goes in place, or to the top of a new text."""
    if key in said:
        said[key] = value
        return
    rest = tomlkit.dumps(said)
    said.clear()
    said.update(tomlkit.parse(f"{key} = {tomlkit.item(value).as_string()}\n{rest}"))
