"""What a viewer has chosen on a patient's page: read from the address, written back to it, turned into a Choice.

The address holds no patient id, no value and no date of birth: codes of tests, names of scales, an ordinal of an event.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, get_args

import numpy as np
import pandas as pd

from analytics.analysis import Analysis
from analytics.analytes import ANALYTES, MARKERS, PANEL
from analytics.derive.lines import lines_of
from analytics.event_kinds import EVENT_KINDS
from analytics.once import once
from dashboard.components.patient_tab_list import tabs
from dashboard.figures.choice import Choice, Scale
from dashboard.figures.tracks import tracks_of

SCALES: tuple[str, ...] = get_args(Scale)
PRESETS = ("all", "3m", "line", "stent")
_MOST_PANELS = 10

ANSWER = "answer-"
"""Begin of the identity of an answer that stands out; any other is of a finding."""


@dataclass(frozen=True)
class State:
    """The whole state of the page. A field at its default is left out of the address.

    Attributes:
        tests: codes joined by a dot; empty means the usual panel.
        scale, axis: what heights mean; ``log`` or ``linear``.
        clock: ``date``, or ``e3`` for days since the fourth event.
        view: a preset of PRESETS, or two coordinates joined by ``~``.
        smooth, fold: ``on`` or ``off``.
        show: first signs of the finding that stands out.
        tab: what is open under the chart.
        event: ordinal of the event in the tab of events.
        band: the test that a band of other patients is drawn behind; empty means none.
        pair: the two lines of therapy that are compared, joined by a dot; empty means the last two.
    """

    tests: str = ""
    scale: str = "x_uln"
    axis: str = "log"
    clock: str = "date"
    view: str = "all"
    smooth: str = "on"
    fold: str = "off"
    show: str = ""
    tab: str = "events"
    event: str = ""
    band: str = ""
    pair: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> State:
        """From the query of an address; what is not understood falls back to its default."""
        state = cls(**{f.name: query[f.name] for f in fields(cls) if isinstance(query.get(f.name), str)})
        codes = [c for c in state.tests.split(".") if c in ANALYTES]
        return replace(
            state,
            tests=".".join(codes),
            scale=state.scale if state.scale in SCALES else "x_uln",
            axis=state.axis if state.axis in ("log", "linear") else "log",
            clock=state.clock if re.fullmatch(r"date|e\d{1,3}", state.clock) else "date",
            view=state.view
            if state.view in PRESETS or re.fullmatch(r"[-0-9:. ]{1,25}~[-0-9:. ]{1,25}", state.view)
            else "all",
            smooth="off" if state.smooth == "off" else "on",
            fold="on" if state.fold == "on" else "off",
            show=state.show if re.fullmatch(r"[0-9A-Za-z_-]{1,64}", state.show) else "",
            tab=state.tab if state.tab in tabs() else "events",
            band=state.band if state.band in ANALYTES else "",
            event=state.event if re.fullmatch(r"\d{1,3}", state.event) else "",
            pair=state.pair if re.fullmatch(r"\d{1,2}\.\d{1,2}", state.pair) else "",
        )

    def query(self) -> dict[str, str]:
        """What differs from the defaults, for the address."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}

    @property
    def codes(self) -> tuple[str, ...]:
        """Chosen tests; empty means the usual ones."""
        return tuple(c for c in self.tests.split(".") if c)


def usual_tests(analysis: Analysis) -> list[str]:
    """Tests drawn where nothing was chosen: the liver panel and the markers that the patient has, else all."""
    known = tracks_of(analysis)
    usual = [c for c in (*PANEL, *MARKERS) if c in known]
    return (usual or list(known))[:_MOST_PANELS]


