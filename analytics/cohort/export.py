"""A cohort as a tidy, documented data set: canonical tables, answer, attrition, dictionary and code that reads it.

Without pseudonyms everything is as stored. With them: pseudonyms, dates shifted by whole weeks a patient, the year of
birth and ages above 89 together; rows in the order of the pseudonyms; primaries that fewer than ``small_cell``
patients have as one group; free text, laboratory, site, specimen and file names are left out, and names of events
that fewer than ``small_cell`` patients have. Everything was computed before the dates were moved, so that grades,
trends and findings are the same. A clock without calendar dates has no dates here, only days.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd

from analytics.analysis import Analysis
from analytics.arrays import Bools, Floats
from analytics.case import Case
from analytics.cohort.extras import COLUMNS as EXTRA_COLUMNS
from analytics.cohort.extras import P_ALT_CAVEAT, PERCENTILE_CAVEAT, extras
from analytics.cohort.query.definition import without_ids
from analytics.cohort.query.filters import ages
from analytics.cohort.query.run import Result
from analytics.cohort.scattered import by_bucket, each_patient, summed
from analytics.conflicts import HELD_INSTEAD, with_held_instead
from analytics.derive.lines import index_days_of
from analytics.pseudonyms import OLDEST, Disguise, Pseudonyms, grouped, grouped_age, in_order_of_names
from analytics.rules import rules
from analytics.settings import Settings, changed_from_default
from analytics.tables import ORDERING, TABLES

EXPORTED = ("patients", "labs", "events", "imaging", "points", "series", "responses", "findings", "scores")
_IDENTIFYING = frozenset(
    {
        *("lab", "site", "specimen_id", "source_file", "source_line", "method", "raw_value", "raw_unit", "replaced"),
        *(
            "detail",
            "says",
            "numbers",
            "why",
            "inputs",
            "birth_date",
            "age",
            "finding_id",
            "headline_id",
            "utc_offset_min",
            *ORDERING,
            "evidence",
        ),
        *("result_id",),
    }
)
_SAYS_MORE = {
    HELD_INSTEAD.name: (HELD_INSTEAD.kind, HELD_INSTEAD.unit, f"{HELD_INSTEAD.says}; pseudonymised: yes or empty"),
    "birth_year": ("whole", "", "year of birth, of the shifted date where pseudonymised"),
    "age_years": ("text", "years", "age at the first treatment in whole years; 90+ above 89"),
}


Pieces = Callable[[], Iterator[pd.DataFrame]]


@runtime_checkable
class InPieces(Protocol):
    """Stored tables that can be read a bucket of patients at a time."""

    def pieces(self, name: str) -> Iterator[pd.DataFrame]:
        """One table, whole patients at a time."""


@dataclass(frozen=True)
class Bundle:
    """Tables by name, each as pieces of whole patients that are made when they are asked for, so that a data set of any
    size is written in bounded memory; and texts by file name."""

    pieces: dict[str, Pieces]
    texts: dict[str, str]

    @cached_property
    def frames(self) -> dict[str, pd.DataFrame]:
        """Every table in memory."""
        return {name: pd.concat(list(made()), ignore_index=True) for name, made in self.pieces.items()}


def bundle(result: Result, pseudonyms: Pseudonyms | None, *, more: bool = False) -> Bundle:
    """Everything of a cohort's members, ready to be written.

    Args:
        result: a run of the cohort.
        pseudonyms: keys of the study; None exports identified data.
        more: with the table of analytics.cohort.extras too.
    """
    disguise = None if pseudonyms is None else Disguise(pseudonyms, tuple(result.patient_ids))
    usual = usual_names(result)
    pieces: dict[str, Pieces] = {name: partial(_pieces, result, name, disguise, usual) for name in EXPORTED}
    pieces["answer"] = lambda: iter([_answer(result, disguise)])
    pieces["attrition"] = lambda: iter([_attrition(result, suppress=disguise is not None)])
    columns = {name: exported_table(result, name, TABLES[name].empty(), disguise, usual).columns for name in EXPORTED}
    if more:
        pieces["extras"] = lambda: iter([_extras(result, disguise)])
    columns |= {name: next(pieces[name]()).columns for name in ("answer", "attrition", "extras") if name in pieces}
    pieces["dictionary"] = lambda: iter([_dictionary(columns)])
    texts = texts_of(result, pseudonymised=disguise is not None) | {"read_pandas.py": _PANDAS, "read_r.R": _R}
    texts["README.md"] += _TABLES_OF_IT + (_EXTRAS_OF_IT if more else "")
    return Bundle(pieces, texts)


def texts_of(result: Result, *, pseudonymised: bool) -> dict[str, str]:
    """provenance.json (data, thresholds, rule versions, question) and README.md of a data set."""
    provenance = result.provenance() | {
        "thresholds_changed": {
            name: {"value": value, "default": usual, "unit": unit}
            for name, value, usual, unit in changed_from_default(result.analysis.settings)
        },
        "rules": {code: rule.version for code, rule in rules().items()},
        "pseudonymised": pseudonymised,
        "definition_text": without_ids(result.definition, masked=pseudonymised),
    }
    if pseudonymised:  # the cut-off is a true date
        provenance.pop("data_up_to")
    return {
        "provenance.json": json.dumps(provenance, indent=2, ensure_ascii=False) + "\n",
        "README.md": _readme(result, pseudonymised=pseudonymised),
    }


def _pieces(result: Result, name: str, disguise: Disguise | None, usual: set[str]) -> Iterator[pd.DataFrame]:
    """One table of the members; at least one piece, which may have no rows."""
    made = (exported_table(result, name, frame, disguise, usual) for frame in _stored(result.analysis, name))
    filled = (piece for piece in made if len(piece))
    some = iter(filled if disguise is None else in_order_of_names(filled))
    first = next(some, None)
    yield exported_table(result, name, TABLES[name].empty(), disguise, usual) if first is None else first
    yield from some


def _stored(analysis: Analysis, name: str) -> Iterator[pd.DataFrame]:
    """One table of all patients, piece by piece where it is stored so."""
    if isinstance(analysis.given, InPieces):
        yield from analysis.given.pieces(name)
        return
    whole: pd.DataFrame = getattr(
        analysis.panel if name in ("patients", "labs", "events", "imaging") else analysis, name
    )
    yield whole


def exported_table(
    result: Result, name: str, frame: pd.DataFrame, disguise: Disguise | None, usual: set[str]
) -> pd.DataFrame:
    """Rows of the members, as they may leave: with a disguise under pseudonyms and without what identifies."""
    code = result.analysis.panel.codes_of(frame["patient_id"])
    mine = np.append(result.members, False)[code]
    frame = frame[mine].reset_index(drop=True)
    if name == "patients":
        frame = _with_age(result, frame, disguise)
    frame = with_held_instead(name, frame, result.analysis.panel.held)
    if disguise is not None and HELD_INSTEAD.name in frame.columns:  # the value as written, file and line stay here
        frame[HELD_INSTEAD.name] = frame[HELD_INSTEAD.name].where(frame[HELD_INSTEAD.name] == "", "yes")
    if disguise is not None:
        frame = frame.drop(columns=[c for c in frame.columns if c in _IDENTIFYING])
        if "name" in frame.columns:
            frame["name"] = frame["name"].where(frame["name"].str.casefold().isin(usual), "")
        if name == "patients":
            frame["primary_site"] = _grouped_primaries(result, frame["primary_site"])
    return _on_clock(result, frame, disguise)


def usual_names(result: Result) -> set[str]:
    """Names of events that at least small_cell of the exported patients have; a rare one could point to a person."""
    having = _having(result.analysis.case, members=result.members)
    return set(having["name"][having["patients"] >= result.analysis.settings.cohort.small_cell])


def _grouped_primaries(result: Result, primaries: pd.Series) -> pd.Series:
    """Primaries in which those that fewer than small_cell of the exported patients have are one group."""
    exported = result.analysis.panel.patients["primary_site"][result.members].value_counts()
    counts = {str(name): int(n) for name, n in exported.items()}
    return grouped(primaries, counts, result.analysis.settings.cohort.small_cell)


@by_bucket(summed("name"), lambda asked: ())
def _having(case: Case, members: Bools) -> pd.DataFrame:
    """How many of the members have an event of each name."""
    events = case.panel.events
    events = events[members[case.panel.codes_of(events["patient_id"])]]
    by_name = events.groupby(events["name"].str.casefold())["patient_id"].nunique()
    return pd.DataFrame({"name": by_name.index.astype(object), "patients": by_name.to_numpy(np.int64)})


@by_bucket(each_patient, lambda asked: ())
def _index_days(case: Case) -> Floats:
    """Day 0 of each patient."""
    return index_days_of(case)


@by_bucket(each_patient, lambda asked: ())
def _ages(case: Case) -> Floats:
    """Age of each patient at the first treatment, in years."""
    return ages(case)


def _with_age(result: Result, frame: pd.DataFrame, disguise: Disguise | None) -> pd.DataFrame:
    """With age_years and birth_year, which stay where birth_date and age go."""
    code = result.analysis.panel.codes_of(frame["patient_id"])
    years = pd.Series(_ages(result.analysis.case)[code], index=frame.index)
    born = frame["birth_date"] if disguise is None else disguise.times(frame["patient_id"], frame["birth_date"])
    year = born.dt.year.astype("Int64")
    if disguise is not None:  # the year of birth would tell an age that is grouped
        year = year.mask(years > OLDEST)
    return frame.assign(age_years=grouped_age(years), birth_year=year)


def _on_clock(result: Result, frame: pd.DataFrame, disguise: Disguise | None) -> pd.DataFrame:
    """Times with a column of days since the patient's day 0 beside each; no dates where the clock has none."""
    panel, case = result.analysis.panel, result.analysis.case
    code = panel.codes_of(frame["patient_id"])
    dated = (panel.patients["clock"] == "date").to_numpy(bool)[code]
    out = {}
    for name in frame.columns:
        column = frame[name]
        if not pd.api.types.is_datetime64_any_dtype(column.dtype):
            out[name] = column
            continue
        days = column.to_numpy("datetime64[us]").astype("int64") / 86_400_000_000
        day = np.where(column.isna(), np.nan, np.floor(days) - _index_days(case)[code])
        shown = column if disguise is None else disguise.times(frame["patient_id"], column)
        out[name] = shown.where(pd.Series(dated, index=column.index))
        out[f"{name}_day"] = pd.Series(day, index=column.index)
    table = pd.DataFrame(out)
    if disguise is not None:
        table["patient_id"] = disguise.names(frame["patient_id"])
    return table


