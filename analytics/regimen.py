"""What a patient is treated with now: regimen, line, cycle, since when, and whether it ended."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.agents import REGIMENS, recognised
from analytics.arrays import Ints
from analytics.case import Case
from analytics.cycles import starts_of
from analytics.derive.contact import last_contact_of
from analytics.derive.events import events_of
from analytics.derive.lines import lines_of
from analytics.derive.treatments import treatments_of
from analytics.event_kinds import EVENT_KINDS
from analytics.once import once

_NAMES = {frozenset(agents): names[0].upper() for agents, names in REGIMENS.items() if len(agents) > 1}
_CYCLE = re.compile(r"[,;]?\s*\bcycle\s+\d+\Z", re.IGNORECASE | re.ASCII)
_DOSE_GAP = 42
"""Days after the last start of a repeated agent for which its therapy counts as given (house: two cycles)."""


@dataclass(frozen=True)
class Regimen:
    """The newest line of systemic therapy of one patient.

    Attributes:
        name: the regimen where the agents make a known one, else the agents in order of their start.
        agents: names as the source writes them, one for each that is given.
        line: number of the line.
        cycle: number of starts so far where the source records one start a cycle; 0 where it does not.
        since: start of the line.
        ended: end of its last agent; None while one goes on, or where none is recorded.
        stopped: while one goes on, the agents that no longer do, with the end of each.
    """

    name: str
    agents: tuple[str, ...]
    line: int
    cycle: int
    since: pd.Timestamp
    ended: pd.Timestamp | None
    stopped: tuple[tuple[str, pd.Timestamp], ...] = ()


@once
def regimen_of(case: Case) -> Regimen | None:
    """The newest line of therapy of a panel of one patient; None where no systemic therapy is recorded."""
    lines, events = lines_of(case), events_of(case)
    if lines.empty:
        return None
    began = lines["start"].to_numpy(np.float64)
    newest = int(np.argsort(began)[-1])
    given = treatments_of(case)
    mine = events.start[given.at] >= began[newest]
    rows, same = events.row[given.at[mine]], given.same[mine].tolist()
    name, detail = (_told(case.panel.events[column], rows) for column in ("name", "detail"))
    first = {one: text or "" for one, text in zip(reversed(same), reversed(name), strict=True)}
    names = tuple(first[one] for one in dict.fromkeys(same))
    cycle = int((starts_of(case)["start"].to_numpy(np.float64) >= np.floor(began[newest])).sum())
    cycle = cycle if cycle > 1 else 0  # an agent that came back in a later line tells no cycle
    ended = _ended(case, rows, is_repeated=cycle > 0)
    ends = ((text, _ended(case, rows[np.array(same) == one], is_repeated=cycle > 0)) for one, text in first.items())
    return Regimen(
        name=_given_name(name, detail) or regimen_name(names),
        agents=names,
        line=int(lines["line"].iloc[newest]),
        cycle=cycle,
        since=pd.Timestamp(_times(case, "start_date", rows).min()),
        ended=ended,
        stopped=() if ended else tuple(sorted((text, end) for text, end in ends if end is not None)),
    )


def _told(column: pd.Series[str], rows: Ints) -> list[str | None]:
    """Texts of these rows; None where missing."""
    return [text if isinstance(text, str) else None for text in column.array.take(rows).tolist()]


def _times(case: Case, column: str, rows: Ints) -> npt.NDArray[np.datetime64]:
    return np.asarray(case.panel.events[column].to_numpy("datetime64[us]")[rows])


def _given_name(name: list[str | None], detail: list[str | None]) -> str:
    """The source's own name of the regimen, if every row of the line gives it; with agents that it does not mean."""
    told = list({_CYCLE.sub("", text or "").strip(): None for text in detail})
    if len(told) != 1 or not told[0]:
        return ""
    meant = recognised("", told[0]).agents
    other = [text for text in (one or "" for one in name) if not recognised(text).agents <= meant]
    if not meant or len(set(other)) >= len(set(name) - {None}):
        return ""
    return told[0] + (f" with {_listed(tuple(dict.fromkeys(other)))}" if other else "")


def _ended(case: Case, rows: Ints, *, is_repeated: bool) -> pd.Timestamp | None:
    """When the last agent ended, where all did before the last contact; doses of a cycle go on until the next."""
    ends = _times(case, "end_date", rows)
    if np.isnat(ends).any():
        return None
    last, contact = pd.Timestamp(ends.max()), last_contact_of(case)
    gap = pd.Timedelta(days=_DOSE_GAP if is_repeated else 0)
    return last if last + gap < contact else None


def regimen_name(agents: tuple[str, ...]) -> str:
    """The known regimen that these agents make, else their names: FOLFOX; ribociclib and letrozole."""
    known = [recognised(name).agents for name in agents]
    if all(known):
        named = _NAMES.get(frozenset().union(*known))
        if named:
            return named
    return _listed(agents)


def _listed(names: tuple[str, ...]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


@once
def last_procedure_of(case: Case) -> tuple[str, pd.Timestamp] | None:
    """Newest operation, stent, drain, ablation, embolisation or radiation of one patient: name and day."""
    events = case.panel.events
    kinds = [code for code, kind in EVENT_KINDS.items() if kind.lane in ("surgery", "stent", "local", "radiation")]
    mine = events[events["kind"].isin(kinds) & events["start_date"].notna()].sort_values("start_date")
    if mine.empty:
        return None
    row = mine.iloc[-1]
    name = row["name"] if isinstance(row["name"], str) and row["name"] else EVENT_KINDS[row["kind"]].label
    return str(name), pd.Timestamp(row["start_date"])
