"""A first draft of a profile: what a file shows, what is ambiguous and must be decided by somebody who knows it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import tomlkit

from analytics.analytes import ANALYTES
from analytics.errors import RefusedFile
from analytics.ingest import profile_draft_words, synonyms
from analytics.ingest.formats import Columns, squeezed
from analytics.ingest.formats.long import SYNONYMS
from analytics.ingest.profile import NULL_WORDS
from analytics.ingest.reading import csv_exact
from analytics.ingest.reading.source import Source
from analytics.ingest.times import ISO_FORMS, fits
from analytics.units import unit_of

LOOKED_AT = 5_000
_DAY_MONTH = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?:[ T](\d{1,2}:\d{2})(:\d{2})?)?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([ T]|$)")
_COMMA = re.compile(r"[<>]?\s*[+-]?\d+,\d+")


@dataclass
class Draft:
    """A draft: the text of a TOML file, and what must be decided by hand."""

    text: str = ""
    questions: list[str] = field(default_factory=list)


@dataclass
class _Seen:
    columns: Columns
    cells: dict[str, Counter[str]]
    encoding: str = ""
    skip: int = 0


def suggest(path: str | Path, name: str = "") -> Draft:
    """Look at the beginning of a file and draft a profile. Nothing that is ambiguous is decided.

    Raises:
        RefusedFile: the file is no text with columns.
    """
    seen = _look(path)
    draft, lines = Draft(), tomlkit.document()
    lines.add(tomlkit.comment(f"Draft from {Path(path).name}; look through it before use."))
    lines["says"] = f"drafted from {Path(path).name}"
    if seen.encoding:
        lines["encoding"] = seen.encoding
        draft.questions.append(f"the file is not UTF-8; {seen.encoding} gives readable text, check names with accents")
    if seen.skip:
        lines["skip_lines"] = seen.skip
    roles = _roles(seen, draft)
    _dates(seen, roles, lines, draft)
    _decimals(seen, roles, lines, draft)
    tests = _tests(seen, roles, draft)
    lines["columns"] = roles
    if tests:
        lines["analytes"] = tests
    units = _units(seen, roles, tests, draft)
    if units:
        lines["units"] = units
    for question in draft.questions:
        lines.add(tomlkit.comment(f"? {question}"))
    draft.text = tomlkit.dumps(lines)
    return draft


def _look(path: str | Path) -> _Seen:
    encoding = ""
    source = Source(path)
    try:
        head = source.head if source.encoding == "utf-8" else source.head.decode(source.encoding, "ignore").encode()
    finally:
        source.close()
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        cut = error.start >= len(head) - 3
        text = head[: error.start].decode("utf-8-sig") if cut else head.decode("cp1252", "replace")
        encoding = "" if cut else "cp1252"
    lines = text.split("\n")[:LOOKED_AT]
    skip = _preamble(lines)
    header = csv_exact.find_header(lines, skip, "", Path(path).name)
    cells: dict[str, Counter[str]] = {n: Counter() for n in header.names}
    for line in lines[header.line : -1]:
        fields = csv_exact.split(line.rstrip("\r"), header.delimiter)
        if fields and len(fields) == len(header.names):
            for column, cell in zip(header.names, fields, strict=True):
                cells[column][cell.strip()] += 1
    return _Seen(Columns(header.names, Path(path).name), cells, encoding, skip)


def _preamble(lines: list[str]) -> int:
    """Lines before the header: the first line with as many fields as most lines, none of them blank."""
    counts = [max(line.count(d) for d in csv_exact.DELIMITERS) for line in lines[:200] if line.strip()]
    if not counts:
        raise RefusedFile("the file is empty")
    usual = Counter(counts).most_common(1)[0][0]
    alike = [i for i, line in enumerate(lines[:50]) if max(line.count(d) for d in csv_exact.DELIMITERS) == usual]
    return next((i for i in alike if _names_all(lines[i])), alike[0] if alike else 0)


def _names_all(line: str) -> bool:
    """Whether every field has something in it, as the names of columns have."""
    sign = max(csv_exact.DELIMITERS, key=line.count)
    return all(field.strip() for field in csv_exact.split(line.rstrip("\r"), sign) or [""])


def _roles(seen: _Seen, draft: Draft) -> tomlkit.items.Table:
    roles = tomlkit.table()
    for role, words in SYNONYMS.items():
        keys = [squeezed(w) for w in words]
        fitting = [n for n in seen.columns.names if squeezed(n) in keys]
        if len(fitting) > 1:
            draft.questions.append(f"{role}: {', '.join(fitting)} all fit; the first was taken")
        if fitting:
            roles[role] = fitting[0]
    _looked_like(seen, roles, draft)
    for role in ("patient_id", "collected_at"):
        if role not in roles:
            named = _dated(seen) if role == "collected_at" else ()
            shown = ", ".join(_example(seen, n) for n in named or seen.columns.names)
            draft.questions.append(f"{role}: no column has such a name; [columns] {role} = one of {shown}")
    return roles


def _looked_like(seen: _Seen, roles: tomlkit.items.Table, draft: Draft) -> None:
    """Roles by words of other languages, each to be confirmed; a date only where every entry looks like one."""
    dated = set(_dated(seen))
    for role, words in profile_draft_words.ROLE_WORDS.items():
        taken = {str(v) for v in roles.values()}
        fitting = [n for n in seen.columns.names if profile_draft_words.plain(n) in words and n not in taken]
        if role == "collected_at":
            fitting = [n for n in fitting if n in dated]
        if role in roles or len(fitting) != 1:
            continue
        roles[role] = fitting[0]
        draft.questions.append(f"{role}: {_example(seen, fitting[0])} looks like it; confirm or change [columns]")


def _dated(seen: _Seen) -> list[str]:
    """Columns in which every entry looks like a date."""
    filled = {n: [c for c in seen.cells[n] if c] for n in seen.columns.names}
    return [n for n, cells in filled.items() if cells and all(_DAY_MONTH.fullmatch(c) or _ISO.match(c) for c in cells)]


def _example(seen: _Seen, name: str) -> str:
    """A column with an entry, so that one sees what it is."""
    entry = next((c for c in seen.cells[name] if c), "")
    return f"{name!r} (such as {entry[:30]!r})" if entry else repr(name)


def _dates(seen: _Seen, roles: tomlkit.items.Table, lines: tomlkit.TOMLDocument, draft: Draft) -> None:
    if "collected_at" not in roles:
        return
    column = str(roles["collected_at"])
    cells = [c for c in seen.cells[column] if c]
    if cells and all(re.fullmatch(r"-?\d{1,7}", c) for c in cells):
        draft.questions.append(f"{column} holds whole numbers: clock = 'study_day' or clock = 'minutes'")
        return
    matches = [m for m in map(_DAY_MONTH.fullmatch, cells) if m]
    forms: dict[str, list[re.Match[str]]] = {}
    for match in matches:
        forms.setdefault(_form(match), []).append(match)
    other = next((c for c in cells if not _DAY_MONTH.fullmatch(c)), "")
    if len(forms) > 1 or (matches and other):
        shown = " and ".join(repr(c) for c in [*(group[0][0] for group in forms.values()), *filter(None, [other])])
        draft.questions.append(f"{column}: more than one form of date: {shown}; each is decided by its own entries")
    for _, alike in sorted(forms.items(), reverse=True):
        _day_month(alike, column, lines, draft)
    if "dates" in lines:  # a profile that lists forms reads no others, so those of ISO 8601 that occur stand there too
        iso = [form for form in ISO_FORMS if any(fits(c, form) for c in cells)]
        lines["dates"] = [*iso, *lines["dates"]]


def _form(match: re.Match[str]) -> str:
    rest = " %H:%M" + (":%S" if match[6] else "") if match[5] else ""
    return match[2] + ("%Y" if len(match[4]) == 4 else "%y") + rest


def _day_month(matches: list[re.Match[str]], column: str, lines: tomlkit.TOMLDocument, draft: Draft) -> None:
    """Which of the first two numbers is the day, where some date tells; else a question."""
    sign, rest = matches[0][2], _form(matches[0])
    day_first, month_first = f"%d{sign}%m{rest}", f"%m{sign}%d{rest}"
    first, second = max(int(m[1]) for m in matches), max(int(m[3]) for m in matches)
    if first > 12 >= second:
        lines["dates"] = [*lines.get("dates", []), day_first]
    elif second > 12 >= first:
        lines["dates"] = [*lines.get("dates", []), month_first]
    else:
        draft.questions.append(
            f"{column}: nothing in the part that was read tells whether {matches[0][0]!r} is day or month first; "
            f"decide: {day_first!r} or {month_first!r} in dates = [...]"
        )


def _decimals(seen: _Seen, roles: tomlkit.items.Table, lines: tomlkit.TOMLDocument, draft: Draft) -> None:
    columns = [str(roles["value"])] if "value" in roles else [c for c in seen.columns.names if _code(c)]
    cells = Counter(c for column in columns for c in seen.cells[column])
    commas = [c for c in cells if _COMMA.fullmatch(c)]
    points = [c for c in cells if re.fullmatch(r"[<>]?\s*[+-]?\d+\.\d+", c)]
    if commas and not points:
        lines["decimal"] = ","
        draft.questions.append(
            f"values like {commas[0]!r}: the comma was taken as decimal sign; check that it is none of thousands"
        )
    elif commas:
        draft.questions.append(
            f"values with comma ({commas[0]!r}) and with point ({points[0]!r}) in one file: ask the source"
        )
    nulls = [c for c in cells if c and not re.search(r"\d", c) and cells[c] > 1 and c not in NULL_WORDS]
    if nulls:
        draft.questions.append(f"texts in place of numbers: {', '.join(nulls[:8])}; null_words or text_results?")


def _tests(seen: _Seen, roles: tomlkit.items.Table, draft: Draft) -> dict[str, str]:
    """Names that are not known as they are, with a guess where a part of them is; wide columns too."""
    if "analyte" in roles:
        tests = [c for c in seen.cells[str(roles["analyte"])] if c and not synonyms.analyte_of(c)]
    else:
        used = {str(v) for v in roles.values()}
        tests = [c for c in seen.columns.names if c not in used]
    like = {c: _code(c) for c in tests if _code(c)}
    unknown = [c for c in tests if c not in like]
    if unknown and "analyte" in roles:
        draft.questions.append(f"tests not known: {', '.join(unknown[:12])}; add to [analytes] or to ignore = [...]")
    elif unknown:
        draft.questions.append(f"columns not read: {', '.join(unknown[:12])}; name those that are wanted")
    proposed = [f"{c!r} as {code}" for c, code in like.items() if not _known(c)]
    if proposed:
        draft.questions.append(f"tests that look like known ones: {', '.join(proposed[:12])}; confirm or change")
    twice = [code for code, n in Counter(like.values()).items() if n > 1 and "analyte" not in roles]
    for code in twice:
        both = [c for c in like if like[c] == code]
        draft.questions.append(f"{', '.join(map(repr, both))} all look like {code}; keep one, put the others in ignore")
    return like


def _known(name: str) -> str:
    """Code of a test whose name is known as it is, a unit in brackets behind it aside."""
    return synonyms.analyte_of(name) or synonyms.analyte_of(re.sub(r"\s*[\[(].*", "", name))


def _code(name: str) -> str:
    return _known(name) or profile_draft_words.test_of(name)


def _units(seen: _Seen, roles: tomlkit.items.Table, tests: dict[str, str], draft: Draft) -> dict[str, str]:
    """Nothing is decided: each test without a unit is a question."""
    if "unit" in roles:
        pairs = {c for c in seen.cells[str(roles["unit"])] if c}
        codes = {_code(c) for c in seen.cells.get(str(roles.get("analyte", "")), ())} - {""}
        strange = [u for u in pairs if codes and all(unit_of(code, u).reason for code in codes)]
        if strange:
            draft.questions.append(
                f"units not known: {', '.join(sorted(strange)[:12])}; say in [unit_words] what they are"
            )
        return {}
    for name, code in tests.items():
        if "(" not in name and "[" not in name:
            known = ", ".join(ANALYTES[code].conversions)
            draft.questions.append(f"units.{code}: the file does not say the unit of {name!r}; one of {known}")
    return {}
