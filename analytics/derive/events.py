"""Events of a panel as sorted arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.case import Happenings, Ints, days_of
from analytics.event_kinds import EVENT_KINDS, KIND_CODES, KIND_INDEX
from analytics.panel import Panel

_LASTS = np.array([EVENT_KINDS[code].lasts for code in KIND_CODES])


def events_of(panel: Panel) -> Happenings:
    """Every event; an open end is +inf for kinds that last (a stent), else the start itself."""
    events = panel.events
    kind = events["kind"].map(KIND_INDEX).to_numpy("int64")
    start, end = days_of(events["start_date"]), days_of(events["end_date"])
    end = np.where(np.isnan(end), np.where(_LASTS[kind], np.inf, start), end)
    return Happenings(
        patient=panel.codes_of(events["patient_id"]), kind=kind, start=start, end=end, row=np.arange(len(events))
    )


def names_of(panel: Panel) -> tuple[Ints, list[str]]:
    """Code of the text of each event row, and the texts: name, a separator (U+001F) and detail, in lower case."""
    code, texts = pd.factorize(panel.events["name"].fillna("") + "\x1f" + panel.events["detail"].fillna(""))
    return code, [str(text).casefold() for text in texts]
