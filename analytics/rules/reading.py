"""What each episode of changed liver tests may be read as: facts for and against each reading, with dates and values.

A reading fits where the weights of its facts reach ``reading.enough`` and lead the next reading by ``reading.lead``.
Where none does, the episode is "unclear". There is no reading without facts.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from analytics.arrays import Bools, Floats
from analytics.case import Case
from analytics.derive.columns import texts, whole
from analytics.rules._discover import assessment_of
from analytics.rules._episodes import episodes_of
from analytics.rules._findings import ids_of
from analytics.rules._reading import blood_or_bone, injury, method, obstruction, procedure, tumour
from analytics.rules._reading._fact import Fact, Span
from analytics.rules._words import Number, Times, stamps, with_minus
from analytics.tables import READINGS

RULE_OF_EPISODES = "changed"

READERS = {
    "tumour": tumour.facts,
    "injury": injury.facts,
    "obstruction": obstruction.facts,
    "procedure": procedure.facts,
    "blood_or_bone": blood_or_bone.facts,
    "method": method.facts,
}
"""By reading, in the order in which they are told."""


def readings_frame(case: Case) -> pd.DataFrame:
    """Table READINGS: a row for each episode and reading that has a fact, and "unclear" where none fits."""
    assessed = assessment_of(case, RULE_OF_EPISODES)
    episodes = episodes_of(assessed, case.settings.findings.rejoin_days)
    if not len(episodes.onset):
        return READINGS.empty()
    patient = assessed.patient[episodes.onset]
    onset, last = assessed.day[episodes.onset], assessed.day[episodes.last_seen]
    span = Span(case, patient, onset, last)
    facts = {name: reader(span) for name, reader in READERS.items()}
    best = _best(case, {name: _score(own, len(span)) for name, own in facts.items()})
    ids = ids_of(case, RULE_OF_EPISODES, assessed, episodes)
    rows = [row for i in range(len(span)) for row in _rows(case, facts, int(best[i]), i, int(patient[i]))]
    at = np.array([row["episode"] for row in rows], dtype=np.int64)
    return pd.DataFrame(
        {
            "finding_id": texts(ids).take(at),
            "patient_id": case.panel.patients["patient_id"].array.take(patient[at]),
            "onset": stamps(onset)[at],
            "last_seen": stamps(last)[at],
            "reading": texts([row["reading"] for row in rows]),
            "fits": pd.array([row["fits"] for row in rows], dtype="boolean"),
            "n_for": whole(np.array([row["n_for"] for row in rows])),
            "n_against": whole(np.array([row["n_against"] for row in rows])),
            "facts_for": texts([row["facts_for"] for row in rows]),
            "facts_against": texts([row["facts_against"] for row in rows]),
        }
    )


def _score(facts: list[Fact], k: int) -> Floats:
    """Sum of the weights of the facts of one reading; -inf where nothing speaks for it."""
    total, for_it = np.zeros(k), np.zeros(k, dtype=bool)
    for fact in facts:
        total += np.where(fact.holds, fact.weight, 0)
        for_it |= fact.holds & (fact.weight > 0)
    return np.where(for_it, total, -np.inf)


def _best(case: Case, scores: dict[str, Floats]) -> np.ndarray:
    """Position in READERS of the reading that fits each episode, -1 where none does."""
    s = case.settings.reading
    table = np.stack([scores[name] for name in READERS])
    order = np.sort(table, axis=0)
    leads: Bools = order[-1] - np.maximum(order[-2], 0) >= s.lead
    return np.where((order[-1] >= s.enough) & leads, table.argmax(axis=0), -1)


def _rows(case: Case, facts: dict[str, list[Fact]], best: int, i: int, patient: int) -> list[dict[str, Any]]:
    rows = []
    for position, (name, own) in enumerate(facts.items()):
        told = [(fact.weight, _say(case, fact, i, patient)) for fact in own if fact.holds[i]]
        if told:
            rows.append(_row(i, name, position == best, told))
    if best < 0:
        rows.append(_row(i, "unclear", True, []))
    return rows


def _row(i: int, name: str, fits: bool, told: list[tuple[int, str]]) -> dict[str, Any]:
    for_it, against = [s for w, s in told if w > 0], [s for w, s in told if w < 0]
    return {
        "episode": i,
        "reading": name,
        "fits": fits,
        "n_for": len(for_it),
        "n_against": len(against),
        "facts_for": json.dumps(for_it, ensure_ascii=False),
        "facts_against": json.dumps(against, ensure_ascii=False),
    }


def _say(case: Case, fact: Fact, i: int, patient: int) -> str:
    times = Times(case)
    fields: dict[str, Any] = {name: Number(values[i]) for name, values in fact.numbers.items()}
    fields |= {name: times.say(patient, float(values[i])) for name, values in fact.days.items()}
    fields |= {name: texts[codes[i]] for name, (codes, texts) in fact.words.items()}
    return with_minus(fact.says.format_map(fields))
