"""Claims of laboratory results (texts in named roles) to rows of table LABS and rows quarantined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analytics.analytes import ANALYTES, CODES, INDEX
from analytics.arrow import coded_schema_of
from analytics.ingest import (
    fluids,
    moments,
    named_twice,
    patient_ids,
    ranges,
    stated_units,
    synonyms,
    times,
    value_parts,
    version_order,
)
from analytics.ingest.alike import Kinds
from analytics.ingest.comparators import comparators
from analytics.ingest.dictionary import Coded, Picked, constant, dictionary, nothing
from analytics.ingest.lab_columns import (
    coded_column,
    offsets_column,
    precision_column,
    spread_numbers,
    spread_words,
    versions_column,
)
from analytics.ingest.numbers import COMMA, COMPARATORS, EMPTY, MARK, MARKS, NUMBER, SEPARATOR, TEXT, numbers
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows, first_reason
from analytics.ingest.quarantine_reasons import Blamed, hold
from analytics.ingest.reading.csv_exact import Chunk
from analytics.ingest.reference_ranges import declare
from analytics.ingest.times import TimeRule, Times
from analytics.tables import LABS, STATUSES
from analytics.units import converted

UNKNOWN, IGNORED, OF_OTHER_FLUID, CONTRADICTORY = -1, -2, -3, -4
_LOW = np.array([ANALYTES[c].low for c in CODES])
_HIGH = np.array([ANALYTES[c].high for c in CODES])
_REASONS = (
    "", "ANALYTE_UNKNOWN", "ANALYTE_CONFLICT", "PATIENT_FORMAT", "DATE_MISSING", "DATE_FORMAT", "DATE_AMBIGUOUS",
    "DATE_2DIGIT",
    "DATE_RANGE", "STATUS_UNKNOWN", "SPECIMEN_UNKNOWN", "COMPARATOR_UNKNOWN", "VALUE_DECIMAL_COMMA",
    "VALUE_SEPARATOR", "VALUE_TEXT", "UNIT_MISSING", "UNIT_UNKNOWN", "UNIT_SUSPECT", "VALUE_IMPLAUSIBLE", "TRUNCATED",
)  # fmt: skip
_NUMBER = {reason: i for i, reason in enumerate(_REASONS)}
_REMOVES = np.array([rank == STATUSES["cancelled"] for rank in STATUSES.values()])
_CODES = pa.array(CODES, pa.large_string())
_UNITS = pa.array([ANALYTES[c].unit for c in CODES], pa.large_string())
_STATUS_CODES = pa.array(list(STATUSES), pa.large_string())
_COMPARATORS = pa.array(COMPARATORS, pa.large_string())


@dataclass
class Claims:
    """What one format says its columns mean, for some records of a chunk.

    Attributes:
        rows: positions of the records in the chunk.
        columns: role (``patient_id``, ``analyte``, ``value``, ``unit``, ``collected_at``, ``uln``, ...) to text.
        sources: role to the source's column name, for messages.
    """

    rows: npt.NDArray[np.int64]
    columns: dict[str, Coded]
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Understood:
    """Rows of table LABS, texts as codes, and what else became of the claims."""

    labs: pa.Table
    ignored: Counter[str]
    clocks: dict[str, str]


def understand(claims: Claims, chunk: Chunk, profile: Profile, rule: TimeRule, held: HeldRows) -> Understood:
    """Read every claim; each becomes a row of LABS, a row in ``held``, or is counted as ignored."""
    if "collected_time" in claims.columns:
        claims.columns["collected_at"] = moments.joined(
            claims.columns["collected_at"], claims.columns.pop("collected_time"), profile
        )
        rule = moments.with_clock(rule)
    read = _Reading(claims, profile, rule)
    said, kinds = read.said, read.kinds
    left_out = kinds.spread(said.left_out)
    reason = read.reasons(_maybe_cut(claims, chunk))
    reason[left_out] = 0
    for i in np.flatnonzero(reason):
        kind = kinds.of_row(int(i))
        hold(
            Blamed(claims.columns, claims.sources, int(i), int(said.analyte[kind]), int(said.suspect[kind]), read.when),
            _REASONS[reason[i]],
            int(claims.rows[i]),
            chunk,
            profile,
            rule,
            held,
        )
    fine = (reason == 0) & ~left_out
    good: Picked = slice(None) if fine.all() else np.flatnonzero(fine)
    _tell_limits(read, fine, chunk, held)
    _tell_order(read, fine, chunk, held)
    _tell_parts(read, fine, chunk, held)
    return Understood(_table(read, good, chunk, held.file), said.ignored, _clocks(claims.columns, read.when, good))


def _tell_limits(read: _Reading, fine: npt.NDArray[np.bool_], chunk: Chunk, held: HeldRows) -> None:
    """Count the limits that were sent and gave none, with the first of them."""
    said = read.said
    unread = said.unread_limits & np.isnan(said.lln) & np.isnan(said.uln)
    if not unread.any() or not (unread := fine & read.kinds.spread(unread)).any():
        return
    first = int(np.flatnonzero(unread)[0])
    texts = [read.get[r].at(first) for r in ranges.ROLES if r in read.get]
    line = int(chunk.line[read.claims.rows[first]])
    held.remark(LIMITS_UNREAD, int(unread.sum()), " ".join(t for t in texts if t), line)


LIMITS_UNREAD = "limits of normal that were sent and could not be read"


def _tell_order(read: _Reading, fine: npt.NDArray[np.bool_], chunk: Chunk, held: HeldRows) -> None:
    """Count what was sent of versions and gave no order, with the first of each kind."""
    for role in filter(read.get.__contains__, ORDER_UNREAD):
        missing = read.version == version_order.MISSING if role == "version" else np.isnat(read.issued)
        told = read.get[role].spread(np.array([w not in read.profile.nulls for w in read.get[role].list()], bool))
        unread = np.flatnonzero(fine & told & missing)
        if len(unread):
            first = int(unread[0])
            held.remark(
                ORDER_UNREAD[role], len(unread), read.get[role].at(first), int(chunk.line[read.claims.rows[first]])
            )


ORDER_UNREAD: Mapping[str, str] = {
    "version": "numbers of versions that could not be read",
    "issued_at": "times of reporting that could not be read",
}
"""Without them a result is ordered among its versions by its status alone."""


def _tell_parts(read: _Reading, fine: npt.NDArray[np.bool_], chunk: Chunk, held: HeldRows) -> None:
    """Count the cells of which a flag or a unit was taken off, with the first of each."""
    for kind, rows in read.parted.items():
        done = np.flatnonzero(fine & rows)
        if len(done):
            first = int(done[0])
            held.remark(kind, len(done), read.get["raw_value"].at(first), int(chunk.line[read.claims.rows[first]]))


_OF_ROWS = frozenset((
    "patient_id", "collected_at", "visit", "sequence", "lab", "method", "precision", "utc_offset_min", "version",
    "issued_at", "raw_unit",
))  # fmt: skip
"""Roles that do not decide what a result says: those of when, whose and where it is."""


class _Reading:
    """All claims of a chunk: what is of each row, shape (n,), and what each kind of result says."""

    def __init__(self, claims: Claims, profile: Profile, rule: TimeRule):
        self.claims, self.profile, self.get, self.n = claims, profile, claims.columns, len(claims.rows)
        get = self.get
        self.when = times.times(get["collected_at"].words, rule)
        self.parted = value_parts.part(get, lambda: get["analyte"].spread(_analytes(get["analyte"], profile)), profile)
        if "told" in get:
            get["value"] = value_parts.signed(get["value"], get["told"], profile)
        self.specimen_fluid = np.zeros(self.n, np.int8)
        if "specimen_id" in get:
            told = fluids.fluids_of(get["specimen_id"].words, profile.nulls, profile.specimen_words)
            self.specimen_fluid = get["specimen_id"].spread(told)
        unsaid = _OF_ROWS if self.specimen_fluid.any() else _OF_ROWS | {"specimen_id"}
        saying = {role: column for role, column in get.items() if role not in unsaid}
        self.kinds = Kinds.among(saying.values(), self.n)
        self.said = _Said({role: column.take(self.kinds.rows) for role, column in saying.items()}, self.kinds, profile)
        self.version, self.issued = version_order.of(get, self.n, rule)

    def reasons(self, cut: npt.NDArray[np.bool_]) -> npt.NDArray[np.int8]:
        """Per row, position in _REASONS of why it is held back; the reasons stand there in the order that counts."""
        get = self.get
        of_kinds = first_reason(self.said.n, self.said.tests())
        reason = self.kinds.spread(of_kinds) if of_kinds.any() else np.zeros(self.n, np.int8)
        dated = get["collected_at"].spread(self.when.reason)
        faults = get["patient_id"].spread(patient_ids.faults(get["patient_id"].words))
        undated = ((dated == i, times.REASONS[i]) for i in range(1, 6)) if dated.any() else ()
        for holds, why in ((faults, "PATIENT_FORMAT"), *undated, (cut, "TRUNCATED")):
            if holds.any():
                reason[holds & ((reason == 0) | (reason > _NUMBER[why]))] = _NUMBER[why]
        return reason


class _Said:
    """What each kind of result says, each text read once: arrays of shape (k,)."""

    def __init__(self, get: dict[str, Coded], kinds: Kinds, profile: Profile):
        self.kinds, self.profile, self.get, self.n = kinds, profile, get, len(kinds.weight)
        self.analyte = get["analyte"].spread(_analytes(get["analyte"], profile))
        self._read_fluid()
        self.status, self.status_bad = _statuses(get.get("status"), self.n, profile)
        self.removes = _REMOVES[self.status]
        self._read_values()
        self._read_units()

    def _read_fluid(self) -> None:
        """What each result is of: a column that says it, one of specimens that holds fluids, or the kind of test."""
        get, own = self.get, self.profile.specimen_words
        fluid, self.fluid_unknown = np.zeros(self.n, np.int8), np.zeros(self.n, bool)
        for role in ("specimen_id", "fluid", "category"):
            if role not in get:
                continue
            told = fluids.fluids_of(get[role].words, self.profile.nulls, own)
            if role == "category":
                told[told != fluids.OTHER] = fluids.NOT_TOLD
            spread = get[role].spread(told)
            fluid = np.maximum(fluid, spread)
            if role == "fluid":
                said = get[role].spread(np.array([w not in self.profile.nulls for w in get[role].list()], bool))
                self.fluid_unknown = said & (spread == fluids.NOT_TOLD)
        self.other_fluid = (fluid == fluids.OTHER) | (self.analyte == OF_OTHER_FLUID)
        self.fluid_unknown &= ~self.other_fluid

    def _read_values(self) -> None:
        get, profile = self.get, self.profile
        read = numbers(get["value"].words, profile.nulls, profile.decimal, _marks(profile), profile.thousands)
        if (read.kind == COMMA).any():  # where some numbers have a comma, 1.240 may be 1240
            points = pc.match_substring_regex(get["value"].words, r"^[+-]?[0-9]{1,3}([.][0-9]{3})+$")
            read.kind[(read.kind == NUMBER) & points.to_numpy(zero_copy_only=False).astype(bool)] = SEPARATOR
        kind = get["value"].spread(read.kind)
        self.value = get["value"].spread(read.value)
        self.comparator = get["value"].spread(read.comparator)
        self.comparator_bad = np.zeros(self.n, bool)
        if "comparator" in get:
            self.comparator, self.comparator_bad = comparators(get["comparator"], self.comparator, profile)
        empty = (kind == EMPTY) & ~self.removes
        if "raw_value" in get:
            told = np.array([w not in profile.nulls for w in get["raw_value"].list()], bool)
            empty &= ~get["raw_value"].spread(told)
            kind = np.where((kind == EMPTY) & ~empty, MARK, kind)
        self.kind = kind
        not_followed = (self.analyte == IGNORED) & ~self.other_fluid
        self.left_out = (self.analyte == IGNORED) | self.other_fluid | empty
        self.ignored = Counter({"test not followed": self.kinds.count(not_followed)})
        self.ignored["no result entered"] = self.kinds.count(empty & (self.analyte != IGNORED) & ~self.other_fluid)
        self.ignored += self._of_other_fluids()

    def _of_other_fluids(self) -> Counter[str]:
        """How many results are of which other fluid, in the source's words."""
        if not self.other_fluid.any():
            return Counter()
        left, told = self.other_fluid.copy(), Counter[str]()
        for role in ("fluid", "specimen_id", "category", "analyte"):
            if role not in self.get:
                continue
            column = self.get[role]
            other = fluids.fluids_of(column.words, self.profile.nulls, self.profile.specimen_words) == fluids.OTHER
            here = left & column.spread(other | (role == "analyte"))
            counts, words = np.bincount(column.codes[here], self.kinds.weight[here]), column.words
            told.update({f"not of blood: {words[int(i)].as_py()}": int(counts[i]) for i in np.flatnonzero(counts)})
            left &= ~here
        return told

    def _read_units(self) -> None:
        factor, self.unit_code = stated_units.factors(self.analyte, self.get.get("unit"), self.n, self.profile)
        self.is_number = (self.kind == NUMBER) & ~(self.removes & (self.unit_code < 0))
        self.canonical = converted(self.value, factor)
        if not self.is_number.all():
            self.canonical = np.where(self.is_number, self.canonical, np.nan)
        self.house = np.maximum(self.analyte, 0)
        known = np.where(self.unit_code == 0, factor, np.nan)
        self.lln, self.uln, self.unread_limits = ranges.limits(self.get, self.house, self.profile, known)
        declare(self.lln, self.uln, self.house, self.get, self.profile)
        inside = (self.canonical >= _LOW[self.house]) & (self.canonical <= _HIGH[self.house])
        self.out = self.is_number & ~inside
        candidates = self.is_number & (self.unit_code == 0) & (self.analyte >= 0)
        candidates &= (self.comparator == 0) | self.out
        self.suspect = stated_units.suspects(self.house, self.value, factor, self.uln, candidates, self.out)

    def tests(self) -> list[tuple[npt.NDArray[np.bool_], int]]:
        """Reasons to hold a claim back for what it says, in the order in which one is named."""
        odd = self.kind == TEXT
        return [
            (self.analyte == UNKNOWN, _NUMBER["ANALYTE_UNKNOWN"]),
            (self.analyte == CONTRADICTORY, _NUMBER["ANALYTE_CONFLICT"]),
            (self.status_bad, _NUMBER["STATUS_UNKNOWN"]),
            (self.fluid_unknown, _NUMBER["SPECIMEN_UNKNOWN"]),
            (self.comparator_bad & ~self.removes, _NUMBER["COMPARATOR_UNKNOWN"]),
            ((self.kind == COMMA) & ~self.removes, _NUMBER["VALUE_DECIMAL_COMMA"]),
            ((self.kind == SEPARATOR) & ~self.removes, _NUMBER["VALUE_SEPARATOR"]),
            (odd & ~self.removes, _NUMBER["VALUE_TEXT"]),
            (self.is_number & (self.unit_code == -1), _NUMBER["UNIT_MISSING"]),
            (self.is_number & (self.unit_code == -2), _NUMBER["UNIT_UNKNOWN"]),
            (self.suspect >= 0, _NUMBER["UNIT_SUSPECT"]),
            (self.out, _NUMBER["VALUE_IMPLAUSIBLE"]),
        ]


