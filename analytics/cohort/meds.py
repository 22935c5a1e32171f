"""A cohort as a data set of MEDS, the Medical Event Data Standard 0.4: what ehrdata, MEDS-Tab and other tools read.

One row an event: ``subject_id``, ``time``, ``code``, ``numeric_value``, ``text_value``, with ``unit``, ``lln``, ``uln``
and ``comparator`` beside. Rows of a subject stand in one file, by time, without a time first. What is known only to be
below or above a limit of detection has no number, as it has none: ``<2`` is text. Subjects without calendar dates have
no place on such a clock and are left out and counted. Source of the columns: the schema of the package ``meds`` 0.4.1.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pandas as pd
import pyarrow as pa

from analytics.analytes import ANALYTES
from analytics.cohort.export import InPieces, exported_table, texts_of, usual_names
from analytics.cohort.query.run import Result
from analytics.errors import TableError
from analytics.pseudonyms import TOGETHER, Disguise, Pseudonyms

VERSION = "0.4.1"
SCHEMA = pa.schema(
    [
        pa.field("subject_id", pa.int64(), nullable=False),
        pa.field("time", pa.timestamp("us")),
        pa.field("code", pa.string(), nullable=False),
        pa.field("numeric_value", pa.float32()),
        pa.field("text_value", pa.large_string()),
        pa.field("unit", pa.string()),
        pa.field("lln", pa.float32()),
        pa.field("uln", pa.float32()),
        pa.field("comparator", pa.string()),
    ]
)
CODES = pa.schema(
    [
        pa.field("code", pa.string(), nullable=False),
        pa.field("description", pa.string()),
        pa.field("parent_codes", pa.list_(pa.string())),
    ]
)
BIRTH = "MEDS_BIRTH"
_TABLES = ("patients", "labs", "events", "imaging")
_COLUMNS = ("time", "code", "numeric_value", "text_value", "unit", "lln", "uln", "comparator")
_BITS = 63


@dataclass
class MedsSet:
    """What is written: texts by path, and shards that are made one after the other; ``codes`` and ``left_out`` are
    whole when all shards were made."""

    result: Result
    pseudonyms: Pseudonyms | None
    made_at: datetime

    def __post_init__(self) -> None:
        """Nothing was made yet."""
        self._codes: set[str] = set()
        self._names: dict[int, str] = {}
        self._written = 0
        self.left_out = 0

    @property
    def share(self) -> float:
        """Of the cohort's people, how many were written or left out so far, from 0 to 1."""
        return self._written / len(self.result.patient_ids) if len(self.result.patient_ids) else 1.0

    def shards(self) -> Iterator[tuple[str, pa.Table]]:
        """(path, table) of whole subjects: a bucket of the store at a time; under pseudonyms many at a time, as the
        bucket follows from the id."""
        disguise = None if self.pseudonyms is None else Disguise(self.pseudonyms, tuple(self.result.patient_ids))
        usual = usual_names(self.result)
        made = (
            self._rows({n: exported_table(self.result, n, f, disguise, usual) for n, f in frames.items()})
            for frames in _buckets(self.result)
        )
        filled = (rows for rows in made if rows.num_rows)
        for number, rows in enumerate(filled if disguise is None else _together(filled)):
            yield f"data/{number}.parquet", rows

    def _rows(self, made: Mapping[str, pd.DataFrame]) -> pa.Table:
        people = made["patients"]
        dated = people.loc[people["clock"] == "date", "patient_id"]
        self._written += len(people)
        self.left_out += len(people) - len(dated)
        numbers = {name: subject_number(name) for name in dated}
        self._note(numbers)
        parts = [_static(people), _results(made["labs"]), _events(made["events"]), _images(made["imaging"])]
        rows = pd.concat([p.reindex(columns=["patient_id", *_COLUMNS]) for p in parts if len(p)] or [_nothing()])
        rows = rows[rows["patient_id"].isin(numbers)]
        rows = rows.assign(subject_id=rows["patient_id"].map(numbers).astype("int64"))
        rows = rows.sort_values(["subject_id", "time", "code"], na_position="first", kind="stable")
        self._codes |= set(rows["code"])
        return pa.Table.from_pandas(rows[SCHEMA.names], schema=SCHEMA, preserve_index=False)

    def _note(self, numbers: Mapping[str, int]) -> None:
        """Keep who has which number.

        Raises:
            TableError: two subjects have the same one.
        """
        for name, number in numbers.items():
            if self._names.setdefault(number, name) != name:
                raise TableError("two patients have the same subject_id; name another study")

    @property
    def codes(self) -> pa.Table:
        """metadata/codes.parquet: every code of the data with its meaning, analytes with their LOINC codes."""
        rows = [_described(code) for code in sorted(self._codes)]
        return pa.Table.from_pylist([dict(zip(CODES.names, row, strict=True)) for row in rows], schema=CODES)

    @property
    def subjects(self) -> pa.Table:
        """metadata/subjects.parquet: the name of each subject in the other exports of the same study."""
        known = sorted(self._names.items())
        return pa.table(
            {"subject_id": pa.array([n for n, _ in known], pa.int64()), "patient_id": [p for _, p in known]}
        )

    @property
    def texts(self) -> dict[str, str]:
        """metadata/dataset.json, README and provenance."""
        said = {
            "dataset_name": self.result.definition.name or "hepatrend cohort",
            "dataset_version": str(self.result.analysis.panel.generation),
            "etl_name": "hepatrend",
            "etl_version": _software(),
            "meds_version": VERSION,
            "created_at": self.made_at.isoformat(),
            "code_modifier_columns": ["unit", "comparator"],
            "other_extension_columns": ["lln", "uln"],
            "raw_source_id_columns": [],
            "site_id_columns": [],
        }
        told = texts_of(self.result, pseudonymised=self.pseudonyms is not None)
        told["README.md"] += _MEDS.format(left_out=self.left_out)
        return {
            "metadata/dataset.json": json.dumps(said, indent=2, ensure_ascii=False) + "\n",
            "README.md": told["README.md"],
            "provenance.json": told["provenance.json"],
        }


