"""Public and research tables: MIMIC labevents, i2b2 observation_fact, PCORnet LAB_RESULT_CM, Synthea observations.

Their tests are codes, most of which are not followed here: those are left out, counted.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import BinaryIO

from analytics.ingest import synonyms
from analytics.ingest.claims import Columns, Context, Format, Parts, Stateless, changed, paired, pick, tell_unread
from analytics.ingest.dictionary import Coded
from analytics.ingest.formats.long import results
from analytics.ingest.named_twice import agreed
from analytics.ingest.outcome import LIST_OF_TESTS
from analytics.ingest.profile import Profile
from analytics.ingest.quarantine import HeldRows
from analytics.ingest.reading.csv_exact import Chunk

MIMIC = {
    "patient_id": "subject_id", "analyte": "itemid", "collected_at": "charttime", "value": "valuenum", "told": "value",
    "unit": "valueuom", "lln": "ref_range_lower", "uln": "ref_range_upper", "specimen_id": "specimen_id",
}  # fmt: skip
I2B2 = {
    "patient_id": "patient_num", "analyte": "concept_cd", "collected_at": "start_date", "value": "nval_num",
    "comparator": "tval_char", "unit": "units_cd",
}  # fmt: skip
PCORNET = {
    "patient_id": "PATID", "analyte": "LAB_LOINC", "collected_at": "SPECIMEN_DATE", "collected_time": "SPECIMEN_TIME",
    "value": "RESULT_NUM", "told": "RAW_RESULT", "comparator": "RESULT_MODIFIER", "unit": "RESULT_UNIT",
    "lln": "NORM_RANGE_LOW", "uln": "NORM_RANGE_HIGH", "fluid": "SPECIMEN_SOURCE",
}  # fmt: skip
SYNTHEA = {"patient_id": "PATIENT", "analyte": "CODE", "collected_at": "DATE", "value": "VALUE", "unit": "UNITS"}

_ITEMS: Mapping[str, tuple[str, str]] = {
    item: (code, "Blood")
    for item, code in {
        "50861": "ALT", "50878": "AST", "50863": "ALP", "50885": "BILI", "50883": "BILDIR", "50862": "ALB",
        "51237": "INR", "51265": "PLAT", "50927": "GGT", "50954": "LDH", "50912": "CREAT", "50983": "SODIUM",
        "50971": "K", "51222": "HGB", "51301": "WBC", "51006": "UREAN", "50931": "GLUC", "51274": "PT",
        "51275": "APTT",
        "50976": "PROT", "50910": "CK", "50889": "CRP", "50907": "CHOL",
    }.items()
} | {"50835": ("Albumin, Ascites", "Ascites")}  # fmt: skip
"""MIMIC's numbers of tests (d_labitems of MIMIC-III and -IV), used where no d_labitems lies beside the file."""
_MOST_ITEMS = 100_000


class _Codes(Stateless):
    """A table whose tests are codes; those not followed are left out."""

    all_roles: Mapping[str, str] = {}
    more: tuple[str, ...] = ()

    def __init__(self, context: Context):
        super().__init__(replace(context, profile=replace(context.profile, ignore_unknown=True)))
        self.roles = {r: c for r, c in self.all_roles.items() if c in context.columns}
        tell_unread(context, self.roles, self.more)

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Understand one chunk."""
        get = pick(chunk, self.context.columns, self.roles)
        self.change(get, chunk)
        return results(get, self.roles, chunk, self.context, held)

    def change(self, get: dict[str, Coded], chunk: Chunk) -> None:
        """Put the source's own codes into words that are known."""

    def column(self, chunk: Chunk, name: str) -> Coded | None:
        """A column by name, where the file has it."""
        at = self.context.columns.index(name)
        return chunk.columns[at] if at >= 0 else None


class LabEvents(_Codes):
    """MIMIC labevents, with d_labitems where that lies in the same folder."""

    all_roles = MIMIC

    def __init__(self, context: Context):
        super().__init__(context)
        beside = _items_beside(context)
        known = {
            n: said
            for n, said in beside.items()
            if n not in _ITEMS or synonyms.analyte_of(said[0]) or said[1] != "Blood"
        }
        self.items = {**_ITEMS, **known}

    def change(self, get: dict[str, Coded], chunk: Chunk) -> None:
        """Numbers of tests to names and fluids."""
        item = get["analyte"]
        get["analyte"] = changed(item, lambda w: self.items.get(w, (w, ""))[0])
        get["fluid"] = changed(item, lambda w: self.items.get(w, (w, ""))[1])


