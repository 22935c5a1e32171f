"""Findings of one patient, one card an episode, with their evidence; then the criteria that were not met."""

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
from analytics.tables import CLOSED_STATES, LEVELS
from dashboard.components.findings import finding_card, member_chip
from dashboard.components.patient_episodes import Episode, episodes_of, numbers_of, rest_words, title_of
from dashboard.components.patient_notes import Threads
from dashboard.components.patient_reading import episode_reading, latest_finding, latest_reading
from dashboard.figures.records import records
from dashboard.figures.tracks import CONFLICTED, Track, tracks_of, unit_of
from dashboard.web.attributes import wild
from dashboard.web.static_html import Fixed
from dashboard.wording import ABSENT, count_of, day_in_prose, level_word, prose, source_words, state_word

_MOST_EVIDENCE = 8
_FIRST_CARDS = 3
"""Open episodes that stand beside the latest results; the others open under them."""


def findings_list(
    analysis: Analysis,
    seen: Mapping[str, Mapping[str, Any]],
    clock: str,
    *,
    seen_form: Callable[[str], Any] | None = None,
    threads: Threads | None = None,
) -> list[Any]:
    """One card an episode; closed ones lie folded at the end, with the criteria that were not met under them.

    Args:
        analysis: of a panel of one patient.
        seen: by finding_id: who reviewed it, when, and the note.
        clock: the patient's clock.
        seen_form: makes the form by which an episode is marked as reviewed; none where the viewer may not.
        threads: the notes on findings.
    """
    episodes = episodes_of(analysis.findings, seen)
    is_open = [e for e in episodes if e.is_open]
    closed = [e for e in episodes if not e.is_open]
    cards = [card(e, analysis, seen, clock, seen_form, threads) for e in is_open]
    first, more = cards[:_FIRST_CARDS], cards[_FIRST_CARDS:]
    parts: list[Any] = [html.P(_counts(episodes), className="findings-count")]
    if not first:
        parts.append(html.P(rest_words(analysis, clock), className="at-rest"))
    parts.append(html.Div(first, className="finding-list"))
    if more:
        summary = html.Summary(count_of(len(more), "more open episode"))
        parts.append(html.Details([summary, *more], className="folded", open=len(more) == 1))
    if not any(latest_finding(analysis) == row["finding_id"] for e in is_open for row in e.members) and (
        reading := latest_reading(analysis, clock)
    ):
        parts.append(Fixed(reading))
    if closed:
        inside = [card(e, analysis, seen, clock, None, threads) for e in closed]  # no forms in them
        words = _closed_words(episodes, sum(len(e.members) for e in closed))
        live = any(isinstance(one, html.Article) for one in inside)  # with a note that can be settled
        whole = html.Details([html.Summary(words), *inside], className="folded")
        parts.append(whole if live else Fixed(whole))
    if threads is not None and (lost := threads.rest(episodes)) is not None:
        parts.append(lost)
    if near := _near(analysis, clock):
        parts.append(near)
    return parts


def _closed_words(episodes: list[Episode], here: int) -> str:
    """How many closed findings are folded here; those under open episodes are named, so that the head's sum is met."""
    elsewhere = numbers_of(episodes)[1] - here
    return count_of(here, "closed finding") + (f", {elsewhere} more under open episodes" if elsewhere else "")


def _counts(episodes: list[Episode]) -> str:
    """How many are open, and of which level."""
    opened = [row for e in episodes for row in e.members if row["state"] not in CLOSED_STATES]
    if not opened:
        return f"0 open, {numbers_of(episodes)[1]} closed"
    levels = [f"{n} {level_word(level)}" for level in LEVELS if (n := sum(r["level"] == level for r in opened))]
    return f"{len(opened)} open ({', '.join(levels)}), {numbers_of(episodes)[1]} closed"


def card(
    episode: Episode,
    analysis: Analysis,
    seen: Mapping[str, Mapping[str, Any]],
    clock: str,
    seen_form: Callable[[str], Any] | None,
    threads: Threads | None = None,
) -> Any:
    """One episode with *show in chart*, its other criteria as chips, its evidence and who has reviewed it."""
    lead = episode.lead
    identity = str(lead["finding_id"])
    form = seen_form(identity) if seen_form is not None and not episode.is_quiet else None
    actions: list[Any] = [_show_button(episode, analysis, identity)]
    marks = [seen[one] for row in episode.members if (one := str(row["finding_id"])) in seen]
    if marks:
        actions.append(html.Span(_reviewed(marks[0], episode), className="seen-by"))
    scans = nearest_imaging(analysis, lead["onset"], clock)
    said = [html.Span(scans, className="finding-imaging")] if scans else []
    reading = episode_reading(analysis, {row["finding_id"] for row in episode.members}, clock)
    content = {
        "more": [_more(row, analysis, clock, titled=bool(episode.others)) for row in episode.members],
        "title": title_of(lead),
        "chips": _chips(episode),
        "reading": reading,
    }
    thread = threads.of(episode) if threads is not None else None
    if form is None and thread is None:
        return Fixed(finding_card(lead, clock, actions=[*actions, *said], **content))
    around = [*map(Fixed, actions), *([form] if form is not None else []), *map(Fixed, said)]
    around += [thread] if thread is not None else []
    return finding_card(lead, clock, actions=around, part=Fixed, **content)


