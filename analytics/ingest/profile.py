"""A source profile: what one laboratory's files mean where they do not say it themselves. One TOML file a source."""

from __future__ import annotations

import codecs
import hashlib
import json
import tomllib
from collections.abc import Container, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from analytics import units
from analytics.analytes import ANALYTES
from analytics.errors import ProfileError
from analytics.event_kinds import EVENT_KINDS
from analytics.ingest import synonyms
from analytics.ingest.numbers import COMPARATORS
from analytics.tables import CLOCKS, STATUSES

NULL_WORDS = ("", "NA", "N/A", "n/a", "NULL", "null", "None", "NaN", "nan", ".", "-", "--", "#N/A")
"""Exact texts that mean that nothing was entered, unless a profile says otherwise."""


@dataclass(frozen=True)
class Limit:
    """Limits of normal for results that carry none; used only because a profile names them.

    Attributes:
        analyte: code.
        lln, uln: limits in ``unit``; missing if None.
        unit: unit of the limits; the canonical one if empty.
        sex: F or M, empty for both.
        age_from, age_to: years, from included, to excluded.
        source: where the limits were read.
    """

    analyte: str
    lln: float | None = None
    uln: float | None = None
    unit: str = ""
    sex: str = ""
    age_from: float = 0
    age_to: float = 200
    source: str = ""


@dataclass(frozen=True)
class Flag:
    """A column of a wide file in which 1 says that something was done at that visit."""

    column: str
    kind: str
    name: str = ""


@dataclass(frozen=True)
class Profile:
    """All that one source declares. Every field has the meaning "nothing declared" by default.

    Attributes:
        name: how the profile is called.
        says: one sentence about the source.
        format: name of the format, where the columns alone do not tell.
        encoding, delimiter: of the text.
        skip_lines: lines before the header.
        comment: what a line begins with that is no data; no line is left out by its beginning if empty.
        decimal: ``.`` or ``,``.
        dates: strptime forms; empty for ISO 8601.
        zone: zone of times that give none.
        partial_dates: accept a month or a year as the date of a result.
        clock: date, study_day or minutes.
        earliest_year: dates before it are quarantined.
        latest_year: dates up to its end are believed, for sources whose dates were moved into the future; if 0,
            none after tomorrow.
        null_words: exact texts that mean nothing was entered.
        text_results: further texts that are kept as "not a number".
        ignore_unknown: leave out tests that are not in the table of analytes.
        lab: name of the laboratory where the file gives none.
        excel: the source is a spreadsheet; read it with the extra "excel".
        sheet: its sheet, the first if empty.
        columns: what a column is: canonical name to the source's column.
        analytes: source's test name, or column of a wide file, to code.
        ignore: tests or columns left out.
        units: code to the unit of results that give none.
        unit_words: source's spelling to UCUM unit.
        statuses, kinds: source's word to code.
        comparators: source's word in a column of comparators to ``<``, ``>`` or, for an exact number, the empty text.
        specimens: source's word for a specimen to ``blood`` or ``other``.
        patient: the one person of a file that names nobody in its rows.
        units_in_names: columns of a wide file are named by a test with its unit behind (``alt_ul``, ``bili_mgdl``).
        values_with_units, values_with_flags: a cell of a result has its unit, or a flag, beside the number.
        thousands: sign between groups of three digits, where the source uses one.
        limits: limits of normal for results without.
        flags: columns of a wide file that say what was done.
        imaging: canonical imaging column to the source's column, for wide files; ``modality`` may be fixed.
    """

    name: str = "plain"
    says: str = "nothing is declared: ISO dates, decimal point, units in the file"
    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    skip_lines: int = 0
    comment: str = ""
    decimal: str = "."
    dates: tuple[str, ...] = ()
    zone: str = ""
    partial_dates: bool = False
    clock: str = "date"
    thousands: str = ""
    earliest_year: int = 1990
    latest_year: int = 0
    null_words: tuple[str, ...] = NULL_WORDS
    text_results: tuple[str, ...] = ()
    ignore_unknown: bool = False
    units_in_names: bool = False
    values_with_units: bool = False
    values_with_flags: bool = False
    lab: str = ""
    excel: bool = False
    sheet: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    analytes: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    unit_words: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    comparators: Mapping[str, str] = field(default_factory=dict)
    specimens: Mapping[str, str] = field(default_factory=dict)
    patient: str = ""
    limits: tuple[Limit, ...] = ()
    flags: tuple[Flag, ...] = ()
    imaging: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check(self)

    @cached_property
    def nulls(self) -> frozenset[str]:
        """Texts that mean nothing was entered; the empty text always does."""
        return frozenset((*self.null_words, ""))

    @cached_property
    def analyte_names(self) -> Mapping[str, str]:
        """Own test names, folded."""
        return {synonyms.folded(k): v for k, v in self.analytes.items()}

    @cached_property
    def ignored_names(self) -> frozenset[str]:
        """Tests left out, folded."""
        return frozenset(synonyms.folded(k) for k in self.ignore)

    @cached_property
    def unit_spellings(self) -> Mapping[str, str]:
        """Own unit spellings, folded."""
        return {units.folded(k): v for k, v in self.unit_words.items()}

    @cached_property
    def status_names(self) -> Mapping[str, str]:
        """Own status words, folded."""
        return {synonyms.folded(k): v for k, v in self.statuses.items()}

    @cached_property
    def kind_names(self) -> Mapping[str, str]:
        """Own words for kinds of events, folded."""
        return {synonyms.folded(k): v for k, v in self.kinds.items()}

    @cached_property
    def comparator_words(self) -> Mapping[str, str]:
        """Own words of comparators, folded."""
        return {synonyms.folded(k): v for k, v in self.comparators.items()}

    @cached_property
    def specimen_words(self) -> Mapping[str, str]:
        """Own words for specimens, folded."""
        return {synonyms.folded(k): v for k, v in self.specimens.items()}

    @cached_property
    def digest(self) -> str:
        """Short hash of all that the profile says; what came later counts only where it is said."""
        said = {k: v for k, v in asdict(self).items() if k not in ("name", "says") and (v or k not in _LATER)}
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:12]


