"""Facts for and against a change of laboratory, method or limits."""

from __future__ import annotations

import numpy as np

from analytics.rules._discover import assessment_of
from analytics.rules._reading._fact import Fact, Span, pick


def facts(span: Span) -> list[Fact]:
    """All of them."""
    assessed = assessment_of(span.case, "limits_changed")
    hit = np.flatnonzero(assessed.holds)
    hit = hit[np.lexsort((assessed.day[hit], assessed.patient[hit]))]
    begin = Span(span.case, span.patient, span.onset, span.onset)
    seen = begin.within(assessed.patient[hit], assessed.day[hit], 0, 0)
    return [
        Fact(
            "laboratory, method or limits changed on {on}, with the onset",
            seen >= 0,
            2,
            days={"on": pick(assessed.day[hit], seen)},
        ),
        Fact("laboratory and limits are the same as before", seen < 0, -2),
    ]
