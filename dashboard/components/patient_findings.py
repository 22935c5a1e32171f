"""What changed: findings of one patient, worst and newest first, with evidence, and the rules that nearly held."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from dash import html

from analytics.analysis import Analysis
from analytics.analytes import shown
from analytics.once import once
from analytics.reviews import quiet
from analytics.tables import CLOSED_STATES, LEVELS
from dashboard.components.findings import finding_card
from dashboard.components.patient_reading import latest_reading
from dashboard.figures.records import records
from dashboard.figures.tracks import CONFLICTED, Track, tracks_of, unit_of
from dashboard.web.attributes import wild
from dashboard.web.static_html import Fixed
from dashboard.wording import ABSENT, count_of, when

_MOST_EVIDENCE = 8
_SAID = ("onset", "last_seen", "resolved_at")
"""Numbers that the head of the card tells already."""


def in_order(findings: pd.DataFrame, seen: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Findings as the page lists them: what is open and not seen first, then by level, then the newest onset.

    Each row has ``quiet`` beside its columns: seen, and not worse since.
    """
    rows = records(findings, findings.columns)
    for row, is_quiet in zip(rows, quiet(findings, seen).tolist(), strict=True):
        row["quiet"] = is_quiet

    def rank(row: dict[str, Any]) -> tuple[Any, ...]:
        resolved = row["state"] in CLOSED_STATES
        return (
            resolved,
            row["quiet"],
            -LEVELS[row["level"]],
            -pd.Timestamp(row["onset"]).value,
            -row["severity"],
        )

    return sorted(rows, key=rank)


def findings_list(
    analysis: Analysis,
    seen: Mapping[str, Mapping[str, Any]],
    clock: str,
    *,
    seen_form: Callable[[str], Any] | None = None,
) -> list[Any]:
    """Cards of all findings; those resolved lie folded at the end, with the rules that nearly held under them.

    Args:
        analysis: of a panel of one patient.
        seen: by finding_id: who looked at it, when, and the note.
        clock: the patient's clock.
        seen_form: makes the form by which a finding is marked as seen; none where the viewer may not.
    """
    rows = in_order(analysis.findings, seen)
    open_rows = [r for r in rows if r["state"] not in CLOSED_STATES]
    resolved = [r for r in rows if r["state"] in CLOSED_STATES]
    cards = [card(r, analysis, seen.get(r["finding_id"]), clock, seen_form) for r in open_rows]
    if not cards:
        cards = [html.P("No rule holds at present.", className="soft")]
    parts: list[Any] = [html.Div(cards, className="finding-list")]
    if reading := latest_reading(analysis, clock):
        parts.insert(1 if open_rows else 0, Fixed(reading))
    if resolved:
        inside = [card(r, analysis, seen.get(r["finding_id"]), clock, None) for r in resolved]  # no forms in them
        parts.append(_folded(count_of(len(resolved), "resolved or past finding"), inside, is_open=not open_rows))
    if near := _near(analysis, clock):
        parts.append(near)
    return parts


def card(
    finding: Mapping[str, Any],
    analysis: Analysis,
    seen: Mapping[str, Any] | None,
    clock: str,
    seen_form: Callable[[str], Any] | None,
) -> Any:
    """One finding with *show me*, its numbers, its evidence and who has seen it."""
    identity = str(finding["finding_id"])
    form = seen_form(identity) if seen_form is not None and not finding.get("quiet", False) else None
    actions: list[Any] = [
        html.Button(
            "Show me",
            className="button small",
            type="button",
            **wild(
                {
                    "data-show": identity,
                    "data-evidence": json.dumps(places(analysis, finding)),
                    "data-from": str(finding["onset"])[:16],
                    "data-to": str(finding["last_seen"])[:16],
                    "aria-label": f"Show me in the chart: {finding['says']}",
                }
            ),
        )
    ]
    if seen is not None:
        note = f": {seen['note']}" if seen.get("note") else ""
        worse = "" if finding.get("quiet", True) else " (worse since)"
        when = "" if pd.isna(seen["utc"]) else f", {str(seen['utc'])[:10]}"
        words = f"seen by {seen['by'] or 'somebody'}{when}{note}{worse}"
        actions.append(html.Span(words, className="seen-by"))
    scans = nearest_imaging(analysis, finding["onset"], clock)
    told = [html.Span(scans, className="finding-imaging")] if scans else []
    more = _more(finding, analysis, clock)
    if form is None:
        return Fixed(finding_card(finding, clock, actions=[*actions, *told], more=more))
    around = [*map(Fixed, actions), form, *map(Fixed, told)]
    return finding_card(finding, clock, actions=around, more=more, part=Fixed)


@once
def _where(analysis: Analysis) -> dict[int, tuple[str, int]]:
    """Test and position of each result by its result_id."""
    return {
        one: (code, i)
        for code, track in tracks_of(analysis).items()
        for i, one in enumerate(track.result_id)
        if one >= 0
    }


