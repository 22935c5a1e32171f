"""On a checkpoint inhibitor: which threshold of its label is passed?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.agents import CHECKPOINT_INHIBITORS
from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.compare import compare, exceeds, reaches
from analytics.derive.around import last_event
from analytics.derive.events import event_names_of, events_of
from analytics.derive.visits import take, visits_of
from analytics.rules._askable import any_agent
from analytics.rules._checkpoint_limits import (
    HIGHEST_BASELINE,
    RISE,
    ROWS,
    agents,
    column,
    risen_days,
    treated,
)
from analytics.rules._competing import dilated_ducts
from analytics.rules._inr import direct_share
from analytics.rules._liver import mask_days, near
from analytics.rules._masks import clear_of_procedures
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._samples import aminotransferases
from analytics.tables import LEVELS

_NONE = (
    "",
    f"the label has no threshold for a baseline above {HIGHEST_BASELINE:g} × ULN",
    "below the label thresholds",
)
_ASCO = ("", "", "grade 2 by ASCO 2021", "grade 3 by ASCO 2021", "grade 4 by ASCO 2021")
_RISE = ("", "a rise of 50%, not yet shown for the week that the label names", "a rise of 50% for a week or more")


def assess(case: Case) -> Assessment:
    """One moment for each day with ALT, AST or bilirubin of people who have had a checkpoint inhibitor."""
    s, v = case.settings.injury, visits_of(case)
    mine = agents(case)
    ever = np.zeros(len(case.panel), dtype=bool)
    ever[events_of(case).patient[mine]] = True
    larger = aminotransferases(case)
    at = np.flatnonzero(((larger.at >= 0) | (v.at("BILI") >= 0)) & ever[v.patient])
    patient, day = v.patient[at], v.day[at]
    p = _passed(case, at)
    x, bili, own, rank, by_bili, asco = larger.x_uln[at], p.bili, p.own, p.rank, p.by_bili, p.asco
    no_limit = (rank == 0) & exceeds(p.baseline, HIGHEST_BASELINE)
    ducts = dilated_ducts(case, patient, day, s.ducts_before_days, s.ducts_after_days)
    indirect = by_bili & compare(direct_share(case, s.direct_days)[at], "<", s.direct_low)
    level = np.select([rank == 0, indirect, (rank == 2) & ~ducts], [1, 1, 3], 2)
    agent = last_event(case, mine, patient, day)
    code, names = event_names_of(case)
    events = events_of(case)
    rows = events.row[agent] if len(mine) else agent
    return Assessment(
        patient=patient,
        day=day,
        conditions=(
            Condition(
                "ALT, AST or bilirubin", np.where(by_bili, bili, own), ">",
                np.where((asco >= 2) | (rank > 0), 0.0, np.where(np.isfinite(p.first), p.first, 3.0)), "× ULN",
            ),
            Condition("therapy", p.on.astype(float), ">=", 1.0, fails="not on a checkpoint inhibitor"),
            Condition(
                "time since a procedure",
                np.where(by_bili, np.inf, clear_of_procedures(case, patient, day)), ">", mask_days(case), "days", 0,
            ),
        ),
        severity=rank * 100 + np.nan_to_num(np.fmax(x, bili)),
        numbers={
            "at": np.where(by_bili, bili, x),
            "baseline": np.where(by_bili, np.nan, p.baseline),
            "bili": np.where(by_bili, np.nan, bili),
            "limit": np.where(rank > 0, np.where(rank > 1, p.second, p.first), np.nan),
        },
        days={"on": day, "since": events.start[agent] if len(mine) else np.zeros(0)},
        words={
            "analyte": (np.where(by_bili, 2, larger.code[at]), ("ALT", "AST", "bilirubin")),
            "agent": (code[rows], tuple(n.partition("\x1f")[0] for n in names)),
            "level": (np.minimum(rank, 2), ("", "lower", "upper")),
            "label": (p.row, tuple(row.label for row in ROWS)),
            "none": (np.where(rank > 0, 0, np.where(no_limit, 1, 2)), _NONE),
            "bound": (p.at_least.astype(np.int64), ("above", "at least")),
            "rise": (np.where(p.by_rise, rank, 0), _RISE),
            "asco": (asco, _ASCO),
            "cause": (ducts.astype(np.int64), ("", "dilated ducts on imaging")),
            "share": (indirect.astype(np.int64), ("", "mostly unconjugated")),
        },
        evidence=(np.where(by_bili, v.at("BILI")[at], larger.at[at]), v.at("BILI")[at]),
        level=np.array([0, LEVELS["information"], LEVELS["attention"], LEVELS["urgent"]])[level],
    )  # fmt: skip


@dataclass(frozen=True)
class _Passed:
    """Which threshold each moment passes, shape (n,): values that count (new ones), row and thresholds that apply,
    rank 0 to 2, whether bilirubin decides, the grade by ASCO, whether a rise over the baseline decides, and whether the
    threshold is met by a value equal to it."""

    baseline: Floats
    own: Floats
    bili: Floats
    on: Bools
    row: Ints
    rank: Ints
    by_bili: Bools
    first: Floats
    second: Floats
    asco: Ints
    by_rise: Bools
    at_least: Bools


def _passed(case: Case, at: Ints) -> _Passed:
    """Thresholds against the values of these visits."""
    s, v, larger = case.settings.injury, visits_of(case), aminotransferases(case)
    x, over = larger.x_uln[at], larger.x_baseline[at]
    baseline = take(larger.baseline_x_uln, _near_larger(case)[at])
    given = treated(case, v.patient[at], v.day[at], baseline)
    row = given.row
    own = np.where(reaches(over, s.ici_over_baseline) | np.isnan(over), x, np.nan)
    bili = _new_bilirubin(case)[at]
    at_rank = _rank(own, column(row, "at", 0), column(row, "at", 1))
    reached = column(row, "reached").astype(bool)
    at_rank = np.where(reached & (at_rank == 0), reaches(own, column(row, "at", 0)), at_rank).astype(np.int64)
    at_rank = np.where((at_rank > 0) & reaches(bili, column(row, "jaundiced")), 2, at_rank)
    risen = risen_days(case)[at]
    long = reaches(risen, case.settings.label.eu_baseline_days)
    at_rank = np.where(row == RISE, np.where(risen >= 0, 1 + long, 0), at_rank)
    bili_rank = _rank(bili, column(row, "bili", 0), column(row, "bili", 1))
    at_grade, bili_grade = _grade(own, (3.0, 5.0, 20.0)), _grade(bili, (1.5, 3.0, 10.0))
    rank = np.maximum(at_rank, bili_rank)
    by_bili = (bili_rank > at_rank) | ((rank == 0) & (bili_grade > at_grade))
    first, second = (np.where(by_bili, column(row, "bili", i), column(row, "at", i)) for i in (0, 1))
    by_rise = (row == RISE) & ~by_bili
    first, second = (np.where(by_rise, case.settings.label.eu_baseline_rise * baseline, x) for x in (first, second))
    asco = np.maximum(at_grade, bili_grade)
    at_least = by_rise | (reached & ~by_bili & (rank == 1))
    return _Passed(baseline, own, bili, given.on, row, rank, by_bili, first, second, asco, by_rise, at_least)


def _near_larger(case: Case) -> Ints:
    """Visit whose aminotransferase speaks for each visit."""
    v, s = visits_of(case), case.settings.injury
    larger = aminotransferases(case)
    own = np.where(larger.at >= 0, np.arange(len(v)), -1)
    return np.where(own >= 0, own, np.fmax(near(v, "ALT", s.hys_alp_days), near(v, "AST", s.hys_alp_days)))


def _new_bilirubin(case: Case) -> Floats:
    """Bilirubin of each visit in multiples of ULN, NaN where it is as it was at baseline."""
    s, v = case.settings.injury, visits_of(case)
    raised = exceeds(v.baseline_x_uln("BILI"), 1.0) & ~reaches(v.x_baseline("BILI"), s.ici_over_baseline)
    return np.where(raised, np.nan, v.x_uln("BILI"))


def _rank(value: Floats, first: Floats, second: Floats) -> Ints:
    """0 below both, 1 above the first, 2 above the second limit."""
    return np.where(exceeds(value, second), 2, exceeds(value, first).astype(np.int64))


def _grade(value: Floats, cuts: tuple[float, ...]) -> Ints:
    """Grade 1 to 4 of ASCO 2021; 1 where nothing is above the first cut."""
    return np.asarray(1 + sum(exceeds(value, cut).astype(np.int64) for cut in cuts))


RULE = Rule(
    code="checkpoint_label",
    title="Checkpoint inhibitor label threshold",
    question="On a checkpoint inhibitor: which threshold of its label is passed?",
    level="attention",
    analytes=("ALT", "AST", "BILI"),
    needs=("ALT|AST|BILI",),
    events=("systemic",),
    window="on the agent and up to {injury.immune_days} days after; labels of the region {label.region}; a tumour in "
    "the liver is assumed unless imaging counts none",
    criteria="US: baseline normal: ALT or AST above 3 / 8, bilirubin above 1.5 / 3 × ULN; baseline above 1 to 3: "
    "above 5 / 10; above 3 to 5: above 8 / 10, bilirubin above 3; above 5: no threshold. Ipilimumab alone or with "
    "nivolumab (not in hepatocellular carcinoma): above 3 / 5, bilirubin above 1.5 / 3. With cabozantinib: "
    "above 3 / 10, or above 3 with bilirubin at least 2; with axitinib the same from 3 on. EU, pembrolizumab and "
    "atezolizumab: above 3 / 5, bilirubin above 1.5 / 3; ipilimumab alone: above 5 / 8, bilirubin above 3 / 5; "
    "pembrolizumab with a baseline above 3 to 5: at least {label.eu_baseline_rise:g} × baseline, the "
    "upper threshold from {label.eu_baseline_days} days on. ALT, AST and a raised bilirubin at least "
    "{injury.ici_over_baseline:g} × baseline (house). Direct "
    "share below {injury.direct_low:g}: for information. Dilated ducts: named, lower level. Below the thresholds from "
    "ASCO grade 2: for information",
    version="4",
    reference="product information of nivolumab (with the footnote for tumour in the liver) and of its combinations, "
    "pembrolizumab, durvalumab; others as a class; grades: ASCO, 2021",
    tag="recalled",
    limitations="hepatitis B status and reactivation; grading by a clinician",
    template="{analyte} {at:.1f} × ULN on {on} during {agent} (since {since})[, baseline {baseline:.1f} × ULN][, "
    "bilirubin {bili:.1f} × ULN][, {share}][: {bound} {limit:.3g} × ULN, the {level} threshold, {label}]"
    "[ ({rise})][: {none}][; {asco}][; competing cause: {cause}].",
    settings=("injury.immune_days", "injury.ici_over_baseline", "injury.direct_low", "label"),
    assess=assess,
    askable=any_agent(*CHECKPOINT_INHIBITORS),
    carries=80,
)
