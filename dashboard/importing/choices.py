"""What a person says about files of one shape by controls: each choice is written into the profile's text.

Nothing is decided here: what is asked follows from rows that would be quarantined, what is offered from the reviewed
tables.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

import pandas as pd

from analytics.analytes import ANALYTES, shown
from analytics.errors import InputError
from analytics.ingest.column_words import SYNONYMS
from analytics.ingest.profile import Profile, from_toml
from analytics.tables import EVENTS, IMAGING, PATIENTS
from dashboard.importing import profile_rules
from dashboard.importing.profile_rules import COMPARATOR_MEANINGS
from dashboard.importing.profiles import (
    IGNORED,
    NOT_READ,
    OPTIONS,
    RESULT,
    timed,
    with_column,
    with_entry,
    with_option,
    with_plain,
    with_word,
    without_word,
)
from dashboard.security.named import among

NOT_SAID = "-"
"""Of a select: nothing is declared. Mantine's Select wants a value that is not empty."""
EXACT = "="
"""Of a select: an exact number, for which a profile has the empty text."""
AS_WRITTEN = "as written"
"""Of a select: what the text declares and is none of those that are offered."""
MOST_LINES = 1_000
EXAMPLES = 2
_SIGNS = 120
_INSIDE = {"source_file", "source_line", "clock", "start_precision", "end_precision"}
_FIELDS = dict.fromkeys(
    [*SYNONYMS, *(c.name for t in (EVENTS, IMAGING, PATIENTS) for c in t.columns if c.name not in _INSIDE)]
)
ROLES: Mapping[str, str] = MappingProxyType(
    {
        NOT_SAID: "not read",
        IGNORED: "ignored by profile",
        **{name: name.replace("_", " ") for name in _FIELDS},
        **{RESULT + code: f"results of {shown(code)}" for code in ANALYTES},
    }
)
"""What a column can be read as."""
_TESTS = {IGNORED: "ignored by profile", **{RESULT + c: f"{shown(c)} ({a.label})" for c, a in ANALYTES.items()}}
_WORDS = {"text_results": "a result without a number", "null_words": "nothing was entered"}
_ASKS = {
    "units": "Unit of {0} where none is given",
    "unit_words": "The unit {0!r} means",
    "comparators": "The comparator {0!r} means",
    "specimens": "The specimen {0!r} is",
    "statuses": "The status {0!r} means",
    "kinds": "The kind of event {0!r} means",
    "test": "The test {0!r} is",
    "word": "The text {0!r} in place of a number is",
}
_HELD_BY = {
    "units": "UNIT_MISSING",
    "unit_words": "UNIT_UNKNOWN",
    "comparators": "COMPARATOR_UNKNOWN",
    "specimens": "SPECIMEN_UNKNOWN",
    "statuses": "STATUS_UNKNOWN",
    "kinds": "EVENT_KIND",
    "test": "ANALYTE_UNKNOWN",
    "word": "VALUE_TEXT",
}


@dataclass(frozen=True)
class Choice:
    """One control.

    Attributes:
        kind: what it decides; ``of``: what it speaks of, empty for the whole file.
        label: for people.
        value: what the profile's text says now.
        options: value and label of each that is offered; none for a field to write in.
        examples: lines or cells of the file, so that one sees what is decided.
        rows: results that are quarantined until it is decided; 0 for what the text decides already.
    """

    kind: str
    of: str
    label: str
    value: str
    options: tuple[tuple[str, str], ...] = ()
    examples: tuple[str, ...] = ()
    rows: int = 0

    @property
    def key(self) -> str:
        """One text for the id of a control."""
        return f"{self.kind}|{self.of}"


def of_words(rows: pd.DataFrame, profile: Profile, columns: Container[str] = ()) -> list[Choice]:
    """What is asked of single words, units and tests: the undecided ones first, then those that the text decides.

    Args:
        rows: table QUARANTINE of the part of the file that was looked at.
        profile: what is declared.
        columns: of the file; what a column is read as is chosen beside the column.
    """
    asked: dict[tuple[str, str], list[profile_rules.Rule]] = {}
    for rule in profile_rules.offered(rows):
        if rule.of:
            asked.setdefault((profile_rules.ABOUT.get(rule.kind, rule.kind), rule.of), []).append(rule)
    said = _said(profile)
    found = [_asked(kind, of, rules, rows) for (kind, of), rules in asked.items() if (kind, of) not in said]
    decided = [
        Choice(kind, of, _label(kind, of), value, _with_value(_offered(kind, of), value))
        for (kind, of), value in said.items()
        if kind != "test" or of not in columns
    ]
    return [*sorted(found, key=lambda c: -c.rows), *decided]


