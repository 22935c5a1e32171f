"""Events of a panel as sorted arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.agents import supports_only
from analytics.arrays import Events, Ints, days_of
from analytics.case import Case
from analytics.derive.points import codes_in
from analytics.event_kinds import EVENT_KINDS, KIND_CODES, KIND_INDEX
from analytics.once import once

_KINDS: pd.Index[str] = pd.Index(KIND_CODES)
_LASTS = np.array([EVENT_KINDS[code].lasts for code in KIND_CODES])


@once
def events_of(case: Case) -> Events:
    """Every event; an open end is +inf for kinds that last (a stent), else the start itself."""
    panel = case.panel
    events = panel.events
    kind = _without_support(codes_in(events["kind"], _KINDS), events["name"])
    start, end = days_of(events["start_date"]), days_of(events["end_date"])
    end = np.where(np.isnan(end), np.where(_LASTS[kind], np.inf, start), end)
    return Events(
        patient=panel.codes_of(events["patient_id"]), kind=kind, start=start, end=end, row=np.arange(len(events))
    )


def _without_support(kind: Ints, names: pd.Series[str]) -> Ints:
    """Kinds where a placebo, a steroid or another supportive drug is no systemic therapy, however it was recorded."""
    systemic = np.flatnonzero(kind == KIND_INDEX["systemic"])
    code, told = pd.factorize(names.iloc[systemic].array.to_numpy(dtype=object, na_value=""))
    support = np.array([supports_only(str(name)) for name in told], dtype=bool)
    if support.any():
        kind = kind.copy()
        kind[systemic[support[code]]] = KIND_INDEX["other"]
    return kind


@once
def event_names_of(case: Case) -> tuple[Ints, list[str]]:
    """Code of the text of each event row, and the texts: name, a separator (U+001F) and detail, in lower case."""
    name, detail = (texts_of(case.panel.events[column]) for column in ("name", "detail"))
    whole = [f"{one}\x1f{other}".casefold() for one, other in zip(name, detail, strict=True)]
    code, texts = pd.factorize(np.array(whole, dtype=object))
    return code, texts.tolist()


def texts_of(column: pd.Series[str]) -> list[str]:
    """Texts of a column, empty where missing."""
    texts: list[str] = column.array.to_numpy(dtype=object, na_value="").tolist()
    return texts
