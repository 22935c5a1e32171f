"""Rules found by folder: every module here whose name does not begin with an underscore offers RULE."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from analytics.case import Case
from analytics.derive.around import has_kind
from analytics.once import once
from analytics.rules._bounds import proven
from analytics.rules._rule import NOTHING, Assessment, Rule


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by code, in alphabetical order."""
    found = {}
    for module in sorted(m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)])):
        if module.startswith("_") or module in ("methods", "reading", "review", "sentence_review"):
            continue
        rule = import_module(f"analytics.rules.{module}").RULE
        assert rule.code == module, f"{module}.py offers a rule named {rule.code}"
        found[rule.code] = rule
    return MappingProxyType(found)


@once
def assessment_of(case: Case, code: str) -> Assessment:
    """Every time point at which one rule could be answered; assessed once for each Case.

    A rule about an event has none where nobody has had such an event.
    """
    rule = rules()[code]
    if rule.events and not rule.looks_without and not has_kind(case, *rule.events).any():
        return NOTHING
    if rule.askable is not None and not rule.askable(case):
        return NOTHING
    return proven(case, rule, rule.assess(case))