def _answer(result: Result, disguise: Disguise | None) -> pd.DataFrame:
    rows = result.rows.reset_index(drop=True)
    if disguise is not None:
        rows = rows.drop(columns=[c for c in rows.columns if c.startswith(("file_", "line_"))])
    return _sorted(_on_clock(result, rows, disguise), disguise)


def _extras(result: Result, disguise: Disguise | None) -> pd.DataFrame:
    frame = extras(result.analysis.case, result.members)
    return (
        frame if disguise is None else _sorted(frame.assign(patient_id=disguise.names(frame["patient_id"])), disguise)
    )


def _sorted(table: pd.DataFrame, disguise: Disguise | None) -> pd.DataFrame:
    return table if disguise is None else next(in_order_of_names([table]))


def _attrition(result: Result, *, suppress: bool) -> pd.DataFrame:
    """Steps with counts; small ones as ``<5`` in a data set that leaves the house."""
    least = result.analysis.settings.cohort.small_cell if suppress else 0
    return pd.DataFrame(
        {
            "step": range(len(result.steps)),
            "says": [
                "id is one of a list" if suppress and s.says.startswith("id is ") else s.says for s in result.steps
            ],
            "patients": [f"<{least}" if 0 < s.patients < least else str(s.patients) for s in result.steps],
            "occurrences": [f"<{least}" if 0 < s.occurrences < least else str(s.occurrences) for s in result.steps],
        }
    )