def _table(read: _Reading, good: Picked, chunk: Chunk, file: str) -> pa.Table:
    """Table LABS of the good claims, texts as codes (analytics.arrow.coded_schema_of)."""
    get, profile, when, said = read.get, read.profile, read.when, read.said
    house = read.kinds.spread(said.house.astype(np.int32), good)
    n = len(house)
    numbered = partial(spread_numbers, read.kinds, good)
    worded = partial(spread_words, read.kinds, good)
    precision = get["collected_at"].spread(when.precision)
    offset = get["collected_at"].spread(when.offset)
    columns = {
        "patient_id": coded_column(get["patient_id"], good),
        "analyte": dictionary(house, _CODES),
        "collected_at": pa.array(times.as_times(get["collected_at"].spread(when.at)[good])),
        "value": numbered(said.canonical),
        "comparator": worded(np.where(said.is_number, said.comparator, 0), _COMPARATORS),
        "unit": dictionary(house, _UNITS),
        "lln": numbered(said.lln),
        "uln": numbered(said.uln),
        "lab": _plain(get.get("lab"), good, n, profile, profile.lab),
        "status": worded(said.status, _STATUS_CODES),
        "specimen_id": _plain(moments.specimens(get, precision, read.specimen_fluid, profile), good, n, profile),
        "raw_value": coded_column(_raw(get, "raw_value", "value"), good),
        "raw_unit": coded_column(_raw(get, "raw_unit", "unit"), good) if _has_unit(get) else constant("", n),
        "source_file": constant(file, n),
        "source_line": pa.array(chunk.line[read.claims.rows][good]),
        "method": _plain(get.get("method"), good, n, profile),
        "precision": precision_column(get.get("precision"), precision, good),
        "utc_offset_min": offsets_column(get.get("utc_offset_min"), offset, good),
        "version": versions_column(read.version[good]) if "version" in get else nothing(n),
        "issued_at": pa.array(read.issued[good], pa.timestamp("us")),
        "replaced": constant("", n),
        "result_id": nothing(n),
    }
    return pa.table([columns[name] for name in LABS.names], schema=coded_schema_of(LABS))