_MEDS = """
MEDS 0.4: `data/*.parquet`, `metadata/codes.parquet`, `metadata/dataset.json`; `metadata/subjects.parquet` has the name
of each `subject_id` in the other exports of the same study. Codes: `LAB//ALT//U/L` (canonical unit; limits of that
result in `lln` and `uln`), `EVENT//kind//name//START` and `//END`, `IMAGING//modality//response` (sum of target lesions
in mm). A result below or above a limit of detection has no `numeric_value`; `text_value` has it with its sign.
Subjects without calendar dates, left out: {left_out}.
"""


def _software() -> str:
    try:
        return version("hepatrend")
    except PackageNotFoundError:
        return "from source"


def subject_number(name: str) -> int:
    """The subject_id of a patient as named in the export: the first 63 bits of SHA-256."""
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[:8], "big") >> (64 - _BITS)


def _buckets(result: Result) -> Iterator[dict[str, pd.DataFrame]]:
    """Tables of whole patients, a bucket at a time where they are stored so."""
    panel, given = result.analysis.panel, result.analysis.given
    if isinstance(given, InPieces):
        for frames in zip(*(given.pieces(name) for name in _TABLES), strict=True):
            yield dict(zip(_TABLES, frames, strict=True))
        return
    yield {name: getattr(panel, name) for name in _TABLES}