def _evidence(analysis: Analysis, finding: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Results behind a finding in time order: test and position in its track."""
    return _in_time(analysis, map(int, json.loads(finding["evidence"])))


def _in_time(analysis: Analysis, results: Iterable[int]) -> list[tuple[str, int]]:
    """These results (result_id) in time order: test and position in its track."""
    where, tracks = _where(analysis), tracks_of(analysis)
    found = [where[i] for i in results if i in where]
    return sorted(found, key=lambda at: tracks[at[0]].when[at[1]])


def places_of(analysis: Analysis, results: Iterable[int]) -> dict[str, list[int]]:
    """Where results (result_id) lie in the traces of the chart: positions by test."""
    found: dict[str, list[int]] = {}
    for code, i in dict.fromkeys(_in_time(analysis, results)):
        found.setdefault(code, []).append(i)
    return found


def evidence_lines(analysis: Analysis, results: Iterable[int], clock: str) -> list[str]:
    """One line a result (result_id), in time order: test, value, day, file and row."""
    tracks = tracks_of(analysis)
    return [_result(tracks[code], i, clock) for code, i in _in_time(analysis, results)]


def places(analysis: Analysis, finding: Mapping[str, Any]) -> dict[str, list[int]]:
    """Where the evidence of a finding lies in the traces of the chart: positions by test."""
    return places_of(analysis, map(int, json.loads(finding["evidence"])))


def _more(finding: Mapping[str, Any], analysis: Analysis, clock: str) -> html.Div:
    """Numbers by name, then the results that the finding rests on, each with its file and row."""
    numbers = [
        html.Div([html.Dt(str(name).replace("_", " ")), html.Dd(_number(value))])
        for name, value in json.loads(finding["numbers"]).items()
        if name not in _SAID
    ]
    evidence, tracks = _evidence(analysis, finding), tracks_of(analysis)
    lines = [html.Li(_result(tracks[code], i, clock)) for code, i in evidence[-_MOST_EVIDENCE:]]
    more = len(evidence) - len(lines)
    return html.Div(
        [
            html.Dl(numbers, className="numbers"),
            html.Ul(lines, className="evidence") if lines else None,
            html.P(f"and {more} earlier results, in the tables under the chart", className="faint")
            if more > 0
            else None,
            html.P(f"rule {finding['rule']}, version {finding['rule_version']}", className="faint"),
        ]
    )


def _result(track: Track, i: int, clock: str) -> str:
    """One result in one line: test, day, value, multiple, file and row."""
    day = when(pd.Timestamp(track.when[i]), clock)
    multiple = track.multiples["x_uln"][i]
    parts = [f"{shown(track.analyte.code)} {track.shown[i]} {unit_of(track.analyte)}", day]
    parts += [f"{multiple} × ULN"] if multiple != ABSENT else []
    parts += [f"{track.texts['source_file'][i]} row {track.source_line[i]}"] if track.texts["source_file"][i] else []
    other = track.texts["held_instead"][i]
    parts += [f"{CONFLICTED} held back: {other}"] if other else []
    return " · ".join(parts)


def _number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return "–" if value is None else str(value)


@once
def _scans(analysis: Analysis) -> list[tuple[pd.Timestamp, str]]:
    """Day of each scan and its modality with the response, in time order."""
    scans = analysis.panel.imaging
    words = [
        f"{modality} {response}" if isinstance(response, str) and response else str(modality)
        for modality, response in zip(scans["modality"], scans["response"], strict=True)
    ]
    return list(zip(scans["date"].dt.normalize().tolist(), words, strict=True))


def nearest_imaging(analysis: Analysis, onset: pd.Timestamp, clock: str) -> str:
    """The scans nearest before and after the onset, with their response and the gap in days."""
    day = pd.Timestamp(onset).normalize()
    scans = _scans(analysis)
    at = bisect_right([date for date, _ in scans], day)
    words = [
        f"{scan} {when(date, clock)}, {abs((date - day).days)} d {side}"
        for side, near in (("before", scans[:at][-1:]), ("after", scans[at : at + 1]))
        for date, scan in near
    ]
    return "Imaging: " + "; ".join(words) if words else ""


def _near(analysis: Analysis, clock: str) -> Any:
    """Why not: for each rule that did not hold, the condition that failed; last those that could not be judged."""
    near = analysis.near
    if near.empty:
        return None
    unjudged = near["at"].isna().to_numpy(bool)
    closest_first = np.lexsort((-near["closeness"].to_numpy(np.float64, na_value=np.nan), unjudged))
    rule, says = (near[name].to_numpy(object)[closest_first].tolist() for name in ("rule", "says"))
    items = [
        html.Li([html.Span(name.replace("_", " "), className="near-rule"), f" {words}"])
        for name, words in zip(rule, says, strict=True)
    ]
    judged = len(near) - int(unjudged.sum())
    words = f"Why not: {count_of(judged, 'rule')} that did not hold, {len(items) - judged} not judged"
    return _folded(words, [html.Ul(items, className="near-list")])


def _folded(words: str, inside: list[Any], *, is_open: bool = False) -> Fixed:
    return Fixed(html.Details([html.Summary(words), *inside], className="folded", open=is_open))