def _items_beside(context: Context) -> dict[str, tuple[str, str]]:
    """Label and fluid by number of test, from d_labitems beside the file."""
    there = context.beside("d_labitems")
    items = _read_items(there[1]) if there else {}
    if there and items:
        context.notes.append(f"tests are named by {there[0]} beside it")
    return items


def _read_items(table: BinaryIO) -> dict[str, tuple[str, str]]:
    try:
        with io.TextIOWrapper(table, encoding="utf-8-sig", newline="") as handle:
            rows = csv.DictReader(handle)
            lowered = ({str(k).casefold(): str(v or "") for k, v in row.items()} for row in rows)
            few = itertools.islice(lowered, _MOST_ITEMS)
            found = {r.get("itemid", ""): (r.get("label", ""), r.get("fluid", "")) for r in few}
    except (OSError, UnicodeDecodeError, csv.Error):
        return {}
    return found


class LabItems(Stateless):
    """MIMIC d_labitems: names of tests, no results."""

    def take(self, chunk: Chunk, held: HeldRows) -> Parts:
        """Nothing of it is a result."""
        parts = Parts(results=len(chunk))
        parts.ignored[LIST_OF_TESTS] += len(chunk)
        return parts


class ObservationFact(_Codes):
    """i2b2 observation_fact."""

    all_roles = I2B2
    more = ("valtype_cd",)

    def change(self, get: dict[str, Coded], chunk: Chunk) -> None:
        """Codes without their system; of a number TVAL_CHAR is its comparator, of a text it is the result."""
        get["analyte"] = changed(get["analyte"], lambda w: w.rsplit(":", 1)[-1].rsplit("|", 1)[-1])
        kind = self.column(chunk, "valtype_cd")
        text = get["comparator"]
        if kind is not None:
            told = paired(kind, text, lambda k, t: t if k.upper() == "T" else "")
            get["told"], text = told, paired(kind, text, lambda k, t: "" if k.upper() == "T" else t)
        get["comparator"] = changed(text, lambda w: _I2B2_SIGNS.get(w.upper(), w))


_I2B2_SIGNS = {"E": "=", "L": "<", "LE": "<=", "G": ">", "GE": ">="}


class LabResult(_Codes):
    """PCORnet LAB_RESULT_CM: LOINC beside the laboratory's own name, and codes that say that nothing is known."""

    all_roles = PCORNET
    more = ("RAW_LAB_NAME", "RAW_UNIT")

    def change(self, get: dict[str, Coded], chunk: Chunk) -> None:
        """Codes that say that nothing is known are blanks; the test by both of its names."""
        profile = self.context.profile
        name, unit = self.column(chunk, "RAW_LAB_NAME"), self.column(chunk, "RAW_UNIT")
        if name is not None:
            get["analyte"] = paired(get["analyte"], name, lambda c, n: agreed(c, n, profile))
        for role in ("comparator", "fluid", "unit"):
            if role in get:
                get[role] = changed(get[role], lambda w: "" if w.upper() in _NOT_SAID else w)
        if unit is not None and "unit" in get:
            get["unit"] = paired(get["unit"], unit, lambda u, raw: raw if u in profile.nulls else u)


_NOT_SAID = ("NI", "UN", "TX")
"""No information, unknown; and of a modifier, that the result is a text."""


class Synthea(_Codes):
    """Synthea observations.csv."""

    all_roles = SYNTHEA


def _has(columns: Mapping[str, str], *optional: str) -> Callable[[Columns, Profile], bool]:
    needed = [c for r, c in columns.items() if r not in optional]
    return lambda header, profile: header.has(*needed) and not profile.columns


def _items(columns: Columns, profile: Profile) -> bool:
    return columns.has("itemid", "label", "fluid")


FORMATS = (
    Format("mimic_labevents", "labs", "MIMIC labevents, one row a result", 24,
           _has(MIMIC, "lln", "uln", "specimen_id"), LabEvents),
    Format("mimic_items", "labs", "MIMIC d_labitems, a list of tests without results", 25, _items, LabItems),
    Format("i2b2", "labs", "i2b2 observation_fact, one row a fact", 26, _has(I2B2, "unit"), ObservationFact),
    Format("pcornet", "labs", "PCORnet LAB_RESULT_CM, one row a result", 28,
           _has(PCORNET, "told", "collected_time", "comparator", "lln", "uln", "fluid"), LabResult),
    Format("synthea", "labs", "Synthea observations.csv, one row an observation", 27,
           lambda c, p: c.has(*SYNTHEA.values(), "DESCRIPTION") and not p.columns, Synthea),
)  # fmt: skip
