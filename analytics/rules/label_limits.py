"""While an agent is being given: is a limit of its label passed?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.compare import compare, exceeds
from analytics.derive.around import active, given
from analytics.derive.events import events_of
from analytics.derive.visits import Visits, take, visits_of
from analytics.rules._askable import any_agent
from analytics.rules._child_pugh import points_of_visits
from analytics.rules._label_rows import ROWS, Row
from analytics.rules._liver import near
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._samples import larger_of
from analytics.tables import LEVELS

_WHAT = {
    "BILI mg": "bilirubin",
    "BILI x": "bilirubin",
    "AT x": "ALT or AST",
    "ALT x": "ALT",
    "AT x again": "ALT or AST a second time",
    "AT x with ALP x": "ALT or AST with ALP",
    "AT x with BILI x": "ALT or AST with bilirubin",
    "PLAT": "platelets",
    "Child-Pugh": "Child-Pugh",
}
_UNIT = {"BILI mg": "mg/dL", "PLAT": "× 10⁹/L", "Child-Pugh": "points"}
_SURE = {"C": "read in the label", "S": "as quoted elsewhere", "R": "source not verified"}
_NOTHING = 0.99
"""Share of a limit that a value has at most where its partner is not raised."""


def assess(case: Case) -> Assessment:
    """One moment for each day with a result under one of the agents, and each quantity of its label."""
    v = visits_of(case)
    parts = [_part(case, v, i, row) for i, row in enumerate(ROWS)]
    use, value, limit, over, on, step, which = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    use, step, which = (x.astype(np.int64) for x in (use, step, which))
    most = max(len(row.steps) for row in ROWS)
    words = tuple(row.steps[min(k, len(row.steps) - 1)].words for row in ROWS for k in range(most))
    stops = np.array([[row.steps[min(k, len(row.steps) - 1)].stop for k in range(most)] for row in ROWS])
    return Assessment(
        patient=v.patient[use],
        day=v.day[use],
        conditions=(
            Condition("therapy", on.astype(float), ">=", 1.0, fails="the agent is not being given"),
            Condition("value of the label's table", over, ">", 1.0, "× its limit"),
        ),
        severity=stops[which, step] * 100.0 + over,
        numbers={"value": value, "limit": limit},
        days={"on": v.day[use]},
        words={
            "agent": (which, tuple(row.agent for row in ROWS)),
            "what": (which, tuple(_WHAT[row.of] for row in ROWS)),
            "unit": (which, tuple(_UNIT.get(row.of, "× ULN") for row in ROWS)),
            "side": (which, tuple("below" if row.of == "PLAT" else "above" for row in ROWS)),
            "tag": (which, tuple(_SURE[row.tag] for row in ROWS)),
            "words": (which * most + step, words),
        },
        evidence=(_evidence(case, v, use, which),),
        group=which,
        name=(which, tuple(f"{row.agent} {row.of}" for row in ROWS)),
        level=np.where(stops[which, step], LEVELS["attention"], LEVELS["information"]),
    )


def _part(case: Case, v: Visits, number: int, row: Row) -> tuple[np.ndarray, ...]:
    """Columns of one row: visits, value, limit of the highest step passed, how far, whether given, step."""
    events = given(case, *row.names)
    ever: Bools = np.zeros(len(case.panel), dtype=bool)
    ever[events_of(case).patient[events]] = True
    use = np.flatnonzero(ever[v.patient]) if len(v) else np.zeros(0, dtype=np.int64)
    value = _value(case, v, row)[use] if len(use) else np.zeros(0)
    known = np.flatnonzero(~np.isnan(value))
    use, value = use[known], value[known]
    patient, day = v.patient[use], v.day[use]
    on = active(case, events, patient, day)
    if row.both:
        on &= active(case, given(case, *row.both), patient, day)
    limits = np.array([_limit(case, step.limit) for step in row.steps])
    passed = _over(row, value[:, None], limits[None, :])
    step = np.maximum(exceeds(passed, 1.0).sum(axis=1) - 1, 0)
    over = passed[np.arange(len(use)), step]
    return use, value, limits[step], over, on, step, np.full(len(use), number)


def _over(row: Row, value: Floats, limit: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(limit / value if row.of == "PLAT" else value / limit)


def _limit(case: Case, limit: float | str) -> float:
    return float(getattr(case.settings.label, limit)) if isinstance(limit, str) else limit


def _value(case: Case, v: Visits, row: Row) -> Floats:
    """What the row compares, at each visit."""
    if row.of == "PLAT":
        return v.value("PLAT")
    if row.of == "BILI mg":
        return v.value("BILI")
    if row.of == "Child-Pugh":
        return points_of_visits(case)
    if row.of in ("BILI x", "ALT x"):
        return v.x_uln(row.of.split()[0])
    x = larger_of(case).x_uln
    if row.of == "AT x":
        return x
    least = _NOTHING * min(_limit(case, step.limit) for step in row.steps)
    if row.of == "AT x again":
        again = _again(case, v, x, _limit(case, row.steps[0].limit), given(case, *row.names))
        return np.where(again, x, np.minimum(x, least))
    partner = row.of.split()[3]
    days = case.settings.injury.hys_alp_days
    with_it = compare(take(v.x_uln(partner), near(v, partner, days)), ">", _limit(case, row.partner))
    return np.where(with_it, x, np.where(np.isnan(x), np.nan, np.minimum(x, least)))


def _again(case: Case, v: Visits, x: Floats, limit: float, events: Ints) -> Bools:
    """Visits above the limit that come after an earlier one above it under the agent, and a fall between them."""
    n = len(v)
    if not n:
        return np.zeros(0, dtype=bool)
    number = np.arange(n)
    above = exceeds(x, limit) & active(case, events, v.patient, v.day)
    low = np.maximum.accumulate(np.where(compare(x, "<=", case.settings.label.again_share * limit), number, -1))
    first = np.full(len(case.panel), n)
    np.minimum.at(first, v.patient[above], number[above])
    return np.asarray(above & (first[v.patient] < low))


def _evidence(case: Case, v: Visits, use: Ints, which: Ints) -> Ints:
    found = np.full(len(use), -1, dtype=np.int64)
    leads = np.array([row.of.split()[0] for row in ROWS])[which]
    for lead in ("BILI", "PLAT", "ALT", "AT", "Child-Pugh"):
        at = larger_of(case).at if lead == "AT" else _of_points(v) if lead == "Child-Pugh" else v.at(lead)
        found = np.where(leads == lead, at[use], found)
    return found


def _of_points(v: Visits) -> Ints:
    """The first result of each visit that Child-Pugh is made of."""
    found = v.at("BILI")
    for code in ("ALB", "INR"):
        found = np.where(found >= 0, found, v.at(code))
    return found


RULE = Rule(
    code="label_limits",
    title="Drug label threshold exceeded",
    question="While an agent is being given: is a limit of its label passed?",
    level="information",
    analytes=("BILI", "ALT", "AST", "ALP", "PLAT", "ALB", "INR"),
    needs=("BILI|ALT|AST|PLAT",),
    events=("systemic",),
    window="results while the agent is being given; a partner within {injury.hys_alp_days} days; a second "
    "time: after a result of at most {label.again_share:g} × the limit (house)",
    criteria="above (platelets: below) the limits of the table of product information; attention where the label "
    "says to stop, else for information: "
    + "; ".join(
        f"{row.agent}, {_WHAT[row.of]} ({_UNIT.get(row.of, '× ULN')}): "
        + ", ".join(
            f"{'{label.' + s.limit + ':g}' if isinstance(s.limit, str) else format(s.limit, 'g')} {s.words}"
            for s in row.steps
        )
        for row in ROWS
    ),
    version="3",
    reference="product information of each agent: read in the label or a copy of it, quoted elsewhere, or recalled, as "
    "the finding says",
    tag="recalled",
    limitations="dose, schedule, genotype, whether an interruption came between two rises, and the label of your "
    "country; Child-Pugh where ascites or encephalopathy is neither recorded nor recorded as absent",
    template="{what} {value:.1f} {unit} on {on} during {agent}: {side} {limit:g} {unit}, the limit of its product "
    "information at which it says: {words} ({tag}).",
    settings=("label", "injury.hys_alp_days"),
    assess=assess,
    askable=any_agent(*(name for row in ROWS for name in row.names)),
)
