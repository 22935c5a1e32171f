"""Which column of a file plays which role, judged by its name and by what stands in it; for drafts of profiles.

A role is proposed where one column alone fits; where several do, all are named and nothing is decided.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from analytics.analytes import ANALYTES
from analytics.ingest import profile_draft_words, ranges, synonyms
from analytics.ingest.claims import Columns, without_codes
from analytics.ingest.column_words import SYNONYMS, squeezed, status_like
from analytics.ingest.moments import clocks_of
from analytics.ingest.value_parts import number_and_unit, without_flag
from analytics.units import unit_of

MOST = 0.6
"""Share of the different entries of a column that must be of a kind."""
_NUMBER = re.compile(r"[<>≤≥]?\s*[+-]?\d{1,3}(?:[.,']?\d{3})*(?:[.,]\d+)?|[<>≤≥]?\s*[+-]?\d+(?:[.,]\d+)?")
_DATE = re.compile(
    r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?|"
    r"[A-Za-z]{3,9}[ -]\d{1,2}(?:, ?| |-)(?:\d{4}|\d{2})(?:[ T,:].*)?|"
    r"\d{1,2}[./-](?:\d{1,2}|[A-Za-z]{3,9})[./-](?:\d{4}|\d{2})(?:[ T,:].*)?|\d{4}[-/]\d{2}[-/]\d{2}([ T].*)?|"
    r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:T\d{4}.*)?|\d{1,2}[A-Za-z]{3}\d{4}(?::.*)?"
)
_NOT_COLLECTED = re.compile(
    r"birth|dob|geb|naiss|nac|nasc|print|druck|impr|report|befund|result|verif|valid|receiv|eingang|recib|order|"
    r"auftrag|updat|stor|releas|freigabe|admi|discharge|death|created|entered|authori|complet|perform|processed|approv|signed|accession"
)
_PEOPLE = re.compile(r"(^|[^a-z])(pat|patient|patients|paciente|paziente|subject|subj|mrn|nhc|nip|ipp|person|case|fall|"
                     r"historia|cartella|dossier|record)")  # fmt: skip


_OF_OTHERS = re.compile(
    r"physician|doctor|provider|clinician|nurse|staff|user|technician|arzt|einsender|medecin|medico|lekarz|laege|医師|"
    r"order|auftrag|request|demande|solicitud|richiesta|anforderung|accession|specimen|sample|probe|muestra|campione|"
    r"echantillon|monster|amostra|barcode|encounter|visit|episod|admission|sejour|ward|station|depart|service|site|"
    r"hospital|device|machine|analy[sz]er|instrument|batch|rack|panel|result|test"
)
"""Numbers of other people and things: never taken for those of the persons by their entries alone."""


@dataclass
class Seen:
    """The beginning of a file: columns with how often each entry stands in them, and how it is written."""

    columns: Columns
    cells: dict[str, Counter[str]]
    encoding: str = ""
    skip: int = 0
    delimiter: str = ","
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    rows: list[list[str]] = field(default_factory=list)

    def filled(self, name: str) -> list[str]:
        """The different entries of a column."""
        return [c for c in self.cells.get(name, ()) if c]

    def example(self, name: str) -> str:
        """A column with an entry, so that one sees what it is."""
        entry = next(iter(self.filled(name)), "")
        return f"{name!r} (such as {entry[:30]!r})" if entry else repr(name)

    def share(self, name: str, of: Callable[[str], bool]) -> float:
        """Share of the different entries of which something holds."""
        entries = self.filled(name)[:200]
        return sum(map(of, entries)) / len(entries) if entries else 0.0

    def mostly(self, of: Callable[[str], bool], but: Sequence[str] = ()) -> list[str]:
        """Columns of which it holds for most entries."""
        return [n for n in self.columns.names if n not in but and self.share(n, of) >= MOST]


def is_number(text: str) -> bool:
    """Whether a text is a number in some country."""
    return bool(_NUMBER.fullmatch(text))


def bare(text: str) -> str:
    """A result without the flag or the unit in its cell."""
    number, unit = number_and_unit(without_flag(text))
    return number if unit and is_unit(unit) else without_flag(text)


def is_date(text: str) -> bool:
    """Whether a text looks like a date."""
    return bool(_DATE.fullmatch(text))


def is_unit(text: str) -> bool:
    """Whether some test has this unit."""
    return not is_number(text) and any(not unit_of(code, text).reason for code in ANALYTES)


def is_range(text: str) -> bool:
    """Whether a text gives limits of normal."""
    found = ranges.printed(text)
    return bool(found.low or found.high)


def code_of(name: str) -> str:
    """Code of a test by its name, a unit in brackets behind it aside, or by words of other languages."""
    return synonyms.analyte_of(name) or profile_draft_words.test_of(name)


def is_test(text: str) -> bool:
    """Whether a text names a test."""
    return bool(code_of(text))


def is_status(text: str) -> bool:
    """Whether a text is a status of a result."""
    return bool(synonyms.status_of(text, frozenset()))


def by_name(seen: Seen) -> dict[str, str]:
    """Roles by names that are read without a profile; of several, the one whose entries fit."""
    roles: dict[str, str] = {}
    for role, words in SYNONYMS.items():
        keys = [squeezed(w) for w in words if w]
        fitting = [n for n in seen.columns.names if squeezed(n) in keys and n not in roles.values()]
        if role in ("collected_time", "sequence", "visit", "category", "told"):
            continue
        good = [n for n in fitting if _suits(seen, role, n)]
        if good:
            good = without_codes(good) if role == "analyte" else good
            if role == "specimen_id" and len(good) > 1:
                good = [n for n in good if not seen.columns.holds_fluids(n)] or good
            exact = [n for n in good if squeezed(n) == squeezed(role)]
            roles[role] = (exact or good)[0]
    return roles


def _suits(seen: Seen, role: str, name: str) -> bool:
    """Whether the entries of a column do not speak against a role."""
    if not seen.filled(name):
        return True
    if role == "collected_at":
        days = seen.share(name, lambda w: bool(re.fullmatch(r"-?\d{1,7}", w)))
        return seen.share(name, is_date) >= MOST or days == 1.0
    if role == "value":
        return seen.share(name, lambda w: is_number(bare(w))) > 0
    if role in ("lln", "uln"):
        return seen.share(name, is_number) >= MOST
    if role == "lab":
        return seen.share(name, is_test) < MOST
    if role == "analyte":
        return seen.share(name, is_number) < 1 or seen.share(name, is_test) > 0
    return True


def by_words(seen: Seen, roles: Mapping[str, str]) -> dict[str, str]:
    """Further roles by words of other languages, where one column alone fits and its entries allow it."""
    found: dict[str, str] = {}
    for role, words in profile_draft_words.ROLE_WORDS.items():
        taken = {*roles.values(), *found.values()}
        fitting = [n for n in seen.columns.names if profile_draft_words.plain(n) in words and n not in taken]
        if role == "patient_id":
            named = [n for n in seen.columns.names if profile_draft_words.names_person(n) and n not in taken]
            fitting = profile_draft_words.of_persons([n for n in named if seen.filled(n)])
        fitting = [n for n in fitting if _suits(seen, role, n)]
        if role == "collected_at":
            fitting = [n for n in fitting if seen.filled(n) and seen.share(n, is_date) == 1.0]
        if role not in roles and len(fitting) == 1:
            found[role] = fitting[0]
    return found


def by_content(seen: Seen, roles: Mapping[str, str]) -> dict[str, str]:
    """Further roles of a long file by what stands in the columns, where one alone fits."""
    found: dict[str, str] = {}
    taken = list(roles.values())

    def take(role: str, fitting: Sequence[str]) -> None:
        fitting = [n for n in fitting if n not in taken]
        if role not in roles and len(fitting) == 1:
            found[role] = fitting[0]
            taken.append(fitting[0])

    take("analyte", seen.mostly(is_test, taken))
    take("collected_at", [n for n in dated(seen, taken) if not _NOT_COLLECTED.search(profile_draft_words.plain(n))])
    long = "analyte" in {**roles, **found}
    for role in ("uln", "lln", "range"):
        if "range" not in (*roles, *found) or role == "range":
            named = [
                n for n in seen.columns.names if profile_draft_words.like_role(n) == role and _suits(seen, role, n)
            ]
            take(role, [n for n in named if role != "range" or seen.share(n, is_range) >= MOST] if long else ())
    if long:
        take("range", [n for n in seen.mostly(is_range, taken) if seen.share(n, is_number) < MOST])
        take("unit", [n for n in seen.mostly(is_unit, taken) if not seen.mostly(is_test, ()) == [n]])
        take("value", _results(seen, taken, "patient_id" in roles) if "value" not in roles else ())
        take("status", [n for n in seen.mostly(is_status, taken) if status_like(n)])
    named = [n for n in seen.columns.names if n not in taken and _PEOPLE.search(synonyms.folded(n)) and is_id(seen, n)]
    take("patient_id", named)
    if "patient_id" not in found:
        rest = [n for n in seen.columns.names if n not in taken and is_id(seen, n) and not is_test(n)]
        rest = [n for n in rest if not _OF_OTHERS.search(profile_draft_words.plain(n))]
        take("patient_id", rest)
    return found


def _results(seen: Seen, taken: Sequence[str], person: bool) -> list[str]:
    """Columns of numbers that may be the results: those named so, else the others. A column of whole numbers may name
    people, where it is not known which does."""
    numeric = [n for n in seen.mostly(is_number, taken) if seen.share(n, is_date) < MOST and not _counts(seen, n)]
    named = [n for n in numeric if _RESULT.search(synonyms.folded(n))]
    others = [n for n in numeric if not _PEOPLE.search(synonyms.folded(n))]
    sure = person or any(re.search(r"\d[.,]\d|^[<>≤≥]", w) for n in others for w in seen.filled(n))
    return named or (others if sure else [])


def _counts(seen: Seen, name: str) -> bool:
    """Whether a column of numbers counts or names something: an instance, a visit, an age, the rows themselves."""
    at = seen.columns.index(name)
    first = [row[at].strip() for row in seen.rows[:50]]
    running = len(first) > 1 and first in ([str(i + start) for i in range(len(first))] for start in (0, 1))
    bare_name = re.sub(r"(value|result)(?: as)? (num|number|numeric)\b", r"\1", synonyms.folded(name))
    broken = any(re.search(r"\d[.,]\d", entry) for entry in seen.filled(name))
    if broken and bare_name.strip() in _BARE_NUMBER:
        return False  # nothing is counted in tenths
    return running or bool(_NO_RESULT.search(bare_name))


_BARE_NUMBER = frozenset(("number", "num", "numeric", "no", "nr", "numero", "zahl", "nombre"))
"""A column called number and nothing else: of tenths it is the result, else it may be one of anything."""


_RESULT = re.compile(r"val|result|numeric|resul|risult|ergeb|wert|uitslag|varde|measure|observ|(^| )(num|res|erg)( |$)")
_NO_RESULT = re.compile(
    r"(^|[^a-z])(id|ids|no|nr|number|numero|num[eé]ro|seq|sequence|instance|visit|age|alter|edad|[aâ]ge|day|days|week|"
    r"month|year|cycle|arm|line|row|index|count|order|code|cd|flag|priority|event|encounter|encntr|version|batch|key|"
    r"min|max|low|high|lower|upper|uln|lln|limit|dose|weight|height|bmi)([^a-z]|$)"
)


def dated(seen: Seen, but: Sequence[str] = ()) -> list[str]:
    """Columns in which every entry looks like a date, but for those named as of another moment than the draw."""
    every = [n for n in seen.columns.names if n not in but and seen.filled(n) and seen.share(n, is_date) == 1.0]
    drawn = [n for n in every if not _NOT_COLLECTED.search(profile_draft_words.plain(n))]
    return drawn or every


def is_id(seen: Seen, name: str) -> bool:
    """Whether the entries could name people: no dates, no decimals, no blanks, not one entry in all rows of many."""
    entries = seen.filled(name)
    if not entries or seen.share(name, is_date) >= MOST or seen.share(name, is_unit) >= MOST or is_clock(seen, name):
        return False
    plain = re.compile(r"[A-Za-z0-9._/-]{2,64}")
    digits = any(any(c.isdigit() for c in e) for e in entries)
    return (
        digits and all(plain.fullmatch(e) for e in entries) and not any(re.fullmatch(r"\d+[.,]\d+", e) for e in entries)
    )


_TIME = re.compile(r"time|zeit|heure|hora|(^|[^a-z])(ora|tm)([^a-z]|$)|uhr")


def is_clock(seen: Seen, name: str) -> bool:
    """Whether a column named so holds times of day."""
    return bool(_TIME.search(name.casefold())) and _holds_clocks(seen, name)


def _holds_clocks(seen: Seen, name: str) -> bool:
    """Whether most entries of a column are times of day."""
    entries = seen.filled(name)[:200]
    return bool(entries) and sum(map(bool, clocks_of(entries))) >= MOST * len(entries)


def unread_clock(seen: Seen, roles: Mapping[str, str]) -> str:
    """A column that is named as the time of the draw and does not hold such times; empty where there is none."""
    words = {squeezed(w) for w in SYNONYMS["collected_time"]}
    named = [n for n in seen.columns.names if n not in roles.values() and squeezed(n) in words and seen.filled(n)]
    return next((n for n in named if not _holds_clocks(seen, n) and seen.share(n, is_date) < MOST), "")


def clocks(seen: Seen, roles: Mapping[str, str]) -> str:
    """The column of times of day beside a column of dates without any; empty where there is none or more than one."""
    when = roles.get("collected_at", "")
    if not when or any(re.search(r"\d[ T]\d{1,2}:", c) for c in seen.filled(when)):
        return ""
    words = {squeezed(w) for w in SYNONYMS["collected_time"]}
    named = [n for n in seen.columns.names if n not in roles.values() and squeezed(n) in words]
    named = named or [n for n in seen.columns.names if n not in roles.values() and _TIME.search(n.casefold())]
    fitting = [n for n in named if _holds_clocks(seen, n)]
    return fitting[0] if len(fitting) == 1 else ""