def choice_of(analysis: Analysis, state: State, key: str, scheme: str) -> Choice:
    """The Choice for figures of this patient."""
    codes = tuple(c for c in state.codes if c in tracks_of(analysis)) or tuple(usual_tests(analysis))
    since, name = _since(analysis, state.clock)
    chosen = finding_of(analysis, state.show)
    evidence: tuple[int, ...] = ()
    episode = None
    if chosen is not None:
        evidence = evidence_of(chosen)
        episode = (pd.Timestamp(chosen["onset"]), pd.Timestamp(chosen["last_seen"]))
    return Choice(
        key=key,
        analytes=codes,
        scale=state.scale,  # type: ignore[arg-type]
        log=state.axis == "log",
        smooth=state.smooth == "on",
        since=since,
        since_name=name,
        window=window_of(analysis, state.view),
        evidence=evidence,
        episode=episode,
        fold=state.fold == "on",
        scheme=scheme,
    )


def event_name(event: Any) -> str:
    """Name of an event as people say it."""
    name = event["name"]
    return str(name) if isinstance(name, str) and name else EVENT_KINDS[event["kind"]].label


def _since(analysis: Analysis, clock: str) -> tuple[pd.Timestamp | None, str]:
    events = analysis.panel.events
    place = int(clock[1:]) if clock.startswith("e") else -1
    if not 0 <= place < len(events):
        return None, ""
    event = events.iloc[place]
    return pd.Timestamp(event["start_date"]), event_name(event)


@once
def windows(analysis: Analysis) -> dict[str, tuple[pd.Timestamp, pd.Timestamp]]:
    """Presets of time that this patient has, by name; ``all`` is not among them."""
    last = _last_moment(analysis)
    air = pd.Timedelta(days=3)
    found = {"3m": (last - pd.Timedelta(days=91), last + air)}
    lines = lines_of(analysis.case)["start"]
    if len(lines):
        found["line"] = (pd.Timestamp(float(lines.iloc[-1]), unit="D") - pd.Timedelta(days=14), last + air)
    events = analysis.panel.events
    kind, start = events["kind"].to_numpy(object), events["start_date"].to_numpy("datetime64[us]")
    stents = start[np.isin(kind, ("biliary_stent", "drainage")) & (start <= last.to_datetime64())]
    if len(stents):
        found["stent"] = (pd.Timestamp(stents[-1]) - pd.Timedelta(days=14), last + air)
    if analysis.panel.patients["clock"].iloc[0] == "minutes":
        return {}
    return found


def window_of(analysis: Analysis, view: str) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """First and last moment of a view; None shows everything."""
    if "~" in view:
        try:
            first, last = (pd.Timestamp(part) for part in view.split("~"))
        except ValueError:
            return None
        return (first, last) if first < last else None
    return windows(analysis).get(view)


def _last_moment(analysis: Analysis) -> pd.Timestamp:
    """The last result, else the data cut-off."""
    last = analysis.panel.labs["collected_at"].max()
    return analysis.panel.as_of if pd.isna(last) else pd.Timestamp(last)


def finding_of(analysis: Analysis, shown: str) -> dict[str, Any] | None:
    """The finding that stands out; None where none does."""
    if not shown:
        return None
    if shown.startswith(ANSWER):
        return _answer(analysis, shown.removeprefix(ANSWER))
    found = analysis.findings
    match = found[found["finding_id"] == shown]
    return None if match.empty else {str(name): value for name, value in match.iloc[0].items()}


def _answer(analysis: Analysis, question: str) -> dict[str, Any] | None:
    """An answer as what stands out: its results and those of its findings, from its begin to its newest datum."""
    answers = analysis.answers
    match = answers[answers["question"] == question]
    if match.empty:
        return None
    row = match.iloc[0]
    findings = analysis.findings
    basis = findings[findings["finding_id"].isin(json.loads(row["basis"]))]
    results = {*json.loads(row["results"]), *(i for text in basis["evidence"] for i in json.loads(text))}
    begin = basis["onset"].min() if len(basis) else row["since"]
    return {"evidence": json.dumps(sorted(results)), "onset": begin, "last_seen": row["as_of"]}


def evidence_of(finding: Mapping[str, Any]) -> tuple[int, ...]:
    """result_id of the results behind a finding."""
    return tuple(int(i) for i in json.loads(finding["evidence"]))