def _asked(kind: str, of: str, rules: Sequence[profile_rules.Rule], rows: pd.DataFrame) -> Choice:
    mine = rows[rows["reason_code"] == _HELD_BY[kind]]
    mine = mine[(mine["analyte"] if kind == "units" else mine["raw_cell"]) == of]
    units = tuple((r.value, r.value) for r in rules) if kind in ("units", "unit_words") else ()
    return Choice(
        kind, of, _label(kind, of), NOT_SAID, ((NOT_SAID, "not decided"), *(units or _offered(kind, of))),
        tuple(str(line).strip()[:_SIGNS] for line in mine["raw_line"].head(EXAMPLES)), len(mine),
    )  # fmt: skip


def _label(kind: str, of: str) -> str:
    return _ASKS[kind].format(shown(of) if kind == "units" else of)


def _said(profile: Profile) -> dict[tuple[str, str], str]:
    """What a profile decides of single words, by kind and word."""
    found = {("units", code): unit for code, unit in profile.units.items()}
    for kind in ("unit_words", "specimens", "statuses", "kinds"):
        found |= {(kind, word): value for word, value in getattr(profile, kind).items()}
    found |= {("comparators", word): value or EXACT for word, value in profile.comparators.items()}
    found |= {("word", word): "text_results" for word in profile.text_results}
    return found | {("test", name): RESULT + code for name, code in profile.analytes.items()}


def _offered(kind: str, of: str) -> tuple[tuple[str, str], ...]:
    """Value and label of what can be chosen."""
    if kind == "units":
        return tuple((unit, unit) for unit in ANALYTES[of].conversions)
    if kind == "unit_words":
        return tuple((u, u) for u in dict.fromkeys(u for a in ANALYTES.values() for u in a.conversions))
    if kind == "comparators":
        return tuple((value or EXACT, meaning) for value, meaning in COMPARATOR_MEANINGS.items())
    tables: Mapping[str, Mapping[str, str]] = {
        "test": _TESTS, "word": _WORDS, "specimens": profile_rules.SPECIMEN_MEANINGS,
        "statuses": profile_rules.STATUS_MEANINGS, "kinds": profile_rules.KIND_MEANINGS,
    }  # fmt: skip
    return tuple(tables[kind].items())


def _with_value(offered: tuple[tuple[str, str], ...], value: str) -> tuple[tuple[str, str], ...]:
    """With the value that holds and the choice to take it back, so that a select never shows another."""
    known = {v for v, _ in offered}
    return ((NOT_SAID, "not decided"), *offered, *(() if value in known else ((value, value),)))


_OPTION_LABELS = {
    "encoding": "Encoding",
    "skip_lines": "Column names are in line",
    "sheet": "Sheet",
    "dates": "Dates are written",
    "decimal": "Decimal sign",
    "thousands": "Sign of thousands",
    "clock": "Times are",
    "patient": "Patient of this file",
}
_ASKING = {
    "dates": ("DATE_FORMAT", "DATE_AMBIGUOUS"),
    "decimal": ("VALUE_DECIMAL_COMMA",),
    "thousands": ("VALUE_SEPARATOR",),
}


ANSWERED_ABOVE, TAKEN_APART = "decide it above", "press “Draft one from the files”: it takes such cells apart"
"""What is to be done about a row that is held back, on a page that asks by controls."""


def way_out(reason: str, hint: str) -> str:
    """What a person can do about a row held back for a reason; the hint itself where no control speaks of it."""
    if "values_with" in hint:
        return TAKEN_APART
    asked = {*_HELD_BY.values(), *(code for codes in _ASKING.values() for code in codes)}
    return ANSWERED_ABOVE if reason in asked else hint


def of_file(rows: pd.DataFrame, profile: Profile, sheets: Sequence[str], *, one_person: bool) -> list[Choice]:
    """What is said of the whole file, each with the cells that wait for it.

    Args:
        rows: table QUARANTINE of the part of the file that was looked at.
        profile: what is declared.
        sheets: of a workbook.
        one_person: the rows name nobody, so that the one person of the file can be named.
    """
    lines = str(profile.skip_lines + 1) if profile.skip_lines else ""
    found = [
        _of_option("encoding", profile.encoding),
        Choice("skip_lines", "", _OPTION_LABELS["skip_lines"], lines),
        *_options_of(profile),
    ]
    if sheets:
        offered = ((NOT_SAID, "all that hold a table"), *((name, name) for name in sheets))
        found.insert(2, Choice("sheet", "", _OPTION_LABELS["sheet"], profile.sheet or NOT_SAID, offered))
    if one_person:
        found.append(Choice("patient", "", _OPTION_LABELS["patient"], profile.patient))
    return [_waited_for(choice, rows) for choice in found]


