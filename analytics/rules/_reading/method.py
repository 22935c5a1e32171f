"""Facts for and against a change of laboratory, method or limits."""

from __future__ import annotations

import numpy as np

from analytics.rules._discover import assess
from analytics.rules._reading._fact import Fact, Span, pick


def facts(span: Span) -> list[Fact]:
    """All of them."""
    judged = assess(span.case, "limits_changed")
    hit = np.flatnonzero(judged.holds)
    hit = hit[np.lexsort((judged.day[hit], judged.patient[hit]))]
    begin = Span(span.case, span.patient, span.onset, span.onset)
    seen = begin.within(judged.patient[hit], judged.day[hit], 0, 0)
    return [
        Fact(
            "laboratory, method or limits changed on {on}, with the onset",
            seen >= 0,
            2,
            days={"on": pick(judged.day[hit], seen)},
        ),
        Fact("laboratory and limits are the same as before", seen < 0, -2),
    ]
