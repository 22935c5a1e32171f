"""What the texts of events say of agents."""

from __future__ import annotations

from analytics.agents import Recognised, recognised
from analytics.case import Case
from analytics.derive.events import event_names_of
from analytics.once import once


@once
def event_agents_of(case: Case) -> list[Recognised]:
    """What each text of ``event_names_of(case)`` says of agents (analytics.agents)."""
    return [recognised(*text.split("\x1f", 1)) for text in event_names_of(case)[1]]
