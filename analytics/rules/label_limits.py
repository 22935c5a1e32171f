"""Before a next cycle: is a label threshold of an agent being given passed (information only)?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Bools, Floats
from analytics.case import Case
from analytics.compare import compare
from analytics.derive.events import events_of
from analytics.derive.visits import Visits, take, visits_of
from analytics.rules import _agents as agents
from analytics.rules._around import active, named
from analytics.rules._liver import near
from analytics.rules._rule import Condition, Judged, Rule


@dataclass(frozen=True)
class Limit:
    """One row: agent, what is compared, its limit, and how well the row was confirmed."""

    agent: str
    names: tuple[str, ...]
    of: str
    """"BILI mg", "BILI x", "AT x", or "AT x with ALP x"."""
    setting: str
    tag: str


ROWS = (
    Limit("irinotecan", agents.IRINOTECAN, "BILI mg", "irinotecan_bili", "recalled"),
    Limit("irinotecan", agents.IRINOTECAN, "AT x", "irinotecan_at", "verified"),
    Limit("docetaxel", agents.DOCETAXEL, "BILI x", "docetaxel_bili", "verified"),
    Limit("docetaxel", agents.DOCETAXEL, "AT x with ALP x", "docetaxel_at", "verified"),
    Limit("doxorubicin", agents.DOXORUBICIN, "BILI mg", "doxorubicin_bili", "recalled"),
    Limit("gemcitabine", agents.GEMCITABINE, "BILI mg", "gemcitabine_bili", "recalled"),
    Limit("nab-paclitaxel", agents.NAB_PACLITAXEL, "BILI x", "nab_paclitaxel_bili", "recalled"),
    Limit("trifluridine/tipiracil", agents.TRIFLURIDINE, "BILI x", "trifluridine_bili", "recalled"),
)
_WHAT = {"BILI mg": "bilirubin", "BILI x": "bilirubin", "AT x": "ALT or AST", "AT x with ALP x": "ALT or AST with ALP"}
_UNIT = {"BILI mg": "mg/dL", "BILI x": "× ULN", "AT x": "× ULN", "AT x with ALP x": "× ULN"}


def judge(case: Case) -> Judged:
    """One moment for each day with a bilirubin or aminotransferase under one of the agents, and each limit."""
    s, v = case.settings.label, visits_of(case)
    parts = []
    for i, row in enumerate(ROWS):
        events = named(case, *row.names)
        ever: Bools = np.zeros(len(case.panel), dtype=bool)
        ever[events_of(case).patient[events]] = True
        value = _value(case, v, row)
        use = np.flatnonzero(ever[v.patient] & ~np.isnan(value))
        on = active(case, events, v.patient[use], v.day[use])
        parts.append((use, value[use], on, np.full(len(use), getattr(s, row.setting)), np.full(len(use), i)))
    use, value, on, limit, which = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    codes = v.at("BILI")[use], v.larger("ALT", "AST").at[use]
    bili = np.array([row.of.startswith("BILI") for row in ROWS])[which]
    return Judged(
        patient=v.patient[use],
        day=v.day[use],
        conditions=(
            Condition("therapy", on.astype(float), ">=", 1.0, fails="the agent is not being given"),
            Condition("value of the label's table", value, ">", limit),
        ),
        severity=value / limit,
        numbers={"value": value, "limit": limit},
        days={"on": v.day[use]},
        words={
            "agent": (which, tuple(row.agent for row in ROWS)),
            "what": (which, tuple(_WHAT[row.of] for row in ROWS)),
            "unit": (which, tuple(_UNIT[row.of] for row in ROWS)),
            "tag": (which, tuple("read in the label" if r.tag == "verified" else "to be confirmed" for r in ROWS)),
        },
        evidence=(np.where(bili, codes[0], codes[1]),),
        group=which,
        name=(which, tuple(f"{row.agent} {row.of}" for row in ROWS)),
    )


def _value(case: Case, v: Visits, row: Limit) -> Floats:
    """What the row compares, at each visit."""
    if row.of == "BILI mg":
        return v.value("BILI")
    if row.of == "BILI x":
        return v.x_uln("BILI")
    x = v.larger("ALT", "AST").x_uln
    if row.of == "AT x":
        return x
    alp = take(v.x_uln("ALP"), near(v, "ALP", 7))
    with_alp = compare(alp, ">", case.settings.label.docetaxel_alp)
    return np.where(with_alp, x, np.where(np.isnan(x), np.nan, np.minimum(x, 0.99)))


RULE = Rule(
    code="label_limits",
    title="Label thresholds of agents being given",
    asks="Before a next cycle: is a label threshold of an agent being given passed?",
    level="information",
    analytes=("BILI", "ALT", "AST", "ALP"),
    needs=("BILI|ALT|AST",),
    events=("systemic",),
    window="results while the agent is being given",
    strictness="above: irinotecan bilirubin {label.irinotecan_bili:g} mg/dL, ALT or AST {label.irinotecan_at:g} "
    "× ULN with "
    "liver metastases; docetaxel bilirubin {label.docetaxel_bili:g} × ULN, ALT or AST {label.docetaxel_at:g} with ALP "
    "{label.docetaxel_alp:g} × ULN; doxorubicin {label.doxorubicin_bili:g} mg/dL; gemcitabine "
    "{label.gemcitabine_bili:g} "
    "mg/dL; nab-paclitaxel and trifluridine/tipiracil {label.nab_paclitaxel_bili:g} × ULN",
    version="1",
    reference="product information of irinotecan (aminotransferases) and docetaxel (as quoted); the other rows "
    "from memory, to be confirmed",
    tag="recalled",
    sees_not="dose, schedule, genotype and the label of your country; it is information, not a recommendation",
    sentence="{what} {value:.1f} {unit} on {on} while {agent} is being given: above {limit:g} {unit}, a "
    "threshold of its "
    "product information ({tag}).",
    settings=("label",),
    judge=judge,
)
