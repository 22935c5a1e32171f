"""Table SCORES: every score on every day on which its inputs are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analytics.analytes import ANALYTES
from analytics.case import Case, Floats, Ints, days_of
from analytics.compare import reaches
from analytics.derive.points import codes_in
from analytics.derive.visits import Visits, take
from analytics.scores._score import Person, Score, scores
from analytics.tables import SCORES

_SEXES: pd.Index[str] = pd.Index(["M", "F"])
_JAUNDICE = 2.0
"""mg/dL from which a score with bilirubin says that an obstruction would show in it."""
_NOTE = "; bilirubin is at least 2 mg/dL: in obstruction this measures the stent, not the liver"


@dataclass(frozen=True)
class Computed:
    """One score of all patients: positions of visits, values, and where each input was taken, shape (n,)."""

    score: Score
    visit: Ints
    value: Floats
    inputs: dict[str, Floats]
    taken: dict[str, Ints]


def compute(case: Case, score: Score, person: Person | None = None) -> Computed:
    """One score on every day with one of its inputs, the others at most ``reserve.inputs_days`` before.

    ``person`` is that of every visit, where it is at hand already.
    """
    v = case.visits
    taken = {code: v.latest(code, case.settings.reserve.inputs_days) for code in score.inputs}
    known, today = np.ones(len(v), dtype=bool), np.zeros(len(v), dtype=bool)
    for code, where in taken.items():
        known &= where >= 0
        today |= v.at(code) >= 0
    known &= today
    visit = np.flatnonzero(known)
    taken = {code: where[visit] for code, where in taken.items()}
    x = {code: take(v.value(code), where) for code, where in taken.items()}
    x |= {f"{code}_X_ULN": take(v.x_uln(code), where) for code, where in taken.items()}
    everybody = person_of(case, v) if person is None else person
    value = score.compute(x, Person(everybody.age[visit], everybody.female[visit]))
    return Computed(score, visit, np.where(np.isfinite(value), value, np.nan), x, taken)


def person_of(case: Case, v: Visits) -> Person:
    """Age and sex at every visit."""
    people = case.panel.patients
    born = days_of(people["birth_date"])
    age = people["age"].to_numpy(np.float64)
    first = np.full(len(people), np.nan)
    first[v.patient[::-1]] = v.day[::-1]
    at_visit = (v.day - born[v.patient]) / 365.25
    by_age = age[v.patient] + (v.day - first[v.patient]) / 365.25
    sex = codes_in(people["sex"], _SEXES)[v.patient]
    return Person(
        age=np.floor(np.where(np.isnan(at_visit), by_age, at_visit)),
        female=np.where(sex < 0, np.nan, sex.astype(float)),
    )


def scores_frame(case: Case) -> pd.DataFrame:
    """Table SCORES."""
    person = person_of(case, case.visits)
    parts = [_rows(case, compute(case, score, person)) for score in scores().values()]
    parts = [part for part in parts if len(part["value"])]
    if not parts:
        return SCORES.empty()
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    texts = ("patient_id", "score", "band", "inputs", "note")
    return pd.DataFrame({n: pd.array(c, dtype="str") if n in texts else c for n, c in whole.items()})


def _rows(case: Case, computed: Computed) -> dict[str, np.ndarray]:
    """Columns of one score."""
    v, score = case.visits, computed.score
    keep = np.flatnonzero(~np.isnan(computed.value))
    if score.code == "child_pugh":  # said once a patient: why there is none
        last = np.append(np.diff(v.patient[computed.visit]) != 0, True)
        keep = np.flatnonzero(last[: len(computed.visit)])
    if not len(keep):
        return {"value": np.zeros(0)}
    visit, value = computed.visit[keep], computed.value[keep]
    band = np.where(np.isnan(value), len(score.bands), score.band_of(value))
    names = np.array([*(name for name, _ in score.bands), "not computable"], dtype=object)
    jaundiced = reaches(computed.inputs["BILI"][keep], _JAUNDICE) if score.obstruction else np.zeros(len(keep), bool)
    notes = np.array([score.note, score.note + _NOTE], dtype=object)
    ids = case.panel.patient_ids.to_numpy()
    return {
        "patient_id": ids[v.patient[visit]],
        "score": np.full(len(keep), score.code, dtype=object),
        "date": (v.day[visit] * 86_400_000_000).astype(np.int64).view("datetime64[us]"),
        "value": value,
        "band": names[band],
        "inputs": _inputs(v, computed, keep),
        "note": notes[jaundiced.astype(int)],
    }


def _inputs(v: Visits, computed: Computed, keep: Ints) -> np.ndarray:
    """JSON of code to [value, unit, days before], written by columns rather than row by row."""
    parts: list[object] = []
    day = v.day[computed.visit[keep]]
    for i, code in enumerate(computed.score.inputs):
        analyte = ANALYTES[code]
        value = pc.cast(pa.array(np.round(computed.inputs[code][keep], 4)), pa.string())
        before = pc.cast(pa.array((day - v.day[computed.taken[code][keep]]).astype(np.int64)), pa.string())
        parts += [("{" if i == 0 else ", ") + f'"{code}": [', value, f', "{analyte.unit}", ', before, "]"]
    joined = pc.binary_join_element_wise(*parts, "}", "")
    return np.asarray(joined.to_numpy(zero_copy_only=False))
