"""Table SCORES: every score on every day on which its inputs are known."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analytics.analytes import ANALYTES, INDEX
from analytics.arrays import FAR, Bools, Floats, Ints, days_of
from analytics.case import Case
from analytics.compare import compare, reaches
from analytics.derive.columns import words
from analytics.derive.points import codes_in, has_analyte_of
from analytics.derive.visits import Visits, take, visits_of
from analytics.scores import child_pugh
from analytics.scores._clinical import ascites, dialysed, encephalopathy
from analytics.scores._score import Person, Score, scores
from analytics.tables import SCORES

_SEXES: pd.Index[str] = pd.Index(["M", "F"])
_JAUNDICE = 2.0
"""mg/dL from which a score with bilirubin says that an obstruction would show in it."""
_NOT_COMPUTABLE = "not computable"
_X_ULN = "_X_ULN"
"""After the code of an input: in multiples of its upper limit."""
_DIALYSED = 4.0
"""mg/dL: what MELD and its kin take for creatinine under dialysis; each cuts it at its own upper bound."""
_DIALYSIS_NOTE = "; dialysis on record in the week before: creatinine counts at its upper bound"
OPEN_NOTE = "not computable: an input is given only as < or > a number, which leaves the score open"
_NOTE = "; bilirubin is at least 2 mg/dL: in obstruction this measures the stent, not the liver"


@dataclass(frozen=True)
class Computed:
    """One score of all patients: positions of visits, values, and where each input was taken, shape (n,).

    ``is_open`` where inputs that are given as limits ("<x") leave the value open: it is then missing."""

    score: Score
    visit: Ints
    value: Floats
    inputs: dict[str, Floats]
    taken: dict[str, Ints]
    person: Person
    is_open: Bools


def compute(case: Case, score: Score, person: Person | None = None) -> Computed:
    """One score on every day with one of its inputs, the others at most ``reserve.inputs_days`` before.

    ``person`` is that of every visit, where it is at hand already.
    """
    v = visits_of(case)
    taken = {code: v.latest(code, case.settings.reserve.inputs_days) for code in score.inputs}
    known, today = np.ones(len(v), dtype=bool), np.zeros(len(v), dtype=bool)
    for code, where in taken.items():
        known &= where >= 0
        today |= v.has(code)
    known &= today
    visit = np.flatnonzero(known)
    taken = {code: where[visit] for code, where in taken.items()}
    x = _Inputs(v, taken)
    population = person_of(case, v) if person is None else person
    own = population.at(visit)
    if own.dialysis is not None and "CREAT" in x:
        x["CREAT"] = np.where(own.dialysis, np.maximum(x["CREAT"], _DIALYSED), x["CREAT"])
    value = score.compute(x, own)
    value = np.where(np.isfinite(value), value, np.nan)
    is_open = _left_open(score, x, own, _signs(v, taken), value)
    return Computed(score, visit, np.where(is_open, np.nan, value), x, taken, own, is_open)


class _Inputs(dict[str, Floats]):
    """Inputs of a score at each of its moments; multiples of the upper limit are made where the score asks for them."""

    def __init__(self, v: Visits, taken: dict[str, Ints]):
        super().__init__({code: take(v.value(code), where) for code, where in taken.items()})
        self._visits, self._taken = v, taken

    def __missing__(self, name: str) -> Floats:
        code = name.removesuffix(_X_ULN)
        self[name] = take(self._visits.x_uln(code), self._taken[code])
        return self[name]


def _signs(v: Visits, taken: dict[str, Ints]) -> dict[str, Ints]:
    """Side of each input that is given as a limit, of the inputs of which one is, shape (n,)."""
    if not v.points.has_limits:
        return {}
    signs = {code: v.points.comparator[v.at(code)[where]] for code, where in taken.items() if len(where)}
    return {code: sign for code, sign in signs.items() if sign.any()}


def _left_open(score: Score, x: dict[str, Floats], person: Person, signs: dict[str, Ints], value: Floats) -> Bools:
    """Where the score is another one as its inputs move from their limits to the far end of what they may be."""
    left = np.zeros(len(value), dtype=bool)
    if not signs:
        return left
    at = np.flatnonzero(np.any([sign != 0 for sign in signs.values()], axis=0) & ~np.isnan(value))
    own, numbers = person.at(at), {name: values[at] for name, values in x.items()}
    for moved in product((False, True), repeat=len(signs)):
        there = dict(numbers)
        for code in [code for code, is_moved in zip(signs, moved, strict=True) if is_moved]:
            factor = FAR ** signs[code][at].astype(np.float64)
            for name in {code, f"{code}{_X_ULN}"} & set(there):
                there[name] = there[name] * factor
        other = score.compute(there, own)
        left[at] |= ~np.isfinite(other) | compare(
            np.abs(other - value[at]), ">", 1e-6 * np.maximum(1, np.abs(value[at]))
        )
    return left


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
        ascites=ascites(case, v),
        encephalopathy=encephalopathy(case, v),
        dialysis=dialysed(case, v),
    )


def scores_frame(case: Case) -> pd.DataFrame:
    """Table SCORES."""
    person, texts = person_of(case, visits_of(case)), InputTexts(case)
    has = np.asarray(has_analyte_of(case).any(axis=0))
    known = [score for score in scores().values() if has[[INDEX[code] for code in score.inputs]].all()]
    parts = [_rows(texts, compute(case, score, person)) for score in known]
    parts = [part for part in parts if len(part.visit)]
    if not parts:
        return SCORES.empty()
    v = visits_of(case)
    visit = np.concatenate([part.visit for part in parts])
    length = [len(part.visit) for part in parts]
    bands, band = _in_one([(*(name for name, _ in part.score.bands), _NOT_COMPUTABLE) for part in parts], parts, "band")
    notes, note = _in_one([_notes_of(part.score) for part in parts], parts, "note")
    return pd.DataFrame(
        {
            "patient_id": case.panel.patients["patient_id"].array.take(v.patient[visit]),
            "score": words(tuple(part.score.code for part in parts), np.repeat(np.arange(len(parts)), length)),
            "date": (v.day[visit] * 86_400_000_000).astype(np.int64).view("datetime64[us]"),
            "value": np.concatenate([part.value for part in parts]),
            "band": words(bands, band),
            "inputs": pd.array(pa.concat_arrays([part.inputs for part in parts]), dtype="str"),
            "note": words(notes, note),
        }
    )


@dataclass(frozen=True)
class _Rows:
    """Rows of one score: visits, values, codes of band and note, and the inputs as JSON."""

    score: Score
    visit: Ints
    value: Floats
    band: Ints
    note: Ints
    inputs: pa.Array


def _in_one(tables: list[tuple[str, ...]], parts: list[_Rows], name: str) -> tuple[tuple[str, ...], Ints]:
    """One table of words of all scores, and the codes of all rows in it."""
    begin = np.cumsum([0, *map(len, tables)])
    codes = [getattr(part, name) + first for part, first in zip(parts, begin, strict=False)]
    return tuple(word for table in tables for word in table), np.concatenate(codes)


def _notes_of(score: Score) -> tuple[str, ...]:
    """Notes of a score: each alone, in jaundice, with dialysis, with both (rising bits of the code); last, that limits
    leave it open."""
    own = child_pugh.MISSING if score.code == child_pugh.SCORE.code else (score.note,)
    every = [
        base + jaundice + dialysis for dialysis in ("", _DIALYSIS_NOTE) for jaundice in ("", _NOTE) for base in own
    ]
    return (*every, OPEN_NOTE)


def _rows(texts: InputTexts, computed: Computed) -> _Rows:
    """Columns of one score."""
    v, score = visits_of(texts.case), computed.score
    # where there is none, why is said once a patient
    last = np.append(np.diff(v.patient[computed.visit]) != 0, True)[: len(computed.visit)]
    keep = np.flatnonzero(~np.isnan(computed.value) | (last & computed.is_open))
    own = 1
    base: Ints = np.zeros(len(computed.visit), dtype=np.int64)
    if score.code == child_pugh.SCORE.code:
        keep = np.union1d(keep, np.flatnonzero(last))
        own, base = len(child_pugh.MISSING), child_pugh.missing_of(computed.person)
    visit, value = computed.visit[keep], computed.value[keep]
    band = np.where(np.isnan(value), len(score.bands), score.band_of(value))
    jaundiced = reaches(computed.inputs["BILI"][keep], _JAUNDICE) if score.obstruction else np.zeros(len(keep), bool)
    dialysed = np.zeros(len(keep), dtype=bool)
    if "CREAT" in score.inputs and computed.person.dialysis is not None:
        dialysed = computed.person.dialysis[keep]
    note = base[keep] + own * (jaundiced + 2 * dialysed.astype(np.int64))
    note = np.where(computed.is_open[keep], len(_notes_of(score)) - 1, note)
    return _Rows(score, visit, value, band, note, texts.of(score.inputs, visit))


@dataclass(frozen=True)
class InputTexts:
    """Inputs of scores as JSON of code to [value, unit, days before]; each is written once for all scores."""

    case: Case
    _made: dict[str, pa.Array] = field(default_factory=dict)

    def of(self, codes: tuple[str, ...], visit: Ints) -> pa.Array:
        """One JSON object a visit, shape (n,)."""
        where = pa.array(visit)
        parts: list[object] = []
        for i, code in enumerate(codes):
            parts += ["{" if i == 0 else ", ", self._entry(code).take(where)]
        return pc.binary_join_element_wise(*parts, "}", "")

    def _entry(self, code: str) -> pa.Array:
        """``"ALT": [30, "U/L", 0]`` of the latest result at each visit; nothing where none is recent enough."""
        if code not in self._made:
            v = visits_of(self.case)
            latest = v.latest(code, self.case.settings.reserve.inputs_days)
            have = np.flatnonzero(latest >= 0)
            value = pc.cast(pa.array(np.round(v.value(code)[latest[have]], 4)), pa.string())
            before = pc.cast(pa.array((v.day[have] - v.day[latest[have]]).astype(np.int64)), pa.string())
            unit = f', "{ANALYTES[code].unit}", '
            text = pc.binary_join_element_wise(f'"{code}": [', value, unit, before, "]", "")
            place = np.full(len(v), -1)
            place[have] = np.arange(len(have))
            self._made[code] = text.take(pa.array(place, mask=place < 0))
        return self._made[code]
