"""Episodes of all rules -> table FINDINGS. Arrays up to here; words only for what was found.

``finding_id`` is a hash of patient, rule, analyte and the day of onset (of the event, for rules that follow one). It
stays when later results are added. When earlier results move the onset, it is another episode with another id: what
was known before was a different statement. A result that is corrected so that the rule no longer holds removes it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from analytics.analytes import INDEX
from analytics.arrays import Floats, Ints
from analytics.case import Case
from analytics.derive.points import newest_of, points_of, result_ids_of
from analytics.rules._ends import Ends, ends_of
from analytics.rules._episodes import Episodes, episodes_of
from analytics.rules._headlines import headlines_of
from analytics.rules._rule import Judged, Rule
from analytics.rules._sentences import sentence
from analytics.rules._words import Number, Times, measured, stamps
from analytics.tables import FINDINGS, LEVELS

_LEVEL_OF = {rank: level for level, rank in LEVELS.items()}
_MOST_EVIDENCE = 60


def findings_of(case: Case, rule: Rule, judged: Judged) -> dict[str, Any] | None:
    """Columns of table FINDINGS for one rule; None where nothing was found."""
    episodes = episodes_of(judged, case.settings.findings.rejoin_days)
    k = len(episodes.onset)
    if not k:
        return None
    when = exact_times(case, judged)
    onset, last = when[episodes.onset], when[episodes.last_seen]
    ends = ends_of(case, rule, judged, episodes, when)
    patient = judged.patient[episodes.onset]
    ids = case.ids[patient]
    facts = _facts(case, judged, episodes, when)
    return {
        "finding_id": ids_of(case, rule.code, judged, episodes),
        "patient_id": ids,
        "rule": [rule.code] * k,
        "level": _levels(rule, judged, episodes),
        "state": ends.state,
        "onset": stamps(onset),
        "last_seen": stamps(last),
        "resolved_at": stamps(ends.at),
        "end_why": ends.why,
        "analytes": _analytes(rule, judged, episodes.worst),
        "says": _says(case, rule, judged, episodes, (facts, ends, when)),
        "numbers": [json.dumps(_numbers(f), ensure_ascii=False) for f in facts],
        "evidence": _evidence(case, judged, episodes),
        "reference": [rule.reference] * k,
        "rule_version": [rule.version] * k,
        "severity": np.nan_to_num(judged.severity[episodes.worst], nan=0.0),
    }


def ids_of(case: Case, rule: str, judged: Judged, episodes: Episodes) -> list[str]:
    """Stable name of each episode; it depends on nothing but the person's own data.

    Two episodes of one day that nothing else tells apart are counted: the second one has another name.
    """
    anchor = judged.day if judged.anchor is None else judged.anchor
    codes, texts = judged.name or judged.analytes or (np.zeros(len(judged.day), np.int64), ("",))
    seen: Counter[str] = Counter()
    found = []
    for e in episodes.onset:
        who, what = str(case.ids[judged.patient[e]]), f"{texts[codes[e]]}@{anchor[e]:.0f}"
        seen[who + what] += 1
        nth = seen[who + what]
        found.append(finding_id(who, rule, what if nth == 1 else f"{what}#{nth}"))
    return found


def finding_id(patient_id: str, rule: str, anchor: str) -> str:
    """Hash of the three."""
    return hashlib.sha256(f"{patient_id}\x1f{rule}\x1f{anchor}".encode()).hexdigest()[:16]


def exact_times(case: Case, judged: Judged) -> Floats:
    """Exact time of each moment: of its first evidence, else its day."""
    if not judged.evidence or not len(points_of(case)):
        return judged.day
    at = judged.evidence[0]
    return np.where(at >= 0, points_of(case).day[np.maximum(at, 0)], judged.day)


def _levels(rule: Rule, judged: Judged, episodes: Episodes) -> list[str]:
    if judged.level is None:
        return [rule.level] * len(episodes.onset)
    held = np.maximum.reduceat(judged.level[episodes.moments], episodes.begin)
    return [_LEVEL_OF[int(rank)] for rank in held]


def _analytes(rule: Rule, judged: Judged, moments: Ints) -> list[str]:
    """Codes that each of these moments rests on, as JSON."""
    if judged.analytes is None:
        return [json.dumps(rule.analytes)] * len(moments)
    codes, texts = judged.analytes
    return [json.dumps(texts[codes[m]].split()) for m in moments]


def _facts(case: Case, judged: Judged, episodes: Episodes, when: Floats) -> list[dict[str, Any]]:
    """What the sentence of each episode may name."""
    times = Times(case)
    found = []
    for i, worst in enumerate(episodes.worst):
        who = int(judged.patient[worst])
        facts: dict[str, Any] = {name: Number(v[worst]) for name, v in judged.numbers.items()}
        day, exact = judged.day[worst], when[worst]  # the day of a visit is told as the time of its result
        facts |= {n: times.say(who, float(exact if v[worst] == day else v[worst])) for n, v in judged.days.items()}
        facts |= {name: _phrase(text, float(v[worst])) for name, (text, v) in judged.optional.items()}
        facts |= {name: texts[codes[worst]] for name, (codes, texts) in judged.words.items()}
        facts["onset"] = times.say(who, float(when[episodes.onset[i]]))
        facts["last_seen"] = times.say(who, float(when[episodes.last_seen[i]]))
        found.append(facts)
    return found


def _phrase(text: str, value: float) -> str:
    return "" if np.isnan(value) else text.format(value)


FIRST_MET, LAST_MET = "Criteria met since ", ", last on "
"""Words before the first and the last time at the end of a sentence that is still open."""
MET = "Criteria met "
"""Word before the first time of one that is over."""


def _says(
    case: Case, rule: Rule, judged: Judged, episodes: Episodes, told: tuple[list[dict[str, Any]], Ends, Floats]
) -> list[str]:
    """Sentence, when it was met, what became of it, and the latest values."""
    facts, ends, when = told
    times = Times(case)
    latest = _latest(case, rule, judged, episodes, times, when)
    found = []
    for e, fact in enumerate(facts):
        who = int(judged.patient[episodes.onset[e]])
        end = "" if np.isnan(ends.at[e]) else times.say(who, float(ends.at[e]))
        text = sentence(rule.sentence, fact) + _tail(rule, ends.state[e], fact, end, ends.why[e])
        found.append(text + latest[e])
    return found


_OVER = {
    "resolved": "no longer met on",
    "window_over": "follow-up window ended",
    "superseded": "superseded on",
}
"""Words before the day on which a finding ended, by state."""


def _tail(rule: Rule, state: str, facts: dict[str, Any], end: str, why: str) -> str:
    """When it was met and what became of it."""
    if rule.moment:
        return ""
    first, last = facts["onset"], facts["last_seen"]
    if state in _OVER:
        span = f"on {first}" if first == last else f"{first} to {last}"
        return f" {MET}{span}; {_OVER[state]} {end}{f' ({why})' if why else ''}."
    unseen = "; not measured since" if state == "not_seen" else ""
    if first != last:
        return f" {FIRST_MET}{first}{LAST_MET}{last}{unseen}."
    return " Not measured since." if unseen else ""


def _latest(case: Case, rule: Rule, judged: Judged, episodes: Episodes, times: Times, when: Floats) -> list[str]:
    """Of each episode the newest value of every analyte that its sentence gives, where it is newer than that one."""
    worst = episodes.worst
    who = judged.patient[worst]
    by_code = _given(case, rule, judged, worst, np.floor(when[worst]))
    newer: list[list[int]] = [[] for _ in worst]
    for code, day in sorted(by_code.items()):  # in house order
        at = newest_of(case)[who, code]
        later = np.flatnonzero((at >= 0) & (np.floor(points_of(case).day[np.maximum(at, 0)]) > day))
        for e, position in zip(later.tolist(), at[later].tolist(), strict=True):
            newer[e].append(position)
    return [_newest(case, int(patient), at, times) if at else "" for patient, at in zip(who, newer, strict=True)]


def _newest(case: Case, who: int, positions: list[int], times: Times) -> str:
    """These results in words, the newest day first."""
    by_day: dict[float, list[str]] = {}
    for at in positions:
        by_day.setdefault(float(points_of(case).day[at]), []).append(measured(case, at))
    told: dict[str, list[str]] = {}
    for day in sorted(by_day, reverse=True):
        told.setdefault(times.say(who, day), []).extend(by_day[day])
    return " Latest " + "; ".join(f"({day}): {', '.join(values)}" for day, values in told.items()) + "."


def _given(case: Case, rule: Rule, judged: Judged, worst: Ints, day: Floats) -> dict[int, Floats]:
    """Analytes whose latest value is told, with the day of the one in each sentence (+inf where it gives none): those
    that the rule names, else those of the evidence."""
    points, found = points_of(case), dict[int, Floats]()
    if (rule.latest is not None and not rule.latest) or not len(points):
        return found
    for column in judged.evidence:
        at = column[worst]
        codes = np.where(at >= 0, points.analyte[np.maximum(at, 0)], -1)
        days = np.floor(points.day[np.maximum(at, 0)])
        for code in dict.fromkeys(codes.tolist()):
            if code >= 0:
                own = np.where(codes == code, days, -np.inf)
                found[code] = np.maximum(found.get(code, np.full(len(worst), -np.inf)), own)
    if rule.latest is not None:
        known = {INDEX[code]: found.get(INDEX[code], day) for code in rule.latest}
        return {code: np.where(np.isfinite(days), days, day) for code, days in known.items()}
    return {code: np.where(np.isfinite(days), days, np.inf) for code, days in found.items()}


def _numbers(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        name: (None if np.isnan(value) else float(f"{value:.6g}")) if isinstance(value, float) else value
        for name, value in facts.items()
    }


def _evidence(case: Case, judged: Judged, episodes: Episodes) -> list[str]:
    """result_id of the lab rows behind every moment of each episode."""
    if not judged.evidence:
        return ["[]"] * len(episodes.onset)
    ids = result_ids_of(case)
    found = []
    for begin, end in zip(episodes.begin, episodes.end, strict=True):
        moments = episodes.moments[begin:end][-_MOST_EVIDENCE:]
        at: Ints = np.unique(np.concatenate([e[moments] for e in judged.evidence]))
        rows = ids[at[at >= 0]]
        found.append(json.dumps(rows[rows >= 0].tolist()))
    return found


def together(parts: list[dict[str, Any]], rejoin_days: float = 14) -> pd.DataFrame:
    """Table FINDINGS of all rules, worst and newest first within a patient."""
    if not parts:
        return FINDINGS.empty()
    columns = {name: _joined([p[name] for p in parts]) for name in parts[0]}
    carries, carrier = headlines_of(columns, rejoin_days)
    columns |= {"headline": carries, "headline_id": columns["finding_id"][carrier]}
    order = np.lexsort(
        (
            columns["rule"],
            -columns["severity"],
            -columns["onset"].astype(np.int64),
            [-LEVELS[level] for level in columns["level"]],
            columns["patient_id"],
        )
    )
    return pd.DataFrame({name: columns[name][order] for name in FINDINGS.names})


def _joined(parts: list[Any]) -> Any:
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return np.array([item for part in parts for item in part], dtype=object)
