"""One invented person while the journey is being planted: visits, shapes, events, scans and the truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analytics.arrays import Floats
from analytics.synthetic.biology import set_point
from analytics.synthetic.course import Shape
from analytics.synthetic.laboratories import uln_of

ALWAYS = ("ALT", "AST", "ALP", "BILI", "ALB", "PLAT", "CREAT", "SODIUM")
OFTEN = {"GGT": 0.8, "INR": 0.55, "LDH": 0.6}
"""Analytes that a visit has with this probability."""

MARKER = {
    "colorectal": "CEA",
    "breast": "CA15_3AG",
    "neuroendocrine": "CGA",
    "pancreatic": "CA19_9AG",
    "melanoma": "",
}

REGIMENS: dict[str, tuple[tuple[str, float, str], ...]] = {
    "FOLFOX": (("oxaliplatin", 85, "mg/m2"), ("fluorouracil", 2400, "mg/m2"), ("leucovorin", 400, "mg/m2")),
    "FOLFIRI": (("irinotecan", 180, "mg/m2"), ("fluorouracil", 2400, "mg/m2"), ("bevacizumab", 5, "mg/kg")),
    "FOLFIRINOX": (("oxaliplatin", 85, "mg/m2"), ("irinotecan", 150, "mg/m2"), ("fluorouracil", 2400, "mg/m2")),
    "gemcitabine and nab-paclitaxel": (("gemcitabine", 1000, "mg/m2"), ("nab-paclitaxel", 125, "mg/m2")),
    "trifluridine-tipiracil": (("trifluridine-tipiracil", 35, "mg/m2"),),
    "capecitabine": (("capecitabine", 1000, "mg/m2"),),
    "paclitaxel": (("paclitaxel", 80, "mg/m2"),),
    "ribociclib and letrozole": (("ribociclib", 600, "mg"), ("letrozole", 2.5, "mg")),
    "octreotide": (("octreotide", 30, "mg"),),
    "everolimus": (("everolimus", 10, "mg"),),
    "ipilimumab and nivolumab": (("ipilimumab", 3, "mg/kg"), ("nivolumab", 1, "mg/kg")),
    "pembrolizumab": (("pembrolizumab", 200, "mg"),),
    "dabrafenib and trametinib": (("dabrafenib", 150, "mg"), ("trametinib", 2, "mg")),
}

FIRST = {
    "colorectal": ("FOLFOX", "FOLFIRI"),
    "breast": ("ribociclib and letrozole", "capecitabine"),
    "neuroendocrine": ("octreotide", "everolimus"),
    "pancreatic": ("FOLFIRINOX", "gemcitabine and nab-paclitaxel"),
    "melanoma": ("pembrolizumab", "dabrafenib and trametinib"),
}
"""First and second line by primary site."""


@dataclass
class Patient:
    """A person. Everything is noted in days from the first dose; ``end`` is the last day of follow-up."""

    patient_id: str
    primary: str
    site: str
    lab: str
    sex: str
    age: int
    metastases: int
    end: int
    rng: np.random.Generator
    every: tuple[int, int] = (17, 36)
    levels: dict[str, float] = field(default_factory=dict)
    shapes: list[tuple[str, Shape]] = field(default_factory=list)
    more_days: set[int] = field(default_factory=set)
    more_analytes: set[str] = field(default_factory=set)
    last_lab_day: int | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    imaging: list[dict[str, Any]] = field(default_factory=list)
    truth: list[dict[str, Any]] = field(default_factory=list)
    edits: list[dict[str, Any]] = field(default_factory=list)
    """What happens to the printed rows: see analytics.synthetic.printed."""

    def level(self, code: str) -> float:
        """This person's own level, drawn once."""
        if code not in self.levels:
            self.levels[code] = set_point(code, self.rng)
        return self.levels[code]

    def uln(self, code: str) -> float:
        """Upper limit of this person's laboratory, canonical unit."""
        return uln_of(self.lab, code)

    def factor_to(self, code: str, x_uln: float) -> float:
        """Factor from this person's level to a multiple of the upper limit."""
        return x_uln * self.uln(code) / self.level(code)

    def add(self, code: str, shape: Shape) -> None:
        """Multiply one analyte's course with a shape."""
        self.shapes.append((code, shape))

    def course(self, code: str, days: Floats) -> Floats:
        """Value without variation at each day, canonical unit."""
        return self.level(code) * np.exp(sum((s(days) for c, s in self.shapes if c == code), np.zeros(len(days))))

    def event(self, kind: str, name: str, day: int, until: int | None = None, **more: Any) -> None:
        """Note an event."""
        self.events.append({"kind": kind, "name": name, "day": day, "until": until, **more})

    def treat(self, line: int, regimen: str, day: int, until: int | None, *, cycle_days: int = 0) -> None:
        """Note a line of systemic therapy: a row per agent, or per agent and cycle where ``cycle_days`` is given."""
        for agent, dose, unit in REGIMENS[regimen]:
            more = {"line": line, "dose": dose, "unit": unit}
            if not cycle_days:
                self.event("systemic", agent, day, until, detail=regimen, **more)
                continue
            for number, first in enumerate(range(day, until or self.end, cycle_days), start=1):
                self.event("systemic", agent, first, first + 2, detail=f"{regimen} cycle {number}", **more)

    def usual_lines(self, first_until: int | None, second_from: int | None = None) -> None:
        """First and, where given, second line of this primary site."""
        first, second = FIRST[self.primary]
        self.treat(1, first, 0, first_until)
        if second_from is not None:
            self.treat(2, second, second_from, None)

    def scan(self, day: int, response: str | None, total: float | None, detail: str = "", **more: Any) -> None:
        """Note an imaging report."""
        modality = more.pop("modality", self.rng.choice(["CT", "CT", "CT", "MRI"]))
        row = {"day": day, "modality": str(modality), "response": response, "target_sum_mm": total}
        self.imaging.append({**row, "detail": detail, "new_lesion": False, **more})

    def plant(self, journey: str, day: int, until: int | None, analytes: str, planted: str, expected: str) -> None:
        """Write down what was planted."""
        self.truth.append(
            {
                "journey": journey,
                "day": day,
                "until": until,
                "analytes": analytes,
                "planted": planted,
                "expected": expected,
            }
        )

    def see_on(self, *days: int) -> None:
        """Make sure that there is a visit on these days."""
        self.more_days.update(days)

    def visit_days(self) -> list[int]:
        """Irregular visits from before the first dose to the end, and the extra ones."""
        low, high = self.every
        last = self.end if self.last_lab_day is None else self.last_lab_day
        days = {-int(self.rng.integers(1, 8)), -int(self.rng.integers(9, 24))}
        day = int(self.rng.integers(low // 2, low + 1))
        while day <= last:
            if all(abs(day - d) > 2 for d in self.more_days):
                days.add(day)
            day += int(self.rng.integers(low, high + 1))
        return sorted(d for d in days | self.more_days if d <= last)

    def analytes(self) -> list[str]:
        """What this person's visits may hold, in a fixed order."""
        marker = MARKER[self.primary]
        return [*ALWAYS, *OFTEN, *([marker] if marker else []), *sorted(self.more_analytes - {marker, *OFTEN})]
