"""What a store calls things, as words of a question; and which unit fits a number that stands without one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from analytics.analytes import ANALYTES, CODES, INDEX
from analytics.arrays import Floats
from analytics.case import Case
from analytics.cohort.query.atoms import folded, table_of
from analytics.cohort.query.vocabulary import ANCHORS, SITES_OF_CANCER
from analytics.cohort.scattered import by_bucket, distinct, summed
from analytics.derive.points import points_of
from analytics.once import once

_CYCLE = re.compile(r"\W+cycle\W+\d+$")
_PLACES: Mapping[str, str] = MappingProxyType({"primary_site": "primary", "site": "site"})
_ALIKE = 2.0
"""House choice: a limit above is looked for up to twice the highest value of a store, one below down to half the
lowest."""
_RARE = frozenset({"10*4/uL", "10*6/L", "nkat/L"})
_ONLY_WRITTEN = {"BILI": frozenset({"mg/L"}), "BILDIR": frozenset({"mg/L"}), "ALB": frozenset({"mg/dL"}),
                 "CREAT": frozenset({"mmol/L"})}  # fmt: skip
"""House choice: units that labs write and nobody means by a number alone."""


@by_bucket(distinct, lambda asked: ())
@once
def named_in(case: Case) -> pd.DataFrame:
    """What a store names, each once: kind, name and detail of events, and kinds "primary_site" and "site" of people."""
    people = case.panel.patients
    places = [pd.DataFrame({"kind": c, "name": people[c].dropna().unique(), "detail": None}) for c in _PLACES]
    named = [case.panel.events[["kind", "name", "detail"]].astype(object), *places]
    return pd.concat([n for n in named if len(n)] or named, ignore_index=True).drop_duplicates(ignore_index=True)


@by_bucket(summed("analyte", "value"), lambda asked: CODES)
@once
def values_of(case: Case) -> pd.DataFrame:
    """Every value of each analyte, sorted: analyte (number), value, n (how many results have it)."""
    points = points_of(case)
    order = np.lexsort((points.value, points.analyte))
    analyte, value = points.analyte[order].astype(np.int64), points.value[order]
    first = np.flatnonzero(np.append(True, (np.diff(analyte) != 0) | (np.diff(value) != 0))[: len(order)])
    n = np.diff(np.append(first, len(order)))
    return pd.DataFrame({"analyte": analyte[first], "value": value[first], "n": n})


def phrases_of(case: Case) -> Mapping[tuple[str, ...], dict[str, object]]:
    """Phrase -> kinds of the vocabulary with the agents, regimens, events, sites and primary sites of a store."""
    return _phrases(named_in(case))


@once
def _phrases(named: pd.DataFrame) -> Mapping[tuple[str, ...], dict[str, object]]:
    events = named[~named["kind"].isin(_PLACES)]
    systemic = (events["kind"] == "systemic").to_numpy(bool)
    names: list[tuple[str, str, object]] = []
    agents = {str(n).casefold() for n in events.loc[systemic, "name"].dropna().unique()}
    names += [("drug", n, n) for n in sorted(agents)]
    details = {_CYCLE.sub("", str(d).casefold()) for d in events.loc[systemic, "detail"].dropna().unique()}
    names += [("regimen", d, d) for d in sorted(details - agents) if len(d) > 2]
    known = {folded(p) for phrases in ANCHORS.values() for p in phrases.split("|")}
    other = {str(n).casefold() for n in events.loc[~systemic, "name"].dropna().unique()}
    names += [("event", n, n) for n in sorted(other) if folded(n) not in known]
    for column, kind in _PLACES.items():
        values = sorted(str(v) for v in named["name"][named["kind"] == column])
        names += [(kind, v, v) for v in values]
        if kind == "site":
            names += [(kind, first, v) for first, v in _first_words(values).items()]
        else:
            names += [(kind, phrase, found) for phrase, found in _synonyms(values).items()]
    return table_of(names)


def _synonyms(values: list[str]) -> dict[str, tuple[str, ...]]:
    """Everyday word of a primary site -> what the store calls it: "colorectal" where its sites are colon and rectum."""
    found: dict[str, tuple[str, ...]] = {}
    for phrases in SITES_OF_CANCER.values():
        known = phrases.split("|")
        folds = {folded(phrase) for phrase in known}
        meant = tuple(v for v in sorted(values) if folded(v) in folds)
        found |= dict.fromkeys(known, meant) if meant else {}
    return found


def _first_words(values: list[str]) -> dict[str, str]:
    """First word -> name, of the names that it names alone."""
    firsts = [v.split()[0] for v in values if " " in v.strip()]
    return {v.split()[0]: v for v in values if " " in v.strip() and firsts.count(v.split()[0]) == 1}


@once
def _spread(values: pd.DataFrame) -> Floats:
    """Lowest, median and highest value of each analyte in its canonical unit, shape (3, analytes); NaN without any."""
    spread = np.full((3, len(ANALYTES)), np.nan)
    for number, mine in values.sort_values(["analyte", "value"]).groupby("analyte"):
        value, up_to = mine["value"].to_numpy(), np.cumsum(mine["n"].to_numpy())
        middle = value[np.searchsorted(up_to, [(up_to[-1] - 1) // 2, up_to[-1] // 2], side="right")]
        spread[:, int(str(number))] = value[0], np.mean(middle), value[-1]
    return spread


def fitting_units(case: Case | None, code: str, op: str, number: float) -> list[str]:
    """Units in which a number without one can be meant as a limit, the canonical one first.

    One in which the limit lies on the bad side of the median where that side is asked for, and not far beyond all
    values; else one in which it lies among the values at all, which is also enough without an ``op``, for an end of a
    range, and for the good side ("bilirubin below 3" after a stent is still high). Units that say the same are one.
    Where none fits, or without data, all that are meant without being written.
    """
    units: dict[float, str] = {}
    for unit, factor in ANALYTES[code].conversions.items():
        if unit not in _ONLY_WRITTEN.get(code, _RARE):
            units.setdefault(factor, unit)
    if len(units) == 1 or case is None:
        return list(units.values())
    low, middle, high = _spread(values_of(case))[:, INDEX[code]]
    least, most = low / _ALIKE, high * _ALIKE
    among = {unit: number * factor for factor, unit in units.items() if least <= number * factor <= most}
    high_asked = op.startswith(">")
    if not op or ANALYTES[code].bad == ("low" if high_asked else "high"):
        return list(among) or list(units.values())
    asked = [unit for unit, limit in among.items() if (limit >= middle if high_asked else limit <= middle)]
    return asked or list(among) or list(units.values())
