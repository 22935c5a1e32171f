"""What is new since the last report: two analyses of the same patients, compared row by row.

:func:`remember` keeps the little that a later comparison needs, :func:`compare` says what changed and why: new data,
corrected data, a changed rule or a changed setting. Nothing here asks the clock.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.analysis import Analysis
from analytics.errors import TableError
from analytics.tables import CLOSED_STATES, LEVELS

_ROW = ["patient_id", "analyte", "collected_at", "specimen_id", "lab"]
"""What makes a result the same result when its value is corrected."""

_VALUE = ["value", "comparator"]
_FINDING = ["finding_id", "patient_id", "rule", "level", "state", "severity", "rule_version"]
_FORMAT = 1
_STAMP = (1980, 1, 1, 0, 0, 0)

CHANGES: Mapping[str, str] = {
    "new": "new",
    "worse": "worse",
    "resolved": "resolved",
    "ended": "ended",
    "passed": "came and went",
    "no_longer": "no longer found",
}
"""How a finding can differ from the last report, in the order in which it is told."""

CAUSES: Mapping[str, str] = {
    "rule": "changed rule",
    "settings": "changed setting",
    "corrected": "corrected data",
    "patient": "new patient",
    "data": "new data",
    "time": "later data cut-off",
}
"""Why a finding differs; the first that applies is named."""


@dataclass(frozen=True)
class Memory:
    """What is kept of a report for the next one.

    Attributes:
        as_of: data cut-off.
        generation: generation of the store.
        settings: digest of the thresholds.
        rules: version of every rule.
        patients: ids in the report.
        findings: the columns of table FINDINGS that identify a finding and say how bad it is.
        labs: each result with its value.
    """

    as_of: pd.Timestamp
    generation: int
    settings: str
    rules: Mapping[str, str]
    patients: tuple[str, ...]
    findings: pd.DataFrame
    labs: pd.DataFrame


@dataclass(frozen=True)
class Changes:
    """What differs from a Memory.

    Attributes:
        first: there was no earlier report; everything open counts as new.
        since_as_of: data cut-off of the earlier report.
        findings: table FINDINGS with ``change`` (a key of CHANGES, empty where nothing changed), ``cause`` (a key of
            CAUSES) and ``level_before``; findings that are no longer found have only the columns that were kept.
        corrected: results whose value was changed: the columns of a result, ``before``, ``after``.
        withdrawn: results that are no longer there, with ``before``.
        late: results that came in since but were taken before the last result that the patient had then.
        fresh: number of results by patient that came in since.
        rules: rule -> (version before, version now), where they differ.
        settings: the thresholds differ.
        joined: patients that were not in the last report.
        left: patients that are no longer in it.
    """

    first: bool
    since_as_of: pd.Timestamp
    findings: pd.DataFrame
    corrected: pd.DataFrame
    withdrawn: pd.DataFrame
    late: pd.DataFrame
    fresh: pd.Series[int]
    rules: Mapping[str, tuple[str, str]]
    settings: bool
    joined: tuple[str, ...]
    left: tuple[str, ...]

    def of(self, change: str) -> pd.DataFrame:
        """The findings with this change."""
        return self.findings[self.findings["change"] == change]

    @property
    def counts(self) -> dict[str, int]:
        """How many findings by change, corrected results and so on; the history of a schedule shows it."""
        by_change = {name: int((self.findings["change"] == name).sum()) for name in CHANGES}
        return by_change | {
            "corrected": len(self.corrected),
            "withdrawn": len(self.withdrawn),
            "late": len(self.late),
            "results": int(self.fresh.sum()),
            "rules": len(self.rules),
        }


def remember(analysis: Analysis, rules: Mapping[str, str]) -> Memory:
    """Keep what the next comparison needs.

    Args:
        analysis: of all patients of the report.
        rules: version of every rule by code.
    """
    panel = analysis.panel
    return Memory(
        as_of=panel.as_of,
        generation=panel.generation,
        settings=analysis.settings.digest,
        rules=dict(rules),
        patients=tuple(panel.patient_ids),
        findings=analysis.findings[_FINDING].reset_index(drop=True),
        labs=panel.labs.loc[panel.labs["value"].notna(), [*_ROW, *_VALUE]].reset_index(drop=True),
    )


def to_bytes(memory: Memory) -> bytes:
    """One compact block; the same memory gives the same bytes."""
    head = {
        "format": _FORMAT,
        "as_of": memory.as_of.isoformat(),
        "generation": memory.generation,
        "settings": memory.settings,
        "rules": dict(memory.rules),
        "patients": list(memory.patients),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as block:
        parts = {"head.json": json.dumps(head, sort_keys=True).encode()}
        parts |= {f"{n}.parquet": getattr(memory, n).to_parquet(compression="zstd") for n in ("findings", "labs")}
        for name, body in parts.items():
            block.writestr(zipfile.ZipInfo(name, _STAMP), body)
    return out.getvalue()


def from_bytes(block: bytes) -> Memory:
    """The inverse of :func:`to_bytes`.

    Raises:
        TableError: the block is damaged or of another version.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(block)) as parts:
            head = json.loads(parts.read("head.json"))
            frames = {n: pd.read_parquet(io.BytesIO(parts.read(f"{n}.parquet"))) for n in ("findings", "labs")}
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise TableError(f"what was kept of the last report cannot be read: {error}") from error
    if head["format"] != _FORMAT:
        raise TableError(f"what was kept of the last report has format {head['format']}, known: {_FORMAT}")
    return Memory(
        as_of=pd.Timestamp(head["as_of"]),
        generation=head["generation"],
        settings=head["settings"],
        rules=head["rules"],
        patients=tuple(head["patients"]),
        **frames,
    )


