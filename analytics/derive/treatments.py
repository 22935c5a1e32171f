"""Which systemic treatments are the same one: by what their names mean, whatever the cycle, the dose or the brand."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from analytics.agents import LV, Recognised, recognised
from analytics.arrays import Ints
from analytics.case import Case
from analytics.derive.event_agents import event_agents_of
from analytics.derive.events import event_names_of, events_of
from analytics.once import once

_COUNTED = re.compile(r"\b(?:c|cycle|cyc|course|day|d|dose|week|w|nr|no)[\s.#]?\d.*|\b\d[\d.,]*\s?(?:mg|mcg|g|ml|%).*")
"""The end of a name that counts cycles and days or tells a dose."""
_AROUND = " ,;:#()[]-"


@dataclass(frozen=True)
class Treatments:
    """What the systemic events give.

    Attributes:
        at: positions in ``events_of(case)``, rising; shape (n,).
        same: code of each; equal where the same agents are given; shape (n,).
        of: index into ``at`` for each agent given; shape (agents given,).
        agent: code of that agent; shape (agents given,). Folinic acid beside another agent is none.
    """

    at: Ints
    same: Ints
    of: Ints
    agent: Ints


@once
def treatments_of(case: Case) -> Treatments:
    """The systemic events with what they give: "FOLFOX C1" and "mFOLFOX6, cycle 2" are one treatment."""
    at = events_of(case).of("systemic")
    code, texts = event_names_of(case)
    agents: dict[str, int] = {}
    whole: dict[frozenset[int], int] = {}
    given = [
        frozenset(agents.setdefault(part, len(agents)) for part in _parts(text.partition("\x1f")[0], found))
        for text, found in zip(texts, event_agents_of(case), strict=True)
    ]
    same = np.array([whole.setdefault(one, len(whole)) for one in given], dtype=np.intp)
    sizes = np.array([len(one) for one in given], dtype=np.intp)
    flat = np.array([agent for one in given for agent in sorted(one)], dtype=np.intp)
    mine = code[events_of(case).row[at]]
    of = np.repeat(np.arange(len(at)), sizes[mine])
    first = np.concatenate(([0], np.cumsum(sizes)))[:-1]
    within = np.arange(len(of)) - np.repeat(np.cumsum(sizes[mine]) - sizes[mine], sizes[mine])
    return Treatments(at, same[mine], of, flat[np.repeat(first[mine], sizes[mine]) + within])


def treatment_key(name: str, detail: str = "") -> frozenset[str]:
    """What a systemic treatment gives: equal for the same agents, whatever the cycle, the dose or the brand."""
    return _parts(name.casefold(), recognised(name, detail))


def without_cycle(name: str) -> str:
    """A name as the source writes it, without the cycle, day or dose at its end; the name itself where nothing is left.

    >>> without_cycle("FOLFOX C3")
    'FOLFOX'
    """
    found = _COUNTED.search(name.casefold())
    return (name[: found.start()].strip(_AROUND) if found else "") or name


def _parts(name: str, found: Recognised) -> frozenset[str]:
    told = (found.agents - {LV} or found.agents) | {word.casefold() for word in (*found.ambiguous, *found.unknown)}
    return frozenset(told) or frozenset({_COUNTED.sub("", name).strip(_AROUND)})
