"""The first rows of a file as they would be understood: for the import page and for ``hepatrend profile check``."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from analytics.analytes import shown
from analytics.errors import MissingExtra, RefusedFile
from analytics.ingest.one_table import Stream
from analytics.ingest.outcome import Batch
from analytics.ingest.profile import Profile
from analytics.ingest.reader import stream
from analytics.ingest.repeated import BECOMES, repeated
from analytics.panel import show_time

SHOWN = 20
SEEN = 2_000
"""Rows at the beginning of the file that a preview looks at."""


@dataclass(frozen=True)
class ColumnSeen:
    """One column of the file and what is made of it.

    Attributes:
        name: as written.
        role: what it is read as; empty if it is not read.
        examples: its first different entries.
        says: the decision in words.
    """

    name: str
    role: str
    examples: tuple[str, ...]
    says: str


@dataclass(frozen=True)
class Preview:
    """What importing a file would do, judged from its beginning.

    Attributes:
        file, format, says, table: how the file was recognised.
        profile: the profile used.
        columns: every column with its decision.
        rows: the first rows as understood, texts for people, one column a field.
        held: the first rows that would be quarantined: line, column, cell, reason, message, hint.
        reasons: results quarantined in the part that was looked at, by reason.
        accepted, looked_at: results accepted, and results in the part that was looked at.
        versions: the first rows beside which another version of the same result is kept (analytics.ingest.repeated),
            texts for people.
        version_counts: how many there are in the part that was looked at, by what becomes of them.
        rows_seen: rows of the file in that part.
        notes: sentences on the file as a whole.
        refused: why the whole file would be refused; empty if not.
        size: bytes.
    """

    file: str
    format: str = ""
    says: str = ""
    table: str = ""
    profile: str = ""
    columns: tuple[ColumnSeen, ...] = ()
    rows: pd.DataFrame | None = None
    held: pd.DataFrame | None = None
    reasons: dict[str, int] | None = None
    accepted: int = 0
    looked_at: int = 0
    versions: pd.DataFrame | None = None
    version_counts: dict[str, int] | None = None
    rows_seen: int = 0
    notes: tuple[str, ...] = ()
    refused: str = ""
    size: int = 0


def preview(
    path: str | Path, profile: str | Path | Profile | None = None, *, encoding: str | None = None, **more: Any
) -> Preview:
    """Judge a file by its first rows; never raises for what is wrong with the file.

    Raises:
        ProfileError: the profile cannot be used.
    """
    return seen_with_rows(path, profile, encoding=encoding, **more)[0]


def seen_with_rows(
    path: str | Path, profile: str | Path | Profile | None = None, *, encoding: str | None = None, **more: Any
) -> tuple[Preview, pd.DataFrame]:
    """As :func:`preview`, with all rows of table QUARANTINE of the part that was looked at."""
    try:
        reading = stream(path, profile, encoding=encoding, **more)
    except (RefusedFile, MissingExtra) as error:
        return Preview(Path(path).name, refused=str(error)), Batch().quarantine
    try:
        batch, refused = reading.beginning(SEEN), ""
    except RefusedFile as error:
        batch, refused = Batch(), str(error)
    finally:
        reading.close()
    versions = repeated(batch.labs)
    held = batch.quarantine[["line", "column", "raw_cell", "reason_code", "message", "hint"]]
    made = Preview(
        file=reading.file,
        format=reading.format,
        says=reading.says,
        table=reading.table,
        profile=reading.profile,
        columns=_columns(reading),
        rows=_rows(batch).head(SHOWN),
        held=held.head(SHOWN).reset_index(drop=True),
        reasons=dict(Counter(batch.quarantine["reason_code"])),
        accepted=batch.accepted,
        looked_at=batch.results_in,
        versions=_versions(batch, versions.head(SHOWN)),
        version_counts=dict(Counter(versions["outcome"])),
        rows_seen=batch.rows_in,
        notes=tuple(reading.notes),
        refused=refused,
        size=reading.size,
    )
    return made, batch.quarantine


def _columns(reading: Stream) -> tuple[ColumnSeen, ...]:
    roles: dict[str, list[str]] = {}
    for role, name in reading.roles.items():
        roles.setdefault(name, []).append(role)
    seen = []
    for name in reading.names:
        own = roles.get(name, [])
        says = f"read as {' and '.join(_plain(r) for r in own)}" if own else "not read"
        seen.append(ColumnSeen(name, ", ".join(own), reading.examples(name), says))
    return tuple(seen)


def _plain(role: str) -> str:
    return role.replace("_", " ") if not role.startswith("result:") else f"results of {shown(role[7:])}"


def _rows(batch: Batch) -> pd.DataFrame:
    """Accepted rows of the main table as texts; a dash where there is nothing."""
    clock = dict(zip(batch.patients["patient_id"], batch.patients["clock"], strict=True))
    frame = next((f for f in (batch.labs, batch.events, batch.imaging) if len(f)), batch.patients).head(SHOWN)
    shown_rows = {}
    for name in frame.columns:
        if frame[name].isna().all() or name in ("source_file", "replaced"):
            continue
        if str(frame[name].dtype).startswith("datetime"):
            precision = frame["precision"] if "precision" in frame else ["day"] * len(frame)
            shown_rows[name] = [
                show_time(t, clock.get(p, "date"), str(k))
                for t, p, k in zip(frame[name], frame["patient_id"], precision, strict=True)
            ]
        else:
            shown_rows[name] = ["–" if pd.isna(v) or v == "" else _text(v) for v in frame[name]]
    return pd.DataFrame(shown_rows)


def _versions(batch: Batch, rows: pd.DataFrame) -> pd.DataFrame:
    """One row a version that is not kept: line, who, what, when, both values, what becomes of it."""
    clock = dict(zip(batch.patients["patient_id"], batch.patients["clock"], strict=True))
    who = rows["patient_id"]
    times = zip(rows["collected_at"], who, rows["precision"], strict=True)
    return pd.DataFrame(
        {
            "line": [str(n) for n in rows["line"]],
            "patient_id": who.to_list(),
            "analyte": [shown(code) for code in rows["analyte"]],
            "collected_at": [show_time(t, clock.get(p, "date"), str(k)) for t, p, k in times],
            "value": _with_unit(rows["raw_value"], rows["raw_unit"]),
            "kept": _with_unit(rows["kept_value"], rows["kept_unit"]),
            "kept_line": [str(n) for n in rows["kept_line"]],
            "becomes": [BECOMES[o] for o in rows["outcome"]],
        }
    )


def _with_unit(values: pd.Series[str], units: pd.Series[str]) -> list[str]:
    return [f"{v} {u}".strip() or "–" for v, u in zip(values.fillna(""), units.fillna(""), strict=True)]


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def as_plain(seen: Preview) -> dict[str, Any]:
    """A preview as JSON can hold it: every attribute, tables as lists of rows."""
    rows = {f.name: getattr(seen, f.name) for f in fields(seen)}
    tables = {k: json.loads(v.to_json(orient="records")) for k, v in rows.items() if isinstance(v, pd.DataFrame)}
    return rows | tables | {"columns": [asdict(c) for c in seen.columns], "notes": list(seen.notes)}


def as_text(seen: Preview) -> str:
    """A preview for a terminal."""
    if seen.refused and seen.rows is None:
        return f"refused: {seen.refused}"
    lines = [f"{seen.file}: {seen.says}", ""]
    lines += [f"  {c.name:32} {c.says:32} {', '.join(c.examples)}" for c in seen.columns]
    if seen.rows is not None and len(seen.rows):
        lines += ["", seen.rows.head(8).to_string(index=False)]
    lines += ["", f"{seen.accepted:,} of the first {seen.looked_at:,} results would be accepted"]
    lines += [f"  quarantined {n:,}: {reason}" for reason, n in sorted((seen.reasons or {}).items())]
    lines += [f"  of these {n:,} are {BECOMES[o]}" for o, n in sorted((seen.version_counts or {}).items())]
    for row in seen.versions.head(8).to_dict("records") if seen.versions is not None else ():
        where = f"line {row['line']} {row['patient_id']} {row['analyte']} {row['collected_at']}"
        lines.append(f"  {where}: {row['value']} beside {row['kept']} of line {row['kept_line']}: {row['becomes']}")
    if seen.held is not None:
        for row in seen.held.head(8).to_dict("records"):
            hint = f" [{row['hint']}]" if row["hint"] else ""
            lines.append(f"  line {row['line']} {row['column']}: {row['message']}{hint}")
    lines += [f"  {note}" for note in seen.notes]
    return "\n".join(lines + ([f"refused: {seen.refused}"] if seen.refused else []))
