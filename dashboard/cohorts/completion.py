"""Words that the field of a question completes: analytes, events and what this store calls its agents and sites."""

from __future__ import annotations

import re

from analytics.analysis import Analysis
from analytics.analytes import ANALYTES, shown
from analytics.cohort.query.store_names import named_in, values_of
from analytics.event_kinds import EVENT_KINDS
from analytics.once import once

_CYCLE = re.compile(r"\W+cycle\W+\d+$", re.IGNORECASE)
PHRASES = (
    "within 14 days after", "within 28 days before", "above 3 x ULN", "at least 2 x baseline", "in 2 results in a row",
    "for more than 14 days", "while on", "treated with", "never", "no result of", "group by primary site",
    "align on first dose",
)  # fmt: skip
"""Beginnings of what is often asked."""


def standing() -> tuple[tuple[str, bool], ...]:
    """As completions, of no store: analytes, kinds of events and phrases."""
    kinds = [EVENT_KINDS[k].label for k in EVENT_KINDS if k not in ("symptom", "other")]
    words = [*(shown(code) for code in ANALYTES), *kinds, *PHRASES]
    each = {word.casefold(): word for word in reversed(words)}
    return tuple((word, word in kinds) for word in reversed(each.values()))


@once
def completions(analysis: Analysis) -> tuple[tuple[str, bool], ...]:
    """(word, whether it happens, so that it may stand behind "after") in the order in which they are offered, each once
    whatever its case; of the store as its viewer sees it."""
    codes, named = list(ANALYTES), named_in(analysis.case)
    here = [shown(codes[i]) for i in sorted(set(values_of(analysis.case)["analyte"].tolist()))]
    table = named[~named["kind"].isin(("primary_site", "site"))]
    kinds = [EVENT_KINDS[k].label for k in EVENT_KINDS if k in set(table["kind"]) and k not in ("symptom", "other")]
    names = sorted(set(table["name"].dropna()) - {""})
    regimens = sorted({_CYCLE.sub("", d) for d in table["detail"].dropna() if _CYCLE.search(d)})
    people = [sorted(set(named["name"][named["kind"] == c]) - {""}) for c in ("primary_site", "site")]
    events = [*kinds, *names, *regimens]
    words = [*here, *events, *people[0], *people[1], *PHRASES]
    each = {word.casefold(): word for word in reversed(words)}
    return tuple((word, word in events) for word in reversed(each.values()))
