"""Limits of checkpoint inhibitor labels by agent, region and baseline, as one table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.agents import CHECKPOINT_INHIBITORS
from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.compare import compare, exceeds, reaches
from analytics.derive.around import active, given
from analytics.derive.visits import visits_of
from analytics.rules._images import images_of
from analytics.rules._samples import aminotransferases


@dataclass(frozen=True)
class Row:
    """Limits for baselines above ``above`` and up to ``to``: ALT or AST first and second, bilirubin first and second,
    all above, in multiples of ULN; ``jaundiced`` is the bilirubin from which an ALT above the first limit counts as
    the second; ``reached`` where the first limit of ALT or AST is met by a value equal to it. Infinite where the label
    names none."""

    label: str
    above: float
    to: float
    at: tuple[float, float]
    bili: tuple[float, float]
    jaundiced: float = np.inf
    reached: bool = False


_INF = np.inf
_US = "US label"
ROWS = (
    Row(f"{_US}, baseline normal", 0, 1, (3, 8), (1.5, 3)),
    Row(f"{_US} with liver tumour, baseline above 1 to 3 × ULN", 1, 3, (5, 10), (_INF, 3)),
    Row(f"{_US} with liver tumour, baseline above 3 to 5 × ULN", 3, 5, (8, 10), (_INF, 3)),
    Row("", 5, _INF, (_INF, _INF), (_INF, _INF)),
    Row(f"{_US}, ipilimumab with nivolumab", 0, _INF, (3, 5), (1.5, 3)),
    Row(f"{_US}, ipilimumab", 0, _INF, (3, 5), (1.5, 3)),
    Row(f"{_US}, with cabozantinib", 0, _INF, (3, 10), (_INF, _INF), 2.0),
    Row("EU label", 0, _INF, (3, 5), (1.5, 3)),
    Row("EU label with liver metastases, baseline above 3 to 5 × ULN", 3, 5, (_INF, _INF), (1.5, 3)),
    Row(f"{_US}, with axitinib", 0, _INF, (3, 10), (_INF, _INF), 2.0, reached=True),
    Row("EU label, ipilimumab", 0, _INF, (5, 8), (3, 5)),
)
_COMBINED, _IPI, _CABO, _EU, RISE, _AXI, _EU_IPI = 4, 5, 6, 7, 8, 9, 10
"""RISE: the row whose limit of ALT and AST is a multiple of the baseline that has to hold for a time."""
HIGHEST_BASELINE = 5.0
"""Baselines above this have no limit in the US labels."""


@dataclass(frozen=True)
class Treated:
    """Of each moment, shape (n,): on a checkpoint inhibitor, the row of ROWS that applies."""

    on: Bools
    row: Ints


def agents(case: Case) -> Ints:
    """Events of checkpoint inhibitors, rising."""
    return given(case, *CHECKPOINT_INHIBITORS)


def treated(case: Case, patient: Ints, day: Floats, baseline: Floats) -> Treated:
    """Which row applies to each moment: by combination, agent and region, else by baseline."""
    s = case.settings.injury

    def on(*names: str) -> Bools:
        return active(case, given(case, *names), patient, day, after=s.immune_days)

    row = np.select([exceeds(baseline, HIGHEST_BASELINE), exceeds(baseline, 3.0), exceeds(baseline, 1.0)], [3, 2, 1], 0)
    without = _without_tumour(case, patient, day)
    row = np.where(without, 0, row)
    ipi, nivo = on("ipilimumab"), on("nivolumab")
    cabo, axi = nivo & on("cabozantinib"), on("pembrolizumab") & on("axitinib")
    kinase = cabo | axi
    row = np.select([cabo, axi], [_CABO, _AXI], row)
    is_eu = case.settings.label.region.upper() == "EU"
    row = np.where(ipi & ~nivo, _EU_IPI if is_eu else _IPI, row)
    row = np.where(ipi & nivo & ~_primary_liver(case)[patient], _COMBINED, row)
    if is_eu:
        raised = exceeds(baseline, ROWS[RISE].above) & ~exceeds(baseline, ROWS[RISE].to) & ~without
        row = np.where(on("pembrolizumab", "atezolizumab") & ~kinase, _EU, row)
        row = np.where(on("pembrolizumab") & ~kinase & raised, RISE, row)
    return Treated(on(*CHECKPOINT_INHIBITORS), row)


def risen_days(case: Case) -> Floats:
    """Of each visit: days since ALT or AST has been so far above its baseline in every result as the EU label of
    pembrolizumab asks; -1 where it is not, shape (visits,)."""
    v, x_baseline = visits_of(case), aminotransferases(case).x_baseline
    days = np.full(len(v), -1.0)
    known = np.flatnonzero(~np.isnan(x_baseline))
    if not len(known):
        return days
    holds = reaches(x_baseline[known], case.settings.label.eu_baseline_rise)
    patient, number = v.patient[known], np.arange(len(known))
    anew = np.append(True, ~holds[:-1] | (np.diff(patient) != 0))
    first = known[np.maximum.accumulate(np.where(anew, number, 0))]
    days[known] = np.where(holds, v.day[known] - v.day[first], -1.0)
    return days


def column(row: Ints, name: str, place: int = 0) -> Floats:
    """One limit of each moment's row."""
    values = [getattr(r, name) for r in ROWS]
    return np.array([v[place] if isinstance(v, tuple) else v for v in values])[row]


def _primary_liver(case: Case) -> Bools:
    """Patients whose primary tumour is of the liver."""
    sites = case.panel.patients["primary_site"].fillna("").astype(str).str.casefold()
    return sites.str.contains("hepatocell|hcc").to_numpy(bool)


def _without_tumour(case: Case, patient: Ints, day: Floats) -> Bools:
    """The last report before that counts liver lesions counts none."""
    images = images_of(case)
    known = np.flatnonzero(~np.isnan(images.lesions))
    if not len(known):
        return np.zeros(len(patient), dtype=bool)
    keys = images.patient[known] * 1e6 + images.day[known]
    place = np.searchsorted(keys, patient * 1e6 + np.floor(day), side="right") - 1
    found = known[np.maximum(place, 0)]
    same = (place >= 0) & (images.patient[found] == patient)
    return np.asarray(same & compare(images.lesions[found], "<=", 0.0))
