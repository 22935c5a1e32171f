"""Which medicines treat the tumour, where a source lists all medicines: by ATC code, else by analytics.agents.

What counts as systemic begins lines and baselines, so everything else stays what it is and is named or counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from analytics.agents import treats_tumour

SYSTEMIC, OTHER = "systemic", "other"
_TREATS = re.compile(r"L0[12][A-Z0-9]*", re.IGNORECASE)
_SUPPRESSES = re.compile(r"(?:L04|S01)[A-Z0-9]*", re.IGNORECASE)
"""ATC groups in which agents of tumours are given for something else: against rejection, rheumatism, or to the eye."""


def kind_of(name: str, codings: Iterable[Mapping[str, Any]] = ()) -> str:
    """SYSTEMIC where an ATC code or, where none speaks against it, the name says so; empty else."""
    atc = [str(c.get("code", "")) for c in codings if "atc" in str(c.get("system", "")).casefold()]
    if any(map(_TREATS.fullmatch, atc)):
        return SYSTEMIC
    elsewhere = any(map(_SUPPRESSES.fullmatch, atc))
    return SYSTEMIC if not elsewhere and treats_tumour(name) else ""