def compare(before: Memory | None, analysis: Analysis, rules: Mapping[str, str]) -> Changes:
    """What differs from the last report.

    Args:
        before: what was kept of it; None if there was none.
        analysis: of all patients of this report.
        rules: version of every rule by code, now.
    """
    patients = set(analysis.panel.patient_ids)
    if before is None:
        before = _nothing(analysis)
    had = set(before.patients)
    corrected, withdrawn, late, fresh = _rows(before, remember(analysis, rules), patients & had)
    changed_rules = {
        code: (before.rules.get(code, "–"), rules.get(code, "–"))
        for code in sorted({*before.rules, *rules})
        if before.rules and before.rules.get(code) != rules.get(code)
    }
    touched = {*corrected["patient_id"], *withdrawn["patient_id"], *late["patient_id"]}
    settings = bool(before.settings) and before.settings != analysis.settings.digest
    findings = _findings(before, analysis.findings, patients)
    findings["cause"] = [
        _cause(row, changed_rules, settings, touched, had, fresh)
        for row in findings[["rule", "patient_id", "change"]].itertuples(index=False)
    ]
    return Changes(
        first=not before.rules and not before.patients,
        since_as_of=before.as_of,
        findings=findings,
        corrected=corrected,
        withdrawn=withdrawn,
        late=late,
        fresh=fresh,
        rules=changed_rules,
        settings=settings,
        joined=tuple(sorted(patients - had)) if had else (),
        left=tuple(sorted(had - patients)),
    )


def _nothing(analysis: Analysis) -> Memory:
    return Memory(
        pd.Timestamp.min,
        0,
        "",
        {},
        (),
        analysis.findings[_FINDING].iloc[:0],
        analysis.panel.labs[[*_ROW, *_VALUE]].iloc[:0],
    )


def _cause(
    row: tuple[str, str, str],
    rules: Mapping[str, tuple[str, str]],
    settings: bool,
    touched: set[str],
    had: set[str],
    fresh: pd.Series[int],
) -> str:
    rule, patient, change = row
    if not change:
        return ""
    if rule in rules:
        return "rule"
    if settings:
        return "settings"
    if patient not in had:
        return "patient" if had else "data"
    if patient in touched:
        return "corrected"
    return "data" if patient in fresh.index else "time"


