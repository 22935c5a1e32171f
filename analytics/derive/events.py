"""Events of a panel as sorted arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.arrays import Events, Ints, days_of
from analytics.case import Case
from analytics.derive.points import codes_in
from analytics.event_kinds import EVENT_KINDS, KIND_CODES
from analytics.once import once

_KINDS: pd.Index[str] = pd.Index(KIND_CODES)
_LASTS = np.array([EVENT_KINDS[code].lasts for code in KIND_CODES])


@once
def events_of(case: Case) -> Events:
    """Every event; an open end is +inf for kinds that last (a stent), else the start itself."""
    panel = case.panel
    events = panel.events
    kind = codes_in(events["kind"], _KINDS)
    start, end = days_of(events["start_date"]), days_of(events["end_date"])
    end = np.where(np.isnan(end), np.where(_LASTS[kind], np.inf, start), end)
    return Events(
        patient=panel.codes_of(events["patient_id"]), kind=kind, start=start, end=end, row=np.arange(len(events))
    )


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
