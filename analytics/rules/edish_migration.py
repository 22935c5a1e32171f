"""Have the peaks on treatment moved into a worse eDISH quadrant than the baseline was in?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Floats, Ints
from analytics.case import Case
from analytics.derive.baseline import baselines_of
from analytics.derive.expected import masked_results
from analytics.derive.lines import lines_of
from analytics.derive.quadrants import MIGRATION, QUADRANTS, quadrant
from analytics.derive.visits import Visits, visits_of
from analytics.rules._masks import masks_of
from analytics.rules._rule import Assessment, Condition, Rule

_CLASSES = ("no migration", "no concern / benefit", "potential concern", "concern")
_MATRIX = np.zeros((4, 4), dtype=np.int64)
for _pair, _name in MIGRATION.items():
    _MATRIX[_pair] = _CLASSES.index(_name)


def assess(case: Case) -> Assessment:
    """One moment for each day with ALT or bilirubin in a line whose baselines of both are known."""
    s, v = case.settings.injury, visits_of(case)
    begun = _line_of(case, v)
    run = _runs(v, begun)
    alt, alt_base = _so_far(_unmasked(case, v, "ALT"), begun, run), _known(v.baseline_x_uln("ALT"), run)
    bili, bili_base = _so_far(_unmasked(case, v, "BILI"), begun, run), _known(v.baseline_x_uln("BILI"), run)
    before = quadrant(alt_base, bili_base, s.edish_alt, s.edish_bili)
    now = quadrant(alt, bili, s.edish_alt, s.edish_bili)
    treated = np.zeros(len(case.panel), dtype=bool)
    treated[lines_of(case)["patient"].to_numpy(np.int64)] = True
    measured = (v.at("ALT") >= 0) | (v.at("BILI") >= 0)
    use = np.flatnonzero((before >= 0) & (now >= 0) & measured & treated[v.patient] & (begun >= 0))
    rank = _MATRIX[before[use], now[use]]
    return Assessment(
        patient=v.patient[use],
        day=v.day[use],
        conditions=(Condition("class of the move between quadrants", rank.astype(float), ">=", 2.0, "", 0),),
        severity=rank + np.nan_to_num(alt[use] + bili[use]) / 1e4,
        numbers={
            "alt": alt[use],
            "bili": bili[use],
            "alt_base": alt_base[use],
            "bili_base": bili_base[use],
        },
        days={"on": v.day[use]},
        words={"before": (before[use], QUADRANTS), "now": (now[use], QUADRANTS), "concern": (rank, _CLASSES)},
        evidence=(np.where(v.at("ALT") >= 0, v.at("ALT"), v.at("BILI"))[use], v.at("BILI")[use]),
        group=run[use],
        anchor=begun[use],
    )


def _unmasked(case: Case, v: Visits, code: str) -> Floats:
    """Multiples of the limit at each visit, without those that a procedure itself moves."""
    own = np.append(masked_results(case), False)[v.at(code)] & (masks_of(case).lifted == 0)
    return np.where(own, np.nan, v.x_uln(code))


def _line_of(case: Case, v: Visits) -> Floats:
    """Day on which the line of each visit began, -1 before the first."""
    since = np.append(baselines_of(case).since, np.nan)
    first = np.fmax(since[v.at("ALT")], since[v.at("BILI")])
    return np.asarray(np.nan_to_num(np.floor(first), nan=-1.0))


def _runs(v: Visits, begun: Floats) -> Ints:
    """Number of the run of visits of one patient and line."""
    new = np.ones(len(v), dtype=bool)
    new[1:] = (np.diff(v.patient) != 0) | (np.diff(begun) != 0)
    return np.cumsum(new) - 1


def _so_far(values: Floats, begun: Floats, run: Ints) -> Floats:
    """Largest value so far in each run of visits of one line; NaN before a line."""
    if not len(values):
        return values
    order = np.argsort(np.nan_to_num(values, nan=-1.0), kind="stable")
    rank = np.empty(len(values), dtype=np.int64)
    rank[order] = np.arange(len(values))
    highest = np.maximum.accumulate(rank + run * (len(values) + 1)) - run * (len(values) + 1)
    return np.where(begun >= 0, values[order[highest]], np.nan)


def _known(values: Floats, run: Ints) -> Floats:
    """The baseline of each run, on all its visits."""
    if not len(values):
        return values
    known = np.flatnonzero(~np.isnan(values))
    result = np.full(int(run[-1]) + 1, np.nan)
    result[run[known]] = values[known]
    return np.asarray(result[run])


RULE = Rule(
    code="edish_migration",
    title="Worse eDISH quadrant",
    question="Have the peaks on treatment moved into a worse eDISH quadrant than the baseline was in?",
    level="information",
    analytes=("ALT", "BILI"),
    needs=("ALT", "BILI"),
    events=("systemic",),
    window="lines of systemic therapy: peaks since the line began, on any day, without results that a "
    "procedure itself moves; the baseline of the line",
    criteria="ALT above {injury.edish_alt:g} × ULN, bilirubin above {injury.edish_bili:g} × ULN, both strict",
    version="3",
    reference="FDA composite plot (Tesfaldet et al., 2024); moves as in safety.viz",
    tag="verified",
    limitations="a rise that follows a larger fall: peaks alone hide it",
    template="Peak ALT {alt:.1f} × ULN and bilirubin {bili:.1f} × ULN by {on} ({now}), from baseline {alt_base:.1f} "
    "and "
    "{bili_base:.1f} × ULN ({before}): {concern} by the FDA composite plot.",
    settings=("injury.edish_alt", "injury.edish_bili"),
    assess=assess,
    one_off=True,
)
