"""A first draft of a profile: what a file shows, and as questions what must be decided by somebody who knows it.

Every role that the file needs is proposed from names and entries where one column alone fits. What the file cannot tell
(day or month first, what a comma means, the unit of a test) is not decided: those results are quarantined until it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import tomlkit

from analytics.analytes import ANALYTES
from analytics.errors import RefusedFile
from analytics.ingest import draft_dates, draft_roles, draft_tests, synonyms, whose
from analytics.ingest.claims import Format
from analytics.ingest.comparators import NOT_KNOWN, comparator_of
from analytics.ingest.draft_questions import Questions, words
from analytics.ingest.draft_roles import Seen
from analytics.ingest.draft_source import looked_at
from analytics.ingest.formats import recognise
from analytics.ingest.formats.sheet_rows import days
from analytics.ingest.numbers import CERTAIN, MARKS
from analytics.ingest.profile import NULL_WORDS, Profile, built_in
from analytics.ingest.unit_in_name import unit_in
from analytics.ingest.value_parts import without_flag

_COMMA = re.compile(r"[<>≤≥]?\s*[+-]?\d+,\d+")
_THOUSANDS = re.compile(r"[<>≤≥]?\s*[+-]?\d{1,3}(,\d{3})+")
_POINT = re.compile(r"[<>≤≥]?\s*[+-]?\d+\.\d+")
_POINTS = re.compile(r"[<>≤≥]?\s*[+-]?\d{1,3}(\.\d{3})+")
_SPACED = re.compile(r"[<>≤≥]?\s*[+-]?\d{1,3}(?:(['\u2019 ])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")
_BOTH = re.compile(r"[<>≤≥]?\s*[+-]?\d{1,3}(\.\d{3})+,\d+")
_OWN = ("long", "wide", "patients", "events", "imaging", "several", "flow_sheet")


@dataclass
class Draft:
    """A draft: the text of a TOML file, and what must be decided by hand."""

    text: str = ""
    questions: Questions = field(default_factory=Questions)


def suggest(path: str | Path, name: str = "", also: Sequence[str | Path] = ()) -> Draft:
    """Look at the beginning of a file and draft a profile. Nothing that is ambiguous is decided.

    Args:
        path: the file.
        name: without effect.
        also: further files with the same columns, so that a date of any of them tells the form of all.

    Raises:
        RefusedFile: the file is no text with columns.
    """
    seen, asked = looked_at(path, also)
    draft, lines = Draft(), tomlkit.document()
    for question in asked:
        draft.questions.ask(question)
    lines.add(tomlkit.comment(f"Draft from {Path(path).name}; look through it before use."))
    lines["says"] = f"drafted from {Path(path).name}"
    if seen.encoding:
        lines["encoding"] = seen.encoding
        draft.questions.ask(f"the file is not UTF-8; {seen.encoding} gives readable text, check names with accents")
    if seen.skip:
        lines["skip_lines"] = seen.skip
    family = _family(seen)
    if family:
        _of_family(family, seen, lines, draft)
    elif days(seen.columns, Profile()) or draft_dates.days(seen.columns.names):
        _flow_sheet(seen, lines, draft)
    else:
        _table(seen, lines, draft)
    for remark in draft.questions.comments():
        lines.add(tomlkit.comment(remark))
    draft.text = tomlkit.dumps(lines)
    return draft


def _family(seen: Seen) -> Format | None:
    """A format of its own that the columns tell, for which nothing has to be named."""
    try:
        found = recognise(seen.columns, Profile())
    except RefusedFile:
        return None
    return None if found.name in _OWN else found


def _of_family(family: Format, seen: Seen, lines: tomlkit.TOMLDocument, draft: Draft) -> None:
    """What a known format leaves open: its dates, and what the built-in profile of the family declares."""
    draft.questions.ask(f"taken as {family.says}, by the names of its columns; nothing else has to be named")
    kin = next((n for n in built_in() if family.name.startswith(n)), "")
    if kin:
        draft.questions.ask(f"the built-in profile {kin!r} is for such files")
    if kin == "mimic":
        lines["latest_year"] = 2211
        lines["text_results"] = ["___"]
    for name in ("collected_at", "START_DATE", "start_date", "LBDTC", "charttime", "measurement_date", "DATE"):
        at = seen.columns.index(name)
        if at >= 0:
            draft_dates.dates(seen, seen.columns.names[at], lines, draft.questions)
            return


def _flow_sheet(seen: Seen, lines: tomlkit.TOMLDocument, draft: Draft) -> None:
    """A test a row and a day a column: whose it is stands above the table, if anywhere."""
    lines["format"] = "flow_sheet"
    found = draft_dates.days(seen.columns.names)
    form = draft_dates.form_of_days(found, draft.questions)
    if form:
        lines["dates"] = form
    draft.questions.ask(f"a day a column ({', '.join(found[:3])}, ...) and a test a row: confirm")
    roles = {
        r: c for r, c in draft_roles.by_name(seen).items() if c not in found and r not in ("collected_at", "value")
    }
    roles |= {
        r: c
        for r, c in draft_roles.by_words(seen, roles).items()
        if c not in found and r not in ("collected_at", "value")
    }
    more = draft_roles.by_content(seen, roles)
    roles |= {r: c for r, c in more.items() if c not in found and r in ("analyte", "unit", "range", "lln", "uln")}
    if "patient_id" not in roles:
        _one_person(seen, lines, draft)
    numbers = [c for day in found for c in seen.filled(day)]
    _decimals(seen, numbers, lines, draft)
    tests = _tests(seen, roles, lines, draft)
    lines["columns"] = roles
    if tests:
        lines["analytes"] = tests


def _one_person(seen: Seen, lines: tomlkit.TOMLDocument, draft: Draft) -> None:
    """The one person that the lines above a table name, where nobody else is named below; else a question."""
    found = whose.named(seen.above)
    below = [i for i in whose.named(seen.below) if i not in found]
    if len(found) == 1 and not below:
        lines["patient"] = found[0]
        draft.questions.ask(
            f"patient: the lines above the table name {found[0]!r}; confirm that the table is of nobody else"
        )
    elif below:
        draft.questions.ask(
            f"patient: the file names {', '.join(map(repr, [*found, *below][:6]))}, one above the rows of the other: "
            "give each person a file of their own"
        )
    else:
        draft.questions.ask("patient: nothing tells whose results these are; say whose", 'patient = "..."')


def _table(seen: Seen, lines: tomlkit.TOMLDocument, draft: Draft) -> None:
    """A long or a wide file."""
    roles = _roles(seen, draft)
    if "patient_id" not in roles and whose.named(seen.above):
        _one_person(seen, lines, draft)
    draft_dates.dates(seen, roles.get("collected_at", ""), lines, draft.questions)
    columns = [roles["value"]] if "value" in roles else [c for c in seen.columns.names if draft_tests.wide(seen, c)]
    _decimals(seen, [c for column in columns for c in seen.cells[column].elements()], lines, draft)
    tests = _tests(seen, roles, lines, draft)
    _people(seen, roles, draft)
    lines["columns"] = roles
    if tests:
        lines["analytes"] = tests
    units = _units(seen, roles, tests, draft)
    if units:
        lines["units"] = units


def _roles(seen: Seen, draft: Draft) -> dict[str, str]:
    """What each column is taken for; each guess is a question."""
    roles = draft_roles.by_name(seen)
    other = draft_roles.by_words(seen, roles)
    for role, column in other.items():
        draft.questions.ask(
            f"{words(role)}: {seen.example(column)} looks like it; confirm or choose another column",
            f"[columns] {role}",
            column=True,
        )
    roles |= other
    more = draft_roles.by_content(seen, roles)
    for role, column in more.items():
        one_of = draft_roles.dated(seen) if role == "collected_at" else [column]
        shown = ", ".join(seen.example(n) for n in one_of)
        draft.questions.ask(
            f"{words(role)}: no column has such a name; taken by its entries, confirm: {shown}",
            f"[columns] {role}",
            column=True,
        )
    roles |= more
    clock = draft_roles.clocks(seen, roles)
    if clock:
        roles["collected_time"] = clock
        draft.questions.ask(
            f"collected time: {seen.example(clock)} is taken as the time of {roles['collected_at']!r}; confirm",
            column=True,
        )
    elif odd := draft_roles.unread_clock(seen, roles):
        draft.questions.ask(
            f"collected time: {seen.example(odd)} is named as a time, but its entries have several readings or none, "
            "so it is not read: results then count by their day",
            f"[columns] collected_time = {odd!r}",
        )
    needed = (
        ("patient_id", "collected_at", "analyte", "value")
        if "analyte" in roles or "value" in roles
        else ("patient_id", "collected_at")
    )
    for role in needed:
        if role not in roles and not (role == "patient_id" and whose.named(seen.above)):
            named = draft_roles.dated(seen) if role == "collected_at" else ()
            shown = ", ".join(seen.example(n) for n in named or seen.columns.names)
            draft.questions.ask(
                f"{words(role)}: no column has such a name; it is one of {shown}", f"[columns] {role} = ..."
            )
    tests = draft_tests.of_wide(seen, roles)
    spare = [n for n in seen.columns.names if n not in roles.values() and n not in tests]
    spare = [n for n in spare if not draft_tests.is_limit(n)]
    if spare:
        draft.questions.ask(f"columns not read: {', '.join(spare[:12])}; name those that are wanted")
    return roles


def _people(seen: Seen, roles: dict[str, str], draft: Draft) -> None:
    """Codes of sex whose meaning the file does not tell are left out and asked."""
    if "sex" in roles:
        odd = [w for w in seen.filled(roles["sex"]) if not synonyms.sex_of(w) and w not in NULL_WORDS]
        if odd:
            draft.questions.ask(
                f"sex: {', '.join(map(repr, odd[:4]))} in {roles['sex']!r} are codes that the file does not explain; "
                "the column is left out"
            )
            roles["sex"] = ""


def _decimals(seen: Seen, entries: list[str], lines: tomlkit.TOMLDocument, draft: Draft) -> None:
    cells = _parted(entries, lines, draft)
    commas = [c for c in cells if _COMMA.fullmatch(c)]
    grouped = [c for c in commas if _THOUSANDS.fullmatch(c)]
    points = [c for c in cells if _POINT.fullmatch(c) and not (len(commas) > len(grouped) and _POINTS.fullmatch(c))]
    both = [c for c in cells if _BOTH.fullmatch(c)]
    if len(commas) > len(grouped) and not points:
        lines["decimal"] = ","
        draft.questions.ask(
            f"values like {commas[0]!r}: the comma was taken as decimal sign; check that it is none of thousands"
        )
        if both:
            draft.questions.ask(f"{both[0]!r}: the point groups thousands, because the comma is decimal")
        if pointed := [c for c in cells if _POINTS.fullmatch(c)]:
            draft.questions.ask(
                f"{pointed[0]!r} has a point, and the comma is decimal: quarantined until it is said that the point "
                f"groups thousands; rows: {'; '.join(_rows_with(seen, pointed[0]))}",
                'thousands = "."',
            )
    elif commas and points and len(commas) > len(grouped):
        draft.questions.ask(
            f"values with comma ({commas[0]!r}) and with point ({points[0]!r}) in one file: ask the source"
        )
    elif grouped and any(CERTAIN.fullmatch(c.lstrip("<>≤≥ ")) for c in cells):
        lines["thousands"] = ","
        draft.questions.ask(f"{grouped[0]!r}: the comma groups thousands, as it does before a point; confirm")
    elif grouped:
        number = grouped[0].replace(",", "")
        draft.questions.ask(
            f"{grouped[0]!r} can be read as {number} and as {grouped[0].replace(',', '.')}: quarantined until it is "
            f"said which; rows: {'; '.join(_rows_with(seen, grouped[0]))}",
            'thousands = "," or decimal = ","',
        )
    _spaced(cells, lines, draft)
    nulls = [c for c in cells if c and not re.search(r"\d", c) and c not in NULL_WORDS and c.casefold() not in MARKS]
    if nulls:
        draft.questions.ask(
            f"texts in place of numbers: {', '.join(nulls[:8])}; is each a result without a number, or was nothing "
            "entered?",
            "text_results = [...] or null_words = [...]",
        )


def _spaced(cells: Counter[str], lines: tomlkit.TOMLDocument, draft: Draft) -> None:
    """Blanks and apostrophes between groups of three digits, which are no decimal sign anywhere."""
    found = {match[1]: c for c in cells if (match := _SPACED.fullmatch(c))}
    if len(found) > 1:
        draft.questions.ask(f"numbers with different signs of thousands: {', '.join(map(repr, found.values()))}")
    elif found and "thousands" not in lines:
        [(sign, example)] = found.items()
        lines["thousands"] = sign
        draft.questions.ask(f"{example!r}: {sign!r} groups thousands; confirm")


def _parted(entries: list[str], lines: tomlkit.TOMLDocument, draft: Draft) -> Counter[str]:
    """The numbers alone; where cells have units or flags beside them the draft says so, to be confirmed."""
    plain = {c: without_flag(c) for c in set(entries)}
    if flagged := sorted(c for c, alone in plain.items() if alone != c):
        lines["values_with_flags"] = True
        draft.questions.ask(f"{flagged[0]!r}: taken as a number with a flag beside it; confirm")
    paired = {c: draft_roles.bare(alone) for c, alone in plain.items()}
    if with_unit := sorted(c for c, number in paired.items() if number != plain[c]):
        lines["values_with_units"] = True
        draft.questions.ask(f"{with_unit[0]!r}: taken as a number with its unit; confirm")
    return Counter(paired[c] for c in entries)


def _rows_with(seen: Seen, cell: str) -> list[str]:
    """The first three rows that have a cell, for a question."""
    return [" | ".join(row) for row in seen.rows if cell in (c.strip() for c in row)][:3]


def _tests(seen: Seen, roles: dict[str, str], lines: tomlkit.TOMLDocument, draft: Draft) -> dict[str, str]:
    """Names that are not known as they are, with a guess where a part of them is; wide columns too."""
    if "analyte" in roles:
        said = draft_tests.of_long(seen, roles["analyte"], roles.get("analyte_code", ""))
        if said.unknown:
            if said.many:
                lines["ignore_unknown"] = True
            else:
                lines["ignore"] = said.unknown
            draft.questions.ask(
                f"tests not known, left out: {', '.join(said.unknown[:12])}; say what those are that are wanted",
                "[analytes]",
            )
    else:
        said = draft_tests.named(draft_tests.of_wide(seen, roles))
    proposed = [f"{c!r} as {code}" for c, code in said.like.items() if not synonyms.analyte_of(c)]
    if proposed:
        draft.questions.ask(f"tests that look like known ones: {', '.join(proposed[:12])}; confirm or change")
    twice = [code for code, n in Counter(said.like.values()).items() if n > 1 and "analyte" not in roles]
    for code in twice:
        both = [c for c in said.like if said.like[c] == code]
        draft.questions.ask(
            f"{', '.join(map(repr, both))} all look like {code}; keep one and leave the others out", "ignore = [...]"
        )
    _words(seen, roles, draft)
    return said.like


def _words(seen: Seen, roles: dict[str, str], draft: Draft) -> None:
    """Statuses and comparators that are not known."""
    if roles.get("status"):
        odd = [w for w in seen.filled(roles["status"]) if synonyms.status_of(w, frozenset(NULL_WORDS)) is None]
        if odd:
            draft.questions.ask(
                f"statuses not known: {', '.join(map(repr, odd[:8]))}; say what each means", "[statuses]"
            )
    if roles.get("comparator"):
        odd = [w for w in seen.filled(roles["comparator"]) if comparator_of(w, Profile()) == NOT_KNOWN]
        if odd:
            draft.questions.ask(
                f"comparators not known: {', '.join(map(repr, odd[:8]))}; say what each means", "[comparators]"
            )


def _units(seen: Seen, roles: dict[str, str], tests: dict[str, str], draft: Draft) -> dict[str, str]:
    """Units in the names of columns are proposed; each test without any is a question."""
    if "unit" in roles:
        if strange := draft_tests.strange_units(seen, roles):
            draft.questions.ask(
                f"units not known: {', '.join(strange[:12])}; say which unit each means", "[unit_words]"
            )
        return {}
    if "analyte" in roles:
        return _units_of_names(seen, roles["analyte"], draft)
    found: dict[str, str] = {}
    for name, code in tests.items():
        unit = unit_in(name, code)
        if unit:
            found[code] = unit
            draft.questions.ask(f"unit of {code}: {unit!r} is taken from the name {name!r}; confirm")
        elif "(" not in name and "[" not in name:
            known = ", ".join(ANALYTES[code].conversions)
            draft.questions.ask(
                f"unit of {code}: the file does not say it of {name!r}; one of {known}", f"[units] {code} = ..."
            )
    return found


def _units_of_names(seen: Seen, column: str, draft: Draft) -> dict[str, str]:
    """Units behind the names of tests in rows, ``ALT (U/L)``, where all names of a test give one; else a question."""
    told: dict[str, dict[str, str]] = {}
    for name in seen.filled(column):
        code = draft_roles.code_of(name)
        if code:
            told.setdefault(code, {})[name] = draft_tests.bracketed_unit(name, code)
    found = {code: next(iter(names.values())) for code, names in told.items() if len(set(names.values())) == 1}
    found = {code: unit for code, unit in found.items() if unit}
    for code, names in told.items():
        if code in found:
            draft.questions.ask(
                f"unit of {code}: {found[code]!r} is taken from the name {next(iter(names))!r}; confirm"
            )
        else:
            known = ", ".join(ANALYTES[code].conversions)
            draft.questions.ask(
                f"unit of {code}: the file does not say it of {next(iter(names))!r}; one of {known}",
                f"[units] {code} = ...",
            )
    return found