def _has_unit(get: Mapping[str, Coded]) -> bool:
    return "unit" in get or "raw_unit" in get


def _analytes(words: Coded, profile: Profile) -> npt.NDArray[np.int64]:
    """House position of each test name; UNKNOWN, or IGNORED where the profile leaves it out."""
    found = np.empty(len(words.words), np.int64)
    for i, word in enumerate(words.list()):
        code = synonyms.analyte_of(word, profile.analyte_names) if word not in profile.nulls else ""
        if code and synonyms.folded(word) not in profile.ignored_names:
            found[i] = INDEX[code]
        else:
            found[i] = _not_followed(word, profile)
    return found


def _not_followed(word: str, profile: Profile) -> int:
    """IGNORED where the profile leaves the test out, OF_OTHER_FLUID where it is a followed test of no blood."""
    if synonyms.folded(word) in profile.ignored_names:
        return IGNORED
    if named_twice.CONTRADICTS in word:
        return CONTRADICTORY
    bare, fluid = fluids.without_fluid(word)
    if fluid == fluids.OTHER and synonyms.analyte_of(bare, profile.analyte_names):
        return OF_OTHER_FLUID
    return IGNORED if profile.ignore_unknown and bool(word) else UNKNOWN


def _marks(profile: Profile) -> frozenset[str]:
    return MARKS | {t.casefold() for t in profile.text_results} if profile.text_results else MARKS


