"""The data cut-off under moved dates: whoever knows the true one could subtract, and have the patient's shift.

All dates of a patient move by the same whole weeks. A sentence that counts days up to the cut-off, or names it, would
give the true date of everything else away; so such sentences say only what the rule asks for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container
from typing import Any

import numpy as np
import pandas as pd

from analytics.rules.overdue_panel import RULE
from analytics.settings import Settings
from analytics.tables import CLOSED_STATES

OVERDUE = RULE.code
"""The one rule that looks at the cut-off itself."""


def overdue_without_cut_off(findings: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Table FINDINGS in which an overdue panel counts from the last panel to the rule's limit, not to the cut-off."""
    here = (findings["rule"] == OVERDUE).to_numpy()
    if not here.any():
        return findings
    limit = settings.follow.overdue_days
    last = pd.to_datetime([json.loads(text)["last"] for text in findings["numbers"][here]])
    onset = (last + pd.Timedelta(days=limit)).as_unit("us")
    days = np.datetime_as_string(last.to_numpy("datetime64[D]"))
    says = [
        f"Last liver panel {day}, more than {limit:g} days before the last contact, during systemic therapy."
        for day in days
    ]
    numbers = [json.dumps({"last": day}) for day in days.tolist()]
    out = findings.copy()
    told: dict[str, Any] = {"says": says, "numbers": numbers, "onset": onset, "last_seen": onset}
    for column, values in told.items():
        out.loc[here, column] = values
    out.loc[here, "severity"] = float(limit)
    return out


def severity_without_cut_off(findings: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Columns rule and severity of table FINDINGS as :func:`overdue_without_cut_off` tells them."""
    here = (findings["rule"] == OVERDUE).to_numpy()
    return findings.assign(severity=findings["severity"].mask(here, float(settings.follow.overdue_days)))


def near_without_cut_off(near: pd.DataFrame) -> pd.DataFrame:
    """Table NEAR without the rule that looks at the cut-off itself."""
    return near[near["rule"] != OVERDUE].reset_index(drop=True)


_TO_CUT_OFF = re.compile(r" \(-?[0-9]+ days before the cut-off, limit [0-9]+\)")
_AGENTS = re.compile(r"(onset on day -?[0-9]+ of )([^;.]+)")


def answers_without_cut_off(answers: pd.DataFrame, usual_names: Container[str]) -> pd.DataFrame:
    """Table ANSWERS without days up to the cut-off, and without names of agents that few patients have."""

    def named(match: re.Match[str]) -> str:
        names = [n.strip() for n in match.group(2).split(",")]
        known = all(n.casefold() in usual_names for n in names)
        return match.group(0) if known else f"{match.group(1)}systemic therapy"

    says = answers["says"].str.replace(_TO_CUT_OFF, "", regex=True)
    return answers.assign(says=says.str.replace(_AGENTS, named, regex=True).astype("str"))


def worklist_without_cut_off(worklist: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """The worklist whose newest finding is told as in table FINDINGS, where it is an overdue panel.

    Args:
        worklist: as of the store, dates moved.
        findings: at least all overdue panels, told without the cut-off.
    """
    overdue = findings[(findings["rule"] == OVERDUE) & ~findings["state"].isin(CLOSED_STATES)].set_index("patient_id")
    # not Series.map: where no patient is overdue it cannot map to times
    mine = overdue[["says", "onset"]].reindex(worklist["patient_id"]).set_axis(worklist.index)
    says = mine["says"]
    told = np.array(
        [
            isinstance(new, str) and isinstance(old, str) and old.startswith(new.partition(",")[0] + ",")
            for new, old in zip(says, worklist["newest_says"], strict=True)
        ],
        dtype=bool,
    )
    return worklist.assign(
        newest_says=worklist["newest_says"].mask(told, says),
        newest_onset=worklist["newest_onset"].mask(told, mine["onset"]),
    )
