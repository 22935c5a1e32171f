"""The tabs under the chart of a patient, the one list of them: figures found by folder, and tabs of tables alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from dashboard.figures._figure import figures

_TABLES: Mapping[str, tuple[str, int]] = MappingProxyType({"cycles": ("Cycle by cycle", 50), "results": ("Tables", 70)})
"""Tabs that hold no figure: words, and place among the others."""


@cache
def tabs() -> Mapping[str, str]:
    """Words of every tab by its code, in order."""
    drawn = {f.code: (f.title, f.order) for f in figures("patient").values() if f.tab}
    both = sorted({**drawn, **_TABLES}.items(), key=lambda tab: tab[1][1])
    return MappingProxyType({code: words for code, (words, _) in both})


def changed_by(code: str, control: str) -> bool:
    """Whether a control of the chart changes what this tab shows."""
    if code in _TABLES:
        return (code, control) == ("results", "tests")
    return control in figures("patient")[code].needs