def _statuses(column: Coded | None, n: int, profile: Profile) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Position in STATUSES per row, and whether the word is not known."""
    codes = list(STATUSES)
    if column is None:
        return np.full(n, codes.index(""), np.int64), np.zeros(n, bool)
    read = [synonyms.status_of(w, profile.nulls, profile.status_names) for w in column.list()]
    position = np.array([codes.index(r or "") for r in read], np.int64)
    return column.spread(position), column.spread(np.array([r is None for r in read], bool))


def _maybe_cut(claims: Claims, chunk: Chunk) -> npt.NDArray[np.bool_]:
    """Whether the row is the last of a file without a final line end and its last cell is part of the result."""
    cut = np.zeros(len(claims.rows), bool)
    if chunk.open_column and chunk.open_column in {claims.sources.get(r) for r in _DECIDING} and len(cut):
        cut[-1] = claims.rows[-1] == len(chunk) - 1
    return cut


_DECIDING = ("patient_id", "analyte", "collected_at", "value", "comparator", "lln", "uln", "range", "specimen_id")


def _plain(column: Coded | None, good: Picked, n: int, profile: Profile, default: str = "") -> pa.DictionaryArray:
    """A free text column of n rows; null words become the default."""
    if column is None:
        return constant(default, n)
    cleaned = pa.array([default if w in profile.nulls else w for w in column.list()], pa.string())
    return dictionary(column.codes[good], cleaned)


def _raw(get: Mapping[str, Coded], own: str, other: str) -> Coded:
    return get[own] if own in get else get[other]


def _clocks(get: Mapping[str, Coded], when: Times, good: Picked) -> dict[str, str]:
    """Patients whose times are relative, with their clock."""
    if not when.relative.any():
        return {}
    relative = get["collected_at"].spread(when.relative)[good]
    rows = np.arange(len(get["collected_at"]))[good][relative > 0]
    person = get["patient_id"].take(rows)
    first = np.unique(person.codes, return_index=True)
    words = person.list()
    kinds = ("date", "study_day", "minutes")
    return {words[c]: kinds[relative[relative > 0][i]] for c, i in zip(*first, strict=True)}
