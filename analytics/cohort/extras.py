"""Optional columns of an export, one row a patient, each with the caveat that was published with it.

No rule, answer or page of hepatrend uses them: they are for who compares with other tools, and are left out unless they
are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from analytics.analytes import ANALYTES, INDEX, PANEL
from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.cohort.peaks import highest, on_treatment, picked
from analytics.cohort.scattered import by_bucket, rows
from analytics.derive.points import points_of

P_ALT_POWER, P_ALT_DIVISOR, _HOURS = 0.18, 1e5, 24.0
"""Chung et al., 2019, as the tools that compute it have it: AUC x peak^0.18 / 10^5."""
P_ALT_CAVEAT = (
    "Modelled on healthy livers (Chung et al., 2019): not for people with liver metastases or abnormal ALT before "
    "treatment, and no threshold of it is applied here. It sums all ALT results from the first to the last, so it "
    "grows with the time of follow-up and with gaps between results"
)
PERCENTILE_CAVEAT = (
    "Position among the patients of this export alone, not among healthy people and not a reference: it changes with "
    "who is in the cohort, and people who were tested more often have higher peaks"
)
RANKED = tuple(code for code in PANEL if ANALYTES[code].bad == "high")
COLUMNS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "patient_id": ("text", "", "the person"),
        "p_alt": (
            "number", "", f"area under ALT (U h/L, trapezoid) x peak ALT (U/L) ^ 0.18 / 100000. {P_ALT_CAVEAT}",
        ),
        "p_alt_results": ("whole", "", "ALT results behind p_alt; fewer than two give none"),
        **{
            f"percentile_peak_{code}": (
                "number", "%",
                f"of the highest {code} on treatment, x ULN, among those of this export who have one "
                f"(mean rank less one half, / n). {PERCENTILE_CAVEAT}",
            )
            for code in RANKED
        },
    }
)  # fmt: skip
"""Type, unit and meaning of each column, as the dictionary of an export has them."""


def extras(case: Case, members: Bools) -> pd.DataFrame:
    """One row a member, columns COLUMNS, in the order of ``panel.patient_ids``.

    Args:
        case: of all patients.
        members: who is exported, shape (patients,).
    """
    own = _of_each(case)[members]
    tops = {f"percentile_peak_{code}": own[code].reset_index(drop=True) for code in RANKED}
    data: dict[str, object] = {
        "patient_id": case.panel.patients["patient_id"].to_numpy(object)[members],
        "p_alt": own["p_alt"].to_numpy(),
        "p_alt_results": own["p_alt_results"].to_numpy(),
        **{name: (100 * (top.rank() - 0.5) / top.notna().sum()).to_numpy() for name, top in tops.items()},
    }
    return pd.DataFrame(data)


@by_bucket(rows, lambda asked: ("ALT", *RANKED))
def _of_each(case: Case) -> pd.DataFrame:
    """One row a patient: patient (code), p_alt, p_alt_results, and the highest x ULN on treatment of each test."""
    area, peak, count = _alt(case)
    with np.errstate(invalid="ignore"):
        p_alt = np.where(count > 1, area * peak**P_ALT_POWER / P_ALT_DIVISOR, np.nan)
    points, after = points_of(case), on_treatment(case)
    tops = {code: picked(points.x_uln, highest(case, code, points.x_uln, after)) for code in RANKED}
    return pd.DataFrame({"patient": np.arange(len(case.panel)), "p_alt": p_alt, "p_alt_results": count, **tops})


def _alt(case: Case) -> tuple[Floats, Floats, Ints]:
    """Area under ALT [U h/L], highest ALT [U/L], and number of results of each patient; shape (patients,).

    A result below or above a limit of detection counts with that limit.
    """
    points, n = points_of(case), len(case.panel)
    at = np.flatnonzero(points.analyte == INDEX["ALT"])
    who, day, value = points.patient[at], points.day[at], points.value[at]
    same = np.flatnonzero(who[1:] == who[:-1])
    steps = (value[same] + value[same + 1]) / 2 * (day[same + 1] - day[same]) * _HOURS
    peak = np.full(n, np.nan)
    np.fmax.at(peak, who, value)
    area: Floats = np.bincount(who[same], weights=steps, minlength=n).astype(np.float64)
    return area, peak, np.bincount(who, minlength=n)
