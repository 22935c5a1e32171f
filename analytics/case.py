"""Case: a Panel and its settings, holding what the science has derived from them. It knows no science itself.

Rules, grades, scores and trends take a Case and work on all patients at once. What follows from a Case is a function
of it in the file of its science, marked with :func:`analytics.once.once`: ``visits_of(case)`` is computed when it is
first asked for and then held by the Case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from analytics.panel import Panel
from analytics.settings import Settings

Derived: TypeAlias = Mapping[tuple[Any, ...], Any]
"""What was derived from a Case, by the function and its arguments: keys of :func:`analytics.once.key_of`."""


@dataclass(frozen=True)
class Case:
    """One panel and the settings.

    Attributes:
        given: what was derived before, by :func:`analytics.once.key_of`; equal to what would be derived anew.
        derived: what has been derived so far; goes with the Case.
    """

    panel: Panel
    settings: Settings
    given: Derived = field(default_factory=dict, repr=False, compare=False)
    derived: dict[tuple[Any, ...], Any] = field(default_factory=dict, repr=False, compare=False, init=False)

    def __post_init__(self) -> None:
        """Begin with what was given."""
        self.derived.update(self.given)

    @cached_property
    def as_of(self) -> float:
        """Data cut-off in days."""
        return float(self.panel.as_of.to_datetime64().astype("datetime64[us]").astype("int64") / 86_400_000_000)

    @cached_property
    def ids(self) -> npt.NDArray[np.object_]:
        """Patient ids by code."""
        return self.panel.patients["patient_id"].to_numpy(dtype=object)

    @cached_property
    def clocks(self) -> list[str]:
        """Time axis of each patient."""
        return self.panel.patients["clock"].tolist()

    def patient_id(self, code: int) -> str:
        """Id of a patient code."""
        return str(self.panel.patients["patient_id"].iloc[code])
