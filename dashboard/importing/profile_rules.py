"""Rules of a profile that would make quarantined rows readable: offered by reason, added to the profile, read again.

Nothing is decided here: a person picks each rule from a list that follows from the rows and from the reviewed tables.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from analytics.analytes import ANALYTES, shown
from analytics.errors import HepatrendError, InputError
from analytics.event_kinds import EVENT_KINDS
from analytics.ingest.profile import from_toml
from analytics.tables import STATUSES
from dashboard.importing import service
from dashboard.importing.profiles import (
    IGNORED,
    OPTIONS,
    RESULT,
    Profiles,
    with_column,
    with_dates_too,
    with_entry,
    with_option,
    with_word,
)
from dashboard.importing.uploads import Uploads

TABLES = ("units", "unit_words", "comparators", "specimens", "statuses", "kinds")
"""Tables of a profile to which a rule adds one entry."""
ABOUT = {"analytes": "test", "ignore": "test", "text_results": "word", "null_words": "word"}
"""What several kinds of rules decide between them."""
MOST = 12
"""So many different cells of one reason get rules of their own, the most frequent ones."""
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Rule:
    """One rule that could be added.

    Attributes:
        kind: key of the profile.
        of: what it speaks of: a code, a spelling, a name of a test; empty for the whole file.
        value: what is declared.
        says: for people.
    """

    kind: str
    of: str
    value: str
    says: str

    @property
    def name(self) -> str:
        """One text for a select; unique among the rules of some rows."""
        return f"{self.kind}|{self.value}|{self.of}"


def offered(rows: pd.DataFrame) -> list[Rule]:
    """Rules for these rows of table QUARANTINE, by reason, each for the most frequent cells."""
    open_ = rows[rows["result_id"].isna()]
    found: dict[str, Rule] = {}
    there = set(open_["reason_code"])
    for reason in (r for r in _OFFERS if r in there):
        for rule in _OFFERS[reason](open_[open_["reason_code"] == reason]):
            found[rule.name] = rule
    return list(found.values())


def _units(rows: pd.DataFrame) -> Iterable[Rule]:
    for code in _frequent(rows["analyte"]):
        for unit in ANALYTES[code].conversions:
            yield Rule("units", code, unit, f"{shown(code)} without a unit is in {unit}")


def _unit_words(rows: pd.DataFrame) -> Iterable[Rule]:
    for spelling in _frequent(rows["raw_cell"]):
        codes = rows.loc[rows["raw_cell"] == spelling, "analyte"].dropna().unique()
        for unit in dict.fromkeys(u for code in codes for u in ANALYTES[code].conversions):
            yield Rule("unit_words", spelling, unit, f"the unit {spelling!r} means {unit}")


def _tests(rows: pd.DataFrame) -> Iterable[Rule]:
    for name in _frequent(rows["raw_cell"]):
        yield Rule("ignore", name, IGNORED, f"the test {name!r} is left out")
        for code in ANALYTES:
            yield Rule("analytes", name, code, f"the test {name!r} is {shown(code)} ({ANALYTES[code].label})")


def _texts(rows: pd.DataFrame) -> Iterable[Rule]:
    for word in _frequent(rows["raw_cell"]):
        yield Rule("text_results", word, word, f"{word!r} is a result without a number")
        yield Rule("null_words", word, word, f"{word!r} means that nothing was entered")


def _words(kind: str, meanings: Mapping[str, str], says: str) -> Callable[[pd.DataFrame], Iterable[Rule]]:
    """Rules for a column of words each of which means one of a closed list."""

    def rules(rows: pd.DataFrame) -> Iterable[Rule]:
        for word in _frequent(rows["raw_cell"]):
            for value, meaning in meanings.items():
                yield Rule(kind, word, value, f"the {says} {word!r} means {meaning}")

    return rules


COMPARATOR_MEANINGS = {"<": "below (<)", ">": "above (>)", "": "an exact number"}
SPECIMEN_MEANINGS = {"blood": "blood", "other": "another fluid"}
STATUS_MEANINGS = {status: status.replace("_", " ") for status in STATUSES if status}
KIND_MEANINGS = {code: kind.label for code, kind in EVENT_KINDS.items()}


def _option(key: str) -> Callable[[pd.DataFrame], Iterable[Rule]]:
    def rules(rows: pd.DataFrame) -> Iterable[Rule]:
        words = {
            "dates": "dates of this file are also written",
            "decimal": "the decimal sign is a",
            "thousands": "the sign of thousands is a",
        }[key]
        chosen = [(value, label) for value, label in OPTIONS[key].items() if value] if len(rows) else []
        return [Rule(key, "", value, f"{words} {label}") for value, label in chosen]

    return rules


_OFFERS: Mapping[str, Callable[[pd.DataFrame], Iterable[Rule]]] = MappingProxyType(
    {
        "UNIT_MISSING": _units,
        "UNIT_UNKNOWN": _unit_words,
        "ANALYTE_UNKNOWN": _tests,
        "VALUE_TEXT": _texts,
        "VALUE_DECIMAL_COMMA": _option("decimal"),
        "VALUE_SEPARATOR": _option("thousands"),
        "COMPARATOR_UNKNOWN": _words("comparators", COMPARATOR_MEANINGS, "comparator"),
        "SPECIMEN_UNKNOWN": _words("specimens", SPECIMEN_MEANINGS, "specimen"),
        "STATUS_UNKNOWN": _words("statuses", STATUS_MEANINGS, "status"),
        "EVENT_KIND": _words("kinds", KIND_MEANINGS, "kind of event"),
        "DATE_AMBIGUOUS": _option("dates"),
        "DATE_FORMAT": _option("dates"),
    }
)


def _frequent(cells: pd.Series[str]) -> list[str]:
    """The most frequent texts, the most frequent first."""
    counts = cells.dropna().loc[lambda c: c != ""].value_counts()
    return [str(cell) for cell in counts.index[:MOST]]


def added(text: str, rules: Iterable[Rule]) -> str:
    """The profile's text with these rules.

    Raises:
        InputError: two of them say different things of the same; ProfileError: the result is no profile.
    """
    said: dict[tuple[str, str], Rule] = {}
    for rule in rules:
        key = (ABOUT.get(rule.kind, rule.kind), rule.of)
        if key in said:
            raise InputError(f"two rules for the same: {said[key].says}; {rule.says}")
        said[key] = rule
    for rule in said.values():
        text = _with(text, rule)
    from_toml(text, "profile")
    return text


def _with(text: str, rule: Rule) -> str:
    if rule.kind == "dates":
        return with_dates_too(text, rule.value)
    if rule.kind in ("decimal", "thousands"):
        return with_option(text, rule.kind, rule.value)
    if rule.kind in TABLES:
        return with_entry(text, rule.kind, rule.of, rule.value)
    if rule.kind in ("text_results", "null_words"):
        return with_word(text, rule.kind, rule.value)
    return with_column(text, rule.of, IGNORED if rule.kind == "ignore" else RESULT + rule.value)


def one_file(rows: pd.DataFrame, imports: pd.DataFrame) -> pd.Series[Any]:
    """The newest import, as the ledger has it, of the one file that the rows are of.

    Raises:
        InputError: they are of none or of several.
    """
    mine = imports[imports["import_id"].isin(rows["import_id"][rows["result_id"].isna()])]
    if mine["sha256"].nunique() != 1:
        raise InputError("choose one file first: its rows are read again together")
    return mine.sort_values("import_id", kind="stable").iloc[-1]


def found(uploads: Uploads, name: str, sha256: str) -> Path:
    """The file of this name and content, among uploads and in the site's folder.

    Raises:
        InputError: it is not there any more.
    """
    for path in uploads.named(name):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        if digest.hexdigest() == sha256:
            return path
    raise InputError(
        f"{name} as it was imported is not here any more. Choose it once more on the page Import (it need not be "
        "imported there), then come back."
    )


def base(profiles: Profiles, name: str, digest: str) -> str:
    """Text of the profile that a file was read with.

    Args:
        profiles: of the site.
        name: as the ledger names it.
        digest: of what it said then.

    Raises:
        InputError: it is not here, or says something else by now.
    """
    kept = sorted(service.used(profiles.config, digest).glob("*.toml"))
    texts = [path.read_text("utf-8") for path in kept]
    for text in (*texts, _text_of(profiles, name), ""):
        if _digest_of(text) == digest:
            return text
    raise InputError(
        f"the profile {name!r} that the file was read with is not here or has changed since; "
        "read the file again on the page Import"
    )


def _text_of(profiles: Profiles, name: str) -> str:
    try:
        return profiles.text(name)
    except HepatrendError:
        return ""


def _digest_of(text: str) -> str:
    try:
        return from_toml(text).digest
    except HepatrendError:
        return ""


def check_name(profiles: Profiles, name: str, digest: str) -> None:
    """Raises InputError where the name is that of another profile than the one the file was read with."""
    if name in profiles.names() and _digest_of(_text_of(profiles, name)) != digest:
        raise InputError(f"there is another profile {name!r}; choose another name")
