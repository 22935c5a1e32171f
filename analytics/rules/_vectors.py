"""Test vectors of the rules: small histories with what a rule must say of them. One file a rule in ``vectors/``.

Command, documentation and tests read the same files. A vector is a TOML table::

    [[vector]]
    given = "ALT 6 on FOLFIRI, bilirubin 2.6 five days later"   # as a clinician would say it
    labs = "-20 ALT .8x, 40 ALT 6x, 45 BILI 2.6x, 45 BILDIR 60%"
    events = "0..60 systemic FOLFIRI; 12 symptom fever"
    imaging = "46 CT PD sum=30 lesions=3 new: dilated bile ducts"
    patient = "anticoagulant age=78"
    settings = "label.region=EU"
    outcome = "urgent"

Days count from an arbitrary day 0; ``-150..0/30`` is every 30 days, ``40@21:00`` a time. ``x`` is a multiple of the
upper limit, ``%`` the share of the bilirubin of that day; else the canonical unit. ``outcome`` lists, separated by
semicolons, the level of the rule of the file or ``none``; another rule by its code first (``temple none``); ``= state``
asks for a state, ``~ words`` for words in the sentence.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analytics.analysis import analyse
from analytics.analytes import ANALYTES
from analytics.panel import Panel
from analytics.settings import Settings
from analytics.tables import LEVELS

FOLDER = Path(__file__).parent / "vectors"
ORIGIN = pd.Timestamp("2024-06-01")
ULN = {
    "ALT": 40.0, "AST": 40.0, "ALP": 120.0, "GGT": 60.0, "BILI": 1.2, "BILDIR": 0.3, "INR": 1.2, "LDH": 250.0,
    "CEA": 5.0, "CA19_9AG": 37.0, "AFP": 10.0, "CREAT": 1.2, "WBC": 10.0, "CRP": 5.0, "K": 5.0,
}  # fmt: skip
"""Upper limits of the vectors."""
LLN = {"ALB": 3.5, "PLAT": 150.0, "HGB": 12.0, "NEUT": 1.8, "WBC": 4.0}
"""Lower limits of the vectors."""

_LAB = re.compile(r"(-?\d+)(?:\.\.(-?\d+)/(\d+))?(?:@(\d\d:\d\d))? (\w+) ([<>]?)(\d*\.?\d+)(x|%)?")
_EVENT = re.compile(r"(-?\d+)(?:\.\.(-?\d+))?(?:@(\d\d:\d\d))? (\w+)(?: ([^|]*?))?(?: ?\| ?(.*))?")
_IMAGE = re.compile(r"(-?\d+) (\w+)((?: (?:CR|PR|SD|PD|NE|new|sum=[\d.]+|lesions=\d+))*)(?:: (.*))?")
_OUTCOME = re.compile(r"(?:(\w+) )?(\w+)(?: = (\w+))?(?: ~ (.*))?")


@dataclass(frozen=True)
class Vector:
    """One history and what must be said of it."""

    rule: str
    number: int
    given: str
    outcome: str
    labs: str = ""
    events: str = ""
    imaging: str = ""
    patient: str = ""
    settings: str = ""

    @property
    def name(self) -> str:
        """Rule and number: what a test is called."""
        return f"{self.rule} {self.number}"


@dataclass(frozen=True)
class Answer:
    """What was found for a vector: ``met`` says whether all that was asked holds, ``found`` what is there."""

    vector: Vector
    met: bool
    found: str
    says: tuple[str, ...]


def vectors(rule: str | None = None) -> Iterator[Vector]:
    """Vectors of one rule, or of all, in the order of the files."""
    for path in sorted(FOLDER.glob("*.toml")):
        if rule is None or path.stem == rule:
            with path.open("rb") as file:
                rows = tomllib.load(file)["vector"]
            for number, row in enumerate(rows, start=1):
                yield Vector(path.stem, number, **row)


def run(vector: Vector) -> Answer:
    """Analyse the history and compare."""
    findings = analyse(panel_of(vector), _settings(vector.settings)).findings
    wanted = [_asked(text, vector.rule) for text in vector.outcome.split(";")]
    met = all(_holds(findings, *one) for one in wanted)
    codes = list(dict.fromkeys(rule for rule, *_ in wanted))
    found = "; ".join(
        ("" if code == vector.rule else f"{code} ") + (_worst(findings, code) or "none") for code in codes
    )
    return Answer(vector, met, found, tuple(findings[findings["rule"].isin(codes)]["says"]))


def _asked(text: str, rule: str) -> tuple[str, str, str, str]:
    match = _OUTCOME.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"no outcome: {text!r}")
    code, level, state, words = match.groups(default="")
    return code or rule, level, state, words.strip()


def _worst(findings: pd.DataFrame, code: str) -> str:
    levels = findings[findings["rule"] == code]["level"]
    return max(levels, key=lambda level: LEVELS[level]) if len(levels) else ""


def _holds(findings: pd.DataFrame, code: str, level: str, state: str, words: str) -> bool:
    own = findings[findings["rule"] == code]
    if level == "none":
        return own.empty
    says = own["says"].str.casefold().str.contains(words.casefold(), regex=False)
    states = own["state"] == state if state else own["state"].notna()
    return _worst(findings, code) == level and bool((says & states).any())


def panel_of(vector: Vector) -> Panel:
    """The history as a panel of one patient, P1."""
    labs, events = _labs(vector.labs), _events(vector.events)
    imaging, people = _imaging(vector.imaging), _patient(vector.patient)
    newest = [frame[column].max() for frame, column in ((labs, "collected_at"), (imaging, "date")) if frame is not None]
    as_of = people.pop("as_of", None)
    cut = ORIGIN + pd.Timedelta(days=float(as_of)) if as_of else max(newest)
    return Panel.of(labs, events, imaging, pd.DataFrame([people]), as_of=cut)


def _when(day: str, clock: str | None) -> pd.Timestamp:
    at = ORIGIN + pd.Timedelta(days=int(day))
    return at if not clock else pd.Timestamp(f"{at.date()} {clock}")


def _labs(text: str) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    bili: dict[str, float] = {}
    for item in filter(None, (t.strip() for t in text.split(","))):
        match = _LAB.fullmatch(item)
        if match is None:
            raise ValueError(f"no result: {item!r}")
        first, last, step, clock, code, sign, number, scale = match.groups()
        days = range(int(first), int(last) + 1, int(step)) if last else [int(first)]
        for day in days:
            value = float(number) * (ULN[code] if scale == "x" else 1.0)
            if scale == "%":
                value = float(number) / 100 * bili[str(day)]
            if code == "BILI":
                bili[str(day)] = value
            rows.append(_lab(code, _when(str(day), clock), value, sign, len(rows)))
    return pd.DataFrame.from_records(rows)


def _lab(code: str, when: pd.Timestamp, value: float, sign: str, number: int) -> dict[str, Any]:
    return {
        "patient_id": "P1", "analyte": code, "collected_at": when, "value": value, "comparator": sign or "",
        "unit": ANALYTES[code].unit, "uln": ULN.get(code), "lln": LLN.get(code), "status": "final",
        "raw_value": f"{value:g}", "raw_unit": ANALYTES[code].unit, "source_file": "vector", "source_line": number + 1,
        "precision": "day", "result_id": number,
    }  # fmt: skip


def _events(text: str) -> pd.DataFrame | None:
    rows = []
    for item in filter(None, (t.strip() for t in text.split(";"))):
        match = _EVENT.fullmatch(item)
        if match is None:
            raise ValueError(f"no event: {item!r}")
        first, last, clock, kind, name, detail = match.groups()
        end = _when(last, None) if last else pd.NaT
        rows.append(
            {"patient_id": "P1", "kind": kind, "name": (name or kind).strip(), "start_date": _when(first, clock),
             "end_date": end, "detail": detail or ""}
        )  # fmt: skip
    return pd.DataFrame.from_records(rows) if rows else None


def _imaging(text: str) -> pd.DataFrame | None:
    rows = []
    for item in filter(None, (t.strip() for t in text.split(";"))):
        match = _IMAGE.fullmatch(item)
        if match is None:
            raise ValueError(f"no report: {item!r}")
        day, modality, words, detail = match.groups()
        said = words.split()
        numbers = dict(word.split("=") for word in said if "=" in word)
        rows.append(
            {"patient_id": "P1", "date": _when(day, None), "modality": modality,
             "response": next((w for w in said if w in ("CR", "PR", "SD", "PD", "NE")), None),
             "target_sum_mm": float(numbers["sum"]) if "sum" in numbers else None,
             "liver_lesions": int(numbers["lesions"]) if "lesions" in numbers else None,
             "new_lesion": "new" in said or None, "detail": detail or ""}
        )  # fmt: skip
    return pd.DataFrame.from_records(rows) if rows else None


def _patient(text: str) -> dict[str, Any]:
    words = text.split()
    values: dict[str, Any] = {"patient_id": "P1", "clock": "date"}
    values |= dict(word.split("=", 1) for word in words if "=" in word)
    if "age" in values:
        values["age"] = float(values["age"])
    if "anticoagulant" in words:
        values["on_anticoagulant"] = True
    return values


def _settings(text: str) -> Settings:
    groups: dict[str, dict[str, Any]] = {}
    for item in text.split():
        name, _, value = item.partition("=")
        group, _, key = name.partition(".")
        number = re.fullmatch(r"-?\d+(\.\d+)?", value)
        groups.setdefault(group, {})[key] = (float(value) if "." in value else int(value)) if number else value
    return Settings().changed(groups)