def _together(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Tables of at least TOGETHER rows, the last one of what is left; subjects by their number."""
    held: list[pa.Table] = []
    for table in tables:
        held.append(table)
        if sum(t.num_rows for t in held) >= TOGETHER:
            yield _by_subject(held)
            held = []
    if held:
        yield _by_subject(held)


def _by_subject(tables: list[pa.Table]) -> pa.Table:
    whole = pa.concat_tables(tables)
    return whole.take(np.argsort(whole.column("subject_id").to_numpy(), kind="stable"))


def _nothing() -> pd.DataFrame:
    return pd.DataFrame(columns=["patient_id", *_COLUMNS])


def _static(people: pd.DataFrame) -> pd.DataFrame:
    """Sex, primary and year of birth without a time; birth and metastases where their dates are there."""
    parts: list[pd.DataFrame] = []
    for column, head in (("sex", "SEX"), ("primary_site", "PRIMARY_SITE")):
        word = people[column].fillna("")
        parts.append(pd.DataFrame({"patient_id": people["patient_id"], "code": f"{head}//" + word})[word != ""])
    year = people["birth_year"].astype("float64")
    born = pd.DataFrame({"patient_id": people["patient_id"], "code": "BIRTH_YEAR", "numeric_value": year})
    parts.append(born[year.notna()])
    for column, code in (("birth_date", BIRTH), ("metastases_date", "METASTASES")):
        if column in people:
            dated = pd.DataFrame({"patient_id": people["patient_id"], "time": people[column], "code": code})
            parts.append(dated[people[column].notna()])
    return pd.concat(parts)


def _results(labs: pd.DataFrame) -> pd.DataFrame:
    comparator = labs["comparator"].fillna("")
    open_ended = comparator != ""
    unit = labs["analyte"].map({code: analyte.unit for code, analyte in ANALYTES.items()}).fillna("")
    text = comparator + labs["value"].map(lambda v: f"{v:.6g}")
    return pd.DataFrame(
        {
            "patient_id": labs["patient_id"],
            "time": labs["collected_at"],
            "code": "LAB//" + labs["analyte"] + "//" + unit,
            "numeric_value": labs["value"].where(~open_ended),
            "text_value": text.where(open_ended, None),
            "unit": unit,
            "lln": labs["lln"],
            "uln": labs["uln"],
            "comparator": comparator.where(open_ended, None),
        }
    )


def _events(events: pd.DataFrame) -> pd.DataFrame:
    named = events["name"].fillna("")
    name = "EVENT//" + events["kind"] + ("//" + named).where(named != "", "")
    grade = events["grade"].astype("float64") if "grade" in events else np.nan
    start = pd.DataFrame(
        {"patient_id": events["patient_id"], "time": events["start_date"], "code": name + "//START"}
    ).assign(numeric_value=grade)
    end = pd.DataFrame({"patient_id": events["patient_id"], "time": events["end_date"], "code": name + "//END"})
    return pd.concat([start[events["start_date"].notna()], end[events["end_date"].notna()]])


def _images(imaging: pd.DataFrame) -> pd.DataFrame:
    response = imaging["response"].fillna("")
    code = "IMAGING//" + imaging["modality"].fillna("") + ("//" + response).where(response != "", "")
    return pd.DataFrame(
        {
            "patient_id": imaging["patient_id"],
            "time": imaging["date"],
            "code": code,
            "numeric_value": imaging["target_sum_mm"],
            "unit": pd.Series("mm", index=imaging.index).where(imaging["target_sum_mm"].notna(), None),
        }
    )


def _described(code: str) -> tuple[str, str, list[str]]:
    """(code, description, parents)."""
    head, *rest = code.split("//")
    if head == "LAB":
        analyte = ANALYTES[rest[0]]
        return code, f"{analyte.label}, {analyte.unit}", [f"LOINC/{loinc}" for loinc in analyte.loinc]
    words = {"MEDS_BIRTH": "birth", "METASTASES": "diagnosis of metastases", "BIRTH_YEAR": "year of birth"}
    said = words.get(head, " ".join([head.lower().replace("_", " "), *(r for r in rest if r)]))
    return code, said, []