def _options_of(profile: Profile) -> list[Choice]:
    """The options of dates, numbers and times as the text says them."""
    dates = next((form for form in OPTIONS["dates"] if form and list(profile.dates) == timed(form)), "")
    written = ", ".join(_MOMENT.strftime(form) for form in profile.dates[:EXAMPLES])
    of_dates = _of_option("dates", dates)
    if profile.dates and not dates:
        of_dates = replace(
            of_dates, value=AS_WRITTEN, options=(*of_dates.options, (AS_WRITTEN, f"as in the text: {written}"))
        )
    return [
        of_dates,
        _of_option("decimal", "" if profile.decimal == "." else profile.decimal),
        _of_option("thousands", profile.thousands),
        _of_option("clock", "" if profile.clock == "date" else profile.clock),
    ]


_MOMENT = datetime(2024, 3, 31, 14, 5)


def _of_option(key: str, value: str) -> Choice:
    offered = [(v or NOT_SAID, label) for v, label in OPTIONS[key].items()]
    if value and value not in OPTIONS[key]:
        offered.append((value, value))
    return Choice(key, "", _OPTION_LABELS[key], value or NOT_SAID, tuple(offered))


def _waited_for(choice: Choice, rows: pd.DataFrame) -> Choice:
    mine = rows[rows["reason_code"].isin(_ASKING.get(choice.kind, ()))]
    cells = tuple(dict.fromkeys(str(c)[:40] for c in mine["raw_cell"].dropna()))[:EXAMPLES]
    return replace(choice, examples=cells, rows=len(mine))


def changed(text: str, kind: object, of: str, value: object) -> str:
    """The profile's text with one more choice.

    Args:
        text: TOML.
        kind: of a :class:`Choice`, or ``role``.
        of: of a :class:`Choice`, or a column.
        value: what was chosen.

    Raises:
        InputError: there is no such control or choice; ProfileError: the text is no profile, or would be none.
    """
    known = among(kind, _WRITES, "control")
    from_toml(text)
    written = _WRITES[known](text, of, "" if value is None else str(value))
    from_toml(written)
    return written


def _write_role(text: str, column: str, value: str) -> str:
    role = among(value, ROLES, "role")
    return with_column(text, column, NOT_READ if role == NOT_SAID else role)


def _write_test(text: str, name: str, value: str) -> str:
    role = among(value, (NOT_SAID, *_TESTS), "test")
    return with_column(text, name, NOT_READ if role == NOT_SAID else role)


def _write_word(text: str, word: str, value: str) -> str:
    chosen = among(value, (NOT_SAID, *_WORDS), "choice")
    for key in _WORDS:
        text = without_word(text, key, word)
    return text if chosen == NOT_SAID else with_word(text, chosen, word)


def _write_entry(table: str) -> Callable[[str, str, str], str]:
    def write(text: str, of: str, value: str) -> str:
        said = None if value == NOT_SAID else "" if value == EXACT else value
        return with_entry(text, table, of, said)

    return write


def _write_option(key: str) -> Callable[[str, str, str], str]:
    def write(text: str, of: str, value: str) -> str:
        return text if value == AS_WRITTEN else with_option(text, key, "" if value == NOT_SAID else value)

    return write


def _write_lines(text: str, of: str, value: str) -> str:
    if not value:
        return with_plain(text, "skip_lines", 0)
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:5]) <= MOST_LINES):
        raise InputError(f"column names are in a line from 1 to {MOST_LINES}")
    return with_plain(text, "skip_lines", int(value) - 1)


def _write_plain(key: str) -> Callable[[str, str, str], str]:
    def write(text: str, of: str, value: str) -> str:
        return with_plain(text, key, "" if value == NOT_SAID else value.strip())

    return write


_WRITES: Mapping[str, Callable[[str, str, str], str]] = MappingProxyType(
    {
        "role": _write_role,
        "test": _write_test,
        "word": _write_word,
        "skip_lines": _write_lines,
        "sheet": _write_plain("sheet"),
        "patient": _write_plain("patient"),
        **{table: _write_entry(table) for table in profile_rules.TABLES},
        **{key: _write_option(key) for key in OPTIONS},
    }
)


KINDS = tuple(_WRITES)


def shown_by(choices: Iterable[Choice]) -> dict[str, str]:
    """What each control shows, by its key: a control that only came onto the page chooses nothing."""
    return {choice.key: choice.value for choice in choices}
