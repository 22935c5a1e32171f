"""Is an aminotransferase rise without cholestasis followed by jaundice (laboratory part of Hy's law)?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.compare import exceeds
from analytics.derive.visits import most_ahead, next_where, take, visits_of
from analytics.rules._around import clear_of_procedures
from analytics.rules._liver import mask_days, near_x_uln
from analytics.rules._rule import Condition, Judged, Rule
from analytics.tables import LEVELS

_WINDOW = ("within {short} days", "within {long} days, not within {short}")
_STRICT = ("also met with strict inequalities", "not met where ALT or AST must be strictly above {at:g}")


def judge(case: Case) -> Judged:
    """One moment for each day with ALT or AST."""
    s, v = case.settings.injury, visits_of(case)
    larger = v.larger("ALT", "AST")
    bili = v.x_uln("BILI")
    first = next_where(v, exceeds(bili, s.hys_bili))
    gap = np.where(first >= 0, v.day[np.maximum(first, 0)] - v.day, np.nan) if len(v) else np.zeros(0)
    alp = near_x_uln(v, "ALP", s.hys_alp_days)
    alp_known = ~np.isnan(alp)
    at = np.flatnonzero(larger.at >= 0)
    soon = np.where(gap <= s.hys_short_days, 0, 1)
    words = {
        "analyte": (larger.code[at], ("ALT", "AST")),
        "window": (soon[at], tuple(w.format(short=s.hys_short_days, long=s.hys_window_days) for w in _WINDOW)),
        "strict": (
            (~exceeds(larger.x_uln, s.hys_at)).astype(np.int64)[at],
            tuple(w.format(at=s.hys_at) for w in _STRICT),
        ),
        "alp_unknown": ((~alp_known).astype(np.int64)[at], ("", " (ALP not known, so cholestasis is not excluded)")),
    }
    return Judged(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("ALT or AST", larger.x_uln[at], ">=", s.hys_at, "× ULN"),
            Condition(
                f"highest bilirubin within {s.hys_window_days} days after",
                most_ahead(v, bili, s.hys_window_days)[at],
                ">",
                s.hys_bili,
                "× ULN",
            ),
            Condition("ALP", np.where(alp_known, alp, 0.0)[at], "<=", s.hys_alp, "× ULN"),
            Condition(
                "time since resection, ablation or embolisation",
                clear_of_procedures(case, v.patient[at], v.day[at]),
                ">",
                mask_days(case),
                "days",
                0,
            ),
        ),
        severity=np.nan_to_num(larger.x_uln * take(bili, first), nan=0.0)[at],
        numbers={
            "at": larger.x_uln[at],
            "bili": take(bili, first)[at],
            "gap": gap[at],
            "alp": alp[at],
            "nr": (larger.x_uln / alp)[at],
        },
        days={"at_on": v.day[at], "bili_on": take(v.day, first)[at]},
        words=words,
        evidence=(larger.at[at], np.where(first >= 0, v.at("BILI")[first], -1)[at], v.at("ALP")[at]),
        level=np.where(alp_known, LEVELS["urgent"], LEVELS["attention"])[at],
    )


RULE = Rule(
    code="hys_law",
    title="Hy's law, laboratory part",
    asks="Is an aminotransferase rise without cholestasis followed by jaundice?",
    level="urgent",
    analytes=("ALT", "AST", "BILI", "ALP"),
    needs=("ALT|AST", "BILI"),
    window="bilirubin on the day of the aminotransferase or up to {injury.hys_window_days} days after; the answer for "
    "{injury.hys_short_days} days is told beside it; ALP within {injury.hys_alp_days} days",
    strictness="ALT or AST at least {injury.hys_at:g} × ULN, bilirubin above {injury.hys_bili:g} × ULN, "
    "ALP at most {injury.hys_alp:g} × ULN",
    version="1",
    reference="FDA guidance on drug-induced liver injury, 2009, as quoted in the safety.viz hepatic guide",
    tag="verified",
    sees_not="viral, ischaemic, biliary or tumour causes, which the full law excludes; results within the mask after a "
    "resection, ablation or embolisation",
    sentence="{analyte} {at:.1f} × ULN on {at_on}, bilirubin {bili:.1f} × ULN on {bili_on} ({window}), "
    "ALP {alp:.1f} × ULN, nR {nr:.1f}{alp_unknown}: meets the laboratory part of Hy's law; {strict}.",
    settings=(
        "injury.hys_at",
        "injury.hys_bili",
        "injury.hys_alp",
        "injury.hys_window_days",
        "injury.hys_short_days",
        "injury.hys_alp_days",
        "local.mask_days",
        "surgery.mask_days",
    ),
    judge=judge,
)
