"""The rule for tumour markers against imaging: AFP and lesions of a public series of primary liver cancer.

``python -m tests.benchmarks.markers_on_images FOLDER`` prints the table; FOLDER holds DTSDHCC.csv of the R package
SurvivalPath.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.arrays import Bools
from analytics.rules._rises import Results, rises_of
from analytics.settings import Settings

ULN, AHEAD = 20.0, 180.0
"""Upper limit of AFP in ng/mL (house, as the set has none), and days in which progression must follow. [d]"""


def load(path: Path) -> pd.DataFrame:
    """Visits in order of patient and day: who, day, afp, progression, anew."""
    raw = pd.read_csv(path, parse_dates=["Date"]).drop_duplicates(["ID", "Date"]).sort_values(["ID", "Date"])
    size = raw["Largest.Diameter.of.Hepatic.Lesions"]
    low = size.groupby(raw["ID"]).cummin().groupby(raw["ID"]).shift()
    first = raw["ID"] != raw["ID"].shift()
    grown = (size >= 1.2 * low) & (size - low >= 5)
    resected = (raw["Resection"].groupby(raw["ID"]).shift() == 1) & ~first
    return pd.DataFrame(
        {
            "who": pd.factorize(raw["ID"])[0],
            "day": (raw["Date"] - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1),
            "afp": np.maximum(raw["AFP"], 0.01),
            "progression": (grown | (raw["New.Lesion"] > 0)) & ~first,
            "anew": resected,
        }
    ).reset_index(drop=True)


def begins(on: Bools, who: np.ndarray) -> Bools:
    """Where a state begins."""
    before = np.append(False, on[:-1] & (who[1:] == who[:-1]))
    return on & ~before


def rule(visits: pd.DataFrame) -> Bools:
    """A rise as in the product."""
    n = len(visits)
    results = Results(
        run=visits["who"].to_numpy(),
        value=visits["afp"].to_numpy(),
        x_uln=visits["afp"].to_numpy() / ULN,
        day=visits["day"].to_numpy(),
        muted=np.zeros(n, bool),
        anew=visits["anew"].to_numpy(),
        since=np.full(n, np.nan),
        sign=np.zeros(n, np.int64),
    )
    return rises_of(results, Settings()).on


def plain(factor: float, visits: pd.DataFrame) -> Bools:
    """Two results in a row at least ``factor`` times the lowest before, above the limit."""
    afp, who = visits["afp"], visits["who"]
    low = afp.groupby(who).cummin().groupby(who).shift()
    hit = ((afp >= factor * low) & (afp > ULN)).to_numpy()
    again = np.append(False, hit[:-1] & (who.to_numpy()[1:] == who.to_numpy()[:-1]))
    return hit & again


def measured(on: Bools, visits: pd.DataFrame) -> tuple[float, float, float]:
    """Sensitivity for first progressions, share of rises with progression in time, false ones a patient-year."""
    who, day = visits["who"].to_numpy(), visits["day"].to_numpy()
    progressed = np.flatnonzero(visits["progression"])
    first = progressed[np.append(True, np.diff(who[progressed]) != 0)]
    start = np.flatnonzero(begins(on, who))
    held = [bool(on[(who == who[f]) & (day <= day[f]) & (day >= day[f] - AHEAD)].any()) for f in first]
    end = pd.Series(day).groupby(who).transform("max").to_numpy()
    true = np.array([((who[progressed] == who[s]) & (np.abs(day[progressed] - day[s]) <= AHEAD)).any() for s in start])
    followed = true | (end[start] - day[start] >= AHEAD)
    years = (pd.Series(day).groupby(who).max() - pd.Series(day).groupby(who).min()).sum() / 365.25
    return float(np.mean(held)), float(true[followed].mean()), float((followed & ~true).sum() / years)


def table(folder: Path) -> str:
    """Rule beside plain multiples."""
    visits = load(folder / "DTSDHCC.csv")
    lines = ["| rule | sensitivity | PPV 180 d | false a patient-year |", "|---|---|---|---|"]
    for name, on in (
        ("**marker_rise**", rule(visits)),
        *((f"{f:g} x lowest, twice, above the limit", plain(f, visits)) for f in (1.2, 1.25, 1.5)),
    ):
        a, b, c = measured(on, visits)
        lines.append(f"| {name} | {a:.2f} | {b:.2f} | {c:.3f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(Path(sys.argv[1])))
