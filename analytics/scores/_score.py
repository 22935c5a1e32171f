"""What a score is: one constant a file, found by folder; frames, docs and tests follow from it."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.compare import compare

NOT_FOR_METASTASES = "built for cirrhosis and hepatocellular carcinoma: read as a trend, not as a stage"


@dataclass(frozen=True)
class Person:
    """What scores ask of a person, at each moment, shape (n,); NaN where not known."""

    age: Floats
    female: Floats
    """1 for women, 0 for men."""
    ascites: Floats | None = None
    """Child-Pugh points, 1 absent to 3; None where nobody asked."""
    encephalopathy: Floats | None = None
    """Child-Pugh points, 1 absent to 3."""
    dialysis: Bools | None = None
    """Dialysis in the week before."""

    def at(self, visit: Ints) -> Person:
        """At these moments."""
        return Person(
            age=self.age[visit],
            female=self.female[visit],
            ascites=None if self.ascites is None else self.ascites[visit],
            encephalopathy=None if self.encephalopathy is None else self.encephalopathy[visit],
            dialysis=None if self.dialysis is None else self.dialysis[visit],
        )


@dataclass(frozen=True)
class Score:
    """One score.

    Attributes:
        code, title: file name and name for people.
        inputs: analytes in canonical units.
        compute: values from inputs by code (shape (n,)) and the person.
        formula: in words, with units and bounds.
        bands: (name, upper end) in rising order; a value at an upper end belongs to that band where ``closed``.
        reference, tag: published source and how well it was confirmed.
        note: what limits its validity here.
        decimals: for display.
        whole: True where the published score is rounded to whole numbers.
    """

    code: str
    title: str
    inputs: tuple[str, ...]
    compute: Callable[[Mapping[str, Floats], Person], Floats]
    formula: str
    bands: tuple[tuple[str, float], ...]
    reference: str
    tag: Literal["verified", "secondary", "recalled", "house"]
    note: str = NOT_FOR_METASTASES
    decimals: int = 2
    closed: bool = True
    obstruction: bool = False
    """True where bilirubin enters: in jaundice from obstruction it measures the stent, not the liver."""

    def band_of(self, values: Floats) -> Ints:
        """Position in ``bands`` of each value, -1 where there is none."""
        code = np.full(len(values), -1, dtype=np.int64)
        for i in range(len(self.bands) - 1, -1, -1):
            code[compare(values, "<=" if self.closed else "<", self.bands[i][1])] = i
        return code


@cache
def scores() -> Mapping[str, Score]:
    """Every score by code."""
    found = {}
    for module in sorted(m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)])):
        if not module.startswith("_"):
            score = import_module(f"analytics.scores.{module}").SCORE
            assert score.code == module, f"{module}.py offers a score named {score.code}"
            found[score.code] = score
    return MappingProxyType(found)
