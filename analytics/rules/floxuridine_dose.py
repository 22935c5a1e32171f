"""On floxuridine by the hepatic artery: which row of the published dose table does a result fall into?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Floats
from analytics.case import Case
from analytics.compare import compare, reaches
from analytics.derive.visits import visits_of
from analytics.rules._askable import any_pump
from analytics.rules._pump import pump_of, reference
from analytics.rules._rule import Assessment, Condition, Rule

TABLE = {
    "AST": (50.0, (3.0, 4.0, 5.0), (2.0, 3.0, 4.0)),
    "ALP": (90.0, (np.nan, 1.5, 2.0), (np.nan, 1.2, 1.5)),
    "BILI": (1.2, (np.nan, 1.5, 2.0), (np.nan, 1.2, 1.5)),
}
"""By analyte: reference up to which the first steps hold (canonical unit), and from which multiple of the reference a
row begins: 80% of the dose, 50%, no dose; a second set for a higher reference. Protocols of the USA (Kemeny; recalled,
to be confirmed by the site)."""
_NAMES = ("AST", "ALP", "bilirubin")
_UNITS = ("U/L", "U/L", "mg/dL")
_ROWS = ("100%", "80%", "50%", "no dose")


def assess(case: Case) -> Assessment:
    """One moment for each result of the table while the pump gives floxuridine."""
    v, pump = visits_of(case), pump_of(case)
    parts = []
    for i, code in enumerate(TABLE):
        ref = reference(case, pump, code)
        use = np.flatnonzero((v.at(code)[pump.visit] >= 0) & pump.on & ~np.isnan(ref))
        at = pump.visit[use]
        with np.errstate(divide="ignore", invalid="ignore"):
            over = v.value(code)[at] / ref[use]
        first, row = _rows(code, ref[use], over)
        parts.append(
            (at, over, ref[use], first, row, np.full(len(at), i), pump.start[use], v.value(code)[at], v.at(code)[at])
        )
    at, over, ref, first, row, which, start, value, evidence = (np.concatenate(c) for c in zip(*parts, strict=True))
    visit, rank, kind, result = (x.astype(np.int64) for x in (at, row, which, evidence))
    return Assessment(
        patient=v.patient[visit],
        day=v.day[visit],
        conditions=(Condition("result over its reference", over, ">=", first, "×"),),
        severity=rank + np.nan_to_num(over) / 100,
        numbers={"value": value, "over": over, "ref": ref},
        days={"on": v.day[visit], "start": np.floor(start)},
        words={"what": (kind, _NAMES), "unit": (kind, _UNITS), "row": (rank, _ROWS)},
        evidence=(result,),
        group=kind,
        analytes=(kind, tuple(TABLE)),
        name=(kind, tuple(TABLE)),
    )


def _rows(code: str, ref: Floats, over: Floats) -> tuple[Floats, Floats]:
    """Multiple from which the table asks for less, and the row of each result: 0 full dose to 3 none."""
    limit, low, high = TABLE[code]
    is_low = compare(ref, "<=", limit)
    steps = np.where(is_low[:, None], np.array(low), np.array(high)) if len(ref) else np.zeros((0, 3))
    row = np.zeros(len(ref))
    for i in range(steps.shape[1]):
        row = np.where(reaches(over, steps[:, i]), i + 1, row)
    return np.nanmin(steps, axis=1) if len(ref) else np.zeros(0), row


RULE = Rule(
    code="floxuridine_dose",
    title="Floxuridine dose table",
    question="On floxuridine by the hepatic artery: which row of the published dose table does a result fall into?",
    level="information",
    analytes=("AST", "ALP", "BILI"),
    needs=("AST|ALP|BILI",),
    events=("systemic",),
    window="while it is given; the reference is the last value at most {pump.reference_days} days before the last full "
    "dose",
    criteria="AST from 3, 4 and 5 × its reference (2, 3 and 4 × above 50 U/L) in the rows 80%, 50% and no dose; ALP "
    "and bilirubin from 1.5 and 2 × in the rows 50% and no dose (1.2 and 1.5 × above 90 U/L or 1.2 mg/dL)",
    version="1",
    reference="dose table of protocols of hepatic arterial floxuridine in the USA (Kemeny; recalled, to be confirmed)",
    tag="recalled",
    limitations="the table of your centre, doses, dexamethasone in the pump",
    template="{what} {value:.1f} {unit} on {on}, {over:.1f} × its reference of {ref:.1f} {unit} (last full dose "
    "{start}): row {row} of the published dose table (site to confirm).",
    settings=("pump.reference_days", "pump.after_days"),
    assess=assess,
    askable=any_pump,
)