def _findings(before: Memory, now: pd.DataFrame, patients: set[str]) -> pd.DataFrame:
    old = before.findings
    at = pd.Index(_turned(old)).get_indexer(pd.Index(_turned(now)))
    known = at >= 0
    was = old.iloc[np.where(known, at, 0)] if len(old) else None
    change = np.full(len(now), "", dtype=object)
    is_open = ~now["state"].isin(CLOSED_STATES).to_numpy()
    change[~known & is_open] = "new"
    change[~known & _came_and_went(before, now)] = "passed"
    level_before = np.full(len(now), "", dtype=object)
    if was is not None:
        was_open = ~was["state"].isin(CLOSED_STATES).to_numpy() & known
        change[known & ~was_open & is_open] = "new"
        # what tells of a moment is over by the days that passed: nothing got better
        over = was_open & ~is_open & now["resolved_at"].notna().to_numpy()
        change[over] = np.where(now["state"].to_numpy(object)[over] == "resolved", "resolved", "ended")
        change[was_open & is_open & _is_worse(now, was)] = "worse"
        level_before = np.where(known, was["level"].to_numpy(object), "")
    gone = before.findings[
        ~before.findings["finding_id"].isin(now["finding_id"])
        & before.findings["patient_id"].isin(patients)
        & ~before.findings["state"].isin(CLOSED_STATES)
    ]
    out = now.assign(change=change, level_before=level_before)
    if len(gone):
        out = pd.concat([out, gone.assign(change="no_longer", level_before=gone["level"])], ignore_index=True)
    return out


def _came_and_went(before: Memory, now: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether a finding was met after the last result that its patient had then, and is over already."""
    last = before.labs.groupby("patient_id")["collected_at"].max().reindex(now["patient_id"])
    return (now["last_seen"].to_numpy("datetime64[us]") > last.to_numpy("datetime64[us]")) & (
        now["state"].isin(CLOSED_STATES)
    ).to_numpy(bool)


def _turned(findings: pd.DataFrame) -> pd.Series[str]:
    """finding_id; a second finding of the same id is told apart by its turn."""
    turn = findings.groupby("finding_id").cumcount().astype("str")
    ids: pd.Series[str] = findings["finding_id"].astype("str").str.cat(turn, sep="/")
    return ids


def _is_worse(now: pd.DataFrame, was: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether level or severity rose; more of what is good is not worse."""
    level, level_was = (f["level"].map(LEVELS).to_numpy(np.float64) for f in (now, was))
    severity, severity_was = (f["severity"].to_numpy(np.float64) for f in (now, was))
    more = (level == level_was) & (severity > severity_was + 1e-9 * np.abs(severity_was) + 1e-12)
    worse: npt.NDArray[np.bool_] = (level > level_was) | (more & (now["level"] != "good").to_numpy())
    return worse


def _rows(
    before: Memory, now: Memory, common: set[str]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.Series[int]]:
    """Corrected, withdrawn and late results, and the number of fresh ones by patient."""
    old = before.labs[before.labs["patient_id"].isin(common)]
    new = now.labs
    key_old, key_new = _keys(old), _keys(new)
    at = pd.Index(key_old).get_indexer(pd.Index(key_new))
    known = at >= 0
    here = new[known]
    there = old.iloc[at[known]]
    differs = ~(
        (here["value"].to_numpy() == there["value"].to_numpy())
        & (here["comparator"].fillna("").to_numpy() == there["comparator"].fillna("").to_numpy())
    )
    corrected = here[differs].assign(before=_text(there[differs]), after=_text(here[differs]))
    withdrawn = old[~pd.Index(key_old).isin(key_new)]
    fresh = new[~known]
    last = old.groupby("patient_id")["collected_at"].max()
    late = fresh[fresh["collected_at"].to_numpy() <= last.reindex(fresh["patient_id"]).to_numpy()]
    return (
        corrected.reset_index(drop=True),
        withdrawn.assign(before=_text(withdrawn)).reset_index(drop=True),
        late.assign(after=_text(late)).reset_index(drop=True),
        fresh.groupby("patient_id").size(),
    )


def _keys(labs: pd.DataFrame) -> npt.NDArray[np.uint64]:
    """One number a result; a second result of the same key is told apart by its turn."""
    plain = labs[_ROW].fillna({"specimen_id": "", "lab": ""})
    base = pd.util.hash_pandas_object(plain, index=False).to_numpy(np.uint64)
    turn = pd.Series(base).groupby(base).cumcount().to_numpy(np.uint64)
    return base + turn * np.uint64(0x9E3779B97F4A7C15)


def _text(labs: pd.DataFrame) -> list[str]:
    return [
        f"{c or ''}{v:g}" for v, c in zip(labs["value"].to_list(), labs["comparator"].fillna("").to_list(), strict=True)
    ]