def _chips(episode: Episode) -> list[Any]:
    """The other criteria of an episode; those that are no longer met open on demand."""
    is_open = [member_chip(row) for row in episode.others if row["state"] not in CLOSED_STATES]
    closed = [row for row in episode.others if row["state"] in CLOSED_STATES]
    if not episode.is_open or len(closed) < 2:
        return is_open + [member_chip(row) for row in closed]
    words = f"{len(closed)} criteria of this episode no longer met"
    return [
        *is_open,
        html.Details([html.Summary(words), html.Div([member_chip(row) for row in closed])], className="folded chips"),
    ]


def _show_button(episode: Episode, analysis: Analysis, identity: str) -> html.Button:
    begins, ends = (
        min(r["onset"] for r in episode.members),
        max(r["last_seen"] for r in episode.members),
    )
    return html.Button(
        "Show in chart",
        className="button small",
        type="button",
        **wild(
            {
                "data-show": identity,
                "data-evidence": json.dumps(places_of(analysis, episode.evidence)),
                "data-from": str(begins)[:16],
                "data-to": str(ends)[:16],
                "aria-label": f"Show in chart: {title_of(episode.lead)}. {prose(episode.lead['says'])}",
            }
        ),
    )


def _reviewed(mark: Mapping[str, Any], episode: Episode) -> str:
    """Who reviewed it, when, with which note, and whether it worsened since."""
    note = f": {mark['note']}" if mark.get("note") else ""
    worse = "" if episode.is_quiet else "; worsened since"
    day = "" if pd.isna(mark["utc"]) else f" on {prose(str(mark['utc'])[:10])}"
    return f"Reviewed by {mark['by'] or 'another user'}{day}{note}{worse}"


@once
def findings_in_rows(analysis: Analysis) -> list[dict[str, Any]]:
    """Rows of table FINDINGS of a panel of one patient."""
    return records(analysis.findings, analysis.findings.columns)


@once
def _where(analysis: Analysis) -> dict[int, tuple[str, int]]:
    """Test and position of each result by its result_id."""
    return {
        one: (code, i)
        for code, track in tracks_of(analysis).items()
        for i, one in enumerate(track.result_id)
        if one >= 0
    }


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


def _more(finding: Mapping[str, Any], analysis: Analysis, clock: str, *, titled: bool) -> html.Div:
    """One finding in full: sentence where the card does not give it, results with file and row."""
    results = list(map(int, json.loads(finding["evidence"])))
    lines = evidence_lines(analysis, results, clock)
    more = len(lines) - _MOST_EVIDENCE
    return html.Div(
        [
            html.H4(f"{title_of(finding)} · {level_word(finding['level'])}, {state_word(finding)}") if titled else None,
            html.P(prose(finding["says"])) if titled else None,
            html.Ul([html.Li(line) for line in lines[-_MOST_EVIDENCE:]], className="evidence") if lines else None,
            html.P(f"and {more} earlier results, in the tables under the chart", className="faint")
            if more > 0
            else None,
            html.P(
                f"Source: {source_words(finding['reference'])}. Rule version {finding['rule_version']}",
                className="finding-source",
            ),
        ]
    )


def _result(track: Track, i: int, clock: str) -> str:
    """One result in one line: test, day, value, multiple, file and row."""
    day = day_in_prose(pd.Timestamp(track.when[i]), clock)
    multiple = track.multiples["x_uln"][i]
    parts = [f"{shown(track.analyte.code)} {track.shown[i]} {unit_of(track.analyte)}", day]
    parts += [f"{multiple} × ULN"] if multiple != ABSENT else []
    parts += [f"{track.texts['source_file'][i]} row {track.source_line[i]}"] if track.texts["source_file"][i] else []
    other = track.texts["held_instead"][i]
    parts += [f"{CONFLICTED} quarantined: {other}"] if other else []
    return " · ".join(parts)


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
        f"{scan} {day_in_prose(date, clock)}, {_off(abs((date - day).days), side)}"
        for side, near in (("before", scans[:at][-1:]), ("after", scans[at : at + 1]))
        for date, scan in near
    ]
    return "Imaging: " + "; ".join(words) if words else ""


def _off(days: int, side: str) -> str:
    return f"{count_of(days, 'day')} {side}" if days else "the same day"


def _near(analysis: Analysis, clock: str) -> Any:
    """For each rule without a finding the criterion that was not met; last those that are not assessable."""
    near = analysis.near
    if near.empty:
        return None
    unjudged = near["at"].isna().to_numpy(bool)
    closest_first = np.lexsort((-near["closeness"].to_numpy(np.float64, na_value=np.nan), unjudged))
    rule, says = (near[name].to_numpy(object)[closest_first].tolist() for name in ("rule", "says"))
    items = [
        html.Li([html.Span(title_of({"rule": name}), className="near-rule"), f" {prose(words)}"])
        for name, words in zip(rule, says, strict=True)
    ]
    judged = len(near) - int(unjudged.sum())
    words = f"Criteria not met ({judged}), not assessable ({len(items) - judged})"
    return _folded(words, [html.Ul(items, className="near-list")])


def _folded(words: str, inside: list[Any], *, is_open: bool = False) -> Fixed:
    return Fixed(html.Details([html.Summary(words), *inside], className="folded", open=is_open))
