"""Episodes of all rules -> table FINDINGS. Arrays up to here; words only for what was found.

``finding_id`` is a hash of patient, rule, analyte and the day of onset (of the event, for rules that follow one). It
stays when later results are added. When earlier results move the onset, it is another episode with another id: what
was known before was a different statement. A result that is corrected so that the rule no longer holds removes it.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from functools import cache
from json.encoder import encode_basestring
from typing import Any

import numpy as np
import pandas as pd

from analytics.analytes import INDEX
from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.derive.columns import texts, words
from analytics.derive.points import newest_of, points_of, result_ids_of
from analytics.rules._bounds import bounds_said
from analytics.rules._discover import rules
from analytics.rules._ends import Ends, ends_of
from analytics.rules._episodes import Episodes, episodes_of
from analytics.rules._headlines import headlines_of
from analytics.rules._limit_words import with_limits
from analytics.rules._rule import Assessment, Rule
from analytics.rules._sentences import sentences
from analytics.rules._words import ABSENT, Times, measured_all, stamps
from analytics.tables import FINDINGS, LEVELS
from analytics.trends.ragged import stretched

_MOST_EVIDENCE = 60


def findings_of(case: Case, rule: Rule, assessed: Assessment) -> dict[str, Any] | None:
    """Columns of table FINDINGS for one rule, the patient and the level as codes; None where nothing was found."""
    episodes = episodes_of(assessed, case.settings.findings.rejoin_days)
    k = len(episodes.onset)
    if not k:
        return None
    when = exact_times(case, assessed)
    onset, last = when[episodes.onset], when[episodes.last_seen]
    ends = ends_of(case, rule, assessed, episodes, when)
    facts = _facts(case, assessed, episodes, when)
    return {
        "finding_id": ids_of(case, rule.code, assessed, episodes),
        "patient": assessed.patient[episodes.onset],
        "level": _levels(rule, assessed, episodes),
        "state": ends.state,
        "onset": stamps(onset),
        "last_seen": stamps(last),
        "resolved_at": stamps(ends.at),
        "end_why": ends.why,
        "analytes": _analytes(rule, assessed, episodes.worst),
        "says": _says(case, rule, assessed, episodes, (facts, ends, when)),
        "numbers": _numbers(facts),
        "evidence": _evidence(case, assessed, episodes),
        "severity": np.nan_to_num(assessed.severity[episodes.worst], nan=0.0),
    }


def ids_of(case: Case, rule: str, assessed: Assessment, episodes: Episodes) -> list[str]:
    """Stable name of each episode; it depends on nothing but the person's own data.

    Two episodes of one day that nothing else tells apart are counted: the second one has another name.
    """
    anchor = assessed.day if assessed.anchor is None else assessed.anchor
    codes, texts = assessed.name or assessed.analytes or (np.zeros(len(assessed.day), np.int64), ("",))
    at = episodes.onset
    people = case.ids[assessed.patient[at]].tolist()
    named = zip(people, codes[at].tolist(), anchor[at].tolist(), strict=True)
    whole = [f"{who}\x1f{rule}\x1f{texts[code]}@{day:.0f}" for who, code, day in named]
    if len(set(whole)) < len(whole):
        seen: dict[str, int] = {}
        for n, what in enumerate(whole):
            nth = seen[what] = seen.get(what, 0) + 1
            whole[n] = what if nth == 1 else f"{what}#{nth}"
    return list(map(_hashed, whole))


def finding_id(patient_id: str, rule: str, anchor: str) -> str:
    """Hash of the three."""
    return _hashed(f"{patient_id}\x1f{rule}\x1f{anchor}")


def _hashed(what: str) -> str:
    return hashlib.sha256(what.encode()).hexdigest()[:16]


def exact_times(case: Case, assessed: Assessment, moments: Ints | None = None) -> Floats:
    """Exact time of each moment, or of some of them: of its first evidence, else its day."""
    day = assessed.day if moments is None else assessed.day[moments]
    if not assessed.evidence or not len(points_of(case)):
        return day
    at = assessed.evidence[0] if moments is None else assessed.evidence[0][moments]
    return np.where(at >= 0, points_of(case).day[at], day)


def _levels(rule: Rule, assessed: Assessment, episodes: Episodes) -> Ints:
    """Rank of the level of each episode."""
    if assessed.level is None:
        return np.full(len(episodes.onset), LEVELS[rule.level])
    return np.asarray(np.maximum.reduceat(assessed.level[episodes.moments], episodes.begin))


def _analytes(rule: Rule, assessed: Assessment, moments: Ints) -> list[str]:
    """Codes that each of these moments rests on, as JSON."""
    if assessed.analytes is None:
        return [json.dumps(rule.analytes)] * len(moments)
    codes, texts = assessed.analytes
    own = codes[moments].tolist()
    told = {code: json.dumps(texts[code].split()) for code in set(own)}
    return [told[code] for code in own]


def _facts(case: Case, assessed: Assessment, episodes: Episodes, when: Floats) -> dict[str, list[Any]]:
    """What the sentence of each episode may name: by field, one entry an episode."""
    times, worst = Times(case), episodes.worst
    who, day, exact = assessed.patient[worst], assessed.day[worst], when[worst]
    facts: dict[str, list[Any]] = {n: v[worst].astype(np.float64).tolist() for n, v in assessed.numbers.items()}
    # the day of a visit is told as the time of its result
    facts |= {n: times.say_all(who, np.where(v[worst] == day, exact, v[worst])) for n, v in assessed.days.items()}
    for name, (text, v) in assessed.optional.items():
        facts[name] = [_phrase(text, value) for value in v[worst].astype(np.float64).tolist()]
    facts |= {n: [texts[c] for c in codes[worst].tolist()] for n, (codes, texts) in assessed.words.items()}
    facts["onset"] = times.say_all(who, when[episodes.onset])
    facts["last_seen"] = times.say_all(who, when[episodes.last_seen])
    return facts


def _phrase(text: str, value: float) -> str:
    return "" if math.isnan(value) else text.format(value)


FIRST_MET, LAST_MET = "Criteria met since ", ", last on "
"""Words before the first and the last time at the end of a sentence that is still open."""
MET = "Criteria met "
"""Word before the first time of one that is over."""


def _says(
    case: Case, rule: Rule, assessed: Assessment, episodes: Episodes, told: tuple[dict[str, list[Any]], Ends, Floats]
) -> list[str]:
    """Sentence, when it was met, what became of it, and the latest values."""
    facts, ends, when = told
    times = Times(case)
    latest = _latest(case, rule, assessed, episodes, times, when)
    who = assessed.patient[episodes.onset]
    over = times.say_all(who, np.where(_is_unseen(ends, when[episodes.last_seen]), ends.measured, ends.at))
    given = bounds_said(case, rule, assessed, episodes.worst)
    plain = with_limits(case, sentences(rule.template, facts), tuple(at[episodes.worst] for at in assessed.evidence))
    said = [f"{text} Given only as {bound}." if bound else text for text, bound in zip(plain, given, strict=True)]
    if rule.one_off:
        return [text + newer for text, newer in zip(said, latest, strict=True)]
    spans = zip(facts["onset"], facts["last_seen"], over, ends.state, ends.why, strict=True)
    return [text + _tail(*span) + newer for text, span, newer in zip(said, spans, latest, strict=True)]


def _is_unseen(ends: Ends, last_seen: Floats) -> Bools:
    """Not seen for long, and measured since the last time that it was met."""
    unseen = np.array([state == "not_seen" for state in ends.state], dtype=bool)
    return unseen & (np.floor(ends.measured) > np.floor(last_seen))


_OVER = {
    "resolved": "no longer met on",
    "window_over": "follow-up window ended",
    "superseded": "superseded on",
}
"""Words before the day on which a finding ended, by state."""


def _tail(first: str, last: str, end: str, state: str, why: str) -> str:
    """When it was met and what became of it."""
    if state in _OVER:
        span = f"on {first}" if first == last else f"{first} to {last}"
        return f" {MET}{span}; {_OVER[state]} {end}{f' ({why})' if why else ''}."
    unseen = "" if state != "not_seen" else "not measured since" if end == ABSENT else f"last measured on {end}"
    if first != last:
        return f" {FIRST_MET}{first}{LAST_MET}{last}{'; ' * bool(unseen)}{unseen}."
    return f" {unseen.capitalize()}." if unseen else ""


def _latest(case: Case, rule: Rule, assessed: Assessment, episodes: Episodes, times: Times, when: Floats) -> list[str]:
    """Of each episode the newest value of every analyte that its sentence gives, where it is newer than that one."""
    worst = episodes.worst
    who = assessed.patient[worst]
    by_code = _given(case, rule, assessed, worst, np.floor(when[worst]))
    which, newer = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for code, day in sorted(by_code.items()):  # in house order
        at = newest_of(case)[who, code]
        later = np.flatnonzero((at >= 0) & (np.floor(points_of(case).day[np.maximum(at, 0)]) > day))
        which.append(later)
        newer.append(at[later])
    return _newest(case, who, np.concatenate(which), np.concatenate(newer), times)


def _newest(case: Case, who: Ints, which: Ints, at: Ints, times: Times) -> list[str]:
    """Of each episode its results ``at`` in words, the newest day first; ``which`` is the episode of each."""
    told = [""] * len(who)
    if not len(which):
        return told
    order = np.lexsort((-points_of(case).day[at], which))
    which, at = which[order], at[order]
    before, open_ = -1, ""
    for e, day, text in zip(
        which.tolist(), times.say_all(who[which], points_of(case).day[at]), measured_all(case, at), strict=True
    ):
        if e != before:
            told[e], before, open_ = f" Latest ({day}): {text}", e, day
        elif day == open_:
            told[e] += f", {text}"
        else:
            told[e] += f"; ({day}): {text}"
            open_ = day
    return [f"{text}." if text else "" for text in told]


def _given(case: Case, rule: Rule, assessed: Assessment, worst: Ints, day: Floats) -> dict[int, Floats]:
    """Analytes whose latest value is told, with the day of the one in each sentence (+inf where it gives none): those
    that the rule names, else those of the evidence."""
    points, found = points_of(case), dict[int, Floats]()
    if (rule.latest is not None and not rule.latest) or not len(points):
        return found
    for column in assessed.evidence:
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


def _numbers(facts: dict[str, list[Any]]) -> list[str]:
    """All fields of each episode as JSON; numbers with six digits."""
    form = "{" + ", ".join(f"{encode_basestring(name)}: %s" for name in facts) + "}"
    return [form % row for row in zip(*map(_in_json, facts.values()), strict=True)]


def _in_json(values: list[Any]) -> list[str]:
    """A column of texts or of numbers as JSON; each distinct text is written once."""
    if values and isinstance(values[0], str):
        known = {value: encode_basestring(value) for value in dict.fromkeys(values)}
        return [known[value] for value in values]
    numbers = np.array(values, dtype=np.float64)
    texts = list(map(repr, six_digits(numbers).tolist()))
    for at in np.flatnonzero(~np.isfinite(numbers)).tolist():
        texts[at] = _NOT_FINITE[str(values[at])]
    return texts


_TENS = np.array([10.0**k for k in range(23)])
"""Powers of ten that a float holds exactly."""


def six_digits(numbers: Floats) -> Floats:
    """Numbers rounded to six significant digits, as ``float(f"{number:.6g}")`` does; halves may go the other way."""
    size = np.abs(np.where(np.isfinite(numbers) & (numbers != 0), numbers, 1.0))
    digits = 5 - np.floor(np.log10(size)).astype(np.int64)
    ten = _TENS[np.clip(digits, 0, len(_TENS) - 1)]
    rounded: Floats = np.rint(numbers * ten) / ten
    for at in np.flatnonzero((digits < 0) | (digits >= len(_TENS))).tolist():
        rounded[at] = float(f"{numbers[at]:.6g}")
    return rounded


_NOT_FINITE = {"nan": "null", "inf": "Infinity", "-inf": "-Infinity"}


def _evidence(case: Case, assessed: Assessment, episodes: Episodes) -> list[str]:
    """result_id of the lab rows behind every moment of each episode."""
    if not assessed.evidence:
        return ["[]"] * len(episodes.onset)
    count = np.minimum(episodes.end - episodes.begin, _MOST_EVIDENCE)
    place, _ = stretched(episodes.end - count, count)
    moments, which = episodes.moments[place], np.repeat(np.arange(len(count)), count)
    size = len(points_of(case)) + 1  # position -1, none, comes first
    both = np.concatenate([which * size + column[moments] + 1 for column in assessed.evidence])
    both.sort()
    both = both[np.append(True, both[1:] != both[:-1])]
    which, at = both // size, both % size - 1
    rows = np.where(at >= 0, result_ids_of(case)[at], -1) if len(points_of(case)) else np.full(len(at), -1)
    which, rows = which[rows >= 0], rows[rows >= 0]
    ends = np.cumsum(np.bincount(which, minlength=len(count))).tolist()
    listed = rows.tolist()
    return [str(listed[begin:end]) for begin, end in zip([0, *ends[:-1]], ends, strict=True)]


_TEXTS = ("finding_id", "state", "end_why", "analytes", "says", "numbers", "evidence")
"""Columns that are lists of texts."""
_LEVEL_BY_RANK = tuple(sorted(LEVELS, key=lambda level: LEVELS[level]))
"""Level by its rank."""


def together(case: Case, found: Mapping[str, dict[str, Any] | None]) -> pd.DataFrame:
    """Table FINDINGS, worst and newest first within a patient; ``found`` by rule, every one of :func:`rules`."""
    parts = [part for part in found.values() if part is not None]
    if not parts:
        return FINDINGS.empty()
    number = np.repeat(np.arange(len(found)), [0 if part is None else len(part["patient"]) for part in found.values()])
    columns: dict[str, Any] = {
        name: np.concatenate([part[name] for part in parts])
        for name in ("patient", "level", "onset", "last_seen", "resolved_at", "severity")
    }
    carrier = headlines_of(columns, number, case.settings.findings.rejoin_days)
    by_onset = -columns["onset"].astype(np.int64)
    order = np.lexsort((number, -columns["severity"], by_onset, -columns["level"], columns["patient"]))
    said = {name: texts([text for part in parts for text in part[name]]) for name in _TEXTS}
    made = {
        "patient_id": pd.Series(case.ids, dtype="str").array.take(columns["patient"][order]),
        "level": words(_LEVEL_BY_RANK, columns["level"][order]),
        **{name: words(of_rule, number[order]) for name, of_rule in _of_rules().items()},
        **{name: columns[name][order] for name in ("onset", "last_seen", "resolved_at", "severity")},
        **{name: column.take(order) for name, column in said.items()},
        "headline": pd.array((carrier == np.arange(len(number)))[order], dtype="boolean"),
        "headline_id": said["finding_id"].take(carrier[order]),
    }
    return pd.DataFrame({name: made[name] for name in FINDINGS.names})


@cache
def _of_rules() -> dict[str, tuple[str, ...]]:
    """Columns that are the same for all findings of a rule: text of each of the rules."""
    every = rules().values()
    return {
        "rule": tuple(rule.code for rule in every),
        "reference": tuple(rule.reference for rule in every),
        "rule_version": tuple(rule.version for rule in every),
    }