def _dictionary(tables: dict[str, pd.Index[str]]) -> pd.DataFrame:
    """One row a column of every table: type, unit, meaning."""
    rows = []
    for table, columns in tables.items():
        known = {c.name: (c.kind, c.unit, c.says) for c in TABLES[table].columns} if table in TABLES else {}
        for column in columns:
            kind: str
            if column in known:
                kind, unit, says = known[column]
            elif column.endswith("_day") and column.removesuffix("_day") in columns:
                kind, unit, says = "number", "d", f"{column.removesuffix('_day')} in days since the patient's day 0"
            else:
                known_as = EXTRA_COLUMNS if table == "extras" else _SAYS_MORE
                kind, unit, says = known_as.get(column) or _of_answer(column)
            rows.append({"table": table, "column": column, "type": kind, "unit": unit, "says": says})
    return pd.DataFrame(rows)


def _of_answer(column: str) -> tuple[str, str, str]:
    """Meaning of the columns of answer and attrition."""
    stem, _, clause = column.rpartition("_") if column[-1:].isdigit() else (column, "", "")
    of = f" of clause {clause}" if clause else ""
    kind, unit, says = _ANSWER.get(stem, ("text", "", stem.replace("_", " ")))
    return kind, unit, says + of


_ANSWER = {
    "patient_id": ("text", "", "the person"),
    "anchor_at": ("time", "", "event that the question counts from"),
    "analyte": ("text", "", "analyte that met the measure"),
    "value": ("number", "canonical", "value that met the measure"),
    "comparator": ("text", "", "< below or > above a limit of detection"),
    "unit": ("text", "", "canonical unit"),
    "file": ("text", "", "file that the value came from"),
    "line": ("whole", "", "line of that file"),
    "at": ("time", "", "when the measure was met"),
    "day": ("whole", "d", "calendar days from the anchor, or from the match of clause 1"),
    "multiple": ("number", "", "value on the scale of the measure"),
    "before": ("number", "canonical", "value that it was compared with"),
    "before_at": ("time", "", "when that was taken"),
    "step": ("whole", "", "number of the step"),
    "says": ("text", "", "what the step asks"),
    "patients": ("text", "", "patients left"),
    "occurrences": ("text", "", "occurrences left"),
}


