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

from analytics.arrays import Floats, Ints
from analytics.case import Case
from analytics.derive.points import points_of, result_ids_of
from analytics.rules._episodes import Episodes, episodes_of
from analytics.rules._rule import Judged, Rule
from analytics.rules._words import ABSENT, Number, Times, stamps
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
    resolved = _resolved(case, judged, episodes, when)
    patient = judged.patient[episodes.onset]
    ids = case.ids[patient]
    state = _states(case, rule, episodes, onset, resolved)
    facts = _facts(case, judged, episodes, when, resolved)
    return {
        "finding_id": ids_of(case, rule.code, judged, episodes),
        "patient_id": ids,
        "rule": [rule.code] * k,
        "level": _levels(rule, judged, episodes),
        "state": state,
        "onset": stamps(onset),
        "last_seen": stamps(last),
        "resolved_at": stamps(resolved),
        "analytes": _analytes(rule, judged, episodes.worst),
        "says": [_sentence(rule, f) + _tail(rule, s, f) for f, s in zip(facts, state, strict=True)],
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


def _resolved(case: Case, judged: Judged, episodes: Episodes, when: Floats) -> Floats:
    """When each episode was over: a moment that does not hold, or the end of its window; NaN while it goes on."""
    after = np.where(episodes.after >= 0, when[np.maximum(episodes.after, 0)], np.nan)
    if judged.until is None:
        return after
    end = judged.until[episodes.last_seen]
    return np.where(np.isnan(after) & (end <= case.as_of), end, after)


def _states(case: Case, rule: Rule, episodes: Episodes, onset: Floats, resolved: Floats) -> list[str]:
    recent = case.as_of - onset <= case.settings.findings.new_days
    if rule.moment:
        return [str(state) for state in np.where(recent, "new", "resolved")]
    going = np.where(episodes.only & recent, "new", "ongoing")
    return [str(state) for state in np.where(np.isfinite(resolved), "resolved", going)]


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


def _facts(case: Case, judged: Judged, episodes: Episodes, when: Floats, resolved: Floats) -> list[dict[str, Any]]:
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
        facts["resolved_at"] = times.say(who, float(resolved[i]))
        facts["end"] = "no longer on" if episodes.after[i] >= 0 else "its time ended on"
        found.append(facts)
    return found


def _phrase(text: str, value: float) -> str:
    return "" if np.isnan(value) else text.format(value)


def _sentence(rule: Rule, facts: dict[str, Any]) -> str:
    text = rule.sentence.format_map(facts)
    return text[0].upper() + text[1:]


FIRST_MET, LAST_MET = "First met on ", " last on "
"""Words before the first and the last time at the end of a sentence."""


def _tail(rule: Rule, state: str, facts: dict[str, Any]) -> str:
    """When it was first met and what became of it."""
    if rule.moment:
        return ""
    if state == "resolved" and facts["resolved_at"] != ABSENT:
        return f" {FIRST_MET}{facts['onset']}, {facts['end']} {facts['resolved_at']}."
    if facts["onset"] != facts["last_seen"]:
        return f" {FIRST_MET}{facts['onset']},{LAST_MET}{facts['last_seen']}."
    return ""


def _numbers(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        name: (None if np.isnan(value) else float(f"{value:.6g}")) if isinstance(value, float) else value
        for name, value in facts.items()
        if name != "end"
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


def together(parts: list[dict[str, Any]]) -> pd.DataFrame:
    """Table FINDINGS of all rules, worst and newest first within a patient."""
    if not parts:
        return FINDINGS.empty()
    columns = {name: _joined([p[name] for p in parts]) for name in FINDINGS.names}
    order = np.lexsort(
        (
            columns["rule"],
            -columns["severity"],
            -columns["onset"].astype(np.int64),
            [-LEVELS[level] for level in columns["level"]],
            columns["patient_id"],
        )
    )
    return pd.DataFrame({name: column[order] for name, column in columns.items()})


def _joined(parts: list[Any]) -> Any:
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return np.array([item for part in parts for item in part], dtype=object)