_LATER = ("comment", "thousands", "latest_year", "comparators", "specimens", "patient", "units_in_names",
          "values_with_units", "values_with_flags")  # fmt: skip
"""Keys that came after the first version: a profile without them has the digest that it had before."""
THOUSANDS = (",", ".", " ", "'", "\u00a0", "\u202f", "\u2019")
"""Signs that may be declared to stand between groups of three digits."""
FLUIDS = ("blood", "other")
"""What a specimen may be declared to be."""


def _check(p: Profile) -> None:
    """Raise ProfileError on the first thing that cannot be."""
    _one_of("clock", p.clock, CLOCKS)
    _one_of("decimal", p.decimal, (".", ","))
    _one_of("delimiter", p.delimiter, ("", ",", ";", "\t", "|"))
    _one_of("thousands", p.thousands, ("", *THOUSANDS))
    if p.thousands and p.thousands == p.decimal:
        raise ProfileError(f"thousands: {p.thousands!r} is the decimal sign already")
    if not p.comment.isascii():
        raise ProfileError("comment: plain signs are accepted")
    closed: tuple[tuple[str, Iterable[str], Container[str]], ...] = (
        ("analyte", (*p.analytes.values(), *p.units, *(limit.analyte for limit in p.limits)), ANALYTES),
        ("status", p.statuses.values(), STATUSES),
        ("kind", (*p.kinds.values(), *(f.kind for f in p.flags)), EVENT_KINDS),
        ("comparator", p.comparators.values(), COMPARATORS),
        ("specimen", p.specimens.values(), FLUIDS),
    )
    for what, values, known in closed:
        for value in values:
            _one_of(what, value, known)
    for code, unit in p.units.items():
        if units.unit_of(code, unit, p.unit_spellings).reason:
            raise ProfileError(f"units: {unit!r} is not a unit of {code}; known: {units.known(code)}")
    for limit in p.limits:
        if fault := _limit_fault(limit):
            raise ProfileError(f"limits of {limit.analyte}: {fault}")
    if not 0 <= p.skip_lines <= 1000:
        raise ProfileError("skip_lines: 0 to 1000 are accepted")
    _check_names(p)