def _readme(result: Result, *, pseudonymised: bool) -> str:
    kind = (
        "Pseudonymised: personal data under the GDPR all the same. Dates of a patient are moved back by the same "
        "number of whole weeks. Counts below the limit of the site are shown as less than it."
        if pseudonymised
        else "Identified data: treat as a medical record."
    )
    thresholds = _thresholds(result.analysis.settings)
    return _README.format(
        kind=kind, thresholds=thresholds, definition=without_ids(result.definition, masked=pseudonymised).rstrip()
    )


def _thresholds(settings: Settings) -> str:
    """Which thresholds hold: the defaults, or every one that the site changed with both values."""
    found = [
        f"- `{name}`: {value}{f' {unit}' if unit else ''} (default {usual})"
        for name, value, usual, unit in changed_from_default(settings)
    ]
    head = (
        "Thresholds changed by the site (all others are the defaults)" if found else "All thresholds are the defaults"
    )
    return "\n".join([f"{head}; their digest is {settings.digest}.", *([""] if found else []), *found])


_README = """# Cohort export

{kind}

```
{definition}
```

Retrospective review of laboratory trends by qualified professionals, and research.

{thresholds}

`provenance.json` has the generation of the data, the thresholds and the versions of the rules.
"""
_TABLES_OF_IT = """
- one file a table; every column is explained in `dictionary`
- `answer`: values and dates that the question found
- `attrition`: patients left after each step
- `read_pandas.py`, `read_r.R`: read all tables with their types; R needs the package arrow for Parquet
"""

_EXTRAS_OF_IT = f"""- `extras`: optional columns, used by no rule or answer of hepatrend
  - `p_alt`: {P_ALT_CAVEAT}.
  - `percentile_peak_*`: {PERCENTILE_CAVEAT}.
"""

_PANDAS = '''"""Read every table of this folder into a dict of data frames, with types from dictionary.csv."""

from pathlib import Path

import pandas as pd


def read(folder=Path(__file__).parent):
    words = pd.read_csv(folder / "dictionary.csv", encoding="utf-8-sig", keep_default_na=False)
    tables = {}
    for table, columns in words.groupby("table", sort=False):
        kind = columns.set_index("column")["type"]
        text = {c: "string" for c in kind.index[kind.isin(["text", "json"])]}
        times = list(kind.index[kind == "time"])
        whole = folder / f"{table}.parquet"
        if whole.exists():
            tables[table] = pd.read_parquet(whole)
            continue
        frame = pd.read_csv(folder / f"{table}.csv", encoding="utf-8-sig", dtype=text, parse_dates=times)
        tables[table] = frame
    return tables


if __name__ == "__main__":
    for name, frame in read().items():
        print(f"{name}: {len(frame)} rows, {frame.shape[1]} columns")
'''

_R = """# Read every table of this folder into a list of data frames, with types from dictionary.csv.
folder <- "."
words <- read.csv(file.path(folder, "dictionary.csv"), fileEncoding = "UTF-8-BOM", colClasses = "character")
tables <- lapply(split(words, factor(words$table, unique(words$table))), function(columns) {
  whole <- file.path(folder, paste0(columns$table[1], ".parquet"))
  if (file.exists(whole)) return(as.data.frame(arrow::read_parquet(whole)))
  frame <- read.csv(file.path(folder, paste0(columns$table[1], ".csv")), fileEncoding = "UTF-8-BOM",
                    colClasses = "character", na.strings = "", check.names = FALSE)
  for (i in seq_len(nrow(columns))) {
    name <- columns$column[i]
    if (columns$type[i] %in% c("number", "whole")) frame[[name]] <- as.numeric(frame[[name]])
    if (columns$type[i] == "flag") frame[[name]] <- frame[[name]] == "True"
    if (columns$type[i] == "time") {
      frame[[name]] <- as.POSIXct(frame[[name]], tz = "UTC",
                                  tryFormats = c("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"))
    }
  }
  frame
})
"""
