"""Exact sentences in words instead of codes, for reading: the grammar reads both."""

from __future__ import annotations

import re
from functools import cache

from analytics.analytes import ANALYTES, shown
from analytics.event_kinds import EVENT_KINDS

_CODE = re.compile(r'"[^"]*"|[A-Za-z][A-Za-z0-9_]*')


@cache
def _words() -> dict[str, str]:
    """Code -> word, of the analytes and kinds of events whose name the grammar reads as the same."""
    analytes = {code: _small(shown(code)) for code in ANALYTES}
    return analytes | {code: _small(code.replace("_", " ")) for code in EVENT_KINDS if "_" in code}


def _small(label: str) -> str:
    """Without a capital, except of abbreviations."""
    return label[0].lower() + label[1:] if label[1:2].islower() else label


def worded(sentence: str) -> str:
    """A sentence of the grammar, or a step of it, with words for codes; names in quotes stay."""
    return _CODE.sub(lambda found: _words().get(found[0], found[0]), sentence)