def _limit_fault(limit: Limit) -> str:
    """What is wrong with an entry; empty where nothing is."""
    if limit.sex not in ("", "F", "M"):
        return f"sex is {limit.sex!r}; F, M or nothing is accepted"
    if limit.unit and units.unit_of(limit.analyte, limit.unit).reason:
        return f"{limit.unit!r} is no unit of {limit.analyte}"
    if limit.lln is not None and limit.uln is not None and limit.lln >= limit.uln:
        return f"lln {limit.lln} is not below uln {limit.uln}"
    return "" if limit.uln is None or limit.uln > 0 else "uln must be above 0"


def _check_names(p: Profile) -> None:
    """Zone and encoding must exist."""
    try:
        if p.zone:
            ZoneInfo(p.zone)
    except (KeyError, ValueError, OSError) as error:
        raise ProfileError(f"zone: {p.zone!r} is no time zone") from error
    try:
        if p.encoding:
            codecs.lookup(p.encoding)
    except LookupError as error:
        raise ProfileError(f"encoding: {p.encoding!r} is not known") from error


def _one_of(what: str, value: str, known: Any) -> None:
    if value not in known:
        raise ProfileError(f"{what}: {value!r} is not known; accepted: {', '.join(repr(k) for k in known)}")


def from_toml(text: str, name: str = "") -> Profile:
    """A profile from the text of a TOML file.

    Raises:
        ProfileError: not TOML, an unknown key, a value of a wrong type, or something impossible.
    """
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{name or 'profile'}: {error}") from error
    known = {f.name: f for f in fields(Profile)}
    for key, value in said.items():
        if key not in known:
            raise ProfileError(f"{name or 'profile'}: no key {key!r}; known: {', '.join(known)}")
        said[key] = _typed(key, value)
    try:
        return Profile(**{"name": name, **said} if name else said)
    except TypeError as error:
        raise ProfileError(f"{name or 'profile'}: {error}") from error


def _typed(key: str, value: Any) -> Any:
    """The value as the dataclass holds it; ProfileError where its type is another."""
    default = getattr(Profile, key, None)
    if key in ("limits", "flags"):
        kind = Limit if key == "limits" else Flag
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            raise ProfileError(f"{key}: write each as [[{key}]]")
        try:
            return tuple(kind(**v) for v in value)
        except TypeError as error:
            raise ProfileError(f"{key}: {error}") from error
    if key in (
        "columns",
        "analytes",
        "units",
        "unit_words",
        "statuses",
        "kinds",
        "imaging",
        "comparators",
        "specimens",
    ):
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise ProfileError(f"{key}: a table of texts is accepted")
        return value
    if isinstance(default, tuple):
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
            raise ProfileError(f"{key}: a list of texts is accepted")
        return tuple(values)
    if type(value) is not type(default):
        raise ProfileError(f"{key} is {value!r}; accepted: {type(default).__name__}")
    return value


def built_in() -> list[str]:
    """Names of the profiles that come with hepatrend."""
    folder = resources.files("analytics.ingest") / "profiles"
    return sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml"))


def load(source: str | Path | Profile | None) -> Profile:
    """A profile by name, path or as it is; the plain one for None.

    Raises:
        ProfileError: no such profile, or it cannot be read.
    """
    if source is None:
        return Profile()
    if isinstance(source, Profile):
        return source
    name = Path(source).stem if Path(source).suffix == ".toml" else str(source)
    return from_toml(text_of(source), name)


def text_of(source: str | Path) -> str:
    """The TOML text of a profile by name or path.

    Raises:
        ProfileError: no such profile, or it cannot be read.
    """
    path = Path(source)
    if path.suffix != ".toml" and str(source) in built_in():
        return (resources.files("analytics.ingest") / "profiles" / f"{source}.toml").read_text("utf-8")
    if not path.is_file():
        raise ProfileError(f"no profile {str(source)!r}; built in: {', '.join(built_in())}; or give a path to a .toml")
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path.name}: {error}") from error
