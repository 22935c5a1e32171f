"""People whose tests are abnormal and stay as they are: what must not be told as news.

Most people with liver metastases have some abnormal test that is theirs. Here are people of each such kind with
noise that remembers the visit before (autocorrelated), under treatment, for a year or more. Nothing happens to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from analytics.analytes import ANALYTES
from analytics.arrays import Floats
from analytics.panel import Panel

ULN = {"ALT": 40.0, "AST": 40.0, "ALP": 120.0, "GGT": 60.0, "BILI": 1.2, "BILDIR": 0.3, "INR": 1.2}
LLN = {"ALB": 3.5, "PLAT": 150.0}
_USUAL = {
    "ALT": 24.0, "AST": 24.0, "ALP": 85.0, "GGT": 35.0, "BILI": 0.6, "BILDIR": 0.18, "ALB": 4.0, "INR": 1.02,
    "PLAT": 220.0,
}  # fmt: skip
_NOISE = {
    "ALT": 0.18, "AST": 0.16, "ALP": 0.08, "GGT": 0.14, "BILI": 0.20, "BILDIR": 0.20, "ALB": 0.035, "INR": 0.04,
    "PLAT": 0.12,
}  # fmt: skip
"""Scatter of one result, as share: within-person variation under treatment."""
_MEMORY = 0.5
"""Correlation of the deviations of neighbouring visits."""


@dataclass(frozen=True)
class Kind:
    """One way to be steadily abnormal: levels that differ from the usual ones, as a range by analyte."""

    levels: Mapping[str, tuple[float, float]]
    anticoagulant: bool = False


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "raised ALT": Kind({"ALT": (60, 150), "AST": (45, 110), "GGT": (60, 200)}),
        "ALP of bone": Kind({"ALP": (200, 450)}),
        "Gilbert": Kind({"BILI": (1.7, 3.2), "BILDIR": (0.2, 0.35)}),
        "low platelets": Kind({"PLAT": (65, 115)}),
        "anticoagulation": Kind({"INR": (2.0, 3.0)}, anticoagulant=True),
        "cirrhosis": Kind(
            {
                "BILI": (1.4, 2.6), "BILDIR": (0.6, 1.1), "ALB": (2.9, 3.4), "INR": (1.25, 1.5), "PLAT": (70, 120),
                "AST": (45, 90), "GGT": (80, 250),
            }
        ),
        "cholestasis of metastases": Kind({"ALP": (180, 420), "GGT": (150, 600), "AST": (35, 70)}),
        "normal": Kind({}),
    }
)  # fmt: skip
"""Kinds of people, dealt out in turn."""

_DRUGS = ("irinotecan", "oxaliplatin", "nivolumab", "capecitabine")


def make_steady(
    n_patients: int,
    seed: int = 1,
    *,
    years: float = 1.0,
    every_days: int = 14,
    noise: float = 1.0,
    outliers: float = 0.0,
) -> Panel:
    """A panel of people of every kind; patient i is of kind i modulo their number.

    Args:
        n_patients: how many.
        seed: of the noise.
        years: under treatment; three visits lie before it.
        every_days: between visits.
        noise: multiple of the usual scatter of each test.
        outliers: share of single results that are 1.5 to 3 times too high or too low (a mistaken sample).
    """
    rng = np.random.default_rng(seed)
    names = list(KINDS)
    kind = np.arange(n_patients) % len(names)
    ids = np.array([f"Z{i:05d}" for i in range(n_patients)], dtype=object)
    day = np.concatenate([[-28.0, -14.0, -2.0], np.arange(every_days, 365 * years, every_days)])
    start = np.datetime64("2023-01-02", "D") + rng.integers(0, 365, n_patients)
    labs = pd.concat([_labs(code, ids, kind, start, day, rng, noise) for code in _USUAL], ignore_index=True)
    if outliers:
        hit, times = rng.random(len(labs)) < outliers, rng.uniform(1.5, 3.0, len(labs))
        times = np.where(rng.random(len(labs)) < 0.5, times, 1 / times)
        labs["value"] = np.where(hit, np.round(labs["value"] * times, 2), labs["value"])
    people = pd.DataFrame(
        {
            "patient_id": ids,
            "clock": "date",
            "on_anticoagulant": np.array([KINDS[n].anticoagulant for n in names])[kind],
        }
    )
    events = pd.DataFrame(
        {
            "patient_id": ids,
            "kind": "systemic",
            "name": np.array(_DRUGS, dtype=object)[np.arange(n_patients) // len(names) % len(_DRUGS)],
            "start_date": start.astype("datetime64[us]"),
            "end_date": pd.NaT,
        }
    )
    return Panel.of(labs, events, None, people)


def kind_of(patient_id: str) -> str:
    """Kind of a patient of :func:`make_steady`."""
    return list(KINDS)[int(patient_id[1:]) % len(KINDS)]


def _labs(
    code: str,
    ids: np.ndarray,
    kind: np.ndarray,
    start: np.ndarray,
    day: Floats,
    rng: np.random.Generator,
    noise: float,
) -> pd.DataFrame:
    n, visits = len(ids), len(day)
    low, high = np.array([KINDS[k].levels.get(code, (_USUAL[code] * 0.85, _USUAL[code] * 1.15)) for k in KINDS]).T
    level = rng.uniform(low[kind], high[kind])
    deviation = np.zeros((n, visits))
    fresh = rng.normal(size=(n, visits))
    deviation[:, 0] = fresh[:, 0]
    for v in range(1, visits):
        deviation[:, v] = _MEMORY * deviation[:, v - 1] + np.sqrt(1 - _MEMORY**2) * fresh[:, v]
    value = np.exp(np.log(level)[:, None] + noise * _NOISE[code] * deviation)
    when = start.astype("datetime64[us]")[:, None] + (day * 86_400_000_000).astype("timedelta64[us]")[None, :]
    total = n * visits
    return pd.DataFrame(
        {
            "patient_id": np.repeat(ids, visits),
            "analyte": np.full(total, code, dtype=object),
            "collected_at": (when + np.timedelta64(8, "h")).ravel(),
            "value": np.round(value, 2).ravel(),
            "comparator": "",
            "unit": ANALYTES[code].unit,
            "uln": ULN.get(code, np.nan),
            "lln": LLN.get(code, np.nan),
            "status": "final",
            "precision": "minute",
        }
    )
