"""Is an aminotransferase rise without cholestasis followed by jaundice (laboratory part of Hy's law)?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.compare import compare, exceeds, reaches
from analytics.derive.expected import masked
from analytics.derive.visits import most_ahead, most_behind, next_where, take, visits_of
from analytics.rules._competing import CAUSES, competing
from analytics.rules._exposure import exposed, given
from analytics.rules._inr import direct_share, inr_of_visits
from analytics.rules._liver import near
from analytics.rules._masks import masks_of
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._samples import aminotransferases
from analytics.tables import LEVELS

_WINDOW = ("within {short} days", "within {long} days, not within {short}")
_STRICT = ("also with strict inequalities", "")
_DOUBT = (
    "",
    "AST alone: muscle, heart or haemolysis can raise it",
    "no drug on record in the time before",
    "",
    "ALP raised with it: mixed pattern",
    "nR below {nr:g} on the day of the bilirubin",
    "direct share between {low:g} and {high:g}",
    "within the expected-rise window of a procedure",
)
"""What keeps it from the highest level, the first that applies; the position is the code."""


@dataclass(frozen=True)
class _Rise:
    """Days with ALT or AST as arrays of visits: positions, and what is asked of them, each of shape (n,)."""

    at: Ints
    x: Floats
    over: Floats
    alp: Floats
    nr: Floats
    bili_at: Ints
    highest: Floats


def assess(case: Case) -> Assessment:
    """One moment for each day with ALT or AST."""
    s, v = case.settings.injury, visits_of(case)
    rise = _rises(case)
    at, jaundice = rise.at, np.maximum(rise.bili_at, 0)
    known = rise.bili_at >= 0
    bili, bili_x = _at(v.x_uln("BILI"), rise), _at(v.x_baseline("BILI"), rise)
    bili_base = _at(v.baseline_x_uln("BILI"), rise)
    day, patient = v.day[at], v.patient[at]
    bili_day = np.where(known, v.day[jaundice] if len(v) else 0.0, np.nan)
    share = _at(direct_share(case, s.direct_days), rise)
    inr, _, usable = inr_of_visits(case, s.hys_alp_days)
    clotting = np.where(known, (usable & (inr > s.direct_inr))[jaundice], False) if len(v) else known
    bound = ~compare(share, "<", s.direct_low) | clotting | exceeds(_at(v.value("BILI"), rise), s.direct_bili)
    needed = np.where(bili_base > 1, s.hys_bili_over_baseline, 0.0)
    doubt = _doubts(case, rise, share)
    cause = competing(case, patient, day)
    drug = given(case, patient, day)
    larger = aminotransferases(case)
    return Assessment(
        patient=patient,
        day=day,
        conditions=(
            Condition("ALT or AST", rise.x, ">=", s.hys_at, "× ULN"),
            Condition("ALT or AST over what the own baseline asks", rise.over, ">=", 1.0, "×", 2),
            Condition(
                f"highest bilirubin within {s.hys_window_days} days after", rise.highest, ">", s.hys_bili, "× ULN"
            ),
            Condition("bilirubin over a raised baseline", np.where(needed > 0, bili_x, 1.0), ">=", needed, "×"),
            Condition("nR", np.where(np.isnan(rise.nr), np.inf, rise.nr), ">=", s.hys_nr, "", 1),
            Condition("direct share", bound.astype(float), ">=", 1.0, fails="bilirubin is mostly unconjugated"),
            Condition("rise", _begins(case, rise).astype(float), ">=", 1.0, fails="already falling from a peak before"),
        ),
        severity=np.nan_to_num(rise.x * bili, nan=0.0),
        numbers={
            "at": rise.x, "x_baseline": larger.x_baseline[at], "bili": bili, "alp": rise.alp, "nr": rise.nr,
            "share": 100 * share, "inr": np.where(known, inr[jaundice], np.nan) if len(v) else bili,
            "days_on": drug.day,
        },
        days={"at_on": day, "bili_on": bili_day},
        words={
            "analyte": (larger.code[at], ("ALT", "AST")),
            "window": _window(case, bili_day - day),
            "strict": ((~exceeds(rise.x, s.hys_at)).astype(np.int64), _STRICT),
            "drug": (np.where(exposed(case, patient, day), drug.code, len(drug.names) - 1), drug.names),
            "doubt": (doubt, tuple(t.format(nr=s.hys_nr, low=s.direct_low, high=s.direct_high) for t in _DOUBT)),
            "cause": (cause, CAUSES),
            "alp_unknown": (np.isnan(rise.alp).astype(np.int64), ("", "ALP missing, cholestasis not excluded")),
        },
        evidence=(larger.at[at], _where(v.at("BILI"), rise), v.at("ALP")[at]),
        level=np.where((doubt == 0) & (cause == 0), LEVELS["urgent"], LEVELS["attention"]),
    )  # fmt: skip


def _rises(case: Case) -> _Rise:
    """Days with ALT or AST, and the first bilirubin after each that is above the limit, else the first."""
    s, v = case.settings.injury, visits_of(case)
    larger = aminotransferases(case)
    at = np.flatnonzero(larger.at >= 0)
    base = larger.baseline_x_uln[at]
    alp = take(v.x_uln("ALP"), near(v, "ALP", s.hys_alp_days))[at]
    own = ~masked(case, "BILI", v.patient, v.day)  # of the first days after a resection it says nothing
    first = next_where(v, exceeds(v.x_uln("BILI"), s.hys_bili) & own)[at]
    late = np.where(first >= 0, v.day[np.maximum(first, 0)] - v.day[at], np.inf) if len(v) else np.zeros(0)
    some = next_where(v, (v.at("BILI") >= 0) & own)[at]
    bili_at = np.where(late <= s.hys_window_days, first, some)
    ahead = np.where(bili_at >= 0, v.day[np.maximum(bili_at, 0)] - v.day[at], np.inf) if len(v) else np.zeros(0)
    bili_at = np.where(ahead <= s.hys_window_days, bili_at, -1)
    with np.errstate(divide="ignore", invalid="ignore"):
        asked = np.maximum(s.hys_over_baseline * base, np.minimum(s.hys_multiple * base, s.hys_absolute))
        over = np.where(base > 1, larger.x_uln[at] / asked, np.inf)
        nr = larger.x_uln[at] / alp
    highest = most_ahead(v, np.where(own, v.x_uln("BILI"), np.nan), s.hys_window_days)[at]
    return _Rise(at, larger.x_uln[at], over, alp, nr, bili_at, highest)


def _at(values: Floats, rise: _Rise) -> Floats:
    return take(values, rise.bili_at)


def _where(positions: Ints, rise: _Rise) -> Ints:
    """Evidence at the day of the bilirubin, -1 where there is none."""
    if not len(positions):
        return rise.bili_at
    return np.where(rise.bili_at >= 0, positions[np.maximum(rise.bili_at, 0)], -1)


def _window(case: Case, gap: Floats) -> tuple[Ints, tuple[str, ...]]:
    s = case.settings.injury
    with np.errstate(invalid="ignore"):
        soon = np.where(gap <= s.hys_short_days, 0, 1)
    return soon, tuple(w.format(short=s.hys_short_days, long=s.hys_window_days) for w in _WINDOW)


def _alp_does_not_count(case: Case, rise: _Rise) -> Bools:
    """A raised ALP that says nothing of the ducts: nR is high, or it is as it was, or it comes from bone."""
    s, v = case.settings.injury, visits_of(case)
    there = near(v, "ALP", s.hys_alp_days)[rise.at]
    base, over = take(v.baseline_x_uln("ALP"), there), take(v.x_baseline("ALP"), there)
    ggt = take(v.x_uln("GGT"), near(v, "GGT", s.hys_alp_days))[rise.at]
    steady = exceeds(base, 1.0) & compare(over, "<", s.hys_alp_chronic)
    return np.asarray(reaches(rise.nr, s.hys_nr_high) | steady | compare(ggt, "<=", s.hys_ggt_normal))


def _doubts(case: Case, rise: _Rise, share: Floats) -> Ints:
    """Code of what keeps each moment from the highest level, 0 where nothing does."""
    s, v = case.settings.injury, visits_of(case)
    patient, day = v.patient[rise.at], v.day[rise.at]
    alt_alone = ~reaches(v.x_uln("ALT"), s.hys_at)[rise.at]
    mixed = exceeds(rise.alp, s.hys_alp) & ~_alp_does_not_count(case, rise)
    larger = aminotransferases(case)
    with np.errstate(divide="ignore", invalid="ignore"):
        later = take(larger.x_uln / take(v.x_uln("ALP"), near(v, "ALP", s.hys_alp_days)), rise.bili_at)
    between = compare(share, "<", s.direct_high) & ~compare(share, "<", s.direct_low)
    masked = ~masks_of(case).clear()[rise.at]
    reasons = (
        masked, alt_alone, ~exposed(case, patient, day), np.isnan(rise.alp), mixed,
        compare(later, "<", s.hys_nr), between,
    )  # fmt: skip
    return np.select(list(reasons), [7, 1, 2, 3, 4, 5, 6], 0)


def _begins(case: Case, rise: _Rise) -> Bools:
    """Not already falling: near its highest of the days before, or that peak was one itself."""
    s, v = case.settings.injury, visits_of(case)
    every = np.full(len(v), np.nan)
    every[rise.at] = rise.x
    highest = most_behind(v, every, s.hys_window_days)[rise.at]
    met = np.full(len(v), np.nan)
    ok = reaches(rise.x, s.hys_at) & reaches(rise.over, 1.0)
    met[rise.at[ok]] = rise.x[ok]
    with np.errstate(invalid="ignore"):
        peak_met = most_behind(v, met, s.hys_window_days)[rise.at] >= highest
        return np.asarray((rise.x >= s.hys_falling * highest) | peak_met)


RULE = Rule(
    code="hys_law",
    title="Hy's law laboratory criteria",
    question="Is an aminotransferase rise without cholestasis followed by jaundice?",
    level="urgent",
    analytes=("ALT", "AST", "BILI", "ALP"),
    needs=("ALT|AST", "BILI"),
    window="bilirubin on the day of the aminotransferase or up to {injury.hys_window_days} days after; the answer for "
    "{injury.hys_short_days} days is told with it; ALP, GGT and INR within {injury.hys_alp_days} days, direct "
    "bilirubin within {injury.direct_days}; a drug going on or ended at most {injury.after_dose_days} days ago "
    "(checkpoint inhibitor {injury.immune_days})",
    criteria="ALT or AST at least {injury.hys_at:g} × ULN; over a raised baseline at least "
    "{injury.hys_over_baseline:g} × and the lower of {injury.hys_multiple:g} × baseline and {injury.hys_absolute:g} × "
    "ULN (house). Bilirubin above {injury.hys_bili:g} × ULN, and {injury.hys_bili_over_baseline:g} × a raised baseline "
    "(house). nR at least {injury.hys_nr:g}. ALP at most {injury.hys_alp:g} × ULN counts fully; a higher one lowers "
    "the level, unless nR is at least {injury.hys_nr_high:g}, ALP is raised as before, or GGT is at most "
    "{injury.hys_ggt_normal:g} × ULN. Direct share below {injury.direct_low:g}: not met, unless INR is above "
    "{injury.direct_inr:g} or bilirubin above {injury.direct_bili:g} mg/dL; below {injury.direct_high:g}: lower level. "
    "Lower level too: AST alone, no drug, ALP missing, nR below {injury.hys_nr:g} on the day of the bilirubin, a "
    "procedure, a competing cause, which is named",
    version="2",
    reference="FDA guidance on drug-induced liver injury, 2009, as quoted in the safety.viz hepatic guide; multiple of "
    "baseline or absolute: IQ-DILI, Drug Saf 2021;44:133; nR of 5: Robles-Diaz et al., 2014 (abstract)",
    tag="secondary",
    limitations="viral (hepatitis B and its reactivation, C, E), ischaemic, autoimmune causes, alcohol and "
    "paracetamol, "
    "which the full law excludes",
    template="{analyte} {at:.1f} × ULN[ ({x_baseline:.1f} × baseline)] on {at_on}[, day {days_on:.0f} of {drug}], and "
    "bilirubin {bili:.1f} × ULN on {bili_on} ({window})[, direct share {share:.0f}%][, ALP {alp:.1f} × ULN, nR "
    "{nr:.1f}][, INR {inr:.1f}]: meets the laboratory criteria of Hy's law[, {strict}][; {alp_unknown}][; {doubt}][; "
    "competing cause: "
    "{cause}].",
    settings=("injury", "local.mask_days", "surgery.mask_days"),
    assess=assess,
    carries=90,
)
